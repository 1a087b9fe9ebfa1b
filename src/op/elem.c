/* Element-wise ops: which kernel serves which dtype, and running one over any strides. The short way, taken
   by nearly every call, is one kernel call on packed operands or repeated scalars. */
#include "op/run.h"

enum { STRETCH = 1 << 20 }; /* elements between looks at the cancel flag */

/* by the operands' dtype; NULL: refused */
static k1_fn *const unary[OP_COUNT][DTYPE_COUNT] = {
    [OP_bnot] = {NULL, NULL, k_not_i64, k_not_bool},
    [OP_neg] = {k_neg_f32, k_neg_f64, k_neg_i64},
    [OP_abs] = {k_abs_f32, k_abs_f64, k_abs_i64},
    [OP_sign] = {k_sign_f32, k_sign_f64, k_sign_i64},
    [OP_exp] = {k_exp_f32, k_exp_f64},
    [OP_log] = {k_log_f32, k_log_f64},
    [OP_sqrt] = {k_sqrt_f32, k_sqrt_f64},
    [OP_sin] = {k_sin_f32, k_sin_f64},
    [OP_cos] = {k_cos_f32, k_cos_f64},
    [OP_tanh] = {k_tanh_f32, k_tanh_f64},
    [OP_sigmoid] = {k_sigmoid_f32, k_sigmoid_f64},
    [OP_relu] = {k_relu_f32, k_relu_f64, k_relu_i64},
    [OP_floor] = {k_floor_f32, k_floor_f64, k_copy_8},
    [OP_ceil] = {k_ceil_f32, k_ceil_f64, k_copy_8},
};
static k2_fn *const binary[OP_COUNT][DTYPE_COUNT] = {
    [OP_add] = {k_add_f32, k_add_f64, k_add_i64, k_or_bool},
    [OP_sub] = {k_sub_f32, k_sub_f64, k_sub_i64},
    [OP_mul] = {k_mul_f32, k_mul_f64, k_mul_i64, k_and_bool},
    [OP_div] = {k_div_f32, k_div_f64},
    [OP_floordiv] = {k_floordiv_f32, k_floordiv_f64, k_floordiv_i64},
    [OP_mod] = {k_mod_f32, k_mod_f64, k_mod_i64},
    [OP_pow] = {k_pow_f32, k_pow_f64, k_pow_i64},
    [OP_maximum] = {k_maximum_f32, k_maximum_f64, k_maximum_i64, k_or_bool},
    [OP_minimum] = {k_minimum_f32, k_minimum_f64, k_minimum_i64, k_and_bool},
    [OP_lt] = {k_lt_f32, k_lt_f64, k_lt_i64, k_lt_bool},
    [OP_le] = {k_le_f32, k_le_f64, k_le_i64, k_le_bool},
    [OP_gt] = {k_gt_f32, k_gt_f64, k_gt_i64, k_gt_bool},
    [OP_ge] = {k_ge_f32, k_ge_f64, k_ge_i64, k_ge_bool},
    [OP_eq] = {k_eq_f32, k_eq_f64, k_eq_i64, k_eq_bool},
    [OP_ne] = {k_ne_f32, k_ne_f64, k_ne_i64, k_ne_bool},
    [OP_band] = {NULL, NULL, k_and_i64, k_and_bool},
    [OP_bor] = {NULL, NULL, k_or_i64, k_or_bool},
    [OP_bxor] = {NULL, NULL, k_xor_i64, k_xor_bool},
};
static k1_fn *const convert[DTYPE_COUNT][DTYPE_COUNT] = {
    {k_copy_4, k_f32_to_f64, k_f32_to_i64, k_f32_to_bool},
    {k_f64_to_f32, k_copy_8, k_f64_to_i64, k_f64_to_bool},
    {k_i64_to_f32, k_i64_to_f64, k_copy_8, k_i64_to_bool},
    {k_bool_to_f32, k_bool_to_f64, k_bool_to_i64, k_copy_1},
};
static k3_fn *const choose[DTYPE_COUNT] = {k_where_4, k_where_8, k_where_8, k_where_1};

static bool gives_bool(enum op op) { return op >= OP_lt && op <= OP_ne; }
static bool raises(enum op op, enum dtype dt)
{
	return dt == I64 && (op == OP_floordiv || op == OP_mod || op == OP_pow);
}

bool elem_takes(enum op op, enum dtype dt) { return unary[op][dt] || binary[op][dt]; }
k2_fn *elem_binary(enum op op, enum dtype dt) { return binary[op][dt]; }

bool op_kernel(enum op op, enum dtype dt, const int64_t *attr, struct op_kernel *k)
{
	*k = (struct op_kernel){.result = gives_bool(op) ? BOOL : dt};
	if (op == OP_cast) {
		k->one = convert[dt][attr[0]];
		k->result = (enum dtype)attr[0];
		k->arity = 1;
	} else if (op == OP_where) {
		k->three = choose[dt];
		k->arity = 3;
	} else if (unary[op][dt]) {
		k->one = unary[op][dt];
		k->arity = 1;
	} else if (binary[op][dt] && !raises(op, dt)) {
		k->two = binary[op][dt];
		k->arity = 2;
	}
	return k->arity != 0;
}

/* What makes an integer kernel undefined is looked for first, so that a failing op writes nothing. */
static bool defined(const struct call *c)
{
	if (!raises(c->op, c->in[1]->dtype) || c->out->numel == 0) return true;
	struct walk w;
	walk_start(&w, c->in[1], ~0u);
	const int64_t *p = (const int64_t *)(const void *)c->in[1]->data;
	int64_t run = w.rank ? w.dim[w.rank - 1] : 1, step = w.rank ? w.stride[w.rank - 1] : 1;
	int64_t lines = w.count / run;
	if (w.rank) w.rank--;
	for (int64_t i = 0; i < lines; i++, walk_next(&w)) {
		const int64_t *q = p + w.offset;
		if (c->op == OP_pow) {
			if (k_has_negative_i64(run, q, step))
				return fail(c->e, "pow: an integer cannot be raised to a negative integer power");
		} else if (k_has_zero_i64(run, q, step)) {
			return fail(c->e, c->op == OP_mod ? "attempt to perform 'n%%0'" : "attempt to divide by zero");
		}
	}
	return true;
}

struct elem {
	int arity;
	k1_fn *one;
	k2_fn *two;
	k3_fn *three;
};

static inline void apply(const struct elem *k, int64_t n, char *out, char *const *p, const int64_t *s)
{
	if (k->arity == 2) k->two(n, out, p[0], s[0], p[1], s[1]);
	else if (k->arity == 1) k->one(n, out, p[0], s[0]);
	else k->three(n, out, p[0], s[0], p[1], s[1], p[2], s[2]);
}

/* Any strides: the dims of the result, merged where every operand allows, the last one by the kernel. */
static bool strided(const struct call *c, const struct elem *k)
{
	const struct tensor *out = c->out;
	const int n = k->arity;
	int64_t dim[MAX_RANK], step[3][MAX_RANK], at[MAX_RANK] = {0}, inner[3] = {0};
	char *p[3], *to = out->data;
	int rank = 0;
	for (int d = 0; d < out->rank; d++) {
		if (out->dim[d] == 1) continue;
		bool merge = rank > 0;
		for (int i = 0; i < n; i++) {
			const struct tensor *t = c->in[i];
			int own = d - (out->rank - t->rank);
			int64_t s = own < 0 || t->dim[own] == 1 ? 0 : t->stride[own];
			if (rank && step[i][rank - 1] != s * out->dim[d]) merge = false;
			step[i][rank] = s;
		}
		if (merge) {
			dim[rank - 1] *= out->dim[d];
			for (int i = 0; i < n; i++) step[i][rank - 1] = step[i][rank];
		} else {
			dim[rank++] = out->dim[d];
		}
	}
	const int64_t run = rank ? dim[rank - 1] : 1;
	const int64_t line = run * dtype_size[out->dtype];
	for (int i = 0; i < n; i++) {
		p[i] = c->in[i]->data;
		if (rank) inner[i] = step[i][rank - 1];
	}
	for (int64_t done = 0;;) {
		apply(k, run, to, p, inner);
		to += line;
		if ((done += run) >= STRETCH) {
			if (call_stopped(c)) return call_interrupt(c);
			done = 0;
		}
		int d = rank - 2;
		for (; d >= 0; d--) {
			for (int i = 0; i < n; i++) p[i] += step[i][d] * dtype_size[c->in[i]->dtype];
			if (++at[d] < dim[d]) break;
			for (int i = 0; i < n; i++) p[i] -= step[i][d] * dim[d] * dtype_size[c->in[i]->dtype];
			at[d] = 0;
		}
		if (d < 0) return true;
	}
}

bool run_elem(const struct call *c)
{
	struct elem k = {.arity = c->nin};
	const int64_t n = c->out->numel;
	int64_t s[3];
	char *p[3];
	bool packed = true;
	if (n == 0) return true;
	if (c->op == OP_cast) k.one = convert[c->in[0]->dtype][c->attr[0]];
	else if (c->nin == 1) k.one = unary[c->op][c->in[0]->dtype];
	else if (c->nin == 2) k.two = binary[c->op][c->in[0]->dtype];
	else k.three = choose[c->in[1]->dtype];
	if (c->nin == 2 && !defined(c)) return false;
	for (int i = 0; i < c->nin; i++) {
		const struct tensor *t = c->in[i];
		p[i] = t->data;
		s[i] = t->numel == n;
		packed &= t->numel == 1 || (t->contiguous && t->numel == n);
	}
	if (!packed) return strided(c, &k);
	if (n <= STRETCH) {
		apply(&k, n, c->out->data, p, s);
		return true;
	}
	for (int64_t at = 0; at < n; at += STRETCH) {
		if (call_stopped(c)) return call_interrupt(c);
		apply(&k, n - at < STRETCH ? n - at : STRETCH, c->out->data + at * dtype_size[c->out->dtype], p, s);
		for (int i = 0; i < c->nin; i++) p[i] += s[i] * STRETCH * dtype_size[c->in[i]->dtype];
	}
	return true;
}
