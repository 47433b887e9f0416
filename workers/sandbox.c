/*
 * Entering the sandbox. Invariant: identity is dropped first, so that nothing after it can undo it, and the system
 * call filter comes last, because it forbids the others.
 */
#include "sandbox.h"

#include <bsd/string.h>
#include <stdio.h>

#include "sandbox_mechanism.h"

static const struct {
	const char *name;
	mechanism_enter *enter;
	bool always; /* at level off as well */
} mechanisms[] = {
	{"identity", identity_enter, true},
	{"no_new_privs", privileges_enter, false},
	{"rlimits", limits_enter, false},
	{"landlock", landlock_profile_enter, false},
	{"seccomp", seccomp_profile_enter, false},
};

/* Add "NAME" or "NAME(TEXT)". */
static void
report_add(char *report, size_t size, const char *name, const char *text)
{
	size_t length = strlen(report);

	snprintf(report + length, size - length, "%s%s%s%s%s", length > 0 ? " " : "", name, text[0] != '\0' ? "(" : "", text,
	    text[0] != '\0' ? ")" : "");
}

bool
sandbox_enter(const struct sandbox *sandbox, char *report, size_t size)
{
	enum mechanism_end end;

	strlcpy(report, "", size);
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		char text[MECHANISM_TEXT_SIZE] = "";

		if (sandbox->level == SANDBOX_LEVEL_OFF && !mechanisms[i].always)
			continue;
		end = mechanisms[i].enter(sandbox, text);
		if (end == MECHANISM_FAILED || (end == MECHANISM_LACKING && sandbox->level == SANDBOX_LEVEL_STRICT)) {
			snprintf(report, size, "%s: %s%s", mechanisms[i].name, text, end == MECHANISM_LACKING ?
			    ", which strict demands: enable it there, or set exacheck.sandbox to best_effort" : "");
			return false;
		}
		if (end != MECHANISM_IDLE)
			report_add(report, size, mechanisms[i].name, text);
	}
	if (sandbox->level == SANDBOX_LEVEL_OFF)
		report_add(report, size, "off", "");
	return true;
}

bool
sandbox_enter_spawner(const struct check_method *method, enum sandbox_level level, char *error, size_t size)
{
	static const struct {
		const char *name;
		enum mechanism_end (*enter)(const struct check_method *, char *);
	} confine[] = {{"landlock", landlock_enter_spawner}, {"seccomp", seccomp_enter_spawner}};
	const struct sandbox none = {.level = level};
	char text[MECHANISM_TEXT_SIZE] = "";
	const char *name = "no_new_privs";
	enum mechanism_end end;
	bool filters;

	if (level == SANDBOX_LEVEL_OFF)
		return true;
	/* where workers run commands as well: one that traced the spawner would read the others' jobs as they are born */
	end = privileges_enter(&none, text);
	filters = (method->needs & NEED_COMMANDS) == 0;
	if (filters && end != MECHANISM_FAILED && !seccomp_prepare(method, text)) {
		name = "seccomp";
		end = MECHANISM_FAILED;
	}
	for (size_t i = 0; filters && i < sizeof(confine) / sizeof(confine[0]) && end != MECHANISM_FAILED; i++) {
		name = confine[i].name;
		end = confine[i].enter(method, text);
	}
	if (end == MECHANISM_FAILED)
		snprintf(error, size, "%s: %s", name, text);
	return end != MECHANISM_FAILED;
}
