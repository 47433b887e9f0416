/* The file method's options. Pure: the file itself is the worker's to look at. */
#include "file.h"

#define AT(MEMBER) .offset = offsetof(struct file_args, MEMBER)
#define TEN_YEARS_S 315360000

static const struct option file_options[] = {
	COMMON_OPTIONS(struct file_args, common),
	{.name = "path", .type = OPTION_PATH, .flags = OPTION_REQUIRED, AT(path),
	    .help = "file to look at; its directory must be readable"},
	{.name = "exists", .type = OPTION_BOOL, AT(exists), .fallback = "true",
	    .help = "true: the file must exist; false: it must not"},
	{.name = "max_age", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN, AT(max_age_ns), .min = 0,
	    .max = TEN_YEARS_S, .unit = "seconds", .help = "longest time since the file was last written"},
	{.name = "contains", .type = OPTION_PATTERN, AT(contains), .help = "pattern that must be found in the file"},
	OPTION_END,
};

static void
file_cross_check(struct cross_check *check)
{
	static const char *const needs_file[] = {"max_age", "contains"};
	const struct file_args *args = check->args;

	for (size_t i = 0; !args->exists && i < sizeof(needs_file) / sizeof(needs_file[0]); i++)
		if (cross_given(check, needs_file[i]))
			check->error(check, needs_file[i], "needs a file: leave it out or set exists to true");
}

static void
file_confine(struct sandbox_profile *profile, const void *data)
{
	const struct file_args *args = data;

	if (args->contains == NULL)
		return;
	profile->needs |= NEED_READ;
	profile->path = args->path;
}

/* It has a path, always. */
static bool
file_watches(const void *data)
{
	(void)data;
	return true;
}

const struct check_method method_file = {
	.name = "file",
	.options = file_options,
	.args_size = sizeof(struct file_args),
	.cross_check = file_cross_check,
	.needs = NEED_LOOK,
	.may_need = NEED_READ,
	.confine = file_confine,
	.watches = file_watches,
};
