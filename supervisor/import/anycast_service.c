/*
 * What a service of anycast-healthchecker (0.9) becomes. Touches memory only. Invariant: a service that is announced
 * there is announced here, and one that is not is not.
 */
#include "anycast_service.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"
#include "anycast_command.h"
#include "anycast_daemon.h"
#include "import_command.h"
#include "ini_get.h"

#define ALWAYS_THERE "/dev/null" /* a check that is disabled while this exists */

static const char *const known[] = {"interface", "check_cmd", "check_interval", "check_timeout", "check_rise",
    "check_fail", "check_disabled", "on_disabled", "ip_prefix", "ip_check_disabled", "custom_bird_reconfigure_cmd",
    "custom_bird_reconfigure_cmd_timeout", NULL};

struct service {
	const struct ini *ini;
	const struct ini_section *section;
	json_t *check, *args;
	char prefix[PREFIX_TEXT_SIZE]; /* empty: there is none that is right */
};

void
anycast_service_keys_note(const struct ini *ini, const struct ini_section *section)
{
	const struct ini_key *key;

	STAILQ_FOREACH(key, &section->keys, entry)
		if (!ini_key_is(key, known) && !(ini_is_defaults(ini, section) && anycast_daemon_has(key)))
			import_note(ini->importing, IMPORT_DIFFERS, ini_place(key),
			    "%.100s is no key of anycast-healthchecker: ignored, but for"
			    " %%(%.100s)s", key->name, key->name);
}

static const char *
place(const struct service *service, const char *key)
{
	return ini_where(service->ini, service->section, key);
}

/* A command without a shell as one for a shell, with text of the shell before and after it; malloc'd. NULL: noted. */
static char *
command_make(const struct service *service, const char *key, const char *before, const char *after)
{
	struct importing *importing = service->ini->importing;
	char *text = ini_get(service->ini, service->section, key, NULL), *made = NULL;
	FILE *file = text == NULL ? NULL : open_memstream(&made, &(size_t){0});
	const char *problem = "needs more memory than there is", *meant = NULL;

	if (text == NULL)
		return NULL;
	if (file != NULL) {
		fputs(before, file);
		problem = anycast_command_write(file, text, &meant);
		fputs(after, file);
		if ((ferror(file) | fclose(file)) != 0 || made == NULL)
			problem = "needs more memory than there is";
	}
	if (problem != NULL)
		import_note(importing, IMPORT_WRONG, place(service, key), "%s %s", key, problem);
	else
		import_command_note(importing, place(service, key), text, "this");
	if (problem == NULL && meant != NULL)
		import_note(importing, IMPORT_DIFFERS, place(service, key),
		    "%s is executed without a shell there: \"%.40s\" is an argument, and quoted to stay"
		    " one", key, meant);
	free(text);
	if (problem == NULL)
		return made;
	free(made);
	return NULL;
}

/* It ends at once when the address is not on the interface: here that is a failure like others. */
static char *
assigned_make(const struct service *service)
{
	char *interface, *text = NULL;
	bool unchecked;

	if (!ini_get_flag(service->ini, service->section, "ip_check_disabled", "false", &unchecked) ||
	    *service->prefix == '\0')
		return NULL;
	if (unchecked)
		return strdup("");
	if ((interface = ini_get(service->ini, service->section, "interface", "lo")) == NULL)
		return NULL;
	if (strpbrk(interface, "'\" \t\n\\$`;&|<>()*?") != NULL)
		import_note(service->ini->importing, IMPORT_WRONG, place(service, "interface"),
		    "interface must be the name of an interface, got \"%.100s\"", interface);
	else if (asprintf(&text, "ip address show dev %s to %s | grep -qF %s && ", interface, service->prefix,
		     service->prefix) == -1)
		text = NULL;
	free(interface);
	return text;
}

static void
command_import(const struct service *service)
{
	struct importing *importing = service->ini->importing;
	char *before = assigned_make(service), *command;

	command = command_make(service, "check_cmd", before == NULL ? "" : before, "");
	import_add_text(importing, service->args, "method", "shell");
	if (before == NULL && import_count(importing, IMPORT_WRONG) == 0)
		import_note(importing, IMPORT_WRONG, NULL, "out of memory");
	if (command != NULL)
		import_add_text(importing, service->args, "command", command);
	free(command);
	free(before);
}

static void
prefix_import(struct service *service)
{
	struct importing *importing = service->ini->importing;
	char *text = ini_get(service->ini, service->section, "ip_prefix", NULL);
	const struct ini_section *daemon = ini_section(service->ini, ANYCAST_DAEMON);
	const char *family;
	json_t *prefixes;
	struct prefix prefix;
	bool enabled;

	if (text == NULL)
		return;
	switch (prefix_parse(text, &prefix)) {
	case PREFIX_SYNTAX:
	case PREFIX_LENGTH:
		import_note(importing, IMPORT_WRONG, place(service, "ip_prefix"),
		    "ip_prefix must be an address, or a network as 192.0.2.1/32, got \"%.100s\"", text);
		break;
	case PREFIX_HOST_BITS:
		import_note(importing, IMPORT_WRONG, place(service, "ip_prefix"),
		    "ip_prefix has host bits: the network is %s",
		    prefix_format(&prefix, service->prefix));
		*service->prefix = '\0';
		break;
	case PREFIX_OK:
		prefix_format(&prefix, service->prefix);
		prefixes = import_add_list(importing, service->check, "prefixes");
		import_add_text(importing, prefixes, NULL, service->prefix);
		family = prefix.address.family == AF_INET ? "ipv4" : "ipv6";
		if (daemon != NULL && ini_get_flag(service->ini, daemon, family, "true", &enabled) && !enabled)
			import_note(importing, IMPORT_DIFFERS, place(service, "ip_prefix"),
			    "[daemon] says %s = false, with which anycast-healthchecker refuses it; the families are"
			    " ExaBGP's here", family);
		break;
	}
	free(text);
}

static void
number_import(const struct service *service, const char *key, const char *fallback, json_t *container, const char *name)
{
	double number;

	if (ini_get_number(service->ini, service->section, key, fallback, 0, &number))
		import_add_number(service->ini->importing, container, name, number);
}

static void
count_import(const struct service *service, const char *key, const char *name)
{
	int64_t count;

	if (!ini_get_whole(service->ini, service->section, key, "2", 0, UINT16_MAX, &count))
		return;
	import_add_integer(service->ini->importing, service->check, name, count);
	if (count == 0)
		import_note(service->ini->importing, IMPORT_DIFFERS, place(service, key),
		    "%s is 0: that never happens there, here it means 1", key);
}

/* It executes this in place of birdc, with "up" or "down" behind it. */
static void
reconfigure_import(const struct service *service)
{
	static const char key[] = "custom_bird_reconfigure_cmd";
	struct importing *importing = service->ini->importing;
	json_t *hooks;
	char *up, *down;

	if (ini_key(service->ini, service->section, key) == NULL)
		return;
	hooks = import_add_map(importing, service->check, "hooks");
	if ((up = command_make(service, key, "", " up")) != NULL)
		import_add_text(importing, hooks, "up", up);
	if (up != NULL && (down = command_make(service, key, "", " down")) != NULL) {
		import_add_text(importing, hooks, "down", down);
		free(down);
	}
	free(up);
	number_import(service, "custom_bird_reconfigure_cmd_timeout", "2", hooks, "timeout");
	import_note(importing, IMPORT_DIFFERS, place(service, key),
	    "%s is run as hooks.up and hooks.down: what it does to BIRD is not needed any more", key);
}

/* The check is never executed there, and its prefix is announced always or never. */
static void
disabled_import(const struct service *service)
{
	struct importing *importing = service->ini->importing;
	char *what = ini_get(service->ini, service->section, "on_disabled", "withdraw");

	if (what != NULL && strcmp(what, "advertise") == 0) {
		import_add_text(importing, service->args, "command", "true");
		import_add_integer(importing, service->check, "rise", 1);
		import_add_flag(importing, service->check, "splay", false);
		import_note(importing, IMPORT_DIFFERS, place(service, "check_disabled"),
		    "[%.200s] is announced without being checked: its command is \"true\"", service->section->name);
	} else if (what != NULL && strcmp(what, "withdraw") == 0) {
		import_add_text(importing, service->check, "disable", ALWAYS_THERE);
		import_note(importing, IMPORT_DIFFERS, place(service, "check_disabled"),
		    "[%.200s] is disabled (check_disabled is true, also where nothing says it): to have it checked"
		    " and announced, remove"
		    " its disable: " ALWAYS_THERE, service->section->name);
	} else if (what != NULL) {
		import_note(importing, IMPORT_WRONG, place(service, "on_disabled"),
		    "on_disabled must be withdraw or advertise, got \"%.100s\"", what);
	}
	free(what);
}

void
anycast_service_import(const struct ini *ini, const struct ini_section *section, bool *said)
{
	struct service service = {.ini = ini, .section = section};
	char name[INI_NAME_SIZE];
	bool disabled;

	anycast_service_keys_note(ini, section);
	ini_name(ini, section, name);
	service.check = import_add_check(ini->importing, name);
	service.args = json_object();
	prefix_import(&service);
	number_import(&service, "check_interval", "10", service.check, "interval");
	count_import(&service, "check_rise", "rise");
	count_import(&service, "check_fail", "fall");
	command_import(&service);
	number_import(&service, "check_timeout", "2", service.args, "timeout");
	if (ini_get_flag(ini, section, "check_disabled", "true", &disabled) && disabled)
		disabled_import(&service);
	reconfigure_import(&service);
	if (!*said && json_object_get(service.args, "command") != NULL &&
	    strncmp(json_string_value(json_object_get(service.args, "command")), "ip address ", 11) == 0) {
		import_note(ini->importing, IMPORT_DIFFERS, section->place,
		    "an address that is not on its interface fails the check as often as fall says; there once is"
		    " enough."
		    " ip_setup can put it there, ip_check_disabled = true does not look");
		*said = true;
	}
	import_add(ini->importing, service.check, "args", service.args);
}
