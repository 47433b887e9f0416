/*
 * The files of the status page as they are built in: whole, complete, and such as the strict Content-Security-Policy lets
 * them work.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../supervisor/web/http.h"
#include "../../supervisor/web/page.h"
#include "unit.h"

static size_t
length_of(const struct page_file *file)
{
	return (size_t)(file->end - file->data);
}

START_TEST(files_are_whole)
{
	for (const struct page_file *file = page_files; file->path != NULL; file++) {
		ck_assert_msg(length_of(file) > 100, "%s: %zu bytes", file->path, length_of(file));
		ck_assert_msg(memchr(file->data, '\0', length_of(file)) == NULL, "%s: not text", file->path);
		ck_assert_msg(file->end[-1] == '\n', "%s: has lost its end", file->path);
		ck_assert_ptr_eq(page_find(file->path), file);
	}
	ck_assert_int_eq(memcmp(page_find("/")->data, "<!doctype html>", 15), 0);
	ck_assert_int_eq(memcmp(page_find("/favicon.ico")->data, "<svg ", 5), 0);
}
END_TEST

START_TEST(files_are_served)
{
	for (const struct page_file *file = page_files; file->path != NULL; file++) {
		const struct http_route *route = http_routes;

		while (route->path != NULL && strcmp(route->path, file->path) != 0)
			route++;
		ck_assert_msg(route->handle == page_serve, "%s", file->path);
	}
}
END_TEST

START_TEST(unknown_paths)
{
	static const char *const paths[] = {"", "/x", "page.js", "/page.js/", "//", "/../page.js", "/index.html"};

	for (size_t i = 0; i < COUNT(paths); i++)
		ck_assert_msg(page_find(paths[i]) == NULL, "%s", paths[i]);
}
END_TEST

/* How often what stands between `before` and a quotation mark is the name of a file; each must be served. */
static unsigned
references(const struct page_file *file, const char *before)
{
	char path[64];
	unsigned count = 0;

	for (const char *at = file->data; (at = strstr(at, before)) != NULL && at < file->end; count++) {
		at += strlen(before);
		snprintf(path, sizeof(path), "/%.*s", (int)strcspn(at, "\""), at);
		ck_assert_msg(page_find(path) != NULL, "%s: %s is not served", file->path, path);
	}
	return count;
}

START_TEST(what_is_referred_to_is_served)
{
	unsigned files = 0, imports = 0;

	ck_assert_uint_eq(references(page_find("/"), "rel=\"icon\" href=\""), 1);
	ck_assert_uint_eq(references(page_find("/"), "rel=\"stylesheet\" href=\""), 1);
	ck_assert_uint_eq(references(page_find("/"), "src=\""), 1);
	for (const struct page_file *file = page_files; file->path != NULL; file++)
		imports += references(file, "from \"./");
	for (const struct page_file *file = page_files; file->path != NULL; file++)
		files += strstr(file->type, "javascript") != NULL;
	ck_assert_uint_gt(imports, files);
	/* all but the first, which a browser would learn of one after the other */
	ck_assert_uint_eq(references(page_find("/"), "rel=\"modulepreload\" href=\""), files - 1);
}
END_TEST

START_TEST(nothing_that_the_policy_forbids)
{
	static const char *const forbidden[] = {"style=", "<style", "onclick", "innerHTML", "outerHTML", "insertAdjacentHTML",
	    "document.write", "eval(", "new Function", "https://", "@import", "url("};

	for (const struct page_file *file = page_files; file->path != NULL; file++)
		for (size_t i = 0; i < COUNT(forbidden); i++)
			ck_assert_msg(memmem(file->data, length_of(file), forbidden[i], strlen(forbidden[i])) == NULL,
			    "%s: %s", file->path, forbidden[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("web_page");
	TCase *tcase = unit_case(suite, "page");

	tcase_add_test(tcase, files_are_whole);
	tcase_add_test(tcase, files_are_served);
	tcase_add_test(tcase, unknown_paths);
	tcase_add_test(tcase, what_is_referred_to_is_served);
	tcase_add_test(tcase, nothing_that_the_policy_forbids);
	return unit_run(suite);
}
