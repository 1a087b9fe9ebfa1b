/* Gradients against central differences in f64: every rule of ops.def, first and second derivatives, with
   broadcasting; the corners where PyTorch's choice is ours; which nodes are built; errors; failing memory. */
#include "grad/grad.h"
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MAX_IN 4

static struct mem mem;
static bool covered[OP_COUNT];

/* ---- building ---- */

static ref build(struct graph *g, enum op o, const ref *in, int nin, const int64_t *attr, int nattr)
{
	struct err e = {.msg = ""};
	ref r = graph_op(g, o, in, nin, attr, nattr, &e);
	if (!r) fail_msg("%s: %s", op_info[o].name, e.msg);
	covered[o] = true;
	return r;
}
static ref op1(struct graph *g, enum op o, ref a) { return build(g, o, &a, 1, NULL, 0); }
static ref op2(struct graph *g, enum op o, ref a, ref b) { return build(g, o, (ref[]){a, b}, 2, NULL, 0); }
static ref op3(struct graph *g, enum op o, ref a, ref b, ref c) { return build(g, o, (ref[]){a, b, c}, 3, NULL, 0); }

/* One operand and attribute words, given as ints. */
static ref with(struct graph *g, enum op o, ref a, int n, ...)
{
	int64_t attr[8];
	va_list ap;
	va_start(ap, n);
	for (int i = 0; i < n; i++) attr[i] = va_arg(ap, int);
	va_end(ap);
	return build(g, o, &a, 1, attr, n);
}

static ref number(struct graph *g, double v, enum dtype dt)
{
	struct err e;
	ref c = graph_const(g, K_FLOAT, (union word){.f = v}, &e);
	assert_int_not_equal(c, 0);
	return with(g, OP_lift, c, 1, (int)dt);
}

static ref along(struct graph *g, enum op o, const ref *in, int nin, int64_t dim)
{
	return build(g, o, in, nin, &dim, 1);
}

static ref integers(struct graph *g, int n, const int *v)
{
	ref part[8];
	for (int i = 0; i < n; i++) part[i] = number(g, v[i], I64);
	return along(g, OP_stack, part, n, 0);
}

static ref sum_all(struct graph *g, ref a) { return with(g, OP_sum, a, 2, (1 << graph_type(g, a)->rank) - 1, 0); }

/* ---- running ---- */

static void lift(const struct graph *g, const struct node *n, struct tensor *t)
{
	const struct node *c = graph_node_of(g, node_in(g, n, 0));
	union word w = {.i = node_attr(g, c, 0)};
	if (t->dtype == F64) *(double *)(void *)t->data = w.f;
	else if (t->dtype == F32) *(float *)(void *)t->data = (float)w.f;
	else *(int64_t *)(void *)t->data = (int64_t)w.f;
}

/* Runs the nodes of the top region in order; input k is the k-th parameter. A tensor per value. */
static struct tensor *run(const struct graph *g, const struct tensor *input)
{
	struct tensor *v = calloc(g->value.n, sizeof *v);
	struct op_env env = {.mem = &mem};
	struct err e = {.msg = ""};

	for (uint32_t i = 0; i < g->region.at[1].nodes.n; i++) {
		const struct node *n = &g->node.at[g->region.at[1].nodes.at[i]];
		const struct type *t = graph_type(g, n->out);
		struct tensor *out = &v[n->out], *in[8];
		if (t->kind != K_TENSOR) continue;
		assert_true(n->nin <= COUNT_OF(in));
		assert_true(tensor_shape(out, t->dtype, t->rank, t->dim, &e));
		assert_true(tensor_alloc(&mem, out, &e));
		for (uint32_t k = 0; k < n->nin; k++) in[k] = &v[node_in(g, n, k)];
		if (n->op == OP_param) tensor_copy(out, &input[node_attr(g, n, 0)]);
		else if (n->op == OP_lift) lift(g, n, out);
		else if (!op_run(n->op, in, (int)n->nin, g->word.at + n->attr, (int)n->nattr, out, &env, &e))
			fail_msg("%s: %s", op_info[n->op].name, e.msg);
	}
	return v;
}

static void release(const struct graph *g, struct tensor *v)
{
	for (uint32_t i = 0; i < g->value.n; i++) storage_unref(v[i].st);
	free(v);
}

static double value_of(const struct graph *g, const struct tensor *input, ref r)
{
	struct tensor *v = run(g, input);
	double x = tensor_get_f(&v[r], 0);
	release(g, v);
	return x;
}

/* ---- one function for every rule ---- */

#define UNARY(name) \
	static ref f_##name(struct graph *g, const ref *x) { return op1(g, OP_##name, x[0]); }
#define BINARY(name) \
	static ref f_##name(struct graph *g, const ref *x) { return op2(g, OP_##name, x[0], x[1]); }
BINARY(add)
BINARY(sub)
BINARY(mul)
BINARY(div)
BINARY(mod)
BINARY(pow)
BINARY(maximum)
BINARY(minimum)
BINARY(matmul)
UNARY(neg)
UNARY(abs)
UNARY(exp)
UNARY(log)
UNARY(sqrt)
UNARY(sin)
UNARY(cos)
UNARY(tanh)
UNARY(sigmoid)
UNARY(relu)
UNARY(contiguous)

static ref f_square(struct graph *g, const ref *x) { return op2(g, OP_mul, x[0], x[0]); }
static ref f_pow3(struct graph *g, const ref *x) { return op2(g, OP_pow, x[0], number(g, 3, F64)); }
static ref f_2pow(struct graph *g, const ref *x) { return op2(g, OP_pow, number(g, 2, F64), x[0]); }
static ref f_where(struct graph *g, const ref *x)
{
	return op3(g, OP_where, op2(g, OP_lt, x[0], x[2]), op2(g, OP_mul, x[0], x[0]), x[1]);
}
static ref f_cast(struct graph *g, const ref *x) { return with(g, OP_cast, with(g, OP_cast, x[0], 1, F32), 1, F64); }
static ref f_sum_all(struct graph *g, const ref *x) { return sum_all(g, x[0]); }
static ref f_sum_first(struct graph *g, const ref *x) { return with(g, OP_sum, x[0], 2, 1, 0); }
static ref f_sum_mid(struct graph *g, const ref *x) { return with(g, OP_sum, x[0], 2, 2, 0); }
static ref f_sum_keep(struct graph *g, const ref *x) { return with(g, OP_sum, x[0], 2, 5, 1); }
static ref f_sum_none(struct graph *g, const ref *x) { return with(g, OP_sum, x[0], 2, 0, 0); }
static ref f_mean(struct graph *g, const ref *x) { return with(g, OP_mean, x[0], 2, 5, 0); }
static ref f_amax(struct graph *g, const ref *x) { return with(g, OP_amax, x[0], 2, 2, 0); }
static ref f_amax_all(struct graph *g, const ref *x) { return with(g, OP_amax, x[0], 2, 7, 0); }
static ref f_amin(struct graph *g, const ref *x) { return with(g, OP_amin, x[0], 2, 4, 1); }
static ref f_reshape(struct graph *g, const ref *x) { return with(g, OP_reshape, x[0], 2, 3, 8); }
static ref f_permute(struct graph *g, const ref *x) { return with(g, OP_permute, x[0], 3, 2, 0, 1); }
static ref f_expand(struct graph *g, const ref *x) { return with(g, OP_expand, x[0], 3, 2, 4, 3); }
static ref f_narrow(struct graph *g, const ref *x) { return with(g, OP_narrow, x[0], 4, 1, 1, 2, 2); }
static ref f_select(struct graph *g, const ref *x) { return with(g, OP_select, x[0], 2, 1, 2); }
static ref f_pad(struct graph *g, const ref *x) { return with(g, OP_pad, x[0], 4, 1, 2, 9, 2); }
static ref f_cat(struct graph *g, const ref *x) { return along(g, OP_cat, (ref[]){x[0], x[1], x[0]}, 3, 1); }
static ref f_stack(struct graph *g, const ref *x) { return along(g, OP_stack, x, 2, 1); }
static ref f_softmax(struct graph *g, const ref *x) { return with(g, OP_softmax, x[0], 1, 1); }
static ref f_log_softmax(struct graph *g, const ref *x) { return with(g, OP_log_softmax, x[0], 1, 2); }
static ref f_full(struct graph *g, const ref *x) { return with(g, OP_full, x[0], 3, F64, 2, 3); }

/* rows 3, 1, 3 and -1 of the middle dim */
static ref rows(struct graph *g) { return integers(g, 4, (int[]){3, 1, 3, -1}); }
static ref f_index(struct graph *g, const ref *x) { return along(g, OP_index, (ref[]){x[0], rows(g)}, 2, 1); }
static ref f_index2(struct graph *g, const ref *x)
{
	ref square = with(g, OP_reshape, rows(g), 2, 2, 2), scalar = number(g, 2, I64);
	ref one = along(g, OP_index, (ref[]){x[0], square}, 2, 1),
	    two = along(g, OP_index, (ref[]){x[0], scalar}, 2, 1);
	return op2(g, OP_mul, sum_all(g, op2(g, OP_mul, one, one)), two); /* two lookups in one table */
}
static ref f_index_add(struct graph *g, const ref *x)
{
	return along(g, OP_index_add, (ref[]){x[0], rows(g), x[1]}, 3, 1);
}
static ref f_index_put(struct graph *g, const ref *x)
{
	return along(g, OP_index_put, (ref[]){x[0], rows(g), x[1]}, 3, 1);
}
static ref f_index_put2(struct graph *g, const ref *x)
{
	ref ids = with(g, OP_reshape, rows(g), 2, 2, 2);
	return along(g, OP_index_put, (ref[]){x[0], ids, x[1]}, 3, 0);
}
static ref f_cross_entropy(struct graph *g, const ref *x)
{
	ref labels = with(g, OP_reshape, integers(g, 4, (int[]){3, 1, 2, 3}), 2, 2, 2);
	return op2(g, OP_cross_entropy, x[0], labels);
}
static ref f_cross_entropy_grad(struct graph *g, const ref *x)
{
	return op3(g, OP_cross_entropy_grad, x[0], x[1], integers(g, 4, (int[]){3, 1, 2, 3}));
}
static ref f_network(struct graph *g, const ref *x)
{
	ref h = op1(g, OP_tanh, op2(g, OP_add, op2(g, OP_matmul, x[0], x[1]), x[2]));
	h = op1(g, OP_tanh, op2(g, OP_add, op2(g, OP_matmul, h, x[3]), x[2]));
	return with(g, OP_log_softmax, h, 1, 1);
}

static const struct rule_case {
	const char *name;
	ref (*f)(struct graph *g, const ref *x);
	struct {
		int rank; /* + 1; 0: no more inputs */
		int64_t dim[MAX_RANK];
	} in[MAX_IN];
	double low, high, eps; /* inputs are spread over low to high, no two alike */
} cases[] = {
#define S0               \
	{                \
		1, { 0 } \
	}
#define S1(a)            \
	{                \
		2, { a } \
	}
#define S2(a, b)            \
	{                   \
		3, { a, b } \
	}
#define S3(a, b, c)            \
	{                      \
		4, { a, b, c } \
	}
#define S4(a, b, c, d)            \
	{                         \
		5, { a, b, c, d } \
	}
    {"add", f_add, {S2(2, 3), S2(2, 3)}, -2, 2, 0},
    {"add rows", f_add, {S2(2, 3), S1(3)}, -2, 2, 0},
    {"add both", f_add, {S3(2, 1, 3), S2(4, 1)}, -2, 2, 0},
    {"sub", f_sub, {S2(2, 3), S2(2, 3)}, -2, 2, 0},
    {"sub scalar", f_sub, {S0, S2(2, 3)}, -2, 2, 0},
    {"sub column", f_sub, {S2(2, 3), S2(2, 1)}, -2, 2, 0},
    {"mul", f_mul, {S2(2, 3), S2(2, 3)}, -2, 2, 0},
    {"mul scalar", f_mul, {S2(2, 3), S0}, -2, 2, 0},
    {"square", f_square, {S1(4)}, -2, 2, 0},
    {"div", f_div, {S2(2, 3), S1(3)}, 0.5, 2, 0},
    {"mod", f_mod, {S1(5), S1(5)}, 0.7, 3, 0},
    {"pow", f_pow, {S2(2, 3), S2(2, 3)}, 0.5, 2, 0},
    {"pow exponent row", f_pow, {S2(2, 3), S1(3)}, 0.5, 2, 0},
    {"pow3", f_pow3, {S1(5)}, -2, 2, 0},
    {"2pow", f_2pow, {S1(5)}, -2, 2, 0},
    {"maximum", f_maximum, {S2(2, 3), S2(2, 3)}, -2, 2, 0},
    {"maximum scalar", f_maximum, {S2(2, 3), S0}, -2, 2, 0},
    {"minimum", f_minimum, {S2(2, 3), S1(3)}, -2, 2, 0},
    {"neg", f_neg, {S1(4)}, -2, 2, 0},
    {"abs", f_abs, {S1(4)}, -2, 2, 0},
    {"exp", f_exp, {S1(4)}, -2, 2, 0},
    {"log", f_log, {S1(4)}, 0.5, 2, 0},
    {"sqrt", f_sqrt, {S1(4)}, 0.5, 2, 0},
    {"sin", f_sin, {S1(4)}, -2, 2, 0},
    {"cos", f_cos, {S1(4)}, -2, 2, 0},
    {"tanh", f_tanh, {S1(4)}, -2, 2, 0},
    {"sigmoid", f_sigmoid, {S1(4)}, -2, 2, 0},
    {"relu", f_relu, {S1(6)}, -2, 2, 0},
    {"contiguous", f_contiguous, {S1(4)}, -2, 2, 0},
    {"where", f_where, {S2(2, 3), S1(3), S0}, -2, 2, 0},
    {"cast", f_cast, {S1(4)}, -2, 2, 1e-2},
    {"sum all", f_sum_all, {S3(2, 3, 4)}, -2, 2, 0},
    {"sum first", f_sum_first, {S3(2, 3, 4)}, -2, 2, 0},
    {"sum middle", f_sum_mid, {S3(2, 3, 4)}, -2, 2, 0},
    {"sum keep", f_sum_keep, {S3(2, 3, 4)}, -2, 2, 0},
    {"sum none", f_sum_none, {S3(2, 3, 4)}, -2, 2, 0},
    {"sum scalar", f_sum_all, {S0}, -2, 2, 0},
    {"mean", f_mean, {S3(2, 3, 4)}, -2, 2, 0},
    {"amax", f_amax, {S3(2, 3, 4)}, -2, 2, 0},
    {"amax all", f_amax_all, {S3(2, 3, 4)}, -2, 2, 0},
    {"amin", f_amin, {S3(2, 3, 4)}, -2, 2, 0},
    {"matmul dot", f_matmul, {S1(3), S1(3)}, -2, 2, 0},
    {"matmul vector matrix", f_matmul, {S1(3), S2(3, 4)}, -2, 2, 0},
    {"matmul vector batch", f_matmul, {S1(3), S4(2, 1, 3, 4)}, -2, 2, 0},
    {"matmul matrix vector", f_matmul, {S2(2, 3), S1(3)}, -2, 2, 0},
    {"matmul batch vector", f_matmul, {S3(2, 4, 3), S1(3)}, -2, 2, 0},
    {"matmul matrices", f_matmul, {S2(2, 3), S2(3, 4)}, -2, 2, 0},
    {"matmul batch matrix", f_matmul, {S3(5, 2, 3), S2(3, 4)}, -2, 2, 0},
    {"matmul matrix batch", f_matmul, {S2(2, 3), S3(5, 3, 4)}, -2, 2, 0},
    {"matmul batches", f_matmul, {S3(5, 2, 3), S3(5, 3, 4)}, -2, 2, 0},
    {"matmul broadcast", f_matmul, {S4(2, 1, 2, 3), S3(3, 3, 4)}, -2, 2, 0},
    {"reshape", f_reshape, {S3(2, 3, 4)}, -2, 2, 0},
    {"permute", f_permute, {S3(2, 3, 4)}, -2, 2, 0},
    {"expand", f_expand, {S2(4, 1)}, -2, 2, 0},
    {"narrow", f_narrow, {S2(2, 5)}, -2, 2, 0},
    {"select", f_select, {S3(2, 3, 2)}, -2, 2, 0},
    {"pad", f_pad, {S2(2, 3)}, -2, 2, 0},
    {"cat", f_cat, {S2(2, 3), S2(2, 1)}, -2, 2, 0},
    {"stack", f_stack, {S2(2, 3), S2(2, 3)}, -2, 2, 0},
    {"index", f_index, {S3(2, 3, 2)}, -2, 2, 0},
    {"index twice", f_index2, {S3(2, 3, 2)}, -2, 2, 0},
    {"index_add", f_index_add, {S3(2, 3, 2), S3(2, 4, 2)}, -2, 2, 0},
    {"index_put", f_index_put, {S3(2, 3, 2), S3(2, 4, 2)}, -2, 2, 0},
    {"index_put by a matrix", f_index_put2, {S2(3, 2), S3(2, 2, 2)}, -2, 2, 0},
    {"softmax", f_softmax, {S3(2, 3, 2)}, -2, 2, 0},
    {"log_softmax", f_log_softmax, {S3(2, 2, 3)}, -2, 2, 0},
    {"cross_entropy", f_cross_entropy, {S3(2, 2, 3)}, -2, 2, 0},
    {"cross_entropy_grad", f_cross_entropy_grad, {S0, S2(4, 3)}, -2, 2, 0},
    {"full", f_full, {S0}, -2, 2, 0},
    {"network", f_network, {S2(2, 3), S2(3, 4), S1(4), S2(4, 4)}, -1, 1, 0},
};

static int inputs_of(const struct rule_case *k)
{
	int n = 0;
	while (n < MAX_IN && k->in[n].rank) n++;
	return n;
}

static struct tensor tensor_of(int rank, const int64_t *dim)
{
	struct tensor t;
	struct err e;
	assert_true(tensor_shape(&t, F64, rank, dim, &e));
	assert_true(tensor_alloc(&mem, &t, &e));
	return t;
}

static ref param(struct graph *g, enum dtype dt, int rank, const int64_t *dim)
{
	struct type t = {.kind = K_TENSOR, .dtype = (uint8_t)dt, .rank = (uint8_t)rank};
	struct err e;
	memcpy(t.dim, dim, (size_t)rank * sizeof *dim);
	ref r = graph_param(g, &t, &e);
	assert_int_not_equal(r, 0);
	return r;
}

/* The loss: the function's result, or a gradient, weighted by numbers no two of which are alike. */
static ref weigh(struct graph *g, ref y)
{
	struct type t = *graph_type(g, y);
	ref w = number(g, 0.31, F64);
	int64_t count = 1;
	for (int i = 0; i < t.rank; i++) count *= t.dim[i];
	if (t.rank) {
		union word from = {.f = 0.4}, step = {.f = 0.37};
		const int64_t attr[] = {F64, from.i, step.i, count};
		w = build(g, OP_arange, NULL, 0, attr, 4);
		w = build(g, OP_reshape, &w, 1, t.dim, t.rank);
		w = op1(g, OP_sin, w);
	}
	return sum_all(g, op2(g, OP_mul, y, w));
}

static void gradient(struct graph *g, ref loss, const ref *x, int n, ref *dx)
{
	struct gbuild b = {.g = g, .op = grad_graph_op};
	struct err e = {.msg = ""};
	if (!grad_backward(&b, 1, loss, x, n, dx, &e)) fail_msg("%s", e.msg);
	for (int i = 0; i < n; i++) assert_true(type_equal(graph_type(g, dx[i]), graph_type(g, x[i])));
}

/* dx against central differences of `loss` in every element of every input. */
static void compare(const char *name, const struct graph *g, ref loss, struct tensor *input, int n, const ref *dx,
                    double eps, const char *order)
{
	struct tensor *v = run(g, input);
	for (int k = 0; k < n; k++)
		for (int64_t i = 0; i < input[k].numel; i++) {
			double *at = (double *)(void *)input[k].data + i, x = *at, got = tensor_get_f(&v[dx[k]], i), up,
			       down;
			*at = x + eps, up = value_of(g, input, loss);
			*at = x - eps, down = value_of(g, input, loss);
			*at = x;
			double want = (up - down) / (2 * eps);
			if (!(fabs(got - want) <= (eps > 1e-3 ? 1e-4 : 2e-7) * (1 + fabs(want))))
				fail_msg("%s, %s order, input %d, element %d: %.12g, but %.12g by differences", name,
				         order, k + 1, (int)i, got, want);
		}
	release(g, v);
}

static void check_case(const struct rule_case *k)
{
	struct err e;
	struct graph *g = graph_new(&mem, true, &e);
	struct tensor input[MAX_IN];
	ref x[MAX_IN], dx[MAX_IN], ddx[MAX_IN], loss;
	int n = inputs_of(k), at = 0;
	double eps = k->eps ? k->eps : 1e-5;

	for (int i = 0; i < n; i++) {
		x[i] = param(g, F64, k->in[i].rank - 1, k->in[i].dim);
		input[i] = tensor_of(k->in[i].rank - 1, k->in[i].dim);
		for (int64_t j = 0; j < input[i].numel; j++, at++)
			((double *)(void *)input[i].data)[j] =
			    k->low + (k->high - k->low) * fmod(0.137 + at * 0.6180339887, 1);
	}
	loss = weigh(g, k->f(g, x));
	gradient(g, loss, x, n, dx);
	assert_true(graph_verify(g, true, &e));
	compare(k->name, g, loss, input, n, dx, eps, "first");
	loss = weigh(g, dx[0]);
	for (int i = 1; i < n; i++) loss = op2(g, OP_add, loss, weigh(g, dx[i]));
	gradient(g, loss, x, n, ddx);
	compare(k->name, g, loss, input, n, ddx, eps, "second");
	for (int i = 0; i < n; i++) storage_unref(input[i].st);
	graph_free(g);
	assert_int_equal(mem.used, 0);
}

static void test_rules(void **state)
{
	(void)state;
	memset(covered, 0, sizeof covered);
	for (size_t i = 0; i < COUNT_OF(cases); i++) check_case(&cases[i]);
	for (int o = 0; o < OP_COUNT; o++)
		if (grad_flows((enum op)o) && !covered[o]) fail_msg("no case has a '%s'", op_info[o].name);
}

/* ---- corners ---- */

/* The gradient of the weighted sum of f over given vectors, element by element. */
static void corner(ref (*f)(struct graph *, const ref *), int nin, const double in[][4], const double want[][4])
{
	struct err e;
	struct graph *g = graph_new(&mem, true, &e);
	struct tensor input[2];
	ref x[2], dx[2];

	for (int i = 0; i < nin; i++) {
		x[i] = param(g, F64, 1, (int64_t[]){4});
		input[i] = tensor_of(1, (int64_t[]){4});
		memcpy(input[i].data, in[i], 4 * sizeof(double));
	}
	gradient(g, sum_all(g, f(g, x)), x, nin, dx);
	struct tensor *v = run(g, input);
	for (int i = 0; i < nin; i++)
		for (int j = 0; j < 4; j++) {
			double got = tensor_get_f(&v[dx[i]], j);
			if (!(fabs(got - want[i][j]) < 1e-12 || got == want[i][j]))
				fail_msg("input %d, element %d: %g, not %g", i + 1, j, got, want[i][j]);
		}
	release(g, v);
	for (int i = 0; i < nin; i++) storage_unref(input[i].st);
	graph_free(g);
}

static ref f_top(struct graph *g, const ref *x) { return with(g, OP_amax, x[0], 2, 1, 0); }
static ref f_low(struct graph *g, const ref *x) { return with(g, OP_amin, x[0], 2, 1, 1); }

static void test_corners(void **state)
{
	(void)state;
	corner(f_maximum, 2, (double[][4]){{1, 2, 3, 4}, {1, 3, 2, 4}}, (double[][4]){{.5, 0, 1, .5}, {.5, 1, 0, .5}});
	corner(f_minimum, 2, (double[][4]){{1, 2, 3, 4}, {1, 3, 2, 4}}, (double[][4]){{.5, 1, 0, .5}, {.5, 0, 1, .5}});
	corner(f_abs, 1, (double[][4]){{-1, 0, 2, -0.0}}, (double[][4]){{-1, 0, 1, 0}});
	corner(f_relu, 1, (double[][4]){{-1, 0, 2, -0.0}}, (double[][4]){{0, 0, 1, 0}});
	corner(f_top, 1, (double[][4]){{5, 1, 5, 5}}, (double[][4]){{1. / 3, 0, 1. / 3, 1. / 3}});
	corner(f_low, 1, (double[][4]){{5, 1, 5, 1}}, (double[][4]){{0, .5, 0, .5}});
	/* 0^0, 0^2, 3^0, 0^1: finite slopes in the base, none in the exponent at a base of 0 */
	corner(f_pow, 2, (double[][4]){{0, 0, 3, 0}, {0, 2, 0, 1}}, (double[][4]){{0, 0, 0, 1}, {0, 0, log(3), 0}});
	corner(f_mod, 2, (double[][4]){{5, -5, 5, 7}, {3, 3, -3, 2}}, (double[][4]){{1, 1, 1, 1}, {-1, 2, 2, -3}});
}

/* ---- what is built ---- */

static int count(const struct graph *g, uint32_t from, enum op o)
{
	int n = 0;
	for (uint32_t i = from; i < g->node.n; i++) n += g->node.at[i].op == o;
	return n;
}

static void test_nodes(void **state)
{
	struct err e;
	struct graph *g = graph_new(&mem, true, &e);
	ref w = param(g, F64, 2, (int64_t[]){3, 3}), h = param(g, F64, 2, (int64_t[]){2, 3}), other = h, dx[2], y = h;
	ref table = param(g, F64, 2, (int64_t[]){9, 3}), loss;
	uint32_t from;
	(void)state;

	for (int i = 0; i < 3; i++) y = op1(g, OP_tanh, op2(g, OP_matmul, y, w));
	from = g->node.n;
	gradient(g, sum_all(g, y), &w, 1, dx);
	/* one for all uses of w; none towards h, which nobody asked for */
	assert_int_equal(count(g, from, OP_matmul), 1 + 2);
	assert_int_equal(count(g, from, OP_add), 0);
	assert_int_equal(count(g, from, OP_full), 1); /* the seed; no zeros */

	y = along(g, OP_index, (ref[]){table, rows(g)}, 2, 0);
	for (int i = 0; i < 2; i++) y = op2(g, OP_mul, y, along(g, OP_index, (ref[]){table, rows(g)}, 2, 0));
	from = g->node.n;
	gradient(g, sum_all(g, y), &table, 1, dx);
	assert_int_equal(count(g, from, OP_index_add), 1);
	assert_int_equal(count(g, from, OP_full), 2); /* the seed and one table of zeros */
	assert_int_equal(count(g, from, OP_add), 0);

	/* what was made before `from` is constant, and so is what stands behind another of wrt */
	y = op2(g, OP_mul, h, h);
	from = g->node.n;
	loss = sum_all(g, op2(g, OP_mul, y, h));
	struct gbuild b = {.g = g, .op = grad_graph_op};
	assert_true(grad_backward(&b, from, loss, (ref[]){h, w}, 2, dx, &e));
	struct tensor input[3] = {tensor_of(2, (int64_t[]){3, 3}), tensor_of(2, (int64_t[]){2, 3}),
	                          tensor_of(2, (int64_t[]){9, 3})};
	for (int i = 0; i < 3; i++)
		for (int64_t j = 0; j < input[i].numel; j++) ((double *)(void *)input[i].data)[j] = 3;
	struct tensor *v = run(g, input);
	assert_true(tensor_get_f(&v[dx[0]], 5) == 9); /* y alone */
	assert_true(tensor_get_f(&v[dx[1]], 8) == 0); /* untouched: zeros */
	release(g, v);
	gradient(g, loss, (ref[]){other, y}, 2, dx);
	v = run(g, input);
	assert_true(tensor_get_f(&v[dx[0]], 5) == 9);
	assert_true(tensor_get_f(&v[dx[1]], 5) == 3);
	release(g, v);
	for (int i = 0; i < 3; i++) storage_unref(input[i].st);
	graph_free(g);
	assert_int_equal(mem.used, 0);
}

/* ---- errors ---- */

static void refused(struct graph *g, ref loss, ref wrt, enum err_kind kind, int line, const char *why)
{
	struct gbuild b = {.g = g, .op = grad_graph_op};
	struct err e = {.msg = ""};
	ref dx;
	if (grad_backward(&b, 1, loss, &wrt, 1, &dx, &e)) fail_msg("accepted, without: %s", why);
	if (!strstr(e.msg, why)) fail_msg("said: %s", e.msg);
	assert_int_equal(e.kind, kind);
	assert_int_equal(e.line, line);
}

static ref control(struct graph *g, ref x, bool loop)
{
	struct err e;
	bool ok = true;
	ref cond = op2(g, OP_lt, sum_all(g, x), number(g, 3, F64)), r;
	struct type t = *graph_type(g, x);

	cond = op1(g, OP_item, cond);
	assert_true(graph_site(g, graph_string(g, "user.lua", 8, &e), loop ? 41 : 40, 0, &e));
	if (!loop) {
		uint32_t yes = graph_open(g, &e), no;
		r = op2(g, OP_mul, x, x);
		assert_true(graph_close(g, &r, 1, false, &e));
		no = graph_open(g, &e);
		assert_true(graph_close(g, &x, 1, false, &e));
		r = graph_if(g, cond, yes, no, &e, &ok);
	} else {
		uint32_t before = graph_open(g, &e), after;
		ref p = graph_param(g, &t, &e);
		ref go = op1(g, OP_item, op2(g, OP_lt, sum_all(g, p), number(g, 3, F64)));
		assert_true(graph_close(g, (ref[]){go, p}, 2, false, &e));
		after = graph_open(g, &e);
		p = graph_param(g, &t, &e);
		r = op2(g, OP_mul, p, x); /* the dependence comes in through the body, not the initial value */
		assert_true(graph_close(g, &r, 1, false, &e));
		p = build(g, OP_full, (ref[]){number(g, 1, F64)}, 1, (int64_t[]){F64, 2}, 2);
		r = graph_while(g, &p, 1, before, after, &e, &ok);
	}
	assert_true(ok);
	return r;
}

static void test_errors(void **state)
{
	struct err e;
	struct graph *g = graph_new(&mem, true, &e);
	ref x = param(g, F64, 1, (int64_t[]){2}), ids = param(g, I64, 1, (int64_t[]){2}), loss, dx, y;
	struct gbuild b = {.g = g, .op = grad_graph_op};
	(void)state;

	loss = sum_all(g, x);
	refused(g, x, x, ERR_RUN, 0, "must have one element and no dims, not f64[2]");
	refused(g, sum_all(g, ids), x, ERR_RUN, 0, "must be a float tensor, not i64[]");
	refused(g, op1(g, OP_item, loss), x, ERR_RUN, 0, "must be a float tensor, not float");
	refused(g, loss, ids, ERR_RUN, 0, "only float tensors have gradients, not i64[2]");

	y = control(g, x, false);
	refused(g, sum_all(g, op2(g, OP_mul, y, x)), x, ERR_STAGE, 40,
	        "the 'if' at line 40: choose the value with ms.where");
	y = control(g, x, true);
	refused(g, sum_all(g, y), x, ERR_STAGE, 41, "the loop at line 41");
	/* a staged if is in nobody's way when x does not reach the loss through it */
	ref z = param(g, F64, 1, (int64_t[]){2});
	y = control(g, z, false);
	assert_true(grad_backward(&b, 1, sum_all(g, op2(g, OP_mul, y, x)), &x, 1, &dx, &e));
	control(g, x, false);
	assert_true(grad_backward(&b, 1, sum_all(g, op2(g, OP_mul, x, x)), &x, 1, &dx, &e));
	graph_free(g);
	assert_int_equal(mem.used, 0);
}

/* ---- memory ---- */

static long fail_at = -1, asked;
static void *hook(void *ud, void *p, size_t osize, size_t nsize)
{
	(void)ud;
	if (nsize == 0) {
		free(p);
		return NULL;
	}
	if ((nsize > osize || !p) && fail_at >= 0 && asked++ >= fail_at) return NULL;
	return realloc(p, nsize);
}

static void test_no_memory(void **state)
{
	int failures = 0;
	bool ok = false;
	(void)state;

	for (long n = 0; !ok; n++) {
		struct err e = {.msg = ""};
		struct graph *g = graph_new(&mem, true, &e);
		struct gbuild b = {.g = g, .op = grad_graph_op};
		ref x[4], dx[4], loss;
		x[0] = param(g, F64, 2, (int64_t[]){2, 3});
		x[1] = param(g, F64, 2, (int64_t[]){3, 4});
		x[2] = param(g, F64, 1, (int64_t[]){4});
		x[3] = param(g, F64, 2, (int64_t[]){4, 4});
		loss = weigh(g, f_network(g, x));
		fail_at = n, asked = 0;
		ok = grad_backward(&b, 1, loss, x, 4, dx, &e);
		fail_at = -1;
		if (!ok) {
			assert_int_equal(e.kind, ERR_MEMORY);
			failures++;
		}
		graph_free(g);
		assert_int_equal(mem.used, 0);
	}
	assert_true(failures > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_corners),
	                                   cmocka_unit_test(test_nodes), cmocka_unit_test(test_errors),
	                                   cmocka_unit_test(test_no_memory)};
	mem_init(&mem, hook, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
