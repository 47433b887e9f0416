/*
 * What the fuzz harnesses share. Each harness is one file with LLVMFuzzerTestOneInput; it is linked with
 * libFuzzer to search, and with replay.c to run the committed corpus under any compiler. A harness asserts
 * what must hold for every input, and leaves nothing behind: no descriptor, no allocation.
 */
#ifndef EXACHECK_TESTS_FUZZ_H
#define EXACHECK_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../common/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* End the process with the place and the condition, which makes the input a finding. */
#define FUZZ_ASSERT(CONDITION) ((CONDITION) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #CONDITION))
void fuzz_fail(const char *file, int line, const char *condition) __attribute__((noreturn));

/* The input as it is used up. */
struct fuzz_input {
	const uint8_t *data;
	size_t left;
};

/* The next byte, 0 when there is none left. */
uint8_t fuzz_byte(struct fuzz_input *);
/* Up to `most` bytes as they are: a pointer into the input, which moves on; their number in *length. */
const uint8_t *fuzz_bytes(struct fuzz_input *, size_t most, size_t *length);
/* Text up to the next NUL or the end, malloc'd; the NUL is used up too. */
char *fuzz_text(struct fuzz_input *);
/* A copy of exactly length bytes, malloc'd, so that a sanitizer sees every byte read beyond it. */
uint8_t *fuzz_copy(const uint8_t *data, size_t length);

/* Let log lines go nowhere, after looking at them: each is one line of printable text. */
void fuzz_log_sink(void);

/* A result that a worker may send: known code and reason, printable text that ends. */
void fuzz_assert_result(const struct result *);
/* Printable ASCII that ends before size. */
void fuzz_assert_ascii(const char *text, size_t size);
/* What utf8_sanitise would leave as it is. */
void fuzz_assert_utf8(const char *text);

#endif
