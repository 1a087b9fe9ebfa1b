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

/* What the value is made of goes to the list; false when it is more than operations on Lua numbers. */
static bool visit_sources(struct graph *g, uint8_t *seen, ref *list, int *n, ref v)
{
	const struct node *node = graph_node_of(g, v);
	bool ok = true;
	if (node->op == OP_param && node->region != 1) { /* of a loop that is complete: what it starts with */
		uint32_t owner = g->region.at[node->region].owner;
		return visit_all(g, seen, list, n, g->edge.at + g->node.at[owner].in, g->node.at[owner].nin);
	}
	if (node->op == OP_if || node->op == OP_while) {
		for (int k = 0; k < 2; k++) {
			const struct region *r = &g->region.at[node->sub[k]];
			ok = ok && visit_all(g, seen, list, n, r->yields.at, r->yields.n);
		}
	} else if (!(op_info[node->op].flags & OF_LUA) && node->op != OP_const && node->op != OP_undef) {
		return false;
	}
	return ok && visit_all(g, seen, list, n, g->edge.at + node->in, node->nin);
}

static bool of_open_loop(const struct graph *g, ref v)
{
	const struct node *node = graph_node_of(g, v);
	return node->op == OP_param && node->region != 1 && !g->region.at[node->region].owner;
}

/* inputs_of(handle) -> {number of an input, ...}: those a number or boolean is made of and, negative, the parameters of
   loops that are open still; nil when it is made of anything but numbers. */
static int l_inputs_of(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = c->trace;
	struct graph *g = t->g;
	struct sym *s = trace_sym(L, c, 1);
	int n = 0, found = 0;
	if (!t || !s) return 0;
	trace_check(L, c, s->serial);
	uint8_t *seen = lua_newuserdatauv(L, g->value.n, 0);
	ref *list = lua_newuserdatauv(L, g->value.n * sizeof *list, 0);
	memset(seen, 0, g->value.n);
	lua_newtable(L);
	bool ok = visit(g, seen, list, &n, s->ref);
	for (int i = 0; ok && i < n; i++) {
		uint32_t k = 0;
		while (k < t->used && t->input[k] != list[i]) k++;
		if (k == t->used && of_open_loop(g, list[i])) {
			lua_pushinteger(L, -(lua_Integer)list[i]);
			lua_rawseti(L, -2, ++found);
			continue;
		}
		if (k == t->used) {
			ok = visit_sources(g, seen, list, &n, list[i]);
			continue;
		}
		ok = graph_type(g, list[i])->kind != K_TENSOR;
		lua_pushinteger(L, k + 1);
		lua_rawseti(L, -2, ++found);
	}
	return ok ? 1 : 0;
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

void trace_open_depend(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "inputs_of", l_inputs_of);
	bind_reg(L, c, "is_input", l_is_input);
	bind_reg(L, c, "ref_of", l_ref_of);
	bind_reg(L, c, "is_next", l_is_next);
}
