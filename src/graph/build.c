/* The builder: nodes go to the end of the open region. Unless told not to, it folds Lua
   arithmetic on constants, applies algebra that is exact for every bit pattern (so on
   integers and booleans only: x + 0.0 turns -0.0 into 0.0), and reuses an equal pure node.
   What raises when folded stays a node and raises when run, at its place. */
#include <string.h>
#include "graph/cons.h"

static bool valid(const struct graph *g, ref v) { return v && v < g->value.n; }

static bool operands(const struct graph *g, enum op op, const ref *in, int nin, struct err *e)
{
	for (int i = 0; i < nin; i++)
		if (!valid(g, in[i]))
			return fail(e, "%s: operand %d is no value of the graph", op_info[op].name, i + 1);
	return true;
}

/* A node of a known type, shared when it is pure. */
static ref given(struct graph *g, enum op op, const struct type *t, const int64_t *attr, int nattr, struct err *e)
{
	bool share = !g->plain && !g->nocons;
	if (!share) g->loose = true;
	struct cons_key k = {.op = op, .attr = attr, .nattr = nattr, .type = t};
	uint32_t n = share ? cons_find(g, &k) : 0;
	if (!n) {
		n = graph_add(g, op, NULL, 0, attr, nattr, t, 1, e);
		if (!n || (share && !cons_link(g, n, k.hash, e))) return 0;
	}
	return g->node.at[n].out;
}

ref graph_param(struct graph *g, const struct type *t, struct err *e) { return graph_add_param(g, g->at, t, e); }
ref graph_input(struct graph *g, const struct type *t, struct err *e) { return graph_add_param(g, 1, t, e); }

ref graph_const(struct graph *g, enum kind k, union word w, struct err *e)
{
	struct type t = {.kind = k};
	int64_t bits = k == K_BOOL ? w.i != 0 : w.i;
	return given(g, OP_const, &t, &bits, 1, e);
}

ref graph_undef(struct graph *g, const struct type *t, struct err *e) { return given(g, OP_undef, t, NULL, 0, e); }

bool graph_is_const(const struct graph *g, ref v, union word *w)
{
	if (!valid(g, v)) return false;
	const struct node *n = graph_node_of(g, v);
	if (n->op != OP_const) return false;
	if (w) w->i = node_attr(g, n, 0);
	return true;
}

static ref bool_const(struct graph *g, bool v, struct err *e)
{
	return graph_const(g, K_BOOL, (union word){.i = v}, e);
}
static ref int_const(struct graph *g, int64_t v, struct err *e)
{
	return graph_const(g, K_INT, (union word){.i = v}, e);
}

/* op(op(x)) == x */
static ref undo(const struct graph *g, enum op op, ref v)
{
	const struct node *n = graph_node_of(g, v);
	return n->op == op ? node_in(g, n, 0) : 0;
}

/* Exact identities with a constant on the right. *hit is false when none applies. */
static ref with_const(struct graph *g, enum op op, ref x, ref cref, int64_t c, bool *hit, struct err *e)
{
	*hit = true;
	switch (op) {
	case OP_iadd:
	case OP_isub:
	case OP_ibor:
	case OP_ibxor:
	case OP_ishl:
	case OP_ishr:
		if (c == 0) return x;
		break;
	case OP_imul:
		if (c == 1) return x;
		if (c == 0) return cref;
		break;
	case OP_idiv:
		if (c == 1) return x;
		break;
	case OP_imod:
		if (c == 1 || c == -1) return int_const(g, 0, e);
		break;
	case OP_iband:
		if (c == -1) return x;
		if (c == 0) return cref;
		break;
	case OP_band2: return c ? x : cref;
	case OP_bor2: return c ? cref : x;
	default: break;
	}
	*hit = false;
	return 0;
}

/* Exact identities of an operand with itself. */
static ref with_self(struct graph *g, enum op op, ref x, bool *hit, struct err *e)
{
	*hit = true;
	switch (op) {
	case OP_isub:
	case OP_ibxor: return int_const(g, 0, e);
	case OP_iband:
	case OP_ibor:
	case OP_band2:
	case OP_bor2: return x;
	case OP_ieq:
	case OP_beq:
	case OP_ile: return bool_const(g, true, e);
	case OP_ilt:
	case OP_flt:
	case OP_iult: return bool_const(g, false, e);
	default: *hit = false; return 0;
	}
}

/* A Lua op: folded or simplified when possible; *hit says so. */
static ref simplify(struct graph *g, enum op op, const ref *in, int nin, bool *hit, struct err *e)
{
	union word w[2] = {{0}}, out;
	bool known[2] = {false, false};
	struct err raised;
	*hit = false;
	if (nin > 2) return 0;
	for (int i = 0; i < nin; i++) known[i] = graph_is_const(g, in[i], &w[i]);
	if (nin && known[0] && (nin == 1 || known[1])) {
		struct type t[2] = {*graph_type(g, in[0]), *graph_type(g, in[nin - 1])}, res;
		int nout;
		if (!op_infer(op, t, nin, NULL, 0, &res, &nout, &raised) || !op_lua(op, w, NULL, &out, &raised))
			return 0;
		*hit = true;
		return graph_const(g, res.kind, out, e);
	}
	if (nin == 1) {
		ref x = op == OP_bnot1 || op == OP_ineg || op == OP_ibnot ? undo(g, op, in[0]) : 0;
		*hit = x != 0;
		return x;
	}
	if (nin != 2) return 0;
	ref r = 0;
	if (known[1]) r = with_const(g, op, in[0], in[1], w[1].i, hit, e);
	else if (known[0] && op_info[op].flags & OF_COMM) r = with_const(g, op, in[1], in[0], w[0].i, hit, e);
	if (!*hit && in[0] == in[1]) r = with_self(g, op, in[0], hit, e);
	return r;
}

/* Swapped operands are the same node where not even a NaN's sign can tell: which of two NaNs
   floats keep hangs on their order. */
static bool commutes(const struct graph *g, enum op op, const ref *in)
{
	if (!(op_info[op].flags & OF_COMM)) return false;
	const struct type *t = graph_type(g, in[0]);
	bool is_float = t->kind == K_FLOAT || (t->kind == K_TENSOR && (t->dtype == F32 || t->dtype == F64));
	return !is_float || op == OP_eq || op == OP_ne || op == OP_feq;
}

ref graph_op(struct graph *g, enum op op, const ref *in, int nin, const int64_t *attr, int nattr, struct err *e)
{
	if ((unsigned)op >= OP_COUNT || op_info[op].flags & OF_CONTROL) return fail(e, "no operation a graph can hold");
	const struct op_info *oi = &op_info[op];
	if (nin < 0 || (oi->nin >= 0 && nin != oi->nin))
		return fail(e, "%s takes %d operands, not %d", oi->name, oi->nin, nin);
	if (!operands(g, op, in, nin, e)) return 0;
	if (g->plain || g->nofold || g->nocons) g->loose = true;
	if (oi->flags & OF_LUA && !g->plain && !g->nofold) {
		bool hit;
		ref r = simplify(g, op, in, nin, &hit, e);
		if (hit) return r;
	}
	bool share = !g->plain && !g->nocons && cons_pure(op);
	ref pair[2];
	struct cons_key k = {op, in, nin, attr, nattr, NULL, 0};
	uint32_t n = share ? cons_find(g, &k) : 0, hash = k.hash;
	if (!n && share && nin == 2 && commutes(g, op, in)) {
		pair[0] = in[1];
		pair[1] = in[0];
		k.in = pair;
		n = cons_find(g, &k);
	}
	if (n) return g->node.at[n].out;

	struct type few[8], out[2], *t = few;
	int nout = 1;
	if (nin > (int)COUNT_OF(few) && !(t = mem_new(g->mem, (size_t)nin * sizeof *t)))
		return fail_memory(e, (size_t)nin * sizeof *t);
	for (int i = 0; i < nin; i++) t[i] = *graph_type(g, in[i]);
	bool fits = op_infer(op, t, nin, attr, nattr, out, &nout, e);
	for (int i = 0; fits && i < nout; i++)
		for (int d = 0; out[i].kind == K_TENSOR && d < out[i].rank; d++)
			graph_length_range(g, out[i].dim[d], 2, INT64_MAX);
	if (fits) n = graph_add(g, op, in, nin, attr, nattr, out, nout, e);
	if (t != few) mem_free(g->mem, t, (size_t)nin * sizeof *t);
	if (!n || (share && !cons_link(g, n, hash, e))) return 0;
	return g->node.at[n].out;
}

bool graph_effect(struct graph *g, enum op op, const ref *in, int nin, const int64_t *attr, int nattr, struct err *e)
{
	if (op != OP_print && op != OP_raise && op != OP_write) return fail(e, "no effect a graph can hold");
	return operands(g, op, in, nin, e) && graph_add(g, op, in, nin, attr, nattr, NULL, 0, e) != 0;
}

bool graph_host(struct graph *g, const ref *in, int nin, int64_t number, const struct type *out, int nout, ref *first,
                struct err *e)
{
	if (!operands(g, OP_host, in, nin, e)) return false;
	uint32_t id = graph_add(g, OP_host, in, nin, &number, 1, out, nout, e);
	*first = id ? g->node.at[id].out : 0;
	return id != 0;
}

static uint32_t open(struct graph *g, bool function, struct err *e)
{
	struct region r = {.parent = g->at, .first = g->node.n, .function = function};
	int depth = 0;
	for (uint32_t p = g->at; p; p = g->region.at[p].parent) depth++;
	if (depth > GRAPH_DEPTH) return fail(e, "more than %d staged blocks within each other", GRAPH_DEPTH);
	r.from = function ? g->node.n : g->region.at[g->at].from;
	if (!vec_push(g->mem, &g->region, r)) return fail_memory(e, sizeof r);
	return g->at = g->region.n - 1;
}

uint32_t graph_open(struct graph *g, struct err *e) { return open(g, false, e); }

uint32_t graph_open_function(struct graph *g, struct err *e)
{
	if (!vec_reserve(g->mem, &g->func, 1)) return fail_memory(e, sizeof(uint32_t));
	uint32_t r = open(g, true, e);
	if (r) g->func.at[g->func.n++] = r;
	return r;
}

ref graph_call(struct graph *g, uint32_t number, const ref *in, int nin, const struct type *out, int nout,
               struct err *e, bool *ok)
{
	const int64_t attr = number;
	*ok = false;
	if (number >= g->func.n) return fail(e, "call: there is no function %u", number);
	if (!operands(g, OP_call, in, nin, e)) return 0;
	uint32_t id = graph_add(g, OP_call, in, nin, &attr, 1, out, nout, e);
	*ok = id != 0;
	return id ? g->node.at[id].out : 0;
}

static bool set_yields(struct graph *g, struct region *r, const ref *out, int n, bool dead, struct err *e)
{
	if (dead) n = 0;
	for (int i = 0; i < n; i++)
		if (!valid(g, out[i])) return fail(e, "yield: value %d is no value of the graph", i + 1);
	r->yields.n = 0;
	if (!vec_reserve(g->mem, &r->yields, n)) return fail_memory(e, (size_t)n * sizeof *out);
	if (n) memcpy(r->yields.at, out, (size_t)n * sizeof *out);
	r->yields.n = (uint32_t)n;
	r->dead = dead;
	return true;
}

bool graph_close(struct graph *g, const ref *yield, int n, bool dead, struct err *e)
{
	struct region *r = &g->region.at[g->at];
	if (!r->parent) return fail(e, "no open region to close");
	if (!set_yields(g, r, yield, n, dead, e)) return false;
	cons_unlink_from(g, r->first);
	g->at = r->parent;
	return true;
}

bool graph_yield(struct graph *g, const ref *out, int n, bool dead, struct err *e)
{
	if (g->at != 1) return fail(e, "a region is still open");
	return set_yields(g, &g->region.at[1], out, n, dead, e);
}

static struct region *own_region(const struct graph *g, uint32_t r)
{
	if (!r || r >= g->region.n) return NULL;
	struct region *reg = &g->region.at[r];
	return reg->parent == g->at && !reg->owner ? reg : NULL;
}

static ref owner(struct graph *g, enum op op, const ref *in, int nin, const struct type *out, int nout, uint32_t a,
                 uint32_t b, struct err *e, bool *ok)
{
	uint32_t id = graph_add(g, op, in, nin, NULL, 0, out, nout, e);
	if (!id) return 0;
	struct node *n = &g->node.at[id];
	n->sub[0] = a;
	n->sub[1] = b;
	g->region.at[a].owner = g->region.at[b].owner = id;
	*ok = true;
	return n->out;
}

static ref typed_owner(struct graph *g, enum op op, const ref *in, int nin, const ref *like, int n, uint32_t a,
                       uint32_t b, struct err *e, bool *ok)
{
	struct type few[8], *t = few;
	if (n > (int)COUNT_OF(few) && !(t = mem_new(g->mem, (size_t)n * sizeof *t)))
		return fail_memory(e, (size_t)n * sizeof *t);
	for (int i = 0; i < n; i++) t[i] = *graph_type(g, like[i]);
	ref r = owner(g, op, in, nin, t, n, a, b, e, ok);
	if (t != few) mem_free(g->mem, t, (size_t)n * sizeof *t);
	return r;
}

static bool bad_types(const struct graph *g, const char *what, int i, ref a, ref b, struct err *e)
{
	struct buf s;
	buf_init(&s, g->mem);
	type_put(&s, graph_type(g, a));
	buf_puts(&s, " and ");
	type_put(&s, graph_type(g, b));
	fail(e, "%s %d: %s", what, i + 1, s.bad ? "different types" : s.s);
	buf_free(&s);
	return false;
}

static bool same_types(const struct graph *g, const char *what, const ref *a, const ref *b, uint32_t n, struct err *e)
{
	for (uint32_t i = 0; i < n; i++)
		if (!type_equal(graph_type(g, a[i]), graph_type(g, b[i])))
			return bad_types(g, what, (int)i, a[i], b[i], e);
	return true;
}

ref graph_if(struct graph *g, ref cond, uint32_t yes, uint32_t no, struct err *e, bool *ok)
{
	*ok = false;
	const struct region *a = own_region(g, yes), *b = own_region(g, no);
	if (!a || !b || a == b) return fail(e, "if: its regions must be two closed ones of the open region");
	if (!valid(g, cond) || graph_type(g, cond)->kind != K_BOOL) return fail(e, "if: the condition is no boolean");
	if (!a->dead && !b->dead) {
		if (a->yields.n != b->yields.n)
			return fail(e, "if: its regions yield %u and %u values", a->yields.n, b->yields.n);
		if (!same_types(g, "if: result", a->yields.at, b->yields.at, a->yields.n, e)) return 0;
	}
	const struct region *live = a->dead ? b : a;
	return typed_owner(g, OP_if, &cond, 1, live->yields.at, (int)live->yields.n, yes, no, e, ok);
}

ref graph_while(struct graph *g, const ref *init, int n, uint32_t before, uint32_t after, struct err *e, bool *ok)
{
	*ok = false;
	const struct region *b = own_region(g, before), *a = own_region(g, after);
	if (!a || !b || a == b) return fail(e, "while: its regions must be two closed ones of the open region");
	if (!operands(g, OP_while, init, n, e)) return 0;
	if (b->params.n != (uint32_t)n || a->params.n != (uint32_t)n)
		return fail(e, "while: %d initial values, but %u and %u parameters", n, b->params.n, a->params.n);
	if (!same_types(g, "while: initial value and parameter", init, b->params.at, (uint32_t)n, e) ||
	    !same_types(g, "while: parameter", b->params.at, a->params.at, (uint32_t)n, e))
		return 0;
	if (!b->dead) {
		if (b->yields.n != (uint32_t)n + 1 || graph_type(g, b->yields.at[0])->kind != K_BOOL)
			return fail(e, "while: the first region must yield a boolean and %d values", n);
		if (!same_types(g, "while: tested value", b->yields.at + 1, b->params.at, (uint32_t)n, e)) return 0;
	}
	if (!a->dead) {
		if (a->yields.n != (uint32_t)n) return fail(e, "while: the second region must yield %d values", n);
		if (!same_types(g, "while: next value", a->yields.at, a->params.at, (uint32_t)n, e)) return 0;
	}
	return typed_owner(g, OP_while, init, n, init, n, before, after, e, ok);
}
