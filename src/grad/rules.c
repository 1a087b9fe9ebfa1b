/* One gradient rule per name in column GRAD of ops.def. A rule says the gradients of its
   operands in terms of the operands (in), the result (y) and the result's gradient (dy),
   and ignores broadcasting: the driver sums back. Where mathematics leaves a choice (ties,
   corners), the choice is PyTorch's. Rules build only ops that have rules themselves, or
   whose derivative is zero, so that gradients can be differentiated again. */
#include "grad/rule.h"
#include <string.h>

#define WANT(i) (s->want[i])
#define IN(i) (s->in[i])

static ref mul(struct step *s, ref a, ref b) { return grad_2(s, OP_mul, a, b); }
static ref neg(struct step *s, ref a) { return grad_1(s, OP_neg, a); }

/* sums before the sign changes or the like: fewer elements */
static ref fit_in(struct step *s, ref a, int i)
{
	struct type t = type_of(s, IN(i));
	return grad_fit(s, a, &t);
}

static void rule_add(struct step *s) { s->dx[0] = s->dx[1] = s->dy; }

static void rule_sub(struct step *s)
{
	s->dx[0] = s->dy;
	if (WANT(1)) s->dx[1] = neg(s, fit_in(s, s->dy, 1));
}

static void rule_mul(struct step *s)
{
	if (WANT(0)) s->dx[0] = mul(s, s->dy, IN(1));
	if (WANT(1)) s->dx[1] = mul(s, s->dy, IN(0));
}

static void rule_div(struct step *s)
{
	ref d = s->dx[0] = grad_2(s, OP_div, s->dy, IN(1));
	if (WANT(1)) s->dx[1] = neg(s, fit_in(s, mul(s, d, s->y), 1));
}

/* a % b = a - b * floor(a / b) */
static void rule_mod(struct step *s)
{
	s->dx[0] = s->dy;
	if (WANT(1)) s->dx[1] = neg(s, fit_in(s, mul(s, s->dy, grad_2(s, OP_floordiv, IN(0), IN(1))), 1));
}

/* b * a^(b-1), where a zero b leaves the power at 0 so that 0 * inf does not arise; and
   a^b * log(a), which is 0 at a = 0 for b >= 0. The exponent's small terms stay small. */
static void rule_pow(struct step *s)
{
	ref a = IN(0), b = IN(1), zero = grad_number(s, 0);

	if (WANT(0)) {
		ref less = grad_2(s, OP_sub, b, grad_number(s, 1));
		ref power = grad_3(s, OP_where, grad_2(s, OP_eq, b, zero), zero, less);
		s->dx[0] = mul(s, s->dy, mul(s, b, grad_2(s, OP_pow, a, power)));
	}
	if (WANT(1)) {
		ref flat = grad_2(s, OP_band, grad_2(s, OP_eq, a, zero), grad_2(s, OP_ge, b, zero));
		ref slope = mul(s, s->y, grad_1(s, OP_log, a));
		s->dx[1] = mul(s, s->dy, grad_3(s, OP_where, flat, zero, slope));
	}
}

/* the winner takes it, equals take half each */
static void winner(struct step *s, enum op loses)
{
	ref zero = grad_number(s, 0);
	ref half = mul(s, s->dy, grad_number(s, 0.5));
	ref d = grad_3(s, OP_where, grad_2(s, OP_eq, IN(0), IN(1)), half, s->dy);

	if (WANT(0)) s->dx[0] = grad_3(s, OP_where, grad_2(s, loses, IN(0), IN(1)), zero, d);
	if (WANT(1)) s->dx[1] = grad_3(s, OP_where, grad_2(s, loses, IN(1), IN(0)), zero, d);
}
static void rule_maximum(struct step *s) { winner(s, OP_lt); }
static void rule_minimum(struct step *s) { winner(s, OP_gt); }

static void rule_neg(struct step *s) { s->dx[0] = neg(s, s->dy); }
static void rule_abs(struct step *s) { s->dx[0] = mul(s, s->dy, grad_1(s, OP_sign, IN(0))); }
static void rule_exp(struct step *s) { s->dx[0] = mul(s, s->dy, s->y); }
static void rule_log(struct step *s) { s->dx[0] = grad_2(s, OP_div, s->dy, IN(0)); }
static void rule_sin(struct step *s) { s->dx[0] = mul(s, s->dy, grad_1(s, OP_cos, IN(0))); }
static void rule_cos(struct step *s) { s->dx[0] = neg(s, mul(s, s->dy, grad_1(s, OP_sin, IN(0)))); }

static void rule_sqrt(struct step *s) { s->dx[0] = grad_2(s, OP_div, s->dy, mul(s, s->y, grad_number(s, 2))); }

static void rule_tanh(struct step *s)
{
	s->dx[0] = mul(s, s->dy, grad_2(s, OP_sub, grad_number(s, 1), mul(s, s->y, s->y)));
}

static void rule_sigmoid(struct step *s)
{
	s->dx[0] = mul(s, mul(s, s->dy, s->y), grad_2(s, OP_sub, grad_number(s, 1), s->y));
}

static void rule_relu(struct step *s)
{
	ref zero = grad_number(s, 0);
	s->dx[0] = grad_3(s, OP_where, grad_2(s, OP_le, s->y, zero), zero, s->dy);
}

static void rule_where(struct step *s)
{
	ref zero = grad_number(s, 0);
	if (WANT(1)) s->dx[1] = grad_3(s, OP_where, IN(0), s->dy, zero);
	if (WANT(2)) s->dx[2] = grad_3(s, OP_where, IN(0), zero, s->dy);
}

static void rule_cast(struct step *s)
{
	const int64_t to = type_of(s, IN(0)).dtype;
	s->dx[0] = grad_node(s, OP_cast, &s->dy, 1, &to, 1);
}

static void rule_sum(struct step *s)
{
	struct type t = type_of(s, IN(0));
	s->dx[0] = grad_spread(s, s->dy, &t, attr_of(s, 0), attr_of(s, 1));
}

/* How many elements are one of the result's, as a number; unknown lengths are multiplied when they are known. */
static ref elements(struct step *s, const struct type *t, int64_t mask)
{
	double count = 1;
	ref unknown = 0;
	const int64_t dt = type_of(s, s->y).dtype;

	for (int i = 0; i < t->rank; i++) {
		if (!(mask >> i & 1)) continue;
		if (!length_unknown(t->dim[i])) {
			count *= (double)t->dim[i];
			continue;
		}
		ref n = grad_node(s, OP_length, NULL, 0, &t->dim[i], 1);
		n = grad_1(s, OP_itof, n);
		unknown = unknown ? grad_2(s, OP_fmul, unknown, n) : n;
	}
	if (!unknown) return grad_number(s, count);
	if (s->bad) return 0;
	const union word w = {.f = count};
	ref known = graph_const(s->b->g, K_FLOAT, w, s->e);
	if (!known) s->bad = true;
	unknown = grad_2(s, OP_fmul, unknown, known);
	return grad_node(s, OP_lift, &unknown, 1, &dt, 1);
}

static void rule_mean(struct step *s)
{
	struct type t = type_of(s, IN(0));
	int64_t mask = attr_of(s, 0);

	s->dx[0] = grad_spread(s, grad_2(s, OP_div, s->dy, elements(s, &t, mask)), &t, mask, attr_of(s, 1));
}

/* equals share */
static void rule_extreme(struct step *s)
{
	struct type t = type_of(s, IN(0));
	const int64_t mask = attr_of(s, 0), dt = t.dtype;
	bool kept = attr_of(s, 1);
	ref top = grad_spread(s, s->y, &t, mask, kept);
	ref hit = grad_2(s, OP_eq, IN(0), top), share;

	hit = grad_node(s, OP_cast, &hit, 1, &dt, 1);
	share = grad_2(s, OP_div, s->dy, grad_sum(s, hit, mask, kept));
	s->dx[0] = mul(s, hit, grad_spread(s, share, &t, mask, kept));
}
static void rule_amax(struct step *s) { rule_extreme(s); }
static void rule_amin(struct step *s) { rule_extreme(s); }

/* A vector operand has no row (first operand) or no column (second); the missing dim of 1
   comes back as a view. Batches of products with one matrix are one taller product. */
static void rule_matmul(struct step *s)
{
	ref a = IN(0), b = IN(1), dy = s->dy;
	struct type ta = type_of(s, a), tb = type_of(s, b), ty = type_of(s, s->y);
	int ra = ta.rank, rb = tb.rank;
	int64_t dim[MAX_RANK + 1];

	if (ra == 1 && rb == 1) {
		rule_mul(s);
	} else if (ra == 1) { /* [k] x [.., k, n] = [.., n] */
		memcpy(dim, ty.dim, sizeof ty.dim);
		if (WANT(0) && rb == 2) {
			s->dx[0] = grad_2(s, OP_matmul, b, dy);
		} else if (WANT(0)) {
			dim[rb - 1] = 1;
			s->dx[0] = grad_2(s, OP_matmul, b, grad_reshape(s, dy, rb, dim));
			dim[rb - 2] = ta.dim[0];
			s->dx[0] = grad_reshape(s, s->dx[0], rb - 1, dim);
		}
		if (WANT(1)) {
			const int64_t column[] = {ta.dim[0], 1};
			memcpy(dim, ty.dim, sizeof ty.dim);
			dim[rb - 1] = dim[rb - 2];
			dim[rb - 2] = 1;
			s->dx[1] = mul(s, grad_reshape(s, a, 2, column), grad_reshape(s, dy, rb, dim));
		}
	} else if (rb == 1) { /* [.., m, k] x [k] = [.., m] */
		memcpy(dim, ty.dim, sizeof ty.dim);
		dim[ra - 1] = 1;
		if (WANT(0)) s->dx[0] = mul(s, grad_reshape(s, dy, ra, dim), b);
		if (WANT(1)) {
			const int64_t rows = grad_count(s, ta.dim, ra - 1), flat[] = {rows, ta.dim[ra - 1]};
			s->dx[1] = grad_2(s, OP_matmul, grad_reshape(s, dy, 1, flat), grad_reshape(s, a, 2, flat));
		}
	} else {
		if (WANT(0)) s->dx[0] = grad_2(s, OP_matmul, dy, grad_transpose(s, b));
		if (WANT(1) && rb == 2 && ra > 2) {
			const int64_t rows = grad_count(s, ta.dim, ra - 1), left[] = {rows, ta.dim[ra - 1]},
			              right[] = {rows, tb.dim[1]};
			s->dx[1] = grad_2(s, OP_matmul, grad_transpose(s, grad_reshape(s, a, 2, left)),
			                  grad_reshape(s, dy, 2, right));
		} else if (WANT(1)) {
			s->dx[1] = grad_2(s, OP_matmul, grad_transpose(s, a), dy);
		}
	}
}

static void rule_pass(struct step *s) { s->dx[0] = s->dy; }
static void rule_expand(struct step *s) { s->dx[0] = s->dy; }

static void rule_reshape(struct step *s)
{
	struct type t = type_of(s, IN(0));
	s->dx[0] = grad_reshape(s, s->dy, t.rank, t.dim);
}

static void rule_permute(struct step *s)
{
	int64_t back[MAX_RANK];
	int rank = s->n.nattr;

	for (int i = 0; i < rank; i++) back[attr_of(s, i)] = i;
	s->dx[0] = grad_node(s, OP_permute, &s->dy, 1, back, rank);
}

static void rule_narrow(struct step *s)
{
	int64_t dim = attr_of(s, 0);
	const int64_t attr[] = {dim, attr_of(s, 1), type_of(s, IN(0)).dim[dim], attr_of(s, 3)};
	s->dx[0] = grad_node(s, OP_pad, &s->dy, 1, attr, 4);
}

static void rule_select(struct step *s)
{
	struct type t = type_of(s, IN(0));
	int64_t dim = attr_of(s, 0);
	const int64_t attr[] = {dim, attr_of(s, 1), t.dim[dim], 1};
	ref d;

	t.dim[dim] = 1;
	d = grad_reshape(s, s->dy, t.rank, t.dim);
	s->dx[0] = grad_node(s, OP_pad, &d, 1, attr, 4);
}

static void rule_pad(struct step *s)
{
	int64_t dim = attr_of(s, 0);
	const int64_t attr[] = {dim, attr_of(s, 1), type_of(s, IN(0)).dim[dim], attr_of(s, 3)};
	s->dx[0] = grad_node(s, OP_narrow, &s->dy, 1, attr, 4);
}

static void rule_cat(struct step *s)
{
	int64_t attr[] = {attr_of(s, 0), 0, 0, 1};

	for (uint32_t i = 0; i < s->n.nin; i++) {
		attr[2] = type_of(s, IN(i)).dim[attr[0]];
		if (WANT(i)) s->dx[i] = grad_node(s, OP_narrow, &s->dy, 1, attr, 4);
		length_add(attr[1], attr[2], &attr[1]); /* the total has a word, too */
	}
}

static void rule_stack(struct step *s)
{
	int64_t attr[] = {attr_of(s, 0), 0};

	for (uint32_t i = 0; i < s->n.nin; i++) {
		attr[1] = i;
		if (WANT(i)) s->dx[i] = grad_node(s, OP_select, &s->dy, 1, attr, 2);
	}
}

/* Rows are added right onto what the table has got already: a table looked up many times
   costs one zero tensor, not one a lookup. */
static void rule_index(struct step *s)
{
	struct type t = type_of(s, IN(0));
	const int64_t dim = attr_of(s, 0);

	if (!WANT(0)) return;
	const ref in[] = {s->sofar[0] ? s->sofar[0] : grad_zeros(s, &t), IN(1), s->dy};
	s->dx[0] = grad_node(s, OP_index_add, in, 3, &dim, 1);
	s->whole[0] = true;
}

static ref rows_of(struct step *s, ref from)
{
	const ref in[] = {from, IN(1)};
	const int64_t dim = attr_of(s, 0);
	return grad_node(s, OP_index, in, 2, &dim, 1);
}

static void rule_index_add(struct step *s)
{
	s->dx[0] = s->dy;
	if (WANT(2)) s->dx[2] = fit_in(s, rows_of(s, s->dy), 2);
}

/* Of several values for one row only the last was kept: the values' positions take the same
   way as the values did, and who does not find itself there was lost. */
static void rule_index_put(struct step *s)
{
	struct type table = type_of(s, IN(0)), ids = type_of(s, IN(1)), t = type_of(s, IN(2));
	int64_t dim = attr_of(s, 0), first = 0, shape[MAX_RANK];
	ref zeros = grad_zeros(s, &t), in[3];

	if (WANT(0)) {
		const ref put[] = {s->dy, IN(1), zeros};
		s->dx[0] = grad_node(s, OP_index_put, put, 3, &dim, 1);
	}
	if (!WANT(2)) return;
	const int64_t count = grad_count(s, ids.dim, ids.rank), positions[] = {I64, 0, 1, count},
	              blank[] = {I64, 0, 0, table.dim[dim]};
	in[0] = grad_node(s, OP_arange, NULL, 0, blank, 4);
	in[1] = IN(1);
	in[2] = grad_reshape(s, grad_node(s, OP_arange, NULL, 0, positions, 4), ids.rank, ids.dim);
	in[0] = grad_node(s, OP_index_put, in, 3, &first, 1);
	in[0] = grad_2(s, OP_eq, grad_node(s, OP_index, in, 2, &first, 1), in[2]);
	memcpy(shape, ids.dim, sizeof shape);
	for (int i = ids.rank; i < t.rank - dim; i++) shape[i] = 1;
	in[0] = grad_reshape(s, in[0], t.rank - (int)dim, shape);
	s->dx[2] = grad_3(s, OP_where, in[0], rows_of(s, s->dy), zeros);
}

static void rule_softmax(struct step *s)
{
	ref total = grad_sum(s, mul(s, s->dy, s->y), INT64_C(1) << attr_of(s, 0), true);
	s->dx[0] = mul(s, s->y, grad_2(s, OP_sub, s->dy, total));
}

static void rule_log_softmax(struct step *s)
{
	ref total = grad_sum(s, s->dy, INT64_C(1) << attr_of(s, 0), true);
	s->dx[0] = grad_2(s, OP_sub, s->dy, mul(s, grad_1(s, OP_exp, s->y), total));
}

static void rule_cross_entropy(struct step *s) { s->dx[0] = grad_3(s, OP_cross_entropy_grad, s->dy, IN(0), IN(1)); }

/* y = k / rows * (softmax(x) - onehot(labels)), linear in k */
static void rule_cross_entropy_grad(struct step *s)
{
	struct type t = type_of(s, IN(1));
	const int64_t dim = t.rank - 1;

	if (WANT(0)) {
		ref slope = grad_3(s, OP_cross_entropy_grad, grad_number(s, 1), IN(1), IN(2));
		s->dx[0] = grad_sum(s, mul(s, s->dy, slope), (INT64_C(1) << t.rank) - 1, false);
	}
	if (WANT(1)) {
		ref p = grad_node(s, OP_softmax, &IN(1), 1, &dim, 1);
		ref total = grad_sum(s, mul(s, s->dy, p), INT64_C(1) << dim, true);
		ref scale = grad_2(s, OP_div, IN(0), elements(s, &t, (INT64_C(1) << dim) - 1));
		s->dx[1] = mul(s, mul(s, p, grad_2(s, OP_sub, s->dy, total)), scale);
	}
}

static void rule_full(struct step *s) { s->dx[0] = s->dy; }

#define rule_none NULL
grad_fn *const grad_rule[OP_COUNT] = {
#define OP(name, nin, infer, flags) [OP_##name] =
#define GRAD(rule) rule_##rule,
#include "op/ops.def"
};
