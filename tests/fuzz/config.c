/*
 * Configuration files: the input is the text, taken as YAML and, when it begins like a map of JSON, as JSON.
 * Without a configuration there is at least one error; every finding is printable. A configuration prints to
 * text that loads again without an error and prints the same, its workers understand their arguments, and
 * ExaBGP its routes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/message.h"
#include "../../supervisor/config.h"
#include "../../supervisor/exabgp.h"
#include "fuzz.h"

static void
finding(void *context, enum severity severity, const char *line)
{
	(void)severity;
	++*(size_t *)context;
	FUZZ_ASSERT(strchr(line, '\n') == NULL);
	fuzz_assert_utf8(line);
}

/* NULL: there were errors. */
static struct config *
load(const char *path, const char *text, size_t length)
{
	struct diagnostics *diagnostics = diagnostics_new(path);
	struct config *config;
	size_t findings = 0, errors;

	FUZZ_ASSERT(diagnostics != NULL);
	config = config_parse(path, text, length, diagnostics);
	errors = diagnostics_count(diagnostics, SEVERITY_ERROR);
	FUZZ_ASSERT((config == NULL) == (errors > 0));
	diagnostics_each(diagnostics, finding, &findings);
	FUZZ_ASSERT(errors == 0 || findings > 0);
	diagnostics_free(diagnostics);
	return config;
}

static char *
print(const struct config *config, size_t *length)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, length);

	FUZZ_ASSERT(file != NULL);
	config_print(config, file);
	FUZZ_ASSERT(fclose(file) == 0);
	return text;
}

static void
command_is_taken(const struct route_key *key, const char *attributes)
{
	char line[EXABGP_LINE_MAX];

	FUZZ_ASSERT(exabgp_command(DIALECT_V4, key, attributes, line, sizeof(line)) > 0);
	FUZZ_ASSERT(exabgp_command(DIALECT_V6, key, attributes, line, sizeof(line)) > 0);
}

static void
args_are_usable(const struct check_config *check)
{
	char error[OPTION_ERROR_SIZE];
	uint8_t *encoded = NULL;
	size_t length = 0;
	void *args = calloc(1, check->method->args_size);

	FUZZ_ASSERT(args != NULL && options_encode(check->method->options, check->args, &encoded, &length));
	FUZZ_ASSERT(length <= MESSAGE_ARGS_MAX);
	FUZZ_ASSERT(options_decode(check->method->options, args, encoded, length, error));
	options_free(check->method->options, args);
	free(args);
	free(encoded);
}

/* ExaBGP takes the commands of every state. */
static void
node_is_usable(const struct node_config *node)
{
	struct route_key key = {.has_path_id = node->path_id != OPTION_UNSET, .path_id = (uint32_t)node->path_id};
	const struct string_list *neighbors = &node->neighbors;

	FUZZ_ASSERT((node->texts[ATTRIBUTES_DRAIN] != NULL) == (node->drain_time_ns > 0));
	for (size_t i = 0; i < node->prefixes.count; i++)
		for (size_t j = 0; j < (neighbors->count > 0 ? neighbors->count : 1); j++) {
			key.prefix = node->networks[i];
			key.neighbor = neighbors->count > 0 ? neighbors->items[j] : NULL;
			FUZZ_ASSERT(node_attributes_text(node, ATTRIBUTES_UP, i) != NULL);
			for (enum node_attributes set = 0; set < ATTRIBUTES_SETS; set++)
				command_is_taken(&key, node_attributes_text(node, set, i));
		}
}

/* Its members are checks, each once, and can come to its threshold. */
static void
group_is_usable(const struct config *config, const struct group_config *group, bool *member)
{
	int64_t weights = 0;

	for (size_t i = 0; i < group->count; i++) {
		const struct group_member *this = &group->members[i];

		FUZZ_ASSERT(this->check < config->count && this->weight >= 1 && (group->by_weight || this->weight == 1));
		for (size_t j = 0; j < i; j++)
			FUZZ_ASSERT(group->members[j].check != this->check);
		member[this->check] = true;
		weights += this->weight;
	}
	FUZZ_ASSERT(group->threshold >= 1 && group->threshold <= weights);
}

static void
config_is_usable(const struct config *config)
{
	bool *member = calloc(config->count, sizeof(*member));

	FUZZ_ASSERT(member != NULL && config->count > 0);
	for (size_t i = 0; i < config->group_count; i++)
		group_is_usable(config, &config->groups[i], member);
	for (size_t i = 0; i < config->count; i++) {
		args_are_usable(&config->checks[i]);
		FUZZ_ASSERT(member[i] || config->checks[i].node.prefixes.count > 0);
	}
	for (size_t i = 0; i < config_node_count(config); i++)
		node_is_usable(config_node(config, i));
	free(member);
}

static void
run(const char *path, const char *text, size_t length)
{
	struct config *config = load(path, text, length), *again;
	char *once, *twice;
	size_t once_length, twice_length;

	if (config == NULL)
		return;
	config_is_usable(config);
	once = print(config, &once_length);
	again = load("printed.yaml", once, once_length);
	FUZZ_ASSERT(again != NULL);
	twice = print(again, &twice_length);
	FUZZ_ASSERT(once_length == twice_length && memcmp(once, twice, once_length) == 0);
	free(once);
	free(twice);
	config_free(again);
	config_free(config);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_log_sink();
	run("input.yaml", (const char *)data, size);
	if (size > 0 && *data == '{')
		run("input.json", (const char *)data, size);
	return 0;
}
