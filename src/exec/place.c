/* Registers and slots of a plan, and the arena its slots point into. Also which tensors may be
   inputs of the run: a join of an input and something else gets a register that says which one it is. */
#include <string.h>
#include "exec/lower.h"

static uint32_t fresh_reg(struct lower *w)
{
	if (w->p->nreg == NO_REG - 1) return NO_REG;
	return w->p->nreg++;
}

uint32_t place_reg(struct lower *w, ref v)
{
	if (live_is_undef(w->g, v)) return 0;
	uint32_t *r = &w->reg[live_class(&w->l, v)];
	union word c;
	if (*r) return *r;
	if (graph_is_const(w->g, v, &c)) *r = place_const(w, c.i);
	else *r = fresh_reg(w);
	if (*r == NO_REG) fail_memory(w->e, sizeof(union word));
	return *r;
}

uint32_t place_const(struct lower *w, int64_t bits)
{
	if (bits == 0) return 0;
	uint32_t first = w->preset.n > 64 ? w->preset.n - 64 : 0; /* a constant is mostly used where it was met */
	for (uint32_t i = first; i < w->preset.n; i++)
		if (w->preset.at[i].w.i == bits) return w->preset.at[i].reg;
	struct preset p = {fresh_reg(w), {.i = bits}};
	if (p.reg != NO_REG && vec_push(w->p->mem, &w->preset, p)) return p.reg;
	fail_memory(w->e, sizeof p);
	return NO_REG;
}

static struct slot *new_slot(struct lower *w)
{
	struct slot *s = arena_new(&w->p->arena, sizeof *s);
	if (s) s->number = w->p->slot.n;
	if (s && vec_push(w->p->mem, &w->p->slot, s)) return s;
	fail_memory(w->e, sizeof *s);
	return NULL;
}

/* Bytes past what live_arena has placed. */
static void extra(struct lower *w, size_t bytes, size_t *off, size_t *have)
{
	bytes = (bytes + 63) & ~(size_t)63;
	if (bytes <= *have) return;
	*off = w->p->nbytes;
	*have = bytes;
	w->p->nbytes += bytes;
}

struct slot *place_slot(struct lower *w, ref v)
{
	if (w->slot[v]) return w->slot[v];
	struct slot *s = new_slot(w);
	if (!s) return NULL;
	s->t = w->l.view[v];
	if (live_is_undef(w->g, v)) {
		extra(w, tensor_bytes(&s->t), &w->zero_off, &w->zero_bytes);
		s->zero = true;
		s->off = w->zero_off;
	} else {
		const struct class *c = &w->l.cls[live_class(&w->l, v)];
		s->place = c->place;
		s->which = c->at;
		s->off = c->off + (size_t)(s->t.data - VIEW_BASE);
	}
	return w->slot[v] = s;
}

uint32_t place_list_like(struct lower *w, ref like)
{
	const struct type *t = graph_type(w->g, like);
	struct list l = {.elem = t->elem, .each = sizeof(union word)};
	if (t->elem == K_TENSOR) {
		if (!tensor_shape(&l.like, t->dtype, t->rank, t->dim, w->e)) return NO_REG;
		l.each = tensor_bytes(&l.like) ? tensor_bytes(&l.like) : 1;
	}
	if (vec_push(w->p->mem, &w->p->list, l)) return w->p->list.n - 1;
	fail_memory(w->e, sizeof l);
	return NO_REG;
}

uint32_t place_list(struct lower *w, ref v)
{
	uint32_t *at = &w->reg[live_class(&w->l, v)];
	if (*at) return *at - 1;
	uint32_t number = place_list_like(w, v);
	if (number != NO_REG) *at = number + 1;
	return number;
}

struct slot *place_swap(struct lower *w, ref like, bool another)
{
	size_t off = 0, have = 0;
	struct slot *s = new_slot(w);
	const struct type *t = graph_type(w->g, like);
	if (!s || !tensor_shape(&s->t, t->dtype, t->rank, t->dim, w->e)) return NULL;
	if (another) extra(w, tensor_bytes(&s->t), &off, &have);
	else extra(w, tensor_bytes(&s->t), &w->swap_off, &w->swap_bytes);
	s->off = another ? off : w->swap_off;
	return s;
}

bool place_used(const struct lower *w, ref v) { return w->l.nuse[v] > 0; }

/* --- origins --- */

static bool from_any(const struct lower *w, const struct node *n, uint32_t k, const bool *may)
{
	const struct graph *g = w->g;
	const struct region *a = &g->region.at[n->sub[0]], *b = &g->region.at[n->sub[1]];
	if (n->op == OP_if) return (!a->dead && may[a->yields.at[k]]) || (!b->dead && may[b->yields.at[k]]);
	return may[node_in(g, n, k)] || (!a->dead && may[a->yields.at[k + 1]]) || (!b->dead && may[b->yields.at[k]]);
}

static bool set(bool *flag)
{
	bool fresh = !*flag;
	*flag = true;
	return fresh;
}

/* Parameters are what the operands may be, results what the function yields. */
static bool spread_call(const struct lower *w, const struct node *n, bool *may)
{
	const struct graph *g = w->g;
	const struct region *f = &g->region.at[g->func.at[node_attr(g, n, 0)]];
	bool more = false;
	for (uint32_t i = 0; i < n->nin; i++)
		if (may[node_in(g, n, i)]) more |= set(&may[f->params.at[i]]);
	for (uint32_t i = 0; i < n->nout && !f->dead; i++)
		if (may[f->yields.at[i]]) more |= set(&may[n->out + i]);
	return more;
}

/* One round over all joins; true when something was learnt. */
static bool spread(const struct lower *w, bool *may)
{
	const struct graph *g = w->g;
	bool more = false;
	for (uint32_t o = 0; o < w->l.norder; o++) {
		const struct node *n = &g->node.at[w->l.order[o]];
		if (n->op == OP_call) more |= spread_call(w, n, may);
		if (!n->sub[0]) continue;
		for (uint32_t k = 0; k < n->nout; k++) {
			if (graph_type(g, n->out + k)->kind != K_TENSOR || !from_any(w, n, k, may)) continue;
			more |= set(&may[n->out + k]);
			if (n->op != OP_while) continue;
			more |= set(&may[g->region.at[n->sub[0]].params.at[k]]);
			more |= set(&may[g->region.at[n->sub[1]].params.at[k]]);
		}
	}
	return more;
}

bool place_origins(struct lower *w)
{
	const struct graph *g = w->g;
	const struct region *top = &g->region.at[1];
	bool *may = arena_new(&w->scratch, g->value.n);
	if (!may) return fail_memory(w->e, g->value.n);
	for (uint32_t i = 0; i < top->params.n; i++)
		may[top->params.at[i]] = graph_type(g, top->params.at[i])->kind == K_TENSOR;
	while (spread(w, may)) continue;
	for (ref v = 1; v < g->value.n; v++) {
		if (!may[v] || !w->l.begin[g->value.at[v].node]) continue;
		const struct node *n = graph_node_of(g, v);
		bool input = n->op == OP_param && n->region == 1;
		w->origin[v] = input ? place_const(w, node_attr(g, n, 0) + 1) : fresh_reg(w);
		if (w->origin[v] == NO_REG) return fail_memory(w->e, sizeof(union word));
	}
	return true;
}

/* --- bytes --- */

static bool constants(struct lower *w)
{
	const struct graph *g = w->g;
	struct op_env env = {.mem = w->p->mem};
	for (uint32_t o = 0; o < w->l.norder; o++) {
		uint32_t id = w->l.order[o];
		const struct node *n = &g->node.at[id];
		if (!w->l.constant[id] || !w->l.cls[live_class(&w->l, n->out)].placed) continue;
		struct slot *s = place_slot(w, n->out);
		union word c;
		if (n->op == OP_lift) {
			ref x = node_in(g, n, 0);
			graph_is_const(g, x, &c);
			run_lift(graph_type(g, x)->kind, c, &s->t);
		} else {
			struct tensor *in = n->nin ? &place_slot(w, node_in(g, n, 0))->t : NULL;
			if (!op_run(n->op, &in, (int)n->nin, g->word.at + n->attr, (int)n->nattr, &s->t, &env, w->e))
				return false;
		}
	}
	return true;
}

/* There is no room for the tensors: the largest is named, with its line, as eagerly the first that does not fit is. */
static bool no_memory(struct lower *w)
{
	const struct graph *g = w->g;
	size_t most = 0;
	ref v = 0;
	for (ref i = 1; i < g->value.n; i++) {
		const struct type *ty = graph_type(g, i);
		size_t bytes = ty->kind == K_TENSOR ? dtype_size[ty->dtype] : 0;
		for (int d = 0; bytes && d < ty->rank; d++) bytes *= (size_t)ty->dim[d];
		if (bytes > most) most = bytes, v = i;
	}
	const struct node *n = v ? graph_node_of(g, v) : NULL;
	if (!n || !n->site) return fail_memory(w->e, w->p->nbytes);
	const struct site *s = &g->site.at[n->site];
	char dims[SHAPE_TEXT];
	return fail_kind(w->e, ERR_MEMORY, ERR_PLACED, "%s:%d: not enough memory: %zu bytes for a tensor %s",
	                 g->string.at[s->file], s->line, most,
	                 shape_text(dims, graph_type(g, v)->rank, graph_type(g, v)->dim));
}

bool place_bytes(struct lower *w)
{
	struct plan *p = w->p;
	for (uint32_t o = 0; o < w->l.norder; o++) { /* what constants() will want, while slots are still being made */
		uint32_t id = w->l.order[o];
		const struct node *n = &w->g->node.at[id];
		if (w->l.constant[id] && w->l.cls[live_class(&w->l, n->out)].placed && !place_slot(w, n->out))
			return false;
	}
	p->reg = mem_zero(p->mem, p->nreg * sizeof *p->reg);
	if (!p->reg) return fail_memory(w->e, p->nreg * sizeof *p->reg);
	for (uint32_t i = 0; i < w->preset.n; i++) p->reg[w->preset.at[i].reg] = w->preset.at[i].w;
	p->nbytes += 64;
	p->bytes = mem_new(p->mem, p->nbytes);
	if (!p->bytes) return no_memory(w);
	p->base = (char *)(((uintptr_t)p->bytes + 63) & ~(uintptr_t)63);
	for (uint32_t i = 0; i < p->slot.n; i++) {
		struct slot *s = p->slot.at[i];
		s->t.data = p->base + s->off;
		if (s->zero) memset(s->t.data, 0, tensor_bytes(&s->t));
		if (s->place != P_ARENA && !vec_push(p->mem, &p->moving, s)) return fail_memory(w->e, sizeof s);
	}
	return constants(w);
}
