/* The driver of reverse mode. Forward it marks the values that depend on wrt; backward
   it visits the marked nodes the loss depends on, latest first, lets the op's rule say
   the gradients of the operands, brings each to its operand's shape and adds up what
   meets. The order of the visits and sums follows from the forward order alone. */
#include "grad/back.h"
#include <stdio.h>

enum { FREE, DEPENDS, WRT };

bool grad_flows(enum op op) { return grad_rule[op] != NULL; }

ref grad_graph_op(struct gbuild *b, enum op op, const ref *in, int nin, const int64_t *attr, int nattr, struct err *e)
{
	return graph_op(b->g, op, in, nin, attr, nattr, e);
}

static bool is_float(const struct type *t) { return t->kind == K_TENSOR && (t->dtype == F32 || t->dtype == F64); }

static bool set_mark(struct back *k, ref v, bool depends)
{
	if (!depends || k->mark[v] || !is_float(graph_type(k->s.b->g, v))) return false;
	k->mark[v] = DEPENDS;
	return true;
}

static bool mark_node(struct back *k, const struct node *n);

/* Marks inside a region of a staged if or while, so that its results are known to depend. */
static bool mark_region(struct back *k, uint32_t r)
{
	const struct graph *g = k->s.b->g;
	bool changed = false;

	if (!r) return false;
	for (uint32_t i = 0; i < g->region.at[r].nodes.n; i++)
		if (mark_node(k, &g->node.at[g->region.at[r].nodes.at[i]])) changed = true;
	return changed;
}

static bool mark_while(struct back *k, const struct node *n)
{
	const struct graph *g = k->s.b->g;
	const struct region *before = &g->region.at[n->sub[0]], *after = &g->region.at[n->sub[1]];
	bool changed = false;

	for (bool again = true; again; changed |= again) {
		again = false;
		for (uint32_t i = 0; i < n->nin && i < before->params.n; i++)
			again |= set_mark(k, before->params.at[i], k->mark[node_in(g, n, i)]);
		again |= mark_region(k, n->sub[0]);
		for (uint32_t i = 0; i + 1 < before->yields.n; i++) {
			bool d = k->mark[before->yields.at[i + 1]];
			if (i < after->params.n) again |= set_mark(k, after->params.at[i], d);
			if (i < n->nout) again |= set_mark(k, n->out + i, d);
		}
		again |= mark_region(k, n->sub[1]);
		for (uint32_t i = 0; i < after->yields.n && i < before->params.n; i++)
			again |= set_mark(k, before->params.at[i], k->mark[after->yields.at[i]]);
	}
	return changed;
}

static bool mark_node(struct back *k, const struct node *n)
{
	const struct graph *g = k->s.b->g;
	bool changed = false, depends = false;

	if (n->dead) return false;
	if (n->op == OP_while) return mark_while(k, n);
	if (n->op == OP_if) {
		for (int r = 0; r < 2; r++) {
			changed |= mark_region(k, n->sub[r]);
			for (uint32_t i = 0; n->sub[r] && i < g->region.at[n->sub[r]].yields.n && i < n->nout; i++)
				changed |= set_mark(k, n->out + i, k->mark[g->region.at[n->sub[r]].yields.at[i]]);
		}
		return changed;
	}
	if (n->op == OP_call) { /* what it uses from outside is not among its operands yet */
		for (uint32_t i = 0; i < n->nout; i++) changed |= set_mark(k, n->out + i, true);
		return changed;
	}
	if (!grad_rule[n->op]) return false;
	for (uint32_t i = 0; i < n->nin; i++) depends |= k->mark[node_in(g, n, i)] != FREE;
	for (uint32_t i = 0; i < n->nout; i++) changed |= set_mark(k, n->out + i, depends);
	return changed;
}

static bool marked(const struct back *k, const struct node *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		if (k->mark[n->out + i] == DEPENDS) return true;
	return false;
}

static bool forward(struct back *k, uint32_t from)
{
	const struct graph *g = k->s.b->g;
	const struct region *r = &g->region.at[g->at];

	k->node = arena_new(k->mem, (r->nodes.n + 1) * sizeof *k->node);
	if (!k->node) return fail_memory(k->s.e, r->nodes.n * sizeof *k->node);
	for (uint32_t i = 0; i < r->nodes.n; i++) {
		uint32_t id = r->nodes.at[i];
		if (id < from) continue;
		mark_node(k, &g->node.at[id]);
		if (marked(k, &g->node.at[id])) k->node[k->count++] = id;
	}
	return true;
}

/* The message completes "can't stage ...". */
static bool staged_control(struct back *k, const struct node *n)
{
	const struct graph *g = k->s.b->g;
	int line = n->site ? g->site.at[n->site].line : 0;
	bool reached = false;

	for (uint32_t i = 0; i < n->nout; i++) reached |= k->adj[n->out + i] != 0;
	if (!reached) return true;
	if (n->op == OP_if)
		return fail_kind(
		    k->s.e, ERR_STAGE, line,
		    "the gradient of the 'if' at line %d: choose the value with ms.where(condition, a, b), "
		    "or make the condition plain",
		    line);
	if (n->op == OP_call)
		return fail_kind(k->s.e, ERR_STAGE, line,
		                 "the gradient of the recursive call at line %d: make its condition plain", line);
	return fail_kind(k->s.e, ERR_STAGE, line,
	                 "the gradient of the loop at line %d: give it plain bounds, so that it is unrolled", line);
}

/* One node back: the rule's gradients are fitted to the operands and added to what is there. */
static bool visit(struct back *k, uint32_t id)
{
	struct step *s = &k->s;
	struct graph *g = s->b->g;
	uint32_t nin = g->node.at[id].nin;
	ref *in;
	bool *want;

	s->n = g->node.at[id];
	if (s->n.op == OP_if || s->n.op == OP_while || s->n.op == OP_call) return staged_control(k, &s->n);
	s->y = s->n.out;
	if (k->mark[s->y] == DEPENDS && !gather_finish(k, s->y)) return false;
	s->dy = k->adj[s->y];
	if (!s->dy || k->mark[s->y] != DEPENDS) return true;
	in = arena_new(k->mem, (3 * sizeof *in + 2 * sizeof *want) * nin);
	if (!in) return fail_memory(s->e, 3 * sizeof *in * nin);
	s->in = in;
	s->sofar = in + nin;
	s->dx = in + 2 * nin;
	s->want = want = (bool *)(in + 3 * nin);
	s->whole = want + nin;
	for (uint32_t i = 0; i < nin; i++) {
		in[i] = node_in(g, &s->n, i);
		in[nin + i] = k->adj[in[i]];
	}
	for (uint32_t i = 0; i < nin; i++) want[i] = k->mark[in[i]] != FREE && !gather_operand(k, i);
	grad_rule[s->n.op](s);
	for (uint32_t i = 0; i < nin && !s->bad; i++) {
		struct type t = type_of(s, in[i]);
		ref d = s->dx[i];
		if (!want[i] || !d) continue;
		if (!s->whole[i]) {
			if (gather_fit(k, in[i], d, &t)) continue;
			d = grad_fit(s, d, &t);
			if (k->adj[in[i]]) d = grad_2(s, OP_add, k->adj[in[i]], d);
		}
		k->adj[in[i]] = d;
	}
	return !s->bad;
}

static bool fail_type(struct mem *m, const struct type *t, const char *fmt, struct err *e)
{
	char text[200];
	struct buf b;

	buf_init(&b, m);
	type_put(&b, t);
	snprintf(text, sizeof text, "%s", b.s && !b.bad ? b.s : "another type");
	buf_free(&b);
	return fail(e, fmt, text);
}

bool grad_wrt_type(struct mem *m, const struct type *t, struct err *e)
{
	return is_float(t) || fail_type(m, t, "only float tensors have gradients, not %s", e);
}

static bool check(const struct graph *g, ref loss, const ref *wrt, int n, struct err *e)
{
	const struct type *t = graph_type(g, loss);

	if (!is_float(t)) return fail_type(g->mem, t, "the result to differentiate must be a float tensor, not %s", e);
	if (t->rank)
		return fail_type(
		    g->mem, t,
		    "the result to differentiate must have one element and no dims, not %s; take its :sum() or :mean()",
		    e);
	for (int i = 0; i < n; i++)
		if (!grad_wrt_type(g->mem, graph_type(g, wrt[i]), e)) return false;
	return true;
}

static bool backward(struct back *k, uint32_t from, ref loss, const ref *wrt, int n, ref *dx)
{
	struct step *s = &k->s;
	const struct graph *g = s->b->g;
	uint32_t values = g->value.n;
	struct type t = *graph_type(g, loss);
	struct arena_mark m;
	int64_t dt = t.dtype;
	ref one;

	k->mark = arena_new(k->mem, values);
	k->adj = arena_new(k->mem, values * sizeof *k->adj);
	if (!k->mark || !k->adj) return fail_memory(s->e, values * (sizeof *k->adj + 1));
	for (int i = 0; i < n; i++) k->mark[wrt[i]] = WRT;
	if (!forward(k, from)) return false;
	if (k->mark[loss]) {
		s->y = loss;
		one = grad_number(s, 1);
		k->adj[loss] = grad_node(s, OP_full, &one, 1, &dt, 1);
		if (s->bad) return false;
	}
	uint32_t uses = 0;
	for (uint32_t i = 0; i < k->count; i++) uses += g->node.at[k->node[i]].nin;
	if (!gather_start(k, uses, values)) return false;
	m = arena_mark(k->mem);
	for (uint32_t i = k->count; i-- > 0; arena_release(k->mem, m))
		if (!visit(k, k->node[i])) return false;
	for (int i = 0; i < n; i++) {
		if (!gather_finish(k, wrt[i])) return false;
		if (!k->adj[wrt[i]]) {
			t = type_of(s, wrt[i]);
			s->y = wrt[i];
			k->adj[wrt[i]] = grad_zeros(s, &t);
		}
		dx[i] = k->adj[wrt[i]];
	}
	return !s->bad;
}

bool grad_backward(struct gbuild *b, uint32_t from, ref loss, const ref *wrt, int n, ref *dx, struct err *e)
{
	struct back k = {.s = {.b = b, .e = e}};
	struct arena own;
	bool ok;

	if (!check(b->g, loss, wrt, n, e)) return false;
	if (b->scratch) {
		k.mem = b->scratch;
		return backward(&k, from, loss, wrt, n, dx);
	}
	arena_init(&own, b->g->mem);
	k.mem = &own;
	ok = backward(&k, from, loss, wrt, n, dx);
	arena_free(&own);
	return ok;
}

bool grad_depends(const struct graph *g, uint32_t from, const ref *wrt, int n, ref v, bool *depends, struct err *e)
{
	struct gbuild b = {.g = (struct graph *)(uintptr_t)g}; /* only read by the forward half */
	struct arena own;
	struct back k = {.s = {.b = &b, .e = e}, .mem = &own};

	arena_init(&own, g->mem);
	k.mark = arena_new(&own, g->value.n);
	bool ok = k.mark || fail_memory(e, g->value.n);
	for (int i = 0; ok && i < n; i++) k.mark[wrt[i]] = WRT;
	ok = ok && forward(&k, from);
	*depends = ok && k.mark[v] != FREE;
	arena_free(&own);
	return ok;
}
