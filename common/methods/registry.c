/*
 * All check methods. Adding one here is what makes it known to the configuration, the schema and the
 * manual. Pure. Invariant: in alphabetical order, but for variants, which come last.
 */
#include <string.h>

#include "dns.h"
#include "file.h"
#include "http.h"
#include "icmp.h"
#include "method.h"
#include "ntp.h"
#include "shell.h"
#include "tcp.h"

#define METHODS &method_dns, &method_file, &method_http, &method_icmp, &method_ntp, &method_shell, &method_tcp

const struct check_method *const check_methods[] = {METHODS, NULL};
const struct check_method *const worker_methods[] = {METHODS, &method_tls, NULL};

const struct check_method *
method_find(const char *name)
{
	for (const struct check_method *const *method = check_methods; *method != NULL; method++)
		if (strcmp((*method)->name, name) == 0)
			return *method;
	return NULL;
}

const char *
method_program(const struct check_method *method)
{
	return method->program != NULL ? method->program : method->name;
}

const struct check_method *
method_variant(const struct check_method *method, const void *args)
{
	return method->variant != NULL ? method->variant(args) : method;
}
