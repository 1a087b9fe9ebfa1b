/* Unmarked functions that run as graphs (mode "auto"). In the eager form of a chunk every function with parameters
   begins by looking itself up in the chunk's table AUTO. What stands there, one C function for the chunk, watches the
   first calls: a function that was given tensors a number of times is traced, and from then on asked for graphs. False
   stands there once that is decided against, for good.

   Nothing may come of an attempt but what the eager run makes. So a graph of such a function has no host calls, its
   prints are held back until its run is over, its writes become real after that, and the random stream is put back when
   it fails: then, and when staging refuses anything, the body simply runs. It raises the errors, with its own frames.
 */
#include "bind/auto.h"
#include "bind/context.h"
#include "bind/eager.h"
#include "bind/trace.h"
#include <stdio.h>
#include <string.h>

enum { PATIENCE = 64, DEPTH = 3, ELEMENTS = 16 }; /* calls without a tensor; where tensors are looked for */
enum { STEPS = 1000, MOST_STEPS = 30000 }; /* instructions between two counts; counts in all traces of a function */

enum state { WATCHED, CHOSEN, LEFT };
struct profile {
	uint32_t calls, tensors; /* calls so far; those that were given tensors */
	int line;
	uint8_t state;
};
/* A userdata. User values: the table AUTO; objects as `call` takes them, by ordinal. */
struct watch {
	char name[LUA_IDSIZE];
	uint32_t n;
	struct profile at[];
};
enum { WATCH_TABLE = 1, WATCH_OBJECTS };

/* ---- Attempts ---- */

static void count_steps(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CONTEXT]);
	moon_context *c = lua_touserdata(L, -1);
	lua_pop(L, 1);
	if (c->trace && ++c->auto_steps == MOST_STEPS) trace_unsupported(L, c, "this many steps at once");
}

void auto_stop_trace(lua_State *L, moon_context *c)
{
	if (!c->trace || c->auto_steps >= MOST_STEPS) return;
	c->auto_steps = MOST_STEPS - 1;
	count_steps(L, NULL);
}

void auto_begin_trace(lua_State *L, moon_context *c, int object)
{
	lua_getfield(L, object, "steps");
	c->auto_steps = (uint32_t)lua_tointeger(L, -1);
	lua_pop(L, 1);
	lua_sethook(L, count_steps, LUA_MASKCOUNT, STEPS);
}

static void end_trace(lua_State *L, moon_context *c, int object)
{
	if (lua_gethook(L) != count_steps) return;
	lua_sethook(L, NULL, 0, 0);
	lua_pushinteger(L, c->auto_steps);
	lua_setfield(L, object, "steps");
}

/* Tells the prelude's hook `refuse` of the object at idx and the reason at the top, which it takes. */
static void refuse(lua_State *L, moon_context *c, int idx, bool failed)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_REFUSE]);
	lua_pushvalue(L, idx);
	lua_pushvalue(L, -3);
	lua_pushboolean(L, failed);
	if (lua_pcall(L, 3, 0, 0) != LUA_OK) lua_pop(L, 1);
	lua_pop(L, 1);
}

/* Stack: an object, arguments. Returns the number of values to give edited code; 0: the body is to run. */
static int attempt(lua_State *L, moon_context *c)
{
	int n = lua_gettop(L);
	struct rng before = c->rng;
	if (!lua_checkstack(L, n + LUA_MINSTACK)) return 0;
	c->trying = true;
	c->yieldable = lua_isyieldable(L);
	lua_pushcfunction(L, trace_attempt);
	lua_pushlightuserdata(L, c);
	for (int i = 1; i <= n; i++) lua_pushvalue(L, i);
	int status = lua_pcall(L, n + 1, LUA_MULTRET, 0);
	end_trace(L, c, 1);
	int got = lua_gettop(L) - n;
	bool failed = status == LUA_OK && got == 1 && lua_type(L, -1) == LUA_TSTRING;
	if (status != LUA_OK || failed) {
		c->rng = before;
		refuse(L, c, 1, failed);
		got = 0;
	}
	c->trying = false; /* an interrupt is raised from here on */
	return got;
}

/* Nothing is traced or run where a trace is made, a gradient recorded, or a hook to see what happens. */
static bool may_attempt(lua_State *L, moon_context *c)
{
	return !c->trace && !c->tape && !c->trying && !c->host && !lua_gethook(L);
}

/* attempt(object, ...) -> true and the one result; or what RESULTS makes results of; or nothing: the function is to run
 */
static int l_attempt(lua_State *L)
{
	moon_context *c = bind_self(L);
	return may_attempt(L, c) ? attempt(L, c) : 0;
}

int auto_results(lua_State *L)
{
	lua_getfield(L, 1, "n");
	int n = (int)lua_tointeger(L, -1);
	luaL_checkstack(L, n, "too many results");
	for (int i = 1; i <= n; i++) lua_rawgeti(L, 1, i);
	return n;
}

/* ---- Choosing ---- */

static bool has_tensor(lua_State *L, moon_context *c, int idx, int depth)
{
	struct tbox *b = bind_tensor(L, c, idx);
	if (b) return !b->ref;
	if (lua_type(L, idx) != LUA_TTABLE || depth == DEPTH) return false;
	int table = lua_absindex(L, idx), seen = 0;
	if (!lua_checkstack(L, 4)) return false;
	lua_pushnil(L);
	while (lua_next(L, table)) {
		if (has_tensor(L, c, -1, depth + 1) || ++seen == ELEMENTS) {
			bool found = seen < ELEMENTS;
			lua_pop(L, 2);
			return found;
		}
		lua_pop(L, 1);
	}
	return false;
}

/* Is it time to try? Stack: the ordinal, arguments. */
static bool is_due(lua_State *L, moon_context *c, struct profile *p)
{
	bool found = false;
	p->calls++;
	if (c->auto_after == 0) return true;
	for (int i = lua_gettop(L); i > 1 && !found; i--) found = has_tensor(L, c, i, 0);
	p->tensors += found;
	if (p->tensors == 0 && p->calls >= PATIENCE) p->state = LEFT;
	return found && p->tensors >= c->auto_after;
}

/* Sets an element of AUTO to false. */
static void leave(lua_State *L, int watch, lua_Integer ordinal)
{
	lua_getiuservalue(L, watch, WATCH_TABLE);
	lua_pushboolean(L, 0);
	lua_rawseti(L, -2, ordinal);
	lua_pop(L, 1);
}

/* The prelude makes the object of the function; false: it cannot. */
static bool choose(lua_State *L, moon_context *c, struct watch *w, lua_Integer ordinal)
{
	int watch = lua_upvalueindex(2), top = lua_gettop(L);
	struct profile *p = &w->at[ordinal];
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_CHOSEN]);
	lua_getiuservalue(L, watch, WATCH_TABLE);
	lua_pushinteger(L, ordinal);
	lua_pushfstring(L, "%s:%d", w->name, p->line);
	lua_pushinteger(L, p->calls);
	lua_pushboolean(L, c->auto_after == 0);
	bool ok = lua_pcall(L, 5, 1, 0) == LUA_OK;
	if (ok) {
		p->state = CHOSEN;
		lua_getiuservalue(L, watch, WATCH_OBJECTS);
		lua_insert(L, -2);
		lua_rawseti(L, -2, ordinal);
	}
	lua_settop(L, top);
	return ok;
}

/* The function in AUTO: (ordinal, arguments) -> what attempt gives. */
static int l_watched(lua_State *L)
{
	moon_context *c = bind_self(L);
	lua_Debug ar;
	if (!may_attempt(L, c) || !lua_checkstack(L, LUA_MINSTACK) || !lua_getstack(L, 1, &ar)) return 0;
	struct watch *w = lua_touserdata(L, lua_upvalueindex(2));
	lua_Integer ordinal = lua_tointeger(L, 1);
	struct profile *p = &w->at[ordinal];
	if (!p->line) {
		lua_getinfo(L, "S", &ar);
		memcpy(w->name, ar.short_src, sizeof w->name);
		p->line = ar.linedefined;
	}
	if (p->state == WATCHED && (!is_due(L, c, p) || !choose(L, c, w, ordinal))) {
		if (p->state == LEFT) leave(L, lua_upvalueindex(2), ordinal);
		return 0;
	}
	lua_getiuservalue(L, lua_upvalueindex(2), WATCH_OBJECTS);
	if (lua_rawgeti(L, -1, ordinal) != LUA_TTABLE) return 0;
	lua_replace(L, 1);
	lua_pop(L, 1);
	lua_getinfo(L, "f", &ar); /* behind the arguments: whose numbers are those of the script, then */
	return attempt(L, c);
}

bool auto_is_helper(lua_CFunction f) { return f == l_watched || f == auto_results; }

/* ---- Chunks ---- */

/* Pushes the list of all watches, which are kept when they are to be explained. */
static void push_watches(lua_State *L)
{
	static const char key;
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TTABLE) return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
}

static void push_table(lua_State *L, moon_context *c, int record, uint32_t nfuncs)
{
	record = lua_absindex(L, record);
	if (lua_getiuservalue(L, record, AUTO_TABLE) == LUA_TTABLE) return;
	lua_pop(L, 1);
	lua_createtable(L, (int)nfuncs, 0);
	int table = lua_gettop(L);
	lua_pushlightuserdata(L, c);
	struct watch *w = lua_newuserdatauv(L, sizeof *w + nfuncs * sizeof *w->at, 2);
	memset(w, 0, sizeof *w + nfuncs * sizeof *w->at);
	w->n = nfuncs;
	lua_pushvalue(L, table);
	lua_setiuservalue(L, -2, WATCH_TABLE);
	lua_newtable(L);
	lua_setiuservalue(L, -2, WATCH_OBJECTS);
	if (more_of(c)->explain) {
		push_watches(L);
		lua_pushvalue(L, -2);
		lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
		lua_pop(L, 1);
	}
	lua_pushcclosure(L, l_watched, 2);
	for (uint32_t i = 1; i < nfuncs; i++) {
		lua_pushvalue(L, -1);
		lua_rawseti(L, table, i);
	}
	lua_settop(L, table);
	lua_pushvalue(L, table);
	lua_setiuservalue(L, record, AUTO_TABLE);
}

void auto_join(lua_State *L, moon_context *c, int record, int f, const char *name, uint32_t nfuncs)
{
	const char *other;
	for (int n = 1; (other = lua_getupvalue(L, f, n)) != NULL; n++) {
		lua_pop(L, 1);
		if (strcmp(name, other) != 0) continue;
		push_table(L, c, record, nfuncs);
		lua_setupvalue(L, f, n);
		return;
	}
}

bool auto_is_table(lua_State *L, int record, int f, int n)
{
	record = lua_absindex(L, record);
	if (!lua_getupvalue(L, f, n)) return false;
	bool same = lua_type(L, -1) == LUA_TTABLE;
	if (same) {
		lua_getiuservalue(L, record, AUTO_TABLE);
		same = lua_rawequal(L, -1, -2);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return same;
}

/* watches() -> {{ name =, line =, calls =, tensors =, object = or nil }, ...}: the functions that were called, of
   chunks loaded since explanations were asked for */
static int l_watches(lua_State *L)
{
	lua_Integer count = 0;
	lua_settop(L, 0);
	luaL_checkstack(L, 12, "functions");
	lua_newtable(L);
	push_watches(L);
	for (lua_Integer k = 1; lua_rawgeti(L, 2, k) == LUA_TUSERDATA; k++) {
		const struct watch *w = lua_touserdata(L, 3);
		lua_getiuservalue(L, 3, WATCH_OBJECTS);
		for (uint32_t i = 0; i < w->n; i++) {
			const struct profile *p = &w->at[i];
			if (!p->calls) continue;
			lua_createtable(L, 0, 5);
			lua_pushstring(L, w->name);
			lua_setfield(L, -2, "name");
			lua_pushinteger(L, p->line);
			lua_setfield(L, -2, "line");
			lua_pushinteger(L, p->calls);
			lua_setfield(L, -2, "calls");
			lua_pushinteger(L, p->tensors);
			lua_setfield(L, -2, "tensors");
			lua_rawgeti(L, 4, i);
			lua_setfield(L, -2, "object");
			lua_rawseti(L, 1, ++count);
		}
		lua_settop(L, 2);
	}
	lua_settop(L, 1);
	return 1;
}

void auto_open(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "attempt", l_attempt);
	bind_reg(L, c, "watches", l_watches);
	lua_pushcfunction(L, auto_results);
	lua_setfield(L, -2, "results");
}
