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

/* A line that stands for the one a frame is at: in the staged form an operator is a call, which is at the line where
   its first operand begins. */
struct line_mark {
	const void *frame; /* NULL: none */
	int line;
};
static const char mark_key;

static struct line_mark *mark(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &mark_key);
	struct line_mark *m = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return m;
}

int bind_line(lua_State *L, const lua_Debug *ar)
{
	const struct line_mark *m = mark(L);
	return m && m->frame == ar->i_ci ? m->line : ar->currentline;
}

/* line(n[, frame]) -> the line and frame before: from now on the user's innermost function, or that frame, is at line
 * n. */
static int l_line(lua_State *L)
{
	lua_Debug ar;
	struct line_mark *m = mark(L), next = {NULL, (int)lua_tointeger(L, 1)};
	if (!m) {
		m = lua_newuserdatauv(L, sizeof *m, 0);
		*m = (struct line_mark){NULL, 0};
		lua_rawsetp(L, LUA_REGISTRYINDEX, &mark_key);
	}
	if (lua_gettop(L) > 1) next.frame = lua_touserdata(L, 2);
	else if (find_frame(L, 1, &ar)) next.frame = ar.i_ci;
	lua_pushinteger(L, m->line);
	lua_pushlightuserdata(L, (void *)(uintptr_t)m->frame);
	*m = next;
	return 2;
}

void bind_open_line(lua_State *L, moon_context *c) { bind_reg(L, c, "line", l_line); }

/* `line` replaces the frame's own when it is known better. */
static void push_where(lua_State *L, int level, int line)
{
	lua_Debug ar;
	if (find_frame(L, level, &ar)) {
		lua_getinfo(L, "l", &ar);
		if (line <= 0) line = bind_line(L, &ar);
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
