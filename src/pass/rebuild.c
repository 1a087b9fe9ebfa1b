/* The walk shared by the passes. With `fold` it also takes the branch of an `if` whose condition
   became known, drops a `while` whose first test fails, and replaces joined values that are the same
   on every path; all of it exact. */
#include <string.h>
#include "pass/rebuild.h"

static bool region(struct rebuild *b, uint32_t r, bool *dead); /* *dead: control does not reach the end */
static bool body(struct rebuild *b, uint32_t r, bool *dead);

static bool memory(struct rebuild *b) { return fail_memory(b->e, 64); }

static ref *refs(struct rebuild *b, uint32_t n)
{
	ref *p = arena_new(&b->scratch, (n + 1) * sizeof *p);
	if (!p) memory(b);
	return p;
}

static bool wanted(const struct rebuild *b, ref v) { return !b->need || b->need[v]; }

static struct type type_of(const struct rebuild *b, ref v)
{
	struct type t = *graph_type(b->from, v);
	for (int i = 0; b->length && (t.kind == K_TENSOR || t.kind == K_LIST) && i < t.rank; i++)
		t.dim[i] = length_value(t.dim[i], b->length);
	return t;
}

/* A node of operations whose lengths have become known: its attributes, its types. What is wrong with them is an error
   of the run, at its place. */
static bool known(struct rebuild *b, const struct node *n, const ref *in, ref *out, bool *dead)
{
	struct graph *g = b->from, *t = b->to;
	int64_t *attr = arena_new(&b->scratch, (n->nattr + 1) * sizeof *attr);
	if (!attr) return memory(b);
	for (uint32_t i = 0; i < n->nattr; i++) {
		attr[i] = node_attr(g, n, i);
		if ((int64_t)i >= op_first_length(n->op)) attr[i] = length_value(attr[i], b->length);
	}
	if (n->op == OP_length) *out = graph_const(t, K_INT, (union word){.i = attr[0]}, b->e);
	else *out = graph_op(t, n->op, in, (int)n->nin, attr, (int)n->nattr, b->e);
	if (*out || b->e->kind != ERR_RUN) return *out != 0;
	uint32_t text = graph_string(t, b->e->msg, strlen(b->e->msg), b->e);
	const int64_t raise[3] = {0, 1, text};
	*dead = true;
	return text != UINT32_MAX && graph_effect(t, OP_raise, NULL, 0, raise, 3, b->e);
}

/* A node without regions. */
static bool simple(struct rebuild *b, uint32_t id, bool *dead)
{
	struct graph *g = b->from, *t = b->to;
	const struct node *n = &g->node.at[id];
	struct arena_mark m = arena_mark(&b->scratch);
	ref *in = refs(b, n->nin), out = 0;
	const int64_t *attr = g->word.at + n->attr;
	if (!in) return false;
	for (uint32_t i = 0; i < n->nin; i++) in[i] = b->map[node_in(g, n, i)];
	t->line_site = n->site;
	if (b->operands && !b->operands(b, n, in)) return false;
	if (n->op == OP_const) out = graph_const(t, graph_type(g, n->out)->kind, (union word){.i = *attr}, b->e);
	else if (n->op == OP_undef) {
		struct type ty = type_of(b, n->out);
		out = graph_undef(t, &ty, b->e);
	} else if (b->length && !(op_info[n->op].flags & OF_CONTROL)) {
		if (!known(b, n, in, &out, dead)) return false;
		if (*dead) return true;
	} else if (!(op_info[n->op].flags & OF_CONTROL) &&
	           (!t->nocons || (!t->nofold && op_info[n->op].flags & OF_LUA)))
		out = graph_op(t, n->op, in, (int)n->nin, attr, (int)n->nattr, b->e);
	else {
		struct type *ty = arena_new(&b->scratch, (n->nout + 1) * sizeof *ty);
		if (!ty) return memory(b);
		for (uint32_t i = 0; i < n->nout; i++) ty[i] = type_of(b, n->out + i);
		uint32_t made = graph_add(t, n->op, in, (int)n->nin, attr, (int)n->nattr, ty, n->nout, b->e);
		if (!made) return false;
		out = t->node.at[made].out;
	}
	if (!out && n->nout) return false;
	for (uint32_t i = 0; i < n->nout; i++) b->map[n->out + i] = out + i;
	arena_release(&b->scratch, m);
	return true;
}

/* Drops from the yields of new region r those whose `drop` is set; `skip` stay in front. */
static void filter(struct graph *t, uint32_t r, const bool *drop, uint32_t skip)
{
	struct region *reg = &t->region.at[r];
	uint32_t kept = 0;
	for (uint32_t i = 0; i < reg->yields.n; i++)
		if (i < skip || !drop[i - skip]) reg->yields.at[kept++] = reg->yields.at[i];
	reg->yields.n = kept;
}

/* A value that is the same in both branches: one from outside, or a constant. 0: there is none. */
static bool same_value(struct rebuild *b, ref x, ref y, ref *out)
{
	union word p, q;
	*out = 0;
	if (x == y) {
		*out = x;
		return true;
	}
	if (!graph_is_const(b->to, x, &p) || !graph_is_const(b->to, y, &q) || p.i != q.i ||
	    !type_equal(graph_type(b->to, x), graph_type(b->to, y)))
		return true;
	*out = graph_const(b->to, graph_type(b->to, x)->kind, p, b->e);
	return *out != 0;
}

static bool copy_if(struct rebuild *b, const struct node n, bool *dead)
{
	struct graph *g = b->from, *t = b->to;
	ref cond = b->map[node_in(g, &n, 0)];
	union word w;
	if (b->fold && graph_is_const(t, cond, &w)) {
		uint32_t r = n.sub[w.i ? 0 : 1];
		if (!body(b, r, dead)) return false;
		for (uint32_t i = 0; i < n.nout && !*dead; i++)
			b->map[n.out + i] = b->map[g->region.at[r].yields.at[i]];
		return true;
	}
	uint32_t sub[2];
	bool ends[2] = {false, false}, ok;
	for (int k = 0; k < 2; k++)
		if (!(sub[k] = graph_open(t, b->e)) || !region(b, n.sub[k], &ends[k])) return false;
	bool *drop = arena_new(&b->scratch, n.nout + 1);
	if (!drop) return memory(b);
	for (uint32_t i = 0; i < n.nout; i++) {
		drop[i] = !wanted(b, n.out + i);
		if (drop[i] || !b->fold || ends[0] || ends[1]) continue;
		ref v;
		if (!same_value(b, t->region.at[sub[0]].yields.at[i], t->region.at[sub[1]].yields.at[i], &v))
			return false;
		if ((drop[i] = v != 0)) b->map[n.out + i] = v;
	}
	for (int k = 0; k < 2; k++)
		if (!ends[k]) filter(t, sub[k], drop, 0);
	t->line_site = n.site;
	ref out = graph_if(t, cond, sub[0], sub[1], b->e, &ok);
	if (!ok) return false;
	*dead = ends[0] && ends[1];
	for (uint32_t i = 0; i < n.nout; i++)
		if (!drop[i]) b->map[n.out + i] = *dead ? 0 : out++;
	return true;
}

/* A loop whose first test is known to fail leaves only that test. */
static bool never_runs(struct rebuild *b, const struct node *n, bool *gone)
{
	struct graph *g = b->from, *t = b->to;
	const struct region *a = &g->region.at[n->sub[0]];
	bool dead = false;
	union word w;
	*gone = false;
	if (a->dead) return true;
	for (uint32_t i = 0; i < a->nodes.n; i++)
		if (g->node.at[a->nodes.at[i]].sub[0]) return true; /* not worth trying twice at every depth */
	struct graph_mark m = graph_mark(t);
	for (uint32_t i = 0; i < n->nin; i++) b->map[a->params.at[i]] = b->map[node_in(g, n, i)];
	if (!body(b, n->sub[0], &dead)) return false;
	if (!graph_is_const(t, b->map[a->yields.at[0]], &w) || w.i) {
		graph_rollback(t, m);
		return true;
	}
	*gone = true;
	for (uint32_t i = 0; i < n->nout; i++) b->map[n->out + i] = b->map[a->yields.at[i + 1]];
	return true;
}

/* Does the value of old region `r`, or one around it, stand before what is in r? */
static bool around(const struct graph *g, uint32_t r, ref v)
{
	while (r && r != graph_node_of(g, v)->region) r = g->region.at[r].parent;
	return r != 0;
}

/* May the node be copied before the loop `n`? Its operands must not hang on the trip; what makes something of nothing
   is made where it is used. */
static bool hoistable(const struct rebuild *b, const struct node *loop, const struct node *n)
{
	const struct graph *g = b->from;
	if (n->op == OP_const) return true;
	if (op_info[n->op].flags & (OF_CONTROL | OF_EFFECT | OF_LIST | OF_FRESH) || !n->nin || n->sub[0] ||
	    n->op == OP_param || n->op == OP_undef || graph_may_raise(g, n))
		return false;
	for (uint32_t i = 0; i < n->nin; i++) {
		ref v = node_in(g, n, i);
		if (!b->hoisted[g->value.at[v].node] && !around(g, loop->region, v)) return false;
	}
	return true;
}

/* Copies what region r of the loop, and the loops in it, make anew in every trip, but always alike. */
static bool hoist(struct rebuild *b, const struct node *loop, uint32_t r)
{
	const struct graph *g = b->from;
	const struct region *reg = &g->region.at[r];
	for (uint32_t i = reg->params.n; i < reg->nodes.n; i++) {
		uint32_t id = reg->nodes.at[i];
		const struct node *n = &g->node.at[id];
		bool dead = false;
		if (b->hoisted[id]) continue;
		if (n->op == OP_while) {
			if (!hoist(b, loop, n->sub[0]) || !hoist(b, loop, n->sub[1])) return false;
		} else if (hoistable(b, loop, n)) {
			b->hoisted[id] = true;
			if (!simple(b, id, &dead)) return false;
		}
	}
	return true;
}

static bool copy_while(struct rebuild *b, const struct node n, bool *dead)
{
	struct graph *g = b->from, *t = b->to;
	bool gone, ok;
	if (b->fold) {
		if (!never_runs(b, &n, &gone)) return false;
		if (gone) return true;
	}
	if (b->hoisted && (!hoist(b, &n, n.sub[0]) || !hoist(b, &n, n.sub[1]))) return false;
	const struct region *half[2] = {&g->region.at[n.sub[0]], &g->region.at[n.sub[1]]};
	bool *drop = arena_new(&b->scratch, n.nout + 1), ends[2] = {false, false};
	ref *init = refs(b, n.nin);
	if (!drop || !init) return memory(b);
	uint32_t kept = 0, sub[2];
	for (uint32_t i = 0; i < n.nin; i++) {
		ref x = b->map[node_in(g, &n, i)], p = half[0]->params.at[i], q = half[1]->params.at[i];
		bool still = b->fold && !half[0]->dead && half[0]->yields.at[i + 1] == p &&
		             (half[1]->dead || half[1]->yields.at[i] == q);
		drop[i] = still || !wanted(b, n.out + i);
		if (still) b->map[p] = b->map[q] = b->map[n.out + i] = x; /* never changes */
		if (!drop[i]) init[kept++] = x;
	}
	for (int k = 0; k < 2; k++) {
		if (!(sub[k] = graph_open(t, b->e))) return false;
		for (uint32_t i = 0; i < n.nin; i++) {
			ref p = half[k]->params.at[i];
			struct type ty = type_of(b, p);
			if (!drop[i] && !(b->map[p] = graph_param(t, &ty, b->e))) return false;
		}
		if (!region(b, n.sub[k], &ends[k])) return false;
		if (!ends[k]) filter(t, sub[k], drop, k == 0);
	}
	t->line_site = n.site;
	ref out = graph_while(t, init, (int)kept, sub[0], sub[1], b->e, &ok);
	if (!ok) return false;
	*dead = ends[0];
	for (uint32_t i = 0; i < n.nout; i++)
		if (!drop[i]) b->map[n.out + i] = out++;
	return true;
}

static bool body(struct rebuild *b, uint32_t r, bool *dead)
{
	struct graph *g = b->from;
	const struct region *reg = &g->region.at[r];
	for (uint32_t i = reg->params.n; i < reg->nodes.n && !*dead; i++) {
		uint32_t id = reg->nodes.at[i];
		const struct node n = g->node.at[id];
		if ((b->keep && !b->keep[id]) || (b->hoisted && b->hoisted[id])) continue;
		if (n.op == OP_if      ? !copy_if(b, n, dead)
		    : n.op == OP_while ? !copy_while(b, n, dead)
		                       : !simple(b, id, dead))
			return false;
	}
	if (reg->dead) *dead = true;
	return true;
}

/* A region whose copy is open: its nodes, and closed with its yields. Those of values that were
   left out are 0 until `filter` takes them away. */
static bool region(struct rebuild *b, uint32_t r, bool *dead)
{
	const struct region *old = &b->from->region.at[r];
	uint32_t id = b->to->at;
	if (!body(b, r, dead) || !graph_close(b->to, NULL, 0, *dead, b->e)) return false;
	struct region *reg = &b->to->region.at[id];
	if (*dead) return true;
	if (!vec_reserve(b->to->mem, &reg->yields, old->yields.n)) return memory(b);
	for (uint32_t i = 0; i < old->yields.n; i++) reg->yields.at[i] = b->map[old->yields.at[i]];
	reg->yields.n = old->yields.n;
	return true;
}

/* The new nodes become g's; strings and sites were g's all along. */
static void adopt(struct graph *g, struct graph *t)
{
	struct graph old = *g;
	*g = *t;
	g->plain = old.plain;
	g->nofold = old.nofold;
	g->nocons = old.nocons;
	g->line_site = old.line_site;
	memcpy(&g->site, &old.site, sizeof g->site);
	memcpy(&g->string, &old.string, sizeof g->string);
	memcpy(&g->string_len, &old.string_len, sizeof g->string_len);
	memcpy(&old.site, &t->site, sizeof old.site);
	memcpy(&old.string, &t->string, sizeof old.string);
	memcpy(&old.string_len, &t->string_len, sizeof old.string_len);
	*t = old;
}

/* A function keeps its number, all its parameters and what it yields. */
static bool copy_function(struct rebuild *b, uint32_t r)
{
	struct graph *g = b->from, *t = b->to;
	bool dead = false;
	uint32_t id = graph_open_function(t, b->e);
	if (!id) return false;
	for (uint32_t i = 0; i < g->region.at[r].params.n; i++) {
		ref p = g->region.at[r].params.at[i];
		struct type ty = type_of(b, p);
		t->line_site = graph_node_of(g, p)->site;
		if (!(b->map[p] = graph_param(t, &ty, b->e))) return false;
	}
	if (!region(b, r, &dead)) return false;
	t->region.at[id].parent = 0;
	return true;
}

bool rebuild_into(struct rebuild *b)
{
	struct graph *g = b->from, *t = b->to;
	const struct region *top = &g->region.at[1];
	bool dead = false;
	b->map = arena_new(&b->scratch, g->value.n * sizeof *b->map);
	if (!b->map) return memory(b);
	for (uint32_t i = 0; i < top->params.n; i++) {
		ref p = top->params.at[i];
		struct type ty = type_of(b, p);
		t->line_site = graph_node_of(g, p)->site;
		if (!(b->map[p] = graph_param(t, &ty, b->e))) return false;
	}
	for (uint32_t i = 0; i < g->func.n; i++)
		if (!copy_function(b, g->func.at[i])) return false;
	if (!body(b, 1, &dead)) return false;
	ref *out = refs(b, top->yields.n);
	for (uint32_t i = 0; out && i < top->yields.n; i++) out[i] = b->map[top->yields.at[i]];
	return out && graph_yield(t, out, (int)top->yields.n, dead, b->e);
}

bool rebuild_graph(struct rebuild *b)
{
	if (!rebuild_into(b)) return false;
	adopt(b->from, b->to);
	return true;
}

bool rebuild_pass(struct graph *g, struct rebuild how, bool nofold, struct err *e)
{
	how.from = g;
	how.e = e;
	if (!(how.to = graph_new(g->mem, false, e))) return false;
	how.to->nofold = nofold;
	arena_init(&how.scratch, g->mem);
	bool ok = rebuild_graph(&how);
	arena_free(&how.scratch);
	graph_free(how.to);
	return ok;
}
