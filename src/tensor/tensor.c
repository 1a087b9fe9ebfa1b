/* Shapes, storage, views and copies. A tensor never owns bytes by itself: `st`
   counts them when they are ours. Strides may be 0 (expanded) but never negative. */
#include "tensor/tensor.h"
#include "kernels/kernels.h"
#include <stdio.h>
#include <string.h>

const char *const dtype_name[DTYPE_COUNT] = {"f32", "f64", "i64", "bool"};
const uint8_t dtype_size[DTYPE_COUNT] = {4, 8, 8, 1};

bool dtype_parse(const char *s, enum dtype *out)
{
	static const struct {
		const char *name;
		enum dtype dt;
	} names[] = {{"f32", F32},     {"f64", F64},    {"i64", I64},     {"bool", BOOL},   {"float32", F32},
	             {"float", F32},   {"single", F32}, {"float64", F64}, {"double", F64},  {"int64", I64},
	             {"integer", I64}, {"int", I64},    {"long", I64},    {"boolean", BOOL}};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(s, names[i].name) == 0) return *out = names[i].dt, true;
	return false;
}

struct storage *storage_new(struct mem *m, size_t bytes, struct err *e)
{
	const size_t extra = sizeof(struct storage) + _Alignof(struct storage);
	char *block = bytes <= SIZE_MAX / 2 ? mem_new(m, bytes + extra) : NULL;
	if (!block) return fail_memory(e, bytes), NULL;
	uintptr_t off = -(uintptr_t)block % _Alignof(struct storage);
	struct storage *s = (struct storage *)(void *)(block + off);
	s->mem = m;
	s->block = block;
	s->refs = 1;
	s->bytes = bytes;
	return s;
}

void storage_ref(struct storage *s)
{
	if (s) s->refs++;
}

void storage_unref(struct storage *s)
{
	if (s && --s->refs == 0)
		mem_free(s->mem, s->block, s->bytes + sizeof(struct storage) + _Alignof(struct storage));
}

char *shape_text(char s[SHAPE_TEXT], int rank, const int64_t *dim)
{
	size_t at = 1;
	s[0] = '[';
	for (int i = 0; i < rank && i < MAX_RANK; i++) {
		char one[LENGTH_TEXT];
		length_text(one, dim[i]);
		at += (size_t)snprintf(s + at, SHAPE_TEXT - at, "%s%s", i ? "x" : "", one);
	}
	snprintf(s + at, SHAPE_TEXT - at, "]");
	return s;
}

bool tensor_shape(struct tensor *t, enum dtype dt, int rank, const int64_t *dim, struct err *e)
{
	if (rank < 0 || rank > MAX_RANK) return fail(e, "a tensor has at most %d dims, not %d", MAX_RANK, rank);
	int64_t room = INT64_MAX / 16, n = 1;
	bool empty = false;
	t->dtype = (uint8_t)dt;
	t->rank = (uint8_t)rank;
	t->contiguous = true;
	t->data = NULL;
	t->st = NULL;
	for (int i = rank - 1; i >= 0; i--) {
		int64_t d = dim[i];
		if (d < 0) return fail(e, "dim %d of a shape is negative (%lld)", i + 1, (long long)d);
		t->dim[i] = d;
		t->stride[i] = n;
		if (d == 0) {
			empty = true;
		} else if (n > room / d) {
			char s[SHAPE_TEXT];
			return fail_kind(e, ERR_MEMORY, 0, "a tensor of shape %s is too large",
			                 shape_text(s, rank, dim));
		} else {
			n *= d;
		}
	}
	t->numel = empty ? 0 : n;
	return true;
}

void tensor_layout(struct tensor *t)
{
	int64_t n = 1;
	bool packed = true;
	for (int i = t->rank - 1; i >= 0; i--) {
		if (t->dim[i] != 1 && t->stride[i] != n) packed = false;
		n *= t->dim[i];
	}
	t->numel = n;
	t->contiguous = packed || n == 0;
}

size_t tensor_bytes(const struct tensor *t) { return (size_t)t->numel * dtype_size[t->dtype]; }

bool tensor_alloc(struct mem *m, struct tensor *t, struct err *e)
{
	struct err low;
	t->st = storage_new(m, tensor_bytes(t), &low);
	if (t->st) return t->data = t->st->data, true;
	char s[SHAPE_TEXT];
	return fail_kind(e, ERR_MEMORY, 0, "not enough memory for a tensor of shape %s (%s, %zu bytes)",
	                 shape_text(s, t->rank, t->dim), dtype_name[t->dtype], tensor_bytes(t));
}

bool tensor_overlap(const struct tensor *a, const struct tensor *b)
{
	const struct tensor *x[] = {a, b};
	const char *end[2];
	for (int i = 0; i < 2; i++) {
		int64_t last = 0;
		if (!x[i]->numel) return false;
		for (int d = 0; d < x[i]->rank; d++) last += (x[i]->dim[d] - 1) * x[i]->stride[d];
		end[i] = x[i]->data + (last + 1) * dtype_size[x[i]->dtype];
	}
	return a->data < end[1] && b->data < end[0];
}

bool tensor_same_shape(const struct tensor *a, const struct tensor *b)
{
	if (a->rank != b->rank) return false;
	for (int i = 0; i < a->rank; i++)
		if (a->dim[i] != b->dim[i]) return false;
	return true;
}

static k1_fn *copier(enum dtype dt)
{
	return dtype_size[dt] == 8 ? k_copy_8 : dtype_size[dt] == 4 ? k_copy_4 : k_copy_1;
}

/* The destination's innermost dim need not be packed, so its elements may go one by one. */
static void copy_line(char *d, int64_t sd, const char *s, int64_t ss, int64_t n, size_t size, k1_fn *copy)
{
	if (sd == 1) {
		copy(n, d, s, ss);
		return;
	}
	for (int64_t i = 0; i < n; i++) memcpy(d + (size_t)(i * sd) * size, s + (size_t)(i * ss) * size, size);
}

void tensor_copy(struct tensor *dst, const struct tensor *src)
{
	const size_t size = dtype_size[dst->dtype];
	if (dst->numel == 0) return;
	if (dst->contiguous && src->contiguous) {
		memmove(dst->data, src->data, tensor_bytes(dst));
		return;
	}
	/* in the order of the destination's memory; dims that both step through as one become one */
	int64_t dim[MAX_RANK], ds[MAX_RANK], ss[MAX_RANK], at[MAX_RANK] = {0};
	int order[MAX_RANK], count = 0, rank = 0;
	for (int i = 0; i < dst->rank; i++) {
		if (dst->dim[i] == 1) continue;
		int k = count++;
		for (; k > 0 && dst->stride[order[k - 1]] < dst->stride[i]; k--) order[k] = order[k - 1];
		order[k] = i;
	}
	for (int k = 0; k < count; k++) {
		const int i = order[k];
		if (rank && ds[rank - 1] == dst->stride[i] * dst->dim[i] &&
		    ss[rank - 1] == src->stride[i] * dst->dim[i]) {
			dim[rank - 1] *= dst->dim[i];
		} else {
			dim[rank++] = dst->dim[i];
		}
		ds[rank - 1] = dst->stride[i];
		ss[rank - 1] = src->stride[i];
	}
	k1_fn *copy = copier(dst->dtype);
	char *d = dst->data;
	const char *s = src->data;
	if (rank == 0) {
		memcpy(d, s, size);
		return;
	}
	/* the last two dims are a transposed block when the source runs along the other one */
	const bool block = rank > 1 && size >= 4 && ds[rank - 1] == 1 && ss[rank - 2] == 1 && ss[rank - 1] > 1;
	for (;;) {
		int i = rank - (block ? 3 : 2);
		if (block)
			(size == 4 ? k_transpose_4 : k_transpose_8)(dim[rank - 2], dim[rank - 1], d, ds[rank - 2], s,
			                                            ss[rank - 1]);
		else copy_line(d, ds[rank - 1], s, ss[rank - 1], dim[rank - 1], size, copy);
		for (; i >= 0; i--) {
			d += (int64_t)size * ds[i];
			s += (int64_t)size * ss[i];
			if (++at[i] < dim[i]) break;
			d -= (int64_t)size * ds[i] * dim[i];
			s -= (int64_t)size * ss[i] * dim[i];
			at[i] = 0;
		}
		if (i < 0) return;
	}
}

void shape_put(struct buf *b, int rank, const int64_t *dim)
{
	char s[SHAPE_TEXT];
	buf_puts(b, shape_text(s, rank, dim));
}

bool broadcast_shape(int ra, const int64_t *da, int rb, const int64_t *db, int *rank, int64_t *dim)
{
	int r = ra > rb ? ra : rb;
	for (int i = 0; i < r; i++) {
		int64_t x = i < r - ra ? 1 : da[i - (r - ra)], y = i < r - rb ? 1 : db[i - (r - rb)];
		if (x != y && x != 1 && y != 1) return false;
		dim[i] = x == 1 ? y : x;
	}
	*rank = r;
	return true;
}

static const char *element(const struct tensor *t, int64_t i)
{
	int64_t at = 0;
	if (t->contiguous) return t->data + i * dtype_size[t->dtype];
	for (int d = t->rank - 1; d >= 0; d--) {
		at += i % t->dim[d] * t->stride[d];
		i /= t->dim[d];
	}
	return t->data + at * dtype_size[t->dtype];
}

double tensor_get_f(const struct tensor *t, int64_t i)
{
	const char *p = element(t, i);
	switch (t->dtype) {
	case F32: return (double)*(const float *)p;
	case F64: return *(const double *)p;
	case I64: return (double)*(const int64_t *)p;
	default: return *(const uint8_t *)p;
	}
}

int64_t tensor_get_i(const struct tensor *t, int64_t i)
{
	const char *p = element(t, i);
	int64_t v;
	switch (t->dtype) {
	case F32: k_f32_to_i64(1, &v, p, 1); return v;
	case F64: k_f64_to_i64(1, &v, p, 1); return v;
	case I64: return *(const int64_t *)p;
	default: return *(const uint8_t *)p;
	}
}
