/* Where in the user's text a trace is: the site of each node it makes, and what the prelude asks. Library frames lie
   between, so the stack is walked; with every node, so that as little as can be is asked of each frame. */
#include <string.h>
#include "bind/trace.h"

static const char user_key = 'u';

/* A walk down the stack. Lua finds a frame by its number, from the top each time, so that a walk by numbers takes time
   quadratic in its length; the continuations of unrolled loops make it long. In Lua 5.4 a frame holds the address of
   the one below it after two others: where that is seen to be so, the walk follows it. */
enum { NEAR = 16 };
struct walk {
	int level;
	bool linked;
};

static struct CallInfo *below(const struct CallInfo *frame)
{
	struct CallInfo *next;
	memcpy(&next, (const char *)frame + 2 * sizeof(void *), sizeof next);
	return next;
}

/* The frame of w->level, below the one that ar is of (but for the first); false at the end of the stack. */
static bool walk_to(lua_State *L, const struct walk *w, lua_Debug *ar)
{
	if (!w->linked) return lua_getstack(L, w->level, ar);
	ar->i_ci = below(ar->i_ci);
	return below(ar->i_ci) != NULL; /* the last one stands for the host */
}

static void walk_on(lua_State *L, struct walk *w, const lua_Debug *ar)
{
	lua_Debug next;
	if (++w->level == NEAR) w->linked = lua_getstack(L, NEAR, &next) && below(ar->i_ci) == next.i_ci;
}

bool trace_where(lua_State *L, lua_Debug *ar)
{
	for (struct walk w = {0, false}; walk_to(L, &w, ar); walk_on(L, &w, ar)) {
		lua_getinfo(L, "S", ar);
		if (*ar->what == 'C' || strncmp(ar->source, "=[moonstage", 11) == 0) continue;
		lua_getinfo(L, "l", ar); /* the line takes longest to find */
		if (ar->currentline <= 0) continue;
		ar->currentline = bind_line(L, ar);
		return true;
	}
	return false;
}

/* The file of the function at the top, whose frame ar describes, unless it is the library's: then UINT32_MAX. The
   function is kept, so that it can be told by its address as long as the next nodes are made in it, too. */
static uint32_t user_file(lua_State *L, struct trace *t, lua_Debug *ar)
{
	struct err e;
	lua_getinfo(L, "S", ar);
	if (strncmp(ar->source, "=[moonstage", 11) == 0) return UINT32_MAX;
	uint32_t file = graph_string(t->g, ar->short_src, strlen(ar->short_src), &e);
	if (file == UINT32_MAX) bind_raise(L, &e);
	t->user.function = lua_topointer(L, -1), t->user.file = file;
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &user_key);
	return file;
}

void trace_forget(lua_State *L)
{
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &user_key);
}

/* As trace_where, but this is asked for with every node: the running function, at level 0, is one of C. */
void trace_site(lua_State *L, struct trace *t)
{
	lua_Debug ar;
	struct err e;
	t->g->line_site = 0;
	for (struct walk w = {1, false}; walk_to(L, &w, &ar); walk_on(L, &w, &ar)) {
		lua_getinfo(L, "lf", &ar);
		uint32_t file = UINT32_MAX;
		if (ar.currentline > 0)
			file = lua_topointer(L, -1) == t->user.function ? t->user.file : user_file(L, t, &ar);
		lua_pop(L, 1);
		if (file == UINT32_MAX) continue;
		if (!graph_site(t->g, file, ar.currentline, t->pcall, &e)) bind_raise(L, &e);
		return;
	}
	/* no function of the user's is left, as after a tail call of the staged function: the calls that were, without
	 * a line */
	uint32_t none = t->g->stack ? graph_string(t->g, "", 0, &e) : UINT32_MAX;
	if (none != UINT32_MAX && !graph_site(t->g, none, 0, t->pcall, &e)) bind_raise(L, &e);
}

/* Pushes the traceback lines of the calls that the trace is in. Those around the running function are the same until
   another one is entered, so that they are asked for once a call. */
static void push_stack(lua_State *L, moon_context *c, struct trace *t)
{
	static const char name_key, rest_key;
	lua_Debug ar;
	bool user = trace_where(L, &ar);
	const void *function = NULL;
	if (user) {
		lua_getinfo(L, "f", &ar);
		function = lua_topointer(L, -1);
		lua_pop(L, 1);
	}
	if (!user || t->stack.frame != ar.i_ci || t->stack.function != function || t->stack.calls != t->calls) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_STACK]);
		lua_call(L, 0, 2);
		t->stack.frame = NULL;
		if (!user || lua_isnil(L, -2)) { /* all of it */
			lua_remove(L, -2);
			return;
		}
		lua_rawsetp(L, LUA_REGISTRYINDEX, &rest_key);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &name_key);
		t->stack.frame = ar.i_ci, t->stack.function = function, t->stack.calls = t->calls;
	}
	lua_rawgetp(L, LUA_REGISTRYINDEX, &name_key);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &rest_key);
	lua_pushfstring(L, "\n\t%s:%d: in %s%s", ar.short_src, ar.currentline, lua_tostring(L, -2),
	                lua_tostring(L, -1));
	lua_replace(L, -3);
	lua_pop(L, 1);
}

/* The site of a node that may fail, which knows the calls it stands in. */
void trace_failing_site(lua_State *L, moon_context *c, struct trace *t)
{
	struct err e;
	size_t len;
	luaL_checkstack(L, 8, "calls");
	push_stack(L, c, t);
	const char *s = lua_tolstring(L, -1, &len);
	uint32_t id = graph_string(t->g, s ? s : "", s ? len : 0, &e);
	if (id == UINT32_MAX) bind_raise(L, &e);
	lua_pop(L, 1);
	t->g->stack = id + 1;
	trace_site(L, t);
	t->g->stack = 0;
}

/* where() -> short name of the user's file, line; "?" and 0 when there is none. */
static int l_where(lua_State *L)
{
	lua_Debug ar;
	bool known = trace_where(L, &ar);
	lua_pushstring(L, known ? ar.short_src : "?");
	lua_pushinteger(L, known ? ar.currentline : 0);
	lua_pushstring(L, known ? ar.source : "?");
	return 3;
}

/* site() -> "file:line" of the user's code, or nil */
static int l_site(lua_State *L)
{
	lua_Debug ar;
	if (!trace_where(L, &ar)) return 0;
	lua_pushfstring(L, "%s:%d", ar.short_src, ar.currentline);
	return 1;
}

/* depth([thread]) -> the last level of its stack, or of the running one, on which the caller's is 1 */
static int l_depth(lua_State *L)
{
	lua_State *of = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
	lua_Debug ar;
	int there = 0, gone = 1;
	while (lua_getstack(of, gone, &ar)) there = gone, gone *= 2;
	while (gone - there > 1) {
		int mid = there + (gone - there) / 2;
		if (lua_getstack(of, mid, &ar)) there = mid;
		else gone = mid;
	}
	lua_pushinteger(L, there);
	return 1;
}

void trace_open_where(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "where", l_where);
	bind_reg(L, c, "site", l_site);
	bind_reg(L, c, "depth", l_depth);
}
