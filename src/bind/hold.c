/* Runs that may come to what their graph can't do (a hole in a list, an object of another kind, a failure that a pcall
   would have caught) leave no mark then. So what they print is held back until they are over, or come to what can't be
   undone; and what they have drawn from the streams of random numbers, and written to objects, is put back. Other
   writes become real late anyway.

   When they print more than is held back, they go on without printing, to see how they end, and are made again if they
   end well. */
#include <stdio.h>
#include <string.h>
#include <lualib.h>
#include "bind/hold.h"

enum { HELD_MOST = 1 << 20 };       /* bytes */
static const char random_key = 'r'; /* of the state of math.random */

/* The state of Lua's own generator; NULL: it can't be got at. */
static void *random_state(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &random_key);
	void *p = lua_touserdata(L, -1);
	size_t n = p ? lua_rawlen(L, -1) : 0;
	lua_pop(L, 1);
	return n == RANDOM_BYTES ? p : NULL;
}

void hold_begin(lua_State *L, struct host_call *h, enum hold how)
{
	const void *state = random_state(L);
	h->how = how;
	h->rng = h->c->rng;
	if (state) memcpy(h->random, state, RANDOM_BYTES);
}

static bool put_out(struct host_call *h, const char *s, size_t n)
{
	moon_context *c = h->c;
	h->touched = true;
	return c->output ? c->output(c->output_ud, s, n) : fwrite(s, 1, n, stdout) == n;
}

bool hold_put(void *ud, const char *s, size_t n)
{
	struct host_call *h = ud;
	if (h->how == HOLD_NOT || h->touched) return put_out(h, s, n);
	if (h->lost) return true;
	if (h->held.n + n > HELD_MOST) {
		buf_clear(&h->held);
		h->lost = true;
		return h->how == HOLD_SOME;
	}
	buf_put(&h->held, s, n);
	return !h->held.bad;
}

bool hold_settle(struct host_call *h)
{
	bool ok = !h->held.n || put_out(h, h->held.s, h->held.n);
	buf_clear(&h->held);
	if (h->flush) fflush(stdout);
	h->flush = false;
	return ok;
}

/* Takes writes to objects back, the last first: {table, key, what it held (this list: nothing), ...}. */
static void undo_writes(lua_State *L, int run)
{
	if (lua_getfield(L, run, "undo") == LUA_TTABLE)
		for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 3; i -= 3) {
			lua_rawgeti(L, -1, i - 2);
			lua_rawgeti(L, -2, i - 1);
			if (lua_rawgeti(L, -3, i) == LUA_TTABLE && lua_rawequal(L, -1, -4)) {
				lua_pop(L, 1);
				lua_pushnil(L);
			}
			lua_rawset(L, -3);
			lua_pop(L, 1);
		}
	lua_pop(L, 1);
}

void hold_undo(lua_State *L, struct host_call *h)
{
	void *state = random_state(L);
	buf_clear(&h->held);
	h->flush = false;
	h->c->rng = h->rng;
	if (state) memcpy(state, h->random, RANDOM_BYTES);
	if (!h->run) return;
	undo_writes(L, h->run);
	lua_pushnil(L);
	lua_setfield(L, h->run, "log");
}

/* touch(): the call under way may do anything, so what was printed before it is real */
static int l_touch(lua_State *L)
{
	struct host_call *h = bind_self(L)->host;
	if (!h) return 0;
	if (h->lost) {
		h->again = true;
		bind_error(L, "internal: a run that is to be made again");
	}
	if (!hold_settle(h)) bind_error(L, "output failed");
	h->touched = true;
	return 0;
}

/* output(text): to where print writes */
static int l_output(lua_State *L)
{
	moon_context *c = bind_self(L);
	size_t n;
	const char *s = lua_tolstring(L, 1, &n);
	if (!hold_put(c->host, s, n)) bind_error(L, "output failed");
	return 0;
}

/* flush_output(): io.flush, when the output is where print writes */
static int l_flush_output(lua_State *L)
{
	struct host_call *h = bind_self(L)->host;
	if (h->how == HOLD_NOT || h->touched) fflush(stdout);
	else h->flush = true;
	return 0;
}

/* random_is_held() -> can a run put the stream of math.random back? */
static int l_random_is_held(lua_State *L)
{
	lua_pushboolean(L, random_state(L) != NULL);
	return 1;
}

void hold_open(lua_State *L, moon_context *c)
{
	int top = lua_gettop(L);
	bind_reg(L, c, "touch", l_touch);
	bind_reg(L, c, "output", l_output);
	bind_reg(L, c, "flush_output", l_flush_output);
	bind_reg(L, c, "random_is_held", l_random_is_held);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	if (lua_getfield(L, -1, LUA_MATHLIBNAME) == LUA_TTABLE && lua_getfield(L, -1, "random") == LUA_TFUNCTION &&
	    lua_iscfunction(L, -1) && lua_getupvalue(L, -1, 1) && lua_isuserdata(L, -1))
		lua_rawsetp(L, LUA_REGISTRYINDEX, &random_key);
	lua_settop(L, top);
}
