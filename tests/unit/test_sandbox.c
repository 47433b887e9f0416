/*
 * What checks are said to need: that profiles stay within what their method declares (there is no system call filter
 * for anything else), and that the tables of calls do not contradict themselves.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"
#include "../../common/methods/method.h"
#include "../../common/sandbox.h"
#include "../../common/seccomp_filter.h"
#include "unit.h"

#define ROUNDS 3000
#define TEXTS_MAX 6

/* What a key may be in a random set of arguments; NULL among the texts: not given. */
static const struct {
	const char *key, *texts[TEXTS_MAX];
	size_t count;
} choices[] = {
	{"host", {"192.0.2.1", "2001:db8::1", "www.example.net", "::1%lo", "::1%1", NULL}, 6},
	{"source", {"192.0.2.2", "::1%lo", NULL, NULL}, 4},
	{"interface", {"lo", NULL}, 2},
	{"mark", {"7", NULL, NULL}, 3},
	{"all_valid", {"true", NULL}, 2},
	{"url", {"http://192.0.2.1/", "https://www.example.net/", "https://[2001:db8::1]:8443/", "http://www.example.net:1/"},
	    4},
	{"follow_redirects", {"true", "false", NULL}, 3},
	{"verify_ssl", {"true", NULL}, 2},
	{"ca_file", {"/etc/ssl/ca.pem", NULL}, 2},
	{"query", {"example.net"}, 1},
	{"tcp", {"true", NULL}, 2},
	{"port", {"1", "53", "65535"}, 3},
	{"path", {"/", "/run/ready"}, 2},
	{"contains", {"x+", NULL}, 2},
	{"exists", {"true", "false"}, 2},
	{"privileged", {"true", NULL}, 2},
	{"command", {"true"}, 1},
};

static const char *const disable_files[] = {NULL, "", "/run/maintenance"};

union arguments {
	struct common_args common;
	struct remote_args remote;
	char room[4096];
	max_align_t alignment;
};

static size_t
below(size_t limit)
{
	return (size_t)rand() / (RAND_MAX / limit + 1);
}

static void
arguments_random(const struct check_method *method, union arguments *arguments)
{
	char error[OPTION_ERROR_SIZE];

	ck_assert_uint_le(method->args_size, sizeof(*arguments));
	memset(arguments, 0, sizeof(*arguments));
	ck_assert(options_set_defaults(method->options, arguments));
	for (size_t i = 0; i < COUNT(choices); i++) {
		const struct option *option = option_find(method->options, choices[i].key);
		const char *text = choices[i].texts[below(choices[i].count)];

		if (option == NULL)
			continue;
		if (text == NULL && (option->flags & OPTION_REQUIRED) != 0)
			text = choices[i].texts[0];
		if (text == NULL)
			continue;
		options_free((const struct option[]){*option, OPTION_END}, arguments);
		ck_assert_msg(option_parse_scalar(option, text, option_at(option, arguments), error), "%s %s: %s",
		    method->name, choices[i].key, error);
	}
}

/* The host that is connected to when it is an address, else NULL. */
static bool
literal(const struct check_method *method, const union arguments *arguments)
{
	struct address address;
	const char *source = arguments->remote.source, *host = arguments->remote.host;

	return method->remote && host != NULL && strchr(host, '%') == NULL && address_parse(host, &address) &&
	    (source == NULL || strchr(source, '%') == NULL);
}

static void
profile_check(const struct check_method *method, const union arguments *arguments, const char *disable)
{
	const struct option *redirects = option_find(method->options, "follow_redirects");
	bool follows = redirects != NULL && *(const bool *)option_at(redirects, (void *)(uintptr_t)arguments);
	bool disabling = disable != NULL && disable[0] != '\0';
	struct sandbox_profile profile;

	sandbox_profile(&profile, method, arguments, disable);
	ck_assert_msg((profile.needs & ~(method->needs | method->may_need)) == 0, "%s: needs 0x%x are more than 0x%x | 0x%x",
	    method->name, profile.needs, method->needs, method->may_need);
	ck_assert_uint_eq(profile.needs & method->needs, method->needs);
	ck_assert_uint_le(profile.port_count, SANDBOX_PORTS_MAX);
	for (unsigned i = 0; i < profile.port_count; i++)
		ck_assert_uint_ne(profile.ports[i], 0);
	if (disabling)
		ck_assert_uint_ne(profile.needs & NEED_LOOK, 0);
	if (literal(method, arguments) && !follows) {
		ck_assert_uint_eq(profile.needs & (NEED_READ | NEED_RESOLVER | NEED_THREADS), 0);
		ck_assert_msg(disabling || (profile.needs & NEED_LOOK) == 0, "%s: looks at files", method->name);
		ck_assert(!profile.any_port);
		ck_assert_ptr_null(profile.path);
	} else if (method->remote && arguments->remote.host != NULL)
		ck_assert_uint_eq(profile.needs & (NEED_RESOLVER | NEED_LOOK), NEED_RESOLVER | NEED_LOOK);
	if ((profile.needs & NEED_READ) != 0)
		ck_assert_ptr_nonnull(profile.path);
}

START_TEST(profiles_are_within_their_method)
{
	union arguments arguments;

	for (const struct check_method *const *method = worker_methods; *method != NULL; method++) {
		for (int round = 0; round < unit_rounds(ROUNDS); round++) {
			arguments_random(*method, &arguments);
			profile_check(*method, &arguments, disable_files[below(3)]);
			options_free((*method)->options, &arguments);
		}
	}
}
END_TEST

START_TEST(every_need_has_calls)
{
	for (const struct check_method *const *method = worker_methods; *method != NULL; method++) {
		unsigned needs = (*method)->needs | (*method)->may_need | (*method)->prepares;

		if (((*method)->needs & NEED_COMMANDS) != 0)
			continue;
		for (const struct sandbox_call_set *set = sandbox_call_sets; set->name != NULL; set++)
			needs &= ~set->need;
		ck_assert_msg(needs == 0, "%s: nothing is allowed for needs 0x%x", (*method)->name, needs);
	}
}
END_TEST

START_TEST(ports_beyond_the_room_are_every_port)
{
	struct sandbox_profile profile = {0};

	for (unsigned port = 1; port <= SANDBOX_PORTS_MAX; port++) {
		sandbox_need_port(&profile, port);
		sandbox_need_port(&profile, port);
		ck_assert_uint_eq(profile.port_count, port);
		ck_assert(!profile.any_port);
	}
	sandbox_need_port(&profile, SANDBOX_PORTS_MAX + 1);
	ck_assert(profile.any_port);
}
END_TEST

/* Newer than the libseccomp of the oldest system that we build on; it passes over them. */
static bool
newer_than_libseccomp(const char *name)
{
	static const char *const names[] = {"mseal", "cachestat", "futex_waitv"};

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
name_check(const char *name)
{
	ck_assert_msg(newer_than_libseccomp(name) || seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR,
	    "no system call %s", name);
}

START_TEST(libseccomp_knows_every_call)
{
	static const char *const *const lists[] = {sandbox_calls_killing, sandbox_calls_opening, sandbox_calls_absent};

	for (const struct sandbox_call_set *set = sandbox_call_sets; set->name != NULL; set++) {
		ck_assert_ptr_nonnull(set->help);
		for (const struct sandbox_call *call = set->calls; call->name != NULL; call++) {
			name_check(call->name);
			ck_assert_uint_le(call->comparisons, SANDBOX_COMPARISONS_MAX);
			/* a comparison that nothing tells of, or the other way round */
			ck_assert_msg((call->comparisons > 0) == (call->only != NULL), "%s", call->name);
			for (unsigned i = 0; i < call->comparisons; i++) {
				ck_assert_uint_lt(call->compare[i].argument, 6);
				/* a value outside its mask never compares equal */
				ck_assert_msg((call->compare[i].value & ~call->compare[i].mask) == 0, "%s", call->name);
			}
		}
	}
	for (size_t i = 0; i < COUNT(lists); i++)
		for (const char *const *name = lists[i]; *name != NULL; name++)
			name_check(*name);
}
END_TEST

static bool
listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

START_TEST(refusals_do_not_overlap)
{
	for (const char *const *name = sandbox_calls_killing; *name != NULL; name++)
		ck_assert_msg(!listed(sandbox_calls_opening, *name) && !listed(sandbox_calls_absent, *name), "%s", *name);
	for (const char *const *name = sandbox_calls_opening; *name != NULL; name++)
		ck_assert_msg(!listed(sandbox_calls_absent, *name), "%s", *name);
}
END_TEST

/* What ends a process is in no set at all, or it would never do so; what every worker may do is refused nowhere. */
START_TEST(refusals_are_not_allowed)
{
	for (const struct sandbox_call_set *set = sandbox_call_sets; set->name != NULL; set++) {
		for (const struct sandbox_call *call = set->calls; call->name != NULL; call++) {
			ck_assert_msg(!listed(sandbox_calls_killing, call->name), "%s of %s kills", call->name, set->name);
#ifndef SANDBOX_SANITIZED
			ck_assert_msg(set->need != 0 || (!listed(sandbox_calls_opening, call->name) &&
			    !listed(sandbox_calls_absent, call->name)), "%s of %s is refused", call->name, set->name);
#endif
		}
	}
}
END_TEST

/* Within one set a call that is allowed as it is makes its other entries meaningless. */
START_TEST(unconditional_entries_stand_alone)
{
	for (const struct sandbox_call_set *set = sandbox_call_sets; set->name != NULL; set++)
		for (const struct sandbox_call *call = set->calls; call->name != NULL; call++)
			for (const struct sandbox_call *other = set->calls; other->name != NULL; other++)
				ck_assert_msg(call == other || call->comparisons > 0 || strcmp(call->name, other->name) != 0,
				    "%s of %s", call->name, set->name);
}
END_TEST

START_TEST(every_filter_compiles)
{
	for (const struct sandbox_call_set *set = sandbox_call_sets; set->name != NULL; set++) {
		struct seccomp_filter *filter = seccomp_filter_new(false);
		struct sock_fprog program;
		char error[SECCOMP_ERROR_SIZE];

		ck_assert_ptr_nonnull(filter);
		seccomp_filter_allow(filter, set->calls);
		seccomp_filter_kill(filter, sandbox_calls_killing);
		seccomp_filter_errno(filter, sandbox_calls_opening, EACCES);
		ck_assert_msg(seccomp_filter_compile(filter, &program, error), "%s: %s", set->name, error);
		ck_assert_uint_gt(program.len, 0);
		free(program.filter);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *cases = unit_case(suite, "core"), *filters = unit_case(suite, "filters");

	srand(1); /* the same sets in each run */
	tcase_add_test(cases, profiles_are_within_their_method);
	tcase_add_test(cases, every_need_has_calls);
	tcase_add_test(cases, ports_beyond_the_room_are_every_port);
	tcase_add_test(cases, libseccomp_knows_every_call);
	tcase_add_test(cases, refusals_do_not_overlap);
	tcase_add_test(cases, refusals_are_not_allowed);
	tcase_add_test(cases, unconditional_entries_stand_alone);
	/* libseccomp asks the kernel what it knows */
	tcase_set_tags(filters, UNIT_NATIVE);
	tcase_add_test(filters, every_filter_compiles);
	return unit_run(suite);
}
