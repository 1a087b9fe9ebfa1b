/* Memory, arenas, buffers, numbers as text, vectors; every allocation also made to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours is base.h's */
#include <stdatomic.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/base.h"

/* An allocator that fails from the n-th request on and counts the blocks alive. */
struct failing {
	int left, alive;
};

static void *failing(void *ud, void *p, size_t osize, size_t nsize)
{
	struct failing *f = ud;
	(void)osize;
	if (!nsize) {
		f->alive -= p != NULL;
		free(p);
		return NULL;
	}
	if (f->left-- <= 0) return NULL;
	void *q = realloc(p, nsize);
	f->alive += q && !p;
	return q;
}

static void test_mem_counts_and_caps(void **state)
{
	struct mem m;
	(void)state;
	mem_init(&m, NULL, NULL);
	atomic_store(&m.cap, 100);
	char *a = mem_new(&m, 60);
	assert_non_null(a);
	assert_null(mem_new(&m, 41));
	assert_int_equal(atomic_load(&m.used), 60);
	char *b = mem_zero(&m, 40);
	assert_non_null(b);
	assert_int_equal(b[39], 0);
	assert_null(mem_resize(&m, a, 60, 61));
	a = mem_resize(&m, a, 60, 10);
	assert_int_equal(atomic_load(&m.used), 50);
	a = mem_resize(&m, a, 10, 60);
	assert_non_null(a);
	mem_free(&m, a, 60);
	mem_free(&m, b, 40);
	mem_free(&m, NULL, 7);
	assert_int_equal(atomic_load(&m.used), 0);
}

static void test_arena_marks(void **state)
{
	struct mem m;
	struct arena a;
	(void)state;
	mem_init(&m, NULL, NULL);
	arena_init(&a, &m);
	char *first = arena_new(&a, 10);
	memset(first, 7, 10);
	struct arena_mark mark = arena_mark(&a);
	for (size_t i = 1; i < 300; i++) {
		unsigned char *p = arena_new(&a, i * 13);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t k = 0; k < i * 13; k++) assert_int_equal(p[k], 0);
		memset(p, 255, i * 13);
	}
	assert_string_equal(arena_copy(&a, "some text", 4), "some");
	arena_release(&a, mark);
	unsigned char *again = arena_new(&a, 10);
	assert_ptr_equal(again, first + 16);
	assert_int_equal(again[0], 0);
	assert_int_equal(first[9], 7);
	arena_free(&a);
	assert_int_equal(atomic_load(&m.used), 0);
}

static void check_number(double v, const char *want)
{
	struct mem m;
	struct buf b;
	mem_init(&m, NULL, NULL);
	buf_init(&b, &m);
	buf_number(&b, v);
	assert_string_equal(b.s, want);
	buf_free(&b);
}

static void check_float(float v, const char *want)
{
	struct mem m;
	struct buf b;
	mem_init(&m, NULL, NULL);
	buf_init(&b, &m);
	buf_float32(&b, v);
	assert_string_equal(b.s, want);
	if (want[0] != 'n' && want[0] != 'i') assert_true(strtof(b.s, NULL) == v);
	buf_free(&b);
}

static void numbers(void)
{
	double v;
	struct mem m;
	mem_init(&m, NULL, NULL);
	check_number(1, "1.0");
	check_number(-0.0, "-0.0");
	check_number(0.1, "0.1");
	check_number(1e100, "1e+100");
	check_number(INFINITY, "inf");
	check_number(1e15, "1e+15");
	check_number(123456789012345.0, "1.2345678901234e+14");
	check_float(0.1f, "0.1");
	check_float(16777216.0f, "16777216.0");
	check_float(1.0f / 3, "0.33333334");
	check_float(FLT_MIN, "1.1754944e-38");
	check_float(FLT_MAX, "3.4028235e+38");
	check_float(-INFINITY, "-inf");
	assert_true(text_double(&m, "1.5e3xx", 5, &v) && v == 1500);
	assert_true(text_double(&m, "0x.8p1", 6, &v) && v == 1);
	assert_false(text_double(&m, "1,5", 3, &v));
	assert_false(text_double(&m, "1.5.", 4, &v));
	assert_false(text_double(&m, "", 0, &v));
	char big[2000];
	memset(big, '1', sizeof big);
	big[1] = '.';
	assert_true(text_double(&m, big, sizeof big, &v) && v > 1.11 && v < 1.12);
	assert_int_equal(atomic_load(&m.used), 0);
}

static void test_numbers(void **state)
{
	(void)state;
	numbers();
}

/* Where a locale with a decimal comma is installed, nothing changes. */
static void test_numbers_in_another_locale(void **state)
{
	static const char *const name[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(name); i++) {
		if (!setlocale(LC_NUMERIC, name[i])) continue;
		numbers();
		setlocale(LC_NUMERIC, "C");
		return;
	}
	skip();
}

static void test_buf_grows_and_fails(void **state)
{
	(void)state;
	for (int n = 0; n < 20; n++) {
		struct failing f = {n, 0};
		struct mem m;
		struct buf b;
		mem_init(&m, failing, &f);
		buf_init(&b, &m);
		for (int i = 0; i < 1000; i++) {
			buf_puts(&b, "line ");
			buf_printf(&b, "%d", i % 10);
			buf_putc(&b, '\n');
		}
		if (b.bad) assert_true(b.n < 7000);
		else {
			assert_int_equal(b.n, 7000);
			assert_memory_equal(b.s + 6993, "line 9\n", 8);
		}
		assert_true(b.bad == (n < 8));
		buf_free(&b);
		assert_int_equal(f.alive, 0);
		assert_int_equal(atomic_load(&m.used), 0);
	}
}

static void test_vec(void **state)
{
	(void)state;
	for (int n = 0; n < 12; n++) {
		struct failing f = {n, 0};
		struct mem m;
		VEC(int) v = {0};
		mem_init(&m, failing, &f);
		int i = 0;
		while (i < 1000 && vec_push(&m, &v, i)) i++;
		assert_int_equal(i == 1000, n >= 8);
		assert_int_equal(v.n, i);
		for (int k = 0; k < i; k++) assert_int_equal(v.at[k], k);
		vec_free(&m, &v);
		assert_int_equal(f.alive, 0);
	}
}

static void test_errors(void **state)
{
	struct err e;
	char big[3000];
	(void)state;
	assert_false(fail(&e, "shape %s", "[2x3]"));
	assert_string_equal(e.msg, "shape [2x3]");
	assert_false(fail_kind(&e, ERR_SYNTAX, 7, "x"));
	assert_int_equal(e.line, 7);
	assert_int_equal(e.kind, ERR_SYNTAX);
	memset(big, 'a', sizeof big - 1);
	big[sizeof big - 1] = 0;
	fail(&e, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
	assert_string_equal(e.msg + sizeof e.msg - 4, "...");
	fail_memory(&e, 12);
	assert_int_equal(e.kind, ERR_MEMORY);
}

static void test_hash(void **state)
{
	char s[64] = {0};
	uint64_t seen[64];
	(void)state;
	for (size_t n = 0; n < 64; n++) {
		seen[n] = hash_bytes(s, n, 0); /* zeros of every length differ */
		for (size_t k = 0; k < n; k++) assert_true(seen[k] != seen[n]);
	}
	assert_true(hash_bytes("abc", 3, 0) != hash_bytes("abc", 3, 1));
	assert_true(hash_bytes("abcdefghi", 9, 0) != hash_bytes("abcdefghj", 9, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mem_counts_and_caps),
	    cmocka_unit_test(test_arena_marks),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_numbers_in_another_locale),
	    cmocka_unit_test(test_buf_grows_and_fails),
	    cmocka_unit_test(test_vec),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
