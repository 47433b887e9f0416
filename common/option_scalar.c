/*
 * Option types: the table of all of them, and the scalars that are stored as numbers. Pure.
 * Invariant: format(parse(text)) parses back to the same value, whatever the locale.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "monotime.h"
#include "option_type.h"

#define SECONDS_LIMIT 9e9 /* more nanoseconds do not fit int64_t */
#define SECONDS_MIN_NS NS_PER_MILLISECOND /* the least of what must be above 0: a shorter one is a mistake */
#define BOUNDS_SIZE 96
#define CHOICES_SIZE (OPTION_ERROR_SIZE - OPTION_QUOTE_SIZE - 32) /* of all words, with room for the sentence */
#define PPM_OF_PERCENT 10000

/* Which bounds an option has: see struct option. A max below min stands for none. */
static bool
bounds_has_min(const struct option *option)
{
	return option->min != 0 || option->max != 0 || (option->flags & OPTION_ABOVE_MIN) != 0;
}

static bool
bounds_has_max(const struct option *option)
{
	return (option->min != 0 || option->max != 0) && option->max >= option->min && isfinite(option->max);
}

static bool
bounds_contain(const struct option *option, double number)
{
	if (bounds_has_min(option) &&
	    (number < option->min || (number <= option->min && (option->flags & OPTION_ABOVE_MIN))))
		return false;
	return !bounds_has_max(option) || number <= option->max;
}

/* "1 to 65535", "above 0 and at most 86400", "at least 1"; with the unit. */
static const char *
bounds_format(const struct option *option, const char *noun, char text[static BOUNDS_SIZE])
{
	const char *blank = option->unit != NULL ? " " : "", *unit = option->unit != NULL ? option->unit : "";
	bool above = (option->flags & OPTION_ABOVE_MIN) != 0;

	if (!bounds_has_min(option))
		snprintf(text, BOUNDS_SIZE, "%s", noun);
	else if (!bounds_has_max(option))
		snprintf(text, BOUNDS_SIZE, "%s %.15g%s%s", above ? "above" : "at least", option->min, blank, unit);
	else if (above)
		snprintf(text, BOUNDS_SIZE, "above %.15g and at most %.15g%s%s", option->min, option->max, blank, unit);
	else
		snprintf(text, BOUNDS_SIZE, "%.15g to %.15g%s%s", option->min, option->max, blank, unit);
	return text;
}

static bool
refuse_number(const struct option *option, const char *noun, const char *text, char *error)
{
	char bounds[BOUNDS_SIZE], quoted[OPTION_QUOTE_SIZE];

	return option_error(
	    error, "must be %s, got %s", bounds_format(option, noun, bounds), option_quote(text, quoted));
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip_digits(const char *text)
{
	while (is_digit(*text))
		text++;
	return text;
}

/*
 * A leading zero is 8 to the older YAML readers and 10 to the newer ones ("010"): neither is guessed.
 */
static bool
number_has_leading_zero(const char *text)
{
	if (*text == '+' || *text == '-')
		text++;
	return text[0] == '0' && is_digit(text[1]);
}

/* Whether the whole text is [sign] digits [. digits] [e [sign] digits], with a digit before or after the point. */
static bool
number_is_decimal(const char *text)
{
	const char *whole, *point;

	whole = *text == '+' || *text == '-' ? text + 1 : text;
	text = point = skip_digits(whole);
	if (*text == '.')
		text = skip_digits(text + 1);
	if (text == whole || (point == whole && text == point + 1))
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		if (*text == '+' || *text == '-')
			text++;
		if (!is_digit(*text))
			return false;
		text = skip_digits(text);
	}
	return *text == '\0';
}

/* Decimal text to a number, by the C locale's decimal point. NAN when text is none, HUGE_VALL beyond range. */
static long double
number_scan(const char *text)
{
	locale_t c_locale;
	long double number;

	if (!number_is_decimal(text) || number_has_leading_zero(text))
		return (long double)NAN;
	if ((c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0)) == (locale_t)0)
		return (long double)NAN;
	number = strtold_l(text, NULL, c_locale);
	freelocale(c_locale);
	return number;
}

/* The shortest decimal text that reads back as the same number, by the C locale's decimal point. */
static void
number_format(double number, char *text, size_t size)
{
	locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0), before;

	before = c_locale != (locale_t)0 ? uselocale(c_locale) : (locale_t)0;
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, size, "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	if (c_locale != (locale_t)0) {
		uselocale(before);
		freelocale(c_locale);
	}
}

static bool
bool_find(const char *text, bool *value)
{
	static const struct {
		const char *text;
		bool value;
	} spellings[] = {{"true", true}, {"yes", true}, {"on", true}, {"false", false}, {"no", false}, {"off", false}};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		if (strcasecmp(text, spellings[i].text) == 0) {
			*value = spellings[i].value;
			return true;
		}
	return false;
}

static bool
parse_bool(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE];

	(void)option;
	return bool_find(text, value) ||
	    option_error(error, "must be true or false, got %s", option_quote(text, quoted));
}

static bool
parse_integer(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	const char *digits = *text == '+' || *text == '-' ? text + 1 : text;
	char quoted[OPTION_QUOTE_SIZE];
	long long number;

	if (!is_digit(*digits) || *skip_digits(digits) != '\0')
		return refuse_number(option, "a whole number", text, error);
	if (number_has_leading_zero(text))
		return option_error(error, "must be written without leading zeros, got %s", option_quote(text, quoted));
	errno = 0;
	number = strtoll(text, NULL, 10);
	if (!bounds_contain(option, (double)number))
		return refuse_number(option, "a whole number", text, error);
	if (errno != 0 || number == OPTION_UNSET)
		return option_error(error, "must fit into 64 bits, got %s", option_quote(text, quoted));
	*(int64_t *)value = number;
	return true;
}

static bool
parse_number(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	double number = (double)number_scan(text);

	if (!isfinite(number) || !bounds_contain(option, number))
		return refuse_number(option, "a number", text, error);
	*(double *)value = number;
	return true;
}

static bool
parse_seconds(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	long double seconds = number_scan(text);
	char quoted[OPTION_QUOTE_SIZE];
	int64_t ns;

	if (!isfinite(seconds) || fabsl(seconds) > (long double)SECONDS_LIMIT ||
	    !bounds_contain(option, (double)seconds))
		return refuse_number(option, "a number of seconds", text, error);
	ns = llroundl(seconds * (long double)NS_PER_SECOND);
	if ((option->flags & OPTION_ABOVE_MIN) != 0 && option->min == 0 && ns < SECONDS_MIN_NS)
		return option_error(
		    error, "must be at least 0.001 seconds (1 millisecond), got %s", option_quote(text, quoted));
	if (ns == 0 && seconds != 0)
		return option_error(error, "must be 0 or at least a nanosecond, got %s", option_quote(text, quoted));
	*(int64_t *)value = ns;
	return true;
}

static bool
choice_find(const struct option *option, const char *text, int *value)
{
	for (int i = 0; option->choices[i] != NULL; i++)
		if (strcasecmp(text, option->choices[i]) == 0) {
			*value = i;
			return true;
		}
	return false;
}

int
choice_parse(const struct option *option, const char *text, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE], names[CHOICES_SIZE] = "";
	size_t length = 0;
	int value;

	if (choice_find(option, text, &value))
		return value;
	for (int i = 0; option->choices[i] != NULL; i++) {
		if (length < sizeof(names))
			length += (size_t)snprintf(
			    names + length, sizeof(names) - length, "%s%s", i == 0 ? "" : ", ", option->choices[i]);
	}
	option_error(error, "must be one of: %s; got %s", names, option_quote(text, quoted));
	return -1;
}

/* A choice that knows on or off takes them in a boolean's other spellings too: in JSON they are true and false. */
static bool
parse_choice(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	bool flag;
	int found;

	if (bool_find(text, &flag) && choice_find(option, flag ? "on" : "off", value))
		return true;
	if ((found = choice_parse(option, text, error)) != -1)
		*(int *)value = found;
	return found != -1;
}

static bool
parse_path_id(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE], reason[OPTION_ERROR_SIZE];
	struct option number = {.name = option->name, .type = OPTION_INTEGER, .min = 0, .max = UINT32_MAX};
	struct in_addr quad;

	if (inet_pton(AF_INET, text, &quad) == 1) {
		*(int64_t *)value = ntohl(quad.s_addr);
		return true;
	}
	if (parse_integer(&number, text, value, reason))
		return true;
	return option_error(error, "must be 0 to 4294967295 or a dotted quad, got %s", option_quote(text, quoted));
}

/* The sign is part of it: 0.5 may be meant as a half or as half a percent. */
static bool
parse_percent(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE], digits[32] = "";
	size_t length = strlen(text);
	long double percent;

	(void)option;
	if (length > 1 && length <= sizeof(digits) && text[length - 1] == '%')
		memcpy(digits, text, length - 1);
	percent = number_scan(digits);
	if (!isfinite(percent) || percent < 0 || percent > 100)
		return option_error(error, "must be a share from 0%% to 100%%, such as 12.5%%, got %s",
		    option_quote(text, quoted));
	*(int64_t *)value = llroundl(percent * PPM_OF_PERCENT);
	return true;
}

static bool
parse_mode(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE];
	size_t digits = strspn(text, "01234567");

	(void)option;
	if (digits == 0 || digits > 4 || text[digits] != '\0' || strtol(text, NULL, 8) > 0777)
		return option_error(error, "must be permissions in octal, 0 to 0777, such as 0660, got %s",
		    option_quote(text, quoted));
	*(int64_t *)value = strtol(text, NULL, 8);
	return true;
}

static bool
parse_nothing(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	(void)option, (void)text, (void)value;
	return option_error(error, "must be a map");
}

static char *
format_bool(const struct option *option, const void *value)
{
	(void)option;
	return strdup(*(const bool *)value ? "true" : "false");
}

static char *
format_integer(const struct option *option, const void *value)
{
	char text[32];

	(void)option;
	snprintf(text, sizeof(text), "%lld", (long long)*(const int64_t *)value);
	return strdup(text);
}

static char *
format_number(const struct option *option, const void *value)
{
	char text[32];

	(void)option;
	number_format(*(const double *)value, text, sizeof(text));
	return strdup(text);
}

static char *
format_seconds(const struct option *option, const void *value)
{
	int64_t ns = *(const int64_t *)value;
	uint64_t magnitude = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	char text[40];
	size_t length;

	(void)option;
	snprintf(text, sizeof(text), "%s%llu.%09llu", ns < 0 ? "-" : "",
	    (unsigned long long)(magnitude / NS_PER_SECOND), (unsigned long long)(magnitude % NS_PER_SECOND));
	for (length = strlen(text); text[length - 1] == '0'; length--)
		;
	text[text[length - 1] == '.' ? length - 1 : length] = '\0';
	return strdup(text);
}

static char *
format_percent(const struct option *option, const void *value)
{
	char text[40];

	(void)option;
	number_format((double)*(const int64_t *)value / PPM_OF_PERCENT, text, sizeof(text) - 1);
	return strdup(strcat(text, "%"));
}

static char *
format_mode(const struct option *option, const void *value)
{
	char text[8];

	(void)option;
	snprintf(text, sizeof(text), "0%03o", (unsigned)*(const int64_t *)value & 0777u);
	return strdup(text);
}

static char *
format_choice(const struct option *option, const void *value)
{
	return strdup(option->choices[*(const int *)value]);
}

static char *
format_text(const struct option *option, const void *value)
{
	(void)option;
	return strdup(*(char *const *)value);
}

static char *
format_nothing(const struct option *option, const void *value)
{
	(void)option, (void)value;
	return NULL;
}

const struct option_type_info option_types[OPTION_TYPES] = {
	[OPTION_BOOL] = {STORAGE_BOOL, parse_bool, format_bool},
	[OPTION_INTEGER] = {STORAGE_INTEGER, parse_integer, format_integer},
	[OPTION_NUMBER] = {STORAGE_NUMBER, parse_number, format_number},
	[OPTION_SECONDS] = {STORAGE_INTEGER, parse_seconds, format_seconds},
	[OPTION_CHOICE] = {STORAGE_CHOICE, parse_choice, format_choice},
	[OPTION_PATH_ID] = {STORAGE_INTEGER, parse_path_id, format_integer},
	[OPTION_PERCENT] = {STORAGE_INTEGER, parse_percent, format_percent},
	[OPTION_MODE] = {STORAGE_INTEGER, parse_mode, format_mode},
	[OPTION_SIZE] = {STORAGE_INTEGER, size_parse, size_format},
	[OPTION_STRING] = {STORAGE_TEXT, text_parse_string, format_text},
	[OPTION_NAME] = {STORAGE_TEXT, text_parse_name, format_text},
	[OPTION_PATH] = {STORAGE_TEXT, text_parse_path, format_text},
	[OPTION_PATTERN] = {STORAGE_TEXT, text_parse_pattern, format_text},
	[OPTION_HOST] = {STORAGE_TEXT, text_parse_host, format_text},
	[OPTION_ADDRESS] = {STORAGE_TEXT, text_parse_address, format_text},
	[OPTION_NEXT_HOP] = {STORAGE_TEXT, text_parse_next_hop, format_text},
	[OPTION_PREFIX] = {STORAGE_TEXT, text_parse_prefix, format_text},
	[OPTION_COMMUNITY] = {STORAGE_TEXT, text_parse_community, format_text},
	[OPTION_AS_PATH] = {STORAGE_TEXT, text_parse_as_path, format_text},
	[OPTION_STATUS] = {STORAGE_TEXT, text_parse_status, format_text},
	[OPTION_URL] = {STORAGE_TEXT, text_parse_url, format_text},
	[OPTION_DNS_NAME] = {STORAGE_TEXT, text_parse_dns_name, format_text},
	[OPTION_DNS_TYPE] = {STORAGE_TEXT, text_parse_dns_type, format_text},
	[OPTION_DNS_RCODE] = {STORAGE_TEXT, text_parse_dns_rcode, format_text},
	[OPTION_HEADER_VALUE] = {STORAGE_TEXT, text_parse_header_value, format_text},
	[OPTION_LISTEN] = {STORAGE_TEXT, text_parse_listen, format_text},
	[OPTION_RECEIVER] = {STORAGE_TEXT, text_parse_receiver, format_text},
	[OPTION_WORD] = {STORAGE_TEXT, text_parse_word, format_text},
	[OPTION_SECRET] = {STORAGE_TEXT, text_parse_string, format_text},
	[OPTION_TABLE] = {STORAGE_TABLE, parse_nothing, format_nothing},
};

bool
option_parse_scalar(const struct option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	return option_types[option->type].parse(option, text, value, error);
}

char *
option_format_scalar(const struct option *option, const void *value)
{
	struct option scalar = *option;

	scalar.flags &= ~(unsigned)(OPTION_LIST | OPTION_MAP); /* value is one item */
	if (!option_is_set(&scalar, value))
		return NULL;
	return option_types[option->type].format(option, value);
}
