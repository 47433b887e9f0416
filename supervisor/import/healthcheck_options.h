/*
 * The options of ExaBGP's own healthcheck (`python -m exabgp healthcheck`, 4.2 to 5.0): what there is, and reading them
 * from a command line and from its configuration file, as argparse and that program do it together.
 */
#ifndef EXACHECK_HEALTHCHECK_OPTIONS_H
#define EXACHECK_HEALTHCHECK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../common/option.h"
#include "importing.h"

enum healthcheck_kind {
	HEALTHCHECK_FLAG,      /* bool */
	HEALTHCHECK_TEXT,      /* char *, NULL when not given */
	HEALTHCHECK_OPTIONAL,  /* char *; the value may be left out, which means the default */
	HEALTHCHECK_TEXTS,     /* struct string_list: each time it is given adds one */
	HEALTHCHECK_INTEGER,   /* int64_t, 0 when not given and without default */
	HEALTHCHECK_NUMBER,    /* double */
	HEALTHCHECK_ADDRESS,   /* char *, canonical, NULL when not given */
	HEALTHCHECK_NEIGHBORS, /* struct string_list of canonical addresses, and * */
	HEALTHCHECK_NETWORKS,  /* struct string_list of canonical prefixes, each with a length */
	HEALTHCHECK_BINDINGS,  /* struct string_list: PREFIX%INTERFACE, the prefix canonical */
	HEALTHCHECK_KINDS
};

/* What the import makes of an option that is given, whatever its value, where that can be said once for all. */
enum healthcheck_fate {
	HEALTHCHECK_KEPT,    /* it says what has to be said itself, if there is anything */
	HEALTHCHECK_DIFFERS, /* note */
	HEALTHCHECK_LOST,    /* note */
};

struct healthcheck_option {
	const char *names[2];  /* long names without --; the second is NULL or another word for the first */
	const char *letters;   /* the short name without -; NULL: none */
	enum healthcheck_kind kind;
	size_t offset;	       /* in struct healthcheck_options */
	double min, max;       /* of INTEGER and NUMBER, inclusive; both 0: any */
	const char *fallback;  /* the default, as text; NULL: none */
	const char *value;     /* what a value is called; NULL: it takes none */
	const char *since;     /* the version of ExaBGP that has it first; NULL: all have it */
	bool log_way;	       /* one of several of which only one may be given */
	enum healthcheck_fate fate;
	const char *note;      /* for HEALTHCHECK_DIFFERS and HEALTHCHECK_LOST */
	const char *group;     /* of the options in the help; NULL: that of the option before */
	const char *help;      /* one phrase */
};

/* A NULL names[0] ends it. */
extern const struct healthcheck_option healthcheck_option_table[];
#define HEALTHCHECK_OPTIONS_MAX 64

struct healthcheck_options {
	char *places[HEALTHCHECK_OPTIONS_MAX]; /* by index in the table: where it was given last; NULL: nowhere */
	bool help, silent, no_syslog, debug, no_ack, sudo;
	char *syslog_facility; /* "daemon" by default, in the spelling that was given */
	char *name, *config, *pid, *user, *group;
	double interval_s, fast_interval_s;
	int64_t timeout_s, rise, fall;
	char *disable, *command;
	char *next_hop;
	struct string_list ips, ip_ifnames, neighbors;
	int64_t local_preference, start_ip; /* local_preference below 0: none */
	bool deaggregate_networks, no_ip_setup, dynamic_ip_setup, label_exact_match, withdraw_on_down, debounce;
	char *label;
	int64_t up_metric, down_metric, disabled_metric, increase;
	char *community, *disabled_community, *extended_community, *large_community;
	char *as_path, *up_as_path, *down_as_path, *disabled_as_path;
	int64_t path_id; /* 0: none */
	struct string_list execute, up_execute, down_execute, disabled_execute;
};

/*
 * Read a command line (argv[0] is its first option), and before it the file of its --config, which it overrules. Options
 * may be shortened as argparse has it. False: what is wrong is noted as IMPORT_WRONG, each with its place, and
 * options own nothing. With options->help nothing else is of interest.
 */
bool healthcheck_options_parse(struct importing *, int argc, char **argv, struct healthcheck_options *);
/* The same, but for what options are when something is wrong: as far as they could be read, and to be freed. */
bool healthcheck_options_read(struct importing *, int argc, char **argv, struct healthcheck_options *);
void healthcheck_options_free(struct healthcheck_options *);

/* The option of this long name, which there must be; where it was given last ("--ip", "web.conf:3: ip"), NULL: nowhere. */
const struct healthcheck_option *healthcheck_option_named(const char *name);
const char *healthcheck_option_place(const struct healthcheck_options *, const char *name);

/* All options with their help, in lines. */
void healthcheck_options_print(FILE *);

/* The configuration that does what these options do there; notes say what differs, fails or is wrong. */
bool healthcheck_import(struct importing *, const struct healthcheck_options *);

#endif
