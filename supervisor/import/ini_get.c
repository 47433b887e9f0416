/*
 * Values of INI files by their type. Touches memory only. Invariant: a value that is handed out has been checked.
 */
#include "ini_get.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../common/utf8.h"

#define NAME_LENGTH_MAX 200 /* of a check's, with its number */
#define NUMBER_LENGTH 8

const char *
ini_where(const struct ini *ini, const struct ini_section *section, const char *name)
{
	const struct ini_key *key = ini_key(ini, section, name);

	return key == NULL ? section->place : ini_place(key);
}

static void
wrong(const struct ini *ini, const struct ini_section *section, const char *key, const char *text, const char *what)
{
	import_note(
	    ini->importing, IMPORT_WRONG, ini_where(ini, section, key), "%s %s, got \"%.100s\"", key, what, text);
}

char *
ini_get(const struct ini *ini, const struct ini_section *section, const char *name, const char *fallback)
{
	const struct ini_key *key = ini_key(ini, section, name);
	char *text = key != NULL ? ini_text(ini, section, key) : strdup(fallback == NULL ? "" : fallback);

	if (text == NULL && key == NULL)
		import_note(ini->importing, IMPORT_WRONG, section->place, "out of memory");
	if (text == NULL || *text != '\0')
		return text;
	import_note(ini->importing, IMPORT_WRONG, ini_where(ini, section, name), "[%.200s] has no value for %s",
	    section->name, name);
	free(text);
	return NULL;
}

bool
ini_get_number(const struct ini *ini, const struct ini_section *section, const char *key, const char *fallback,
    double more_than, double *value)
{
	char *text = ini_get(ini, section, key, fallback), *end;
	bool good;

	if (text == NULL)
		return false;
	*value = strtod(text, &end);
	good = *end == '\0' && strspn(text, "+-.0123456789eE") == strlen(text) && isfinite(*value);
	if (!good)
		wrong(ini, section, key, text, "must be a number");
	else if (!(good = *value > more_than))
		wrong(ini, section, key, text, more_than < 0 ? "must be 0 or more" : "must be more than 0");
	free(text);
	return good;
}

bool
ini_get_whole(const struct ini *ini, const struct ini_section *section, const char *key, const char *fallback,
    int64_t least, int64_t most, int64_t *value)
{
	char *text = ini_get(ini, section, key, fallback), *end;
	bool good;

	if (text == NULL)
		return false;
	errno = 0;
	*value = strtoll(text, &end, 10);
	good = *end == '\0' && errno == 0 && *value >= least && *value <= most;
	if (!good)
		import_note(ini->importing, IMPORT_WRONG, ini_where(ini, section, key),
		    "%s must be a whole number from %lld to %lld, got"
		    " \"%.100s\"", key, (long long)least, (long long)most, text);
	free(text);
	return good;
}

bool
ini_get_flag(const struct ini *ini, const struct ini_section *section, const char *key, const char *fallback,
    bool *value)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"}; /* odd: true */
	char *text = ini_get(ini, section, key, fallback);
	size_t i = 0;

	if (text == NULL)
		return false;
	while (i < sizeof(words) / sizeof(words[0]) && strcasecmp(text, words[i]) != 0)
		i++;
	*value = i % 2 == 1;
	if (i == sizeof(words) / sizeof(words[0]))
		wrong(ini, section, key, text, "must be yes or no");
	free(text);
	return i < sizeof(words) / sizeof(words[0]);
}

char *
ini_get_path(const struct ini *ini, const struct ini_section *section, const char *key, const char *fallback)
{
	char *text = ini_get(ini, section, key, fallback);

	if (text == NULL || *text == '/')
		return text;
	wrong(ini, section, key, text, "must be an absolute path, because exacheck has a directory of its own");
	free(text);
	return NULL;
}

/* The section's name in the bytes that a check's may have; never cut within a character. */
static void
name_write(const char *text, char name[static INI_NAME_SIZE])
{
	size_t length;

	snprintf(name, NAME_LENGTH_MAX - NUMBER_LENGTH + 1, "%s", text);
	length = strlen(name);
	if (strlen(text) > length) {
		while (length > 0 && (text[length] & 0xc0) == 0x80)
			length--;
		name[length] = '\0';
	}
	utf8_sanitise(name);
	for (char *at = name; *at != '\0'; at++)
		if (*at == '\'' || *at == '"')
			*at = '_';
	if (*name == '\0')
		memcpy(name, "_", 2);
}

void
ini_name(const struct ini *ini, const struct ini_section *section, char name[static INI_NAME_SIZE])
{
	size_t length;

	name_write(section->name, name);
	length = strlen(name);
	for (unsigned number = 2; import_name_used(ini->importing, name, false); number++)
		snprintf(name + length, INI_NAME_SIZE - length, "-%u", number);
	if (strcmp(name, section->name) != 0)
		import_note(ini->importing, IMPORT_DIFFERS, section->place, "[%.200s]: the check's name is \"%s\"",
		    section->name, name);
}
