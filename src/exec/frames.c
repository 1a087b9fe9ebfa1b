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

static int by_offset(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	return (x->off > y->off) - (x->off < y->off);
}

/* The frame of a call at `pos` in the function of region `home`. */
static bool frame(struct lower *w, uint32_t home, uint32_t pos, struct frame *f)
{
	const struct graph *g = w->g;
	uint32_t *reg = arena_new(&w->scratch, 2 * g->value.n * sizeof *reg);
	struct span *span = arena_new(&w->scratch, g->value.n * sizeof *span);
	if (!reg || !span) return fail_memory(w->e, g->value.n * sizeof *span);
	for (ref v = 1; v < g->value.n; v++) {
		uint32_t id = g->value.at[v].node;
		if (!w->l.begin[id] || w->home[g->node.at[id].region] != home || live_is_undef(g, v)) continue;
		uint32_t cls = live_class(&w->l, v);
		const struct class *c = &w->l.cls[cls];
		if (c->fixed || !lives_across(c, pos)) continue;
		bool tensor = graph_type(g, v)->kind == K_TENSOR;
		if (tensor && w->origin[v]) reg[f->nreg++] = w->origin[v];
		if (cls != v) continue;
		if (tensor) span[f->nspan++] = (struct span){c->off, c->bytes};
		else if ((reg[f->nreg++] = place_reg(w, v)) == NO_REG) return false;
	}
	qsort(span, f->nspan, sizeof *span, by_offset);
	f->words = f->nreg;
	for (uint32_t i = 0; i < f->nspan; i++)
		f->words += (span[i].bytes + sizeof(union word) - 1) / sizeof(union word);
	f->reg = arena_new(&w->p->arena, (f->nreg + 1) * sizeof *reg);
	f->span = arena_new(&w->p->arena, (f->nspan + 1) * sizeof *span);
	if (!f->reg || !f->span) return fail_memory(w->e, f->nspan * sizeof *span);
	memcpy(f->reg, reg, f->nreg * sizeof *reg);
	memcpy(f->span, span, f->nspan * sizeof *span);
	return true;
}

bool frames_call(struct lower *w, uint32_t id)
{
	const struct graph *g = w->g;
	struct plan *p = w->p;
	const struct node *n = &g->node.at[id];
	uint32_t to = (uint32_t)node_attr(g, n, 0), home = w->home[n->region], saved = NO_REG, site = w->site;
	const struct region *r = &g->region.at[g->func.at[to]];
	if (home != 1 && reaches(w, to, w->number[home])) {
		struct arena_mark m = arena_mark(&w->scratch);
		struct frame f = {0};
		if (!frame(w, home, w->l.begin[id], &f)) return false;
		arena_release(&w->scratch, m);
		if (f.words) {
			saved = p->frame.n;
			if (!vec_push(p->mem, &p->frame, f)) return fail_memory(w->e, sizeof f);
			if (!lower_emit(w, X_SAVE, 0, saved, 0, 0)) return false;
		}
	}
	if (!control_move(w, r->params.at, g->edge.at + n->in, n->nin)) return false;
	w->site = site;
	if (!lower_emit(w, X_INVOKE, 0, 0, 0, to)) return false;
	if (!r->dead) {
		ref *out = arena_new(&w->scratch, (n->nout + 1) * sizeof *out);
		if (!out) return fail_memory(w->e, n->nout * sizeof *out);
		for (uint32_t i = 0; i < n->nout; i++) out[i] = n->out + i;
		if (!control_move(w, out, r->yields.at, n->nout)) return false;
	}
	return saved == NO_REG || lower_emit(w, X_RESTORE, 0, saved, 0, 0);
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
