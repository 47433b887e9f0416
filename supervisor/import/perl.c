/*
 * The configuration of the Perl exabgp-healthcheck (0.4) as ours: what each of its services becomes. Touches the one
 * file. Invariant: what healthcheck.pl refuses is an error here too, at its line.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"
#include "import_command.h"
#include "ini_get.h"
#include "perl_logs.h"
#include "process_block.h"

#define STATUS_DIR "/var/healthcheck" /* healthcheck.pl has no other */

/* What is the same for all services is said once. */
enum once { ONCE_RISE, ONCE_DISABLE, ONCES };

struct perl {
	struct ini ini;
	bool said[ONCES];
};

static const char heading[] =
    "\n"
    "ExaBGP ran healthcheck.pl once for each service, as a process within neighbor. One exacheck does it for all of\n"
    "them, as ExaBGP has processes since version 4; in place of those processes:\n"
    "\n"
    PROCESS_BLOCK
    "\n";

static const char *const known[] = {"interval", "timeout", "metric", "rise", "fall", "logfile", "debug", "logcheck",
    "command", "nexthop", "ip", "disable", NULL};

static void
say_once(struct perl *perl, enum once once, const char *place, const char *text)
{
	if (!perl->said[once])
		import_note(perl->ini.importing, IMPORT_DIFFERS, place, "%s", text);
	perl->said[once] = true;
}

/* A prefix of the next hop's family; healthcheck.pl and ExaBGP take an address with host bits, and mean its network. */
static void
prefix_import(struct perl *perl, const struct ini_value *value, json_t *prefixes, const struct address *nexthop)
{
	struct importing *importing = perl->ini.importing;
	char text[PREFIX_TEXT_SIZE];
	struct prefix prefix;
	enum prefix_error error = prefix_parse(value->text, &prefix);

	if (error == PREFIX_SYNTAX || error == PREFIX_LENGTH) {
		import_note(importing, IMPORT_WRONG, value->place,
		    "ip must be an address, or a network as 192.0.2.0/24, got \"%.100s\"",
		    value->text);
		return;
	}
	prefix_format(&prefix, text);
	if (error == PREFIX_HOST_BITS)
		import_note(importing, IMPORT_DIFFERS, value->place,
		    "%s has host bits: its network is announced, %s", value->text, text);
	if (prefix.address.family != nexthop->family)
		import_note(importing, IMPORT_WRONG, value->place, "%s is not of the family of nexthop", text);
	else if (prefix.length == 0)
		import_note(importing, IMPORT_WRONG, value->place, "%s: a mask of 0 is refused by healthcheck.pl, too", text);
	else if (prefix.length == (nexthop->family == AF_INET ? 32 : 128) &&
	    memcmp(prefix.address.bytes, nexthop->bytes, sizeof(nexthop->bytes)) == 0)
		import_note(importing, IMPORT_WRONG, value->place, "%s is the nexthop itself", text);
	else
		import_add_text(importing, prefixes, NULL, text);
}

static void
route_import(struct perl *perl, const struct ini_section *section, json_t *check)
{
	struct importing *importing = perl->ini.importing;
	char *text = ini_get(&perl->ini, section, "nexthop", NULL), *ips = ini_get(&perl->ini, section, "ip", NULL);
	const struct ini_value *value;
	struct address nexthop = {.family = AF_UNSPEC};
	json_t *prefixes = import_add_list(importing, check, "prefixes");
	int64_t metric;

	if (text != NULL && !address_parse(text, &nexthop)) {
		import_note(importing, IMPORT_WRONG, ini_where(&perl->ini, section, "nexthop"),
		    "nexthop must be an address, got \"%.100s\"", text);
		nexthop.family = AF_UNSPEC; /* so that nothing is held against it */
	}
	if (text != NULL && nexthop.family != AF_UNSPEC) {
		if (ips != NULL)
			STAILQ_FOREACH(value, &ini_key(&perl->ini, section, "ip")->values, entry)
				prefix_import(perl, value, prefixes, &nexthop);
		import_add_text(importing, check, "nexthop", text);
	}
	if (ini_get_whole(&perl->ini, section, "metric", NULL, 1, 1000, &metric))
		import_add_integer(importing, check, "metric", metric);
	free(ips);
	free(text);
}

static void
counts_import(struct perl *perl, const struct ini_section *section, json_t *check)
{
	int64_t count;

	if (ini_get_whole(&perl->ini, section, "rise", NULL, 1, UINT16_MAX, &count)) {
		import_add_integer(perl->ini.importing, check, "rise", count);
		if (count > 1)
			say_once(perl, ONCE_RISE, ini_where(&perl->ini, section, "rise"),
			    "rise is so many passes in a row; healthcheck.pl counts passes with failures between them"
			    " as well");
	}
	if (ini_get_whole(&perl->ini, section, "fall", NULL, 1, UINT16_MAX, &count))
		import_add_integer(perl->ini.importing, check, "fall", count);
}

static void
times_import(struct perl *perl, const struct ini_section *section, json_t *check, json_t *args)
{
	struct importing *importing = perl->ini.importing;
	double interval, timeout;
	bool good = ini_get_number(&perl->ini, section, "interval", NULL, 0, &interval);

	if (good)
		import_add_number(importing, check, "interval", interval);
	if (!ini_get_number(&perl->ini, section, "timeout", NULL, 0, &timeout))
		return;
	import_add_number(importing, args, "timeout", timeout);
	if (good && timeout > interval)
		import_note(importing, IMPORT_WRONG, ini_where(&perl->ini, section, "timeout"),
		    "timeout is longer than interval");
}

/* It runs `timeout N COMMAND`, after taking a quote off either end. */
static void
command_import(struct perl *perl, const struct ini_section *section, json_t *args)
{
	char *text = ini_get(&perl->ini, section, "command", NULL), *command = text;
	size_t length;

	if (text == NULL)
		return;
	command += *command == '"';
	length = strlen(command);
	if (length > 0 && command[length - 1] == '"') {
		if (command == text)
			import_note(perl->ini.importing, IMPORT_DIFFERS, ini_where(&perl->ini, section, "command"),
			    "[%.200s]: the quote at its end is taken off, as healthcheck.pl 0.4.4 does though none is at its"
			    " beginning: where it is a word's, quote all of the command as well", section->name);
		command[length - 1] = '\0';
	}
	import_add_text(perl->ini.importing, args, "method", "shell");
	import_add_text(perl->ini.importing, args, "command", command);
	import_command_note(perl->ini.importing, ini_where(&perl->ini, section, "command"), command, "this");
	if (strpbrk(command, "&|;\n") != NULL)
		import_note(perl->ini.importing, IMPORT_DIFFERS, ini_where(&perl->ini, section, "command"),
		    "[%.200s]: timeout bounds all of the command; that of healthcheck.pl bounds what stands before"
		    " the first of && || | ;",
		    section->name);
	free(text);
}

static void
disable_import(struct perl *perl, const struct ini_section *section, json_t *check)
{
	char *path = ini_get_path(&perl->ini, section, "disable", NULL);

	if (path == NULL)
		return;
	import_add_text(perl->ini.importing, check, "disable", path);
	say_once(perl, ONCE_DISABLE, ini_where(&perl->ini, section, "disable"),
	    "disable is noticed at once, and whatever the file is; healthcheck.pl looks at each interval, for a"
	    " regular file");
	free(path);
}

static void
unknown_note(struct perl *perl, const struct ini_section *section)
{
	const struct ini_key *key;

	STAILQ_FOREACH(key, &section->keys, entry)
		if (!ini_key_is(key, known))
			import_note(perl->ini.importing, IMPORT_LOST, ini_place(key),
			    "%.100s is no key of healthcheck.pl 0.4.4: not kept",
			    key->name);
}

static void
service_import(struct perl *perl, const struct ini_section *section)
{
	struct importing *importing = perl->ini.importing;
	char name[INI_NAME_SIZE];
	json_t *check, *args;

	ini_name(&perl->ini, section, name);
	check = import_add_check(importing, name);
	route_import(perl, section, check);
	args = json_object();
	command_import(perl, section, args);
	times_import(perl, section, check, args);
	counts_import(perl, section, check);
	disable_import(perl, section, check);
	import_add(importing, check, "args", args);
	perl_logs_import(&perl->ini, section, name);
}

static void
program_import(struct perl *perl)
{
	struct importing *importing = perl->ini.importing;
	json_t *exacheck = import_add_map(importing, import_document(importing), "exacheck");

	import_add_flag(importing, exacheck, "live_reload", true);
	import_add_text(importing, exacheck, "status_dir", STATUS_DIR);
	import_heading(importing, heading);
	import_note(importing, IMPORT_DIFFERS, NULL,
	    "at its end exacheck withdraws its routes; healthcheck.pl leaves them announced, as would"
	    " exacheck.on_exit: keep");
	import_note(importing, IMPORT_DIFFERS, NULL,
	    "the status files in " STATUS_DIR " are written by the user that workers run as: give it the directory");
	import_commands_note(importing, "healthcheck.pl");
	import_note(importing, IMPORT_DIFFERS, NULL,
	    "in place of the processes of ExaBGP's neighbors there is one, see the head of the configuration");
}

static void
services_import(struct perl *perl, const char *path)
{
	const struct ini_section *section, *global = ini_section(&perl->ini, "global");
	size_t services = 0;

	if (global == NULL) {
		import_note(perl->ini.importing, IMPORT_WRONG, path,
		    "has no section [global]: is it healthcheck.pl's?");
		return;
	}
	program_import(perl);
	STAILQ_FOREACH(section, &perl->ini.sections, entry) {
		unknown_note(perl, section);
		if (section == global)
			continue;
		service_import(perl, section);
		services++;
	}
	if (services == 0)
		import_note(perl->ini.importing, IMPORT_WRONG, path, "has no service: no section but [global]");
	perl_logs_end(perl->ini.importing, services);
}

void
import_perl(struct importing *importing, int argc, char **argv)
{
	struct perl perl = {.said = {false}};

	if (argc != 1) {
		import_note(importing, IMPORT_WRONG, NULL,
		    "exabgp-healthcheck-perl has one configuration file, got %d arguments", argc);
		return;
	}
	ini_begin(&perl.ini, &ini_perl, importing);
	if (ini_read(&perl.ini, argv[0]))
		services_import(&perl, argv[0]);
	ini_clear(&perl.ini);
}
