/*
 * Option values one by one: every type, good and bad, and printing back.
 */
#include <check.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/dns_name.h"
#include "../../common/option.h"
#include "../../common/url.h"
#include "unit.h"

static const char *const colours[] = {"red", "Green", "blue", NULL};
static const char *const switches[] = {"auto", "on", "off", NULL};

/* The options that scalars are tried on. */
enum {
	O_BOOL, O_PORT, O_FREE_INTEGER, O_NUMBER, O_LATENCY, O_TIMEOUT, O_GAP, O_COLOUR, O_PATH_ID, O_PERCENT, O_MODE, O_LISTEN, O_STRING,
	O_SHORT, O_NAME, O_PATH, O_PATTERN, O_HOST, O_ADDRESS, O_NEXT_HOP, O_PREFIX, O_COMMUNITY, O_AS_PATH, O_STATUS, O_URL, O_DNS_NAME,
	O_DNS_TYPE, O_DNS_RCODE, O_HEADER, O_LEAST, O_SWITCH,
	O_SIZE, O_RECEIVER, O_WORD, O_SECRET
};

static const struct option options[] = {
	[O_BOOL] = {.name = "bool", .type = OPTION_BOOL},
	[O_PORT] = {.name = "port", .type = OPTION_INTEGER, .min = 1, .max = 65535},
	[O_FREE_INTEGER] = {.name = "free", .type = OPTION_INTEGER},
	[O_NUMBER] = {.name = "number", .type = OPTION_NUMBER},
	[O_LATENCY] = {.name = "latency", .type = OPTION_NUMBER, .flags = OPTION_ABOVE_MIN, .unit = "milliseconds"},
	[O_TIMEOUT] = {.name = "timeout", .type = OPTION_SECONDS, .flags = OPTION_ABOVE_MIN, .max = 86400,
	    .unit = "seconds"},
	[O_GAP] = {.name = "gap", .type = OPTION_SECONDS, .min = 0, .max = 86400, .unit = "seconds"},
	[O_COLOUR] = {.name = "colour", .type = OPTION_CHOICE, .choices = colours},
	[O_PATH_ID] = {.name = "path_id", .type = OPTION_PATH_ID},
	[O_PERCENT] = {.name = "percent", .type = OPTION_PERCENT},
	[O_MODE] = {.name = "mode", .type = OPTION_MODE},
	[O_LISTEN] = {.name = "listen", .type = OPTION_LISTEN},
	[O_STRING] = {.name = "string", .type = OPTION_STRING},
	[O_SHORT] = {.name = "short", .type = OPTION_STRING, .min = 1, .max = 4},
	[O_NAME] = {.name = "name", .type = OPTION_NAME},
	[O_PATH] = {.name = "path", .type = OPTION_PATH},
	[O_PATTERN] = {.name = "pattern", .type = OPTION_PATTERN},
	[O_HOST] = {.name = "host", .type = OPTION_HOST},
	[O_ADDRESS] = {.name = "address", .type = OPTION_ADDRESS},
	[O_NEXT_HOP] = {.name = "nexthop", .type = OPTION_NEXT_HOP},
	[O_PREFIX] = {.name = "prefix", .type = OPTION_PREFIX},
	[O_COMMUNITY] = {.name = "community", .type = OPTION_COMMUNITY},
	[O_AS_PATH] = {.name = "as_path", .type = OPTION_AS_PATH},
	[O_STATUS] = {.name = "status", .type = OPTION_STATUS},
	[O_URL] = {.name = "url", .type = OPTION_URL},
	[O_DNS_NAME] = {.name = "dns_name", .type = OPTION_DNS_NAME},
	[O_DNS_TYPE] = {.name = "dns_type", .type = OPTION_DNS_TYPE},
	[O_DNS_RCODE] = {.name = "dns_rcode", .type = OPTION_DNS_RCODE},
	[O_HEADER] = {.name = "header", .type = OPTION_HEADER_VALUE},
	[O_LEAST] = {.name = "least", .type = OPTION_INTEGER, .min = 1, .max = 0},
	[O_SWITCH] = {.name = "switch", .type = OPTION_CHOICE, .choices = switches},
	[O_SIZE] = {.name = "size", .type = OPTION_SIZE, .min = 1000, .max = 0},
	[O_RECEIVER] = {.name = "receiver", .type = OPTION_RECEIVER},
	[O_WORD] = {.name = "word", .type = OPTION_WORD, .choices = colours},
	[O_SECRET] = {.name = "secret", .type = OPTION_SECRET, .min = 1, .max = 8},
};

/* Enough room for any scalar. */
union value {
	bool flag;
	int choice;
	int64_t integer;
	double number;
	char *text;
};

static const struct {
	int option;
	const char *text, *canonical;
} good[] = {
	{O_BOOL, "true", "true"}, {O_BOOL, "YES", "true"}, {O_BOOL, "On", "true"}, {O_BOOL, "false", "false"},
	{O_BOOL, "no", "false"}, {O_BOOL, "OFF", "false"},
	{O_PORT, "1", "1"}, {O_PORT, "65535", "65535"}, {O_PORT, "+80", "80"},
	{O_FREE_INTEGER, "-9223372036854775807", "-9223372036854775807"}, {O_FREE_INTEGER, "0", "0"},
	{O_FREE_INTEGER, "-0", "0"}, {O_FREE_INTEGER, "9223372036854775807", "9223372036854775807"},
	{O_LEAST, "1", "1"}, {O_LEAST, "1000000000000", "1000000000000"},
	{O_NUMBER, "0.25", "0.25"}, {O_NUMBER, "15", "15"}, {O_NUMBER, "1e3", "1000"}, {O_NUMBER, "-.5", "-0.5"},
	{O_NUMBER, "5.", "5"}, {O_NUMBER, "0.1", "0.1"}, {O_NUMBER, "1E-7", "1e-07"}, {O_NUMBER, "+2.50", "2.5"},
	{O_NUMBER, "0.30000000000000004", "0.30000000000000004"}, {O_LATENCY, "0.0001", "0.0001"},
	{O_TIMEOUT, "10", "10"}, {O_TIMEOUT, "0.25", "0.25"}, {O_TIMEOUT, "0.001", "0.001"}, {O_TIMEOUT, "1e3", "1000"},
	{O_TIMEOUT, "86400", "86400"}, {O_TIMEOUT, "86399.999999999", "86399.999999999"},
	{O_TIMEOUT, "2.9999999999", "3"}, {O_TIMEOUT, "0.0010000004", "0.001"},
	{O_GAP, "0", "0"}, {O_GAP, "0.000000001", "0.000000001"}, {O_GAP, "1.5", "1.5"}, {O_GAP, "100", "100"},
	{O_COLOUR, "red", "red"}, {O_COLOUR, "GREEN", "Green"},
	{O_SWITCH, "on", "on"}, {O_SWITCH, "true", "on"}, {O_SWITCH, "Yes", "on"}, {O_SWITCH, "false", "off"},
	{O_SWITCH, "no", "off"}, {O_SWITCH, "AUTO", "auto"},
	{O_PATH_ID, "0", "0"}, {O_PATH_ID, "4294967295", "4294967295"}, {O_PATH_ID, "0.0.1.2", "258"},
	{O_PATH_ID, "255.255.255.255", "4294967295"},
	{O_PERCENT, "0%", "0%"}, {O_PERCENT, "100%", "100%"}, {O_PERCENT, "+12.50%", "12.5%"}, {O_PERCENT, ".5%", "0.5%"},
	{O_PERCENT, "1e1%", "10%"}, {O_PERCENT, "33.33333%", "33.3333%"}, {O_PERCENT, "0.00005%", "0.0001%"},
	{O_MODE, "660", "0660"}, {O_MODE, "0", "0000"}, {O_MODE, "0777", "0777"},
	{O_LISTEN, "127.0.0.1:9101", "127.0.0.1:9101"}, {O_LISTEN, "[::1]:1", "[::1]:1"},
	{O_LISTEN, "[2001:DB8:0::1]:065", "[2001:db8::1]:65"}, {O_LISTEN, "0.0.0.0:65535", "0.0.0.0:65535"},
	{O_STRING, "", ""}, {O_STRING, "a b\n\xc3\xa9", "a b\n\xc3\xa9"}, {O_SHORT, "abcd", "abcd"},
	{O_NAME, "web v4 \xc3\xa9", "web v4 \xc3\xa9"},
	{O_PATH, "/", "/"}, {O_PATH, "/var/run/x y", "/var/run/x y"},
	{O_PATTERN, "^ok\\Z", "^ok\\Z"}, {O_PATTERN, "", ""},
	{O_HOST, "192.0.2.1", "192.0.2.1"}, {O_HOST, "2001:DB8:0:0::1", "2001:db8::1"},
	{O_HOST, "localhost", "localhost"},
	{O_HOST, "www.example.net.", "www.example.net."}, {O_HOST, "_srv.a-b.x1", "_srv.a-b.x1"},
	{O_HOST, "1.2.3.4a", "1.2.3.4a"},
	{O_HOST, "::ffff:192.0.2.1", "::ffff:192.0.2.1"}, {O_HOST, "fe80::1%lo", "fe80::1%lo"},
	{O_HOST, "3com", "3com"},
	{O_ADDRESS, "0.0.0.0", "0.0.0.0"}, {O_ADDRESS, "::", "::"}, {O_ADDRESS, "FE80::1%lo", "FE80::1%lo"},
	{O_NEXT_HOP, "Self", "self"}, {O_NEXT_HOP, "192.0.2.1", "192.0.2.1"},
	{O_NEXT_HOP, "2001:db8::0:1", "2001:db8::1"},
	{O_PREFIX, "192.0.2.1", "192.0.2.1/32"}, {O_PREFIX, "192.0.2.0/24", "192.0.2.0/24"},
	{O_PREFIX, "0.0.0.0/0", "0.0.0.0/0"},
	{O_PREFIX, "2001:DB8::/32", "2001:db8::/32"}, {O_PREFIX, "2001:db8::1", "2001:db8::1/128"},
	{O_COMMUNITY, "65000:1", "65000:1"}, {O_COMMUNITY, "No_Export", "65535:65281"},
	{O_AS_PATH, "65000 1.1", "65000 65537"},
	{O_STATUS, "200", "200"}, {O_STATUS, "200-299", "200-299"}, {O_STATUS, "204-204", "204"},
	{O_STATUS, "599", "599"},
	{O_URL, "http://a", "http://a"},
	{O_URL, "HTTPS://u:p@www.example.net:8443/x?y#z", "HTTPS://u:p@www.example.net:8443/x?y#z"},
	{O_URL, "http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"},
	{O_URL, "http://192.0.2.1?x", "http://192.0.2.1?x"},
	{O_DNS_NAME, ".", "."}, {O_DNS_NAME, "example.net", "example.net"},
	{O_DNS_NAME, "_sip._tcp.example.", "_sip._tcp.example."},
	{O_DNS_NAME, "1.2.0.192.in-addr.arpa", "1.2.0.192.in-addr.arpa"},
	{O_DNS_NAME, "a\\.b\\032c.d", "a\\.b\\032c.d"},
	{O_DNS_TYPE, "soa", "SOA"}, {O_DNS_TYPE, "Aaaa", "AAAA"}, {O_DNS_TYPE, "any", "ANY"},
	{O_DNS_TYPE, "type6", "SOA"},
	{O_DNS_TYPE, "TYPE65280", "TYPE65280"}, {O_DNS_TYPE, "nsap-ptr", "NSAP-PTR"}, {O_DNS_TYPE, "https", "HTTPS"},
	{O_DNS_RCODE, "nxdomain", "NXDOMAIN"}, {O_DNS_RCODE, "NotImp", "NOTIMPL"}, {O_DNS_RCODE, "NOTIMPL", "NOTIMPL"},
	{O_SIZE, "1000", "1KB"}, {O_SIZE, "10MB", "10MB"}, {O_SIZE, "10mb", "10MB"}, {O_SIZE, "10M", "10MB"},
	{O_SIZE, "10 MB", "10MB"}, {O_SIZE, "10000000b", "10MB"}, {O_SIZE, "1001", "1001"}, {O_SIZE, "1024", "1KiB"},
	{O_SIZE, "64mib", "64MiB"}, {O_SIZE, "1500KB", "1500KB"}, {O_SIZE, "1024k", "1000KiB"}, {O_SIZE, "2g", "2GB"},
	{O_SIZE, "3TiB", "3TiB"}, {O_SIZE, "1T", "1TB"}, {O_SIZE, "010MB", "10MB"}, {O_SIZE, "1000000000 kB", "1TB"},
	{O_SIZE, "9223372036854775807", "9223372036854775807"},
	{O_RECEIVER, "/dev/log", "/dev/log"}, {O_RECEIVER, "2001:DB8:0::1", "2001:db8::1"}, {O_RECEIVER, "logs.example", "logs.example"},
	{O_WORD, "green", "Green"}, {O_WORD, "RED", "red"},
	{O_SECRET, "a b", "a b"}, {O_SECRET, "12345678", "12345678"},
	{O_HEADER, "a\tb; c=\"d\"", "a\tb; c=\"d\""}, {O_HEADER, "", ""},
};

static const struct {
	int option;
	const char *text, *error; /* the whole error, or what it must contain after a '*' */
} bad[] = {
	{O_BOOL, "maybe", "must be true or false, got \"maybe\""}, {O_BOOL, "", "must be true or false, got \"\""},
	{O_BOOL, "1", "must be true or false, got 1"},
	{O_PORT, "70000", "must be 1 to 65535, got 70000"}, {O_PORT, "0", "must be 1 to 65535, got 0"},
	{O_PORT, "-1", "must be 1 to 65535, got -1"}, {O_PORT, "80.0", "must be 1 to 65535, got 80.0"},
	{O_PORT, "1e3", "must be 1 to 65535, got 1e3"}, {O_PORT, "", "must be 1 to 65535, got \"\""},
	{O_PORT, " 80", "must be 1 to 65535, got \" 80\""}, {O_PORT, "80 ", "*got \"80 \""},
	{O_PORT, "0x50", "*got \"0x50\""},
	{O_PORT, "8_0", "*1 to 65535"}, {O_PORT, "+", "*1 to 65535"}, {O_PORT, "--1", "*1 to 65535"},
	{O_PORT, "99999999999999999999", "*1 to 65535"},
	{O_PORT, "010", "must be written without leading zeros, got 010"},
	{O_FREE_INTEGER, "9223372036854775808", "*64 bits"}, {O_FREE_INTEGER, "-9223372036854775808", "*64 bits"},
	{O_FREE_INTEGER, "x", "must be a whole number, got \"x\""}, {O_LEAST, "0", "must be at least 1, got 0"},
	{O_LEAST, "9223372036854775808", "must fit into 64 bits, got 9223372036854775808"},
	{O_NUMBER, "nan", "must be a number, got \"nan\""}, {O_NUMBER, "inf", "*got \"inf\""},
	{O_NUMBER, "1e999", "*got 1e999"},
	{O_NUMBER, "0x10", "*must be a number"}, {O_NUMBER, ".", "*must be a number"},
	{O_NUMBER, "1e", "*must be a number"},
	{O_NUMBER, "1e+", "*must be a number"}, {O_NUMBER, "1 ", "*must be a number"},
	{O_NUMBER, "1,5", "*must be a number"},
	{O_NUMBER, "-", "*must be a number"}, {O_NUMBER, "", "*must be a number"},
	{O_NUMBER, ".e1", "*must be a number"},
	{O_LATENCY, "0", "must be above 0 milliseconds, got 0"},
	{O_LATENCY, "-1", "must be above 0 milliseconds, got -1"},
	{O_TIMEOUT, "0", "must be above 0 and at most 86400 seconds, got 0"},
	{O_TIMEOUT, "86400.1", "*at most 86400 seconds"},
	{O_TIMEOUT, "0.0001", "*at least 0.001 seconds (1 millisecond)"}, {O_TIMEOUT, "1e-300", "*1 millisecond"},
	{O_TIMEOUT, "10s", "*got \"10s\""}, {O_GAP, "-0.1", "must be 0 to 86400 seconds, got -0.1"},
	{O_GAP, "1e-12", "*at least a nanosecond"}, {O_GAP, "1:30", "*got \"1:30\""},
	{O_COLOUR, "pink", "must be one of: red, Green, blue; got \"pink\""}, {O_COLOUR, "", "*must be one of"},
	{O_COLOUR, "true", "must be one of: red, Green, blue; got \"true\""}, {O_SWITCH, "1", "*auto, on, off; got 1"},
	{O_PATH_ID, "4294967296", "must be 0 to 4294967295 or a dotted quad, got 4294967296"},
	{O_PATH_ID, "-1", "*dotted quad"},
	{O_PERCENT, "50", "must be a share from 0% to 100%, such as 12.5%, got 50"}, {O_PERCENT, "0.5", "*share"},
	{O_PERCENT, "%", "*share"}, {O_PERCENT, "", "*share"}, {O_PERCENT, "-1%", "*share"}, {O_PERCENT, "101%", "*share"},
	{O_PERCENT, "50 %", "*share"}, {O_PERCENT, "50%%", "*share"}, {O_PERCENT, "nan%", "*share"},
	{O_PERCENT, "1000000000000000000000000000000000%", "*share"}, {O_PERCENT, "050%", "*share"},
	{O_MODE, "0888", "must be permissions in octal, 0 to 0777, such as 0660, got 0888"}, {O_MODE, "", "*octal"},
	{O_MODE, "rw-r-----", "*octal"}, {O_MODE, "01777", "*octal"}, {O_MODE, "-1", "*octal"}, {O_MODE, "00660", "*octal"},
	{O_LISTEN, "9101", "must be ADDRESS:PORT, such as 127.0.0.1:9101 or [::1]:9101, got 9101"},
	{O_LISTEN, "localhost:80", "*ADDRESS:PORT"}, {O_LISTEN, "127.0.0.1:0", "*ADDRESS:PORT"},
	{O_LISTEN, "127.0.0.1:65536", "*ADDRESS:PORT"}, {O_LISTEN, "::1:80", "*ADDRESS:PORT"}, {O_LISTEN, "[::1]", "*ADDRESS:PORT"},
	{O_LISTEN, "[127.0.0.1]:80", "*ADDRESS:PORT"}, {O_LISTEN, "", "*ADDRESS:PORT"}, {O_LISTEN, "[]:80", "*ADDRESS:PORT"},
	{O_LISTEN, "127.0.0.1:+80", "*ADDRESS:PORT"}, {O_LISTEN, "[:80", "*ADDRESS:PORT"},
	{O_PATH_ID, "1.2.3", "*dotted quad"}, {O_PATH_ID, "::1", "*dotted quad"},
	{O_SHORT, "", "must not be empty"}, {O_SHORT, "abcde", "must be 1 to 4 bytes long, got 5"},
	{O_NAME, "", "must not be empty"}, {O_NAME, "it's", "*quotes"}, {O_NAME, "a\"b", "*quotes"},
	{O_NAME, "a\nb", "*control"},
	{O_NAME, "a\tb", "*control"}, {O_PATH, "etc/x", "*absolute path"}, {O_PATH, "", "*absolute path"},
	{O_PATH, "/a\nb", "*control"}, {O_PATTERN, "(", "*is not a valid pattern: at character"},
	{O_HOST, "", "*not empty"}, {O_HOST, "300.1.1.1", "*not a complete IPv4 address"}, {O_HOST, "127.1", "*IPv4"},
	{O_HOST, "0x7f000001", "*IPv4"}, {O_HOST, "10.0x1", "*IPv4"}, {O_HOST, "2130706433", "*IPv4"},
	{O_HOST, "a..b", "*empty label"},
	{O_HOST, ".", "*empty label"}, {O_HOST, "-a.b", "*hyphen"}, {O_HOST, "a-.b", "*hyphen"},
	{O_HOST, "a b", "*host name"},
	{O_HOST, "[::1]", "*without brackets"}, {O_HOST, "::1::2", "*IPv6 address"},
	{O_HOST, "fe80::1%no-such-if0", "*exists"},
	{O_HOST, "b\xc3\xbc" "cher.example", "*xn--"}, {O_HOST, "http://x/", "*host name"},
	{O_HOST, "1.2.3.4.", "*IPv4"},
	{O_ADDRESS, "localhost", "must be an IPv4 or IPv6 address, got \"localhost\""},
	{O_ADDRESS, "192.0.2.1/32", "*prefix length"},
	{O_NEXT_HOP, "me", "*must be self or an address"}, {O_NEXT_HOP, "fe80::1%lo", "*without an interface"},
	{O_PREFIX, "192.0.2.1/24", "*192.0.2.0/24"}, {O_PREFIX, "2001:db8::1/32", "*2001:db8::/32"},
	{O_PREFIX, "192.0.2.0/33", "*0 to 32"}, {O_PREFIX, "2001:db8::/129", "*0 to 128"},
	{O_PREFIX, "x", "*must be a network"},
	{O_PREFIX, "192.0.2.0/", "*must be a network"}, {O_PREFIX, "300.1.1.1/32", "*must be a network"},
	{O_PREFIX, "192.0.2.0/24 reset", "*must be a network"},
	{O_STATUS, "99", "*100 to 599"}, {O_STATUS, "600", "*100 to 599"}, {O_STATUS, "299-200", "*low-high"},
	{O_STATUS, "2xx", "*100 to 599"}, {O_STATUS, "200-", "*100 to 599"}, {O_STATUS, "200-2999", "*100 to 599"},
	{O_STATUS, "0200", "*100 to 599"}, {O_STATUS, "200 ", "*100 to 599"}, {O_STATUS, "-200", "*100 to 599"},
	{O_URL, "ftp://x/", "*http or https"}, {O_URL, "www.example.net", "*http or https"},
	{O_URL, "http://", "*name a host"},
	{O_URL, "http:///x", "*name a host"}, {O_URL, "http://h:0/", "*1 to 65535"},
	{O_URL, "http://h:65536/", "*1 to 65535"},
	{O_URL, "http://h:/", "*1 to 65535"}, {O_URL, "http://h:8x/", "*1 to 65535"}, {O_URL, "http://h/a b", "*%20"},
	{O_URL, "http://h/\r\nX: y", "*control"}, {O_URL, "http://a@b@c/", "*%40"}, {O_URL, "http://[::1/", "*]"},
	{O_URL, "http://[::1]x/", "*:PORT"}, {O_URL, "http://[1.2.3.4]/", "*IPv6"},
	{O_URL, "http://::1/", "*1 to 65535"},
	{O_URL, "http://[www]/", "*IPv6"}, {O_URL, "http://a\\b/", "*its host"},
	{O_URL, "http://u:p@/", "*name a host"},
	{O_URL, "http://[]/", "*name a host"}, {O_URL, "http://300.0.0.1/", "*IPv4"},
	{O_DNS_NAME, "", "*not empty"}, {O_DNS_NAME, "a..b", "*empty label"}, {O_DNS_NAME, ".a", "*empty label"},
	{O_DNS_NAME, "a b", "*\\DDD"}, {O_DNS_NAME, "a\\", "*backslash"}, {O_DNS_NAME, "a\\25", "*backslash"},
	{O_DNS_NAME, "a\\256", "*backslash"},
	{O_DNS_TYPE, "nope", "*must be a DNS record type"}, {O_DNS_TYPE, "TYPE0", "*record type"},
	{O_DNS_TYPE, "TYPE65536", "*record type"},
	{O_DNS_TYPE, "TYPE", "*record type"}, {O_DNS_TYPE, "axfr", "*zone transfer"},
	{O_DNS_TYPE, "TYPE252", "*zone transfer"},
	{O_DNS_RCODE, "OK", "*NOERROR or NXDOMAIN"}, {O_HEADER, "a\r\nb", "*control"}, {O_HEADER, "a\nb", "*control"},
	{O_HEADER, "a\x7f", "*control"},
	{O_SIZE, "", "must be a size such as 10MB or 64MiB (KB, MB, GB, TB, KiB, MiB, GiB, TiB), got \"\""},
	{O_SIZE, "MB", "*such as 10MB"}, {O_SIZE, "-10MB", "*such as 10MB"}, {O_SIZE, "1.5MB", "*such as 10MB"},
	{O_SIZE, "10MBs", "*such as 10MB"}, {O_SIZE, "10MI", "*such as 10MB"}, {O_SIZE, "10 M B", "*such as 10MB"},
	{O_SIZE, "10bb", "*such as 10MB"}, {O_SIZE, " 10MB", "*such as 10MB"}, {O_SIZE, "10PB", "*such as 10MB"},
	{O_SIZE, "999", "must be at least 1KB, got 999"}, {O_SIZE, "0GB", "must be at least 1KB, got \"0GB\""},
	{O_SIZE, "9223372036854775808", "*64 bits"}, {O_SIZE, "9223373TB", "*64 bits"}, {O_SIZE, "8388608TiB", "*64 bits"},
	{O_RECEIVER, "", "*not empty"}, {O_RECEIVER, "dev/log", "*host name"}, {O_RECEIVER, "/a\nb", "*control"},
	{O_RECEIVER, "[::1]", "*without brackets"}, {O_RECEIVER, "udp://logs:514", "*host name"},
	{O_WORD, "pink", "must be one of: red, Green, blue; got \"pink\""}, {O_WORD, "", "*must be one of"},
	{O_SECRET, "", "must not be empty"}, {O_SECRET, "123456789", "must be 1 to 8 bytes long, got 9"},
	{O_BOOL, "json://user:password@host/", "must be true or false, got \"json://\"..."},
	{O_NUMBER, "https://a", "must be a number, got \"https://\"..."},
	{O_BOOL, "0123456789012345678901234567890123456789012345678901234567890123456789x", "*..."},
	{O_BOOL, "a\033[2Jb", "*\"a?[2Jb\""},
};

static void
value_unset(const struct option *option, union value *value)
{
	const struct option table[] = {*option, OPTION_END};

	memset(value, 0, sizeof(*value));
	ck_assert(options_set_defaults(table, value));
}

static void
value_free(const struct option *option, union value *value)
{
	const struct option table[] = {*option, OPTION_END};

	options_free(table, value);
}

/* Parse text, print it, and parse what was printed: the same again. */
static void
check_good(const struct option *option, const char *text, const char *canonical)
{
	char error[OPTION_ERROR_SIZE] = "", *printed, *again;
	union value value, second;

	value_unset(option, &value);
	value_unset(option, &second);
	ck_assert_msg(
	    option_parse_scalar(option, text, &value, error), "%s: \"%s\" refused: %s", option->name, text, error);
	printed = option_format_scalar(option, &value);
	ck_assert_msg(printed != NULL && strcmp(printed, canonical) == 0, "%s: \"%s\" prints as \"%s\", not \"%s\"",
	    option->name, text, printed, canonical);
	ck_assert_msg(option_parse_scalar(option, printed, &second, error), "%s: own \"%s\" refused: %s", option->name,
	    printed, error);
	again = option_format_scalar(option, &second);
	ck_assert_str_eq(printed, again);
	free(printed);
	free(again);
	value_free(option, &value);
	value_free(option, &second);
}

START_TEST(test_good)
{
	for (size_t i = 0; i < COUNT(good); i++)
		check_good(&options[good[i].option], good[i].text, good[i].canonical);
}
END_TEST

START_TEST(test_bad)
{
	char error[OPTION_ERROR_SIZE], *printed;
	union value value;

	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct option *option = &options[bad[i].option];
		const char *expected = bad[i].error;

		error[0] = '\0';
		value_unset(option, &value);
		ck_assert_msg(!option_parse_scalar(option, bad[i].text, &value, error), "%s: \"%s\" accepted",
		    option->name, bad[i].text);
		ck_assert_msg(*expected == '*' ? strstr(error, expected + 1) != NULL : strcmp(error, expected) == 0,
		    "%s: \"%s\": \"%s\" instead of \"%s\"", option->name, bad[i].text, error, expected);
		printed = option_format_scalar(option, &value);
		ck_assert_msg(printed == NULL || option->type == OPTION_BOOL, "%s: \"%s\" left a value", option->name,
		    bad[i].text);
		free(printed);
	}
}
END_TEST

START_TEST(test_lengths)
{
	char error[OPTION_ERROR_SIZE], text[5000];
	union value value = {.text = NULL};
	static const struct {
		int option;
		size_t good, bad;
	} limits[] = {{O_NAME, 200, 201}, {O_DNS_NAME, 63, 64}, {O_HOST, 63, 64}};

	for (size_t i = 0; i < COUNT(limits); i++) {
		memset(text, 'a', sizeof(text));
		text[limits[i].bad] = '\0';
		ck_assert(!option_parse_scalar(&options[limits[i].option], text, &value, error));
		text[limits[i].good] = '\0';
		ck_assert_msg(option_parse_scalar(&options[limits[i].option], text, &value, error), "%s", error);
		free(value.text);
	}
	memset(text, '/', sizeof(text));
	text[4096] = '\0';
	ck_assert(!option_parse_scalar(&options[O_PATH], text, &value, error));
	text[4095] = '\0';
	ck_assert(option_parse_scalar(&options[O_PATH], text, &value, error));
	free(value.text);
	/* 127 labels of one character: 255 bytes on the wire as a domain name; a host name has 253 characters. */
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'a' : '.';
	text[255] = '\0';
	ck_assert(!option_parse_scalar(&options[O_DNS_NAME], text, &value, error));
	ck_assert(!option_parse_scalar(&options[O_HOST], text, &value, error));
	text[253] = '\0';
	ck_assert_msg(option_parse_scalar(&options[O_DNS_NAME], text, &value, error), "%s", error);
	free(value.text);
	ck_assert_msg(option_parse_scalar(&options[O_HOST], text, &value, error), "%s", error);
	free(value.text);
}
END_TEST

/* A URL may hold a password: no error repeats any of it. */
START_TEST(test_url_secret)
{
	static const char *const urls[] = {"http://u:hunter2@/", "http://u:hunter2@h:99999/", "http://u:hun ter2@h/",
	    "ftp://u:hunter2@h/", "http://u:hunter2@x@h/", "http://u:hunter2@[::1/"};
	char error[OPTION_ERROR_SIZE];
	union value value;

	for (size_t i = 0; i < COUNT(urls); i++) {
		ck_assert(!option_parse_scalar(&options[O_URL], urls[i], &value, error));
		ck_assert_msg(strstr(error, "hun") == NULL, "%s: %s", urls[i], error);
	}
}
END_TEST

START_TEST(test_url_parts)
{
	char error[OPTION_ERROR_SIZE];
	struct url url;

	ck_assert(url_parse("https://user:p%40w@[2001:db8::1]:8443/a@b:c", &url, error));
	ck_assert(url.tls);
	ck_assert_str_eq(url.host, "2001:db8::1");
	ck_assert_uint_eq(url.port, 8443);
	ck_assert(url_parse("http://www.example.net/x:1", &url, error));
	ck_assert(!url.tls);
	ck_assert_str_eq(url.host, "www.example.net");
	ck_assert_uint_eq(url.port, 0);
}
END_TEST

START_TEST(test_rcode_numbers)
{
	ck_assert_int_eq(dns_rcode_number("NOERROR"), 0);
	ck_assert_int_eq(dns_rcode_number("servfail"), 2);
	ck_assert_int_eq(dns_rcode_number("NOTIMP"), 4);
	ck_assert_int_eq(dns_rcode_number("NOTIMPL"), 4);
	ck_assert_int_eq(dns_rcode_number("NOTZONE"), 10);
	ck_assert_int_eq(dns_rcode_number(""), -1);
}
END_TEST

/* Numbers are read and printed with a decimal point whatever the locale says. */
START_TEST(test_locale)
{
	static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "fr_FR"};

	for (size_t i = 0; i < COUNT(locales) && setlocale(LC_ALL, locales[i]) == NULL; i++)
		;
	check_good(&options[O_NUMBER], "0.25", "0.25");
	check_good(&options[O_TIMEOUT], "1.5", "1.5");
	setlocale(LC_ALL, "C");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("option");
	TCase *scalars = unit_case(suite, "scalars");

	tcase_add_test(scalars, test_good);
	tcase_add_test(scalars, test_bad);
	tcase_add_test(scalars, test_lengths);
	tcase_add_test(scalars, test_url_secret);
	tcase_add_test(scalars, test_url_parts);
	tcase_add_test(scalars, test_rcode_numbers);
	tcase_add_test(scalars, test_locale);
	return unit_run(suite);
}
