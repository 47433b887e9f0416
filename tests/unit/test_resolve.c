/*
 * resolve(): literals, duplicates, families, the limit, and what the resolver's errors become.
 */
#include <check.h>
#include <stdio.h>

#include "../../workers/resolve.h"
#include "fake_resolver.h"
#include "unit.h"

static struct addresses addresses;
static struct result result;

static void
setup(void)
{
	fake_resolver_code = 0;
	fake_resolver_calls = 0;
	memset(&result, 0, sizeof(result));
}

START_TEST(literal_needs_no_resolver)
{
	ck_assert(resolve("2001:db8::1", AF_UNSPEC, &addresses, &result));
	ck_assert_uint_eq(addresses.count, 1);
	ck_assert_int_eq(addresses.items[0].family, AF_INET6);
	ck_assert(!resolve("192.0.2.1", AF_INET6, &addresses, &result));
	ck_assert_int_eq(result.code, RESULT_FAIL);
	ck_assert_int_eq(result.reason, REASON_RESOLVE);
	ck_assert_int_eq(fake_resolver_calls, 0);
}
END_TEST

START_TEST(order_is_kept_and_duplicates_are_removed)
{
	char text[ADDRESS_TEXT_SIZE];

	ck_assert(resolve("192.0.2.2,::1,192.0.2.2,192.0.2.1,::1", AF_UNSPEC, &addresses, &result));
	ck_assert_uint_eq(addresses.count, 3);
	ck_assert_str_eq(address_format(&addresses.items[0], text), "192.0.2.2");
	ck_assert_str_eq(address_format(&addresses.items[1], text), "::1");
	ck_assert_str_eq(address_format(&addresses.items[2], text), "192.0.2.1");
}
END_TEST

START_TEST(family_is_asked_for)
{
	ck_assert(resolve("192.0.2.2,::1", AF_INET6, &addresses, &result));
	ck_assert_uint_eq(addresses.count, 1);
	ck_assert_int_eq(addresses.items[0].family, AF_INET6);
	ck_assert(!resolve("192.0.2.2,192.0.2.3", AF_INET6, &addresses, &result));
	ck_assert_int_eq(result.reason, REASON_RESOLVE);
}
END_TEST

START_TEST(more_than_fit_is_an_error)
{
	char name[1024] = "";

	for (int i = 1; i <= RESOLVE_MAX; i++)
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s192.0.2.%d", i > 1 ? "," : "", i);
	ck_assert(resolve(name, AF_UNSPEC, &addresses, &result));
	ck_assert_uint_eq(addresses.count, RESOLVE_MAX);
	strcat(name, ",192.0.2.1");
	ck_assert(resolve(name, AF_UNSPEC, &addresses, &result));
	strcat(name, ",192.0.2.200");
	ck_assert(!resolve(name, AF_UNSPEC, &addresses, &result));
	ck_assert_int_eq(result.code, RESULT_ERROR);
}
END_TEST

START_TEST(resolver_errors)
{
	static const struct {
		int code;
		enum result_code result;
		enum reason reason;
	} rows[] = {
	    {EAI_NONAME, RESULT_FAIL, REASON_RESOLVE},
	    {EAI_AGAIN, RESULT_FAIL, REASON_RESOLVE},
	    {EAI_FAIL, RESULT_FAIL, REASON_RESOLVE},
	    {EAI_MEMORY, RESULT_ERROR, REASON_LOCAL},
	    {EAI_SYSTEM, RESULT_ERROR, REASON_RESOLVE},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		fake_resolver_code = rows[i].code;
		ck_assert(!resolve("", AF_UNSPEC, &addresses, &result));
		ck_assert_int_eq(result.code, rows[i].result);
		ck_assert_int_eq(result.reason, rows[i].reason);
		ck_assert_ptr_nonnull(strstr(result.text, "cannot resolve"));
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("resolve");
	TCase *tcase = unit_case(suite, "resolve");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, literal_needs_no_resolver);
	tcase_add_test(tcase, order_is_kept_and_duplicates_are_removed);
	tcase_add_test(tcase, family_is_asked_for);
	tcase_add_test(tcase, more_than_fit_is_an_error);
	tcase_add_test(tcase, resolver_errors);
	return unit_run(suite);
}
