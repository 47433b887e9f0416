/*
 * The sanitizers' settings, part of every program of a sanitizer build (make SANITIZE=...): in effect whoever
 * starts the program and with whatever environment; ASAN_OPTIONS and UBSAN_OPTIONS still override them.
 * Invariant: a finding ends the process by SIGABRT, which the supervisor tells of its children and the tests'
 * harness looks for; exit codes are taken.
 */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:"
	       "check_initialization_order=1";
}

const char *
__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}
