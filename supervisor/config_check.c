/*
 * One check of the configuration: decoding and what its tables cannot say. Touches memory only.
 * Invariant: a check without a finding has a method, and arguments that fit into its job.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/option_error.h"
#include "config_internal.h"
#include "decode.h"

struct args_check {
	struct cross_check cross; /* first */
	struct diagnostics *diagnostics;
	const struct place *place;
	const struct node *node;
};

static void args_error(struct cross_check *, const char *, const char *, ...) __attribute__((format(printf, 3, 4)));
static void args_warning(struct cross_check *, const char *, const char *, ...) __attribute__((format(printf, 3, 4)));

__attribute__((format(printf, 4, 0))) static void
args_report(struct cross_check *cross, enum severity severity, const char *key, const char *format, va_list ap)
{
	struct args_check *check = (struct args_check *)cross;
	const struct place place = {.parent = check->place, .key = key};
	char *message;
	int length = vasprintf(&message, format, ap);

	place_report(check->diagnostics, severity, key != NULL ? &place : check->place,
	    key != NULL ? node_for(check->node, key) : check->node, "%s", length == -1 ? "out of memory" : message);
	if (length != -1)
		free(message);
}

static void
args_error(struct cross_check *cross, const char *key, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	args_report(cross, SEVERITY_ERROR, key, format, ap);
	va_end(ap);
}

static void
args_warning(struct cross_check *cross, const char *key, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	args_report(cross, SEVERITY_WARNING, key, format, ap);
	va_end(ap);
}

static const char *
method_name(const void *context, size_t index)
{
	(void)context;
	return check_methods[index] == NULL ? NULL : check_methods[index]->name;
}

static void
report_method(struct diagnostics *diagnostics, const struct place *place, const struct node *node)
{
	const char *name = suggest(node->text, method_name, NULL);
	char list[256] = "", quoted[OPTION_QUOTE_SIZE];

	for (size_t i = 0, length = 0; check_methods[i] != NULL && length < sizeof(list); i++)
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s", i > 0 ? ", " : "",
		    check_methods[i]->name);
	place_report(diagnostics, SEVERITY_ERROR, place, node, "no method %s; %s%s%sthe methods are %s",
	    option_quote(node->text, quoted), name != NULL ? "did you mean " : "", name != NULL ? name : "",
	    name != NULL ? "? " : "", list);
}

static const struct check_method *
method_decode(struct diagnostics *diagnostics, const struct place *args_place, const struct node *args)
{
	const struct place place = {.parent = args_place, .key = "method"};
	const struct node *node = node_get(args, "method");
	const struct check_method *method;

	if (node == NULL || node->type == NODE_NULL) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node == NULL ? args : node, "is required");
		return NULL;
	}
	if (!decode_expect(diagnostics, &place, node, NODE_SCALAR))
		return NULL;
	if ((method = method_find(node->text)) == NULL)
		report_method(diagnostics, &place, node);
	return method;
}

/* The arguments travel to the worker in one message. */
static void
args_length_check(struct diagnostics *diagnostics, const struct place *place, const struct node *node,
    const struct check_config *check)
{
	uint8_t *encoded = NULL;
	size_t length = 0;

	if (!options_encode(check->method->options, check->args, &encoded, &length))
		place_report(diagnostics, SEVERITY_ERROR, place, node, "out of memory");
	else if (length > MESSAGE_ARGS_MAX)
		place_report(diagnostics, SEVERITY_ERROR, place, node,
		    "must not exceed %zu bytes altogether, got %zu: shorten the longest of them", MESSAGE_ARGS_MAX, length);
	free(encoded);
}

static void
args_decode(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map,
    struct check_config *check)
{
	static const char *const also[] = {"method", NULL};
	const struct place place = {.parent = check_place, .key = "args"};
	const struct node *node = node_get(map, "args");
	size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);
	struct args_check context = {.diagnostics = diagnostics, .place = &place, .node = node};

	if (node == NULL || node->type == NODE_NULL) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node == NULL ? map : node, "is required");
		return;
	}
	if (!decode_expect(diagnostics, &place, node, NODE_MAPPING) ||
	    (check->method = method_decode(diagnostics, &place, node)) == NULL)
		return;
	if ((check->args = calloc(1, check->method->args_size)) == NULL ||
	    !options_set_defaults(check->method->options, check->args)) {
		place_report(diagnostics, SEVERITY_ERROR, &place, node, "out of memory");
		return;
	}
	context.cross = (struct cross_check){.table = check->method->options, .args = check->args, .error = args_error,
	    .warning = args_warning};
	context.cross.given = decode_options(diagnostics, &place, node, check->method->options, also, check->args);
	if (check->method->derive != NULL)
		check->method->derive(check->args, context.cross.given);
	/* Cross checks of values that were not good would only mislead. */
	if (check->method->cross_check != NULL && diagnostics_count(diagnostics, SEVERITY_ERROR) == errors)
		check->method->cross_check(&context.cross);
	check->method = method_variant(check->method, check->args);
	if (diagnostics_count(diagnostics, SEVERITY_ERROR) == errors)
		args_length_check(diagnostics, &place, node, check);
}

static void
interval_check(struct diagnostics *diagnostics, const struct place *check_place, const struct node *map,
    struct check_options *options)
{
	const struct place place = {.parent = check_place, .key = "fast_interval"};

	if (options->fast_interval_ns == OPTION_UNSET)
		options->fast_interval_ns = options->interval_ns;
	if (options->fast_interval_ns > options->interval_ns)
		place_report(diagnostics, SEVERITY_ERROR, &place, node_for(map, "fast_interval"),
		    "must not be longer than interval, which is %g seconds", (double)options->interval_ns / 1e9);
}

void
check_decode(struct diagnostics *diagnostics, const struct place *place, const struct node *map,
    struct check_config *check, size_t *text_bytes)
{
	static const char *const also[] = {"args", NULL};
	size_t errors = diagnostics_count(diagnostics, SEVERITY_ERROR);

	if (!options_set_defaults(check_table, check)) {
		place_report(diagnostics, SEVERITY_ERROR, place, map, "out of memory");
		return;
	}
	if (!decode_expect(diagnostics, place, map, NODE_MAPPING))
		return;
	decode_options(diagnostics, place, map, check_table, also, check);
	if (diagnostics_count(diagnostics, SEVERITY_ERROR) == errors) {
		interval_check(diagnostics, place, map, &check->options);
		node_check(diagnostics, place, map, &check->node, text_bytes);
	}
	args_decode(diagnostics, place, map, check);
}

void
check_free(struct check_config *check)
{
	if (check->args != NULL) {
		options_free(check->method->options, check->args);
		free(check->args);
	}
	node_free(&check->node);
	options_free(check_table, check);
}
