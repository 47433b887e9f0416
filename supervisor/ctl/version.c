/*
 * `version` and `upgrade`: which programs these are, and executing another one in place. Touches standard output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../common/monotime.h"
#include "client.h"
#include "ctl.h"
#include "json_print.h"
#include "map.h"

/* More than exacheck itself waits for each of the steps of an upgrade. */
#define UPGRADE_PATIENCE_S 30.0
/* How long nobody may listen after one. */
#define RETURN_NS (15 * NS_PER_SECOND)
#define POLL_NS (50 * NS_PER_MILLISECOND)

static bool
line_keep(void *context, json_t *line)
{
	json_t **kept = context;

	json_decref(*kept);
	*kept = json_incref(line);
	return true;
}

/* What exacheck says of itself, NULL after an error, which is told only if that is wanted. */
static json_t *
exacheck_fetch(const struct ctl *ctl, bool tell, enum ctl_exit *code)
{
	struct client *client = client_new(ctl, CTL_PATIENCE_S);
	enum client_line kind = CLIENT_ERROR;
	json_t *line, *map = NULL;
	const char *text;

	if (client_request(client, request_new("version", NULL, 0)))
		while ((kind = client_next(client, &line)) == CLIENT_LINE) {
			line_keep(&map, line);
			json_decref(line);
		}
	if (kind != CLIENT_END || map == NULL) {
		*code = tell ? client_complain(client) : client_error(client, &text);
		json_decref(map);
		map = NULL;
	}
	client_free(client);
	return map;
}

enum ctl_exit
command_version(const struct ctl *ctl)
{
	enum ctl_exit code = CTL_DONE;
	json_t *exacheck = exacheck_fetch(ctl, true, &code);

	if (ctl->json) {
		json_t *both = ctl_whole(json_pack("{sssO?}", "exacheck_ctl", EXACHECK_VERSION, "exacheck", exacheck));

		json_object_del(json_object_get(both, "exacheck"), "type");
		json_print(both);
		json_decref(both);
	} else {
		printf("exacheck-ctl %s\n", EXACHECK_VERSION);
		if (exacheck != NULL)
			printf("exacheck %s (pid %lld)\n", map_word(exacheck, "version"), (long long)map_integer(exacheck, "pid"));
	}
	json_decref(exacheck);
	return code;
}

/* The connection has ended: whoever listens now, says what became of it. */
static enum ctl_exit
upgrade_judge(const struct ctl *ctl, const json_t *before)
{
	const struct timespec pause = monotime_timespec(POLL_NS);
	const monotime_t deadline = monotime_add(monotime_now(), RETURN_NS);
	enum ctl_exit code = CTL_DONE;
	long long pid = (long long)map_integer(before, "pid");
	json_t *after;
	bool upgraded;

	while ((after = exacheck_fetch(ctl, false, &code)) == NULL && code != CTL_PERMISSION &&
	    monotime_before(monotime_now(), deadline))
		nanosleep(&pause, NULL);
	if (after == NULL) {
		ctl_warn("exacheck (pid %lld) has ended, or does not listen at %s any more: see its log", pid, ctl->socket);
		return CTL_FAILED;
	}
	upgraded = map_integer(after, "pid") == pid && map_integer(after, "upgrades") > map_integer(before, "upgrades");
	if (upgraded && ctl->json)
		json_print_line(after);
	else if (upgraded)
		printf("exacheck (pid %lld) was upgraded from %s to %s\n", pid, map_word(before, "version"),
		    map_word(after, "version"));
	else if (map_integer(after, "pid") != pid)
		ctl_warn("exacheck (pid %lld) has ended; another one (pid %lld, version %s) listens now", pid,
		    (long long)map_integer(after, "pid"), map_word(after, "version"));
	else
		ctl_warn("exacheck %s (pid %lld) closed the connection and was not upgraded: see its log",
		    map_word(after, "version"), pid);
	json_decref(after);
	return upgraded ? CTL_DONE : CTL_FAILED;
}

enum ctl_exit
command_upgrade(const struct ctl *ctl)
{
	enum ctl_exit code = CTL_DONE;
	json_t *before = exacheck_fetch(ctl, true, &code), *line;
	struct client *client;
	enum client_line kind = CLIENT_ERROR;
	const char *why;

	if (before == NULL)
		return code;
	client = client_new(ctl, UPGRADE_PATIENCE_S);
	if (client_request(client, request_new("upgrade", NULL, 0)))
		while ((kind = client_next(client, &line)) == CLIENT_LINE)
			json_decref(line);
	code = client_error(client, &why);
	if (kind == CLIENT_CLOSED || kind == CLIENT_END)
		code = upgrade_judge(ctl, before);
	else if (code == CTL_FAILED)
		ctl_warn("exacheck %s (pid %lld) goes on: %s", map_word(before, "version"),
		    (long long)map_integer(before, "pid"), why);
	else
		client_complain(client);
	client_free(client);
	json_decref(before);
	return code;
}
