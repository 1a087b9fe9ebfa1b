/* Values of libraries that overload control flow (lua/overload.lua): userdata with a metatable of
   the library's own and a payload, their user value. core.value, core.payload; and the order of such
   values in code in eager form, where `<` asks __lt: the event put there asks __less. */
#include "bind/eager.h"
#include "bind/context.h"
#include <string.h>

/* What an own userdata begins with: told from others by its address here. */
static const char brand;
struct holder {
	const char *brand;
};

static bool is_value(lua_State *L, int idx)
{
	if (lua_type(L, idx) != LUA_TUSERDATA || lua_rawlen(L, idx) != sizeof(struct holder)) return false;
	const struct holder *v = lua_touserdata(L, idx);
	return v->brand == &brand;
}

/* value(metatable, payload) -> the value */
static int l_value(lua_State *L)
{
	lua_settop(L, 2);
	struct holder *v = lua_newuserdatauv(L, sizeof *v, 1);
	v->brand = &brand;
	lua_insert(L, 1);
	lua_setiuservalue(L, 1, 1);
	lua_setmetatable(L, 1);
	eager_overloaded(L, bind_self(L));
	return 1;
}

/* payload(v) -> true, the payload; false when v is no such value */
static int l_payload(lua_State *L)
{
	bool found = is_value(L, 1);
	lua_pushboolean(L, found);
	if (!found) return 1;
	lua_getiuservalue(L, 1, 1);
	return 2;
}

/* __lt and __le of a metatable that has __less or __lesseq, the event's name in upvalue 2. What the event gives is
   taken by edited code as the mask of tensors is; other code gets its truth. */
static int l_order(lua_State *L)
{
	moon_context *c = bind_self(L);
	const char *event = lua_tostring(L, lua_upvalueindex(2));
	lua_settop(L, 2);
	if (luaL_getmetafield(L, 1, event) == LUA_TNIL && luaL_getmetafield(L, 2, event) == LUA_TNIL)
		bind_error(L, "attempt to compare values whose metatable has no %s", event);
	lua_insert(L, 1);
	lua_call(L, 2, 1);
	return eager_give_order(L, c);
}

/* order_event(name) -> a function for __lt or __le */
static int l_order_event(lua_State *L)
{
	lua_pushlightuserdata(L, bind_self(L));
	lua_pushvalue(L, 1);
	lua_pushcclosure(L, l_order, 2);
	return 1;
}

void bind_open_overload(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "value", l_value);
	bind_reg(L, c, "payload", l_payload);
	bind_reg(L, c, "order_event", l_order_event);
}
