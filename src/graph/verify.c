/* The verifier: everything the executor and the passes rely on, checked without trusting
   anything: ids in range, each node in exactly one region, definition before use and only in
   regions that enclose the use, types by the shape rules, yields that fit, dead ends. */
#include <string.h>
#include "graph/graph.h"

struct check {
	const struct graph *g;
	bool types;
	struct err *e;
	uint8_t *seen; /* by node: 0 not met, 1 defined */
	uint8_t *open; /* by region: 1 while its nodes may be used */
};

static bool bad(struct check *c, uint32_t node, const char *what)
{
	const struct graph *g = c->g;
	if (!node) return fail(c->e, "graph: %s", what);
	const struct node *n = &g->node.at[node];
	int line = n->site && n->site < g->site.n ? g->site.at[n->site].line : 0;
	return fail_kind(c->e, ERR_RUN, line, "graph: node %u (%s, line %d): %s", node,
	                 n->op < OP_COUNT ? op_info[n->op].name : "?", line, what);
}

static bool type_ok(const struct type *t)
{
	if (t->kind == K_INT || t->kind == K_FLOAT || t->kind == K_BOOL) return true;
	if (t->kind == K_LIST) {
		struct type elem = type_elem(t);
		return elem.kind != K_LIST && elem.rank < MAX_RANK && type_ok(&elem);
	}
	if (t->kind != K_TENSOR || t->dtype >= DTYPE_COUNT || t->rank > MAX_RANK) return false;
	int64_t n = 8;
	for (int i = 0; i < t->rank; i++)
		if (!length_unknown(t->dim[i]) &&
		    (t->dim[i] < 0 || __builtin_mul_overflow(n, t->dim[i] ? t->dim[i] : 1, &n)))
			return false;
	return true;
}

static bool visible(const struct check *c, ref v)
{
	if (!v || v >= c->g->value.n) return false;
	uint32_t n = c->g->value.at[v].node;
	return n && n < c->g->node.n && c->seen[n] && c->open[c->g->node.at[n].region];
}

static bool in_range(struct check *c, uint32_t id)
{
	const struct graph *g = c->g;
	const struct node *n = &g->node.at[id];
	if (n->op >= OP_COUNT) return bad(c, id, "unknown operation");
	if (n->dead) return bad(c, id, "a dead node is still in a region");
	if ((uint64_t)n->in + n->nin > g->edge.n) return bad(c, id, "operands out of range");
	if ((uint64_t)n->attr + n->nattr > g->word.n) return bad(c, id, "attributes out of range");
	if (n->site >= (g->site.n ? g->site.n : 1)) return bad(c, id, "site out of range");
	if (n->site && g->site.at[n->site].file >= g->string.n) return bad(c, id, "file name out of range");
	if (n->site && g->site.at[n->site].pcall >= g->site.n) return bad(c, id, "site of a pcall out of range");
	if (n->nout && (!n->out || (uint64_t)n->out + n->nout > g->value.n)) return bad(c, id, "results out of range");
	for (uint32_t i = 0; i < n->nout; i++) {
		const struct value *v = &g->value.at[n->out + i];
		if (v->node != id || v->index != i) return bad(c, id, "a result does not name its node");
		if (!type_ok(&v->type)) return bad(c, id, "a result has no valid type");
	}
	for (uint32_t i = 0; i < n->nin; i++)
		if (!visible(c, node_in(g, n, i)))
			return bad(c, id, "an operand is not defined before, or not visible here");
	return true;
}

static bool inferred(struct check *c, uint32_t id)
{
	const struct graph *g = c->g;
	const struct node *n = &g->node.at[id];
	struct type few[8], out[2], *t = few;
	int nout = 1;
	if (op_info[n->op].nin >= 0 && n->nin != (uint32_t)op_info[n->op].nin)
		return bad(c, id, "wrong number of operands");
	if (n->nin > COUNT_OF(few) && !(t = mem_new(g->mem, n->nin * sizeof *t)))
		return fail_memory(c->e, n->nin * sizeof *t);
	for (uint32_t i = 0; i < n->nin; i++) t[i] = *graph_type(g, node_in(g, n, i));
	struct err why;
	bool ok = op_infer(n->op, t, (int)n->nin, g->word.at + n->attr, (int)n->nattr, out, &nout, &why);
	if (t != few) mem_free(g->mem, t, n->nin * sizeof *t);
	if (!ok) return bad(c, id, why.msg);
	if (nout != n->nout) return bad(c, id, "wrong number of results");
	for (int i = 0; i < nout; i++)
		if (!type_equal(&out[i], graph_type(g, n->out + (ref)i)))
			return bad(c, id, "a result's type is not what the operation gives");
	return true;
}

/* One conversion of printf that takes what the operand is: %d and %i integers, the others floats. */
static bool format_fits(const struct graph *g, const struct node *n, int64_t text, uint32_t values)
{
	if (text >= g->string.n || values > n->nin) return false;
	const char *s = g->string.at[text];
	size_t len = g->string_len.at[text];
	unsigned kind = graph_type(g, node_in(g, n, values - 1))->kind;
	if (len < 2 || len > 20 || s[0] != '%' || strlen(s) != len) return false;
	if (strspn(s + 1, "-+ #0123456789.") != len - 2) return false;
	size_t digits = 0;
	for (size_t i = 1; i < len - 1; i++) {
		digits = s[i] >= '0' && s[i] <= '9' ? digits + 1 : 0;
		if (digits > 2) return false;
	}
	return kind == K_INT ? strchr("di", s[len - 1]) != NULL
	                     : kind == K_FLOAT && strchr("aAeEfFgG", s[len - 1]) != NULL;
}

static bool pieces(struct check *c, uint32_t id, uint32_t from)
{
	const struct graph *g = c->g;
	const struct node *n = &g->node.at[id];
	uint32_t values = 0;
	for (uint32_t i = from; i < n->nattr; i++) {
		int64_t w = node_attr(g, n, i);
		if (w < 0) values++;
		if (w < -1 && !format_fits(g, n, -2 - w, values))
			return bad(c, id, "a format does not fit its operand");
		if (w < 0) continue;
		if (w >= g->string.n) return bad(c, id, "a piece names no string");
	}
	return values == n->nin || bad(c, id, "pieces and operands differ in number");
}

static bool fits_function(const struct graph *g, const struct node *n, uint32_t r)
{
	if (!r || r >= g->region.n) return false;
	const struct region *f = &g->region.at[r];
	bool fits = n->nin == f->params.n && (f->dead || n->nout == f->yields.n);
	for (uint32_t i = 0; fits && i < n->nin; i++)
		fits = f->params.at[i] < g->value.n &&
		       type_equal(graph_type(g, node_in(g, n, i)), graph_type(g, f->params.at[i]));
	for (uint32_t i = 0; fits && i < n->nout && !f->dead; i++)
		fits = f->yields.at[i] < g->value.n &&
		       type_equal(graph_type(g, n->out + i), graph_type(g, f->yields.at[i]));
	return fits;
}

static bool structure(struct check *c, uint32_t id)
{
	const struct graph *g = c->g;
	const struct node *n = &g->node.at[id];
	int64_t w = n->nattr ? node_attr(g, n, 0) : 0;
	switch (n->op) {
	case OP_const:
		if (n->nattr != 1 || n->nin || n->nout != 1) return bad(c, id, "malformed constant");
		if (graph_type(g, n->out)->kind == K_TENSOR || graph_type(g, n->out)->kind == K_LIST)
			return bad(c, id, "a constant of no Lua number or boolean");
		if (graph_type(g, n->out)->kind == K_BOOL && w != 0 && w != 1)
			return bad(c, id, "a boolean that is neither");
		return true;
	case OP_undef: return (n->nout == 1 && !n->nin && !n->nattr) || bad(c, id, "malformed");
	case OP_print: return (n->nout == 0 || bad(c, id, "has results")) && pieces(c, id, 0);
	case OP_raise:
		if (n->nattr < 1 || n->nout || w < 0) return bad(c, id, "malformed");
		if (w >= 1) return n->nattr == 1 || bad(c, id, "malformed");
		if (n->nattr < 2 || node_attr(g, n, 1) < 0 || node_attr(g, n, 1) > 1) return bad(c, id, "malformed");
		return pieces(c, id, 2);
	case OP_call:
		return (n->nattr == 1 && w >= 0 && w < g->func.n && fits_function(g, n, g->func.at[w])) ||
		       bad(c, id, "does not fit its function");
	case OP_host:
		for (uint32_t i = 0; i < n->nout; i++)
			if (graph_type(g, n->out + i)->kind == K_NONE) return bad(c, id, "a result without a type");
		return n->nattr == 1 || bad(c, id, "malformed");
	case OP_write:
		if (n->nattr != 2 || n->nout || w < 0 || w >= GRAPH_LOCATIONS) return bad(c, id, "malformed");
		if (node_attr(g, n, 1) < -1) return bad(c, id, "no such constant");
		return n->nin == (node_attr(g, n, 1) == -1 ? 1 : 0) || bad(c, id, "an operand or a constant, not both");
	default: return true;
	}
}

static bool region(struct check *c, uint32_t r, uint32_t owner, uint32_t parent);

static bool types_are(struct check *c, uint32_t id, const ref *v, uint32_t n, const struct region *like, uint32_t skip)
{
	if (like->yields.n != n + skip) return bad(c, id, "a region yields the wrong number of values");
	for (uint32_t i = 0; i < n; i++)
		if (!type_equal(graph_type(c->g, v[i]), graph_type(c->g, like->yields.at[i + skip])))
			return bad(c, id, "a region yields a value of the wrong type");
	return true;
}

static bool is_bool(struct check *c, ref v) { return graph_type(c->g, v)->kind == K_BOOL; }

static bool check_if(struct check *c, uint32_t id)
{
	const struct graph *g = c->g;
	const struct node n = g->node.at[id];
	if (n.nin != 1 || !is_bool(c, node_in(g, &n, 0))) return bad(c, id, "the condition is no boolean");
	for (int k = 0; k < 2; k++) {
		if (!region(c, n.sub[k], id, n.region)) return false;
		const struct region *r = &g->region.at[n.sub[k]];
		if (r->params.n) return bad(c, id, "a branch has parameters");
		if (r->dead) continue;
		if (r->yields.n != n.nout) return bad(c, id, "a region yields the wrong number of values");
		for (uint32_t i = 0; i < n.nout; i++)
			if (!type_equal(graph_type(g, n.out + i), graph_type(g, r->yields.at[i])))
				return bad(c, id, "a region yields a value of the wrong type");
	}
	return true;
}

static bool check_while(struct check *c, uint32_t id)
{
	const struct graph *g = c->g;
	const struct node n = g->node.at[id];
	if (n.nout != n.nin) return bad(c, id, "results and initial values differ in number");
	for (int k = 0; k < 2; k++) {
		if (!region(c, n.sub[k], id, n.region)) return false;
		const struct region *r = &g->region.at[n.sub[k]];
		if (r->params.n != n.nin) return bad(c, id, "parameters and initial values differ in number");
		for (uint32_t i = 0; i < n.nin; i++) {
			const struct type *t = graph_type(g, r->params.at[i]);
			if (!type_equal(t, graph_type(g, node_in(g, &n, i))) ||
			    !type_equal(t, graph_type(g, n.out + i)))
				return bad(c, id, "a carried value changes its type");
		}
		if (r->dead) continue;
		if (k == 0 && (!r->yields.n || !is_bool(c, r->yields.at[0])))
			return bad(c, id, "the test yields no boolean");
		if (!types_are(c, id, r->params.at, n.nin, r, k == 0)) return false;
	}
	return true;
}

static bool params_ok(struct check *c, uint32_t r)
{
	const struct graph *g = c->g;
	const struct region *reg = &g->region.at[r];
	if (reg->params.n > reg->nodes.n) return bad(c, 0, "more parameters than nodes");
	for (uint32_t i = 0; i < reg->params.n; i++) {
		uint32_t id = reg->nodes.at[i];
		if (!id || id >= g->node.n || g->node.at[id].op != OP_param ||
		    g->node.at[id].out != reg->params.at[i] || g->node.at[id].nout != 1 || g->node.at[id].nin ||
		    g->node.at[id].nattr != 1)
			return bad(c, 0, "a region's parameters do not come first");
	}
	return true;
}

static bool region(struct check *c, uint32_t r, uint32_t owner, uint32_t parent)
{
	const struct graph *g = c->g;
	if (!r || r >= g->region.n) return bad(c, owner, "no such region");
	const struct region *reg = &g->region.at[r];
	if (reg->owner != owner || reg->parent != parent) return bad(c, owner, "a region is not its own");
	if (c->open[r]) return bad(c, owner, "a region within itself");
	if (!params_ok(c, r)) return false;
	c->open[r] = 1;
	bool ended = false;
	for (uint32_t i = 0; i < reg->nodes.n; i++) {
		uint32_t id = reg->nodes.at[i];
		if (!id || id >= g->node.n) return bad(c, 0, "a region names no node");
		const struct node *n = &g->node.at[id];
		if (c->seen[id]) return bad(c, id, "stands in two places");
		if (n->region != r) return bad(c, id, "stands in another region than it says");
		if (ended) return bad(c, id, "follows a raise");
		if (!in_range(c, id)) return false;
		if ((n->op == OP_param) != (i < reg->params.n)) return bad(c, id, "a parameter among the nodes");
		if (n->op == OP_if ? !check_if(c, id) : n->op == OP_while ? !check_while(c, id) : false) return false;
		bool control = op_info[n->op].flags & OF_CONTROL;
		if (control ? !structure(c, id) : c->types && !inferred(c, id)) return false;
		if (n->op != OP_if && n->op != OP_while && (n->sub[0] || n->sub[1])) return bad(c, id, "has regions");
		c->seen[id] = 1;
		ended = n->op == OP_raise;
	}
	if (ended && !reg->dead) return bad(c, owner, "a region goes on after a raise");
	if (reg->dead && reg->yields.n) return bad(c, owner, "a dead region yields");
	for (uint32_t i = 0; i < reg->yields.n; i++)
		if (!visible(c, reg->yields.at[i])) return bad(c, owner, "a yielded value is not visible");
	c->open[r] = 0;
	return true;
}

bool graph_verify(const struct graph *g, bool types, struct err *e)
{
	struct check c = {.g = g, .types = types, .e = e};
	if (g->at != 1) return fail(e, "graph: a region is still open");
	c.seen = mem_zero(g->mem, g->node.n);
	c.open = mem_zero(g->mem, g->region.n);
	bool ok = c.seen && c.open ? region(&c, 1, 0, 0) : fail_memory(e, g->node.n);
	for (uint32_t i = 0; ok && i < g->func.n; i++) ok = region(&c, g->func.at[i], 0, 0);
	mem_free(g->mem, c.seen, g->node.n);
	mem_free(g->mem, c.open, g->region.n);
	return ok;
}
