/* The one door through which C raises Lua errors. A message starts with the position of the
   innermost Lua function of the user, also when C functions or the library's own Lua lie
   between, so that it reads like stock Lua's and is the same eagerly and staged.
   Everything that owns memory is in a userdata by now: lua_error jumps over C frames. */
#include "bind/bind.h"
#include <stdio.h>
#include <string.h>

#define LIBRARY_CHUNK "=[moonstage"

static bool user_frame(lua_State *L, lua_Debug *ar)
{
	lua_getinfo(L, "S", ar);
	return *ar->what != 'C' && strncmp(ar->source, LIBRARY_CHUNK, sizeof LIBRARY_CHUNK - 1) != 0;
}

static bool find_frame(lua_State *L, int level, lua_Debug *ar)
{
	for (int i = 0; lua_getstack(L, i, ar); i++)
		if (user_frame(L, ar) && --level == 0) return true;
	return false;
}

/* `line` replaces the frame's own when it is known better. */
static void push_where(lua_State *L, int level, int line)
{
	lua_Debug ar;
	if (find_frame(L, level, &ar)) {
		lua_getinfo(L, "l", &ar);
		if (line <= 0) line = ar.currentline;
		if (line > 0) {
			lua_pushfstring(L, "%s:%d: ", ar.short_src, line);
			return;
		}
	}
	lua_pushliteral(L, "");
}

void bind_where(lua_State *L, int level) { push_where(L, level, 0); }

_Noreturn void bind_raise(lua_State *L, const struct err *e)
{
	luaL_checkstack(L, 8, "error message");
	if (e->line == ERR_PLACED) lua_pushliteral(L, "");
	else push_where(L, 1, e->line);
	lua_pushstring(L, e->msg);
	lua_concat(L, 2);
	lua_error(L);
	__builtin_unreachable();
}

_Noreturn void bind_error(lua_State *L, const char *fmt, ...)
{
	struct err e;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e.msg, sizeof e.msg, fmt, ap);
	va_end(ap);
	e.kind = ERR_RUN;
	e.line = 0;
	bind_raise(L, &e);
}
