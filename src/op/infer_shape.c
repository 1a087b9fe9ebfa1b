/* Types of results: layout, indexing and constructors. Attributes may come from a file, so every word
   is checked before it is used. */
#include "op/run.h"

static bool dims_ok(const struct infer *f, int n)
{
	return n <= MAX_RANK || infer_fail(f, "a tensor has at most %d dims, not %d", MAX_RANK, n);
}

static int64_t elements(int rank, const int64_t *dim)
{
	int64_t n = 1;
	for (int i = 0; i < rank; i++) n *= dim[i];
	return n;
}

static bool known_length(const struct infer *f, const struct type *t, int64_t dim)
{
	return !length_unknown(t->dim[dim]) ||
	       infer_fail(f, "the length of dim %lld of %s is not known", one_based(dim), F_TEXT(t));
}

static bool keep_dtype(const struct infer *f, int rank, const int64_t *dim)
{
	return infer_shape(f, (enum dtype)f->in->dtype, rank, dim);
}

/* Have both as many elements whatever the unknown lengths are? What they are made of must come up as often on both
 * sides. */
static bool same_elements(int ra, const int64_t *a, int rb, const int64_t *b)
{
	int64_t rest[MAX_RANK], na = 1, nb = 1, times;
	int n = 0;
	for (int i = 0; i < rb; i++) {
		rest[n] = length_atom(b[i], &times);
		n += rest[n] != 1;
		nb *= times;
	}
	for (int i = 0; i < ra; i++) {
		int64_t atom = length_atom(a[i], &times);
		int k = 0;
		na *= times;
		if (atom == 1) continue;
		while (k < n && rest[k] != atom) k++;
		if (k == n) return false;
		rest[k] = rest[--n];
	}
	return na == nb && n == 0;
}

/* Do `n` elements from `start` on lie in a length, some of them unknown? Numbers are compared with an unknown length
   once it is known. */
static bool lie_in(int64_t start, int64_t n, int64_t len)
{
	int64_t rest;
	if (!length_unknown(start) && !length_unknown(n)) return start >= 0 && n >= 0;
	if (!length_sub(len, start, &rest) || !length_sub(rest, n, &rest)) return false;
	const struct length l = length_parts(rest); /* it grows with the unknown length, which is 2 or more */
	return 2 * l.times + l.plus >= 0;
}

bool infer_reshape(const struct infer *f)
{
	if (!dims_ok(f, f->nattr) || !keep_dtype(f, f->nattr, f->attr)) return false;
	if (same_elements(f->nattr, f->attr, f->in->rank, f->in->dim)) return true;
	if (type_unknown(f->in) || type_unknown(f->out))
		return infer_fail(f, "%s is not known to have the elements of %s", F_TEXT(f->in), F_TEXT(f->out));
	return infer_fail(f, "%s has %lld elements, %s would need %lld", F_TEXT(f->in),
	                  (long long)elements(f->in->rank, f->in->dim), F_TEXT(f->out),
	                  (long long)elements(f->nattr, f->attr));
}

bool infer_permute(const struct infer *f)
{
	int64_t dim[MAX_RANK];
	unsigned seen = 0;
	if (f->nattr != f->in->rank)
		return infer_fail(f, "%d dims named for a tensor of shape %s", f->nattr, F_TEXT(f->in));
	for (int i = 0; i < f->nattr; i++) {
		if (!infer_dim(f, f->attr[i], f->in->rank)) return false;
		if (seen >> f->attr[i] & 1) return infer_fail(f, "dim %lld is named twice", one_based(f->attr[i]));
		seen |= 1u << f->attr[i];
		dim[i] = f->in->dim[f->attr[i]];
	}
	return keep_dtype(f, f->nattr, dim);
}

bool infer_expand(const struct infer *f)
{
	const int extra = f->nattr - f->in->rank;
	if (!dims_ok(f, f->nattr) || !keep_dtype(f, f->nattr, f->attr)) return false;
	bool fits = extra >= 0;
	for (int i = 0; fits && i < f->in->rank; i++) fits = f->in->dim[i] == 1 || f->in->dim[i] == f->attr[i + extra];
	return fits || infer_fail(f, "%s cannot be expanded to %s", F_TEXT(f->in), F_TEXT(f->out));
}

bool infer_narrow(const struct infer *f)
{
	if (!infer_attrs(f, 4) || !infer_dim(f, f->attr[0], f->in->rank)) return false;
	const int64_t d = f->attr[0], start = f->attr[1], n = f->attr[2], step = f->attr[3], len = f->in->dim[d];
	if (step < 1) return infer_fail(f, "the step is %lld, not positive", (long long)step);
	if (length_unknown(start) || length_unknown(n) || length_unknown(len)) {
		if (step != 1 || !lie_in(start, n, len))
			return infer_fail(f, "dim %lld of %s is not known to hold these elements", one_based(d),
			                  F_TEXT(f->in));
	} else if (start < 0 || n < 0 || start > len || (n > 0 && (start >= len || (len - 1 - start) / step < n - 1)))
		return infer_fail(f, "%lld elements from %lld by %lld do not lie in dim %lld of %s", (long long)n,
		                  one_based(start), (long long)step, one_based(d), F_TEXT(f->in));
	int64_t dim[MAX_RANK];
	for (int i = 0; i < f->in->rank; i++) dim[i] = i == d ? n : f->in->dim[i];
	return keep_dtype(f, f->in->rank, dim);
}

bool infer_select(const struct infer *f)
{
	if (!infer_attrs(f, 2) || !infer_dim(f, f->attr[0], f->in->rank)) return false;
	const int64_t d = f->attr[0], at = f->attr[1];
	const int64_t len = f->in->dim[d];
	if (length_unknown(at) || length_unknown(len)) {
		if (!lie_in(at, 1, len))
			return infer_fail(f, "dim %lld of %s is not known to have this index", one_based(d),
			                  F_TEXT(f->in));
	} else if (at < 0 || at >= len)
		return fail(f->e, "index %lld is out of range for dim %lld of length %lld", one_based(at), one_based(d),
		            (long long)f->in->dim[d]);
	int64_t dim[MAX_RANK];
	int rank = 0;
	for (int i = 0; i < f->in->rank; i++)
		if (i != d) dim[rank++] = f->in->dim[i];
	return keep_dtype(f, rank, dim);
}

static bool same_dtypes(const struct infer *f)
{
	if (f->nin < 1) return infer_fail(f, "needs at least one tensor");
	for (int i = 1; i < f->nin; i++)
		if (f->in[i].dtype != f->in->dtype)
			return infer_fail(f, "dtypes %s and %s differ", dtype_name[f->in->dtype],
			                  dtype_name[f->in[i].dtype]);
	return true;
}

bool infer_cat(const struct infer *f)
{
	if (!same_dtypes(f) || !infer_attrs(f, 1)) return false;
	const struct type *a = f->in;
	if (a->rank == 0) return infer_fail(f, "a tensor without dims cannot be joined");
	if (!infer_dim(f, f->attr[0], a->rank)) return false;
	int64_t dim[MAX_RANK], total = 0;
	for (int k = 0; k < f->nin; k++) {
		const struct type *t = &f->in[k];
		bool fits = t->rank == a->rank;
		for (int i = 0; fits && i < a->rank; i++) fits = i == f->attr[0] || t->dim[i] == a->dim[i];
		if (!fits)
			return infer_fail(f, "shapes %s and %s differ outside dim %lld", F_TEXT(a), F_TEXT(t),
			                  one_based(f->attr[0]));
		if (!length_add(total, t->dim[f->attr[0]], &total)) return infer_fail(f, "the result is too large");
	}
	for (int i = 0; i < a->rank; i++) dim[i] = i == f->attr[0] ? total : a->dim[i];
	return keep_dtype(f, a->rank, dim);
}

bool infer_stack(const struct infer *f)
{
	if (!same_dtypes(f) || !infer_attrs(f, 1)) return false;
	const struct type *a = f->in;
	if (!dims_ok(f, a->rank + 1) || !infer_dim(f, f->attr[0], a->rank + 1)) return false;
	for (int k = 1; k < f->nin; k++) {
		bool fits = f->in[k].rank == a->rank;
		for (int i = 0; fits && i < a->rank; i++) fits = f->in[k].dim[i] == a->dim[i];
		if (!fits) return infer_fail(f, "shapes %s and %s differ", F_TEXT(a), F_TEXT(&f->in[k]));
	}
	int64_t dim[MAX_RANK];
	for (int i = 0, j = 0; i <= a->rank; i++) dim[i] = i == f->attr[0] ? f->nin : a->dim[j++];
	return keep_dtype(f, a->rank + 1, dim);
}

bool infer_pad(const struct infer *f)
{
	if (!infer_attrs(f, 4) || !infer_dim(f, f->attr[0], f->in->rank)) return false;
	const int64_t d = f->attr[0], before = f->attr[1], total = f->attr[2], step = f->attr[3], n = f->in->dim[d];
	if (length_unknown(before) || length_unknown(total) || length_unknown(n)) {
		if (step != 1 || !lie_in(before, n, total))
			return infer_fail(f, "dim %lld of %s is not known to fit there", one_based(d), F_TEXT(f->in));
	} else if (step < 1 || before < 0 || total < 0 || before > total ||
	           (n > 0 && (before >= total || (total - 1 - before) / step < n - 1)))
		return infer_fail(f, "dim %lld of %s does not fit at %lld by %lld in a length of %lld", one_based(d),
		                  F_TEXT(f->in), one_based(before), (long long)step, (long long)total);
	int64_t dim[MAX_RANK];
	for (int i = 0; i < f->in->rank; i++) dim[i] = i == d ? total : f->in->dim[i];
	return keep_dtype(f, f->in->rank, dim);
}

/* Do dims and strides describe places of a base of rank 1? With `at`, places are checked when run. */
static bool window(const struct infer *f, int rank, const int64_t *dim, const int64_t *stride, bool at)
{
	const struct type *base = f->in;
	if (base->rank == 1 && !known_length(f, base, 0)) return false;
	int64_t first = f->attr[0], last = first, step;
	bool empty = false, fits = true;
	if (base->rank != 1) return infer_fail(f, "the base has shape %s, not one dim", F_TEXT(base));
	for (int i = 0; i < rank; i++) {
		if (dim[i] < 0 || stride[i] < 0) return infer_fail(f, "a length or stride is negative");
		if (dim[i] == 0) empty = true;
		else if (__builtin_mul_overflow(dim[i] - 1, stride[i], &step) ||
		         __builtin_add_overflow(last, step, &last))
			fits = false;
	}
	if (empty || (fits && first >= 0 && (at || last < base->dim[0]) && last - first < base->dim[0])) return true;
	return infer_fail(f, "the window lies outside of %lld elements", (long long)base->dim[0]);
}

static bool window_dims(const struct infer *f, bool at)
{
	const int rank = f->nattr / 2;
	if (!infer_attrs(f, 1) || !dims_ok(f, rank)) return false;
	if (f->nattr % 2 == 0) return infer_fail(f, "needs a stride for each length");
	return window(f, rank, f->attr + 1, f->attr + 1 + rank, at) && keep_dtype(f, rank, f->attr + 1);
}

static bool window_place(const struct infer *f)
{
	const struct type *at = &f->in[f->nin - 1];
	return (at->dtype == I64 && at->rank == 0) || infer_fail(f, "the place is not one i64");
}

bool infer_window(const struct infer *f) { return window_dims(f, false); }
bool infer_window_at(const struct infer *f) { return window_place(f) && window_dims(f, true); }

bool infer_set_window(const struct infer *f)
{
	const struct type *v = &f->in[1];
	if (!window_place(f) || !infer_attrs(f, 1 + v->rank)) return false;
	if (v->dtype != f->in->dtype)
		return infer_fail(f, "dtypes %s and %s differ", dtype_name[f->in->dtype], dtype_name[v->dtype]);
	return window(f, v->rank, v->dim, f->attr + 1, true) && keep_dtype(f, f->in->rank, f->in->dim);
}

/* The dims of an index tensor in place of one dim of the first operand. */
static bool rows(const struct infer *f, int *rank, int64_t *dim)
{
	const struct type *a = &f->in[0], *at = &f->in[1];
	if (!infer_attrs(f, 1) || !infer_dim(f, f->attr[0], a->rank)) return false;
	if (at->dtype != I64) return infer_fail(f, "indices are i64, not %s", dtype_name[at->dtype]);
	if (!dims_ok(f, a->rank - 1 + at->rank)) return false;
	*rank = 0;
	for (int i = 0; i < a->rank; i++) {
		if (i != f->attr[0]) dim[(*rank)++] = a->dim[i];
		else
			for (int j = 0; j < at->rank; j++) dim[(*rank)++] = at->dim[j];
	}
	return true;
}

bool infer_index(const struct infer *f)
{
	int64_t dim[MAX_RANK];
	int rank;
	return rows(f, &rank, dim) && keep_dtype(f, rank, dim);
}

static bool changed(const struct infer *f)
{
	const struct type *v = &f->in[2];
	struct type want = {.kind = K_TENSOR, .dtype = f->in->dtype};
	int rank;
	if (v->dtype != f->in->dtype)
		return infer_fail(f, "dtypes %s and %s differ", dtype_name[f->in->dtype], dtype_name[v->dtype]);
	if (!rows(f, &rank, want.dim)) return false;
	want.rank = (uint8_t)rank;
	if (!type_equal(&want, v))
		return infer_fail(f, "values of shape %s are needed, not %s", F_TEXT(&want), F_TEXT(v));
	return keep_dtype(f, f->in->rank, f->in->dim);
}

bool infer_index_put(const struct infer *f) { return changed(f); }

bool infer_index_add(const struct infer *f)
{
	if (f->in->dtype == BOOL) return infer_fail(f, "works on numbers, not bool");
	return changed(f);
}

static bool dtype_word(const struct infer *f)
{
	if (!infer_attrs(f, 1)) return false;
	if (f->attr[0] < 0 || f->attr[0] >= DTYPE_COUNT) return infer_fail(f, "no such dtype");
	return true;
}

bool infer_full(const struct infer *f)
{
	if (!dtype_word(f) || !dims_ok(f, f->nattr - 1)) return false;
	if (f->in->rank != 0) return infer_fail(f, "the value has shape %s, not []", F_TEXT(f->in));
	if (f->in->dtype != f->attr[0])
		return infer_fail(f, "the value is %s, not %s", dtype_name[f->in->dtype], dtype_name[f->attr[0]]);
	return infer_shape(f, (enum dtype)f->attr[0], f->nattr - 1, f->attr + 1);
}

bool infer_arange(const struct infer *f)
{
	if (!infer_attrs(f, 4) || !dtype_word(f)) return false;
	if (f->attr[0] == BOOL) return infer_fail(f, "works on numbers, not bool");
	return infer_shape(f, (enum dtype)f->attr[0], 1, f->attr + 3);
}

bool infer_random(const struct infer *f)
{
	if (!dtype_word(f) || !dims_ok(f, f->nattr - 1)) return false;
	if (f->attr[0] != F32 && f->attr[0] != F64)
		return infer_fail(f, "makes f32 and f64, not %s", dtype_name[f->attr[0]]);
	return infer_shape(f, (enum dtype)f->attr[0], f->nattr - 1, f->attr + 1);
}

bool infer_multinomial(const struct infer *f)
{
	const struct type *w = f->in;
	if (!infer_attrs(f, 2)) return false;
	if (w->dtype != F32 && w->dtype != F64)
		return infer_fail(f, "weights are f32 or f64, not %s", dtype_name[w->dtype]);
	if (w->rank == 0) return infer_fail(f, "weights need at least one dim");
	if (!known_length(f, w, w->rank - 1)) return false;
	const int64_t classes = w->dim[w->rank - 1], count = f->attr[0];
	if (count < 0) return infer_fail(f, "cannot draw %lld samples", (long long)count);
	if (!f->attr[1] && count > classes)
		return infer_fail(f, "cannot draw %lld samples of %lld without replacement", (long long)count,
		                  (long long)classes);
	int64_t dim[MAX_RANK];
	for (int i = 0; i < w->rank - 1; i++) dim[i] = w->dim[i];
	dim[w->rank - 1] = count;
	return infer_shape(f, I64, w->rank, dim);
}
