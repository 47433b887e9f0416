/*
 * Communities in ExaBGP's spellings. Touches memory only. Invariant: what is added is what ExaBGP would send, octet by
 * octet, unless a note says otherwise.
 */
#include "healthcheck_communities.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/option_error.h"

#define WORD_SIZE 128	/* no community is longer */
#define OCTETS 8	/* of an extended community */
#define OUT_OF_MEMORY "out of memory" /* as community_parse says it */

/*
 * Extended communities that are written as fields, and have no word of ours: type and subtype, and the octets of each
 * field; f: four, of a float (draft-ietf-idr-link-bandwidth).
 */
static const struct {
	const char *name, *fields;
	unsigned type;
} packed[] = {
	{"target4", "42", 0x0202},
	{"origin4", "42", 0x0203},
	{"redirect", "24", 0x8008},
	{"l2info", "1122", 0x800a},
	{"bandwidth", "2f", 0x4004},
};

#define REDIRECT_TO_NEXTHOP "0x0800000000000000"

/* Decimal digits, and an L after them, as a number of so many octets. */
static bool
field_scan(const char **text, unsigned octets, uint64_t *number)
{
	const char *c = *text;

	for (*number = 0; isdigit((unsigned char)*c); c++)
		if ((*number = *number * 10 + (uint64_t)(*c - '0')) > UINT32_MAX)
			return false;
	if (c == *text)
		return false;
	c += *c == 'L' || *c == 'l';
	*text = c;
	return *number >> 8 * octets == 0;
}

static void
octets_put(uint8_t *octets, unsigned count, uint64_t number)
{
	while (count-- > 0) {
		octets[count] = (uint8_t)number;
		number >>= 8;
	}
}

static void
octets_print(const uint8_t octets[static OCTETS], char word[static WORD_SIZE])
{
	char *end = stpcpy(word, "0x");

	for (size_t i = 0; i < OCTETS; i++)
		end += sprintf(end, "%02x", octets[i]);
}

static bool
fields_pack(const char *fields, unsigned type, const char *text, char word[static WORD_SIZE])
{
	uint8_t octets[OCTETS] = {(uint8_t)(type >> 8), (uint8_t)type};
	size_t at = 2;
	uint64_t number;

	for (; *fields != '\0'; fields++) {
		bool is_float = *fields == 'f';
		unsigned count = is_float ? 4 : (unsigned)(*fields - '0');

		if (*text++ != ':' || !field_scan(&text, count, &number))
			return false;
		if (is_float) {
			float value = (float)number;
			uint32_t bits;

			memcpy(&bits, &value, sizeof(bits));
			number = bits;
		}
		octets_put(&octets[at], count, number);
		at += count;
	}
	octets_print(octets, word);
	return *text == '\0';
}

/* target:AS:ADDRESS, with the address for a number of 32 bits. */
static bool
address_number(char word[static WORD_SIZE])
{
	char *colon = strrchr(word, ':');
	struct in_addr address;

	if (colon == NULL || inet_pton(AF_INET, colon + 1, &address) != 1)
		return false;
	snprintf(colon + 1, WORD_SIZE - (size_t)(colon + 1 - word), "%u", ntohl(address.s_addr));
	return true;
}

/* The word of an extended community in a spelling that community_parse takes, where that is not what ExaBGP takes. */
static void
extended_respell(char word[static WORD_SIZE])
{
	char text[WORD_SIZE];
	const char *colon = strchr(word, ':');
	size_t length = colon == NULL ? 0 : (size_t)(colon - word), end;

	memcpy(text, word, sizeof(text));
	if (strcmp(word, "redirect-to-nexthop") == 0) {
		strcpy(word, REDIRECT_TO_NEXTHOP);
		return;
	}
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (strlen(packed[i].name) == length && strncmp(packed[i].name, text, length) == 0 &&
		    fields_pack(packed[i].fields, packed[i].type, text + length, word))
			return;
	if (colon != NULL && strchr(colon + 1, ':') == NULL)
		snprintf(word, WORD_SIZE, "target:%.*s", WORD_SIZE - 8, text);
	address_number(word);
	/* what is written as a number of 32 bits is one without it */
	end = strlen(word);
	if (end > 0 && (word[end - 1] == 'L' || word[end - 1] == 'l'))
		word[end - 1] = '\0';
}

/* A standard or large community that is written as one number. */
static void
number_respell(enum community_kind kind, char word[static WORD_SIZE])
{
	bool hex = strncasecmp(word, "0x", 2) == 0 && kind == COMMUNITY_STANDARD;
	char *end;
	unsigned long long number;

	if (!hex && strspn(word, "0123456789") != strlen(word))
		return;
	number = strtoull(word, &end, hex ? 16 : 10);
	if (*end != '\0' || number > UINT32_MAX)
		return;
	if (kind == COMMUNITY_STANDARD)
		snprintf(word, WORD_SIZE, "%llu:%llu", number >> 16, number & 0xffff);
	else
		snprintf(word, WORD_SIZE, "0:0:%llu", number);
}

static bool
list_has(json_t *list, const char *text)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (strcmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

/*
 * ExaBGP 4 sends target:ADDRESS:N and origin:ADDRESS:N with the type of those of two octets of AS number, where RFC 4360
 * has a type of its own.
 */
static void
address_note(struct importing *importing, const char *word, const char *canonical, const char *place)
{
	if (strncmp(canonical, "0x01", 4) == 0 && strncmp(word, "0x", 2) != 0)
		import_note(importing, IMPORT_DIFFERS, place,
		    "%s is sent with the type that RFC 4360 has for addresses, %s; ExaBGP 4 sends 0x00%s", word, canonical,
		    canonical + 4);
}

static void
community_add(struct importing *importing, json_t *list, const char *word, size_t length, enum community_kind kind,
    const char *place)
{
	static const char *const kinds[COMMUNITY_KINDS] = {"a community", "a large community", "an extended community"};
	char spelled[WORD_SIZE] = "", error[OPTION_ERROR_SIZE] = "", *canonical = NULL;

	if (length < WORD_SIZE) {
		memcpy(spelled, word, length);
		if (kind == COMMUNITY_EXTENDED)
			extended_respell(spelled);
		else
			number_respell(kind, spelled);
		canonical = community_parse(spelled, error);
	}
	if (canonical == NULL && strcmp(error, OUT_OF_MEMORY) == 0) {
		import_note(importing, IMPORT_WRONG, place, "%s", error);
	} else if (canonical == NULL || community_kind(canonical) != kind) {
		import_note(importing, IMPORT_LACKS, place, "%.*s is left out: it is not %s that exacheck or ExaBGP knows",
		    (int)(length < WORD_SIZE ? length : WORD_SIZE), word, kinds[kind]);
	} else if (!list_has(list, canonical)) {
		address_note(importing, spelled, canonical, place);
		import_add_text(importing, list, NULL, canonical);
	}
	free(canonical);
}

void
healthcheck_communities_add(struct importing *importing, json_t *list, const char *text, enum community_kind kind,
    const char *place)
{
	static const char separators[] = " \t\n,[]()";

	for (text = text == NULL ? "" : text; text += strspn(text, separators), *text != '\0';) {
		size_t length = strcspn(text, separators);

		community_add(importing, list, text, length, kind, place);
		text += length;
	}
}

char *
healthcheck_as_path(struct importing *importing, const char *text, const char *place)
{
	char error[OPTION_ERROR_SIZE], *path;

	if (text == NULL || text[strspn(text, " \t")] == '\0')
		return NULL;
	if ((path = as_path_parse(text, error)) == NULL)
		import_note(importing, strcmp(error, OUT_OF_MEMORY) == 0 ? IMPORT_WRONG : IMPORT_LACKS, place,
		    "is left out: %s", error);
	return path;
}
