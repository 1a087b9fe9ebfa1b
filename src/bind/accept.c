/* Stock functions that meet tensors: assert and table.sort apply the truth rule; math.*,
   string.format and tonumber take one-element tensors, ipairs any. Without a userdata among the
   arguments the stock function runs in the replacement's own frame, so its messages are stock's. */
#include "bind/eager.h"
#include "bind/trace.h"
#include <string.h>

static int l_assert(lua_State *L)
{
	moon_context *c = eager_context(L);
	if (lua_type(L, 1) == LUA_TUSERDATA && eager_is_overloaded(L, c, 1)) {
		struct tbox *b = bind_tensor(L, c, 1);
		if (b ? b->ref && b->t.dtype == BOOL : trace_sym(L, c, 1) != NULL)
			trace_unsupported(L, c, "assert of a symbolic value in code that is not staged");
		if (!(b ? bind_truth(L, c, 1) : eager_truth(L, c, 1))) {
			lua_pushboolean(L, 0);
			lua_replace(L, 1);
		}
	}
	return eager_stock(L);
}

/* Every tensor among the arguments becomes its number. Upvalue 4: the function's name. */
static int l_numbers(lua_State *L)
{
	for (int i = lua_gettop(L); i > 0; i--)
		if (lua_type(L, i) == LUA_TUSERDATA)
			eager_number(L, eager_context(L), i, lua_tostring(L, lua_upvalueindex(4)));
	return eager_stock(L);
}

/* string.format: only where the format asks for a number; %s prints a tensor. */
static int l_format(lua_State *L)
{
	int top = lua_gettop(L), i = 1;
	bool any = false;
	for (int k = 2; k <= top && !any; k++) any = lua_type(L, k) == LUA_TUSERDATA;
	const char *s = any ? lua_tostring(L, 1) : NULL;
	for (; s && *s; s++) {
		if (*s != '%') continue;
		if (*++s == '%') continue;
		s += strspn(s, "-+ #0123456789.");
		if (!*s) break;
		if (++i <= top && strchr("diuoxXcaAeEfFgG", *s) && lua_type(L, i) == LUA_TUSERDATA)
			eager_number(L, eager_context(L), i, "string.format");
	}
	return eager_stock(L);
}

static int l_next_row(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, 2) + 1;
	if (i > lua_tointeger(L, lua_upvalueindex(1))) return 0;
	lua_pushinteger(L, i);
	lua_geti(L, 1, i);
	return 2;
}

static int l_ipairs(lua_State *L)
{
	moon_context *c = eager_context(L);
	struct tbox *b = lua_type(L, 1) == LUA_TUSERDATA ? bind_tensor(L, c, 1) : NULL;
	if (!b) return eager_stock(L);
	if (!b->t.rank) bind_error(L, "ipairs: a tensor of rank 0 has no rows");
	lua_pushinteger(L, b->t.dim[0]);
	lua_pushcclosure(L, l_next_row, 1);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	return 3;
}

/* table NULL: a global. */
static void numbers(lua_State *L, moon_context *c, const char *table, const char *name)
{
	int top = lua_gettop(L);
	lua_pushglobaltable(L);
	if (table) lua_getfield(L, -1, table);
	int t = lua_gettop(L);
	if (lua_istable(L, t) && lua_getfield(L, t, name) == LUA_TFUNCTION && lua_iscfunction(L, -1)) {
		if (!lua_getupvalue(L, t + 1, 1)) lua_pushnil(L);
		lua_pushlightuserdata(L, c);
		lua_pushvalue(L, t + 1);
		lua_pushfstring(L, "%s%s%s", table ? table : "", table ? "." : "", name);
		lua_pushcclosure(L, l_numbers, 4);
		lua_setfield(L, t, name);
	}
	lua_settop(L, top);
}

void accept_open(lua_State *L, moon_context *c)
{
	static const char *const maths[] = {"abs",  "ceil", "cos",   "deg",   "exp",    "tointeger",  "floor", "fmod",
	                                    "ult",  "log",  "max",   "min",   "modf",   "rad",        "sin",   "sqrt",
	                                    "tan",  "asin", "acos",  "atan",  "random", "randomseed", "pow",   "cosh",
	                                    "sinh", "tanh", "log10", "frexp", "ldexp"};
	eager_replace(L, c, NULL, "assert", l_assert);
	eager_replace(L, c, NULL, "ipairs", l_ipairs);
	eager_replace(L, c, "string", "format", l_format);
	for (size_t i = 0; i < COUNT_OF(maths); i++) numbers(L, c, "math", maths[i]);
	numbers(L, c, NULL, "tonumber");
	sort_open(L, c);
}
