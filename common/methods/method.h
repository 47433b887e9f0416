/*
 * Check methods as both sides know them: a name, an option table, cross checks between options. The
 * supervisor validates with it and encodes; the worker decodes with it. What a method does is in
 * workers/METHOD.c alone.
 */
#ifndef EXACHECK_METHOD_H
#define EXACHECK_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../option.h"
#include "../sandbox.h"

/* The first member of every method's arguments. */
struct common_args {
	int64_t timeout_ns; /* one whole execution */
	int sandbox;	    /* enum sandbox_choice */
};

enum sandbox_choice { SANDBOX_DEFAULT, SANDBOX_OFF };

/* The first member of every remote method's arguments (dns http icmp ntp tcp). */
struct remote_args {
	struct common_args common;
	char *host;	    /* address or name; NULL only for http: the URL's */
	int address_family; /* enum family_choice, -1: any */
	bool all_valid;	    /* every address must pass, not just one */
	char *source;	    /* local address or NULL */
	char *interface;    /* SO_BINDTODEVICE or NULL */
	int64_t mark;	    /* SO_MARK or OPTION_UNSET */
};

enum family_choice { FAMILY_IPV4, FAMILY_IPV6 };

/* AF_INET, AF_INET6 or AF_UNSPEC for remote_args.address_family. */
int remote_family(const struct remote_args *);

/*
 * Context of a cross check; error() records "KEY: message" at the key's position (or the map's when not given), and
 * warning() what has no effect but harms nothing.
 */
struct cross_check {
	const struct option *table;
	const void *args;
	uint64_t given; /* bit option_index(): the key stands in the file */
	void (*error)(struct cross_check *, const char *key, const char *format, ...)
	    __attribute__((format(printf, 3, 4)));
	void (*warning)(struct cross_check *, const char *key, const char *format, ...)
	    __attribute__((format(printf, 3, 4)));
};

bool cross_given(const struct cross_check *, const char *key);

struct check_method {
	const char *name;
	const char *program; /* the rest of the worker's file name, after "worker-"; NULL: the name */
	const struct option *options; /* including the common ones, without "method" */
	size_t args_size;
	bool remote; /* args begin with struct remote_args, else with struct common_args */
	/*
	 * Fit what stands in no file (bits of given, as in struct cross_check, are 0) to what does, so that a default
	 * never contradicts the user: `timeout: 2` alone lowers a default dns_timeout of 5 to 2. To be called after
	 * decoding, before cross_check and before the arguments are printed or encoded. May be NULL.
	 */
	void (*derive)(void *args, uint64_t given);
	void (*cross_check)(struct cross_check *); /* may be NULL */
	unsigned needs;	   /* bits of enum sandbox_need: of every execution */
	unsigned may_need; /* ... of some, as their arguments ask; the disable file included */
	unsigned prepares; /* ... of preparing, before the worker's own sandbox */
	/* Add to a profile what these arguments ask for beyond that (sandbox.h). May be NULL. */
	void (*confine)(struct sandbox_profile *, const void *args);
	/*
	 * Whether a worker with these arguments notices changes between executions, and so may execute off the grid.
	 * NULL: it does not.
	 */
	bool (*watches)(const void *args);
	/*
	 * The method that executes these arguments: of the same name, options and arguments, in a program of its own. NULL:
	 * this one.
	 */
	const struct check_method *(*variant)(const void *args);
};

/* All methods, NULL-terminated, in alphabetical order; and by name (NULL: none). */
extern const struct check_method *const check_methods[];
const struct check_method *method_find(const char *name);

/* All that have a program: these, then what is only a variant of one of them. NULL-terminated. */
extern const struct check_method *const worker_methods[];
const char *method_program(const struct check_method *);

/* What executes these arguments of this method. */
const struct check_method *method_variant(const struct check_method *, const void *args);

bool method_watches(const struct check_method *, const void *args);

/*
 * Cross checks that all remote methods share: family against literal host and source, the interface's
 * name. The second form is for a host that stands elsewhere (in a URL); NULL: none.
 */
void remote_cross_check(struct cross_check *);
void remote_cross_check_host(struct cross_check *, const char *host);

/* A method's own time-out, within one execution's: fit the default to it, or check what was given. Nanoseconds. */
void derive_timeout(const struct option *table, uint64_t given, const char *key, int64_t *value_ns, int64_t timeout_ns);
void cross_check_timeout(struct cross_check *, const char *key, int64_t value_ns, int64_t timeout_ns);

/* Cross checks of the keys below that name files, NULL where not given. */
void cross_check_files(struct cross_check *, bool verify, const char *ca_file, const char *client_cert,
    const char *client_key);

/* A duration for a message, in seconds: "2.5". Returns text. */
#define SECONDS_TEXT_SIZE 32
const char *seconds_text(int64_t duration_ns, char text[static SECONDS_TEXT_SIZE]);

/* Option table entries to open a method's table with; TYPE's first member is the matching args struct. */
#define COMMON_OPTIONS(TYPE, MEMBER)                                                                                 \
	{.name = "timeout", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN, .offset = offsetof(TYPE, MEMBER.timeout_ns), \
	    .min = 0, .max = 86400, .fallback = "10", .unit = "seconds", .help = "bounds one whole execution"},                                    \
	{.name = "sandbox", .type = OPTION_CHOICE, .offset = offsetof(TYPE, MEMBER.sandbox),                         \
	    .choices = sandbox_choices, .fallback = "default", .help = "off: run this check without a sandbox"}

#define REMOTE_OPTIONS(TYPE, MEMBER, HOST_FLAGS)                                                                      \
	COMMON_OPTIONS(TYPE, MEMBER.common),                                                                           \
	{.name = "host", .type = OPTION_HOST, .flags = (HOST_FLAGS), .offset = offsetof(TYPE, MEMBER.host),            \
	    .help = "address or name to connect to"},                                                                  \
	{.name = "address_family", .type = OPTION_CHOICE, .offset = offsetof(TYPE, MEMBER.address_family),             \
	    .choices = family_choices, .help = "use addresses of this family only"},                                   \
	{.name = "all_valid", .type = OPTION_BOOL, .offset = offsetof(TYPE, MEMBER.all_valid), .fallback = "false",    \
	    .help = "true: every address must pass; false: one is enough"},                                            \
	{.name = "source", .type = OPTION_ADDRESS, .offset = offsetof(TYPE, MEMBER.source), .help = "local address"},  \
	{.name = "interface", .type = OPTION_STRING, .offset = offsetof(TYPE, MEMBER.interface),                       \
	    .help = "network interface to send from"},                                                                 \
	{.name = "mark", .type = OPTION_INTEGER, .offset = offsetof(TYPE, MEMBER.mark), .min = 0, .max = 4294967295.0, \
	    .help = "firewall mark of the packets sent"}

/* Those of TLS that mean the same in every method; TYPE has members of these names. */
#define TLS_OPTIONS(TYPE)                                                                                              \
	{.name = "min_cert_days", .type = OPTION_INTEGER, .offset = offsetof(TYPE, min_cert_days), .min = 0, .max = 36500, \
	    .unit = "days", .help = "least time until the certificate expires; works with verify_ssl false too"},       \
	{.name = "ca_file", .type = OPTION_PATH, .offset = offsetof(TYPE, ca_file),                                    \
	    .help = "CA certificates (PEM) to verify with instead of the system's"},                                    \
	{.name = "client_cert", .type = OPTION_PATH, .offset = offsetof(TYPE, client_cert),                            \
	    .help = "client certificate (PEM)"},                                                                        \
	{.name = "client_key", .type = OPTION_PATH, .offset = offsetof(TYPE, client_key),                              \
	    .help = "client certificate's private key (PEM)"}

extern const char *const sandbox_choices[];
extern const char *const family_choices[];

#endif
