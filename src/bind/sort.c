/* table.sort with the truth rule: a comparison of tensors, or what the user's order function
   returns, counts by the truth rule. The quicksort of Lua's own library (median of three, smaller part
   by recursion), so that the same calls are made in the same order; its random pivot for badly
   unbalanced large parts is replaced by a fixed one. luaL_error: the position is stock's. */
#include "bind/eager.h"
#include <limits.h>

enum { LARGE = 100 };
#define UNBALANCED 0x9E3779B97F4A7C15u

/* The truth of a[i] < a[j], or of the order function's answer, for the values at two indices. */
static bool less(lua_State *L, moon_context *c, int a, int b)
{
	a = lua_absindex(L, a);
	b = lua_absindex(L, b);
	if (!lua_isnil(L, 2)) {
		lua_pushvalue(L, 2);
		lua_pushvalue(L, a);
		lua_pushvalue(L, b);
		lua_call(L, 2, 1);
	} else if (bind_tensor(L, c, a) || bind_tensor(L, c, b)) {
		struct arg in[2];
		if (c->trace) trace_unsupported(L, c, "table.sort of tensors in code that is not staged");
		if (!bind_operand(L, c, a, &in[0]) || !bind_operand(L, c, b, &in[1]))
			bind_error(L, "attempt to compare %s with %s", luaL_typename(L, a), luaL_typename(L, b));
		bind_promote(in, 2);
		bind_apply(L, c, OP_lt, in, 2, NULL, 0);
	} else return lua_compare(L, a, b, LUA_OPLT);
	int top = lua_gettop(L);
	bool yes = bind_tensor(L, c, top) ? bind_truth(L, c, top) : eager_truth(L, c, top);
	lua_pop(L, 1);
	return yes;
}

/* a[i] = top, a[j] = the one below; pops both. */
static void set2(lua_State *L, lua_Unsigned i, lua_Unsigned j)
{
	lua_seti(L, 1, (lua_Integer)i);
	lua_seti(L, 1, (lua_Integer)j);
}

/* Puts the larger of a[i], a[j] behind (i < j). */
static void order(lua_State *L, moon_context *c, lua_Unsigned i, lua_Unsigned j)
{
	lua_geti(L, 1, (lua_Integer)i);
	lua_geti(L, 1, (lua_Integer)j);
	if (less(L, c, -1, -2)) set2(L, i, j);
	else lua_pop(L, 2);
}

/* a[up - 1] is the pivot, also at the top of the stack; returns where it ends up. */
static lua_Unsigned partition(lua_State *L, moon_context *c, lua_Unsigned lo, lua_Unsigned up)
{
	lua_Unsigned i = lo, j = up - 1;
	for (;;) {
		while (lua_geti(L, 1, (lua_Integer)++i), less(L, c, -1, -2)) {
			if (i == up - 1) luaL_error(L, "invalid order function for sorting");
			lua_pop(L, 1);
		}
		while (lua_geti(L, 1, (lua_Integer)--j), less(L, c, -3, -1)) {
			if (j < i) luaL_error(L, "invalid order function for sorting");
			lua_pop(L, 1);
		}
		if (j < i) {
			lua_pop(L, 1);
			set2(L, up - 1, i);
			return i;
		}
		set2(L, i, j);
	}
}

static void sort(lua_State *L, moon_context *c, lua_Unsigned lo, lua_Unsigned up, lua_Unsigned off)
{
	while (lo < up) {
		order(L, c, lo, up);
		if (up - lo == 1) return;
		lua_Unsigned quarter = (up - lo) / 4, part;
		lua_Unsigned p = off && up - lo >= LARGE ? lo + quarter + off % (quarter * 2) : (lo + up) / 2;
		lua_geti(L, 1, (lua_Integer)p);
		lua_geti(L, 1, (lua_Integer)lo);
		if (less(L, c, -2, -1)) set2(L, p, lo);
		else {
			lua_pop(L, 1);
			lua_geti(L, 1, (lua_Integer)up);
			if (less(L, c, -1, -2)) set2(L, p, up);
			else lua_pop(L, 2);
		}
		if (up - lo == 2) return;
		lua_geti(L, 1, (lua_Integer)p);
		lua_pushvalue(L, -1);
		lua_geti(L, 1, (lua_Integer)(up - 1));
		set2(L, p, up - 1);
		p = partition(L, c, lo, up);
		luaL_checkstack(L, 8, "sort");
		if (p - lo < up - p) {
			sort(L, c, lo, p - 1, off);
			part = p - lo;
			lo = p + 1;
		} else {
			sort(L, c, p + 1, up, off);
			part = up - p;
			up = p - 1;
		}
		if (up > lo && (up - lo) / 128 > part) off = UNBALANCED;
	}
}

static int l_sort(lua_State *L)
{
	moon_context *c = eager_context(L);
	bool ordered = lua_isfunction(L, 2);
	if (!lua_istable(L, 1) || (!ordered && (!lua_isnoneornil(L, 2) || !c->overloaded))) return eager_stock(L);
	lua_Integer n = luaL_len(L, 1);
	if (n <= 1) return 0;
	if (n >= INT_MAX) return eager_stock(L);
	luaL_checkstack(L, 40, "sort");
	lua_settop(L, 2);
	sort(L, c, 1, (lua_Unsigned)n, 0);
	return 0;
}

void sort_open(lua_State *L, moon_context *c) { eager_replace(L, c, "table", "sort", l_sort); }
