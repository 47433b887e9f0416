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

/* How many routes failures may withdraw. */
struct guard_options {
	int64_t max_withdraw_ppm; /* of those announced, in parts per million; OPTION_UNSET: any number */
	int64_t window_ns; /* in this time */
};

/* Who may ask, and where. */
struct control_options {
	char *socket; /* path, NULL: control.sock in runtime_dir */
	char *group;  /* of the socket's file, NULL: that of exacheck's process */
	int64_t mode; /* of the file */
};

/* What exacheck-web does. */
struct metrics_options {
	char *listen;	/* ADDRESS:PORT of /metrics and the status page, NULL: none */
	char *textfile; /* path of a file for node_exporter, NULL: none */
};

enum logger_method { LOGGER_FILE, LOGGER_SYSLOG };
enum logger_protocol { LOGGER_UDP, LOGGER_TCP };
enum logger_format { LOGGER_RFC5424, LOGGER_RFC3164 };
enum logger_compression { COMPRESSION_GZ, COMPRESSION_BZ2, COMPRESSION_XZ, COMPRESSION_LZMA, COMPRESSION_TAR,
	COMPRESSION_TAR_GZ, COMPRESSION_TAR_BZ2, COMPRESSION_TAR_XZ, COMPRESSION_ZIP };

/* How many there may be; of rotated files of each. */
#define LOGGERS_MAX 100
#define LOGGER_COUNT_MAX 10000
#define NOTIFICATIONS_MAX 1000

/* Where lines of the log go beside stderr; names as ExaCheck has them. */
struct logger_options {
	int method; /* enum logger_method: decides which of these keys there are */
	int level;  /* enum log_level */
	char *formatter; /* "exacheck", or a format as loguru takes it; NULL: the usual one */
	struct string_list events, subsystems; /* that are written; never empty */
	struct string_list checks; /* names, MASTER: exacheck itself; empty: all */
	bool structured;
	char *destination; /* file: path; syslog: path of a socket, or address or name of a host */
	/* file */
	int64_t size; /* bytes; then it is rotated */
	int64_t count; /* of rotated files that are kept */
	bool compress;
	int compression_format; /* enum logger_compression */
	/* syslog */
	int64_t port;
	int protocol; /* enum logger_protocol */
	int format; /* enum logger_format; in the file unset: RFC 5424 for a host, RFC 3164 for a socket */
	int facility; /* number of RFC 5424 */
};

/* By enum logger_method; a name NULL ends them. */
struct logger_kind {
	const char *name;
	const struct option *table; /* describes struct logger_options; without "method" */
};

/* Whom to tell what happens. */
struct notification_options {
	char *name, *description;
	char *url; /* a secret */
	struct string_list checks; /* names; empty: all */
	struct string_list events; /* announce, error, info, withdraw; never empty */
	bool general_events; /* also what is of no check */
	int64_t group_ns; /* how long the first of several events waits for others */
	int64_t rate; /* messages a minute, at most */
	int64_t timeout_ns; /* of one attempt */
	int64_t retry_ns; /* how long a message that could not be delivered is tried again */
};

/* Where errors of exacheck itself are reported. */
struct sentry_options {
	char *dsn; /* a secret; NULL: nowhere */
	bool enabled;
	double sample_rate; /* 0 to 1 */
	double profiles_sample_rate; /* these four are known, and have nothing to do here */
	bool attach_stacktrace, include_local_variables, debug;
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
	struct guard_options guard;
	struct control_options control;
	char *status_dir; /* NULL: no status files */
};

/* What a state announces with instead of the check's own attributes; what is not set is the check's own. */
struct attribute_set {
	int64_t metric, local_preference; /* OPTION_UNSET */
	struct string_list communities;	  /* canonical; empty: unset */
	char *as_path;			  /* canonical or NULL */
};

/* Commands to run when a node's state has changed; NULL: none. */
struct hook_options {
	char *up, *down, *disabled, *change; /* of the verdict */
	char *transition; /* of a check's state machine; of a group's verdict, which is its only state */
	int64_t timeout_ns;
};

/* Addresses of a node's prefixes that are put on an interface of this machine. */
#define IP_SETUP_NAME_MAX 15 /* bytes of an interface's name, and of "INTERFACE:LABEL" */
#define IP_SETUP_ADDRESSES_MAX 4096 /* of all nodes */
struct ip_setup_options {
	char *interface; /* NULL: none are */
	char *label;	 /* of IPv4 addresses; NULL: none */
	bool dynamic;	 /* while the node is up; otherwise always */
};

/* Which attributes a node announces with. */
enum node_attributes { ATTRIBUTES_UP, ATTRIBUTES_DOWN, ATTRIBUTES_DISABLED, ATTRIBUTES_DRAIN, ATTRIBUTES_SETS };

/* A node is what announces: a check, or a group of checks. The keys that both have. */
struct node_config {
	char *name;
	char *description;
	struct string_list prefixes; /* canonical; may be empty */
	char *nexthop;		     /* address or "self" */
	int64_t path_id;	     /* OPTION_UNSET: none */
	struct attribute_set up;     /* what is not set is not announced with */
	int64_t metric_down; /* in the file; becomes down.metric, and is OPTION_UNSET afterwards */
	int64_t metric_increase; /* added to the MED of each following prefix */
	struct string_list neighbors; /* canonical addresses; empty: all */
	struct attribute_set down, disabled, drain; /* nothing set: withdraw */
	int64_t drain_time_ns; /* how long it announces with drain before it withdraws for being disabled, and at a stop */
	int64_t min_up_ns, min_down_ns; /* shortest time in the state before results may change it */
	struct hook_options hooks;
	struct ip_setup_options ip_setup;

	/* Made of these */
	struct prefix *networks; /* prefixes.count of them */
	/* See node_attributes_text. NULL: it withdraws in this state; drain: there exactly when drain_time_ns is above 0. */
	char **texts[ATTRIBUTES_SETS];
	unsigned line, column; /* of its map in the file */
};

struct check_options {
	int64_t interval_ns;
	int64_t fast_interval_ns; /* OPTION_UNSET in the file becomes interval_ns */
	bool splay;
	int64_t rise, fall; /* 0 counts as 1 */
	char *disable; /* path or NULL */
};

struct check_config {
	struct node_config node;
	struct check_options options;
	const struct check_method *method;
	void *args; /* method->args_size bytes, described by method->options */
};

struct group_member {
	size_t check; /* index in the configuration */
	int64_t weight;
};

/* It is up while the weights of its members that are up come to the threshold. */
struct group_config {
	struct node_config node;
	size_t count;
	struct group_member *members;
	int64_t threshold;
	bool by_weight; /* otherwise every weight is 1 */
	bool keep_last; /* the last of the prefixes of it and its members is not withdrawn for failures */
};

struct config {
	char *path; /* as given */
	struct global_options global;
	struct metrics_options metrics;
	struct sentry_options sentry;
	size_t logger_count;
	struct logger_options *loggers; /* in file order */
	size_t notification_count;
	struct notification_options *notifications; /* in file order */
	size_t count;
	struct check_config *checks; /* in file order */
	size_t group_count;
	struct group_config *groups; /* in file order; of nodes, they come after all checks */
};

/* The option tables, for schema.c and print.c. */
extern const struct option global_table[];
extern const struct option check_table[]; /* describes struct check_config; without "args" */
extern const struct option group_table[]; /* describes struct group_config; without "members" and "require" */
extern const struct option document_table[]; /* describes struct config; without its lists of maps */
extern const struct logger_kind logger_kinds[];
extern const struct option logger_method_option;
extern const struct option notification_table[];
extern const struct option sentry_table[];

/* A group's members and requirement as the file has them, where they are maps. */
struct member_options {
	char *check;
	int64_t weight; /* OPTION_UNSET: 1 */
};
struct require_options {
	int64_t at_least, weight; /* one is OPTION_UNSET */
};
extern const struct option member_table[];
extern const struct option require_table[];

/* A node by its rank: checks in file order, then groups in file order. */
static inline size_t
config_node_count(const struct config *config)
{
	return config->count + config->group_count;
}

static inline struct node_config *
config_node(const struct config *config, size_t rank)
{
	return rank < config->count ? &config->checks[rank].node : &config->groups[rank - config->count].node;
}

/*
 * Load and validate; NULL after reporting errors. Warnings may be there with a configuration. directories: also look at
 * those of log files, which may have to wait for a file system.
 */
struct config *config_load(const char *path, struct diagnostics *, bool directories);
/* The same from memory, without a look at the machine; path is for messages. */
struct config *config_parse(const char *path, const char *text, size_t length, struct diagnostics *);
void config_free(struct config *);

/* Whether both say the same of where lines and events go. */
bool loggers_equal(const struct config *, const struct config *);
bool notifications_equal(const struct config *, const struct config *);

/*
 * The attributes of a node's prefix (its index) as ExaBGP takes them after it: "next-hop self med 100 ...", see
 * attributes.h. NULL: in that state it withdraws.
 */
const char *node_attributes_text(const struct node_config *, enum node_attributes, size_t prefix);

/* The effective configuration with all defaults as YAML that config_parse reads back to the same. */
void config_print(const struct config *, FILE *);

/* A JSON Schema (draft 2020-12) of the configuration file, generated from the option tables. */
void config_schema(FILE *);

#endif
