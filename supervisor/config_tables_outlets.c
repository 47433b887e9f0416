/*
 * The option tables of where exacheck tells what happens: logging, notifications, sentry.
 */
#include "../common/message.h"
#include "../common/notify_parts.h"
#include "config.h"

#define FORMATTER_MAX 1000
#define GROUP_MAX_S 3600.0
#define RATE_MAX 600
#define TIMEOUT_MAX_S 300.0
#define RETRY_MAX_S 86400.0

static const char *const method_choices[] = {
	[LOGGER_FILE] = "file", [LOGGER_SYSLOG] = "syslog", NULL};
/* In the order of enum log_level. */
static const char *const level_choices[] = {"error", "warning", "info", "success", "debug", "trace", NULL};
static const char *const logger_event_choices[] = {"announce", "datadump", "debug", "error", "info", "withdraw", NULL};
static const char *const subsystem_choices[] = {"announcer", "configuration", "executor", "healthcheck", "logging",
	"notification", "utility", "worker", "master", NULL};
static const char *const compression_choices[] = {
	[COMPRESSION_GZ] = "gz", [COMPRESSION_BZ2] = "bz2", [COMPRESSION_XZ] = "xz", [COMPRESSION_LZMA] = "lzma",
	[COMPRESSION_TAR] = "tar", [COMPRESSION_TAR_GZ] = "tar.gz", [COMPRESSION_TAR_BZ2] = "tar.bz2",
	[COMPRESSION_TAR_XZ] = "tar.xz", [COMPRESSION_ZIP] = "zip", NULL};
static const char *const protocol_choices[] = {[LOGGER_UDP] = "udp", [LOGGER_TCP] = "tcp", NULL};
static const char *const format_choices[] = {[LOGGER_RFC5424] = "rfc5424", [LOGGER_RFC3164] = "rfc3164", NULL};
/* By number, see RFC 5424, 6.2.1. */
static const char *const facility_choices[] = {"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news",
	"uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3",
	"local4", "local5", "local6", "local7", NULL};
static const char *const notification_event_choices[] = {"announce", "error", "info", "withdraw", NULL};

const struct option logger_method_option = {.name = "method", .type = OPTION_CHOICE, .flags = OPTION_REQUIRED,
	.offset = offsetof(struct logger_options, method), .choices = method_choices, .help = "what kind of log it is"};

/* Keys of every logger. */
#define LOGGER_KEYS(STRUCTURED, STRUCTURED_HELP) \
	{.name = "level", .type = OPTION_CHOICE, .offset = offsetof(struct logger_options, level), \
	    .choices = level_choices, .fallback = "info", .help = "how grave a line must be, at least"}, \
	{.name = "formatter", .type = OPTION_STRING, .offset = offsetof(struct logger_options, formatter), .min = 1, \
	    .max = FORMATTER_MAX, .help = "format of a line as loguru has it, or exacheck"}, \
	{.name = "events", .type = OPTION_WORD, .flags = OPTION_LIST, .offset = offsetof(struct logger_options, events), \
	    .choices = logger_event_choices, .fallback = "announce error info withdraw", \
	    .help = "kinds of lines to write"}, \
	{.name = "subsystems", .type = OPTION_WORD, .flags = OPTION_LIST, \
	    .offset = offsetof(struct logger_options, subsystems), .choices = subsystem_choices, \
	    .fallback = "announcer configuration executor healthcheck logging notification utility worker master", \
	    .help = "parts of exacheck whose lines to write"}, \
	{.name = "checks", .type = OPTION_NAME, .flags = OPTION_LIST, .offset = offsetof(struct logger_options, checks), \
	    .help = "checks and groups whose lines to write, MASTER for those of exacheck itself; default all"}, \
	{.name = "structured", .type = OPTION_BOOL, .offset = offsetof(struct logger_options, structured), \
	    .fallback = STRUCTURED, .help = STRUCTURED_HELP}

static const struct option file_logger_table[] = {
	LOGGER_KEYS("false", "one JSON map a line"),
	{.name = "destination", .type = OPTION_PATH, .offset = offsetof(struct logger_options, destination), .min = 1,
	    .max = MESSAGE_PATH_SIZE - 1, .fallback = "/tmp/exacheck.log", .help = "path of the file"},
	{.name = "size", .type = OPTION_SIZE, .offset = offsetof(struct logger_options, size), .min = 1000, .max = 0,
	    .fallback = "10MB", .unit = "bytes", .help = "the file is rotated before it grows beyond this"},
	{.name = "count", .type = OPTION_INTEGER, .offset = offsetof(struct logger_options, count), .min = 1,
	    .max = LOGGER_COUNT_MAX, .fallback = "5", .help = "rotated files to keep"},
	{.name = "compress", .type = OPTION_BOOL, .offset = offsetof(struct logger_options, compress), .fallback = "true",
	    .help = "rotated files are compressed"},
	{.name = "compression_format", .type = OPTION_CHOICE,
	    .offset = offsetof(struct logger_options, compression_format), .choices = compression_choices,
	    .fallback = "gz", .help = "how; all but gz, tar and tar.gz by a program of the system"},
	OPTION_END,
};

static const struct option syslog_logger_table[] = {
	LOGGER_KEYS("true", "structured data (RFC 5424), or a JSON map (RFC 3164)"),
	{.name = "destination", .type = OPTION_RECEIVER, .offset = offsetof(struct logger_options, destination),
	    .fallback = "/dev/log", .help = "path of a socket, or address or name of a host"},
	{.name = "port", .type = OPTION_INTEGER, .offset = offsetof(struct logger_options, port), .min = 1, .max = 65535,
	    .fallback = "514", .help = "port of the host"},
	{.name = "protocol", .type = OPTION_CHOICE, .offset = offsetof(struct logger_options, protocol),
	    .choices = protocol_choices, .fallback = "udp", .help = "protocol to the host"},
	{.name = "format", .type = OPTION_CHOICE, .offset = offsetof(struct logger_options, format),
	    .choices = format_choices, .help = "default rfc5424 to a host, rfc3164 to a socket"},
	{.name = "facility", .type = OPTION_CHOICE, .offset = offsetof(struct logger_options, facility),
	    .choices = facility_choices, .fallback = "daemon", .help = "facility of the lines"},
	OPTION_END,
};

const struct logger_kind logger_kinds[] = {
	[LOGGER_FILE] = {"file", file_logger_table},
	[LOGGER_SYSLOG] = {"syslog", syslog_logger_table},
	{.name = NULL},
};

const struct option notification_table[] = {
	{.name = "name", .type = OPTION_NAME, .flags = OPTION_REQUIRED,
	    .offset = offsetof(struct notification_options, name), .help = "unique name"},
	{.name = "description", .type = OPTION_STRING, .offset = offsetof(struct notification_options, description),
	    .help = "free text"},
	{.name = "url", .type = OPTION_SECRET, .flags = OPTION_REQUIRED, .offset = offsetof(struct notification_options, url),
	    .min = 1, .max = NOTIFY_URL_MAX, .help = "where to: json, jsons, mailto, mailtos, or another scheme of Apprise"},
	{.name = "checks", .type = OPTION_NAME, .flags = OPTION_LIST,
	    .offset = offsetof(struct notification_options, checks), .help = "checks and groups to tell of; default all"},
	{.name = "events", .type = OPTION_WORD, .flags = OPTION_LIST,
	    .offset = offsetof(struct notification_options, events), .choices = notification_event_choices,
	    .fallback = "announce error info withdraw", .help = "kinds of events to tell"},
	{.name = "general_events", .type = OPTION_BOOL, .offset = offsetof(struct notification_options, general_events),
	    .fallback = "false", .help = "also tell what is of no check but of exacheck itself"},
	{.name = "group", .type = OPTION_SECONDS, .offset = offsetof(struct notification_options, group_ns), .min = 0,
	    .max = GROUP_MAX_S, .fallback = "2", .unit = "seconds",
	    .help = "how long an event waits for others to be told with it; 0: not at all"},
	{.name = "rate", .type = OPTION_INTEGER, .offset = offsetof(struct notification_options, rate), .min = 1,
	    .max = RATE_MAX, .fallback = "20", .unit = "messages a minute", .help = "messages to it, at most"},
	{.name = "timeout", .type = OPTION_SECONDS, .offset = offsetof(struct notification_options, timeout_ns), .min = 1,
	    .max = TIMEOUT_MAX_S, .fallback = "30", .unit = "seconds", .help = "bounds one attempt to deliver"},
	{.name = "retry", .type = OPTION_SECONDS, .offset = offsetof(struct notification_options, retry_ns), .min = 0,
	    .max = RETRY_MAX_S, .fallback = "3600", .unit = "seconds",
	    .help = "how long delivery is tried again; 0: one attempt"},
	OPTION_END,
};

const struct option sentry_table[] = {
	{.name = "dsn", .type = OPTION_SECRET, .offset = offsetof(struct sentry_options, dsn), .min = 0, .max = NOTIFY_URL_MAX,
	    .help = "where errors of exacheck itself are reported"},
	{.name = "enabled", .type = OPTION_BOOL, .offset = offsetof(struct sentry_options, enabled), .fallback = "true",
	    .help = "whether they are"},
	{.name = "sample_rate", .type = OPTION_NUMBER, .offset = offsetof(struct sentry_options, sample_rate), .min = 0,
	    .max = 1, .fallback = "1", .help = "share of errors that are reported"},
	{.name = "profiles_sample_rate", .type = OPTION_NUMBER,
	    .offset = offsetof(struct sentry_options, profiles_sample_rate), .min = 0, .max = 1, .fallback = "0",
	    .help = "has no effect: there are no profiles"},
	{.name = "attach_stacktrace", .type = OPTION_BOOL, .offset = offsetof(struct sentry_options, attach_stacktrace),
	    .fallback = "false", .help = "has no effect: an error names the line of the program that it comes from"},
	{.name = "include_local_variables", .type = OPTION_BOOL,
	    .offset = offsetof(struct sentry_options, include_local_variables), .fallback = "true",
	    .help = "has no effect: no variables are ever sent"},
	{.name = "debug", .type = OPTION_BOOL, .offset = offsetof(struct sentry_options, debug), .fallback = "false",
	    .help = "has no effect"},
	OPTION_END,
};
