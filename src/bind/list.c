/* Lists in a trace: what the prelude (lua/lists.lua) makes of a table that grows in a staged loop. */
#include <stdio.h>
#include <string.h>
#include "bind/trace.h"

int list_spec(lua_State *L, moon_context *c, const struct type *t)
{
	struct buf b;
	buf_init(&b, &c->mem);
	type_put(&b, t);
	bool bad = b.bad;
	if (!bad) lua_pushlstring(L, b.s, b.n);
	buf_free(&b);
	if (bad) bind_error(L, "not enough memory");
	return 1;
}

/* list_new(like) -> an empty list of such elements; of a list, one like it. nil when there are no such lists. */
static int l_list_new(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct type t;
	int64_t attr[2 + MAX_RANK] = {0};
	trace_type(L, c, 1, &t);
	if (t.kind == K_LIST) t = type_elem(&t);
	if (t.kind == K_NONE || t.rank == MAX_RANK || type_unknown(&t)) return 0;
	attr[0] = t.kind, attr[1] = t.dtype;
	memcpy(attr + 2, t.dim, t.rank * sizeof *attr);
	trace_push(L, c, trace_emit(L, c, OP_list_new, NULL, 0, attr, 2 + t.rank));
	return 1;
}

/* list_elem(list) -> spec of its elements */
static int l_list_elem(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct type t;
	trace_type(L, c, 1, &t);
	t = type_elem(&t);
	return list_spec(L, c, &t);
}

/* list_rank(list) -> that of its tensors; nil: its elements are none */
static int l_list_rank(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct type t;
	if (lua_type(L, 1) != LUA_TUSERDATA) return 0;
	trace_type(L, c, 1, &t);
	if (t.kind != K_LIST || t.elem != K_TENSOR) return 0;
	lua_pushinteger(L, t.rank);
	return 1;
}

/* list(name, list, ...): a node of the op list_<name> */
static int l_list(lua_State *L)
{
	moon_context *c = bind_self(L);
	char name[40];
	ref in[3];
	lua_Unsigned n = (lua_Unsigned)lua_gettop(L) - 1;
	snprintf(name, sizeof name, "list_%s", luaL_checkstring(L, 1));
	int op = op_find(name);
	if (op == OP_COUNT || n > COUNT_OF(in)) bind_error(L, "internal: no such op");
	for (lua_Unsigned i = 0; i < n; i++) in[i] = trace_ref(L, c, (int)i + 2);
	trace_push(L, c, trace_emit(L, c, (enum op)op, in, (int)n, NULL, 0));
	return 1;
}

/* list_stack(list, length, number or nil, joined): its tensors in a row, as many as `length`: now, when it has a number
   as an unknown one */
static int l_list_stack(lua_State *L)
{
	moon_context *c = bind_self(L);
	int64_t attr[2] = {lua_tointeger(L, 2), lua_toboolean(L, 4)};
	ref list = trace_ref(L, c, 1);
	if (!lua_isnil(L, 3)) attr[0] = trace_new_length(c->trace, (int)lua_tointeger(L, 3), attr[0]);
	trace_push(L, c, trace_emit(L, c, OP_list_stack, &list, 1, attr, 2));
	return 1;
}

void list_open_bind(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "list_new", l_list_new);
	bind_reg(L, c, "list_elem", l_list_elem);
	bind_reg(L, c, "list", l_list);
	bind_reg(L, c, "list_rank", l_list_rank);
	bind_reg(L, c, "list_stack", l_list_stack);
	lua_newtable(L);
	lua_pushliteral(L, "list");
	lua_setfield(L, -2, "__name");
	c->symlist_meta = lua_topointer(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, c->symlist_meta);
}
