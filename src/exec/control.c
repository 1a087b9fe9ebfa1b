/* Branches and loops as jumps, and the moves at joins. Moves of one join happen at once: they
   are ordered so that no place is overwritten before it was read; a circle is broken by putting
   one value aside. What shares its place already needs no move. */
#include <string.h>
#include "exec/lower.h"

/* --- moves --- */

struct move {
	uint8_t kind; /* K_TENSOR, K_LIST, or that of a register */
	uint8_t how;  /* of a list */
	bool aside;
	uint32_t to, from; /* registers, lists */
	struct slot *dst, *src;
	ref like;
	const struct class *into, *out_of; /* the bytes behind the slots */
};
struct moves {
	struct move *at;
	uint32_t n, aside;
};

static bool same_place(const struct move *m)
{
	if (m->kind != K_TENSOR) return m->to == m->from;
	return m->dst->place == m->src->place && m->dst->which == m->src->which && m->dst->off == m->src->off &&
	       m->src->t.contiguous;
}

static bool want(struct lower *w, struct moves *ms, ref to, ref from, enum move_how how)
{
	const struct graph *g = w->g;
	if (!place_used(w, to)) return true;
	struct move *m = &ms->at[ms->n];
	bool undef = live_is_undef(g, from);
	memset(m, 0, sizeof *m);
	m->like = to;
	unsigned kind = graph_type(g, to)->kind;
	if (kind != K_TENSOR) {
		if (undef) return true;
		m->kind = kind == K_LIST ? K_LIST : K_INT;
		m->how = (uint8_t)how;
		m->to = kind == K_LIST ? place_list(w, to) : place_reg(w, to);
		m->from = kind == K_LIST ? place_list(w, from) : place_reg(w, from);
		if (m->to == NO_REG || m->from == NO_REG) return false;
		ms->n += !same_place(m);
		return true;
	}
	if (!undef) {
		m->kind = K_TENSOR;
		m->into = &w->l.cls[live_class(&w->l, to)];
		m->out_of = &w->l.cls[live_class(&w->l, from)];
		if (!(m->dst = place_slot(w, to)) || !(m->src = place_slot(w, from))) return false;
		ms->n += !same_place(m);
	}
	if (w->origin[to]) {
		m = &ms->at[ms->n++];
		memset(m, 0, sizeof *m);
		m->kind = K_INT;
		m->to = w->origin[to];
		m->from = w->origin[from]; /* 0: no input */
	}
	return true;
}

/* Would doing `m` destroy what `other` still has to read? Classes whose lives do not meet may lie in the same
   bytes, or overlap in part. */
static bool destroys(const struct move *m, const struct move *other)
{
	if (m->kind != other->kind || other->aside) return false;
	if (m->kind != K_TENSOR) return m != other && other->from == m->to;
	const struct class *a = m->into, *b = other->out_of;
	return a->place == b->place && (a->place == P_ARENA || a->at == b->at) && a->off < b->off + b->bytes &&
	       b->off < a->off + a->bytes;
}

static bool blocked(const struct moves *ms, uint32_t k)
{
	for (uint32_t i = 0; i < ms->n; i++)
		if (destroys(&ms->at[k], &ms->at[i])) return true;
	return false;
}

static bool put_aside(struct lower *w, struct moves *ms)
{
	struct move *m = ms->at;
	while (m->aside) m++; /* not all: what was put aside blocks nobody */
	m->aside = true;
	if (m->kind == K_TENSOR) {
		struct slot *s = place_swap(w, m->like, ms->aside++ > 0), *src = m->src;
		if (!s) return false;
		m->src = s;
		return lower_emit(w, X_COPY, 0, s->number, src->number, 0);
	}
	uint32_t from = m->from;
	m->how = MOVE_TAKE;
	m->from = m->kind == K_LIST ? place_list_like(w, m->like) : w->p->nreg++;
	return m->from != NO_REG && lower_emit(w, m->kind == K_LIST ? X_LCOPY : X_MOV, 0, m->from, from, 0);
}

/* What nobody needs in the place it is in is not copied. */
static bool move_list(struct lower *w, const struct moves *ms, const struct move *m)
{
	unsigned how = m->how;
	for (uint32_t i = 0; i < ms->n; i++)
		if (&ms->at[i] != m && ms->at[i].kind == K_LIST && ms->at[i].from == m->from) how = MOVE_COPY;
	if (how == MOVE_LEND) w->lent[w->nlent++] = (struct lent){m->to, m->from};
	return lower_emit(w, how == MOVE_COPY ? X_LCOPY : X_LSWAP, 0, m->to, m->from, 0);
}

static bool emit_moves(struct lower *w, struct moves *ms)
{
	while (ms->n) {
		uint32_t k = 0;
		while (k < ms->n && blocked(ms, k)) k++;
		if (k == ms->n) {
			if (!put_aside(w, ms)) return false;
			continue;
		}
		const struct move *m = &ms->at[k];
		bool ok = m->kind == K_TENSOR ? lower_emit(w, X_COPY, 0, m->dst->number, m->src->number, 0)
		          : m->kind == K_LIST ? move_list(w, ms, m)
		                              : lower_emit(w, X_MOV, 0, m->to, m->from, 0);
		if (!ok) return false;
		ms->at[k] = ms->at[--ms->n];
	}
	return true;
}

bool control_move(struct lower *w, const ref *to, const ref *from, const uint8_t *how, uint32_t n)
{
	struct moves ms = {arena_new(&w->scratch, 2 * (n + 1) * sizeof *ms.at), 0, 0};
	if (!ms.at) return fail_memory(w->e, 2 * n * sizeof *ms.at);
	for (uint32_t i = 0; i < n; i++)
		if (!want(w, &ms, to[i], from[i], how ? how[i] : MOVE_COPY)) return false;
	return emit_moves(w, &ms);
}

/* Results of a node are consecutive values. */
static bool move_results(struct lower *w, const struct node *n, const ref *from)
{
	ref *to = arena_new(&w->scratch, (n->nout + 1) * sizeof *to);
	if (!to) return fail_memory(w->e, n->nout * sizeof *to);
	for (uint32_t i = 0; i < n->nout; i++) to[i] = n->out + i;
	return control_move(w, to, from, NULL, n->nout);
}

/* --- jumps --- */

/* A jump taken when cond is `sense`; its target is set later. *at: its index. */
static bool branch(struct lower *w, ref cond, bool sense, uint32_t *at)
{
	const struct graph *g = w->g;
	*at = w->p->code.n;
	for (;;) {
		uint32_t id = g->value.at[cond].node;
		const struct node *n = &g->node.at[id];
		unsigned op;
		if (!w->l.fused[id]) {
			uint32_t r = place_reg(w, cond);
			return r != NO_REG && lower_emit(w, X_JB_T + !sense, 0, r, 0, 0);
		}
		ref x = node_in(g, n, 0);
		switch (n->op) {
		case OP_bnot1:
			sense = !sense;
			cond = x;
			continue;
		case OP_ilt: op = X_JILT_T; break;
		case OP_ile: op = X_JILE_T; break;
		case OP_ieq: op = X_JIEQ_T; break;
		case OP_flt: op = X_JFLT_T; break;
		case OP_fle: op = X_JFLE_T; break;
		default: op = X_JFEQ_T; break;
		}
		union word c = {0}, m = {0};
		if (w->l.fused[g->value.at[x].node]) { /* ieq(imod(x, 2^k), c) */
			const struct node *mod = graph_node_of(g, x);
			graph_is_const(g, node_in(g, n, 1), &c);
			graph_is_const(g, node_in(g, mod, 1), &m);
			uint32_t a = place_reg(w, node_in(g, mod, 0)), mask = place_const(w, m.i - 1);
			return a != NO_REG && mask != NO_REG &&
			       lower_emit(w, X_JBIT_T + !sense, (unsigned)c.i, a, mask, 0);
		}
		uint32_t a = place_reg(w, x), b = place_reg(w, node_in(g, n, 1));
		return a != NO_REG && b != NO_REG && lower_emit(w, op + !sense, 0, a, b, 0);
	}
}

static bool jumps(unsigned op) { return op <= X_LOOP; }

bool control_if(struct lower *w, const struct node *n)
{
	const struct graph *g = w->g;
	struct plan *p = w->p;
	const struct region *a = &g->region.at[n->sub[0]], *b = &g->region.at[n->sub[1]];
	uint32_t test, skip;
	if (!branch(w, node_in(g, n, 0), false, &test)) return false;
	if (!lower_region(w, n->sub[0])) return false;
	if (!a->dead && !move_results(w, n, a->yields.at)) return false;
	skip = p->code.n;
	if (skip == test + 1) { /* nothing to do when true: jump then, fall into the other branch */
		p->code.at[test].op ^= 1;
		if (!lower_region(w, n->sub[1]) || (!b->dead && !move_results(w, n, b->yields.at))) return false;
		p->code.at[test].c = p->code.n;
		return true;
	}
	if (!lower_emit(w, X_JMP, 0, 0, 0, 0)) return false;
	p->code.at[test].c = p->code.n;
	if (!lower_region(w, n->sub[1]) || (!b->dead && !move_results(w, n, b->yields.at))) return false;
	if (p->code.n == skip + 1) { /* nothing to do when false */
		p->code.n = p->site.n = skip;
		p->code.at[test].c = skip;
	} else {
		p->code.at[skip].c = p->code.n;
	}
	return true;
}

bool control_while(struct lower *w, const struct node *n)
{
	const struct graph *g = w->g;
	struct plan *p = w->p;
	const struct region *a = &g->region.at[n->sub[0]], *b = &g->region.at[n->sub[1]];
	const ref *init = g->edge.at + n->in;
	uint32_t head, test, site = w->site;
	if (!control_move(w, a->params.at, init, NULL, n->nin) || !follow_loop(w, n)) return false;
	head = p->code.n;
	if (!lower_region(w, n->sub[0])) return false;
	if (a->dead) return true;
	w->site = site;
	if (!branch(w, a->yields.at[0], false, &test)) return false;
	if (!control_move(w, b->params.at, a->yields.at + 1, NULL, n->nin) || !lower_region(w, n->sub[1])) return false;
	w->site = site;
	if (!b->dead) {
		if (!control_move(w, a->params.at, b->yields.at, NULL, n->nin)) return false;
		struct ins t = p->code.at[test]; /* when the test is one jump, the loop ends with its opposite */
		bool again = test == head ? lower_emit(w, X_LJB_T + ((t.op - X_JB_T) ^ 1u), t.n, t.a, t.b, head + 1)
		                          : lower_emit(w, X_LOOP, 0, 0, 0, head);
		if (!again) return false;
	}
	p->code.at[test].c = p->code.n;
	return move_results(w, n, a->yields.at + 1);
}

void control_thread(struct plan *p)
{
	for (uint32_t i = 0; i < p->code.n; i++) {
		struct ins *c = &p->code.at[i];
		if (!jumps(c->op)) continue;
		for (int hops = 0; hops < 8 && p->code.at[c->c].op == X_JMP; hops++) c->c = p->code.at[c->c].c;
		const struct ins *to = &p->code.at[c->c];
		if (c->op == X_JMP && (to->op == X_LOOP || to->op == X_END || to->op == X_RETURN)) *c = *to;
	}
}
