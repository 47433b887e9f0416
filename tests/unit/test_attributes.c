/*
 * Attributes as ExaBGP commands spell them.
 */
#include <string.h>

#include "../../supervisor/attributes.h"
#include "unit.h"

static void
expect(const struct node_config *node, const struct attribute_set *set, const char *expected)
{
	char *text = attributes_format(node, set, 0);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
}

static struct node_config
node_new(const char *nexthop)
{
	struct node_config node = {.nexthop = strdup(nexthop),
	    .up = {.metric = OPTION_UNSET, .local_preference = OPTION_UNSET}};

	ck_assert_ptr_nonnull(node.nexthop);
	return node;
}

START_TEST(nothing_but_next_hop)
{
	struct node_config node = node_new("self");

	expect(&node, NULL, "next-hop self");
	free(node.nexthop);
}
END_TEST

/* 0 is a value, and the largest number stays itself. */
START_TEST(numbers)
{
	struct node_config node = node_new("192.0.2.254");

	node.up.metric = 0;
	node.up.local_preference = 0;
	expect(&node, NULL, "next-hop 192.0.2.254 med 0 local-preference 0");
	node.up.metric = node.up.local_preference = 4294967295;
	expect(&node, NULL, "next-hop 192.0.2.254 med 4294967295 local-preference 4294967295");
	free(node.nexthop);
}
END_TEST

START_TEST(everything_in_order)
{
	static const char *const communities[] = {
	    "0x0002fde800000064", "65000:1", "65000:1:2", "65535:65281", "4294967295:0:1", "0x4002000000000001"};
	struct node_config node = node_new("2001:db8::1");

	for (size_t i = 0; i < sizeof(communities) / sizeof(*communities); i++)
		ck_assert(string_list_add(&node.up.communities, strdup(communities[i])));
	node.up.metric = 100;
	node.up.local_preference = 200;
	node.up.as_path = strdup("65000 4200000000");
	expect(&node, NULL,
	    "next-hop 2001:db8::1 med 100 local-preference 200 as-path [ 65000 4200000000 ] "
	    "community [ 65000:1 65535:65281 ] large-community [ 65000:1:2 4294967295:0:1 ] "
	    "extended-community [ 0x0002fde800000064 0x4002000000000001 ]");
	string_list_free(&node.up.communities);
	free(node.up.as_path);
	free(node.nexthop);
}
END_TEST

/* What a state has takes the place of the check's own, the rest stays. */
START_TEST(set_in_place)
{
	struct node_config node = node_new("self");
	char community[] = "65535:0", *communities[] = {community}, path[] = "65000 65000";
	struct attribute_set set = {OPTION_UNSET, OPTION_UNSET, {0, NULL}, NULL};

	ck_assert(!attribute_set_any(&set));
	node.up.metric = 1;
	node.up.local_preference = 2;
	ck_assert(string_list_add(&node.up.communities, strdup("65000:1")));
	expect(&node, &set, "next-hop self med 1 local-preference 2 community [ 65000:1 ]");
	set.metric = 0;
	ck_assert(attribute_set_any(&set));
	expect(&node, &set, "next-hop self med 0 local-preference 2 community [ 65000:1 ]");
	set = (struct attribute_set){OPTION_UNSET, 0, {1, communities}, path};
	expect(&node, &set, "next-hop self med 1 local-preference 0 as-path [ 65000 65000 ] community [ 65535:0 ]");
	string_list_free(&node.up.communities);
	free(node.nexthop);
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
