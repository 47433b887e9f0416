/*
 * The configuration: what the file says, decoded and validated by option tables, immutable afterwards.
 */
#ifndef EXACHECK_CONFIG_H
#define EXACHECK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../common/address.h"
#include "../common/methods/method.h"
#include "../common/option.h"
#include "diagnostic.h"

enum exabgp_dialect { DIALECT_AUTO, DIALECT_V4, DIALECT_V6 };
enum exabgp_ack { ACK_AUTO, ACK_ON, ACK_OFF };
enum on_exit { ON_EXIT_WITHDRAW, ON_EXIT_KEEP };

struct exabgp_options {
	char *output; /* see channel_output.h */
	int dialect;  /* enum exabgp_dialect */
	int ack;      /* enum exabgp_ack */
	int64_t max_in_flight;
};

struct global_options {
	bool live_reload;
	int64_t monitoring_interval_ns;
	char *user;  /* NULL: exacheck, else nobody */
	char *group; /* NULL: the user's */
	char *runtime_dir;
	int on_exit; /* enum on_exit */
	int sandbox; /* enum sandbox_level */
	int64_t resync_ns; /* 0: never */
	struct exabgp_options exabgp;
};

/* What a state announces with instead of the check's own attributes; what is not set is the check's own. */
struct attribute_set {
	int64_t metric, local_preference; /* OPTION_UNSET */
	struct string_list communities;	  /* canonical; empty: unset */
	char *as_path;			  /* canonical or NULL */
};

struct check_options {
	char *name;
	char *description;
	struct string_list prefixes; /* canonical */
	char *nexthop;		     /* address or "self" */
	int64_t interval_ns;
	int64_t fast_interval_ns; /* OPTION_UNSET in the file becomes interval_ns */
	bool splay;
	int64_t rise, fall; /* 0 counts as 1 */
	int64_t path_id;    /* OPTION_UNSET: none */
	int64_t metric, local_preference; /* OPTION_UNSET: none */
	int64_t metric_down; /* in the file; becomes down.metric, and is OPTION_UNSET afterwards */
	char *disable; /* path or NULL */
	struct string_list neighbors;	/* canonical addresses; empty: all */
	struct string_list communities; /* canonical */
	char *as_path;			/* canonical or NULL */
	struct attribute_set down, disabled, drain; /* nothing set: withdraw */
	int64_t drain_time_ns; /* how long a stop announces with drain */
};

struct check_config {
	struct check_options options;
	const struct check_method *method;
	void *args; /* method->args_size bytes, described by method->options */
	struct prefix *prefixes; /* options.prefixes.count of them */
	/* Attributes as ExaBGP takes them after the prefix: "next-hop self med 100 ..."; see attributes.h. */
	char *attributes;
	char *attributes_down, *attributes_disabled; /* NULL: withdraw when down, when disabled */
	char *attributes_drain; /* not NULL exactly when drain_time_ns is above 0 */
	unsigned line, column; /* of its map in the file */
};

struct config {
	char *path; /* as given */
	struct global_options global;
	size_t count;
	struct check_config *checks; /* in file order */
};

/* The option tables, for schema.c and print.c. */
extern const struct option global_table[];
extern const struct option check_table[]; /* without "args" */
extern const struct option document_table[]; /* describes struct config; without "checks" */

/* Load and validate; NULL after reporting errors. Warnings may be there with a configuration. */
struct config *config_load(const char *path, struct diagnostics *);
/* The same from memory; path is for messages. */
struct config *config_parse(const char *path, const char *text, size_t length, struct diagnostics *);
void config_free(struct config *);

/* The effective configuration with all defaults as YAML that config_parse reads back to the same. */
void config_print(const struct config *, FILE *);

/* A JSON Schema (draft 2020-12) of the configuration file, generated from the option tables. */
void config_schema(FILE *);

#endif
