/* Reductions over any dims of any layout, by the tree of kernels.h. The reduced elements of a result, in logical
   order, are cut into blocks; a block is reduced by a kernel where it lies, or gathered first, or
   a tile of neighbouring results at a time when those lie closer together. All three give the same bits. */
#include "op/run.h"
#include <string.h>

struct fold {
	k_rows_fn *rows;
	k_cols_fn *cols;
	k2_fn *join; /* two partial results */
};

static const struct fold folds[][DTYPE_COUNT] = {
    {{k_sum_rows_f32, k_sum_cols_f32, k_add_f32},
     {k_sum_rows_f64, k_sum_cols_f64, k_add_f64},
     {k_sum_rows_i64, k_sum_cols_i64, k_add_i64},
     {k_sum_rows_bool, k_sum_cols_bool, k_add_i64}},
    {{k_amax_rows_f32, k_amax_cols_f32, k_maximum_f32},
     {k_amax_rows_f64, k_amax_cols_f64, k_maximum_f64},
     {k_amax_rows_i64, k_amax_cols_i64, k_maximum_i64},
     {k_any_rows_bool, k_any_cols_bool, k_or_bool}},
    {{k_amin_rows_f32, k_amin_cols_f32, k_minimum_f32},
     {k_amin_rows_f64, k_amin_cols_f64, k_minimum_f64},
     {k_amin_rows_i64, k_amin_cols_i64, k_minimum_i64},
     {k_all_rows_bool, k_all_cols_bool, k_and_bool}},
    {{k_any_rows_f32, k_any_cols_f32, k_or_bool},
     {k_any_rows_f64, k_any_cols_f64, k_or_bool},
     {k_any_rows_i64, k_any_cols_i64, k_or_bool},
     {k_any_rows_bool, k_any_cols_bool, k_or_bool}},
    {{k_all_rows_f32, k_all_cols_f32, k_and_bool},
     {k_all_rows_f64, k_all_cols_f64, k_and_bool},
     {k_all_rows_i64, k_all_cols_i64, k_and_bool},
     {k_all_rows_bool, k_all_cols_bool, k_and_bool}},
};

static const struct fold *fold_of(enum op op, enum dtype dt)
{
	switch (op) {
	case OP_amax: return &folds[1][dt];
	case OP_amin: return &folds[2][dt];
	case OP_any: return &folds[3][dt];
	case OP_all: return &folds[4][dt];
	default: return &folds[0][dt];
	}
}

/* The partial results of blocks, joined as a binary counter carries. */
struct parts {
	int top;
	int64_t block;
	_Alignas(64) char at[64][K_TILE * 8];
};

static void parts_add(struct parts *p, k2_fn *join, int64_t w, char *v, size_t bytes)
{
	for (int64_t carry = p->block++; carry & 1; carry >>= 1) join(w, v, p->at[--p->top], 1, v, 1);
	memcpy(p->at[p->top++], v, bytes);
}

/* v still holds the last block, which the others join from the latest to the first. */
static void parts_end(struct parts *p, k2_fn *join, int64_t w, char *v)
{
	for (p->top--; p->top > 0;) join(w, v, p->at[--p->top], 1, v, 1);
}

struct reduction {
	const struct call *c;
	const struct fold *f;
	int64_t n;      /* elements behind one result */
	size_t in, out; /* element sizes */
	struct walk kept, gone;
};

/* Copies the next m reduced elements to `to`; the walk's innermost dim is taken in runs. */
static void gather(struct walk *w, const char *base, size_t size, int64_t m, char *to)
{
	k1_fn *copy = size == 8 ? k_copy_8 : size == 4 ? k_copy_4 : k_copy_1;
	const int d = w->rank - 1;
	while (m > 0) {
		int64_t run = w->dim[d] - w->at[d];
		if (run > m) run = m;
		copy(run, to, base + w->offset * (int64_t)size, w->stride[d]);
		to += run * (int64_t)size;
		m -= run;
		w->at[d] += run - 1;
		w->offset += (run - 1) * w->stride[d];
		walk_next(w);
	}
}

static bool by_rows(struct reduction *r)
{
	struct parts p;
	_Alignas(64) char block[K_BLOCK * 8], v[8];
	const bool direct = r->gone.rank == 0 || (r->gone.rank == 1 && r->gone.stride[0] == 1);
	char *out = r->c->out->data;
	for (int64_t i = 0; i < r->kept.count; i++, out += r->out) {
		const char *base = r->c->in[0]->data + r->kept.offset * (int64_t)r->in;
		if (call_stopped(r->c)) return call_interrupt(r->c);
		if (direct && r->n <= K_BLOCK) {
			r->f->rows(out, base, r->n);
		} else {
			struct walk w = r->gone;
			p.top = 0;
			p.block = 0;
			for (int64_t at = 0; at < r->n; at += K_BLOCK) {
				int64_t m = r->n - at < K_BLOCK ? r->n - at : K_BLOCK;
				const char *x = base + at * (int64_t)r->in;
				if (!direct) gather(&w, base, r->in, m, block), x = block;
				r->f->rows(v, x, m);
				parts_add(&p, r->f->join, 1, v, r->out);
				if (p.block % 1024 == 0 && call_stopped(r->c)) return call_interrupt(r->c);
			}
			parts_end(&p, r->f->join, 1, v);
			memcpy(out, v, r->out);
		}
		walk_next(&r->kept);
	}
	return true;
}

/* The innermost kept dim in tiles; the walk over the others stays in `kept`. */
static bool by_cols(struct reduction *r)
{
	struct parts p;
	_Alignas(64) char v[K_TILE * 8];
	const void *row[K_BLOCK];
	const int d = --r->kept.rank;
	const int64_t len = r->kept.dim[d], step = r->kept.stride[d], outer = r->kept.count / len;
	char *out = r->c->out->data;
	for (int64_t i = 0; i < outer; i++) {
		const char *base = r->c->in[0]->data + r->kept.offset * (int64_t)r->in;
		for (int64_t j = 0; j < len; j += K_TILE) {
			const int64_t w = len - j < K_TILE ? len - j : K_TILE;
			struct walk walk = r->gone;
			p.top = 0;
			p.block = 0;
			if (call_stopped(r->c)) return call_interrupt(r->c);
			for (int64_t at = 0; at < r->n; at += K_BLOCK) {
				int64_t m = r->n - at < K_BLOCK ? r->n - at : K_BLOCK;
				for (int64_t l = 0; l < m; l++, walk_next(&walk))
					row[l] = base + (walk.offset + j * step) * (int64_t)r->in;
				r->f->cols(v, row, m, w, step);
				parts_add(&p, r->f->join, w, v, (size_t)w * r->out);
				if (p.block % 64 == 0 && call_stopped(r->c)) return call_interrupt(r->c);
			}
			parts_end(&p, r->f->join, w, v);
			memcpy(out, v, (size_t)w * r->out);
			out += (size_t)w * r->out;
		}
		walk_next(&r->kept);
	}
	return true;
}

static void divide(struct tensor *out, int64_t n)
{
	float f = (float)n;
	double d = (double)n;
	if (out->dtype == F32) k_div_f32(out->numel, out->data, out->data, 1, &f, 0);
	else k_div_f64(out->numel, out->data, out->data, 1, &d, 0);
}

bool run_reduce(const struct call *c)
{
	const struct tensor *a = c->in[0];
	const unsigned mask = (unsigned)c->attr[0];
	struct reduction r = {.c = c,
	                      .f = fold_of(c->op, (enum dtype)a->dtype),
	                      .in = dtype_size[a->dtype],
	                      .out = dtype_size[c->out->dtype]};
	walk_start(&r.kept, a, ~mask);
	walk_start(&r.gone, a, mask);
	r.n = r.gone.count;
	if (r.kept.count == 0) return true;
	if (r.n == 0) { /* the identity everywhere */
		char *out = c->out->data;
		for (int64_t i = 0; i < r.kept.count; i++, out += r.out) r.f->rows(out, a->data, 0);
	} else {
		const struct walk *k = &r.kept, *g = &r.gone;
		bool near =
		    k->rank && g->rank && k->stride[k->rank - 1] < g->stride[g->rank - 1] && k->dim[k->rank - 1] >= 4;
		if (!(near ? by_cols(&r) : by_rows(&r))) return false;
	}
	if (c->op == OP_mean) divide(c->out, r.n);
	return true;
}

static k_arg_fn *const arg_kernel[2][DTYPE_COUNT] = {{k_argmax_f32, k_argmax_f64, k_argmax_i64, k_argmax_bool},
                                                     {k_argmin_f32, k_argmin_f64, k_argmin_i64, k_argmin_bool}};

bool run_arg(const struct call *c)
{
	const struct tensor *a = c->in[0];
	const int64_t d = c->attr[0];
	k_arg_fn *kernel = arg_kernel[c->op == OP_argmin][a->dtype];
	int64_t *out = (int64_t *)(void *)c->out->data;
	if (d < 0 || a->rank == 0) {
		void *scratch;
		const void *p = call_packed(c, a, &scratch);
		if (!p) return false;
		*out = kernel(a->numel, p, 1) + 1;
		call_drop(c, scratch, tensor_bytes(a));
		return true;
	}
	struct walk w;
	walk_start(&w, a, ~(1u << d));
	for (int64_t i = 0; i < w.count; i++, walk_next(&w)) {
		if (i % 256 == 0 && call_stopped(c)) return call_interrupt(c);
		out[i] = kernel(a->dim[d], a->data + w.offset * dtype_size[a->dtype], a->stride[d]) + 1;
	}
	return true;
}
