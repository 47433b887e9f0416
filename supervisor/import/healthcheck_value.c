/*
 * The values of options. Touches memory only. Invariant: what int(), float(), ip_address() and ip_network() of Python
 * take is taken as the same, and what has no meaning there has none here.
 */
#include "healthcheck_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"
#include "../../common/option_error.h"

#define NUMBER_TEXT_SIZE 64
#define INTERFACE_MAX 15 /* bytes, see netdevice(7) */

/*
 * A number's text as strtod(3) knows it: without blanks around it and without _ between digits. False: there are
 * characters in it that no number of Python's has.
 */
static bool
number_plain(const char *text, char plain[static NUMBER_TEXT_SIZE])
{
	size_t length, used = 0;

	text += strspn(text, " \t\n\r\v\f");
	length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '_' && i > 0 && isdigit((unsigned char)text[i - 1]) && isdigit((unsigned char)text[i + 1]))
			continue;
		if (used == NUMBER_TEXT_SIZE - 1 || strchr("0123456789+-.eEinfatyINFATY", text[i]) == NULL)
			return false;
		plain[used++] = text[i];
	}
	plain[used] = '\0';
	return used > 0;
}

static bool
number_bounded(const struct healthcheck_option *option, double number, const char *text,
    char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE];

	if (number >= option->min && number <= option->max)
		return true;
	return option_error(error, "must be %.0f to %.0f, got %s", option->min, option->max, option_quote(text, quoted));
}

static bool
integer_take(const struct healthcheck_option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char plain[NUMBER_TEXT_SIZE], quoted[OPTION_QUOTE_SIZE], *end;
	long long number;

	errno = 0;
	if (!number_plain(text, plain) || (number = strtoll(plain, &end, 10), end == plain || *end != '\0'))
		return option_error(error, "must be a whole number, got %s", option_quote(text, quoted));
	if (errno == ERANGE)
		return number_bounded(option, number < 0 ? -INFINITY : INFINITY, text, error);
	*(int64_t *)value = number;
	return number_bounded(option, (double)number, text, error);
}

static bool
number_take(const struct healthcheck_option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char plain[NUMBER_TEXT_SIZE], quoted[OPTION_QUOTE_SIZE], *end;
	double number;

	if (!number_plain(text, plain) || (number = strtod(plain, &end), end == plain || *end != '\0'))
		return option_error(error, "must be a number, got %s", option_quote(text, quoted));
	*(double *)value = number;
	return number_bounded(option, number, text, error);
}

static bool
copy_take(const char *text, char **value, char error[static OPTION_ERROR_SIZE])
{
	char *copy = strdup(text);

	if (copy == NULL)
		return option_error(error, "out of memory");
	free(*value);
	*value = copy;
	return true;
}

static bool
copy_add(const char *text, struct string_list *list, char error[static OPTION_ERROR_SIZE])
{
	char *copy = strdup(text);

	return (copy != NULL && string_list_add(list, copy)) || option_error(error, "out of memory");
}

static bool
address_canonical(const char *text, char canonical[static ADDRESS_TEXT_SIZE], char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE];
	struct address address;

	if (!address_parse(text, &address) || address.scope_id != 0)
		return option_error(error, "must be an address, got %s", option_quote(text, quoted));
	address_format(&address, canonical);
	return true;
}

static bool
address_take(const struct healthcheck_option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char canonical[ADDRESS_TEXT_SIZE];

	(void)option;
	return address_canonical(text, canonical, error) && copy_take(canonical, value, error);
}

static bool
neighbor_take(const struct healthcheck_option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char canonical[ADDRESS_TEXT_SIZE] = "*";

	(void)option;
	return (strcmp(text, "*") == 0 || address_canonical(text, canonical, error)) && copy_add(canonical, value, error);
}

/* The length that an IPv4 mask means, or the inverse of one. False: it is none. */
static bool
mask_length(const char *text, unsigned *length)
{
	struct in_addr address;
	uint32_t mask, inverse;

	if (inet_pton(AF_INET, text, &address) != 1)
		return false;
	mask = ntohl(address.s_addr);
	inverse = ~mask;
	if ((inverse & (inverse + 1)) != 0) {
		if ((mask & (mask + 1)) != 0)
			return false;
		mask = inverse;
	}
	*length = (unsigned)__builtin_popcount(mask);
	return true;
}

static bool
network_canonical(const char *text, char canonical[static PREFIX_TEXT_SIZE], char error[static OPTION_ERROR_SIZE])
{
	char quoted[OPTION_QUOTE_SIZE], plain[PREFIX_TEXT_SIZE];
	const char *slash = strchr(text, '/');
	struct prefix prefix;
	unsigned length;

	if (slash != NULL && strchr(slash, '.') != NULL && mask_length(slash + 1, &length) &&
	    (size_t)snprintf(plain, sizeof(plain), "%.*s/%u", (int)(slash - text), text, length) < sizeof(plain))
		text = plain;
	switch (prefix_parse(text, &prefix)) {
	case PREFIX_OK:
		prefix_format(&prefix, canonical);
		return true;
	case PREFIX_HOST_BITS:
		return option_error(error, "has host bits set in %s: the network is %s", option_quote(text, quoted),
		    prefix_format(&prefix, canonical));
	default:
		return option_error(error, "must be an address or a network, got %s", option_quote(text, quoted));
	}
}

static bool
network_take(const struct healthcheck_option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char canonical[PREFIX_TEXT_SIZE];

	(void)option;
	return network_canonical(text, canonical, error) && copy_add(canonical, value, error);
}

static bool
binding_take(const struct healthcheck_option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	char network[PREFIX_TEXT_SIZE], canonical[PREFIX_TEXT_SIZE], both[PREFIX_TEXT_SIZE + 1 + INTERFACE_MAX],
	    quoted[OPTION_QUOTE_SIZE];
	const char *percent = strchr(text, '%');
	size_t length = percent == NULL ? 0 : strlen(percent + 1);

	(void)option;
	if (length == 0 || length > INTERFACE_MAX || strspn(percent + 1, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") != length ||
	    (size_t)snprintf(network, sizeof(network), "%.*s", (int)(percent - text), text) >= sizeof(network))
		return option_error(error, "must be an address or a network, %% and the name of an interface, got %s",
		    option_quote(text, quoted));
	if (!network_canonical(network, canonical, error))
		return false;
	snprintf(both, sizeof(both), "%s%%%s", canonical, percent + 1);
	return copy_add(both, value, error);
}

static bool
flag_take(const struct healthcheck_option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	(void)option;
	(void)text;
	(void)error;
	*(bool *)value = true;
	return true;
}

static bool
text_take(const struct healthcheck_option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	(void)option;
	return copy_take(text, value, error);
}

static bool
texts_take(const struct healthcheck_option *option, const char *text, void *value, char error[static OPTION_ERROR_SIZE])
{
	(void)option;
	return copy_add(text, value, error);
}

static bool (*const takers[HEALTHCHECK_KINDS])(const struct healthcheck_option *, const char *, void *, char *) = {
	[HEALTHCHECK_FLAG] = flag_take,
	[HEALTHCHECK_TEXT] = text_take,
	[HEALTHCHECK_OPTIONAL] = text_take,
	[HEALTHCHECK_TEXTS] = texts_take,
	[HEALTHCHECK_INTEGER] = integer_take,
	[HEALTHCHECK_NUMBER] = number_take,
	[HEALTHCHECK_ADDRESS] = address_take,
	[HEALTHCHECK_NEIGHBORS] = neighbor_take,
	[HEALTHCHECK_NETWORKS] = network_take,
	[HEALTHCHECK_BINDINGS] = binding_take,
};

bool
healthcheck_value_take(const struct healthcheck_option *option, const char *text, struct healthcheck_options *options,
    char error[static OPTION_ERROR_SIZE])
{
	return takers[option->kind](option, text, (char *)options + option->offset, error);
}
