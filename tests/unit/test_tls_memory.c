/*
 * OpenSSL's memory in the spawner: objects that are written lie together, every one keeps what is in it, and
 * after the end nothing moves. Each test has a process of its own, since OpenSSL takes an allocator only once.
 */
#include <check.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../workers/tls_memory.h"
#include "../../workers/tls_rehearsal.h"
#include "unit.h"

#define WRITTEN "../crypto/evp/evp_enc.c"
#define OTHER "../crypto/x509/x_name.c"

static unsigned char *
take(size_t size, const char *file)
{
	unsigned char *data = CRYPTO_malloc(size, file, 1);

	ck_assert_ptr_nonnull(data);
	ck_assert_uint_eq((uintptr_t)data % 16, 0);
	return data;
}

static size_t
distance(const void *a, const void *b)
{
	return (uintptr_t)a < (uintptr_t)b ? (uintptr_t)b - (uintptr_t)a : (uintptr_t)a - (uintptr_t)b;
}

START_TEST(written_objects_lie_side_by_side)
{
	static const struct {
		size_t size;
		const char *file;
		bool together;
	} objects[] = {{300, WRITTEN, true}, {200, OTHER, false}, {2000, WRITTEN, false}, {200, NULL, false},
	    {40, WRITTEN, true}};
	unsigned char *first, *next;

	tls_memory_open();
	first = take(200, WRITTEN);
	for (size_t i = 0; i < COUNT(objects); i++) {
		next = take(objects[i].size, objects[i].file);
		ck_assert_int_eq(distance(first, next) <= 1024, objects[i].together);
		CRYPTO_free(next, objects[i].file, 1);
	}
	CRYPTO_free(first, WRITTEN, 1);
}
END_TEST

START_TEST(freed_object_is_used_again_until_the_end)
{
	unsigned char *first, *second, *third;

	tls_memory_open();
	first = take(200, WRITTEN);
	CRYPTO_free(first, WRITTEN, 1);
	ck_assert_ptr_eq(take(200, WRITTEN), first);
	second = take(200, WRITTEN);
	memset(second, 0x5a, 200);
	tls_memory_close();
	CRYPTO_free(second, WRITTEN, 1);
	for (size_t i = 0; i < 200; i++)
		ck_assert_uint_eq(second[i], 0x5a);
	third = take(200, WRITTEN);
	ck_assert_uint_gt(distance(third, first), 1024);
	CRYPTO_free(third, WRITTEN, 1);
}
END_TEST

START_TEST(resized_object_keeps_its_bytes)
{
	static const size_t sizes[] = {1, 16, 17, 100, 1024, 1025, 5000, 900, 3};

	tls_memory_open();
	for (size_t from = 0; from < COUNT(sizes); from++) {
		for (size_t to = 0; to < 2 * COUNT(sizes); to++) {
			size_t before = sizes[from], after = sizes[to / 2];
			unsigned char *data = take(before, to % 2 == 0 ? WRITTEN : OTHER);

			for (size_t i = 0; i < before; i++)
				data[i] = (unsigned char)(i * 7 + from);
			data = CRYPTO_realloc(data, after, WRITTEN, 1);
			ck_assert_ptr_nonnull(data);
			for (size_t i = 0; i < before && i < after; i++)
				ck_assert_uint_eq(data[i], (unsigned char)(i * 7 + from));
			memset(data, 0xff, after);
			CRYPTO_free(data, WRITTEN, 1);
		}
	}
}
END_TEST

START_TEST(nothing_is_asked_for)
{
	tls_memory_open();
	ck_assert_ptr_null(CRYPTO_malloc(0, WRITTEN, 1));
	ck_assert_ptr_null(CRYPTO_realloc(take(10, WRITTEN), 0, WRITTEN, 1));
	ck_assert_ptr_null(CRYPTO_realloc(take(10, OTHER), 0, OTHER, 1));
	CRYPTO_free(NULL, WRITTEN, 1);
	CRYPTO_free(CRYPTO_realloc(NULL, 10, WRITTEN, 1), WRITTEN, 1);
}
END_TEST

/* Beyond the region the heap serves; no two objects share a byte. */
START_TEST(more_objects_than_room)
{
	static unsigned char *objects[20000], whole[60];
	const size_t count = COUNT(objects);

	tls_memory_open();
	for (size_t i = 0; i < count; i++) {
		objects[i] = take(60, WRITTEN);
		memset(objects[i], (int)(i % 251), 60);
	}
	for (size_t i = 0; i < count; i++) {
		memset(whole, (int)(i % 251), 60);
		ck_assert_mem_eq(objects[i], whole, 60);
		CRYPTO_free(objects[i], WRITTEN, 1);
	}
}
END_TEST

/* What is taken after the holes were filled lies beyond all that was there before. */
START_TEST(holes_are_filled)
{
	static unsigned char *pieces[4000];
	const size_t count = COUNT(pieces);
	unsigned char *last;

	for (size_t i = 0; i < count; i++)
		ck_assert_ptr_nonnull(pieces[i] = malloc(16 + i % 2000));
	last = pieces[count - 1];
	for (size_t i = 0; i < count - 1; i += 2)
		free(pieces[i]);
	tls_memory_fill();
	for (size_t size = 24; size < 4000; size += 24)
		ck_assert_uint_gt((uintptr_t)malloc(size), (uintptr_t)last);
}
END_TEST

/* OpenSSL itself, on objects from before and after the end. */
START_TEST(handshakes_before_and_after_the_end)
{
	tls_memory_open();
	ck_assert(tls_rehearse());
	tls_memory_close();
	tls_memory_fill();
	for (int i = 0; i < 20; i++)
		ck_assert(tls_rehearse());
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_memory");
	TCase *tcase = unit_case(suite, "tls_memory");

	tcase_add_test(tcase, written_objects_lie_side_by_side);
	tcase_add_test(tcase, freed_object_is_used_again_until_the_end);
	tcase_add_test(tcase, resized_object_keeps_its_bytes);
	tcase_add_test(tcase, nothing_is_asked_for);
	tcase_add_test(tcase, more_objects_than_room);
	tcase_add_test(tcase, handshakes_before_and_after_the_end);
	tcase = unit_case(suite, "holes");
	tcase_set_tags(tcase, UNIT_C_HEAP);
	tcase_add_test(tcase, holes_are_filled);
	return unit_run(suite);
}
