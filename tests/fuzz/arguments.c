/*
 * A check's arguments as they travel to its worker: byte 0 chooses the method, the rest is what
 * options_decode reads. What is accepted encodes to a form that is accepted again and stays the same, and asks
 * for no more than its method may need.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/address.h"
#include "../../common/methods/http.h"
#include "../../common/methods/method.h"
#include "../../common/sandbox.h"
#include "fuzz.h"

#define METHODS 7

static void ignore(struct cross_check *, const char *, const char *, ...) __attribute__((format(printf, 3, 4)));

/* Complaints must be about keys that exist. */
static void
ignore(struct cross_check *check, const char *key, const char *format, ...)
{
	(void)format;
	if (key != NULL)
		option_index(check->table, key);
}

static void *
args_decode(const struct check_method *method, const uint8_t *data, size_t length)
{
	char error[OPTION_ERROR_SIZE] = "";
	void *args = calloc(1, method->args_size);

	FUZZ_ASSERT(args != NULL);
	if (options_decode(method->options, args, data, length, error))
		return args;
	FUZZ_ASSERT(*error != '\0' && memchr(error, '\0', sizeof(error)) != NULL);
	free(args);
	return NULL;
}

static void
args_free(const struct check_method *method, void *args)
{
	options_free(method->options, args);
	free(args);
}

/* What the supervisor does with arguments before it encodes them. */
static void
args_check(const struct check_method *method, void *args, uint64_t given)
{
	struct cross_check check = {.table = method->options, .args = args, .given = given, .error = ignore,
	    .warning = ignore};

	if (method->derive != NULL)
		method->derive(args, given);
	if (method->cross_check != NULL)
		method->cross_check(&check);
}

/* The sandbox of a check: nothing beyond its method, and a literal address needs no resolver. */
static void
profile_is_narrow(const struct check_method *method, const void *args)
{
	const struct remote_args *remote = args;
	struct sandbox_profile profile;
	struct address literal;
	bool redirects = method == &method_http && ((const struct http_args *)args)->follow_redirects;

	sandbox_profile(&profile, method, args, NULL);
	FUZZ_ASSERT((profile.needs & ~(method->needs | method->may_need)) == 0);
	FUZZ_ASSERT((profile.needs & method->needs) == method->needs);
	FUZZ_ASSERT(profile.port_count <= SANDBOX_PORTS_MAX);
	for (unsigned i = 0; i < profile.port_count; i++)
		FUZZ_ASSERT(profile.ports[i] != 0);
	if (method->remote && !redirects && remote->host != NULL && address_parse(remote->host, &literal))
		FUZZ_ASSERT((profile.needs & NEED_RESOLVER) == 0);
}

static void
args_stay_the_same(const struct check_method *method, const void *args)
{
	uint8_t *once = NULL, *twice = NULL;
	size_t once_length = 0, twice_length = 0;
	void *again;

	FUZZ_ASSERT(options_encode(method->options, args, &once, &once_length));
	again = args_decode(method, once, once_length);
	FUZZ_ASSERT(again != NULL);
	FUZZ_ASSERT(options_encode(method->options, again, &twice, &twice_length));
	FUZZ_ASSERT(once_length == twice_length && memcmp(once, twice, once_length) == 0);
	args_free(method, again);
	free(once);
	free(twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint8_t choice = fuzz_byte(&input);
	const struct check_method *method = check_methods[choice % METHODS];
	void *args = args_decode(method, input.data, input.left);

	FUZZ_ASSERT(check_methods[METHODS] == NULL);
	if (args == NULL)
		return 0;
	args_stay_the_same(method, args);
	args_check(method, args, choice < 128 ? 0 : ~UINT64_C(0));
	args_stay_the_same(method, args);
	profile_is_narrow(method, args);
	args_free(method, args);
	return 0;
}
