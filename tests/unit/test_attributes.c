/*
 * Attributes as ExaBGP commands spell them.
 */
#include <string.h>

#include "../../supervisor/attributes.h"
#include "unit.h"

static void
expect(const struct check_options *options, int64_t metric, const char *expected)
{
	char *text = attributes_format(options, metric);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
}

static struct check_options
options_new(const char *nexthop)
{
	struct check_options options = {.nexthop = strdup(nexthop),
	    .local_preference = OPTION_UNSET,
	    .metric = OPTION_UNSET,
	    .metric_down = OPTION_UNSET};

	ck_assert_ptr_nonnull(options.nexthop);
	return options;
}

START_TEST(nothing_but_next_hop)
{
	struct check_options options = options_new("self");

	expect(&options, OPTION_UNSET, "next-hop self");
	free(options.nexthop);
}
END_TEST

/* 0 is a value, and the largest number stays itself. */
START_TEST(numbers)
{
	struct check_options options = options_new("192.0.2.254");

	options.metric = 7; /* replaced */
	options.local_preference = 0;
	expect(&options, 0, "next-hop 192.0.2.254 med 0 local-preference 0");
	options.local_preference = 4294967295;
	expect(&options, 4294967295, "next-hop 192.0.2.254 med 4294967295 local-preference 4294967295");
	free(options.nexthop);
}
END_TEST

START_TEST(everything_in_order)
{
	static const char *const communities[] = {
	    "0x0002fde800000064", "65000:1", "65000:1:2", "65535:65281", "4294967295:0:1", "0x4002000000000001"};
	struct check_options options = options_new("2001:db8::1");

	for (size_t i = 0; i < sizeof(communities) / sizeof(*communities); i++)
		ck_assert(string_list_add(&options.communities, strdup(communities[i])));
	options.local_preference = 200;
	options.as_path = strdup("65000 4200000000");
	expect(&options, 100,
	    "next-hop 2001:db8::1 med 100 local-preference 200 as-path [ 65000 4200000000 ] "
	    "community [ 65000:1 65535:65281 ] large-community [ 65000:1:2 4294967295:0:1 ] "
	    "extended-community [ 0x0002fde800000064 0x4002000000000001 ]");
	string_list_free(&options.communities);
	free(options.as_path);
	free(options.nexthop);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("attributes");
	TCase *tcase = unit_case(suite, "attributes");

	tcase_add_test(tcase, nothing_but_next_hop);
	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, everything_in_order);
	return unit_run(suite);
}
