/* The module in Lua states that other programs made: staging of functions that stock Lua loaded, two states at
   once, closing in any order with all memory given back. */
#include <lauxlib.h>
#include <lualib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

int luaopen_moonstage(lua_State *L);

static void *counted(void *ud, void *ptr, size_t osize, size_t nsize)
{
	size_t *live = ud;
	if (!ptr) osize = 0;
	void *q = nsize ? realloc(ptr, nsize) : NULL;
	if (!nsize) free(ptr);
	if (q || !nsize) *live += nsize - osize;
	return q;
}

static lua_State *open(size_t *live)
{
	*live = 0;
	lua_State *L = lua_newstate(counted, live);
	luaL_openlibs(L);
	return L;
}

static void run(lua_State *L, const char *text)
{
	if (luaL_dostring(L, text) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
}

static void require(lua_State *L)
{
	luaL_requiref(L, "moonstage", luaopen_moonstage, 1);
	lua_pop(L, 1);
}

/* Loaded before the module is there, staged after: text and upvalues are the function's own. */
static const char before[] = "local limit = 10\n"
                             "function halve(n) while n > limit do n = n // 2 end return n end\n"
                             "function scale(x) if x:sum() > limit then return x * 2 end return x end\n"
                             "function set(v) limit = v end\n"
                             "same1, same2 = function(a) return a + limit end, function(a) return a - limit end\n";
static const char after[] = "local f, g = moonstage.stage(halve), moonstage.stage(scale)\n"
                            "assert(f(100) == 6 and f(7) == 7 and f:code():find('while_', 1, true))\n"
                            "set(50) assert(f(100) == 50) set(10)\n"
                            "local t = moonstage.tensor{4.0, 8.0}\n"
                            "assert(g(t):tolist()[2] == 16 and g(t / 8):tolist()[2] == 1)\n"
                            "assert(moonstage.stage(same1)(1) == 11 and moonstage.stage(same2)(1) == -9)\n"
                            "local ok, m = pcall(scale, t) assert(not ok and m:find('did not load', 1, true), m)\n"
                            "results = {f(1000), tostring(g(t))}\n";

static void test_two_states(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++) {
		size_t live[2];
		lua_State *L[2] = {open(&live[0]), open(&live[1])};
		for (int i = 0; i < 2; i++) run(L[i], before);
		for (int i = 0; i < 2; i++) require(L[i]);
		for (int i = 0; i < 2; i++) run(L[i], after);
		lua_close(L[first]);
		assert_int_equal(live[first], 0);
		run(L[!first], after);
		run(L[!first], "assert(results[1] == 7 and results[2] == 'tensor([ 8.0, 16.0])', results[2])");
		lua_close(L[!first]);
		assert_int_equal(live[!first], 0);
	}
}

static void test_closed_in_the_middle(void **state)
{
	(void)state;
	size_t live;
	lua_State *L = open(&live);
	run(L, before);
	require(L);
	/* finalisers and variables to be closed that use staged functions while the state closes */
	run(L, "kept = setmetatable({f = moonstage.stage(halve)}, {__gc = function(o) o.result = o.f(64) end})\n"
	       "tensors = {} for i = 1, 50 do tensors[i] = moonstage.zeros(i * 100) end\n"
	       "co = coroutine.create(function() local t <close> = kept.f and setmetatable({}, {__close = function() "
	       "end})\n"
	       "coroutine.yield(kept.f(200)) end) assert(select(2, coroutine.resume(co)) == 6)");
	lua_close(L);
	assert_int_equal(live, 0);
}

static void test_unknown_texts(void **state)
{
	(void)state;
	size_t live;
	lua_State *L = open(&live);
	assert_int_equal(luaL_loadbuffer(L, "return 1 + ...", 14, "=a title"), LUA_OK);
	lua_setglobal(L, "titled");
	run(L, "stripped = load(string.dump(function(x) return x + 1 end, true))");
	require(L);
	run(L, "local ok, m = pcall(moonstage.stage(titled), 1)\n"
	       "assert(not ok and m:find('its text is not known: stock Lua loaded it from a title', 1, true), m)\n"
	       "ok, m = pcall(moonstage.stage(stripped), 1)\n"
	       "assert(not ok and m:find('its text is not known', 1, true), m)");
	lua_close(L);
	assert_int_equal(live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_states),
	    cmocka_unit_test(test_closed_in_the_middle),
	    cmocka_unit_test(test_unknown_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
