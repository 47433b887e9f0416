/*
 * The schema of the configuration's file.
 */
#include <jansson.h>

#include "../../supervisor/config.h"
#include "unit.h"

/* The schema names every option of every table, with its type's limits. */
static void
expect_table(const json_t *schema, const struct option *table)
{
	const json_t *properties = json_object_get(schema, "properties"), *property;

	ck_assert_str_eq(json_string_value(json_object_get(schema, "type")), "object");
	ck_assert(json_is_false(json_object_get(schema, "additionalProperties")));
	for (const struct option *option = table; option->name != NULL; option++) {
		property = json_object_get(properties, option->name);
		ck_assert_msg(property != NULL, "no %s", option->name);
		ck_assert_int_eq(json_object_get(property, "default") != NULL, option->fallback != NULL);
	}
}

static void
expect_group(const json_t *group)
{
	const json_t *properties = json_object_get(group, "properties");
	const json_t *members = json_object_get(json_object_get(properties, "members"), "anyOf");
	const json_t *require = json_object_get(json_object_get(properties, "require"), "anyOf");
	const json_t *items = json_object_get(json_object_get(json_array_get(members, 1), "items"), "anyOf");

	expect_table(group, group_table);
	expect_table(json_array_get(items, 1), member_table);
	expect_table(json_array_get(require, 1), require_table);
}

/* A form for each method; what is not in the table has no default. */
static void
expect_loggers(const json_t *document)
{
	const json_t *logging = json_object_get(json_object_get(document, "properties"), "logging");
	const json_t *forms = json_object_get(json_object_get(logging, "items"), "oneOf"), *events;

	ck_assert_uint_eq(json_array_size(forms), 2);
	for (size_t i = 0; i < json_array_size(forms); i++) {
		expect_table(json_array_get(forms, i), logger_kinds[i].table);
		ck_assert_str_eq(json_string_value(json_object_get(json_array_get(forms, i), "title")), logger_kinds[i].name);
		events = json_object_get(json_object_get(json_array_get(forms, i), "properties"), "events");
		ck_assert_uint_eq(json_array_size(json_object_get(events, "default")), 4);
	}
	ck_assert_ptr_null(logger_kinds[json_array_size(forms)].name);
}

START_TEST(schema)
{
	char *text = NULL;
	size_t length, methods;
	FILE *file = open_memstream(&text, &length);
	json_t *document, *check, *args, *port;

	config_schema(file);
	fclose(file);
	document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(document);
	expect_table(document, document_table);
	check = json_object_get(json_object_get(json_object_get(document, "properties"), "checks"), "items");
	expect_table(check, check_table);
	expect_group(json_object_get(json_object_get(json_object_get(document, "properties"), "groups"), "items"));
	expect_loggers(document);
	expect_table(json_object_get(json_object_get(json_object_get(document, "properties"), "notifications"), "items"),
	    notification_table);
	args = json_object_get(json_object_get(json_object_get(check, "properties"), "args"), "oneOf");
	methods = json_array_size(args);
	for (size_t i = 0; i < methods; i++) {
		const json_t *form = json_array_get(args, i), *properties = json_object_get(form, "properties");

		ck_assert_ptr_nonnull(check_methods[i]);
		expect_table(form, check_methods[i]->options);
		ck_assert_str_eq(json_string_value(json_object_get(json_object_get(properties, "method"), "const")),
		    check_methods[i]->name);
		if (check_methods[i] != method_find("tcp"))
			continue;
		port = json_object_get(properties, "port");
		ck_assert_int_eq(json_integer_value(json_object_get(port, "minimum")), 1);
		ck_assert_int_eq(json_integer_value(json_object_get(port, "maximum")), 65535);
	}
	ck_assert_ptr_null(check_methods[methods]);
	json_decref(document);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("schema");

	tcase_add_test(unit_case(suite, "schema"), schema);
	return unit_run(suite);
}
