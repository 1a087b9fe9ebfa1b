/* Writes of tensors that a loop changes in places. A write hands out a copy; where a loop writes the same location trip
   after trip, what was handed out before is still right but for those places, and only they are copied.

   So it is for a location and the bytes of a carried tensor when all that the loop does to these bytes are updates
   which lead to a write of the location, with nothing on the way that anybody sees. At the loop's entry the location is
   taken to hold something else. */
#include "exec/lower.h"

struct follow {
	const struct lower *w;
	uint32_t cls;
	int64_t location;
};

static bool holds(const struct follow *f, ref v)
{
	struct lower *w = (struct lower *)(uintptr_t)f->w; /* finding the class shortens ways to it */
	return !live_is_undef(w->g, v) && graph_type(w->g, v)->kind == K_TENSOR && w->l.root[v] == v &&
	       live_class(&w->l, v) == f->cls;
}

static bool updates(const struct follow *f, const struct node *n)
{
	return op_info[n->op].flags & OF_UPDATE && n->nout == 1 && holds(f, n->out) && holds(f, node_in(f->w->g, n, 0));
}

/* The write to which the update at place i of a region leads; 0: there is none. */
static uint32_t leads_to(const struct follow *f, const struct region *r, uint32_t i)
{
	const struct graph *g = f->w->g;
	ref now = g->node.at[r->nodes.at[i]].out;
	while (++i < r->nodes.n) {
		uint32_t id = r->nodes.at[i];
		const struct node *n = &g->node.at[id];
		if (n->op == OP_write)
			return node_attr(g, n, 0) == f->location && n->nin && node_in(g, n, 0) == now ? id : 0;
		if (updates(f, n)) {
			if (node_in(g, n, 0) != now) return 0;
			now = n->out;
		}
		if (op_info[n->op].flags & (OF_EFFECT | OF_CONTROL) && n->op != OP_const && n->op != OP_undef) return 0;
		if (graph_may_raise(g, n)) return 0;
	}
	return 0;
}

static bool yields(const struct follow *f, uint32_t region, uint32_t k)
{
	const struct region *r = &f->w->g->region.at[region];
	return r->dead || holds(f, r->yields.at[k]);
}

/* Does all that happens in the region to the bytes lead to the location, and is nothing else written there? With `mark`
   the updates are given their writes. */
static bool fits(const struct follow *f, uint32_t region, bool mark)
{
	const struct graph *g = f->w->g;
	const struct region *r = &g->region.at[region];
	for (uint32_t i = 0; i < r->nodes.n; i++) {
		uint32_t id = r->nodes.at[i];
		const struct node *n = &g->node.at[id];
		if (n->op == OP_call) return false;
		if (updates(f, n)) {
			uint32_t write = leads_to(f, r, i);
			if (!write) return false;
			if (mark) f->w->follows[id] = f->w->follows[write] = write;
			continue;
		}
		for (uint32_t k = 0; k < n->nout; k++) {
			if (!holds(f, n->out + k)) continue;
			if (n->op == OP_if      ? !yields(f, n->sub[0], k) || !yields(f, n->sub[1], k)
			    : n->op == OP_while ? !holds(f, node_in(g, n, k)) || !yields(f, n->sub[0], k + 1) ||
			                              !yields(f, n->sub[1], k)
			                        : n->op != OP_param)
				return false;
		}
		if (n->op == OP_write && node_attr(g, n, 0) == f->location) {
			uint32_t before = i; /* it must end what an update began */
			while (before > 0 && !updates(f, &g->node.at[r->nodes.at[before]])) before--;
			if (!updates(f, &g->node.at[r->nodes.at[before]]) || leads_to(f, r, before) != id) return false;
		}
		for (int k = 0; k < 2; k++)
			if (n->sub[k] && !fits(f, n->sub[k], mark)) return false;
	}
	return true;
}

static bool find(struct lower *w, const struct node *loop, uint32_t region)
{
	const struct graph *g = w->g;
	const struct region *r = &g->region.at[region];
	for (uint32_t i = 0; i < r->nodes.n; i++) {
		uint32_t id = r->nodes.at[i];
		const struct node *n = &g->node.at[id];
		for (int k = 0; k < 2; k++)
			if (n->sub[k] && !find(w, loop, n->sub[k])) return false;
		if (n->op != OP_write || !n->nin || w->follows[id]) continue;
		ref v = node_in(g, n, 0);
		if (graph_type(g, v)->kind != K_TENSOR || w->l.root[v] != v || live_is_undef(g, v)) continue;
		struct follow f = {w, live_class(&w->l, v), node_attr(g, n, 0)};
		if (!fits(&f, loop->sub[0], false) || !fits(&f, loop->sub[1], false)) continue;
		fits(&f, loop->sub[0], true);
		fits(&f, loop->sub[1], true);
		if (!lower_emit(w, X_APART, 0, (uint32_t)f.location, 0, 0)) return false;
	}
	return true;
}

bool follow_loop(struct lower *w, const struct node *loop)
{
	return find(w, loop, loop->sub[0]) && find(w, loop, loop->sub[1]);
}

bool run_follow(struct plan *p, const struct effect *x, const struct call *k, struct run_env *env, struct err *e)
{
	struct write_slot *s = &p->write[x->what];
	if (!s->set || !s->follows || s->value.kind != K_TENSOR || s->value.alias >= 0)
		return run_write(p, x, e) && (s->follows = true);
	struct tensor to = s->value.out, *in[3] = {&to, k->in[1], k->in[2]};
	s->when = ++p->when;
	return op_run(k->op, in, k->nin, k->attr, k->nattr, &to, &env->op, e);
}
