/*
 * The name of this machine: text, whatever it is.
 */
#include <jansson.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "../../supervisor/host_name.h"
#include "unit.h"

static void
is_text(const char *text)
{
	json_t *value = json_string(text);

	ck_assert(value != NULL && *text != '\0' && strlen(text) <= HOST_NAME_MAX);
	json_decref(value);
}

START_TEST(any_bytes)
{
	char text[HOST_NAME_MAX + 1], longest[HOST_NAME_MAX];

	is_text(host_name(text));
	if (geteuid() != 0 || unshare(CLONE_NEWUTS) == -1)
		return; /* it is not ours to change */
	ck_assert_int_eq(sethostname("a\xff\nb", 4), 0);
	ck_assert_str_eq(host_name(text), "a??b");
	ck_assert_int_eq(sethostname("", 0), 0);
	ck_assert_str_eq(host_name(text), "?");
	memset(longest, 'x', sizeof(longest));
	ck_assert_int_eq(sethostname(longest, sizeof(longest)), 0);
	is_text(host_name(text));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("host_name");
	TCase *tcase = unit_case(suite, "name");

	tcase_add_test(tcase, any_bytes);
	return unit_run(suite);
}
