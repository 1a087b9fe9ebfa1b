/* Functions made anew from the text of their chunk, for those that a staged call makes and that outlive it: in eager
   form, with the lines, names and dump of the ones that the eager run makes. */
#include "bind/context.h"
#include "bind/auto.h"
#include "bind/eager.h"
#include "bind/bytecode.h"
#include <string.h>

enum { MAIN = 1, FIRST = 2 }; /* what a record keeps: its chunk's function; from FIRST on, dumps by ordinal */

/* Pushes what the record at 1 keeps. */
static void push_kept(lua_State *L, moon_context *c)
{
	if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE) return;
	lua_pop(L, 1);
	lua_newtable(L);
	int kept = lua_gettop(L);
	if (load_compile(L, c, 1, NULL) != LUA_OK) lua_error(L);
	lua_rawseti(L, kept, MAIN);
	lua_pushvalue(L, kept);
	lua_setiuservalue(L, 1, 1);
}

/* Pushes the dump of a function; what the record keeps is at `kept`. */
static void push_dump(lua_State *L, moon_context *c, int kept, lua_Integer ordinal)
{
	if (lua_rawgeti(L, kept, FIRST + ordinal) == LUA_TSTRING) return;
	lua_pop(L, 1);
	struct load_box *whole = load_push_box(L, c), *part = load_push_box(L, c);
	lua_rawgeti(L, kept, MAIN);
	lua_dump(L, load_write_box, whole, 0);
	lua_pop(L, 1);
	if (whole->b.bad || !bytecode_extract(whole->b.s, whole->b.n, (uint32_t)ordinal, &part->b))
		bind_error(L, "not enough memory");
	lua_pushlstring(L, part->b.s, part->b.n);
	buf_free(&whole->b);
	buf_free(&part->b);
	lua_replace(L, -3);
	lua_pop(L, 1);
	lua_pushvalue(L, -1);
	lua_rawseti(L, kept, FIRST + ordinal);
}

/* The upvalue of the chunk's function at f that an edit added under this name, or 0. */
static int cell_of(lua_State *L, moon_context *c, int f, const char *name)
{
	const char *other;
	for (int i = 1; (other = lua_getupvalue(L, f, i)) != NULL; i++) {
		lua_pop(L, 1);
		if (!strcmp(name, other) && (hide_is_cell(L, c, lua_upvalueid(L, f, i)) || auto_is_table(L, 1, f, i)))
			return i;
	}
	return 0;
}

/* remake(record, ordinal[, names]) -> a new function; its variables are nil and nobody else's. names: a table that gets
   the numbers of the upvalues that are the user's, by their names. */
static int l_remake(lua_State *L)
{
	moon_context *c = bind_self(L);
	lua_Integer ordinal = lua_tointeger(L, 2);
	const char *chunk, *name;
	size_t n;
	uint32_t unused;
	int mark = 0;
	lua_settop(L, 3);
	luaL_checkstack(L, LUA_MINSTACK, "a function made anew");
	push_kept(L, c);
	push_dump(L, c, 4, ordinal);
	lua_rawgeti(L, 4, MAIN);
	load_record_text(L, 1, &chunk, &n);
	const char *dump = lua_tolstring(L, 5, &n);
	if (luaL_loadbufferx(L, dump, n, chunk, "b") != LUA_OK) lua_error(L);
	/* without its record the mark is no mark yet */
	for (int i = 1; (name = lua_getupvalue(L, 7, i)) != NULL; i++) {
		int cell = cell_of(L, c, 6, name);
		lua_pop(L, 1);
		if (cell) lua_upvaluejoin(L, 7, i, 6, cell);
		else if (*name == '(') mark = i;
		else if (lua_istable(L, 3)) {
			lua_pushinteger(L, i);
			lua_setfield(L, 3, name);
		}
	}
	if (mark && load_mark(L, 6, &(int){0}, &unused)) lua_setupvalue(L, 7, mark);
	lua_settop(L, 7);
	return 1;
}

void bind_open_remake(lua_State *L, moon_context *c) { bind_reg(L, c, "remake", l_remake); }
