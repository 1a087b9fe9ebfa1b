/* The way from a public function into Lua and back: protected calls, the message handler, and
   where the text of a failure is kept. Lua's jumps end here. A script runs below one C frame, as
   in the lua program, so that its traceback ends the same way. */
#include "bind/auto.h"
#include "bind/context.h"
#include "bind/source.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* The message starts with the text, perhaps after "file:line: ". */
static bool says(const char *message, const char *text)
{
	const char *at = strstr(message, text);
	return at && (at == message || (at >= message + 2 && at[-1] == ' ' && at[-2] == ':'));
}

static int kind_of(moon_context *c, int lua_status, const char *message)
{
	if (lua_status == LUA_ERRMEM || says(message, "not enough memory")) return MOON_MEMORY;
	if (lua_status == LUA_ERRSYNTAX) return MOON_SYNTAX;
	if (atomic_load(&c->cancel) || says(message, "interrupted!")) return MOON_CANCELED;
	return MOON_ERROR;
}

void entry_leave(moon_context *c)
{
	struct more *m = more_of(c);
	if (--m->depth) return;
	if (m->interrupted) {
		m->interrupted = 0;
		lua_sethook(c->L, NULL, 0, 0);
	}
	m->running = NULL;
	atomic_store(&c->cancel, false);
}

static int report(moon_context *c, int status)
{
	struct more *m = more_of(c);
	if (m->error) m->error(m->error_ud, status, moon_message(c));
	return status;
}

int entry_fail(moon_context *c, int status, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(c->message, sizeof c->message, fmt, ap);
	va_end(ap);
	more_of(c)->text = NULL;
	return report(c, status);
}

int entry_lua_fail(moon_context *c, int lua_status)
{
	lua_State *L = c->L;
	struct more *m = more_of(c);
	const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	if (s) {
		/* the key is there already, so this allocates nothing */
		lua_rawsetp(L, LUA_REGISTRYINDEX, &context_key[KEY_MESSAGE]);
		m->text = s;
	} else {
		snprintf(c->message, sizeof c->message, "(error object is a %s value)", luaL_typename(L, -1));
		m->text = NULL;
		lua_pop(L, 1);
	}
	return report(c, kind_of(c, lua_status, moon_message(c)));
}

int entry_run(moon_context *c, lua_CFunction f, void *arg, int nargs, int nresults)
{
	lua_State *L = c->L;
	if (!more_of(c)->level_up) return MOON_ERROR;
	if (!lua_checkstack(L, LUA_MINSTACK + (nresults > 0 ? nresults : 0))) {
		lua_pop(L, nargs);
		return entry_fail(c, MOON_MEMORY, "not enough memory");
	}
	lua_pushcfunction(L, f);
	lua_insert(L, -1 - nargs);
	lua_pushlightuserdata(L, arg);
	lua_insert(L, -1 - nargs);
	int st = lua_pcall(L, nargs + 1, nresults, 0);
	return st == LUA_OK ? MOON_OK : entry_lua_fail(c, st);
}

bool entry_path(lua_State *L, const char *path)
{
	lua_pushglobaltable(L);
	for (;;) {
		const char *dot = strchr(path, '.');
		lua_pushlstring(L, path, dot ? (size_t)(dot - path) : strlen(path));
		int t = lua_gettable(L, -2);
		lua_remove(L, -2);
		if (!dot) return t != LUA_TNIL;
		if (t == LUA_TNIL) return false;
		path = dot + 1;
	}
}

/* ---- Error messages ---- */

/* Takes the library's own frames out of a traceback: lines of its chunks, C functions they
   called, and the tail calls they made; `staged`, the calls inside of the staged function that failed, comes first. */
static void put_traceback(lua_State *L, const char *msg, int level, const char *staged)
{
	static const char own[] = "\n\t[moonstage]/", cfun[] = "\n\t[C]: in ", tail[] = "\n\t(...tail calls...)";
	luaL_traceback(L, L, msg, level);
	size_t head = msg ? strlen(msg) : 0;
	const char *s = lua_tostring(L, -1);
	if (!strstr(s + head, own) && !staged) return;
	luaL_Buffer b;
	luaL_buffinit(L, &b);
	const char *at = strchr(s + head + (msg != NULL), '\n'); /* after "stack traceback:" */
	luaL_addlstring(&b, s, at ? (size_t)(at - s) : strlen(s));
	if (staged) luaL_addstring(&b, staged);
	bool dropped = false;
	while (at) {
		const char *next = strchr(at + 1, '\n');
		bool drop = !strncmp(at, own, sizeof own - 1) || (dropped && !strncmp(at, tail, sizeof tail - 1));
		if (!drop && next && !strncmp(at, cfun, sizeof cfun - 1)) drop = !strncmp(next, own, sizeof own - 1);
		if (!drop) luaL_addlstring(&b, at, next ? (size_t)(next - at) : strlen(at));
		dropped = drop;
		at = next;
	}
	luaL_pushresult(&b);
}

/* Has the script asked for the module? */
static bool uses_library(lua_State *L)
{
	if (lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) != LUA_TTABLE) return lua_pop(L, 1), false;
	bool yes = lua_getfield(L, -1, "moonstage") == LUA_TTABLE;
	lua_pop(L, 2);
	return yes;
}

/* What core.failed noted of the error at index 1; stays on the stack. NULL: nothing. */
static const char *staged_calls(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_FAILED]) != LUA_TTABLE) return NULL;
	lua_rawgeti(L, -1, 1);
	if (!lua_rawequal(L, -1, 1)) return NULL;
	lua_rawgeti(L, -2, 2);
	return lua_tostring(L, -1);
}

/* failed(error, stack): a staged call is about to fail with this error value, which was raised in these calls inside of
   it; stack may be nil */
int entry_failed(lua_State *L)
{
	lua_settop(L, 2);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_FAILED]) != LUA_TTABLE) {
		lua_createtable(L, 2, 0);
		lua_createtable(L, 0, 1);
		lua_pushliteral(L, "v"); /* an error value may go */
		lua_setfield(L, -2, "__mode");
		lua_setmetatable(L, -2);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &context_key[KEY_FAILED]);
	}
	for (int i = 1; i <= 2; i++) {
		lua_pushvalue(L, i);
		lua_rawseti(L, -2, i);
	}
	return 0;
}

int entry_handler(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct more *m = more_of(c);
	const char *msg = lua_tostring(L, 1);
	if (!msg) {
		if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
		msg = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
	} else if (m->interrupted && atomic_load(&c->cancel) && says(msg, "interrupted")) {
		bind_where(L, 1); /* C code saw the flag before the hook ran: say what the hook says */
		lua_pushliteral(L, "interrupted!");
		lua_concat(L, 2);
		msg = lua_tostring(L, -1);
	}
	/* scripts that use the library see the line; those that do not get what stock prints */
	if (lua_type(L, 1) == LUA_TSTRING && uses_library(L)) {
		lua_pushstring(L, msg);
		source_excerpt(L, msg);
		lua_concat(L, 2);
		msg = lua_tostring(L, -1);
	}
	if (m->traceback) put_traceback(L, msg, 1, staged_calls(L));
	else lua_pushstring(L, msg);
	return 1;
}

/* Runs before the next instruction of Lua. The message handler, called for an error that C code
   raised because of the same request, must not be interrupted. */
void entry_interrupt_hook(lua_State *L, lua_Debug *ar)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CONTEXT]);
	moon_context *c = lua_touserdata(L, -1);
	lua_getinfo(L, "f", ar);
	bool handler = lua_tocfunction(L, -1) == entry_handler;
	lua_pop(L, 2);
	if (handler) return;
	if (c->trying) { /* the eager run is to see it */
		auto_stop_trace(L, c);
		return;
	}
	lua_sethook(L, NULL, 0, 0);
	if (!more_of(c)->interrupted) return;
	more_of(c)->interrupted = 0;
	atomic_store(&c->cancel, false);
	luaL_where(L, 1); /* as the stock program's hook says it, but some line, and never one of the library's own */
	const char *where = lua_tostring(L, -1);
	if (!*where || strncmp(where, "[moonstage]", 11) == 0) bind_where(L, 1);
	lua_pushliteral(L, "interrupted!");
	lua_concat(L, 2);
	lua_error(L);
}
