/* The text of functions that stock Lua loaded: what their chunk's name says, the file or the text itself.
   A function is found in it by its bytes: the text is compiled again, and the function of the same lines whose
   dump is the function's own dump is the one. So a file that changed after it was loaded is found out. Such
   functions are not in eager form; staging reads their text as it reads any other. */
#include "bind/context.h"
#include "bind/eager.h"
#include "bind/bytecode.h"
#include "lang/ast.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Keys of the registry: function -> {record, ordinal}, with weak keys; source -> record, with weak values. */
static const char found_key, records_key;

static void push_weak(lua_State *L, const char *key, const char *mode)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TTABLE) return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushstring(L, mode);
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

static bool same_bytes(const struct buf *a, const struct buf *b) { return a->n == b->n && !memcmp(a->s, b->s, a->n); }

/* The ordinal of the function with this dump in the text of the record at idx, or -1. */
static int64_t match(lua_State *L, moon_context *c, int idx, const lua_Debug *ar, const struct load_box *dump)
{
	int top = lua_gettop(L);
	int64_t found = -1;
	size_t n;
	const char *name, *text = load_record_text(L, idx, &name, &n);
	if (luaL_loadbufferx(L, text, n, name, "t") == LUA_OK) {
		struct load_box *whole = load_push_box(L, c), *part = load_push_box(L, c);
		lua_pushvalue(L, top + 1);
		lua_dump(L, load_write_box, whole, 0);
		const struct chunk *chunk = bind_chunk(L, idx);
		bool main = !strcmp(ar->what, "main");
		for (uint32_t i = 0; chunk && !whole->b.bad && found < 0 && i < chunk->nfuncs; i++) {
			const struct func *f = chunk->func[i];
			if (main ? i > 0 : f->line != ar->linedefined || f->lastline != ar->lastlinedefined) continue;
			if (bytecode_extract(whole->b.s, whole->b.n, i, &part->b) && same_bytes(&part->b, &dump->b))
				found = i;
			buf_free(&part->b);
		}
		buf_free(&whole->b);
	}
	lua_settop(L, top);
	return found;
}

/* Pushes a record of the text that a source names; false: pushes why there is none. */
static bool push_text(lua_State *L, moon_context *c, const lua_Debug *ar)
{
	if (*ar->source == '=' || !ar->srclen) {
		lua_pushfstring(L, "its text is not known: stock Lua loaded it from %s", ar->short_src);
		return false;
	}
	if (*ar->source != '@') return load_push_record(L, c, ar->source, ar->source, ar->srclen);
	struct load_box *x = load_push_box(L, c);
	const char *what;
	if (!load_read_file(x, ar->source + 1, &what)) {
		const char *why = strerror(errno);
		lua_pushfstring(L, "its text is not known: cannot %s %s: %s", what, ar->source + 1, why);
		lua_remove(L, -2);
		return false;
	}
	if (x->b.bad) bind_error(L, "not enough memory");
	const char *s = x->b.s ? x->b.s : "";
	size_t n = x->b.n;
	load_skip_start(&s, &n);
	load_push_record(L, c, ar->source, s, n);
	buf_free(&x->b);
	lua_remove(L, -2);
	return true;
}

/* Keeps what was found for the function at f; the record at the top. */
static void remember(lua_State *L, int f, int64_t ordinal)
{
	int record = lua_gettop(L);
	push_weak(L, &found_key, "k");
	lua_pushvalue(L, f);
	lua_createtable(L, 2, 0);
	lua_pushvalue(L, record);
	lua_rawseti(L, -2, 1);
	lua_pushinteger(L, ordinal);
	lua_rawseti(L, -2, 2);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

static bool recall(lua_State *L, int f, int64_t *ordinal)
{
	push_weak(L, &found_key, "k");
	lua_pushvalue(L, f);
	bool known = lua_rawget(L, -2) == LUA_TTABLE;
	if (known) {
		lua_rawgeti(L, -1, 2);
		*ordinal = lua_tointeger(L, -1);
		lua_rawgeti(L, -2, 1);
	}
	return known;
}

/* Pushes the record of the text that has the function at f, which stock loaded; false: pushes why there is none. */
static bool search(lua_State *L, moon_context *c, int f, int64_t *ordinal)
{
	lua_Debug ar;
	lua_pushvalue(L, f);
	lua_getinfo(L, ">S", &ar);
	struct load_box *dump = load_push_box(L, c);
	lua_pushvalue(L, f);
	lua_dump(L, load_write_box, dump, 0);
	lua_pop(L, 1);
	if (dump->b.bad) bind_error(L, "not enough memory");
	push_weak(L, &records_key, "v");
	int records = lua_gettop(L);
	lua_pushlstring(L, ar.source, ar.srclen);
	lua_pushvalue(L, -1);
	if (lua_rawget(L, records) != LUA_TNIL) {
		*ordinal = match(L, c, records + 2, &ar, dump);
		if (*ordinal >= 0) return true;
	}
	lua_pop(L, 1);
	if (!push_text(L, c, &ar)) return false;
	*ordinal = match(L, c, records + 2, &ar, dump);
	if (*ordinal < 0) {
		lua_pushfstring(L, "its text is not known: %s does not hold it as it was loaded", ar.short_src);
		return false;
	}
	lua_pushvalue(L, records + 1);
	lua_pushvalue(L, records + 2);
	lua_rawset(L, records);
	return true;
}

bool origin_find(lua_State *L, moon_context *c, int f, uint32_t *ordinal)
{
	int base = lua_gettop(L);
	int64_t found = -1;
	f = lua_absindex(L, f);
	luaL_checkstack(L, 24, "finding the text of a function");
	bool known = recall(L, f, &found);
	if (!known) {
		lua_settop(L, base);
		known = search(L, c, f, &found);
		if (known) remember(L, f, found);
	}
	lua_replace(L, base + 1);
	lua_settop(L, base + 1);
	*ordinal = (uint32_t)found;
	return known;
}
