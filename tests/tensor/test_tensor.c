/* Shapes, storage, copies, text and the random stream. */
#include "kernels/kernels.h"
#include "tensor/tensor.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mem mem;

static void shapes_are_checked(void **state)
{
	(void)state;
	const int64_t good[] = {2, 0, 3}, negative[] = {2, -1}, huge[] = {(int64_t)1 << 40, (int64_t)1 << 40};
	const int64_t hidden[] = {(int64_t)1 << 40, 0, (int64_t)1 << 40}, nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
	struct tensor t;
	struct err e;
	assert_true(tensor_shape(&t, I64, 3, good, &e));
	assert_int_equal(t.numel, 0);
	assert_true(t.contiguous);
	assert_false(tensor_shape(&t, F32, 2, negative, &e));
	assert_string_equal(e.msg, "dim 2 of a shape is negative (-1)");
	assert_false(tensor_shape(&t, F32, 2, huge, &e));
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_string_equal(e.msg, "a tensor of shape [1099511627776x1099511627776] is too large");
	assert_false(tensor_shape(&t, F32, 3, hidden, &e));
	assert_false(tensor_shape(&t, F32, 9, nine, &e));
	assert_string_equal(e.msg, "a tensor has at most 8 dims, not 9");
}

static void storage_is_counted(void **state)
{
	(void)state;
	const int64_t dim[] = {3, 5}, much[] = {1000000, 1000000};
	struct tensor t;
	struct err e;
	assert_true(tensor_shape(&t, F64, 2, dim, &e));
	assert_true(tensor_alloc(&mem, &t, &e));
	assert_int_equal((uintptr_t)t.data % 64, 0);
	assert_true(mem.used >= 120);
	storage_ref(t.st);
	storage_unref(t.st);
	memset(t.data, 1, tensor_bytes(&t));
	storage_unref(t.st);
	storage_unref(NULL);
	assert_int_equal(mem.used, 0);
	mem.cap = 1 << 20;
	assert_true(tensor_shape(&t, F32, 2, much, &e));
	assert_false(tensor_alloc(&mem, &t, &e));
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_string_equal(e.msg,
	                    "not enough memory for a tensor of shape [1000000x1000000] (f32, 4000000000000 bytes)");
	mem.cap = 0;
}

static void dtypes_have_names(void **state)
{
	(void)state;
	enum dtype dt;
	for (int i = 0; i < DTYPE_COUNT; i++) {
		assert_true(dtype_parse(dtype_name[i], &dt));
		assert_int_equal(dt, i);
	}
	assert_true(dtype_parse("float", &dt) && dt == F32);
	assert_true(dtype_parse("double", &dt) && dt == F64);
	assert_true(dtype_parse("long", &dt) && dt == I64);
	assert_false(dtype_parse("f16", &dt));
}

static void broadcasting(void **state)
{
	(void)state;
	const int64_t a[] = {2, 1, 3}, b[] = {4, 1}, c[] = {5}, none[] = {0};
	int64_t dim[MAX_RANK];
	int rank;
	assert_true(broadcast_shape(3, a, 2, b, &rank, dim));
	assert_int_equal(rank, 3);
	assert_memory_equal(dim, ((int64_t[]){2, 4, 3}), sizeof(int64_t[3]));
	assert_false(broadcast_shape(3, a, 1, c, &rank, dim));
	assert_true(broadcast_shape(2, b, 1, none, &rank, dim));
	assert_int_equal(dim[1], 0);
	assert_true(broadcast_shape(0, NULL, 1, c, &rank, dim));
	assert_int_equal(dim[0], 5);
}

/* Every pair of memory orders of a [2x3x4] tensor, with gaps. */
static void copies_between_layouts(void **state)
{
	(void)state;
	static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	const int64_t dim[] = {2, 3, 4};
	for (int dt = 0; dt < DTYPE_COUNT; dt++)
		for (int pair = 0; pair < 144; pair++) {
			static char room[2][8 * 24 * 8];
			struct tensor t[2];
			for (int k = 0; k < 2; k++) {
				const int which = k ? pair / 12 : pair % 12;
				int64_t n = which >= 6 ? 2 : 1;
				struct err e;
				assert_true(tensor_shape(&t[k], (enum dtype)dt, 3, dim, &e));
				for (int i = 2; i >= 0; i--)
					t[k].stride[order[which % 6][i]] = n, n *= dim[order[which % 6][i]];
				t[k].data = room[k];
				tensor_layout(&t[k]);
				assert_int_equal(t[k].contiguous, which == 0);
				memset(room[k], 0, sizeof room[k]);
			}
			for (int64_t i = 0; i < 24; i++) {
				int64_t at =
				    i / 12 * t[0].stride[0] + i / 4 % 3 * t[0].stride[1] + i % 4 * t[0].stride[2];
				char *p = room[0] + at * dtype_size[dt];
				if (dt == F32) *(float *)(void *)p = (float)i;
				else if (dt == F64) *(double *)(void *)p = (double)i;
				else if (dt == I64) *(int64_t *)(void *)p = i;
				else *p = (char)i;
			}
			tensor_copy(&t[1], &t[0]);
			for (int64_t i = 0; i < 24; i++) {
				assert_int_equal(tensor_get_i(&t[1], i), i);
				assert_true(tensor_get_f(&t[1], i) == (double)i);
			}
		}
}

static void text_is(const char *want, enum dtype dt, int rank, const int64_t *dim, const void *data)
{
	struct tensor t;
	struct err e;
	struct buf b;
	buf_init(&b, &mem);
	assert_true(tensor_shape(&t, dt, rank, dim, &e));
	t.data = (char *)(uintptr_t)data;
	tensor_format(&b, &t);
	assert_false(b.bad);
	assert_string_equal(b.s, want);
	buf_free(&b);
	assert_int_equal(mem.used, 0);
}

#define DIMS(...) \
	(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]) { __VA_ARGS__ }

static void text(void **state)
{
	(void)state;
	static float many[2000];
	static int64_t ints[30];
	const float f[] = {1, 2.5f, -3, 0.1f, INFINITY, 1e10f};
	const double d[] = {0.1, 1e100, 1.0 / 3};
	const bool yes[] = {true, false};
	text_is("0.1", F32, 0, NULL, &f[3]);
	text_is("1.0", F32, 0, NULL, &f[0]);
	text_is("0.33333333333333", F64, 0, NULL, &d[2]);
	text_is("true", BOOL, 0, NULL, yes);
	text_is("0", I64, 0, NULL, ints);
	text_is("tensor([1.0, 2.5])", F32, DIMS(2), f);
	text_is("tensor([[  1.0,   2.5,  -3.0],\n        [  0.1,   inf, 1e+10]])", F32, DIMS(2, 3), f);
	text_is("tensor([   0.1, 1e+100], dtype=f64)", F64, DIMS(2), d);
	text_is("tensor([[ true],\n        [false]])", BOOL, DIMS(2, 1), yes);
	text_is("tensor([[[0, 0]],\n\n        [[0, 0]]])", I64, DIMS(2, 1, 2), ints);
	text_is("tensor([])", F32, DIMS(0), f);
	text_is("tensor([], shape=[0x3], dtype=i64)", I64, DIMS(0, 3), ints);
	for (int i = 0; i < 30; i++) ints[i] = i;
	text_is("tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
	        "        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29])",
	        I64, DIMS(30), ints);
	for (int i = 0; i < 2000; i++) many[i] = (float)i;
	text_is("tensor([   0.0,    1.0,    2.0, ..., 1997.0, 1998.0, 1999.0])", F32, DIMS(2000), many);
	text_is("tensor([[   0.0,    1.0],\n        [   2.0,    3.0],\n        [   4.0,    5.0],\n        ...,\n"
	        "        [1994.0, 1995.0],\n        [1996.0, 1997.0],\n        [1998.0, 1999.0]])",
	        F32, DIMS(1000, 2), many);
}

static void text_ignores_the_locale(void **state)
{
	(void)state;
	static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "C.UTF-8"};
	const float f[] = {1.5f, -0.25f};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (setlocale(LC_NUMERIC, names[i])) text_is("tensor([  1.5, -0.25])", F32, DIMS(2), f);
	setlocale(LC_NUMERIC, "C");
}

/* The vectors published with the generator. */
static void philox_vectors(void **state)
{
	(void)state;
	static const struct {
		uint32_t counter[4], key[2], want[4];
	} known[] = {
	    {{0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
	    {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
	    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
	     {0xa4093822, 0x299f31d0},
	     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	};
	uint32_t got[4], run[8];
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		k_philox_block(known[i].counter, known[i].key, got);
		assert_memory_equal(got, known[i].want, sizeof got);
	}
	k_philox(0, 0, 2, run);
	assert_memory_equal(run, known[0].want, sizeof got);
	k_philox_block((uint32_t[]){1, 0, 0, 0}, (uint32_t[]){0, 0}, got);
	assert_memory_equal(run + 4, got, sizeof got);
}

static void draws_advance_by_shape(void **state)
{
	(void)state;
	static const int64_t sizes[] = {0, 1, 3, 4, 5, 255, 256, 257, 1000};
	static char whole[8 * 1008], part[8 * 1008];
	for (int normal = 0; normal < 2; normal++)
		for (int dt = F32; dt <= F64; dt++) {
			struct rng r;
			struct tensor t;
			struct err e;
			const int64_t most = 1000;
			rng_seed(&r, 42);
			assert_true(tensor_shape(&t, (enum dtype)dt, 1, &most, &e));
			t.data = whole;
			normal ? rng_normal(&r, &t) : rng_uniform(&r, &t);
			for (size_t k = 0; k < COUNT_OF(sizes); k++) {
				assert_true(tensor_shape(&t, (enum dtype)dt, 1, &sizes[k], &e));
				memset(part, 0x5a, sizeof part);
				t.data = part;
				rng_seed(&r, 42);
				normal ? rng_normal(&r, &t) : rng_uniform(&r, &t);
				assert_int_equal(r.offset, (sizes[k] + (dt == F32 ? 3 : 1)) / (dt == F32 ? 4 : 2));
				assert_memory_equal(part, whole, tensor_bytes(&t)); /* a shorter draw begins alike */
				assert_int_equal(part[tensor_bytes(&t)], 0x5a);
			}
		}
}

static void draws_are_distributed(void **state)
{
	(void)state;
	enum { N = 200000 };
	static float v[N];
	const int64_t n = N;
	struct rng r;
	struct tensor t;
	struct err e;
	double sum = 0, square = 0, fourth = 0;
	rng_seed(&r, 3);
	assert_true(tensor_shape(&t, F32, 1, &n, &e));
	t.data = (char *)v;
	rng_uniform(&r, &t);
	for (int i = 0; i < N; i++) {
		assert_true(v[i] >= 0 && v[i] < 1);
		sum += v[i];
		square += v[i] * v[i];
	}
	assert_true(fabs(sum / N - 0.5) < 0.005 && fabs(square / N - 1.0 / 3) < 0.005);
	rng_normal(&r, &t);
	sum = square = 0;
	for (int i = 0; i < N; i++) {
		sum += v[i];
		square += v[i] * v[i];
		fourth += pow(v[i], 4);
	}
	assert_true(fabs(sum / N) < 0.02 && fabs(square / N - 1) < 0.02 && fabs(fourth / N - 3) < 0.15);
	for (int i = 0; i < 1000; i++) {
		double d = rng_double(&r);
		assert_true(d >= 0 && d < 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shapes_are_checked),      cmocka_unit_test(storage_is_counted),
	    cmocka_unit_test(dtypes_have_names),       cmocka_unit_test(broadcasting),
	    cmocka_unit_test(copies_between_layouts),  cmocka_unit_test(text),
	    cmocka_unit_test(text_ignores_the_locale), cmocka_unit_test(philox_vectors),
	    cmocka_unit_test(draws_advance_by_shape),  cmocka_unit_test(draws_are_distributed),
	};
	mem_init(&mem, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
