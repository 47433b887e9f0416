/*
 * The configuration: what is accepted and what becomes of it, every error with its exact place, printing
 * and reading back.
 */
#include <string.h>

#include "../../common/methods/file.h"
#include "../../common/methods/shell.h"
#include "../../common/methods/tcp.h"
#include "../../common/message.h"
#include "configs.h"
#include "unit.h"

START_TEST(defaults)
{
	struct config *config = parse_clean(WEB);
	const struct check_options *options = &config->checks[0].options;
	const struct node_config *node = &config->checks[0].node;
	const struct tcp_args *args = config->checks[0].args;

	ck_assert_str_eq(config->path, "c.yaml");
	ck_assert(!config->global.live_reload);
	ck_assert_int_eq(config->global.monitoring_interval_ns, 30000000000);
	ck_assert_int_eq(config->global.resync_ns, 300000000000);
	ck_assert_ptr_null(config->global.user);
	ck_assert_str_eq(config->global.runtime_dir, "/run/exacheck");
	ck_assert_str_eq(config->global.exabgp.output, "stdout");
	ck_assert_int_eq(config->global.exabgp.dialect, DIALECT_AUTO);
	ck_assert_int_eq(config->global.exabgp.ack, ACK_AUTO);
	ck_assert_int_eq(config->global.exabgp.max_in_flight, 100);
	ck_assert_int_eq(config->global.on_exit, ON_EXIT_WITHDRAW);
	ck_assert_uint_eq(config->count, 1);
	ck_assert_str_eq(node->name, "web");
	ck_assert_uint_eq(node->prefixes.count, 1);
	ck_assert_str_eq(node->prefixes.items[0], "192.0.2.1/32");
	ck_assert_str_eq(node->nexthop, "self");
	ck_assert_int_eq(options->interval_ns, 15000000000);
	ck_assert_int_eq(options->fast_interval_ns, 15000000000);
	ck_assert(options->splay);
	ck_assert_int_eq(options->rise, 3);
	ck_assert_int_eq(options->fall, 3);
	ck_assert_int_eq(node->path_id, OPTION_UNSET);
	ck_assert_int_eq(node->up.metric, OPTION_UNSET);
	ck_assert_uint_eq(node->neighbors.count, 0);
	ck_assert_ptr_null(node->up.as_path);
	ck_assert_str_eq(config->checks[0].method->name, "tcp");
	ck_assert_str_eq(args->remote.host, "127.0.0.1");
	ck_assert_int_eq(args->port, 80);
	ck_assert_int_eq(args->remote.common.timeout_ns, 10000000000);
	ck_assert_uint_eq(config->checks[0].node.networks[0].length, 32);
	ck_assert_str_eq(config->checks[0].node.texts[ATTRIBUTES_UP][0], "next-hop self");
	ck_assert_ptr_null(config->checks[0].node.texts[ATTRIBUTES_DOWN]);
	ck_assert_uint_eq(config->checks[0].node.line, 2);
	ck_assert_uint_eq(config->checks[0].node.column, 3);
	config_free(config);
}
END_TEST

static const char everything[] =
    "exacheck:\n"
    "  monitoring_interval: \"5.5\"\n"
    "  user: nobody\n"
    "  group: nogroup\n"
    "  resync: 0\n"
    "  sandbox: off\n"
    "  exabgp: {output: stdout, dialect: v6, ack: off, max_in_flight: 7}\n"
    "  guard: {max_withdraw: 66.6667%, window: 0.5}\n"
    "checks:\n"
    "- name: a\n"
    "  description: \"on\"\n"
    "  args: {method: shell, command: true, environment: {A: 1, 'B C': \"x\\ty\\\"\\u00e9\\u0085\\U0001f600\"}}\n"
    "  prefixes: [2001:db8::/32, 2001:DB8:1:0::1]\n"
    "  nexthop: 2001:db8::1\n"
    "  interval: 0.1\n"
    "  fast_interval: 0.05\n"
    "  splay: no\n"
    "  rise: 0\n"
    "  fall: '1'\n"
    "  path_id: 1.2.3.4\n"
    "  metric: 0\n"
    "  metric_down: 4294967288\n"
    "  metric_increase: 7\n"
    "  min_up: 30\n"
    "  min_down: 0.25\n"
    "  hooks: {up: 'logger \"up\"', change: true, transition: echo, timeout: 2.5}\n"
    "  local_preference: 0\n"
    "  down: {communities: 65000:66}\n"
    "  disabled: {local_preference: 1, as_path: 65000 65000}\n"
    "  drain_time: 1.5\n"
    "  disable: /tmp/a b\n"
    "  neighbors: 2001:db8::2\n"
    "  communities: [65000:10, 1:2:3, 'target:65000:100', no-export]\n"
    "  as_path: 65000\n"
    "- name: null and void\n"
    "  args: {method: file, path: /etc/passwd, exists: on, max_age: 60, contains: '^root: *'}\n"
    "  prefixes: 192.0.2.0/24\n"
    "  metric: ~\n"
    "  communities:\n";

static void
check_everything(const struct config *config)
{
	const struct check_config *a = &config->checks[0], *b = &config->checks[1];
	const struct shell_args *shell = a->args;
	const struct file_args *file = b->args;

	ck_assert_int_eq(config->global.monitoring_interval_ns, 5500000000);
	ck_assert_str_eq(config->global.user, "nobody");
	ck_assert_str_eq(config->global.group, "nogroup");
	ck_assert_int_eq(config->global.resync_ns, 0);
	ck_assert_int_eq(config->global.exabgp.dialect, DIALECT_V6);
	ck_assert_int_eq(config->global.exabgp.ack, ACK_OFF);
	ck_assert_int_eq(config->global.exabgp.max_in_flight, 7);
	ck_assert_int_eq(config->global.guard.max_withdraw_ppm, 666667);
	ck_assert_int_eq(config->global.guard.window_ns, 500000000);
	ck_assert_uint_eq(config->count, 2);
	ck_assert_str_eq(a->node.description, "on");
	ck_assert_str_eq(shell->command, "true");
	ck_assert_uint_eq(shell->environment.count, 2);
	ck_assert_str_eq(string_map_get(&shell->environment, "A"), "1");
	ck_assert_str_eq(string_map_get(&shell->environment, "B C"), "x\ty\"\xc3\xa9\xc2\x85\xf0\x9f\x98\x80");
	ck_assert_uint_eq(a->node.prefixes.count, 2);
	ck_assert_str_eq(a->node.prefixes.items[1], "2001:db8:1::1/128");
	ck_assert_uint_eq(a->node.networks[0].length, 32);
	ck_assert_int_eq(a->options.interval_ns, 100000000);
	ck_assert_int_eq(a->options.fast_interval_ns, 50000000);
	ck_assert(!a->options.splay);
	ck_assert_int_eq(a->options.rise, 0);
	ck_assert_int_eq(a->options.fall, 1);
	ck_assert_int_eq(a->node.path_id, 0x01020304);
	ck_assert_int_eq(a->node.up.metric, 0);
	ck_assert_str_eq(a->options.disable, "/tmp/a b");
	ck_assert_str_eq(a->node.neighbors.items[0], "2001:db8::2");
	ck_assert_str_eq(a->node.texts[ATTRIBUTES_UP][0],
	    "next-hop 2001:db8::1 med 0 local-preference 0 as-path [ 65000 ] community [ 65000:10 65535:65281 ] "
	    "large-community [ 1:2:3 ] extended-community [ 0x0002fde800000064 ]");
	ck_assert_str_eq(a->node.texts[ATTRIBUTES_DOWN][0],
	    "next-hop 2001:db8::1 med 4294967288 local-preference 0 as-path [ 65000 ] community [ 65000:66 ]");
	ck_assert_str_eq(a->node.texts[ATTRIBUTES_DISABLED][0],
	    "next-hop 2001:db8::1 med 0 local-preference 1 as-path [ 65000 65000 ] community [ 65000:10 65535:65281 ] "
	    "large-community [ 1:2:3 ] extended-community [ 0x0002fde800000064 ]");
	ck_assert_str_eq(node_attributes_text(&a->node, ATTRIBUTES_DOWN, 1),
	    "next-hop 2001:db8::1 med 4294967295 local-preference 0 as-path [ 65000 ] community [ 65000:66 ]");
	ck_assert_int_eq(a->node.min_up_ns, 30000000000);
	ck_assert_int_eq(a->node.min_down_ns, 250000000);
	ck_assert_str_eq(a->node.hooks.up, "logger \"up\"");
	ck_assert_str_eq(a->node.hooks.change, "true");
	ck_assert_str_eq(a->node.hooks.transition, "echo");
	ck_assert(a->node.hooks.down == NULL && a->node.hooks.disabled == NULL);
	ck_assert_int_eq(a->node.hooks.timeout_ns, 2500000000);
	ck_assert_int_eq(b->node.hooks.timeout_ns, 10000000000);
	ck_assert_int_eq(a->node.drain_time_ns, 1500000000);
	ck_assert_str_eq(a->node.texts[ATTRIBUTES_DRAIN][0],
	    "next-hop 2001:db8::1 med 0 local-preference 0 as-path [ 65000 ] "
	    "community [ 65000:10 65535:65281 65535:0 ] large-community [ 1:2:3 ] "
	    "extended-community [ 0x0002fde800000064 ]");
	ck_assert(b->node.texts[ATTRIBUTES_DOWN] == NULL && b->node.texts[ATTRIBUTES_DISABLED] == NULL && b->node.texts[ATTRIBUTES_DRAIN] == NULL);
	ck_assert_str_eq(b->node.name, "null and void");
	ck_assert(file->exists);
	ck_assert_int_eq(file->max_age_ns, 60000000000);
	ck_assert_str_eq(file->contains, "^root: *");
	ck_assert_int_eq(b->node.up.metric, OPTION_UNSET);
	ck_assert_uint_eq(b->node.up.communities.count, 0);
}

START_TEST(every_key)
{
	struct config *config = parse_clean(everything);

	check_everything(config);
	config_free(config);
}
END_TEST

START_TEST(print_reads_back)
{
	struct config *config = parse_clean(everything), *again;
	char *text = config_text(config), *second;

	again = parse_clean(text);
	check_everything(again);
	for (size_t i = 0; i < config->count; i++) {
		ck_assert(options_equal(check_table, &config->checks[i], &again->checks[i]));
		ck_assert_ptr_eq(config->checks[i].method, again->checks[i].method);
		ck_assert(
		    options_equal(config->checks[i].method->options, config->checks[i].args, again->checks[i].args));
	}
	ck_assert(options_equal(global_table, &config->global, &again->global));
	second = config_text(again);
	ck_assert_str_eq(text, second);
	free(text);
	free(second);
	config_free(config);
	config_free(again);
}
END_TEST

/* Texts that YAML would read as something else come back as they were. */
START_TEST(print_quotes)
{
	static const char *const values[] = {"true", "null", "~", "1", "0x10", "- a", "a: b", "#", "a #b", "'", "\"",
	    "\\", " a ", "{", "[", "&a", "*a", "!a", "%", "@", "`", "|", ">", "?", "<<", "=", "\x01\x1f\x7f",
	    "\xe2\x80\xa8", "\xef\xbb\xbf", "\xef\xbf\xbd", "2001-01-01", "1:30", "No", ""};
	struct config *config =
	    parse_clean("checks:\n- name: s\n  prefixes: 192.0.2.1\n  args: {method: shell, command: x}\n");
	struct shell_args *args = config->checks[0].args;
	struct config *again;
	char *text, key[1500];

	for (size_t i = 0; i < COUNT(values); i++) {
		/* An environment variable's name holds no "=". */
		snprintf(key, sizeof(key), "%s%0*d", *values[i] == '=' ? "-" : values[i], i == 0 ? 1400 : 3, (int)i);
		ck_assert(string_map_add(&args->environment, strdup(key), strdup(values[i])));
	}
	text = config_text(config);
	again = parse_clean(text);
	ck_assert(options_equal(config->checks[0].method->options, args, again->checks[0].args));
	free(text);
	config_free(config);
	config_free(again);
}
END_TEST

/* What exabgp.output may be. */
static const char *const outputs[] = {"stdout", "fifo /run/exabgp", "fifo /", "socket /run/exabgp/exabgp.sock"};

START_TEST(output_forms)
{
	char text[256], *printed;
	struct config *config, *again;

	snprintf(text, sizeof(text), "exacheck: {exabgp: {output: %s}}\n" WEB, outputs[_i]);
	config = parse_clean(text);
	ck_assert_str_eq(config->global.exabgp.output, outputs[_i]);
	printed = config_text(config);
	again = parse_clean(printed);
	free(printed);
	ck_assert_str_eq(again->global.exabgp.output, outputs[_i]);
	config_free(config);
	config_free(again);
}
END_TEST

struct finding {
	const char *text, *findings;
};

#define OUTPUT "c.yaml:1:29: exacheck.exabgp.output: "
#define OUTPUT_UNKNOWN OUTPUT "must be stdout, \"fifo DIRECTORY\" or \"socket PATH\", got "
#define FIFO_WRONG \
	OUTPUT "must be \"fifo DIRECTORY\" with the absolute path of the directory that holds exabgp.in and " \
	       "exabgp.out, such as \"fifo /run/exabgp\", got "
#define SOCKET_WRONG \
	OUTPUT "must be \"socket PATH\" with the absolute path of ExaBGP's socket, such as " \
	       "\"socket /run/exabgp/exabgp.sock\", got "
#define TEN "0123456789"
#define LONG_NAME TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "0123456" /* with its slash 108 bytes */

static const struct finding errors[] = {
    {"5\n", "c.yaml:1:1: must be a map with the keys exacheck, checks and groups, got a value\n"},
    {"- a\n", "c.yaml:1:1: must be a map with the keys exacheck, checks and groups, got a list\n"},
    {"exacheck: {}\n", "c.yaml:1:1: checks: there must be at least one check: nothing would ever be announced\n"},
    {"checks:\n", "c.yaml:1:8: checks: there must be at least one check: nothing would ever be announced\n"},
    {"checks: []\n", "c.yaml:1:9: checks: there must be at least one check: nothing would ever be announced\n"},
    {"checks: {}\n", "c.yaml:1:9: checks: must be a list, got a map\n"},
    {"checks: [~, 5]\n",
	"c.yaml:1:10: checks[1]: must be a map, got nothing\nc.yaml:1:13: checks[2]: must be a map, got a value\n"},
    {"exachek: {}\n" WEB, "c.yaml:1:1: exachek: unknown key; did you mean exacheck?\n"},
    {"zebra: {}\n" WEB, "c.yaml:1:1: zebra: unknown key\n"},
    {"live_reload: yes\n" WEB, "c.yaml:1:1: live_reload: unknown key here; it is one of exacheck\n"},
    {"exacheck: {logging: [], metrics: }\n" WEB,
	"c.yaml:1:12: exacheck.logging: unknown key here; it is one of the document, beside checks\n"
	"c.yaml:1:25: exacheck.metrics: unknown key here; it is one of the document, beside checks\n"},
    {WEB "  timeout: 5\n  guard: {}\n", "c.yaml:5:3: checks[1] (web).timeout: unknown key here; it is one of args\n"
	"c.yaml:6:3: checks[1] (web).guard: unknown key here; it is one of exacheck\n"},
    {"checks: [{name: w, prefixes: 192.0.2.1, args: {method: file, path: /x, rise: 3, host: h}}]\n",
	"c.yaml:1:73: checks[1] (w).args.rise: unknown key here; it is one of a check, beside args\n"
	"c.yaml:1:82: checks[1] (w).args.host: unknown key\n"},
    {"exacheck: [a]\n" WEB, "c.yaml:1:11: exacheck: must be a map, got a list\n"},
    {"exacheck: {exabgp: {outptu: a}}\n" WEB,
	"c.yaml:1:21: exacheck.exabgp.outptu: unknown key; did you mean output?\n"},
    {"exacheck: {resync: 0.01}\n" WEB,
	"c.yaml:1:20: exacheck.resync: must be 0 (never) or at least 0.1 seconds\n"},
    {"exacheck: {exabgp: {output: fifo}}\n" WEB, FIFO_WRONG "\"fifo\"\n"},
    {"exacheck: {exabgp: {output: fifo run/exabgp}}\n" WEB, FIFO_WRONG "\"fifo run/exabgp\"\n"},
    {"exacheck: {exabgp: {output: socket}}\n" WEB, SOCKET_WRONG "\"socket\"\n"},
    {"exacheck: {exabgp: {output: 'socket a/b'}}\n" WEB, SOCKET_WRONG "\"socket a/b\"\n"},
    {"exacheck: {exabgp: {output: socket /" LONG_NAME "}}\n" WEB,
	OUTPUT "the path of a socket has at most 107 bytes, got \"socket /" LONG_NAME "\"\n"},
    {"exacheck: {exabgp: {output: stdout /run}}\n" WEB, OUTPUT "must be stdout alone, got \"stdout /run\"\n"},
    {"exacheck: {exabgp: {output: fifos /run}}\n" WEB, OUTPUT_UNKNOWN "\"fifos /run\"\n"},
    {"exacheck: {exabgp: {output: stderr}}\n" WEB, OUTPUT_UNKNOWN "\"stderr\"\n"},
    {WEB "  down: {}\n", "c.yaml:5:9: checks[1] (web).down: names no attribute: say metric, "},
    {WEB "  down: {metric: }\n", "c.yaml:5:9: checks[1] (web).down: names no attribute: say metric, "},
    {WEB "  disabled: 5\n", "c.yaml:5:13: checks[1] (web).disabled: must be a map, got a value\n"},
    {WEB "  drain: {communities: [65000:1, 65536:1], metrik: 5, as_path: a}\n  drain_time: -1\n",
	"c.yaml:5:34: checks[1] (web).drain.communities[2]: "},
    {WEB "  drain: {metrik: 5}\n", "c.yaml:5:11: checks[1] (web).drain.metrik: unknown key; did you mean metric?\n"},
    {WEB "  drain_time: 3601\n", "c.yaml:5:15: checks[1] (web).drain_time: must be 0 to 3600 seconds, got 3601\n"},
    {WEB "  disabled: {metric: 1, communities: []}\n",
	"c.yaml:5:38: checks[1] (web).disabled.communities: must not be empty: name a community, or leave it out to keep "
	"its own\n"},
    {WEB "  min_up: -1\n  min_down: 5m\n", "c.yaml:5:11: checks[1] (web).min_up: must be 0 to 31536000 seconds, got -1\n"
					    "c.yaml:6:13: checks[1] (web).min_down: must be 0 to 31536000 seconds, got "},
    {WEB "  metric: 5\n  metric_increase: -1\n",
	"c.yaml:6:20: checks[1] (web).metric_increase: must be 0 to 4294967295, got -1\n"},
    {WEB "  metric_increase: 1\n",
	"c.yaml:5:20: checks[1] (web).metric_increase: needs metric, which it is added to\n"},
    {"checks:\n- {name: w, prefixes: [10.0.0.0, 10.0.0.1, 10.0.0.2], metric: 1, disabled: {metric: 4294967294},\n"
     "   metric_increase: 1, args: {method: file, path: /a}}\n",
	"c.yaml:3:21: checks[1] (w).metric_increase: makes 4294967296 of 4294967294 for the last of 3 prefixes: "
	"a MED is at most 4294967295\n"},
    {WEB "  hooks: up\n", "c.yaml:5:10: checks[1] (web).hooks: must be a map, got a value\n"},
    {WEB "  hooks: {down: '', changed: x, timeout: 0}\n",
	"c.yaml:5:17: checks[1] (web).hooks.down: must not be empty\n"
	"c.yaml:5:21: checks[1] (web).hooks.changed: unknown key; did you mean change?\n"
	"c.yaml:5:42: checks[1] (web).hooks.timeout: must be above 0 and at most 3600 seconds, got 0\n"},
    {"exacheck: {guard: {max_withdraw: 50}}\n" WEB,
	"c.yaml:1:19: exacheck.guard.window: is required\n"
	"c.yaml:1:34: exacheck.guard.max_withdraw: must be a share from 0% to 100%, such as 12.5%, got 50\n"},
    {"exacheck: {guard: {max_withdraw: 50%, window: }}\n" WEB,
	"c.yaml:1:47: exacheck.guard.window: is required and has no value\n"},
    {"exacheck: {guard: {max_withdraw: null, window: ~}}\n" WEB,
	"c.yaml:1:34: exacheck.guard.max_withdraw: is required and has no value\n"
	"c.yaml:1:48: exacheck.guard.window: is required and has no value\n"},
    {"exacheck: {guard: {window: 60}}\n" WEB,
	"c.yaml:1:19: exacheck.guard.max_withdraw: is required\n"},
    {"exacheck: {guard: {window: 0, max_withdraw: 100.1%}}\n" WEB,
	"c.yaml:1:28: exacheck.guard.window: must be above 0 and at most 31536000 seconds, got 0\n"
	"c.yaml:1:45: exacheck.guard.max_withdraw: must be a share from 0% to 100%, such as 12.5%, got \"100.1%\"\n"},
    {"exacheck: {guard: {keep_last: yes}}\n" WEB,
	"c.yaml:1:19: exacheck.guard.max_withdraw: is required\n"
	"c.yaml:1:19: exacheck.guard.window: is required\n"
	"c.yaml:1:20: exacheck.guard.keep_last: unknown key\n"},
    {WEB "  metric_down: 5\n  down: {metric: 6}\n", "c.yaml:5:16: checks[1] (web).metric_down: is another word for "
						      "down.metric, which says 6: leave one of them out\n"},
    {"checks:\n- {}\n", "c.yaml:2:3: checks[1].name: is required\nc.yaml:2:3: checks[1].args: is required\n"
			"c.yaml:2:3: checks[1].prefixes: is required of a check that is no member of a group\n"},
    {"checks:\n- name:\n  prefixes: []\n  args:\n",
	"c.yaml:2:8: checks[1].name: is required and has no value\n"
	"c.yaml:3:13: checks[1].prefixes: is required of a check that is no member of a group\n"
	"c.yaml:4:8: checks[1].args: is required\n"},
    {"checks:\n- {name: web, prefixes: 192.0.2.1, args: {}}\n",
	"c.yaml:2:42: checks[1] (web).args.method: is required\n"},
    {"checks:\n- {name: web, prefixes: 192.0.2.1, args: {method: [tcp]}}\n",
	"c.yaml:2:51: checks[1] (web).args.method: must be a value, got a list\n"},
    {"checks:\n- {name: web, prefixes: 192.0.2.1, args: tcp}\n",
	"c.yaml:2:42: checks[1] (web).args: must be a map, got a value\n"},
    {"checks:\n- {name: web, prefixes: 192.0.2.1, args: {method: tpc}}\n",
	"c.yaml:2:51: checks[1] (web).args.method: no method \"tpc\"; did you mean tcp? the methods are "},
    {"checks:\n- {name: w, prefixes: 192.0.2.1, args: {method: smtp-banner}}\n",
	"c.yaml:2:49: checks[1] (w).args.method: no method \"smtp-banner\"; the methods are "},
    {"checks:\n- {name: w, prefixes: 192.0.2.1, args: {method: tcp, host: a, port: 70000}}\n",
	"c.yaml:2:69: checks[1] (w).args.port: must be 1 to 65535, got 70000\n"},
    {"checks:\n- {name: w, prefixes: 192.0.2.1, args: {method: tcp, host: [a], prot: 80}}\n",
	"c.yaml:2:40: checks[1] (w).args.port: is required\nc.yaml:2:60: checks[1] (w).args.host: must be a value, got "
	"a list\n"
	"c.yaml:2:65: checks[1] (w).args.prot: unknown key; did you mean port?\n"},
    {"checks:\n- {name: w, prefixes: 192.0.2.1, args: {method: tcp, host: a, port: 80, timeout: 2, tcp_timeout: 3}}\n",
	"c.yaml:2:98: checks[1] (w).args.tcp_timeout: "},
    {WEB "  fast_interval: 20\n",
	"c.yaml:5:18: checks[1] (web).fast_interval: must not be longer than interval, which is 15 seconds\n"},
    {WEB "  nexthop: 2001:db8::1\n",
	"c.yaml:5:12: checks[1] (web).nexthop: 2001:db8::1 is IPv6 but the prefixes are IPv4"},
    {WEB "  neighbors: [192.0.2.2, fe80::1%1]\n",
	"c.yaml:5:14: checks[1] (web).neighbors: must be an address without a scope"},
    {WEB "  neighbors: {a: b}\n", "c.yaml:5:14: checks[1] (web).neighbors: must be a list, got a map\n"},
    {WEB "  metric: {a: b}\n", "c.yaml:5:11: checks[1] (web).metric: must be a value, got a map\n"},
    {"checks:\n- name: w\n  prefixes:\n  - 192.0.2.1\n  - 2001:db8::1\n  args: {method: file, path: /a}\n",
	"c.yaml:5:5: checks[1] (w).prefixes[2]: 2001:db8::1/128 is IPv6 but 192.0.2.1/32 is IPv4: make a check or group "
	"for each family\n"},
    {"checks:\n- name: w\n  prefixes: [192.0.2.1, ~]\n  args: {method: file, path: /a}\n",
	"c.yaml:3:25: checks[1] (w).prefixes[2]: must be a value, got nothing\n"},
    {"checks:\n- name: w\n  prefixes: [192.0.2.1/24, 300.1.1.1]\n  args: {method: file, path: /a}\n",
	"c.yaml:3:14: checks[1] (w).prefixes[1]: "},
    {"checks:\n- name: w\n  prefixes: [192.0.2.1]\n  args: {method: shell, command: a, environment: {A: [b], C: ~}}\n",
	"c.yaml:4:54: checks[1] (w).args.environment.A: must be a value, got a list\n"
	"c.yaml:4:62: checks[1] (w).args.environment.C: must be a value, got nothing\n"},
    {"checks:\n- &a\n  name: w\n  prefixes: 192.0.2.1\n  args: {method: file, path: /a}\n- <<: *a\n- <<: *a\n  name: "
     "x\n",
	"c.yaml:3:9: checks[2] (w).name: names are unique, and this one is that of checks[1] (w) at line 3\n"},
    {WEB "- name: web\n  prefixes: 192.0.2.2\n  args: {method: file, path: relative}\n",
	"c.yaml:5:9: checks[2] (web).name: names are unique, and this one is that of checks[1] (web) at line 2\n"
	"c.yaml:7:30: checks[2] (web).args.path: "},
    {"a: 1\na: 2\n" WEB,
	"c.yaml:1:1: a: unknown key\nc.yaml:2:1: the key \"a\" stands here a second time, first at line 1 column 1\n"},
};

START_TEST(every_error)
{
	char *findings;
	struct config *config = parse(errors[_i].text, &findings);

	ck_assert_ptr_null(config);
	ck_assert_msg(strncmp(findings, errors[_i].findings, strlen(errors[_i].findings)) == 0, "expected %sgot %s",
	    errors[_i].findings, findings);
	free(findings);
}
END_TEST

static const struct finding warnings[] = {
    {"groups: []\nlogging: ~\nnotifications: []\nsentry: ~\n" WEB, ""},
    {"exacheck: {guard: {max_withdraw: 99.9%, window: 60}}\n" WEB,
	"c.yaml:1:34: warning: exacheck.guard.max_withdraw: is less than one route (of 1): none will ever be withdrawn for a "
	"failure\n"},
    {"exacheck: {guard: {max_withdraw: 100%, window: 60}}\n" WEB, ""},
    {WEB "  drain: {metric: 5}\n",
	"c.yaml:5:10: warning: checks[1] (web).drain: has no effect while drain_time is 0\n"},
    {WEB "  down: {communities: [65000:1, 65000:1]}\n",
	"c.yaml:5:33: warning: checks[1] (web).down.communities[2]: 65000:1 stands in the list twice\n"},
    {WEB "  metric_down: 5\n  down: {metric: 5, as_path: 65000}\n", ""},
    {"exacheck: {exabgp: {output: fifo /run/exabgp}}\n" WEB, ""},
    {"exacheck: {exabgp: {output: socket /run/exabgp/exabgp.sock}}\n" WEB, ""},
    {"checks:\n- {name: v6, prefixes: '2001:db8::1', args: {method: file, path: /a}}\n",
	"c.yaml:2:3: warning: checks[1] (v6).nexthop: ExaBGP sends an IPv6 route with next hop self nowhere"},
    {"checks:\n- {name: v6, prefixes: '2001:db8::1', nexthop: '2001:db8::2', args: {method: file, path: /a}}\n", ""},
    {"checks:\n- {name: v6, prefixes: '2001:db8::1', neighbors: '2001:db8::2', args: {method: file, path: /a}}\n", ""},
    {WEB "  neighbors: [192.0.2.9, 192.0.2.8, 192.0.2.9]\n",
	"c.yaml:5:37: warning: checks[1] (web).neighbors[3]: 192.0.2.9 stands in the list twice\n"},
    {"checks:\n- {name: w, prefixes: [192.0.2.1, 192.0.2.1/32], args: {method: file, path: /a}}\n",
	"c.yaml:2:35: warning: checks[1] (w).prefixes[2]: 192.0.2.1/32 stands in the list twice\n"},
    {WEB "- {name: b, prefixes: 192.0.2.1, args: {method: file, path: /a}}\n",
	"c.yaml:5:23: warning: checks[2] (b).prefixes: 192.0.2.1/32 is also a prefix of checks[1] (web) at line 3: "},
    {WEB "- {name: b, prefixes: 192.0.2.1, path_id: 0, args: {method: file, path: /a}}\n", ""},
    {WEB "  neighbors: 192.0.2.8\n- {name: b, prefixes: 192.0.2.1, neighbors: 192.0.2.9, args: {method: file, path: "
	 "/a}}\n",
	""},
    {WEB "  neighbors: 192.0.2.8\n- {name: b, prefixes: 192.0.2.1, neighbors: [192.0.2.9, 192.0.2.8], args: {method: "
	 "file, path: /a}}\n",
	"c.yaml:6:23: warning: checks[2] (b).prefixes: 192.0.2.1/32 is also a prefix of checks[1] (web) at line 3: "},
    {WEB "  neighbors: [192.0.2.8, 192.0.2.9]\n- {name: b, prefixes: [192.0.2.2, 192.0.2.1], args: {method: file, "
	 "path: /a}}\n",
	"c.yaml:3:13: warning: checks[1] (web).prefixes: 192.0.2.1/32 is announced to all neighbors by checks[2] (b) "
	"at "
	"line 6: name the neighbors in both, or one withdraws the other's route\n"},
};

START_TEST(every_warning)
{
	char *findings;
	struct config *config = parse(warnings[_i].text, &findings);
	const char *expected = warnings[_i].findings;

	ck_assert_msg(config != NULL, "%s", findings);
	if (*expected == '\0')
		ck_assert_str_eq(findings, "");
	ck_assert_msg(strncmp(findings, expected, strlen(expected)) == 0, "expected %sgot %s", expected, findings);
	config_free(config);
	free(findings);
}
END_TEST

START_TEST(duplicates_dropped)
{
	char *findings;
	struct config *config = parse("checks:\n- {name: w, prefixes: [192.0.2.2, 192.0.2.1, 192.0.2.2/32, "
				      "192.0.2.0/24], args: {method: file, path: /a}}\n",
	    &findings);

	ck_assert_ptr_nonnull(config);
	ck_assert_uint_eq(config->checks[0].node.prefixes.count, 3);
	ck_assert_str_eq(config->checks[0].node.prefixes.items[0], "192.0.2.2/32");
	ck_assert_str_eq(config->checks[0].node.prefixes.items[1], "192.0.2.1/32");
	ck_assert_str_eq(config->checks[0].node.prefixes.items[2], "192.0.2.0/24");
	ck_assert_uint_eq(config->checks[0].node.networks[2].length, 24);
	config_free(config);
	free(findings);
}
END_TEST

/* A check whose command would not fit into one atomic write is refused, a little less is not. */
START_TEST(command_too_long)
{
	static const struct {
		int communities;
		bool fits;
	} cases[] = {{300, true}, {500, false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = NULL, *findings;
		struct config *config;
		size_t length;
		FILE *file = open_memstream(&text, &length);

		fputs(WEB "  communities:\n", file);
		for (int j = 0; j < cases[i].communities; j++)
			fprintf(file, "  - 65000:%d\n", 10000 + j);
		fclose(file);
		config = parse(text, &findings);
		ck_assert_int_eq(config != NULL, cases[i].fits);
		ck_assert(
		    cases[i].fits || strstr(findings, "c.yaml:2:3: checks[1] (web): the attributes make ") != NULL);
		config_free(config);
		free(findings);
		free(text);
	}
}
END_TEST

/* What does not fit into the message to the worker is refused here, where it can be mended. */
static void
fits_or_not(const char *text, bool fits, const char *finding)
{
	char *findings;
	struct config *config = parse(text, &findings);

	ck_assert_msg((config != NULL) == fits, "%.200s", findings);
	ck_assert_msg(fits || strncmp(findings, finding, strlen(finding)) == 0, "%.200s", findings);
	config_free(config);
	free(findings);
}

START_TEST(too_long_for_a_job)
{
	bool fits = _i == 0;
	int value = fits ? 64000 : 65536, path = MESSAGE_PATH_SIZE - (fits ? 2 : 1);
	char *text;

	ck_assert_int_ne(asprintf(&text, "checks:\n- name: s\n  prefixes: 192.0.2.1\n"
					 "  args: {method: shell, command: x, environment: {A: %0*d, B: %0*d}}\n",
			     value, 0, value, 0), -1);
	fits_or_not(text, fits, "c.yaml:4:9: checks[1] (s).args: must not exceed ");
	free(text);
	ck_assert_int_ne(asprintf(&text, WEB "  disable: /%0*d\n", path, 0), -1);
	fits_or_not(text, fits, "c.yaml:5:12: checks[1] (web).disable: must ");
	free(text);
}
END_TEST

START_TEST(ten_thousand_checks)
{
	char *text = NULL, *findings;
	struct config *config;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	fputs("checks:\n", file);
	for (int i = 0; i < 10000; i++)
		fprintf(file,
		    "- name: c%d\n  prefixes: [10.0.%d.%d, 192.0.2.1]\n  neighbors: 10.1.%d.%d\n"
		    "  args: {method: tcp, host: 127.0.0.1, port: 80}\n",
		    i, i / 256, i % 256, i / 256, i % 256);
	fclose(file);
	config = parse(text, &findings);
	ck_assert_str_eq(findings, "");
	ck_assert_uint_eq(config->count, 10000);
	ck_assert_str_eq(config->checks[9999].node.name, "c9999");
	config_free(config);
	free(findings);
	free(text);
}
END_TEST

/* A configuration cut at every byte, and with every byte changed, neither crashes nor leaks. */
START_TEST(mutations)
{
	mutate(everything, sizeof(everything));
}
END_TEST

/* The same check by any other spelling: JSON, anchors, merge keys. */
START_TEST(spellings)
{
	static const char json[] =
	    "{\t\"checks\":\t[{\"name\": \"web\", \"prefixes\": [\"192.0.2.1/32\"],\n\t\t\"args\": "
	    "{\"method\": \"tcp\", \"host\": \"127.0.0.1\", \"port\": 80}}]}";
	static const char merged[] =
	    "checks:\n- &base {name: b, prefixes: 192.0.2.9, args: &args {method: tcp, host: 127.0.0.1, port: 1}}\n"
	    "- {<<: *base, name: web, prefixes: 192.0.2.1, args: {<<: *args, port: '80'}}\n";
	struct diagnostics *diagnostics = diagnostics_new("c.json");
	struct config *plain = parse_clean(WEB), *two = parse_clean(merged);
	struct config *other = config_parse("c.json", json, strlen(json), diagnostics);

	ck_assert_ptr_nonnull(other);
	ck_assert(options_equal(check_table, &plain->checks[0], &other->checks[0]));
	ck_assert(options_equal(plain->checks[0].method->options, plain->checks[0].args, other->checks[0].args));
	ck_assert(options_equal(check_table, &plain->checks[0], &two->checks[1]));
	ck_assert(options_equal(plain->checks[0].method->options, plain->checks[0].args, two->checks[1].args));
	config_free(plain);
	config_free(two);
	config_free(other);
	diagnostics_free(diagnostics);
}
END_TEST

/* The example at the top of the tree as the text of a configuration; examples too: with what is commented out. */
static char *
example_read(bool examples)
{
	FILE *in = fopen("configuration.yaml", "r"), *out;
	char *text = NULL, *line = NULL;
	bool others = false;
	size_t length, room = 0;

	ck_assert_msg(in != NULL, "run from the top of the tree");
	out = open_memstream(&text, &length);
	while (getline(&line, &room, in) > 0) {
		others |= strstr(line, "# The other methods") != NULL;
		if (examples && others && (strncmp(line, "#  ", 3) == 0 || (line[0] == '#' && line[1] >= 'a' && line[1] <= 'z')))
			fputs(line + 1, out);
		else
			fputs(line, out);
	}
	free(line);
	fclose(in);
	fclose(out);
	return text;
}

START_TEST(example)
{
	char *text = example_read(_i == 1);
	struct config *config = parse_clean(text);

	ck_assert_uint_eq(config->count, _i == 0 ? 2 : 8);
	ck_assert_uint_eq(config->group_count, _i == 0 ? 0 : 1);
	ck_assert_uint_eq(config->logger_count, _i == 0 ? 0 : 2);
	ck_assert_uint_eq(config->notification_count, _i == 0 ? 0 : 3);
	ck_assert_int_eq(config->sentry.enabled, _i == 1);
	ck_assert_str_eq(config->checks[0].node.texts[ATTRIBUTES_UP][0], "next-hop self med 100 community [ 64496:1 65535:65281 ]");
	ck_assert_str_eq(config->checks[1].node.texts[ATTRIBUTES_UP][0],
	    "next-hop 2001:db8::ffff med 200 local-preference 150 as-path [ 64496 64497 ]");
	config_free(config);
	free(text);
}
END_TEST

START_TEST(missing_file)
{
	struct diagnostics *diagnostics = diagnostics_new("/nonexistent/c.yaml");
	char *findings;

	ck_assert_ptr_null(config_load("/nonexistent/c.yaml", diagnostics, true));
	findings = findings_text(diagnostics);
	ck_assert_str_eq(findings, "/nonexistent/c.yaml: cannot open it: No such file or directory\n");
	free(findings);
	diagnostics_free(diagnostics);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("config");
	TCase *tcase = unit_case(suite, "config");

	tcase_add_test(tcase, defaults);
	tcase_add_test(tcase, every_key);
	tcase_add_test(tcase, print_reads_back);
	tcase_add_test(tcase, print_quotes);
	tcase_add_loop_test(tcase, output_forms, 0, COUNT(outputs));
	tcase_add_loop_test(tcase, every_error, 0, COUNT(errors));
	tcase_add_loop_test(tcase, every_warning, 0, COUNT(warnings));
	tcase_add_test(tcase, duplicates_dropped);
	tcase_add_test(tcase, command_too_long);
	tcase_add_loop_test(tcase, too_long_for_a_job, 0, 2);
	tcase_add_test(tcase, mutations);
	tcase_add_test(tcase, spellings);
	tcase_add_loop_test(tcase, example, 0, 2);
	tcase_add_test(tcase, missing_file);
	tcase = unit_case(suite, "size");
	tcase_set_tags(tcase, UNIT_NATIVE);
	tcase_add_test(tcase, ten_thousand_checks);
	return unit_run(suite);
}
