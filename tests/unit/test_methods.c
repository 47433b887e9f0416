/*
 * The methods' tables: well-formed, the documented keys and defaults, every cross check with its
 * message, and that what is accepted is accepted again when it is printed with all defaults.
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../common/methods/dns.h"
#include "../../common/methods/file.h"
#include "../../common/methods/http.h"
#include "../../common/methods/icmp.h"
#include "../../common/methods/ntp.h"
#include "../../common/methods/shell.h"
#include "../../common/methods/tcp.h"
#include "../../common/option.h"
#include "unit.h"

#define PAIRS_MAX 12

/* A key's text as a file would have it; "KEY.NAME" is an entry of a map. */
struct pair {
	const char *key, *text;
};

struct reading {
	struct cross_check cross; /* first */
	const struct check_method *method;
	union {
		struct dns_args dns;
		struct file_args file;
		struct http_args http;
		struct icmp_args icmp;
		struct ntp_args ntp;
		struct shell_args shell;
		struct tcp_args tcp;
	} args;
	unsigned errors;
	char error[2048]; /* "KEY: message\n" each */
	char warned[128]; /* "KEY " each */
};

static void add_error(struct cross_check *, const char *, const char *, ...) __attribute__((format(printf, 3, 4)));
static void add_warning(struct cross_check *, const char *, const char *, ...) __attribute__((format(printf, 3, 4)));

static void
add_error(struct cross_check *cross, const char *key, const char *format, ...)
{
	struct reading *reading = (struct reading *)cross;
	size_t length = strlen(reading->error);
	char message[512];
	va_list list;

	va_start(list, format);
	vsnprintf(message, sizeof(message), format, list);
	va_end(list);
	ck_assert_msg(option_find(cross->table, key) != NULL, "error about an unknown key %s", key);
	snprintf(reading->error + length, sizeof(reading->error) - length, "%s: %s\n", key, message);
	reading->errors++;
}

static void
add_warning(struct cross_check *cross, const char *key, const char *format, ...)
{
	struct reading *reading = (struct reading *)cross;
	size_t length = strlen(reading->warned);

	ck_assert_msg(option_find(cross->table, key) != NULL && strlen(format) > 0, "warning about an unknown key %s", key);
	snprintf(reading->warned + length, sizeof(reading->warned) - length, "%s ", key);
}

static void
read_pair(struct reading *reading, const struct pair *pair)
{
	const char *dot = strchr(pair->key, '.');
	char key[64], error[OPTION_ERROR_SIZE], *item = NULL;
	const struct option *option;
	void *value;

	snprintf(key, sizeof(key), "%.*s", (int)(dot != NULL ? dot - pair->key : (long)strlen(pair->key)), pair->key);
	option = option_find(reading->method->options, key);
	ck_assert_msg(option != NULL, "%s has no key %s", reading->method->name, key);
	value = option_at(option, &reading->args);
	reading->cross.given |= UINT64_C(1) << option_index(reading->method->options, key);
	if (option->flags & (OPTION_LIST | OPTION_MAP)) {
		ck_assert_msg(option_parse_scalar(option, pair->text, &item, error), "%s: %s", key, error);
		if (option->flags & OPTION_LIST)
			ck_assert(string_list_add(value, item));
		else
			ck_assert(string_map_add(value, strdup(dot + 1), item));
		return;
	}
	options_free((const struct option[]){*option, OPTION_END}, &reading->args); /* the default */
	ck_assert_msg(option_parse_scalar(option, pair->text, value, error), "%s: %s", key, error);
}

static void
read_begin(struct reading *reading, const struct check_method *method)
{
	memset(reading, 0, sizeof(*reading));
	reading->method = method;
	reading->cross.table = method->options;
	reading->cross.args = &reading->args;
	reading->cross.error = add_error;
	reading->cross.warning = add_warning;
	ck_assert(options_set_defaults(method->options, &reading->args));
}

static void
read_end(struct reading *reading)
{
	if (reading->method->derive != NULL)
		reading->method->derive(&reading->args, reading->cross.given);
	if (reading->method->cross_check != NULL)
		reading->method->cross_check(&reading->cross);
}

/* Read pairs up to the first without a key. */
static void
read_pairs(struct reading *reading, const struct check_method *method, const struct pair *pairs)
{
	read_begin(reading, method);
	for (size_t i = 0; i < PAIRS_MAX && pairs[i].key != NULL; i++)
		read_pair(reading, &pairs[i]);
	read_end(reading);
}

/* Read every set value of another reading as if all of it stood in the file: the effective configuration. */
static void
read_again(struct reading *reading, const struct reading *from)
{
	read_begin(reading, from->method);
	for (const struct option *option = from->method->options; option->name != NULL; option++) {
		const void *value = option_at_const(option, &from->args);
		const struct string_list *list = value;
		const struct string_map *map = value;
		char key[128], *text;

		if (option->flags & OPTION_LIST) {
			for (size_t i = 0; i < list->count; i++)
				read_pair(reading, &(struct pair){option->name, list->items[i]});
		} else if (option->flags & OPTION_MAP) {
			for (size_t i = 0; i < map->count; i++) {
				snprintf(key, sizeof(key), "%s.%s", option->name, map->keys[i]);
				read_pair(reading, &(struct pair){key, map->values[i]});
			}
		} else if ((text = option_format_scalar(option, value)) != NULL) {
			read_pair(reading, &(struct pair){option->name, text});
			free(text);
		}
	}
	read_end(reading);
}

static void
read_free(struct reading *reading)
{
	options_free(reading->method->options, &reading->args);
}

START_TEST(test_registry)
{
	static const char *const names[] = {"dns", "file", "http", "icmp", "ntp", "shell", "tcp"};

	for (size_t i = 0; i < COUNT(names); i++) {
		ck_assert_str_eq(check_methods[i]->name, names[i]);
		ck_assert_ptr_eq(method_find(names[i]), check_methods[i]);
	}
	ck_assert_ptr_null(check_methods[COUNT(names)]);
	/* programs: theirs first, then the variants', each of a method that has its name and options */
	for (size_t i = 0; worker_methods[i] != NULL; i++) {
		const struct check_method *method = worker_methods[i];

		ck_assert_ptr_eq(i < COUNT(names) ? check_methods[i] : method, method);
		ck_assert_ptr_eq(method_find(method->name)->options, method->options);
		ck_assert_str_eq(method_program(method), method == &method_tls ? "tls" : method->name);
		ck_assert(i < COUNT(names) || method == &method_tls);
	}
	ck_assert_ptr_eq(method_variant(&method_tcp, &(struct tcp_args){.tls = true}), &method_tls);
	ck_assert_ptr_eq(method_variant(&method_tls, &(struct tcp_args){.tls = false}), &method_tcp);
	ck_assert_ptr_eq(method_variant(&method_file, NULL), &method_file);
	ck_assert_ptr_null(method_find("htt"));
	ck_assert_ptr_null(method_find(""));
}
END_TEST

/* Every table: no key twice, help for the manual, a default that its own type accepts, values inside the struct. */
START_TEST(test_tables)
{
	char error[OPTION_ERROR_SIZE];

	for (const struct check_method *const *method = check_methods; *method != NULL; method++) {
		const struct option *table = (*method)->options, *option;

		for (option = table; option->name != NULL; option++) {
			union {
				void *text;
				int64_t integer;
				double number;
			} value = {.integer = 0};

			ck_assert_ptr_eq(option_find(table, option->name), option);
			ck_assert_ptr_nonnull(option->help);
			ck_assert_uint_lt(option->offset, (*method)->args_size);
			ck_assert(option->type != OPTION_CHOICE || option->choices != NULL);
			if (option->fallback == NULL)
				continue;
			ck_assert_msg((option->flags & (OPTION_REQUIRED | OPTION_MAP)) == 0, "%s", option->name);
			ck_assert_msg(option_parse_scalar(option, option->fallback, &value, error), "%s %s: %s",
			    (*method)->name, option->name, error);
			options_free((const struct option[]){{.name = "x", .type = option->type}, OPTION_END}, &value);
		}
		ck_assert_uint_le(option - table, OPTIONS_MAX);
		ck_assert_ptr_nonnull(option_find(table, "timeout"));
		ck_assert_ptr_nonnull(option_find(table, "sandbox"));
		ck_assert_int_eq((*method)->remote, option_find(table, "host") != NULL);
	}
}
END_TEST

/* Keys by method as documented: "=" a default, "!" required, "?" neither. */
static const struct {
	const char *method, *key, *kind;
} documented[] = {
	{"dns", "timeout", "=10"}, {"dns", "sandbox", "=default"}, {"dns", "host", "!"}, {"dns", "address_family", "?"},
	{"dns", "all_valid", "=false"},
	{"dns", "source", "?"}, {"dns", "interface", "?"}, {"dns", "mark", "?"}, {"dns", "query", "!"},
	{"dns", "query_type", "=SOA"}, {"dns", "response", "?"},
	{"dns", "tcp", "=false"}, {"dns", "port", "=53"}, {"dns", "dns_timeout", "=5"},
	{"dns", "require_resolve", "=true"}, {"dns", "rcode", "?"},
	{"dns", "authoritative", "=false"}, {"dns", "dnssec", "=false"}, {"dns", "min_answers", "?"},
	{"dns", "nsid", "=false"},
	{"file", "timeout", "=10"}, {"file", "path", "!"}, {"file", "exists", "=true"}, {"file", "max_age", "?"},
	{"file", "contains", "?"},
	{"http", "host", "?"}, {"http", "url", "!"}, {"http", "response", "?"}, {"http", "expected_status", "?"},
	{"http", "require_status", "=true"},
	{"http", "http_timeout", "=5"}, {"http", "user_agent", "=exacheck/" EXACHECK_VERSION}, {"http", "headers", "?"},
	{"http", "verify_ssl", "=false"},
	{"http", "request_method", "=GET"}, {"http", "data", "?"}, {"http", "body", "?"}, {"http", "http2", "=false"},
	{"http", "min_cert_days", "?"},
	{"http", "ca_file", "?"}, {"http", "client_cert", "?"}, {"http", "client_key", "?"},
	{"http", "follow_redirects", "=false"},
	{"icmp", "host", "!"}, {"icmp", "count", "=3"}, {"icmp", "interval", "=0.25"}, {"icmp", "icmp_timeout", "=2"},
	{"icmp", "privileged", "=false"},
	{"icmp", "max_loss", "=0"}, {"icmp", "max_latency", "?"}, {"icmp", "max_jitter", "?"}, {"icmp", "size", "=56"},
	{"icmp", "dont_fragment", "=false"},
	{"ntp", "host", "!"}, {"ntp", "port", "=123"}, {"ntp", "version", "=3"}, {"ntp", "ntp_timeout", "=5"},
	{"ntp", "max_offset", "?"}, {"ntp", "max_stratum", "?"},
	{"ntp", "max_root_dispersion", "?"}, {"shell", "command", "!"}, {"shell", "environment", "?"},
	{"tcp", "host", "!"}, {"tcp", "port", "!"},
	{"tcp", "tcp_timeout", "=5"}, {"tcp", "tls", "=false"}, {"tcp", "send", "?"}, {"tcp", "expect", "?"},
	{"tcp", "watch", "=false"}, {"tcp", "server_name", "?"}, {"tcp", "verify_ssl", "=true"},
	{"tcp", "ca_file", "?"}, {"tcp", "min_cert_days", "?"}, {"tcp", "client_cert", "?"}, {"tcp", "client_key", "?"},
};

START_TEST(test_documented)
{
	for (size_t i = 0; i < COUNT(documented); i++) {
		const struct check_method *method = method_find(documented[i].method);
		const struct option *option = option_find(method->options, documented[i].key);
		struct reading reading;
		char *text;

		ck_assert_msg(option != NULL, "%s %s", documented[i].method, documented[i].key);
		ck_assert_msg(((option->flags & OPTION_REQUIRED) != 0) == (documented[i].kind[0] == '!'), "%s %s",
		    documented[i].method, documented[i].key);
		if (option->flags & (OPTION_LIST | OPTION_MAP))
			continue;
		read_begin(&reading, method);
		text = option_format_scalar(option, option_at(option, &reading.args));
		ck_assert_msg(
		    (text != NULL) == (documented[i].kind[0] == '='), "%s %s", documented[i].method, documented[i].key);
		if (text != NULL)
			ck_assert_str_eq(text, documented[i].kind + 1);
		free(text);
		read_free(&reading);
	}
}
END_TEST

static const struct {
	const char *method, *key, *text, *error; /* error NULL: accepted */
} ranges[] = {
	{"tcp", "timeout", "0", "must be above 0 and at most 86400 seconds, got 0"}, {"tcp", "timeout", "0.1", NULL},
	{"tcp", "timeout", "-1", "above 0"},
	{"tcp", "port", "0", "1 to 65535"}, {"tcp", "port", "65535", NULL}, {"tcp", "mark", "4294967295", NULL},
	{"tcp", "mark", "4294967296", "0 to 4294967295"},
	{"tcp", "mark", "-1", "0 to 4294967295"}, {"tcp", "address_family", "IPv4", NULL},
	{"tcp", "address_family", "ipv5", "must be one of: ipv4, ipv6; got \"ipv5\""},
	{"tcp", "source", "host", "must be an IPv4 or IPv6 address"}, {"tcp", "sandbox", "off", NULL},
	{"tcp", "sandbox", "on", "must be one of: default, off"},
	{"ntp", "version", "1", "2 to 4"}, {"ntp", "version", "4", NULL}, {"ntp", "version", "5", "2 to 4"},
	{"ntp", "max_stratum", "15", NULL}, {"ntp", "max_stratum", "0", NULL},
	{"ntp", "max_stratum", "16", "0 to 15"}, {"ntp", "max_offset", "0", "above 0"},
	{"ntp", "max_offset", "0.0005", NULL}, {"icmp", "count", "0", "1 to 86400"},
	{"icmp", "interval", "0", NULL}, {"icmp", "interval", "-1", "0 to 86400"},
	{"icmp", "icmp_timeout", "0", "above 0"}, {"icmp", "max_loss", "-1", "0 to"},
	{"icmp", "max_latency", "0", "above 0"}, {"icmp", "max_latency", "0.5", NULL},
	{"icmp", "max_jitter", "0", "above 0"}, {"icmp", "size", "15", "16 to 65507 bytes"},
	{"icmp", "size", "65507", NULL}, {"http", "min_cert_days", "-1", "0 to 36500 days"},
	{"http", "request_method", "options", NULL},
	{"http", "request_method", "PATCH", "GET, POST, PUT, DELETE, HEAD, OPTIONS"},
	{"http", "expected_status", "200-299", NULL}, {"http", "expected_status", "20", "100 to 599"},
	{"http", "user_agent", "a\r\nb", "control"}, {"http", "headers", "a\nb", "control"},
	{"shell", "command", "", "must not be empty"}, {"shell", "command", "true", NULL},
	{"file", "max_age", "0", "above 0"}, {"file", "contains", "(", "not a valid pattern"},
	{"dns", "query_type", "srv", NULL}, {"dns", "rcode", "refused", NULL},
	{"tcp", "send", "QUIT\r\n", NULL}, {"tcp", "send", "", "must not be empty"},
	{"tcp", "expect", "^220 ", NULL}, {"tcp", "expect", "(", "not a valid pattern"},
};

START_TEST(test_ranges)
{
	for (size_t i = 0; i < COUNT(ranges); i++) {
		const struct option *option = option_find(method_find(ranges[i].method)->options, ranges[i].key);
		char error[OPTION_ERROR_SIZE] = "";
		union {
			void *text;
			int64_t integer;
			double number;
		} value = {.integer = 0};
		bool accepted = option_parse_scalar(option, ranges[i].text, &value, error);

		ck_assert_msg(accepted == (ranges[i].error == NULL), "%s %s \"%s\": %s", ranges[i].method,
		    ranges[i].key, ranges[i].text, error);
		if (accepted)
			options_free((const struct option[]){{.name = "x", .type = option->type}, OPTION_END}, &value);
		else
			ck_assert_msg(strstr(error, ranges[i].error) != NULL, "%s: %s", ranges[i].key, error);
	}
}
END_TEST

#define DNS {"host", "192.0.2.1"}, {"query", "example.net"}
#define HTTP {"url", "https://www.example.net/"}
#define ICMP {"host", "192.0.2.1"}
#define NTP {"host", "time.example.net"}
#define TCP {"host", "192.0.2.1"}, {"port", "80"}
#define TCP6 {"host", "2001:db8::1"}, {"port", "80"}
#define TCPN {"host", "www.example.net"}, {"port", "80"}

/* Combinations. error: NULL accepted, else what the one error must contain, from its key on. */
static const struct {
	const char *method;
	struct pair pairs[PAIRS_MAX];
	const char *error;
} combinations[] = {
	/* time-outs: equal is allowed, defaults give way */
	{"tcp", {TCP}, NULL}, {"tcp", {TCP, {"timeout", "2"}}, NULL},
	{"tcp", {TCP, {"timeout", "5"}, {"tcp_timeout", "5"}}, NULL},
	{"tcp", {TCP, {"tcp_timeout", "10"}}, NULL},
	{"tcp", {TCP, {"tcp_timeout", "10.5"}},
	    "tcp_timeout: must be at most timeout (10 seconds), got 10.5: lower it or raise timeout"},
	{"tcp", {TCP, {"timeout", "0.5"}, {"tcp_timeout", "0.6"}},
	    "tcp_timeout: must be at most timeout (0.5 seconds)"},
	{"dns", {DNS, {"timeout", "2"}}, NULL},
	{"dns", {DNS, {"timeout", "2"}, {"dns_timeout", "3"}}, "dns_timeout: must be at most timeout (2"},
	{"ntp", {NTP, {"timeout", "1"}}, NULL},
	{"ntp", {NTP, {"timeout", "1"}, {"ntp_timeout", "3"}}, "ntp_timeout: must be at most timeout (1"},
	{"http", {HTTP, {"timeout", "1"}}, NULL},
	{"http", {HTTP, {"timeout", "1"}, {"http_timeout", "3"}}, "http_timeout: must be at most timeout (1"},
	/* families */
	{"tcp", {TCP, {"address_family", "ipv4"}}, NULL}, {"tcp", {TCP6, {"address_family", "ipv6"}}, NULL},
	{"tcp", {TCPN, {"address_family", "ipv6"}}, NULL},
	{"tcp", {TCP, {"address_family", "ipv6"}},
	    "address_family: must be left out or ipv4: the host 192.0.2.1 is an IPv4 address"},
	{"tcp", {TCP6, {"address_family", "ipv4"}},
	    "address_family: must be left out or ipv6: the host 2001:db8::1 is an IPv6"},
	{"dns", {DNS, {"address_family", "ipv6"}}, "address_family: must be left out or ipv4"},
	{"icmp", {ICMP, {"address_family", "ipv6"}}, "address_family: must be left out or ipv4"},
	{"ntp", {{"host", "::1"}, {"address_family", "ipv4"}}, "address_family: must be left out or ipv6"},
	{"http", {{"url", "http://[::1]/"}, {"address_family", "ipv4"}},
	    "address_family: must be left out or ipv6: the host ::1"},
	{"http", {HTTP, {"host", "192.0.2.1"}, {"address_family", "ipv6"}}, "address_family: must be left out or ipv4"},
	{"http", {{"url", "http://[::1]/"}, {"host", "192.0.2.1"}, {"address_family", "ipv4"}}, NULL},
	{"tcp", {TCP, {"source", "192.0.2.9"}}, NULL}, {"tcp", {TCPN, {"source", "192.0.2.9"}}, NULL},
	{"tcp", {TCP, {"source", "2001:db8::9"}},
	    "source: must be an IPv4 address as the host 192.0.2.1 is, got 2001:db8::9"},
	{"tcp", {TCPN, {"source", "192.0.2.9"}, {"address_family", "ipv6"}},
	    "source: must be an IPv6 address as address_family says, got 192.0.2.9"},
	{"tcp", {TCP, {"interface", "eth0.100"}}, NULL}, {"tcp", {TCP, {"interface", "abcdefghijklmno"}}, NULL},
	{"tcp", {TCP, {"interface", "abcdefghijklmnop"}},
	    "interface: must be an interface's name of 1 to 15 characters, got 16"},
	{"tcp", {TCP, {"interface", ""}}, "interface: must be an interface's name of 1 to 15"},
	{"tcp", {TCP, {"interface", "a/b"}}, "interface: must be an interface's name, without"},
	/* tcp */
	{"tcp", {TCP, {"tls", "true"}, {"server_name", "www.example.net"}, {"min_cert_days", "7"}, {"send", "a"}}, NULL},
	{"tcp", {TCP, {"tls", "true"}, {"ca_file", "/c"}, {"client_cert", "/c"}, {"client_key", "/k"}}, NULL},
	{"tcp", {TCP, {"tls", "true"}, {"verify_ssl", "false"}, {"min_cert_days", "7"}, {"server_name", "::1"}}, NULL},
	{"tcp", {TCP, {"verify_ssl", "true"}}, NULL},
	{"tcp", {TCP, {"verify_ssl", "false"}}, "verify_ssl: needs tls: set tls to true or leave it out"},
	{"tcp", {TCP, {"server_name", "a"}}, "server_name: needs tls"}, {"tcp", {TCP, {"ca_file", "/c"}}, "ca_file: needs tls"},
	{"tcp", {TCP, {"tls", "no"}, {"min_cert_days", "0"}}, "min_cert_days: needs tls"},
	{"tcp", {TCP, {"client_cert", "/c"}}, "client_cert: needs tls"}, {"tcp", {TCP, {"client_key", "/c"}}, "client_key: needs"},
	{"tcp", {TCP, {"tls", "true"}, {"client_cert", "/c"}}, "client_cert: needs client_key"},
	{"tcp", {TCP, {"tls", "true"}, {"client_key", "/c"}}, "client_key: needs client_cert"},
	{"tcp", {TCP, {"tls", "true"}, {"verify_ssl", "no"}, {"ca_file", "/c"}}, "ca_file: has no effect without verify_ssl"},
	/* dns */
	{"dns", {DNS, {"response", "x"}}, NULL}, {"dns", {DNS, {"require_resolve", "false"}}, NULL},
	{"dns", {DNS, {"response", "x"}, {"require_resolve", "false"}}, "response: needs an answer"},
	{"dns", {DNS, {"response", "x"}, {"require_resolve", "true"}}, NULL},
	{"dns", {DNS, {"min_answers", "2"}, {"require_resolve", "false"}}, "min_answers: needs an answer"},
	{"dns", {DNS, {"min_answers", "2"}}, NULL},
	{"dns", {DNS, {"rcode", "nxdomain"}, {"rcode", "noerror"}}, NULL},
	/* file */
	{"file", {{"path", "/x"}}, NULL}, {"file", {{"path", "/x"}, {"max_age", "60"}, {"contains", "ok"}}, NULL},
	{"file", {{"path", "/x"}, {"exists", "no"}}, NULL},
	{"file", {{"path", "/x"}, {"exists", "no"}, {"max_age", "60"}}, "max_age: needs a file"},
	{"file", {{"path", "/x"}, {"exists", "no"}, {"contains", "a"}}, "contains: needs a file"},
	/* http */
	{"http", {HTTP}, NULL}, {"http", {HTTP, {"expected_status", "200"}, {"expected_status", "300-399"}}, NULL},
	{"http", {HTTP, {"require_status", "true"}}, NULL},
	{"http", {HTTP, {"expected_status", "200"}, {"require_status", "false"}}, NULL},
	{"http", {HTTP, {"expected_status", "200"}, {"require_status", "true"}},
	    "require_status: must be left out or false: expected_status takes its place"},
	{"http", {HTTP, {"data.a", "1"}, {"request_method", "post"}}, NULL},
	{"http", {HTTP, {"data.a", "1"}, {"request_method", "PUT"}}, NULL},
	{"http", {HTTP, {"data.a", "1"}}, "data: needs request_method POST or PUT, got GET"},
	{"http", {HTTP, {"data.a", "1"}, {"request_method", "DELETE"}},
	    "data: needs request_method POST or PUT, got DELETE"},
	{"http", {HTTP, {"body", "x"}, {"request_method", "put"}}, NULL},
	{"http", {HTTP, {"body", "x"}}, "body: needs request_method POST or PUT, got GET"},
	{"http", {HTTP, {"body", "x"}, {"data.a", "1"}, {"request_method", "POST"}}, "body: excludes data"},
	{"http", {HTTP, {"headers.X-Check", "1"}, {"headers.Host", "a"}}, NULL},
	{"http", {HTTP, {"headers.X Check", "1"}},
	    "headers: must have header names of letters, digits and hyphens, got \"X Check\""},
	{"http", {HTTP, {"headers.", "1"}}, "headers: must have header names"},
	{"http", {HTTP, {"headers.a:b", "1"}}, "headers: must have header names"},
	{"http", {HTTP, {"headers.a\r\nb", "1"}},
	    "headers: must have header names of letters, digits and hyphens, got \"a??b\""},
	{"http", {HTTP, {"client_cert", "/c"}, {"client_key", "/k"}}, NULL},
	{"http", {HTTP, {"client_cert", "/c"}}, "client_cert: needs client_key"},
	{"http", {HTTP, {"client_key", "/k"}}, "client_key: needs client_cert"},
	{"http", {HTTP, {"ca_file", "/c"}, {"verify_ssl", "true"}}, NULL},
	{"http", {HTTP, {"ca_file", "/c"}}, "ca_file: has no effect without verify_ssl"},
	{"http", {HTTP, {"min_cert_days", "14"}}, NULL},
	{"http", {{"url", "http://h/"}, {"min_cert_days", "14"}}, "min_cert_days: needs a certificate"},
	{"http", {{"url", "http://h/"}, {"min_cert_days", "14"}, {"follow_redirects", "yes"}}, NULL},
	{"http", {{"url", "http://user:pass@h/"}}, NULL},
	/* icmp: defaults give way */
	{"icmp", {ICMP}, NULL}, {"icmp", {ICMP, {"timeout", "5"}}, NULL}, {"icmp", {ICMP, {"timeout", "2"}}, NULL},
	{"icmp", {ICMP, {"timeout", "1"}}, NULL},
	{"icmp", {ICMP, {"timeout", "0.1"}}, NULL}, {"icmp", {ICMP, {"timeout", "0.001"}}, NULL},
	{"icmp", {ICMP, {"timeout", "2.5"}}, NULL}, {"icmp", {ICMP, {"count", "10"}}, NULL},
	{"icmp", {ICMP, {"count", "10"}, {"icmp_timeout", "1"}}, NULL},
	{"icmp", {ICMP, {"count", "5"}, {"timeout", "5"}}, NULL}, {"icmp", {ICMP, {"interval", "3"}}, NULL},
	{"icmp", {ICMP, {"interval", "0"}}, NULL}, {"icmp", {ICMP, {"timeout", "86400"}, {"count", "86400"}}, NULL},
	/* what the user wrote does not */
	{"icmp", {ICMP, {"count", "11"}}, "count: must be at most the seconds of timeout (10), got 11"},
	{"icmp", {ICMP, {"count", "3"}, {"timeout", "2"}}, "count: must be at most the seconds of timeout (2), got 3"},
	{"icmp", {ICMP, {"count", "3"}, {"timeout", "2.5"}}, NULL},
	{"icmp", {ICMP, {"interval", "5"}},
	    "interval: count x interval is 15 seconds and must be at most timeout (10)"},
	{"icmp", {ICMP, {"count", "10"}, {"interval", "1"}}, NULL},
	{"icmp", {ICMP, {"count", "10"}, {"interval", "1.1"}}, "interval: count x interval is 11 seconds"},
	{"icmp", {ICMP, {"icmp_timeout", "3"}, {"interval", "1"}},
	    "icmp_timeout: count x icmp_timeout + (count - 1) x interval is 11 seconds and must be at most timeout "
	    "(10)"},
	{"icmp", {ICMP, {"icmp_timeout", "3"}, {"interval", "0.5"}}, NULL},
	{"icmp", {ICMP, {"icmp_timeout", "4"}}, "icmp_timeout: count x icmp_timeout + (count - 1) x interval is 12"},
	{"icmp", {ICMP, {"timeout", "2000"}, {"count", "2000"}, {"interval", "1"}}, "interval: count x icmp_timeout"},
	{"icmp", {ICMP, {"timeout", "86400"}, {"count", "86400"}, {"icmp_timeout", "86400"}, {"interval", "1"}},
	    "icmp_timeout: count x icmp_timeout"},
	{"icmp", {ICMP, {"max_loss", "2"}}, NULL},
	{"icmp", {ICMP, {"max_loss", "3"}}, "max_loss: must be below count (3), got 3"},
	{"icmp", {ICMP, {"count", "1"}, {"max_loss", "1"}}, "max_loss: must be below count (1)"},
	{"icmp", {ICMP, {"max_latency", "1999.9"}}, NULL},
	{"icmp", {ICMP, {"max_latency", "2000"}},
	    "max_latency: must be below icmp_timeout (2000 milliseconds), got 2000"},
	{"icmp", {ICMP, {"max_jitter", "5"}}, NULL},
	{"icmp", {ICMP, {"max_jitter", "5"}, {"count", "1"}}, "max_jitter: needs a count of at least 2, got 1"},
	/* shell */
	{"shell", {{"command", "true"}, {"environment.A", "1"}, {"environment.b_2", ""}}, NULL},
	{"shell", {{"command", "true"}, {"environment.A=B", "1"}}, "environment: must have variable names"},
	{"shell", {{"command", "true"}, {"environment.", "1"}}, "environment: must have variable names"},
};

START_TEST(test_combinations)
{
	for (size_t i = 0; i < COUNT(combinations); i++) {
		const char *error = combinations[i].error;
		struct reading reading, again;

		read_pairs(&reading, method_find(combinations[i].method), combinations[i].pairs);
		ck_assert_msg(reading.errors == (error == NULL ? 0 : 1), "%s, case %zu: %u errors: %s",
		    combinations[i].method, i, reading.errors, reading.error);
		ck_assert_msg(error == NULL || strncmp(reading.error, error, strlen(error)) == 0,
		    "%s: \"%s\", not \"%s\"", combinations[i].method, reading.error, error);
		if (error == NULL) {
			read_again(&again, &reading);
			ck_assert_msg(
			    again.errors == 0, "%s, case %zu, read again: %s", combinations[i].method, i, again.error);
			ck_assert_msg(options_equal(reading.method->options, &reading.args, &again.args),
			    "%s, case %zu: differs", combinations[i].method, i);
			read_free(&again);
		}
		read_free(&reading);
	}
}
END_TEST

/* What defaults become. */
START_TEST(test_derived)
{
	static const struct {
		struct pair pairs[PAIRS_MAX];
		int64_t count;
		double interval_s, answer_s;
	} icmp[] = {
		{{ICMP}, 3, 0.25, 2}, {{ICMP, {"timeout", "5"}}, 3, 0.25, 1.5},
		{{ICMP, {"timeout", "2"}}, 2, 0.25, 0.875},
		{{ICMP, {"timeout", "1"}}, 1, 0.25, 1}, {{ICMP, {"timeout", "0.1"}}, 1, 0.25, 0.1},
		{{ICMP, {"count", "10"}}, 10, 0.25, 0.775},
		{{ICMP, {"count", "10"}, {"icmp_timeout", "0.9"}}, 10, 0.111, 0.9},
		{{ICMP, {"count", "5"}, {"timeout", "5"}, {"interval", "0"}}, 5, 0, 1},
	};
	struct reading reading;

	for (size_t i = 0; i < COUNT(icmp); i++) {
		read_pairs(&reading, &method_icmp, icmp[i].pairs);
		ck_assert_msg(reading.errors == 0, "%s", reading.error);
		ck_assert_int_eq(reading.args.icmp.count, icmp[i].count);
		ck_assert_int_eq(reading.args.icmp.icmp_timeout_ns, (int64_t)(icmp[i].answer_s * 1000 + 0.5) * 1000000);
		if (icmp[i].count > 1)
			ck_assert_int_eq(
			    reading.args.icmp.interval_ns, (int64_t)(icmp[i].interval_s * 1000 + 0.5) * 1000000);
		read_free(&reading);
	}
	read_pairs(&reading, &method_tcp, (const struct pair[PAIRS_MAX]){TCP, {"timeout", "0.25"}});
	ck_assert_int_eq(reading.args.tcp.tcp_timeout_ns, 250000000);
	read_free(&reading);
	read_pairs(&reading, &method_http, (const struct pair[PAIRS_MAX]){HTTP, {"expected_status", "404"}});
	ck_assert(!reading.args.http.require_status);
	read_free(&reading);
}
END_TEST

/* What is accepted and has no effect. */
START_TEST(test_warnings)
{
	static const struct {
		struct pair pairs[PAIRS_MAX];
		const char *warned;
	} http[] = {
		{{{"url", "http://a/"}, {"verify_ssl", "true"}, {"http2", "true"}}, "verify_ssl http2 "},
		{{{"url", "http://a/"}, {"client_cert", "/c"}, {"client_key", "/k"}}, "client_cert client_key "},
		{{{"url", "http://a/"}, {"verify_ssl", "false"}, {"http2", "false"}}, ""},
		{{{"url", "http://a/"}, {"verify_ssl", "true"}, {"follow_redirects", "true"}}, ""},
		{{HTTP, {"verify_ssl", "true"}, {"http2", "true"}}, ""},
		{{HTTP, {"request_method", "HEAD"}, {"response", "x"}}, "response "}, {{HTTP, {"response", "x"}}, ""},
	};
	struct reading reading;

	for (size_t i = 0; i < COUNT(http); i++) {
		read_pairs(&reading, &method_http, http[i].pairs);
		ck_assert_msg(reading.errors == 0, "%s", reading.error);
		ck_assert_str_eq(reading.warned, http[i].warned);
		read_free(&reading);
	}
}
END_TEST

START_TEST(test_remote_family)
{
	ck_assert_int_eq(remote_family(&(struct remote_args){.address_family = FAMILY_IPV4}), AF_INET);
	ck_assert_int_eq(remote_family(&(struct remote_args){.address_family = FAMILY_IPV6}), AF_INET6);
	ck_assert_int_eq(remote_family(&(struct remote_args){.address_family = -1}), AF_UNSPEC);
}
END_TEST

/* What a check is given reaches its worker whole. */
START_TEST(test_encoding)
{
	char error[OPTION_ERROR_SIZE];

	for (size_t i = 0; i < COUNT(combinations); i++) {
		struct reading reading, decoded;
		uint8_t *data = NULL;
		size_t length = 0;

		if (combinations[i].error != NULL)
			continue;
		read_pairs(&reading, method_find(combinations[i].method), combinations[i].pairs);
		ck_assert(options_encode(reading.method->options, &reading.args, &data, &length));
		memset(&decoded, 0, sizeof(decoded));
		ck_assert_msg(options_decode(reading.method->options, &decoded.args, data, length, error), "%s: %s",
		    combinations[i].method, error);
		ck_assert(options_equal(reading.method->options, &reading.args, &decoded.args));
		options_free(reading.method->options, &decoded.args);
		read_free(&reading);
		free(data);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("methods");
	TCase *tests = unit_case(suite, "methods");

	tcase_add_test(tests, test_registry);
	tcase_add_test(tests, test_tables);
	tcase_add_test(tests, test_documented);
	tcase_add_test(tests, test_ranges);
	tcase_add_test(tests, test_combinations);
	tcase_add_test(tests, test_derived);
	tcase_add_test(tests, test_warnings);
	tcase_add_test(tests, test_remote_family);
	tcase_add_test(tests, test_encoding);
	return unit_run(suite);
}
