/* From graph to plan. The nodes of a region become instructions in order; types, shapes and
   layouts are all known, so every tensor operand is bound to a slot here and views cost nothing. */
#include <string.h>
#include "exec/lower.h"

enum { EACH_MOST = 1 << 18 };

bool lower_emit(struct lower *w, unsigned op, unsigned n, uint32_t a, uint32_t b, uint32_t c)
{
	struct plan *p = w->p;
	struct ins i = {(uint16_t)op, (uint16_t)n, a, b, c};
	if (vec_push(p->mem, &p->code, i) && vec_push(p->mem, &p->site, w->site)) return true;
	return fail_memory(w->e, sizeof i);
}

/* --- Lua numbers --- */

static const uint8_t direct[OP_COUNT] = {
    [OP_iadd] = X_IADD, [OP_isub] = X_ISUB,     [OP_imul] = X_IMUL, [OP_idiv] = X_IDIV,  [OP_imod] = X_IMOD,
    [OP_ineg] = X_INEG, [OP_iband] = X_IAND,    [OP_ibor] = X_IOR,  [OP_ibxor] = X_IXOR, [OP_fadd] = X_FADD,
    [OP_fsub] = X_FSUB, [OP_fmul] = X_FMUL,     [OP_fdiv] = X_FDIV, [OP_fneg] = X_FNEG,  [OP_fsqrt] = X_FSQRT,
    [OP_fabs] = X_FABS, [OP_ffloor] = X_FFLOOR, [OP_itof] = X_ITOF, [OP_ilt] = X_ILT,    [OP_ile] = X_ILE,
    [OP_ieq] = X_IEQ,   [OP_flt] = X_FLT,       [OP_fle] = X_FLE,   [OP_feq] = X_FEQ,    [OP_beq] = X_IEQ,
    [OP_bnot1] = X_NOT, [OP_band2] = X_AND,     [OP_bor2] = X_OR,
};

/* Integer // and % by a known divisor that cannot fail: floor division by 2^k is a shift, the
   remainder a mask, for negative numbers too. */
static bool divide(struct lower *w, enum op op, uint32_t to, uint32_t x, int64_t d)
{
	bool power = d > 0 && !(d & (d - 1));
	uint32_t k = place_const(w, !power ? d : op == OP_imod ? d - 1 : __builtin_ctzll((uint64_t)d));
	unsigned ins = power ? (op == OP_imod ? X_IAND : X_SAR) : op == OP_imod ? X_IMODK : X_IDIVK;
	return k != NO_REG && lower_emit(w, ins, 0, to, x, k);
}

static bool lua_op(struct lower *w, const struct node *n)
{
	const struct graph *g = w->g;
	uint32_t in[2] = {0, 0}, to = place_reg(w, n->out);
	union word c;
	if (to == NO_REG) return false;
	for (uint32_t i = 0; i < n->nin && i < 2; i++)
		if ((in[i] = place_reg(w, node_in(g, n, i))) == NO_REG) return false;
	if ((n->op == OP_idiv || n->op == OP_imod) && graph_is_const(g, node_in(g, n, 1), &c) && c.i != 0 && c.i != -1)
		return divide(w, n->op, to, in[0], c.i);
	unsigned op = direct[n->op];
	return op ? lower_emit(w, op, 0, to, in[0], in[1]) : lower_emit(w, X_LUA, n->op, to, in[0], in[1]);
}

/* --- tensors --- */

/* An element-wise op whose operands are packed or single needs no more than its kernel. Kernels do not
   look at the cancel flag, so large tensors take the long way. *done is false when this is not the case. */
static bool each(struct lower *w, const struct node *n, bool *done)
{
	const struct graph *g = w->g;
	struct plan *p = w->p;
	struct each x;
	const struct tensor *like = &w->l.view[n->out];
	*done = false;
	if (!(op_info[n->op].flags & OF_ELEM) || n->nout != 1 || like->numel == 0 || like->numel > EACH_MOST)
		return true;
	enum dtype dt = w->l.view[node_in(g, n, n->op == OP_where)].dtype;
	if (!op_kernel(n->op, dt, g->word.at + n->attr, &x.k)) return true;
	x.n = like->numel;
	for (uint32_t i = 0; i < n->nin; i++) {
		const struct tensor *t = &w->l.view[node_in(g, n, i)];
		if (t->numel != 1 && (t->numel != x.n || !t->contiguous)) return true;
		x.step[i] = t->numel == x.n;
	}
	struct slot *s = place_slot(w, n->out);
	if (!s) return false;
	x.out = &s->t;
	for (uint32_t i = 0; i < n->nin; i++) {
		if (!(s = place_slot(w, node_in(g, n, i)))) return false;
		x.in[i] = &s->t;
	}
	*done = true;
	if (!vec_push(p->mem, &p->each, x)) return fail_memory(w->e, sizeof x);
	return lower_emit(w, X_EACH1 + (unsigned)n->nin - 1, 0, p->each.n - 1, 0, 0);
}

static bool tensor_op(struct lower *w, const struct node *n)
{
	const struct graph *g = w->g;
	struct plan *p = w->p;
	struct call c = {.op = n->op, .nin = (int)n->nin, .nattr = (int)n->nattr};
	bool done;
	if (!each(w, n, &done)) return false;
	if (done) return true;
	if (n->nout != 1) return fail(w->e, "%s: a plan runs operations of one result", op_info[n->op].name);
	c.in = arena_new(&p->arena, (n->nin + 1) * sizeof *c.in);
	c.attr = arena_new(&p->arena, (n->nattr + 1) * sizeof *c.attr);
	struct slot *out = place_slot(w, n->out);
	if (!c.in || !c.attr || !out) return fail_memory(w->e, sizeof c);
	c.out = &out->t;
	for (uint32_t i = 0; i < n->nin; i++) {
		struct slot *s = place_slot(w, node_in(g, n, i));
		if (!s) return false;
		c.in[i] = &s->t;
	}
	if (n->nattr) memcpy(c.attr, g->word.at + n->attr, n->nattr * sizeof *c.attr);
	if (!vec_push(p->mem, &p->call, c)) return fail_memory(w->e, sizeof c);
	return lower_emit(w, X_CALL, 0, p->call.n - 1, 0, 0);
}

static bool lift_or_item(struct lower *w, const struct node *n)
{
	const struct graph *g = w->g;
	ref x = node_in(g, n, 0), number = n->op == OP_lift ? x : n->out, tensor = n->op == OP_lift ? n->out : x;
	uint32_t r = place_reg(w, number);
	struct slot *s = place_slot(w, tensor);
	if (r == NO_REG || !s) return false;
	return n->op == OP_lift ? lower_emit(w, X_LIFT, graph_type(g, x)->kind, s->number, r, 0)
	                        : lower_emit(w, X_ITEM, 0, r, s->number, 0);
}

/* --- lists --- */

/* Where operand i of a list op is: its register, or the slot of a tensor. */
static uint32_t element(struct lower *w, ref v)
{
	if (graph_type(w->g, v)->kind != K_TENSOR) return place_reg(w, v);
	struct slot *s = place_slot(w, v);
	return s ? s->number : NO_REG;
}

/* The next state of a list lies over the one before when nobody needs that one; else over a copy. */
static bool list_op(struct lower *w, const struct node *n)
{
	const struct graph *g = w->g;
	uint32_t at[3] = {0, 0, 0};
	for (uint32_t i = 0; i < n->nin; i++) {
		ref v = node_in(g, n, i);
		at[i] = graph_type(g, v)->kind == K_LIST ? place_list(w, v) : element(w, v);
		if (at[i] == NO_REG) return false;
	}
	bool changes = graph_type(g, n->out)->kind == K_LIST;
	uint32_t to = changes ? place_list(w, n->out) : element(w, n->out);
	if (to == NO_REG) return false;
	if (changes && n->nin && to != at[0] && !lower_emit(w, X_LCOPY, 0, to, at[0], 0)) return false;
	const struct type *list = graph_type(g, n->nin ? node_in(g, n, 0) : n->out);
	bool tensors = list->elem == K_TENSOR;
	switch (n->op) {
	case OP_list_new: return lower_emit(w, X_LNEW, 0, to, 0, 0);
	case OP_list_len: return lower_emit(w, X_LLEN, 0, to, at[0], 0);
	case OP_list_get: return lower_emit(w, tensors ? X_LGETT : X_LGET, 0, to, at[0], at[1]);
	case OP_list_stack: return lower_emit(w, X_LALL, 0, to, at[0], 0);
	case OP_list_set: return lower_emit(w, tensors ? X_LSETT : X_LSET, 0, to, at[1], at[2]);
	case OP_list_push: return lower_emit(w, tensors ? X_LPUSHT : X_LPUSH, 0, to, at[1], 0);
	case OP_list_pop: return lower_emit(w, X_LPOP, 0, to, 0, 0);
	case OP_list_insert: return lower_emit(w, tensors ? X_LINST : X_LINS, 0, to, at[1], at[2]);
	default: return lower_emit(w, X_LREM, 0, to, at[1], 0);
	}
}

/* --- effects and results --- */

static bool operand(struct lower *w, ref v, struct operand *o)
{
	o->kind = graph_type(w->g, v)->kind;
	o->origin = w->origin[v];
	if (o->kind == K_LIST) return (o->at = place_list(w, v)) != NO_REG;
	if (o->kind == K_TENSOR) {
		struct slot *s = place_slot(w, v);
		if (s) o->at = s->number;
		return s != NULL;
	}
	o->at = place_reg(w, v);
	return o->at != NO_REG;
}

static bool host_results(struct lower *w, const struct node *n, struct effect *x)
{
	struct arena *a = &w->p->arena;
	x->nresult = n->nout;
	x->result = arena_new(a, (n->nout + 1) * sizeof *x->result);
	x->type = arena_new(a, (n->nout + 1) * sizeof *x->type);
	x->data = arena_new(a, (n->nin + n->nout + 1) * sizeof *x->data);
	if (!x->result || !x->type || !x->data) return fail_memory(w->e, (n->nin + n->nout + 1) * sizeof *x->data);
	for (uint32_t i = 0; i < n->nout; i++) {
		x->type[i] = *graph_type(w->g, n->out + i);
		x->result[i].kind = x->type[i].kind;
		x->result[i].at = NO_REG;
		if (place_used(w, n->out + i) && !operand(w, n->out + i, &x->result[i])) return false;
	}
	return true;
}

static bool effect(struct lower *w, const struct node *n)
{
	const struct graph *g = w->g;
	struct plan *p = w->p;
	bool pieces = n->op == OP_print || (n->op == OP_raise && !node_attr(g, n, 0));
	uint32_t head = !pieces ? n->nattr : n->op == OP_print ? 0 : 2;
	struct effect x = {.nvalue = n->nin, .npiece = n->nattr - head};
	if (n->op == OP_write) {
		x.what = node_attr(g, n, 0);
		x.constant = node_attr(g, n, 1);
		if (x.what >= p->nwrite) p->nwrite = (uint32_t)x.what + 1;
	} else if (n->op == OP_raise) {
		x.what = node_attr(g, n, 0);
		x.constant = x.what ? 0 : node_attr(g, n, 1);
		if (n->nin > p->maxraised) p->maxraised = n->nin;
	} else if (n->op == OP_host) {
		x.what = node_attr(g, n, 0);
		p->calls = true;
		if (!host_results(w, n, &x)) return false;
		x.read = x.what < 0 && n->nin <= READ_OPERANDS && n->nout <= READ_RESULTS;
		for (uint32_t i = 0; i < n->nout; i++) x.read &= x.type[i].kind != K_TENSOR;
	}
	x.piece = arena_new(&p->arena, (x.npiece + 1) * sizeof *x.piece);
	x.value = arena_new(&p->arena, (x.nvalue + 1) * sizeof *x.value);
	if (!x.piece || !x.value) return fail_memory(w->e, sizeof x);
	if (x.npiece) memcpy(x.piece, g->word.at + n->attr + head, x.npiece * sizeof *x.piece);
	for (uint32_t i = 0; i < n->nin; i++)
		if (!operand(w, node_in(g, n, i), &x.value[i])) return false;
	if (!vec_push(p->mem, &p->effect, x)) return fail_memory(w->e, sizeof x);
	return lower_emit(w,
	                  n->op == OP_print   ? X_PRINT
	                  : n->op == OP_write ? X_WRITE
	                  : n->op == OP_host  ? X_HOST
	                                      : X_RAISE,
	                  0, p->effect.n - 1, 0, 0);
}

/* The update that was lowered last is done to what a write handed out, too. */
static bool followed(struct lower *w, uint32_t write)
{
	struct plan *p = w->p;
	if (!effect(w, &w->g->node.at[write])) return false;
	p->code.at[p->code.n - 1].op = X_FOLLOW;
	p->code.at[p->code.n - 1].b = p->call.n - 1;
	return true;
}

static bool lower_node(struct lower *w, uint32_t id)
{
	const struct node *n = &w->g->node.at[id];
	w->site = n->site;
	if (w->l.fused[id] || w->l.constant[id]) return true;
	switch (n->op) {
	case OP_param:
	case OP_const:
	case OP_undef: return true;
	case OP_if: return control_if(w, n);
	case OP_while: return control_while(w, n);
	case OP_call: return frames_call(w, id);
	case OP_print:
	case OP_raise:
	case OP_host: return effect(w, n);
	case OP_write: return w->follows[id] ? true : effect(w, n);
	case OP_lift:
	case OP_item: return lift_or_item(w, n);
	default: break;
	}
	if (op_info[n->op].flags & OF_LUA) return lua_op(w, n);
	if (op_info[n->op].flags & OF_LIST) return list_op(w, n);
	if (op_info[n->op].flags & OF_VIEW && w->l.root[n->out] != n->out) return true;
	if (!w->follows[id]) return tensor_op(w, n);
	return tensor_op(w, n) && followed(w, w->follows[id]);
}

bool lower_region(struct lower *w, uint32_t r)
{
	const struct region *reg = &w->g->region.at[r];
	for (uint32_t i = 0; i < reg->nodes.n; i++)
		if (!lower_node(w, reg->nodes.at[i])) return false;
	return !reg->dead || lower_emit(w, X_TRAP, 0, 0, 0, 0);
}

/* --- the plan --- */

/* Inputs are read where they are; a result that owns its place is computed right there. */
static void place_ends(struct lower *w)
{
	const struct graph *g = w->g;
	const struct region *top = &g->region.at[1];
	for (uint32_t i = 0; i < top->params.n; i++) {
		ref v = top->params.at[i];
		if (graph_type(g, v)->kind != K_TENSOR) continue;
		struct class *c = &w->l.cls[v];
		c->place = P_INPUT;
		c->at = i;
		c->placed = true;
	}
	for (uint32_t i = 0; i < top->yields.n; i++) {
		ref v = top->yields.at[i];
		struct class *c = &w->l.cls[live_class(&w->l, v)];
		if (graph_type(g, v)->kind != K_TENSOR || w->l.root[v] != v || c->fixed || c->placed ||
		    live_is_undef(g, v))
			continue;
		c->place = P_RESULT;
		c->at = i;
		c->placed = true;
		w->p->result[i].direct = true;
	}
}

static bool ends(struct lower *w)
{
	const struct graph *g = w->g;
	const struct region *top = &g->region.at[1];
	for (uint32_t i = 0; i < top->params.n; i++) {
		ref v = top->params.at[i];
		struct input *in = &w->p->input[i];
		in->type = *graph_type(g, v);
		in->at = NO_REG;
		if (in->type.kind != K_TENSOR && place_used(w, v) && (in->at = place_reg(w, v)) == NO_REG) return false;
	}
	for (uint32_t i = 0; i < top->yields.n; i++) {
		w->p->result[i].type = *graph_type(g, top->yields.at[i]);
		if (!operand(w, top->yields.at[i], &w->p->result[i].v)) return false;
	}
	w->site = 0;
	return lower_emit(w, X_END, 0, 0, 0, 0);
}

static bool tables(struct lower *w)
{
	const struct graph *g = w->g;
	struct plan *p = w->p;
	p->ninput = g->region.at[1].params.n;
	p->nresult = g->region.at[1].yields.n;
	p->nstring = g->string.n;
	p->nsite = g->site.n;
	p->input = arena_new(&p->arena, (p->ninput + 1) * sizeof *p->input);
	p->result = arena_new(&p->arena, (p->nresult + 1) * sizeof *p->result);
	p->string = arena_new(&p->arena, (p->nstring + 1) * sizeof *p->string);
	p->where = arena_new(&p->arena, (p->nsite + 1) * sizeof *p->where);
	w->reg = arena_new(&w->scratch, g->value.n * sizeof *w->reg);
	w->slot = arena_new(&w->scratch, g->value.n * sizeof *w->slot);
	w->origin = arena_new(&w->scratch, g->value.n * sizeof *w->origin);
	w->follows = arena_new(&w->scratch, g->node.n * sizeof *w->follows);
	if (!p->input || !p->result || !p->string || !p->where || !w->reg || !w->slot || !w->origin || !w->follows)
		return fail_memory(w->e, g->value.n * sizeof *w->slot);
	for (uint32_t i = 0; i < p->nstring; i++) {
		p->string[i].n = g->string_len.at[i];
		if (!(p->string[i].s = arena_copy(&p->arena, g->string.at[i], g->string_len.at[i])))
			return fail_memory(w->e, p->string[i].n);
	}
	for (uint32_t i = 1; i < p->nsite; i++) {
		const struct site *s = &g->site.at[i];
		p->where[i] = (struct place_site){p->string[s->file].s, s->line, s->pcall,
		                                  s->closes ? p->string[s->closes - 1].s : NULL,
		                                  s->stack ? &p->string[s->stack - 1] : NULL};
	}
	return true;
}

static bool run_tables(struct plan *p, struct err *e)
{
	p->write = arena_new(&p->arena, (p->nwrite + 1) * sizeof *p->write);
	p->raised = arena_new(&p->arena, (p->maxraised + 1) * sizeof *p->raised);
	return (p->write && p->raised) || fail_memory(e, sizeof *p->write * (p->nwrite + 1));
}

static bool build(struct lower *w)
{
	struct plan *p = w->p;
	w->l.g = w->g;
	w->l.mem = p->mem;
	w->l.scratch = &w->scratch;
	p->nreg = 1;
	if (!tables(w) || !frames_analyse(w) || !live_analyse(&w->l, w->home, w->still, w->e)) return false;
	place_ends(w);
	if (!live_arena(&w->l, &p->nbytes, w->e) || !place_origins(w)) return false;
	if (!lower_region(w, 1) || !ends(w) || !frames_lower(w)) return false;
	control_thread(p);
	return run_tables(p, w->e) && place_bytes(w);
}

struct plan *plan_new(struct mem *m, const struct graph *g, struct err *e)
{
	struct plan *p = mem_zero(m, sizeof *p);
	struct lower w = {.p = p, .g = g, .e = e};
	if (!p) {
		fail_memory(e, sizeof *p);
		return NULL;
	}
	p->mem = m;
	arena_init(&p->arena, m);
	arena_init(&w.scratch, m);
	buf_init(&p->out, m);
	bool ok = build(&w);
	vec_free(m, &w.preset);
	arena_free(&w.scratch);
	if (ok) return p;
	plan_free(p);
	return NULL;
}
