/* What an own Lua state has in place of stock functions: print and io.write go where the context's
   output goes, warn() goes to the error callback, and coroutine.resume and wrap note which
   coroutine runs, so that an interrupt finds it. Each behaves as the stock one otherwise. */
#include "bind/context.h"
#include <lualib.h>
#include <stdio.h>
#include <string.h>

/* ---- Output ---- */

static int l_print(lua_State *L)
{
	moon_context *c = bind_self(L);
	int n = lua_gettop(L);
	if (!c->output) {
		for (int i = 1; i <= n; i++) {
			size_t len;
			const char *s = luaL_tolstring(L, i, &len);
			if (i > 1) putc('\t', stdout);
			fwrite(s, 1, len, stdout);
			lua_pop(L, 1);
		}
		putc('\n', stdout);
		fflush(stdout);
		return 0;
	}
	luaL_Buffer b;
	for (int i = 1; i <= n; i++) {
		luaL_tolstring(L, i, NULL);
		lua_replace(L, i);
	}
	lua_settop(L, n);
	luaL_buffinit(L, &b);
	for (int i = 1; i <= n; i++) {
		if (i > 1) luaL_addchar(&b, '\t');
		lua_pushvalue(L, i);
		luaL_addvalue(&b);
	}
	luaL_addchar(&b, '\n');
	luaL_pushresult(&b);
	size_t len;
	const char *s = lua_tolstring(L, -1, &len);
	if (!c->output(c->output_ud, s, len)) return luaL_error(L, "output was refused");
	return 0;
}

static FILE *default_output(lua_State *L)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "_IO_output");
	luaL_Stream *p = lua_touserdata(L, -1);
	if (!p || !p->closef) luaL_error(L, "default output file is closed");
	return p->f;
}

static int l_write(lua_State *L)
{
	moon_context *c = bind_self(L);
	int n = lua_gettop(L);
	FILE *f = default_output(L); /* its handle is the result */
	bool ours = c->output && f == stdout, good = true;
	for (int i = 1; i <= n; i++) {
		char number[64];
		size_t len;
		const char *s = number;
		if (lua_type(L, i) == LUA_TNUMBER)
			len = (size_t)(lua_isinteger(L, i) ? snprintf(number, sizeof number, LUA_INTEGER_FMT,
			                                              (LUAI_UACINT)lua_tointeger(L, i))
			                                   : snprintf(number, sizeof number, LUA_NUMBER_FMT,
			                                              (LUAI_UACNUMBER)lua_tonumber(L, i)));
		else s = luaL_checklstring(L, i, &len);
		if (ours) {
			if (!c->output(c->output_ud, s, len)) return luaL_error(L, "output was refused");
		} else {
			good = fwrite(s, 1, len, f) == len && good;
		}
	}
	return good ? 1 : luaL_fileresult(L, 0, NULL);
}

/* Collects the pieces of a warning, as many as there is memory for. "@on" and "@off" alone switch warnings. */
static void warning(void *ud, const char *text, int more)
{
	struct more *m = more_of((moon_context *)ud);
	bool control = !m->warn_more && !more && *text == '@';
	m->warn_more = more;
	if (control) {
		if (!strcmp(text, "@on")) m->warn_on = true;
		if (!strcmp(text, "@off")) m->warn_on = false;
		return;
	}
	if (!m->warn_on) return;
	buf_puts(&m->warn, text);
	if (more) return;
	if (m->error) m->error(m->error_ud, MOON_WARNING, m->warn.n ? m->warn.s : "");
	buf_free(&m->warn);
}

/* ---- Coroutines ---- */

/* Resumes co with the top narg values; pushes on L its values (returns their number) or an
   error value (returns -1). */
static int resume(lua_State *L, moon_context *c, lua_State *co, int narg)
{
	struct more *m = more_of(c);
	if (!lua_checkstack(co, narg)) {
		lua_pushliteral(L, "too many arguments to resume");
		return -1;
	}
	lua_State *before = m->running;
	int nres;
	lua_xmove(L, co, narg);
	m->running = co;
	int st = lua_resume(co, L, narg, &nres);
	m->running = before;
	if (st != LUA_OK && st != LUA_YIELD) {
		lua_xmove(co, L, 1);
		return -1;
	}
	if (!lua_checkstack(L, nres + 1)) {
		lua_pop(co, nres);
		lua_pushliteral(L, "too many results to resume");
		return -1;
	}
	lua_xmove(co, L, nres);
	return nres;
}

static int l_resume(lua_State *L)
{
	lua_State *co = lua_tothread(L, 1);
	luaL_argexpected(L, co, 1, "thread");
	int n = resume(L, bind_self(L), co, lua_gettop(L) - 1);
	lua_pushboolean(L, n >= 0);
	lua_insert(L, n < 0 ? -2 : -(n + 1));
	return n < 0 ? 2 : n + 1;
}

static int l_wrapped(lua_State *L)
{
	lua_State *co = lua_tothread(L, lua_upvalueindex(2));
	int n = resume(L, bind_self(L), co, lua_gettop(L));
	if (n >= 0) return n;
	int st = lua_status(co);
	if (st != LUA_OK && st != LUA_YIELD) {
		st = lua_resetthread(co); /* closes pending variables */
		lua_xmove(co, L, 1);
	}
	if (st != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
		luaL_where(L, 1);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

static int l_wrap(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_State *co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	lua_pushcclosure(L, l_wrapped, 2);
	return 1;
}

static void put(lua_State *L, moon_context *c, const char *lib, const char *name, lua_CFunction f)
{
	lua_getglobal(L, lib);
	lua_pushlightuserdata(L, c);
	lua_pushcclosure(L, f, 1);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

void state_open(lua_State *L, moon_context *c)
{
	put(L, c, "_G", "print", l_print);
	put(L, c, LUA_IOLIBNAME, "write", l_write);
	put(L, c, LUA_COLIBNAME, "resume", l_resume);
	put(L, c, LUA_COLIBNAME, "wrap", l_wrap);
	lua_setwarnf(L, warning, c);
}
