/*
 * Python `re` syntax to PCRE2 syntax. Pure. Invariant: a construct is passed on only when both dialects
 * give it the same meaning; everything else is rewritten or refused. A construct that Python's re does
 * not have is refused even where PCRE2 has it, so that a pattern means the same in both programs.
 */
#include "pattern_translate.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option_error.h"

#define PATTERN_MAX_LENGTH 16384 /* bytes */
#define EXPANSION_MAX 4 /* bytes of output for a byte of input at most, see the rewriting below */

struct translator {
	const char *start;
	const char *c;	  /* where we are */
	const char *item; /* where the construct at hand began */
	struct translation *out;
	size_t capacity;
	bool started;	 /* something that matters stands before: flags may no longer come */
	bool repeated;	 /* what stands before is a repeat */
	char *error;
};

static bool
refuse(const struct translator *t, const char *reason)
{
	return option_error(t->error, "at character %zu: %s", (size_t)(t->item - t->start) + 1, reason);
}

static void
emit(struct translator *t, const char *text, size_t length)
{
	if (length > t->capacity - t->out->length)
		length = t->capacity - t->out->length; /* cannot be: see EXPANSION_MAX */
	for (size_t i = 0; i < length; i++) {
		t->out->text[t->out->length] = text[i];
		t->out->origin[t->out->length++] = (uint32_t)(t->item - t->start);
	}
}

static void
emit_text(struct translator *t, const char *text)
{
	emit(t, text, strlen(text));
}

/* Emit the next length bytes of the pattern as they are. */
static void
pass(struct translator *t, size_t length)
{
	emit(t, t->c, length);
	t->c += length;
}

static bool
emit_code_point(struct translator *t, unsigned long code_point)
{
	char text[16];

	if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff))
		return refuse(t, "is no Unicode character");
	if (code_point > 0xff)
		t->out->bytes = false;
	snprintf(text, sizeof(text), "\\x{%lx}", code_point);
	emit_text(t, text);
	return true;
}

/* A run of exactly count hex digits after \x, \u or \U. */
static bool
translate_hex(struct translator *t, size_t count)
{
	char digits[9] = "";

	t->c += 2;
	if (strspn(t->c, "0123456789abcdefABCDEF") < count)
		return refuse(t, "\\x takes 2 hex digits, \\u 4 and \\U 8");
	memcpy(digits, t->c, count);
	t->c += count;
	return emit_code_point(t, strtoul(digits, NULL, 16));
}

static bool
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* An octal escape of up to max digits. */
static bool
translate_octal(struct translator *t, size_t max)
{
	unsigned long number = 0;

	t->c++;
	for (size_t i = 0; i < max && is_octal(*t->c); i++)
		number = number * 8 + (unsigned long)(*t->c++ - '0');
	if (number > 0377)
		return refuse(t, "an octal escape goes up to \\377");
	return emit_code_point(t, number);
}

/* \0 and three octal digits are characters; other digits, at most two, are a group's number. */
static bool
translate_digits(struct translator *t, bool in_class)
{
	char text[16], digits[3] = "";

	if (in_class && !is_octal(t->c[1]))
		return refuse(t, "a class has no group references");
	if (in_class || t->c[1] == '0' || (is_octal(t->c[1]) && is_octal(t->c[2]) && is_octal(t->c[3])))
		return translate_octal(t, 3);
	digits[0] = t->c[1];
	if (isdigit((unsigned char)t->c[2]))
		digits[1] = t->c[2];
	t->c += 1 + strlen(digits);
	snprintf(text, sizeof(text), "\\g{%s}", digits);
	emit_text(t, text);
	return true;
}

static bool
translate_escape(struct translator *t, bool in_class)
{
	char next = t->c[1], reason[64];

	if (next == '\0')
		return refuse(t, "a backslash at the end");
	if (isdigit((unsigned char)next))
		return translate_digits(t, in_class);
	if (strchr("abdfnrstwDSW", next) != NULL || (!in_class && strchr("AB", next) != NULL)) {
		pass(t, 2);
		return true;
	}
	switch (next) {
	case 'x':
		return translate_hex(t, 2);
	case 'u':
		return translate_hex(t, 4);
	case 'U':
		return translate_hex(t, 8);
	case 'v': /* PCRE2: any vertical space */
		t->c += 2;
		return emit_code_point(t, '\v');
	case 'Z': /* PCRE2: before a final newline too */
	case 'z':
		if (in_class)
			break;
		t->c += 2;
		emit_text(t, "\\z");
		return true;
	default:
		break;
	}
	if (isalpha((unsigned char)next)) {
		snprintf(reason, sizeof(reason), "\\%c has no meaning %sin Python patterns", next,
		    in_class ? "in a class " : "");
		return refuse(t, reason);
	}
	if ((unsigned char)next >= 0x80) /* PCRE2 has no escaped non-ASCII characters on bytes */
		t->c++;
	else
		pass(t, 2);
	return true;
}

/* Whether a [ inside a class begins [:name:], [.x.] or [=x=]. */
static bool
is_posix_class(const char *c)
{
	const char *end;

	if (c[1] == '\0' || strchr(":.=", c[1]) == NULL)
		return false;
	end = strchr(c + 2, ']');
	return end != NULL && end > c + 2 && end[-1] == c[1];
}

static bool
translate_class(struct translator *t)
{
	const char *open = t->item;

	pass(t, 1);
	if (*t->c == '^')
		pass(t, 1);
	for (bool first = true; first || *t->c != ']'; first = false) {
		t->item = t->c;
		switch (*t->c) {
		case '\0':
			t->item = open;
			return refuse(t, "a [ without its ]");
		case '\\':
			if (!translate_escape(t, true))
				return false;
			break;
		case '[': /* a plain character in Python */
			if (is_posix_class(t->c))
				return refuse(t, "Python has no POSIX classes, write [A-Za-z], [0-9], \\s or \\w");
			t->c++;
			emit_text(t, "\\[");
			break;
		case ']': /* the first one is a plain character */
			t->c++;
			emit_text(t, "\\]");
			break;
		default:
			pass(t, 1);
		}
	}
	pass(t, 1);
	return true;
}

/* After a repeat: ? makes it lazy, + possessive. */
static bool
finish_repeat(struct translator *t)
{
	if (t->repeated)
		return refuse(t, "a repeat of a repeat; put the inner one in (?:...)");
	if (*t->c == '?' || *t->c == '+')
		pass(t, 1);
	t->repeated = true;
	return true;
}

/* {n}, {n,}, {,m}, {n,m} and {,} repeat; any other brace is a plain character. */
static bool
translate_brace(struct translator *t)
{
	size_t low = strspn(t->c + 1, "0123456789");
	const char *after = t->c + 1 + low;
	bool comma = *after == ',';

	if (comma)
		after += 1 + strspn(after + 1, "0123456789");
	if (*after != '}' || (low == 0 && !comma)) {
		t->c++;
		emit_text(t, "\\{");
		t->repeated = false;
		return true;
	}
	pass(t, 1);
	if (low == 0)
		emit_text(t, "0");
	pass(t, (size_t)(after + 1 - t->c));
	return finish_repeat(t);
}

/* The length of a group's name at c, 0 when it is none. */
static size_t
name_length(const char *c)
{
	size_t length = 0;

	if (isdigit((unsigned char)*c))
		return 0;
	while (isalnum((unsigned char)c[length]) || c[length] == '_' || (unsigned char)c[length] >= 0x80)
		length++;
	return length;
}

/* (?P<name> or (?P=name) */
static bool
translate_named(struct translator *t)
{
	char close = t->c[3] == '<' ? '>' : ')';
	size_t length;

	if (t->c[3] != '<' && t->c[3] != '=')
		return refuse(t, "(?P is followed by <name> or =name in Python patterns");
	length = name_length(t->c + 4);
	if (length == 0 || t->c[4 + length] != close)
		return refuse(t, "a group's name is letters, digits and _, not beginning with a digit");
	pass(t, 4 + length + 1);
	return true;
}

/* (?(1)yes|no) or (?(name)yes|no) */
static bool
translate_condition(struct translator *t)
{
	const char *id = t->c + 3;
	size_t digits = strspn(id, "0123456789"), length = digits > 0 ? digits : name_length(id);

	if (length == 0 || id[length] != ')')
		return refuse(t, "(?( is followed by a group's number or name in Python patterns");
	emit_text(t, digits > 0 ? "(?(" : "(?(<");
	emit(t, id, length);
	emit_text(t, digits > 0 ? ")" : ">)");
	t->c = id + length + 1;
	return true;
}

/* (?# up to the first ): dropped. */
static bool
translate_comment(struct translator *t)
{
	const char *close = strchr(t->c, ')');

	if (close == NULL)
		return refuse(t, "a comment without its )");
	t->c = close + 1;
	return true;
}

/* Flags at the start hold for the whole pattern and become compile options. */
static bool
translate_global_flags(struct translator *t, const char *end)
{
	bool unicode = false;

	if (t->started)
		return refuse(t, "flags for the whole pattern stand at its start; (?i:...) sets them for a part");
	for (const char *flag = t->c + 2; flag < end; flag++)
		switch (*flag) {
		case 'i':
			t->out->options |= PCRE2_CASELESS;
			break;
		case 'm':
			t->out->options |= PCRE2_MULTILINE;
			break;
		case 's':
			t->out->options |= PCRE2_DOTALL;
			break;
		case 'x':
			t->out->options |= PCRE2_EXTENDED;
			break;
		case 'a':
			t->out->ascii_only = true;
			break;
		case 'u':
			unicode = true;
			break;
		case 'L':
			return refuse(t, "the flag L (locale) is for bytes in Python, not for text; leave it out");
		default:
			return refuse(t, "flags are turned off for a part only, as (?-i:...)");
		}
	if (unicode && t->out->ascii_only)
		return refuse(t, "the flags a and u exclude each other");
	t->c = end + 1;
	return true;
}

/* (?i) or (?i-m:...) */
static bool
translate_flags(struct translator *t)
{
	const char *end = t->c + 2 + strspn(t->c + 2, "aiLmsux-");

	if (end > t->c + 2 && *end == ')')
		return translate_global_flags(t, end);
	if (end == t->c + 2 || *end != ':')
		return refuse(t, "this kind of group does not exist in Python patterns");
	for (const char *flag = t->c + 2; flag < end; flag++)
		if (strchr("aLux", *flag) != NULL)
			return refuse(t, "the flags a, u and x can be set for the whole pattern only, at its start");
	pass(t, (size_t)(end + 1 - t->c));
	t->started = true;
	return true;
}

static bool
translate_group(struct translator *t)
{
	if (t->c[1] == '*')
		return refuse(t, "(* begins no group in Python patterns");
	if (t->c[1] == '?' && t->c[2] == '#')
		return translate_comment(t);
	t->repeated = false;
	if (t->c[1] == '?' && (t->c[2] == '\0' || strchr(":=!><P(", t->c[2]) == NULL))
		return translate_flags(t);
	t->started = true;
	if (t->c[1] != '?') {
		pass(t, 1);
		return true;
	}
	switch (t->c[2]) {
	case 'P':
		return translate_named(t);
	case '(':
		return translate_condition(t);
	case '<':
		if (t->c[3] != '=' && t->c[3] != '!')
			return refuse(t, "a named group is written (?P<name>...) in Python patterns");
		pass(t, 4);
		return true;
	default:
		pass(t, 3);
		return true;
	}
}

/* With the flag x blanks and comments mean nothing; a comment is dropped, for it may hold anything. */
static bool
skip_extended(struct translator *t)
{
	if ((t->out->options & PCRE2_EXTENDED) == 0)
		return false;
	if (*t->c == '#') {
		t->c += strcspn(t->c, "\n");
		return true;
	}
	if (strchr(" \t\n\r\f\v", *t->c) == NULL)
		return false;
	pass(t, 1);
	return true;
}

/* What PCRE2 skips too with the flag x, and Python does not: as a number it is a character for both. */
static bool
translate_unicode_blank(struct translator *t)
{
	static const struct {
		const char *text;
		unsigned long code_point;
	} blanks[] = {{"\xc2\x85", 0x85}, {"\xe2\x80\x8e", 0x200e}, {"\xe2\x80\x8f", 0x200f},
	    {"\xe2\x80\xa8", 0x2028}, {"\xe2\x80\xa9", 0x2029}};

	if ((t->out->options & PCRE2_EXTENDED) == 0)
		return false;
	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
		if (strncmp(t->c, blanks[i].text, strlen(blanks[i].text)) == 0) {
			t->c += strlen(blanks[i].text);
			return emit_code_point(t, blanks[i].code_point);
		}
	return false;
}

static bool
translate_item(struct translator *t)
{
	t->item = t->c;
	if (skip_extended(t))
		return true;
	if (*t->c == '(')
		return translate_group(t);
	t->started = true;
	if (*t->c == '{')
		return translate_brace(t);
	if (strchr("*+?", *t->c) != NULL) {
		pass(t, 1);
		return finish_repeat(t);
	}
	t->repeated = false;
	if (*t->c == '\\')
		return translate_escape(t, false);
	if (*t->c == '[')
		return translate_class(t);
	if (!translate_unicode_blank(t))
		pass(t, 1);
	return true;
}

bool
pattern_translate(const char *pattern, struct translation *translation, char *error)
{
	size_t length = strlen(pattern), capacity = length * EXPANSION_MAX;
	struct translator t = {
	    .start = pattern, .c = pattern, .out = translation, .capacity = capacity, .error = error};

	*translation = (struct translation){.bytes = true};
	if (length > PATTERN_MAX_LENGTH)
		return option_error(error, "longer than %d bytes", PATTERN_MAX_LENGTH);
	for (const char *c = pattern; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			translation->bytes = false;
	translation->text = malloc(capacity + 1);
	translation->origin = calloc(capacity + 1, sizeof(*translation->origin));
	if (translation->text == NULL || translation->origin == NULL) {
		translation_free(translation);
		return option_error(error, "out of memory");
	}
	while (*t.c != '\0')
		if (!translate_item(&t)) {
			translation_free(translation);
			return false;
		}
	translation->text[translation->length] = '\0';
	translation->origin[translation->length] = (uint32_t)length;
	return true;
}

void
translation_free(struct translation *translation)
{
	free(translation->text);
	free(translation->origin);
	*translation = (struct translation){0};
}
