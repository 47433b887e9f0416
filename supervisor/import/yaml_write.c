/*
 * YAML by libyaml's emitter. Touches the file that it writes to. Invariant: what is a text there is read as a text, and
 * what is none is not.
 */
#include "yaml_write.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#define WIDTH 120
#define FLOW_ITEMS_MAX 8 /* a longer list has a line an item */

/* What a reader of YAML 1.1 may take for something else when it stands without quotes. */
static bool
is_ambiguous(const char *text)
{
	static const char *const reserved[] = {"null", "~", "true", "false", "yes", "no", "on", "off", "y", "n"};

	if (*text == '\0' || strchr("0123456789.+-=<", *text) != NULL)
		return true;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcasecmp(text, reserved[i]) == 0)
			return true;
	return false;
}

/* Lists of a few values go on one line. */
static bool
is_short(json_t *list)
{
	json_t *item;
	size_t i;

	if (json_array_size(list) > FLOW_ITEMS_MAX)
		return false;
	json_array_foreach(list, i, item)
		if (json_is_object(item) || json_is_array(item))
			return false;
	return true;
}

static bool
emit_scalar(yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t event;

	return yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1, style) &&
	    yaml_emitter_emit(emitter, &event);
}

static bool
emit_text(yaml_emitter_t *emitter, const char *text)
{
	yaml_scalar_style_t style = YAML_ANY_SCALAR_STYLE;

	if (strchr(text, '\n') != NULL)
		style = YAML_LITERAL_SCALAR_STYLE;
	else if (is_ambiguous(text))
		style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	return emit_scalar(emitter, text, style);
}

/* Numbers, true, false, null: as JSON has them. */
static bool
emit_word(yaml_emitter_t *emitter, json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	bool emitted = text != NULL && emit_scalar(emitter, text, YAML_PLAIN_SCALAR_STYLE);

	free(text);
	return emitted;
}

static bool emit(yaml_emitter_t *, json_t *);

static bool
emit_list(yaml_emitter_t *emitter, json_t *list)
{
	yaml_sequence_style_t style = is_short(list) ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
	yaml_event_t event;
	json_t *item;
	size_t i;

	if (!yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style) || !yaml_emitter_emit(emitter, &event))
		return false;
	json_array_foreach(list, i, item)
		if (!emit(emitter, item))
			return false;
	return yaml_sequence_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static bool
emit_map(yaml_emitter_t *emitter, json_t *map)
{
	void *at = json_object_iter(map);
	yaml_event_t event;

	if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE) ||
	    !yaml_emitter_emit(emitter, &event))
		return false;
	for (; at != NULL; at = json_object_iter_next(map, at))
		if (!emit_text(emitter, json_object_iter_key(at)) || !emit(emitter, json_object_iter_value(at)))
			return false;
	return yaml_mapping_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

static bool
emit(yaml_emitter_t *emitter, json_t *value)
{
	if (json_is_object(value))
		return emit_map(emitter, value);
	if (json_is_array(value))
		return emit_list(emitter, value);
	return json_is_string(value) ? emit_text(emitter, json_string_value(value)) : emit_word(emitter, value);
}

static bool
emit_document(yaml_emitter_t *emitter, json_t *value)
{
	yaml_event_t event;

	return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) && yaml_emitter_emit(emitter, &event) &&
	    yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) && yaml_emitter_emit(emitter, &event) &&
	    emit(emitter, value) &&
	    yaml_document_end_event_initialize(&event, 1) && yaml_emitter_emit(emitter, &event) &&
	    yaml_stream_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event) && yaml_emitter_flush(emitter);
}

bool
yaml_write(json_t *value, FILE *file)
{
	yaml_emitter_t emitter;
	bool written;

	if (!yaml_emitter_initialize(&emitter))
		return false;
	yaml_emitter_set_output_file(&emitter, file);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, WIDTH);
	written = emit_document(&emitter, value);
	yaml_emitter_delete(&emitter);
	return written;
}
