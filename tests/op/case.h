/* Cases of ops as text: operands "f32[2x3] 1 2 3 4 5 6", results as tensor_format prints them with every
   run of white space one blank, "!" in front of an expected error. */
#ifndef TESTS_OP_CASE_H
#define TESTS_OP_CASE_H
#include "op/op.h" /* before cmocka, which has a macro named as our function */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct op_case {
	const char *op, *in[3], *want;
	int64_t attr[10];
	int nattr;
};
/* An operand and the bytes it lies in. */
struct operand {
	struct tensor t;
	char *bytes;
};
enum form { PACKED, SPREAD, TURNED, FORMS }; /* gaps between elements; dims in the reverse order in memory */

static inline enum dtype case_dtype(const char **s)
{
	char name[8];
	size_t n = strcspn(*s, "[");
	enum dtype dt = F32;
	assert_true(n < sizeof name);
	memcpy(name, *s, n);
	name[n] = 0;
	assert_true(dtype_parse(name, &dt));
	*s += n + 1;
	return dt;
}

static inline void case_put(char *p, enum dtype dt, double v)
{
	switch (dt) {
	case F32: *(float *)(void *)p = (float)v; break;
	case F64: *(double *)(void *)p = v; break;
	case I64: *(int64_t *)(void *)p = (int64_t)v; break;
	default: *p = v != 0;
	}
}

/* The operand in a given layout; elements nobody should read hold 0x7f bytes. */
static inline struct operand case_operand(const char *s, enum form form)
{
	struct operand o = {.bytes = NULL};
	struct err e;
	int64_t dim[MAX_RANK], n = 1;
	int rank = 0;
	enum dtype dt = case_dtype(&s);
	while (*s != ']') {
		dim[rank++] = strtoll(s, (char **)(uintptr_t)&s, 10);
		if (*s == 'x') s++;
	}
	s++;
	assert_true(tensor_shape(&o.t, dt, rank, dim, &e));
	for (int k = 0; k < rank; k++) {
		int i = form == TURNED ? k : rank - 1 - k;
		if (form == SPREAD) n *= 2;
		o.t.stride[i] = n;
		n *= dim[i] ? dim[i] : 1;
	}
	tensor_layout(&o.t);
	const size_t size = dtype_size[dt];
	o.bytes = malloc(((size_t)n + 1) * size);
	assert_non_null(o.bytes);
	memset(o.bytes, 0x7f, ((size_t)n + 1) * size);
	o.t.data = o.bytes;
	for (int64_t i = 0; i < o.t.numel; i++) {
		char *end;
		double v = strtod(s, &end);
		if (end == s && dt == BOOL) { /* t and f */
			while (*s == ' ') s++;
			v = *s == 't';
			end = (char *)(uintptr_t)s + 1;
		}
		assert_true(end != s);
		s = end;
		int64_t at = 0, rest = i;
		for (int d = rank - 1; d >= 0; d--) at += rest % dim[d] * o.t.stride[d], rest /= dim[d];
		case_put(o.t.data + at * (int64_t)size, dt, v);
	}
	assert_true(s[strspn(s, " ")] == 0);
	return o;
}

static inline struct type case_type(const struct tensor *t)
{
	struct type r = {.kind = K_TENSOR, .dtype = t->dtype, .rank = t->rank};
	memcpy(r.dim, t->dim, sizeof r.dim);
	return r;
}

enum { GUARD = 64 };
/* Infers, gives the result bytes between guards and runs. false: e says why. The caller frees *bytes. */
static inline bool case_run(enum op op, struct tensor *const *in, int nin, const int64_t *attr, int nattr,
                            struct tensor *out, char **bytes, struct op_env *env, struct err *e)
{
	struct type t[8], r;
	int nout;
	*bytes = NULL;
	for (int i = 0; i < nin; i++) t[i] = case_type(in[i]);
	if (!op_infer(op, t, nin, attr, nattr, &r, &nout, e)) return false;
	assert_int_equal(nout, 1);
	assert_int_equal(r.kind, K_TENSOR);
	if (!tensor_shape(out, (enum dtype)r.dtype, r.rank, r.dim, e)) return false;
	const size_t n = tensor_bytes(out);
	*bytes = malloc(n + 2 * GUARD);
	assert_non_null(*bytes);
	memset(*bytes, 0xa5, n + 2 * GUARD);
	out->data = *bytes + GUARD;
	const bool ok = op_run(op, in, nin, attr, nattr, out, env, e);
	for (size_t i = 0; i < GUARD; i++) {
		assert_int_equal((unsigned char)(*bytes)[i], 0xa5);
		assert_int_equal((unsigned char)(*bytes)[GUARD + n + i], 0xa5);
	}
	return ok;
}

/* The text of a tensor with white space squeezed; free it. */
static inline char *case_text(struct mem *m, const struct tensor *t)
{
	struct buf b;
	buf_init(&b, m);
	tensor_format(&b, t);
	assert_false(b.bad);
	char *s = malloc(b.n + 1), *to = s;
	assert_non_null(s);
	for (const char *p = b.s; *p; p++) {
		if (!isspace((unsigned char)*p)) *to++ = *p;
		else if (to[-1] != ' ' && to[-1] != '[') *to++ = ' ';
	}
	*to = 0;
	buf_free(&b);
	return s;
}
#endif
