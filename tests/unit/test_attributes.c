/*
 * Attributes as ExaBGP commands spell them.
 */
#include <string.h>

#include "../../supervisor/attributes.h"
#include "unit.h"

static void
expect(const struct check_options *options, const struct attribute_set *set, const char *expected)
{
	char *text = attributes_format(options, set);

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

	expect(&options, NULL, "next-hop self");
	free(options.nexthop);
}
END_TEST

/* 0 is a value, and the largest number stays itself. */
START_TEST(numbers)
{
	struct check_options options = options_new("192.0.2.254");

	options.metric = 0;
	options.local_preference = 0;
	expect(&options, NULL, "next-hop 192.0.2.254 med 0 local-preference 0");
	options.metric = options.local_preference = 4294967295;
	expect(&options, NULL, "next-hop 192.0.2.254 med 4294967295 local-preference 4294967295");
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
	options.metric = 100;
	options.local_preference = 200;
	options.as_path = strdup("65000 4200000000");
	expect(&options, NULL,
	    "next-hop 2001:db8::1 med 100 local-preference 200 as-path [ 65000 4200000000 ] "
	    "community [ 65000:1 65535:65281 ] large-community [ 65000:1:2 4294967295:0:1 ] "
	    "extended-community [ 0x0002fde800000064 0x4002000000000001 ]");
	string_list_free(&options.communities);
	free(options.as_path);
	free(options.nexthop);
}
END_TEST

/* What a state has takes the place of the check's own, the rest stays. */
START_TEST(set_in_place)
{
	struct check_options options = options_new("self");
	char community[] = "65535:0", *communities[] = {community}, path[] = "65000 65000";
	struct attribute_set set = {OPTION_UNSET, OPTION_UNSET, {0, NULL}, NULL};

	ck_assert(!attribute_set_any(&set));
	options.metric = 1;
	options.local_preference = 2;
	ck_assert(string_list_add(&options.communities, strdup("65000:1")));
	expect(&options, &set, "next-hop self med 1 local-preference 2 community [ 65000:1 ]");
	set.metric = 0;
	ck_assert(attribute_set_any(&set));
	expect(&options, &set, "next-hop self med 0 local-preference 2 community [ 65000:1 ]");
	set = (struct attribute_set){OPTION_UNSET, 0, {1, communities}, path};
	expect(&options, &set, "next-hop self med 1 local-preference 0 as-path [ 65000 65000 ] community [ 65535:0 ]");
	string_list_free(&options.communities);
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
	tcase_add_test(tcase, set_in_place);
	return unit_run(suite);
}
