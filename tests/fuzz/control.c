/*
 * A request of a control client, as its line. What is taken is within its range, and points into what is kept of it;
 * what is not taken has a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "../../common/log.h"
#include "../../supervisor/control_request.h"
#include "fuzz.h"

static void
request_is_sound(const struct control_request *request)
{
	char problem[CONTROL_PROBLEM_SIZE];

	FUZZ_ASSERT(json_is_object(request->map) && request->command != NULL);
	FUZZ_ASSERT(json_integer_value(json_object_get(request->map, "protocol")) == CONTROL_PROTOCOL);
	FUZZ_ASSERT(request->level >= -1 && request->level < LOG_LEVELS && request->for_ns >= 0);
	FUZZ_ASSERT((request->for_ns > 0) == ((request->said & FIELD_FOR) != 0));
	for (size_t i = 0; i < json_array_size(request->names); i++)
		FUZZ_ASSERT(json_string_length(json_array_get(request->names, i)) > 0);
	FUZZ_ASSERT(request->reason == NULL || (*request->reason != '\0' && strpbrk(request->reason, "\n\r\x1b") == NULL));
	FUZZ_ASSERT(control_request_permit(request, request->said, problem));
	FUZZ_ASSERT(control_request_permit(request, 0, problem) == (request->said == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char problem[CONTROL_PROBLEM_SIZE] = "", *line = malloc(size + 1);
	struct control_request request;

	FUZZ_ASSERT(line != NULL);
	if (size > 0)
		memcpy(line, data, size);
	switch (control_request_parse(&request, line, size, problem)) {
	case PARSE_OK:
		request_is_sound(&request);
		break;
	case PARSE_PROTOCOL:
	case PARSE_BAD:
	case PARSE_MEMORY:
		FUZZ_ASSERT(*problem != '\0' && strlen(problem) < sizeof(problem));
		break;
	}
	control_request_clear(&request);
	free(line);
	return 0;
}
