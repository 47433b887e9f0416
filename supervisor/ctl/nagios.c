/*
 * `nagios`: a plugin for Nagios, Icinga and their kin: one line, performance data, their exit codes. Touches standard
 * output. Invariant: whatever goes wrong, it is one line and one of the four codes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "ctl.h"
#include "map.h"
#include "status.h"
#include "words.h"

enum { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

enum { UP, DOWN, UNSURE, DISABLED, KINDS };

#define NAMED_MAX 10 /* names in the line; the others are counted */

struct judging {
	int64_t now;
	size_t counts[KINDS];
	size_t named;
	FILE *names; /* of what is not up */
};

/* Whether ExaBGP refuses a route of it. */
static bool
node_refused(const json_t *node)
{
	json_t *route;
	size_t i;

	json_array_foreach(map_list(node, "routes"), i, route)
		if (map_is(route, "state", "rejected"))
			return true;
	return false;
}

/* Not sure: it is on its way, has no verdict yet, or what is announced is not what was found. */
static unsigned
node_kind(const json_t *node)
{
	if (map_is(node, "state", "disabled"))
		return DISABLED;
	if (map_true(node, "guarded") || map_is(node, "state", "down"))
		return DOWN;
	return map_is(node, "state", "up") && map_text(node, "held_until") == NULL && map_map(node, "override") == NULL &&
	    !node_refused(node) ? UP : UNSURE;
}

static void
node_judge(void *context, json_t *node)
{
	struct judging *judging = context;
	unsigned kind = node_kind(node);
	char text[WORDS_SIZE];

	judging->counts[kind]++;
	if (kind == UP || judging->named++ >= NAMED_MAX)
		return;
	fprintf(judging->names, "%s%s is %s%s", judging->named > 1 ? "; " : "", map_word(node, "name"),
	    words_state(node, judging->now, text), node_refused(node) ? ", refused by ExaBGP" : "");
}

/* thresholds: of nodes that are down, or not sure; 0 and less: never. */
static int
judge(const struct judging *judging, const struct ctl *ctl)
{
	size_t bad = judging->counts[DOWN] + judging->counts[UNSURE];
	/* unless said otherwise: what is down is critical, what is not sure a warning */
	size_t critical = ctl->critical < 0 ? judging->counts[DOWN] : bad;
	long critical_at = ctl->critical < 0 ? 1 : ctl->critical, warning_at = ctl->warning < 0 ? 1 : ctl->warning;

	if (critical_at > 0 && critical >= (size_t)critical_at)
		return NAGIOS_CRITICAL;
	return warning_at > 0 && bad >= (size_t)warning_at ? NAGIOS_WARNING : NAGIOS_OK;
}

static int
report(const struct status *status, const struct ctl *ctl)
{
	static const char *const words[] = {"OK", "WARNING", "CRITICAL"};
	struct judging judging = {.now = status->now};
	const json_t *exabgp = map_map(status->exacheck, "exabgp");
	bool gone = json_is_false(json_object_get(exabgp, "connected")); /* whom no verdict reaches */
	size_t size, *counts = judging.counts;
	char *names;
	int code;

	judging.names = ctl_whole(open_memstream(&names, &size));
	status_each(status, node_judge, &judging);
	if (judging.named > NAMED_MAX)
		fprintf(judging.names, " and %zu more", judging.named - NAMED_MAX);
	if (fclose(judging.names) != 0)
		ctl_no_memory();
	code = gone ? NAGIOS_CRITICAL : judge(&judging, ctl);
	for (char *bar = names; *bar != '\0'; bar++)
		if (*bar == '|') /* begins the performance data */
			*bar = '/';
	printf("EXACHECK %s - %s%zu of %zu up%s%s | up=%zu;; down=%zu;; unsure=%zu;; disabled=%zu;; pending=%lld;; errors=%lldc;;\n",
	    words[code], gone ? "ExaBGP is not connected; " : "", counts[UP],
	    counts[UP] + counts[DOWN] + counts[UNSURE] + counts[DISABLED],
	    *names != '\0' ? ": " : "", names, counts[UP], counts[DOWN], counts[UNSURE], counts[DISABLED],
	    (long long)map_integer(exabgp, "pending"), (long long)map_integer(exabgp, "errors"));
	free(names);
	return code;
}

enum ctl_exit
command_nagios(const struct ctl *ctl)
{
	struct client *client = client_new(ctl, CTL_PATIENCE_S);
	struct status status;
	const char *why;
	enum ctl_exit failed;
	int code;

	if (status_fetch(&status, client, ctl->names, ctl->count, false)) {
		code = report(&status, ctl);
		status_free(&status);
	} else {
		failed = client_error(client, &why);
		/* one that does not run, or does not answer, checks nothing */
		code = failed == CTL_NOBODY || failed == CTL_FAILED ? NAGIOS_CRITICAL : NAGIOS_UNKNOWN;
		printf("EXACHECK %s - %s\n", code == NAGIOS_CRITICAL ? "CRITICAL" : "UNKNOWN", why);
	}
	client_free(client);
	return (enum ctl_exit)code;
}
