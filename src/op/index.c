/* Indexing by i64 tensors. Indices are 1-based, negative ones count from the end; all are checked before
   anything is written. Rows named twice add up, or overwrite, in the order of the indices. */
#include "op/run.h"
#include <string.h>

enum { FEW = 128 };

struct rows {
	int64_t n, *at; /* 0-based rows */
	int64_t few[FEW];
	int64_t before, len, after; /* the operand as before x len x after */
};

static bool rows_begin(const struct call *c, struct rows *r)
{
	const struct tensor *a = c->in[0], *index = c->in[1];
	const int d = (int)c->attr[0];
	struct walk w;
	r->n = index->numel;
	r->len = a->dim[d];
	r->before = r->after = 1;
	for (int i = 0; i < d; i++) r->before *= a->dim[i];
	for (int i = d + 1; i < a->rank; i++) r->after *= a->dim[i];
	r->at = r->few;
	if (r->n > FEW && !(r->at = call_scratch(c, (size_t)r->n * sizeof *r->at))) return false;
	walk_start(&w, index, ~0u);
	for (int64_t i = 0; i < r->n; i++, walk_next(&w)) {
		int64_t v = ((const int64_t *)(const void *)index->data)[w.offset];
		if (v > 0 ? v <= r->len : v < 0 && v >= -r->len) {
			r->at[i] = v > 0 ? v - 1 : v + r->len;
			continue;
		}
		if (r->at != r->few) call_drop(c, r->at, (size_t)r->n * sizeof *r->at);
		return fail(c->e, "index %lld is out of range for dim %d of length %lld", (long long)v, d + 1,
		            (long long)r->len);
	}
	return true;
}

static void rows_end(const struct call *c, struct rows *r)
{
	if (r->at != r->few) call_drop(c, r->at, (size_t)r->n * sizeof *r->at);
}

bool run_index(const struct call *c)
{
	const struct tensor *a = c->in[0];
	const size_t size = dtype_size[a->dtype];
	const int d = (int)c->attr[0];
	struct rows r;
	struct walk before, after;
	bool ok = true;
	if (!rows_begin(c, &r)) return false;
	walk_start(&before, a, (1u << d) - 1);
	walk_start(&after, a, ~((2u << d) - 1));
	k1_fn *copy = size == 8 ? k_copy_8 : size == 4 ? k_copy_4 : k_copy_1;
	const bool packed = after.rank == 0 || (after.rank == 1 && after.stride[0] == 1);
	char *to = c->out->data;
	for (int64_t i = 0; ok && c->out->numel > 0 && i < r.before; i++, walk_next(&before)) {
		for (int64_t j = 0; j < r.n; j++) {
			const char *from = a->data + (before.offset + r.at[j] * a->stride[d]) * (int64_t)size;
			if (packed) {
				memcpy(to, from, (size_t)r.after * size);
				to += (size_t)r.after * size;
			} else {
				struct walk w = after;
				const int last = w.rank - 1;
				const int64_t run = w.dim[last];
				w.rank--;
				for (int64_t k = 0; k < r.after; k += run, walk_next(&w)) {
					copy(run, to, from + w.offset * (int64_t)size, w.stride[last]);
					to += (size_t)run * size;
				}
			}
			if (j % 4096 == 4095 && call_stopped(c)) {
				ok = call_interrupt(c);
				break;
			}
		}
	}
	rows_end(c, &r);
	return ok;
}

/* The base copied, then rows of the values put or added; `add` NULL overwrites. */
static bool change(const struct call *c, k2_fn *add)
{
	const size_t size = dtype_size[c->out->dtype];
	struct rows r;
	void *scratch = NULL;
	if (!rows_begin(c, &r)) return false;
	const char *from = call_packed(c, c->in[2], &scratch);
	bool ok = from != NULL;
	if (ok && c->out->data != c->in[0]->data) tensor_copy(c->out, c->in[0]);
	const size_t bytes = (size_t)r.after * size;
	for (int64_t i = 0; ok && c->in[2]->numel > 0 && i < r.before; i++) {
		for (int64_t j = 0; j < r.n; j++, from += bytes) {
			char *to = c->out->data + (size_t)(i * r.len + r.at[j]) * bytes;
			if (add) add(r.after, to, to, 1, from, 1);
			else memcpy(to, from, bytes);
			if (j % 4096 == 4095 && call_stopped(c)) {
				ok = call_interrupt(c);
				break;
			}
		}
	}
	call_drop(c, scratch, tensor_bytes(c->in[2]));
	rows_end(c, &r);
	return ok;
}

bool run_index_add(const struct call *c) { return change(c, elem_binary(OP_add, (enum dtype)c->out->dtype)); }
bool run_index_put(const struct call *c) { return change(c, NULL); }
