/*
 * The conversation across an upgrade. Touches its memory. Invariant: it goes on in the phase in which it was, so that
 * what ExaBGP answers meanwhile is understood; nothing is asked anew.
 */
#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#include "exabgp_internal.h"

static const struct state_field fields[] = {
	STATE_ENUM(struct exabgp, phase, PHASE_TALK + 1),
	STATE_FIELD(struct exabgp, phase_end),
	STATE_FIELD(struct exabgp, settle_end),
	STATE_FIELD(struct exabgp, version_owed),
	STATE_FIELD(struct exabgp, resend_due),
	STATE_FIELD(struct exabgp, unaccounted),
	STATE_FIELD(struct exabgp, miscounted),
	STATE_ENUM(struct exabgp, dialect, DIALECT_V6 + 1),
	STATE_FIELD(struct exabgp, acks),
	STATE_FIELD(struct exabgp, error_begun),
	STATE_FIELD(struct exabgp, error_end),
	STATE_FIELD(struct exabgp, draining),
	STATE_FIELD(struct exabgp, drain_end),
	STATE_FIELD(struct exabgp, resync_at),
	STATE_FIELD(struct exabgp, age_at),
	STATE_FIELD(struct exabgp, reborn),
	STATE_FIELD(struct exabgp, lost_state),
	STATE_FIELD(struct exabgp, evidence_at),
	STATE_FIELD(struct exabgp, evidence_earliest),
	STATE_FIELD(struct exabgp, answered),
	STATE_FIELD(struct exabgp, strangers),
	STATE_FIELD(struct exabgp, commands),
	STATE_FIELD(struct exabgp, errors),
	STATE_FIELD(struct exabgp, timeouts),
	STATE_FIELD(struct exabgp, shutdown),
	STATE_FIELD(struct exabgp, complained),
	STATE_END,
};

/* A line that has come in part, in hexadecimal digits: it may hold anything. */
static json_t *
part_save(const struct line_reader *reader)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(2 * reader->length + 1);
	json_t *json;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < reader->length; i++) {
		unsigned char byte = (unsigned char)reader->line[i];

		text[2 * i] = digits[byte >> 4];
		text[2 * i + 1] = digits[byte & 0xf];
	}
	json = json_stringn(text, 2 * reader->length);
	free(text);
	return json;
}

static int
digit_value(char digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* False: it is no such text, or too long. */
static bool
part_load(struct line_reader *reader, const char *text)
{
	size_t length = strlen(text) / 2;

	if (length > sizeof(reader->line) || strlen(text) % 2 != 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		reader->line[i] = (char)(high << 4 | low);
	}
	reader->length = length;
	return true;
}

json_t *
exabgp_save(const struct exabgp *exabgp)
{
	json_t *map = state_save(fields, exabgp);

	if (map != NULL && state_put_text(map, "version", exabgp->version) &&
	    state_put_text(map, "error", exabgp->error_begun ? exabgp->error : "") &&
	    state_put(map, "overlong", json_boolean(exabgp->reader.overlong)) &&
	    state_put(map, "part", part_save(&exabgp->reader)))
		return map;
	json_decref(map);
	return NULL;
}

bool
exabgp_load(struct exabgp *exabgp, const json_t *map, char error[static STATE_ERROR_SIZE])
{
	const char *version = state_text(map, "version"), *text = state_text(map, "error"), *part = state_text(map, "part");

	if (!state_load(fields, exabgp, map, error))
		return false;
	if (part != NULL && !part_load(&exabgp->reader, part)) {
		snprintf(error, STATE_ERROR_SIZE, "the line that has come in part");
		return false;
	}
	exabgp->reader.overlong = json_is_true(json_object_get(map, "overlong"));
	strlcpy(exabgp->version, version != NULL ? version : "", sizeof(exabgp->version));
	strlcpy(exabgp->error, text != NULL ? text : "", sizeof(exabgp->error));
	exabgp->due = 0; /* what a new conversation begins with */
	return true;
}

bool
exabgp_state_valid(const json_t *map, char error[static STATE_ERROR_SIZE])
{
	struct exabgp *exabgp = calloc(1, sizeof(*exabgp));
	bool valid = false;

	if (exabgp == NULL)
		snprintf(error, STATE_ERROR_SIZE, "out of memory");
	else
		valid = exabgp_load(exabgp, map, error);
	free(exabgp);
	return valid;
}
