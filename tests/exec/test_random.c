/* Random graphs of numbers, matrices, branches and loops: their plans, from the graph as it is and
   after the passes, must do bit for bit what a plain walk over the graph does, where every value has
   a place of its own. */
#include <stdio.h>
#include "tests/graph/help.h"
#include "exec/exec.h"
#include "pass/pass.h"

enum { N = 9, POOL = 400, VARS = 3 };

/* --- making one --- */

struct pool {
	ref num[POOL], mat[POOL];
	int nnum, nmat;
};
struct gen {
	struct graph *g;
	struct err e;
	uint32_t seed;
	struct pool p;
	uint32_t text; /* a string */
};

static uint32_t pick(struct gen *r, uint32_t n)
{
	r->seed = r->seed * 1664525 + 1013904223;
	return (r->seed >> 10) % n;
}
static ref a_num(struct gen *r)
{
	return r->p.num[(uint32_t)r->p.nnum - 1 - pick(r, (uint32_t)(r->p.nnum > 6 ? 6 : r->p.nnum))];
}
static ref a_mat(struct gen *r)
{
	return r->p.mat[(uint32_t)r->p.nmat - 1 - pick(r, (uint32_t)(r->p.nmat > 6 ? 6 : r->p.nmat))];
}
static ref op(struct gen *r, enum op o, ref a, ref b, const int64_t *attr, int nattr)
{
	ref v = graph_op(r->g, o, (ref[]){a, b}, b ? 2 : 1, attr, nattr, &r->e);
	if (!v) fail_msg("%s", r->e.msg);
	return v;
}
static void keep_num(struct gen *r, ref v) { r->p.num[r->p.nnum++] = v; }
static void keep_mat(struct gen *r, ref v) { r->p.mat[r->p.nmat++] = v; }

static ref a_bool(struct gen *r)
{
	ref k = graph_const(r->g, K_INT, int_word(pick(r, 3)), &r->e),
	    m = graph_const(r->g, K_INT, int_word(1 + pick(r, 4)), &r->e);
	ref c = pick(r, 2) ? op(r, OP_ieq, op(r, OP_imod, a_num(r), m, NULL, 0), k, NULL, 0)
	                   : op(r, OP_ilt, a_num(r), a_num(r), NULL, 0);
	return pick(r, 3) ? c : op(r, OP_bnot1, c, 0, NULL, 0);
}

static void block(struct gen *r, int depth, int count);

/* VARS numbers and VARS matrices of the pool, as yields. */
static void yields(struct gen *r, ref *out)
{
	for (int i = 0; i < VARS; i++) {
		out[i] = a_num(r);
		out[VARS + i] = a_mat(r);
	}
}

static void keep_all(struct gen *r, ref first)
{
	for (ref i = 0; i < VARS; i++) {
		keep_num(r, first + i);
		keep_mat(r, first + VARS + i);
	}
}

static void branch(struct gen *r, int depth)
{
	struct pool outside = r->p;
	ref cond = a_bool(r), out[2 * VARS];
	uint32_t sub[2];
	bool ok;
	for (int k = 0; k < 2; k++) {
		sub[k] = graph_open(r->g, &r->e);
		block(r, depth - 1, (int)pick(r, 6));
		yields(r, out);
		graph_close(r->g, out, 2 * VARS, false, &r->e);
		r->p = outside;
	}
	ref v = graph_if(r->g, cond, sub[0], sub[1], &r->e, &ok);
	assert_true(ok);
	keep_all(r, v);
}

static ref params(struct gen *r)
{
	struct type num = scalar(K_INT), mat = {.kind = K_TENSOR, .dtype = F32, .rank = 2, .dim = {3, 3}};
	ref count = graph_param(r->g, &num, &r->e);
	for (int i = 0; i < 2 * VARS; i++) {
		ref v = graph_param(r->g, i < VARS ? &num : &mat, &r->e);
		if (i < VARS) keep_num(r, v);
		else keep_mat(r, v);
	}
	return count;
}

/* Runs a small number of times; both regions work. */
static void loop(struct gen *r, int depth)
{
	struct pool outside = r->p;
	ref out[2 * VARS + 2], zero = graph_const(r->g, K_INT, int_word(0), &r->e);
	ref turns = graph_const(r->g, K_INT, int_word(pick(r, 5)), &r->e),
	    one = graph_const(r->g, K_INT, int_word(1), &r->e);
	ref init[2 * VARS + 1] = {zero};
	yields(r, init + 1);
	uint32_t before = graph_open(r->g, &r->e), after;
	ref count = params(r);
	if (pick(r, 3) == 0) block(r, 0, 3);
	out[0] = op(r, OP_ilt, count, turns, NULL, 0);
	out[1] = count;
	if (pick(r, 2)) yields(r, out + 2);
	else
		for (uint32_t i = 0; i < 2 * VARS; i++) out[i + 2] = r->g->region.at[before].params.at[i + 1];
	graph_close(r->g, out, 2 * VARS + 2, false, &r->e);
	r->p = outside;
	after = graph_open(r->g, &r->e);
	count = params(r);
	block(r, depth - 1, (int)pick(r, 8));
	out[0] = op(r, OP_iadd, count, one, NULL, 0);
	yields(r, out + 1);
	graph_close(r->g, out, 2 * VARS + 1, false, &r->e);
	r->p = outside;
	bool ok;
	ref v = graph_while(r->g, init, 2 * VARS + 1, before, after, &r->e, &ok);
	assert_true(ok);
	keep_all(r, v + 1);
}

static void block(struct gen *r, int depth, int count)
{
	static const enum op on_num[] = {OP_iadd, OP_isub, OP_imul, OP_ibxor},
	                     on_mat[] = {OP_add, OP_sub, OP_mul, OP_maximum, OP_matmul};
	for (; count > 0; count--) {
		int64_t turn[] = {1, 0}, f32 = F32;
		switch (pick(r, depth > 0 ? 9 : 7)) {
		case 0:
		case 1: keep_num(r, op(r, on_num[pick(r, COUNT_OF(on_num))], a_num(r), a_num(r), NULL, 0)); break;
		case 2:
		case 3: keep_mat(r, op(r, on_mat[pick(r, COUNT_OF(on_mat))], a_mat(r), a_mat(r), NULL, 0)); break;
		case 4: keep_mat(r, op(r, OP_permute, a_mat(r), 0, turn, 2)); break;
		case 5: keep_mat(r, op(r, OP_mul, a_mat(r), op(r, OP_lift, a_num(r), 0, &f32, 1), NULL, 0)); break;
		case 6: {
			ref v = a_num(r);
			graph_effect(r->g, OP_print, &v, 1, (int64_t[]){-1, r->text}, 2, &r->e);
			break;
		}
		case 7: branch(r, depth); break;
		default: loop(r, depth); break;
		}
	}
}

/* --- the plain walk --- */

struct cell {
	int64_t i;
	float t[N];
};
struct walk {
	const struct graph *g;
	struct cell *v;
	struct buf out;
	struct op_env env;
};

static struct tensor tensor_on(const struct walk *w, ref v, float *data)
{
	struct tensor t;
	struct err e;
	const struct type *ty = graph_type(w->g, v);
	assert_true(tensor_shape(&t, ty->dtype, ty->rank, ty->dim, &e));
	t.data = (char *)data;
	return t;
}

static void walk_region(struct walk *w, uint32_t r);

static void move(struct walk *w, const ref *to, ref to0, const ref *from, uint32_t n)
{
	struct cell *copy = malloc((n + 1) * sizeof *copy);
	for (uint32_t i = 0; i < n; i++) copy[i] = w->v[from[i]];
	for (uint32_t i = 0; i < n; i++) w->v[to ? to[i] : to0 + i] = copy[i];
	free(copy);
}

static void walk_node(struct walk *w, const struct node *n)
{
	const struct graph *g = w->g;
	struct err e;
	const ref *in = g->edge.at + n->in;
	struct cell *out = &w->v[n->out];
	if (n->op == OP_const) out->i = node_attr(g, n, 0);
	else if (n->op == OP_print) {
		buf_integer(&w->out, w->v[in[0]].i);
		buf_puts(&w->out, g->string.at[node_attr(g, n, 1)]);
	} else if (n->op == OP_if) {
		uint32_t r = n->sub[w->v[in[0]].i ? 0 : 1];
		walk_region(w, r);
		move(w, NULL, n->out, g->region.at[r].yields.at, n->nout);
	} else if (n->op == OP_while) {
		const struct region *a = &g->region.at[n->sub[0]], *b = &g->region.at[n->sub[1]];
		move(w, a->params.at, 0, in, n->nin);
		for (;;) {
			walk_region(w, n->sub[0]);
			if (!w->v[a->yields.at[0]].i) break;
			move(w, b->params.at, 0, a->yields.at + 1, n->nin);
			walk_region(w, n->sub[1]);
			move(w, a->params.at, 0, b->yields.at, n->nin);
		}
		move(w, NULL, n->out, a->yields.at + 1, n->nout);
	} else if (n->op == OP_lift) {
		out->t[0] = (float)w->v[in[0]].i;
	} else if (op_info[n->op].flags & OF_LUA) {
		union word x[2] = {{.i = w->v[in[0]].i}, {.i = n->nin > 1 ? w->v[in[1]].i : 0}}, y;
		assert_true(op_lua(n->op, x, NULL, &y, &e));
		out->i = y.i;
	} else {
		struct tensor x[2], y = tensor_on(w, n->out, out->t), *px[] = {&x[0], &x[1]}, view = y;
		for (uint32_t i = 0; i < n->nin; i++) x[i] = tensor_on(w, in[i], w->v[in[i]].t);
		const int64_t *attr = g->word.at + n->attr;
		if (op_info[n->op].flags & OF_VIEW && op_shares(n->op, &x[0], attr, (int)n->nattr, &view))
			tensor_copy(&y, &view);
		else if (!op_run(n->op, px, (int)n->nin, attr, (int)n->nattr, &y, &w->env, &e)) fail_msg("%s", e.msg);
	}
}

static void walk_region(struct walk *w, uint32_t r)
{
	const struct region *reg = &w->g->region.at[r];
	for (uint32_t i = reg->params.n; i < reg->nodes.n; i++) walk_node(w, &w->g->node.at[reg->nodes.at[i]]);
}

/* --- comparing --- */

static bool print(void *ud, const char *s, size_t n)
{
	buf_put(ud, s, n);
	return true;
}

static void compare(struct heap *h, const struct graph *g, struct walk *w, const ref *results, struct cell *in,
                    uint32_t round)
{
	struct err e = {0};
	struct plan *p = plan_new(&h->mem, g, &e);
	if (!p) fail_msg("%s", e.msg);
	struct buf out;
	struct run_env env = {.op = {.mem = &h->mem}, .ud = &out, .print = print};
	struct datum d[2 * VARS] = {{0}}, res[2 * VARS];
	struct tensor t[VARS];
	struct fault f;
	for (int k = 0; k < 2; k++) { /* a plan runs more than once */
		buf_init(&out, &h->mem);
		for (uint32_t i = 0; i < VARS; i++) {
			d[i] = (struct datum){.kind = K_INT, .w.i = in[i].i};
			t[i] = tensor_on(w, w->g->region.at[1].params.at[VARS + i], in[VARS + i].t);
			d[VARS + i] = (struct datum){.kind = K_TENSOR, .in = &t[i]};
		}
		if (!plan_run(p, &env, d, res, &f)) fail_msg("%s", f.e.msg);
		if (out.n != w->out.n || (out.n && memcmp(out.s, w->out.s, out.n)))
			fail_msg("round %u prints something else", round);
		for (uint32_t i = 0; i < 2 * VARS; i++) {
			const struct cell *c = &w->v[results[i]];
			const char *bytes = res[i].kind != K_TENSOR ? (char *)&res[i].w.i
			                    : res[i].alias >= 0     ? d[res[i].alias].in->data
			                                            : res[i].out.data;
			if (memcmp(bytes, i < VARS ? (const char *)&c->i : (const char *)c->t,
			           i < VARS ? sizeof c->i : sizeof c->t))
				fail_msg("round %u: result %u differs", round, i);
			datum_release(&res[i]);
		}
		buf_free(&out);
	}
	plan_free(p);
}

static void plans_do_what_a_plain_walk_does(void **state)
{
	struct heap h;
	(void)state;
	heap_init(&h);
	for (uint32_t round = 0; round < 400; round++) {
		struct gen r = {.seed = round};
		struct cell in[2 * VARS];
		r.g = graph_new(&h.mem, round % 2, &r.e);
		r.text = graph_string(r.g, "\n", 1, &r.e);
		struct type num = scalar(K_INT), mat = {.kind = K_TENSOR, .dtype = F32, .rank = 2, .dim = {3, 3}};
		for (int i = 0; i < 2 * VARS; i++) {
			ref v = graph_param(r.g, i < VARS ? &num : &mat, &r.e);
			if (i < VARS) keep_num(&r, v);
			else keep_mat(&r, v);
			in[i].i = (int64_t)pick(&r, 100) - 50;
			for (int k = 0; k < N; k++) in[i].t[k] = (float)pick(&r, 1000) * 0.002f - 1;
		}
		block(&r, 3, 12);
		ref results[2 * VARS];
		yields(&r, results);
		assert_true(graph_yield(r.g, results, 2 * VARS, false, &r.e));

		struct walk w = {.g = r.g, .env = {.mem = &h.mem}};
		w.v = calloc(r.g->value.n, sizeof *w.v);
		buf_init(&w.out, &h.mem);
		for (uint32_t i = 0; i < 2 * VARS; i++) w.v[r.g->region.at[1].params.at[i]] = in[i];
		walk_region(&w, 1);
		compare(&h, r.g, &w, results, in, round);
		/* the passes renumber values: the walk's own are looked up by their old numbers */
		char *text = text_of(r.g);
		struct graph *o = graph_from(&h, text);
		if (!pass_run(o, 2, &r.e)) fail_msg("%s", r.e.msg);
		free(text_of(o));
		compare(&h, o, &w, results, in, round);
		free(text);
		graph_free(o);
		buf_free(&w.out);
		free(w.v);
		graph_free(r.g);
	}
	heap_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(plans_do_what_a_plain_walk_does)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
