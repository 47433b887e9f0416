/*
 * The effective configuration as YAML. Touches the file that it prints to.
 * Invariant: what is printed parses back to the same configuration: every text that could mean anything
 * else is quoted.
 */
#include <stdlib.h>
#include <string.h>

#include "../common/log.h"
#include "../common/option_type.h"
#include "config.h"

#define KEY_SIMPLE_MAX 100 /* bytes; libyaml wants "? " before keys of more than 1024 characters */

/* The number of the UTF-8 sequence at *text, which moves on. The tree holds valid UTF-8 only. */
static unsigned
utf8_next(const unsigned char **text)
{
	unsigned first = *(*text)++, left = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
	unsigned character = left == 0 ? first : first & (0x3fu >> left);

	while (left-- > 0 && **text != '\0')
		character = character << 6 | (*(*text)++ & 0x3f);
	return character;
}

/* What YAML takes unescaped between double quotes. */
static bool
is_printable(unsigned c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff || c > 0x10ffff)
		return false;
	return c < 0xd800 || (c > 0xdfff && (c & 0xfffe) != 0xfffe);
}

static void
print_quoted(FILE *file, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	fputc('"', file);
	while (*at != '\0') {
		const unsigned char *from = at;
		unsigned character = utf8_next(&at);

		if (character == '"' || character == '\\')
			fprintf(file, "\\%c", (char)character);
		else if (is_printable(character))
			fwrite(from, 1, (size_t)(at - from), file);
		else
			fprintf(file, "\\U%08x", character);
	}
	fputc('"', file);
}

/* A word that no reader of YAML takes for anything but text. */
static bool
is_plain(const char *text)
{
	static const char *const reserved[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", NULL};
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (*text == '\0' || strlen(text) > KEY_SIMPLE_MAX || strchr(letters, *text) == NULL)
		return false;
	for (const char *at = text; *at != '\0'; at++)
		if (strchr(letters, *at) == NULL && strchr("0123456789_-", *at) == NULL)
			return false;
	for (const char *const *word = reserved; *word != NULL; word++)
		if (strcasecmp(text, *word) == 0)
			return false;
	return true;
}

static void
print_text(FILE *file, const char *text)
{
	if (is_plain(text))
		fputs(text, file);
	else
		print_quoted(file, text);
}

static void
print_indent(FILE *file, unsigned indent)
{
	fprintf(file, "%*s", (int)indent, "");
}

static void
print_list(FILE *file, const struct string_list *list)
{
	fputs(" [", file);
	for (size_t i = 0; i < list->count; i++) {
		fputs(i > 0 ? ", " : "", file);
		print_text(file, list->items[i]);
	}
	fputs("]\n", file);
}

static void
print_map(FILE *file, const struct string_map *map, unsigned indent)
{
	fputc('\n', file);
	for (size_t i = 0; i < map->count; i++) {
		bool simple = strlen(map->keys[i]) <= KEY_SIMPLE_MAX;

		print_indent(file, indent);
		fputs(simple ? "" : "? ", file);
		print_text(file, map->keys[i]);
		if (!simple) {
			fputc('\n', file);
			print_indent(file, indent);
		}
		fputs(": ", file);
		print_text(file, map->values[i]);
		fputc('\n', file);
	}
}

static void
print_scalar(FILE *file, const struct option *option, const void *value)
{
	char *text = option_format_scalar(option, value);
	enum option_storage storage = option_storage(option);

	if (text == NULL) {
		log_errorx("cannot print %s: out of memory", option->name);
		fputc('\n', file);
		return;
	}
	fputc(' ', file);
	if (storage == STORAGE_TEXT || storage == STORAGE_CHOICE)
		print_text(file, text);
	else
		fputs(text, file);
	fputc('\n', file);
	free(text);
}

static void
print_options(FILE *file, const struct option *table, const void *base, unsigned indent)
{
	for (const struct option *option = table; option->name != NULL; option++) {
		const void *value = option_at_const(option, base);
		enum option_storage storage = option_storage(option);

		if (!option_is_set(option, value))
			continue;
		print_indent(file, indent);
		fprintf(file, "%s:", option->name);
		if (storage == STORAGE_TABLE) {
			fputc('\n', file);
			print_options(file, option->table, value, indent + 2);
		} else if (storage == STORAGE_LIST)
			print_list(file, value);
		else if (storage == STORAGE_MAP)
			print_map(file, value, indent + 2);
		else
			print_scalar(file, option, value);
	}
}

static void
print_check(FILE *file, const struct check_config *check)
{
	print_options(file, check_table, check, 4);
	fprintf(file, "    args:\n      method: %s\n", check->method->name);
	print_options(file, check->method->options, check->args, 6);
}

static void
print_require(FILE *file, const struct group_config *group)
{
	fputs("    require: ", file);
	if (group->by_weight)
		fprintf(file, "{weight: %lld}\n", (long long)group->threshold);
	else if ((size_t)group->threshold == group->count)
		fputs("all\n", file);
	else if (group->threshold == 1)
		fputs("any\n", file);
	else
		fprintf(file, "{at_least: %lld}\n", (long long)group->threshold);
}

static void
print_group(FILE *file, const struct config *config, const struct group_config *group)
{
	print_options(file, group_table, group, 4);
	print_require(file, group);
	fputs("    members:\n", file);
	for (size_t i = 0; i < group->count; i++) {
		fputs(group->by_weight ? "      - {check: " : "      - ", file);
		print_text(file, config->checks[group->members[i].check].node.name);
		if (group->by_weight)
			fprintf(file, ", weight: %lld}", (long long)group->members[i].weight);
		fputc('\n', file);
	}
}

static void
print_logger(FILE *file, const struct logger_options *logger)
{
	fprintf(file, "  -\n    method: %s\n", logger_kinds[logger->method].name);
	print_options(file, logger_kinds[logger->method].table, logger, 4);
}

static void
print_notification(FILE *file, const struct notification_options *notification)
{
	fputs("  -\n", file);
	print_options(file, notification_table, notification, 4);
}

/* Where exacheck tells what happens. */
static void
print_outlets(FILE *file, const struct config *config)
{
	if (config->logger_count > 0)
		fputs("logging:\n", file);
	for (size_t i = 0; i < config->logger_count; i++)
		print_logger(file, &config->loggers[i]);
	if (config->notification_count > 0)
		fputs("notifications:\n", file);
	for (size_t i = 0; i < config->notification_count; i++)
		print_notification(file, &config->notifications[i]);
}

void
config_print(const struct config *config, FILE *file)
{
	print_options(file, document_table, config, 0);
	print_outlets(file, config);
	fputs("checks:\n", file);
	for (size_t i = 0; i < config->count; i++) {
		fputs("  -\n", file);
		print_check(file, &config->checks[i]);
	}
	if (config->group_count > 0)
		fputs("groups:\n", file);
	for (size_t i = 0; i < config->group_count; i++) {
		fputs("  -\n", file);
		print_group(file, config, &config->groups[i]);
	}
}
