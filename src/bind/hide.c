/* What debug.* shows of an edited function is what stock would show: the upvalues that edits
   and the loader added have no index. Hooks may run between a comparison and the taking of its
   mask or operands, so these are put away while they run and restored after. */
#include "bind/auto.h"
#include "bind/eager.h"

enum { NO_UPVALUE = 256 };

bool hide_is_cell(lua_State *L, moon_context *c, const void *id)
{
	bool found = false;
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->eager_cells);
	for (int i = 1; i <= EAGER_CELLS && !found; i++) found = lua_upvalueid(L, -1, i) == id;
	lua_pop(L, 1);
	return found;
}

static bool is_context(lua_State *L, moon_context *c, int f, int n)
{
	if (!lua_getupvalue(L, f, n)) return false;
	bool found = lua_islightuserdata(L, -1) && lua_touserdata(L, -1) == c;
	lua_pop(L, 1);
	return found;
}

static int count_upvalues(lua_State *L, int f)
{
	int n = 0;
	while (lua_getupvalue(L, f, n + 1)) {
		lua_pop(L, 1);
		n++;
	}
	return n;
}

/* The same for a C function. One of ours has the context first; a replacement has the stock function's
   upvalue, the context and the stock function. The context would be a pointer to anything if it could be set. */
static int see_c(lua_State *L, moon_context *c, int f, lua_Integer n)
{
	if (is_context(L, c, f, 1)) return n ? (n < NO_UPVALUE ? (int)n + 1 : NO_UPVALUE) : 1;
	if (!is_context(L, c, f, 2)) return n ? (n > NO_UPVALUE || n < 0 ? NO_UPVALUE : (int)n) : 0;
	lua_getupvalue(L, f, 3);
	int shown = count_upvalues(L, lua_gettop(L)) > 0;
	lua_pop(L, 1);
	return n ? (n <= shown ? (int)n : NO_UPVALUE) : count_upvalues(L, f) - shown;
}

/* For the function at f: the index of its n-th upvalue of the user's (n > 0; NO_UPVALUE when it
   has fewer), or how many the user does not see (n = 0). */
static int see(lua_State *L, moon_context *c, int f, lua_Integer n)
{
	int last, hidden = 0;
	uint32_t ordinal;
	if (lua_iscfunction(L, f)) return see_c(L, c, f, n);
	if (!load_mark(L, f, &last, &ordinal)) return n ? (int)(n > NO_UPVALUE || n < 0 ? NO_UPVALUE : n) : 0;
	int record = lua_gettop(L), found = 0;
	for (int i = 1; i < last && !found; i++) {
		if (hide_is_cell(L, c, lua_upvalueid(L, f, i)) || auto_is_table(L, record, f, i)) hidden++;
		else if (n && i - hidden == n) found = i;
	}
	lua_pop(L, 1);
	if (found) return found;
	return n ? NO_UPVALUE : hidden + 1;
}

static void map_index(lua_State *L, int f, int n)
{
	if (lua_type(L, f) != LUA_TFUNCTION || !lua_isinteger(L, n)) return;
	lua_Integer i = lua_tointeger(L, n);
	if (i < 1) return;
	lua_pushinteger(L, see(L, eager_context(L), f, i));
	lua_replace(L, n);
}

static int l_upvalue(lua_State *L)
{
	map_index(L, 1, 2);
	return eager_stock(L);
}

static int l_join(lua_State *L)
{
	map_index(L, 1, 2);
	map_index(L, 3, 4);
	eager_context(L)->joins++;
	return eager_stock(L);
}

static int l_getinfo(lua_State *L)
{
	lua_Debug ar;
	lua_State *L1 = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
	int arg = L1 == L && !lua_isthread(L, 1) ? 1 : 2, hidden = 0;
	if (lua_isfunction(L, arg)) hidden = see(L, eager_context(L), arg, 0);
	else if (lua_isinteger(L, arg) && lua_tointeger(L, arg) >= 0 && lua_tointeger(L, arg) < 1000000 &&
	         lua_checkstack(L1, 4) && lua_getstack(L1, (int)lua_tointeger(L, arg), &ar)) {
		lua_getinfo(L1, "f", &ar);
		lua_xmove(L1, L, 1);
		hidden = see(L, eager_context(L), lua_gettop(L), 0);
		lua_pop(L, 1);
	}
	int n = eager_stock(L);
	if (hidden && lua_istable(L, -1) && lua_getfield(L, -1, "nups") == LUA_TNUMBER) {
		lua_pushinteger(L, lua_tointeger(L, -1) - hidden);
		lua_setfield(L, -3, "nups");
		lua_pop(L, 1);
	} else if (hidden && n && !lua_istable(L, -1)) lua_pop(L, 1);
	return n;
}

/* Stock's hook function, kept in the registry. */
static const char hook_key;

/* A call or return of a function that only edits mention. */
static bool calls_helper(lua_State *L, lua_Debug *ar)
{
	if (ar->event == LUA_HOOKLINE || ar->event == LUA_HOOKCOUNT) return false;
	lua_getinfo(L, "f", ar);
	lua_CFunction f = lua_tocfunction(L, -1);
	lua_pop(L, 1);
	return f && eager_is_helper(f);
}

static void hook(lua_State *L, lua_Debug *ar)
{
	static const enum eager_name kept[] = {EAGER_STASH, EAGER_PENDING, EAGER_LEFT, EAGER_RIGHT};
	enum { KEPT = COUNT_OF(kept) };
	luaL_checkstack(L, 12, "hook");
	lua_rawgetp(L, LUA_REGISTRYINDEX, &hook_key);
	moon_context *c = NULL;
	lua_Hook stock = NULL;
	if (lua_istable(L, -1)) {
		lua_rawgeti(L, -1, 1);
		lua_rawgeti(L, -2, 2);
		c = lua_touserdata(L, -2);
		stock = (lua_Hook)(uintptr_t)lua_touserdata(L, -1);
		lua_pop(L, 2);
	}
	lua_pop(L, 1);
	if (!stock || calls_helper(L, ar)) return;
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->eager_cells);
	int cells = lua_gettop(L);
	lua_getupvalue(L, cells, EAGER_STASH + 1);
	bool pending = c->eager_pending, masked = lua_toboolean(L, -1);
	lua_pop(L, 1);
	if (!masked && !pending) {
		lua_pop(L, 1);
		stock(L, ar);
		return;
	}
	for (int i = 0; i < KEPT; i++) lua_getupvalue(L, cells, kept[i] + 1);
	lua_pushboolean(L, 0);
	lua_setupvalue(L, cells, EAGER_STASH + 1);
	lua_pushboolean(L, 0);
	lua_setupvalue(L, cells, EAGER_PENDING + 1);
	c->eager_pending = false;
	stock(L, ar); /* when it raises, the comparison is off and the cells stay empty */
	lua_settop(L, cells + KEPT);
	for (int i = KEPT; i-- > 0;) lua_setupvalue(L, cells, kept[i] + 1);
	c->eager_pending = pending;
	lua_pop(L, 1);
}

static int l_sethook(lua_State *L)
{
	lua_State *L1 = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
	int n = eager_stock(L);
	lua_Hook stock = lua_gethook(L1);
	if (!stock || stock == hook) return n;
	lua_createtable(L, 2, 0);
	lua_pushlightuserdata(L, eager_context(L));
	lua_rawseti(L, -2, 1);
	lua_pushlightuserdata(L, (void *)(uintptr_t)stock);
	lua_rawseti(L, -2, 2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &hook_key);
	lua_sethook(L1, hook, lua_gethookmask(L1), lua_gethookcount(L1));
	return n;
}

static int l_gethook(lua_State *L)
{
	lua_State *L1 = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
	if (lua_gethook(L1) != hook) return eager_stock(L);
	int mask = lua_gethookmask(L1), count = lua_gethookcount(L1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &hook_key);
	lua_rawgeti(L, -1, 2);
	lua_Hook stock = (lua_Hook)(uintptr_t)lua_touserdata(L, -1);
	lua_pop(L, 2);
	lua_sethook(L1, stock, mask, count);
	int n = eager_stock(L);
	lua_sethook(L1, hook, mask, count);
	return n;
}

void hide_open(lua_State *L, moon_context *c)
{
	eager_replace(L, c, "debug", "getupvalue", l_upvalue);
	eager_replace(L, c, "debug", "setupvalue", l_upvalue);
	eager_replace(L, c, "debug", "upvalueid", l_upvalue);
	eager_replace(L, c, "debug", "upvaluejoin", l_join);
	eager_replace(L, c, "debug", "getinfo", l_getinfo);
	eager_replace(L, c, "debug", "sethook", l_sethook);
	eager_replace(L, c, "debug", "gethook", l_gethook);
}
