/* matmul: vectors and matrices with leading dims that broadcast. Which products are made, and of what shape,
   depends on the shapes alone: many matrices by one are a single tall product. */
#include "kernels/blas.h"
#include "op/run.h"

struct side {
	const char *data;
	int64_t rs, cs; /* strides of the matrix */
	void *scratch;
	size_t bytes;
};

/* One matrix, or several whose strides BLAS can take; else a packed copy of the whole operand. */
static bool side_of(const struct call *c, const struct tensor *t, int64_t rows, int64_t cols, int64_t rs, int64_t cs,
                    bool packed, struct side *s, bool *copied)
{
	*s = (struct side){.data = t->data, .rs = rs, .cs = cs};
	*copied = false;
	const bool fits = k_product_direct(rows, cols, rs, cs) && (!packed || cs == 1 || cols == 1);
	if (fits || t->contiguous || t->numel == 0) return true;
	s->data = call_packed(c, t, &s->scratch);
	s->bytes = tensor_bytes(t);
	s->rs = cols;
	s->cs = 1;
	*copied = true;
	return s->data != NULL;
}

static bool product(const struct call *c, int64_t m, int64_t n, int64_t k, const struct side *a, const char *pa,
                    const struct side *b, const char *pb, char *pc)
{
	const _Atomic bool *stop = c->env->cancel;
	const void *x = pa, *y = pb;
	void *z = pc;
	bool ok;
	if (c->out->dtype != I64 && !k_blas())
		return fail(c->e, "matmul: libopenblas.so.0 can't be loaded (Debian has it in libopenblas0)");
	switch (c->out->dtype) {
	case F32: ok = k_product_f32(m, n, k, x, a->rs, a->cs, y, b->rs, b->cs, z, stop); break;
	case F64: ok = k_product_f64(m, n, k, x, a->rs, a->cs, y, b->rs, b->cs, z, stop); break;
	default: ok = k_product_i64(m, n, k, x, a->rs, a->cs, y, b->rs, b->cs, z, stop);
	}
	return ok || call_interrupt(c);
}

/* Strides of the leading dims, 0 where they broadcast. */
static void leading(const struct tensor *t, bool copied, int rank, int64_t *step)
{
	int own = t->rank > 2 ? t->rank - 2 : 0;
	int64_t packed = t->rank > 1 ? t->dim[t->rank - 1] * t->dim[t->rank - 2] : 0;
	for (int i = rank - 1; i >= 0; i--) {
		int j = i - (rank - own);
		step[i] = j < 0 || t->dim[j] == 1 ? 0 : copied ? packed : t->stride[j];
		if (j >= 0) packed *= t->dim[j];
	}
}

/* Can all dims but the last be stepped through as one? A copy can. */
static bool one_step(const struct tensor *t, int64_t *rs)
{
	struct walk w;
	walk_start(&w, t, (1u << (t->rank - 1)) - 1);
	*rs = w.rank ? w.stride[w.rank - 1] : t->dim[t->rank - 1];
	return w.rank <= 1;
}

static bool batches(const struct call *c, int64_t m, int64_t n, int64_t k, const struct side *a, const struct side *b,
                    int rank, const int64_t *dim, const int64_t *sa, const int64_t *sb)
{
	const int64_t size = dtype_size[c->out->dtype];
	int64_t at[MAX_RANK] = {0};
	const char *pa = a->data, *pb = b->data;
	char *pc = c->out->data;
	for (;;) {
		if (!product(c, m, n, k, a, pa, b, pb, pc)) return false;
		pc += m * n * size;
		int i = rank - 1;
		for (; i >= 0; i--) {
			pa += sa[i] * size;
			pb += sb[i] * size;
			if (++at[i] < dim[i]) break;
			pa -= sa[i] * dim[i] * size;
			pb -= sb[i] * dim[i] * size;
			at[i] = 0;
		}
		if (i < 0) return true;
	}
}

bool run_matmul(const struct call *c)
{
	const struct tensor *a = c->in[0], *b = c->in[1];
	const int ra = a->rank, rb = b->rank;
	const int64_t k = a->dim[ra - 1], n = rb > 1 ? b->dim[rb - 1] : 1;
	int64_t m = ra > 1 ? a->dim[ra - 2] : 1, ars = ra > 1 ? a->stride[ra - 2] : k;
	int64_t sa[MAX_RANK], sb[MAX_RANK];
	const int64_t brs = b->stride[rb > 1 ? rb - 2 : 0], bcs = rb > 1 ? b->stride[rb - 1] : 1;
	const bool tall = ra > 2 && rb <= 2;
	const int rank = tall ? 0 : (ra > rb ? ra : rb) > 2 ? (ra > rb ? ra : rb) - 2 : 0;
	struct side x, y;
	bool copied, packed, ok = false;
	if (c->out->numel == 0) return true;
	if (tall) {
		m = c->out->numel / n;
		if (!one_step(a, &ars)) ars = -1;
	}
	packed = c->out->dtype != I64 && k_product_packed_only(m, n, k);
	if (!side_of(c, a, m, k, ars, a->stride[ra - 1], packed, &x, &copied)) return false;
	leading(a, copied, rank, sa);
	if (side_of(c, b, k, n, brs, bcs, packed, &y, &copied)) {
		leading(b, copied, rank, sb);
		ok = batches(c, m, n, k, &x, &y, rank, c->out->dim, sa, sb);
		call_drop(c, y.scratch, y.bytes);
	}
	call_drop(c, x.scratch, x.bytes);
	return ok;
}
