/*
 * Notes of nodes in the journal, each the state that an upgrade would hand over, under the node's kind and name.
 * Touches the journal, and at a start the nodes. Invariant: an event that leaves a node as it was writes nothing.
 */
#include "node_journal.h"

#include <stdio.h>
#include <string.h>

#include "../common/log.h"
#include "checks.h"
#include "journal.h"
#include "journal_record.h"

/* The key of a node's note: "check:web%20v4". False: the name is too long for one. */
static bool
key_format(const struct checks *checks, size_t rank, char *key, size_t size)
{
	const char *name = checks_node(checks, rank)->config->name;
	size_t length = (size_t)snprintf(key, size, "%s:", rank < checks_count(checks) ? "check" : "group");

	for (; *name != '\0'; name++) {
		bool plain = *name > ' ' && *name <= '~' && *name != '%';

		if (length + sizeof("%00") > size)
			return false;
		length += (size_t)snprintf(key + length, size - length, plain ? "%c" : "%%%02X", (unsigned char)*name);
	}
	return true;
}

struct node_note {
	char key[JOURNAL_RECORD_MAX], text[JOURNAL_RECORD_MAX];
};

/* The present note of a node. False: it is too long, or there is no memory for it. */
static bool
note_make(const struct checks *checks, size_t rank, struct node_note *note)
{
	json_t *map = key_format(checks, rank, note->key, sizeof(note->key)) ? checks_save_node(checks, rank) : NULL;
	size_t length = 0;

	if (map != NULL)
		length = json_dumpb(map, note->text, sizeof(note->text) - 1, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(map);
	if (length == 0 || length >= sizeof(note->text))
		return false;
	note->text[length] = '\0';
	return true;
}

static void
note_write(const struct node_journal *notes, size_t rank)
{
	struct node_note note;

	if (note_make(notes->checks, rank, &note))
		journal_note(notes->journal, &(struct journal_note){note.key, note.text});
}

static void
notes_draft(void *context, struct journal_draft *draft)
{
	const struct node_journal *notes = context;
	struct node_note note;

	for (size_t rank = 0; rank < checks_node_count(notes->checks); rank++)
		if (note_make(notes->checks, rank, &note))
			journal_draft_note(draft, &(struct journal_note){note.key, note.text});
}

void
node_journal_begin(struct node_journal *notes)
{
	journal_keep_notes(notes->journal, notes_draft, notes);
}

void
node_journal_forget(struct node_journal *notes)
{
	journal_keep_notes(notes->journal, NULL, NULL);
}

void
node_journal_event(const struct node_journal *notes, const struct transition *transition)
{
	const struct fsm *before = &transition->before, *after = &transition->after;

	/* what has an effect is a change of the node, which comes first */
	if (transition->effect == NODE_SAME && (before->state != after->state || before->count != after->count))
		note_write(notes, transition->node->rank);
}

void
node_journal_change(const struct node_journal *notes, const struct node_change *change)
{
	note_write(notes, change->node->rank);
}

void
node_journal_reloaded(const struct node_journal *notes)
{
	journal_renew(notes->journal);
}

static bool
note_restore(struct checks *checks, size_t rank, const char *text, monotime_t now)
{
	char error[STATE_ERROR_SIZE] = "";
	json_error_t problem = {.text = ""};
	json_t *map = json_loads(text, 0, &problem);
	bool restored = json_is_object(map) && checks_inherit(checks, rank, map, now, error);

	if (!restored)
		log_line(LOG_LEVEL_WARNING, checks_node(checks, rank)->config->name,
		    "begins anew: the journal's note of it cannot be read: %s",
		    map == NULL ? problem.text : error[0] != '\0' ? error : "it is not a map");
	json_decref(map);
	return restored;
}

void
node_journal_restore(const struct journal *journal, struct checks *checks, monotime_t now)
{
	char key[JOURNAL_RECORD_MAX];
	size_t restored = 0;

	for (size_t rank = 0; rank < checks_node_count(checks); rank++) {
		const char *text = key_format(checks, rank, key, sizeof(key)) ? journal_noted(journal, key) : NULL;

		restored += text != NULL && note_restore(checks, rank, text, now);
	}
	if (restored > 0)
		log_info("the state that a predecessor left goes on: of %zu of %zu checks and groups", restored,
		    checks_node_count(checks));
}
