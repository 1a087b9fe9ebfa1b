/* What a symbolic value depends on, for the prelude: when it needs a plain value, the numbers that lead to it
   are made plain and the trace starts again. */
#include <string.h>
#include "bind/trace.h"

/* Appends the value to the list of what is still to be looked at, once. */
static bool visit(struct graph *g, uint8_t *seen, ref *list, int *n, ref v)
{
	if (!v || v >= g->value.n) return false;
	if (!seen[v]) seen[v] = 1, list[(*n)++] = v;
	return true;
}

static bool visit_all(struct graph *g, uint8_t *seen, ref *list, int *n, const ref *v, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!visit(g, seen, list, n, v[i])) return false;
	return true;
}

/* The value number j that a loop carries: what it starts with, what a trip makes of it, and the condition, which
   decides how many trips there are. */
static bool visit_carried(struct graph *g, uint8_t *seen, ref *list, int *n, const struct node *loop, uint32_t j)
{
	const struct region *before = &g->region.at[loop->sub[0]], *after = &g->region.at[loop->sub[1]];
	return visit(g, seen, list, n, node_in(g, loop, j)) && visit(g, seen, list, n, before->yields.at[0]) &&
	       visit(g, seen, list, n, before->yields.at[j + 1]) &&
	       (after->dead || visit(g, seen, list, n, after->yields.at[j]));
}

static uint32_t number_of_param(const struct graph *g, uint32_t region, ref v)
{
	const struct region *r = &g->region.at[region];
	uint32_t j = 0;
	while (r->params.at[j] != v) j++;
	return j;
}

/* What the value is made of goes to the list; false when it is more than operations on Lua numbers. */
static bool visit_sources(struct graph *g, uint8_t *seen, ref *list, int *n, ref v)
{
	const struct node *node = graph_node_of(g, v);
	if (node->op == OP_param && node->region != 1) { /* of a loop that is complete */
		const struct node *owner = &g->node.at[g->region.at[node->region].owner];
		return visit_carried(g, seen, list, n, owner, number_of_param(g, node->region, v));
	}
	if (node->op == OP_while) return visit_carried(g, seen, list, n, node, g->value.at[v].index);
	if (node->op == OP_if) {
		bool ok = visit(g, seen, list, n, node_in(g, node, 0));
		for (int k = 0; k < 2; k++) {
			const struct region *r = &g->region.at[node->sub[k]];
			ok = ok && (r->dead || visit(g, seen, list, n, r->yields.at[g->value.at[v].index]));
		}
		return ok;
	}
	if (node->op == OP_call) {
		const struct region *r = &g->region.at[g->func.at[node_attr(g, node, 0)]];
		uint32_t i = g->value.at[v].index;
		return (i >= r->yields.n || visit(g, seen, list, n, r->yields.at[i])) &&
		       visit_all(g, seen, list, n, g->edge.at + node->in, node->nin);
	}
	/* the length does not hang on the elements */
	if (node->op == OP_list_len || node->op == OP_list_push) return visit(g, seen, list, n, node_in(g, node, 0));
	if (node->op == OP_list_set) return visit_all(g, seen, list, n, g->edge.at + node->in, 2);
	if (!(op_info[node->op].flags & OF_LUA) && node->op != OP_const && node->op != OP_undef &&
	    node->op != OP_list_new && node->op != OP_list_pop)
		return false;
	return visit_all(g, seen, list, n, g->edge.at + node->in, node->nin);
}

/* A value that a loop carries: a parameter of its regions, or what it gives. */
static bool of_loop(const struct graph *g, ref v)
{
	const struct node *node = graph_node_of(g, v);
	return node->op == OP_while || (node->op == OP_param && node->region != 1);
}

static bool of_open_loop(const struct graph *g, ref v)
{
	return of_loop(g, v) && graph_node_of(g, v)->op == OP_param && !g->region.at[graph_node_of(g, v)->region].owner;
}

/* inputs_of(handle [, lengths]) -> {number of an input, ...}, {value, ...}, {number of an unknown length, ...}: the
   inputs that a number or boolean is made of and, negative, the parameters of loops that are open still; then the
   values on the way that loops carry; then the lengths, if they are asked for. nil when it is made of anything but
   those. */
static int l_inputs_of(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = c->trace;
	struct graph *g = t->g;
	struct sym *s = trace_sym(L, c, 1);
	bool any_length = lua_toboolean(L, 2);
	int n = 0, found = 0, carried = 0, lengths = 0;
	if (!t || !s) return 0;
	trace_check(L, c, s->serial);
	uint8_t *seen = lua_newuserdatauv(L, g->value.n, 0);
	ref *list = lua_newuserdatauv(L, g->value.n * sizeof *list, 0);
	memset(seen, 0, g->value.n);
	for (int i = 0; i < 3; i++) lua_newtable(L);
	int inputs = lua_gettop(L) - 2;
	bool ok = visit(g, seen, list, &n, s->ref);
	for (int i = 0; ok && i < n; i++) {
		uint32_t k = 0;
		while (k < t->used && t->input[k] != list[i]) k++;
		if (k < t->used) {
			ok = graph_type(g, list[i])->kind != K_TENSOR;
			lua_pushinteger(L, k + 1);
			lua_rawseti(L, inputs, ++found);
			continue;
		}
		const struct node *node = graph_node_of(g, list[i]);
		if (node->op == OP_length && any_length) {
			lua_pushinteger(L, length_parts(node_attr(g, node, 0)).number + 1);
			lua_rawseti(L, inputs + 2, ++lengths);
			continue;
		}
		if (of_loop(g, list[i])) {
			lua_pushinteger(L, list[i]);
			lua_rawseti(L, inputs + 1, ++carried);
		}
		if (of_open_loop(g, list[i])) {
			lua_pushinteger(L, -(lua_Integer)list[i]);
			lua_rawseti(L, inputs, ++found);
		} else {
			ok = visit_sources(g, seen, list, &n, list[i]);
		}
	}
	return ok ? 3 : 0;
}

/* is_input(v): is it a value from outside as it is? */
static int l_is_input(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct node *n = graph_node_of(c->trace->g, trace_ref(L, c, 1));
	lua_pushboolean(L, n->op == OP_param && n->region == 1);
	return 1;
}

/* ref_of(v) -> the number of a handle's value in the graph */
static int l_ref_of(lua_State *L)
{
	moon_context *c = bind_self(L);
	lua_pushinteger(L, trace_ref(L, c, 1));
	return 1;
}

/* is_next(a, b): is a known to be the integer b + 1? Either may be plain. */
static int l_is_next(lua_State *L)
{
	moon_context *c = bind_self(L);
	ref a = trace_ref(L, c, 1), b = trace_ref(L, c, 2);
	struct graph *g = c->trace->g;
	const struct node *n = graph_node_of(g, a);
	bool is = false;
	for (uint32_t i = 0; n->op == OP_iadd && i < 2; i++) {
		union word w;
		is |= node_in(g, n, i) == b && graph_is_const(g, node_in(g, n, 1 - i), &w) && w.i == 1;
	}
	lua_pushboolean(L, is);
	return 1;
}

/* negated(v) -> the condition whose negation v is, or nil */
static int l_negated(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct sym *s = trace_sym(L, c, 1);
	if (!s || s->kind != K_BOOL) return 0;
	struct graph *g = c->trace->g;
	const struct node *n = graph_node_of(g, trace_ref(L, c, 1));
	if (n->op != OP_bnot1) return 0;
	trace_push(L, c, node_in(g, n, 0));
	return 1;
}

void trace_open_depend(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "inputs_of", l_inputs_of);
	bind_reg(L, c, "is_input", l_is_input);
	bind_reg(L, c, "ref_of", l_ref_of);
	bind_reg(L, c, "is_next", l_is_next);
	bind_reg(L, c, "negated", l_negated);
}
