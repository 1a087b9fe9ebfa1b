/* Calls of functions. Every function has registers and bytes of its own, so that a call leaves alone what its caller
   has in its own. Only a call that may lead back to the calling function saves what that still needs: on a stack,
   where it is put back from after the call. */
#include <stdlib.h>
#include <string.h>
#include "exec/lower.h"

static bool reaches(const struct lower *w, uint32_t from, uint32_t to) { return w->reach[from * w->g->func.n + to]; }

/* Which functions a call of each may lead to. */
static void close_reach(struct lower *w)
{
	uint32_t n = w->g->func.n;
	for (uint32_t via = 0; via < n; via++)
		for (uint32_t from = 0; from < n; from++)
			for (uint32_t to = 0; to < n && reaches(w, from, via); to++)
				w->reach[from * n + to] |= reaches(w, via, to);
}

static ref find(ref *of, ref v)
{
	while (of[v] != v) v = of[v] = of[of[v]];
	return v;
}

/* Parameters that every call hands on as they are, such as what a function uses from outside. */
static bool find_still(struct lower *w)
{
	const struct graph *g = w->g;
	ref *of = arena_new(&w->scratch, g->value.n * sizeof *of), *first = w->still;
	bool *changes = arena_new(&w->scratch, g->value.n);
	if (!of || !changes) return fail_memory(w->e, g->value.n * sizeof *of);
	for (ref v = 0; v < g->value.n; v++) of[v] = v;
	for (uint32_t id = 1; id < g->node.n; id++) {
		const struct node *n = &g->node.at[id];
		uint32_t home = w->home[n->region];
		if (n->op != OP_call || n->dead || home == 1) continue;
		uint32_t to = (uint32_t)node_attr(g, n, 0);
		if (!reaches(w, to, w->number[home])) continue;
		for (uint32_t i = 0; i < n->nin; i++) {
			ref p = find(of, g->region.at[g->func.at[to]].params.at[i]), x = node_in(g, n, i);
			const struct node *made = graph_node_of(g, x);
			if (made->op == OP_param && made->region == home) {
				ref q = find(of, x);
				changes[p] = changes[q] = changes[p] || changes[q];
				of[q] = p;
			} else {
				changes[p] = true;
			}
		}
	}
	for (uint32_t f = 0; f < g->func.n; f++) { /* two of one function are not always the same */
		const struct region *r = &g->region.at[g->func.at[f]];
		for (uint32_t i = 0; i < r->params.n; i++) {
			ref p = find(of, r->params.at[i]);
			if (first[p] == f + 1) changes[p] = true;
			first[p] = f + 1;
		}
	}
	memset(first, 0, g->value.n * sizeof *first);
	for (uint32_t f = 0; f < g->func.n; f++) {
		const struct region *r = &g->region.at[g->func.at[f]];
		for (uint32_t i = 0; reaches(w, f, f) && i < r->params.n; i++) {
			ref v = r->params.at[i], p = find(of, v);
			if (!changes[p]) w->still[v] = p;
		}
	}
	return true;
}

bool frames_analyse(struct lower *w)
{
	const struct graph *g = w->g;
	uint32_t n = g->func.n;
	w->home = arena_new(&w->scratch, g->region.n * sizeof *w->home);
	w->number = arena_new(&w->scratch, g->region.n * sizeof *w->number);
	w->entry = arena_new(&w->scratch, (n + 1) * sizeof *w->entry);
	w->reach = arena_new(&w->scratch, (size_t)n * n + 1);
	w->still = arena_new(&w->scratch, g->value.n * sizeof *w->still);
	if (!w->home || !w->number || !w->entry || !w->reach || !w->still) return fail_memory(w->e, (size_t)n * n);
	for (uint32_t i = 0; i < n; i++) w->number[g->func.at[i]] = i;
	for (uint32_t r = 1; r < g->region.n; r++) { /* a region comes after the one around it */
		uint32_t parent = g->region.at[r].parent;
		w->home[r] = parent ? w->home[parent] : r;
	}
	for (uint32_t i = 1; i < g->node.n; i++) {
		const struct node *c = &g->node.at[i];
		if (c->op == OP_call && !c->dead && w->home[c->region] != 1)
			w->reach[w->number[w->home[c->region]] * n + (uint32_t)node_attr(g, c, 0)] = true;
	}
	close_reach(w);
	return find_still(w);
}

/* --- what a call has to save --- */

/* Is there a value of the class that is there before time 2 * pos and needed after it? */
static bool lives_across(const struct class *c, uint32_t pos)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->range[i].from < 2 * pos && c->range[i].to > 2 * pos + 1) return true;
	return false;
}

static bool is_operand(struct lower *w, const struct node *call, uint32_t cls)
{
	for (uint32_t i = 0; i < call->nin; i++) {
		ref x = node_in(w->g, call, i);
		if (!live_is_undef(w->g, x) && live_class(&w->l, x) == cls) return true;
	}
	return false;
}

static int by_offset(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	return (x->off > y->off) - (x->off < y->off);
}

/* The frame of the call `id` in the function of region `home`. */
static bool frame(struct lower *w, uint32_t home, uint32_t id, struct frame *f)
{
	const struct graph *g = w->g;
	uint32_t pos = w->l.begin[id];
	uint32_t *reg = arena_new(&w->scratch, 2 * g->value.n * sizeof *reg);
	struct span *span = arena_new(&w->scratch, g->value.n * sizeof *span);
	struct frame_list *list = arena_new(&w->scratch, g->value.n * sizeof *list);
	if (!reg || !span || !list) return fail_memory(w->e, g->value.n * sizeof *span);
	for (ref v = 1; v < g->value.n; v++) {
		uint32_t by = g->value.at[v].node;
		if (!w->l.begin[by] || w->home[g->node.at[by].region] != home || live_is_undef(g, v)) continue;
		uint32_t cls = live_class(&w->l, v);
		const struct class *c = &w->l.cls[cls];
		if (c->fixed || !lives_across(c, pos)) continue;
		unsigned kind = graph_type(g, v)->kind;
		uint32_t at = kind == K_TENSOR ? w->origin[v] : kind == K_LIST ? place_list(w, v) : place_reg(w, v);
		if (at == NO_REG) return false;
		if (kind == K_TENSOR && at) reg[f->nreg++] = at;
		if (cls != v) continue;
		if (kind == K_TENSOR) span[f->nspan++] = (struct span){c->off, c->bytes};
		else if (kind == K_LIST) list[f->nlist++] = (struct frame_list){at, is_operand(w, &g->node.at[id], cls)};
		else reg[f->nreg++] = at;
	}
	qsort(span, f->nspan, sizeof *span, by_offset);
	f->words = f->nreg;
	for (uint32_t i = 0; i < f->nspan; i++)
		f->words += (span[i].bytes + sizeof(union word) - 1) / sizeof(union word);
	f->reg = arena_new(&w->p->arena, (f->nreg + 1) * sizeof *reg);
	f->span = arena_new(&w->p->arena, (f->nspan + 1) * sizeof *span);
	f->list = arena_new(&w->p->arena, (f->nlist + 1) * sizeof *list);
	if (!f->reg || !f->span || !f->list) return fail_memory(w->e, f->nspan * sizeof *span);
	memcpy(f->reg, reg, f->nreg * sizeof *reg);
	memcpy(f->span, span, f->nspan * sizeof *span);
	memcpy(f->list, list, f->nlist * sizeof *list);
	return true;
}

static bool emit_save(struct lower *w, const struct frame *f)
{
	if (!f->words && !f->nlist) return true;
	if (!vec_push(w->p->mem, &w->p->frame, *f)) return fail_memory(w->e, sizeof *f);
	bool ok = !f->words || lower_emit(w, X_SAVE, 0, w->p->frame.n - 1, 0, 0);
	for (uint32_t i = 0; ok && i < f->nlist; i++) ok = lower_emit(w, X_LKEEP, f->list[i].copy, f->list[i].at, 0, 0);
	return ok;
}

static bool emit_restore(struct lower *w, const struct frame *f, uint32_t number)
{
	for (uint32_t i = f->nlist; i-- > 0;)
		if (!lower_emit(w, X_LBACK, 0, f->list[i].at, 0, 0)) return false;
	return !f->words || lower_emit(w, X_RESTORE, 0, number, 0, 0);
}

/* How each operand that is a list gets to its parameter. What a call that may come back needs later is kept, so that
   the call can have it; other calls leave alone what they are lent. */
static void hand_over(struct lower *w, const struct node *n, uint32_t pos, bool back, uint8_t *how)
{
	const struct region *r = &w->g->region.at[w->g->func.at[node_attr(w->g, n, 0)]];
	for (uint32_t i = 0; i < n->nin; i++) {
		ref x = node_in(w->g, n, i), p = r->params.at[i];
		if (graph_type(w->g, p)->kind != K_LIST || live_is_undef(w->g, x)) continue;
		const struct class *c = &w->l.cls[live_class(&w->l, x)];
		if (!c->fixed && (back || !lives_across(c, pos))) how[i] = MOVE_TAKE;
		else if (!back && w->still[p]) how[i] = MOVE_LEND;
	}
}

/* And each result: the function has no use for it any more, unless it is one of those that stay. */
static void take_over(struct lower *w, const ref *yield, uint32_t n, uint8_t *how)
{
	for (uint32_t i = 0; i < n; i++)
		if (graph_type(w->g, yield[i])->kind == K_LIST && !live_is_undef(w->g, yield[i]))
			how[i] = w->l.cls[live_class(&w->l, yield[i])].fixed ? MOVE_COPY : MOVE_TAKE;
}

bool frames_call(struct lower *w, uint32_t id)
{
	const struct graph *g = w->g;
	const struct node *n = &g->node.at[id];
	uint32_t to = (uint32_t)node_attr(g, n, 0), home = w->home[n->region], site = w->site;
	const struct region *r = &g->region.at[g->func.at[to]];
	bool back = home != 1 && reaches(w, to, w->number[home]);
	struct frame f = {0};
	struct arena_mark m = arena_mark(&w->scratch);
	if (back && !frame(w, home, id, &f)) return false;
	arena_release(&w->scratch, m);
	uint8_t *how = arena_new(&w->scratch, n->nin + n->nout + 1);
	ref *out = arena_new(&w->scratch, (n->nout + 1) * sizeof *out);
	w->lent = arena_new(&w->scratch, (n->nin + 1) * sizeof *w->lent);
	w->nlent = 0;
	if (!how || !out || !w->lent) return fail_memory(w->e, n->nin + n->nout);
	if (!emit_save(w, &f)) return false;
	uint32_t saved = w->p->frame.n - 1;
	hand_over(w, n, w->l.begin[id], back, how);
	if (!control_move(w, r->params.at, g->edge.at + n->in, how, n->nin)) return false;
	w->site = site;
	if (!lower_emit(w, X_INVOKE, 0, 0, 0, to)) return false;
	for (uint32_t i = 0; i < w->nlent; i++)
		if (!lower_emit(w, X_LSWAP, 0, w->lent[i].to, w->lent[i].from, 0)) return false;
	if (!r->dead) {
		for (uint32_t i = 0; i < n->nout; i++) out[i] = n->out + i;
		take_over(w, r->yields.at, n->nout, how + n->nin);
		if (!control_move(w, out, r->yields.at, how + n->nin, n->nout)) return false;
	}
	return emit_restore(w, &f, saved);
}

/* --- code --- */

/* Is all that follows instruction i to return? Then a call there needs no frame. */
static bool returns_after(const struct plan *p, uint32_t i)
{
	do i = p->code.at[i].op == X_JMP ? p->code.at[i].c : i + 1;
	while (p->code.at[i].op == X_JMP);
	return p->code.at[i].op == X_RETURN;
}

bool frames_lower(struct lower *w)
{
	const struct graph *g = w->g;
	struct plan *p = w->p;
	bool *called = arena_new(&w->scratch, g->func.n + 1);
	if (!called) return fail_memory(w->e, g->func.n);
	for (uint32_t i = 1; i < g->node.n; i++) {
		const struct node *c = &g->node.at[i];
		if (c->op != OP_call || !w->l.begin[i] || w->home[c->region] != 1) continue;
		uint32_t to = (uint32_t)node_attr(g, c, 0);
		called[to] = true;
		for (uint32_t k = 0; k < g->func.n; k++) called[k] |= reaches(w, to, k);
	}
	for (uint32_t i = 0; i < g->func.n; i++) {
		const struct region *r = &g->region.at[g->func.at[i]];
		if (!called[i]) continue;
		w->entry[i] = p->code.n;
		if (!lower_region(w, g->func.at[i])) return false;
		w->site = 0;
		if (!r->dead && !lower_emit(w, X_RETURN, 0, 0, 0, 0)) return false;
	}
	for (uint32_t i = 0; i < p->code.n; i++) {
		struct ins *c = &p->code.at[i];
		if (c->op != X_INVOKE) continue;
		c->c = w->entry[c->c];
		if (returns_after(p, i)) c->op = X_LOOP;
	}
	return true;
}
