/* Eager gradients through Lua, by the internal functions: tape.lua says what is checked. Then the same
   with an allocator that fails at each of its requests in turn. */
#include "bind/context.h"
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static long fail_at = -1, asked, alive;
static void *hook(void *ud, void *p, size_t osize, size_t nsize)
{
	(void)ud;
	if (!p) osize = 0;
	if (nsize == 0) {
		if (p) alive--;
		free(p);
		return NULL;
	}
	if (nsize > osize && fail_at >= 0 && asked++ == fail_at) return NULL;
	void *q = realloc(p, nsize);
	if (q && !p) alive++;
	return q;
}

static int message(lua_State *L)
{
	luaL_traceback(L, L, lua_tostring(L, 1), 1);
	return 1;
}

/* Leaves the table of tests on the stack. */
static int load(lua_State *L)
{
	if (luaL_loadfilex(L, "tests/grad/tape.lua", "t") != LUA_OK) return lua_error(L);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_MODULE]);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CORE]);
	lua_call(L, 2, 1);
	return 1;
}

static void test_script(void **state)
{
	moon_context *c;
	int n = 0, failed = 0;
	(void)state;

	if (moon_open(&c, hook, NULL, NULL)) fail_msg("%s", moon_message(c));
	lua_State *L = c->L;
	lua_settop(L, 0);
	lua_pushcfunction(L, message);
	lua_pushcfunction(L, load);
	if (lua_pcall(L, 0, 1, 1)) fail_msg("%s", lua_tostring(L, -1));
	for (lua_pushnil(L); lua_next(L, 2); lua_settop(L, 3), n++)
		if (lua_pcall(L, 0, 0, 1)) print_error("%s: %s\n", lua_tostring(L, 3), lua_tostring(L, -1)), failed++;
	assert_null(c->tape);
	moon_close(c);
	assert_int_equal(alive, 0);
	assert_int_equal(failed, 0);
	assert_true(n > 10);
}

static void test_no_memory(void **state)
{
	bool ok = false;
	int failures = 0;
	(void)state;

	for (long n = 0; !ok; n += 1 + n / 100) {
		moon_context *c;
		if (moon_open(&c, hook, NULL, NULL)) fail_msg("%s", moon_message(c));
		lua_State *L = c->L;
		lua_settop(L, 0);
		lua_pushcfunction(L, load);
		if (lua_pcall(L, 0, 1, 0)) fail_msg("%s", lua_tostring(L, -1));
		lua_getfield(L, 1, "nested");
		lua_getfield(L, 1, "own_bytes");
		fail_at = n, asked = 0;
		int status = lua_pcall(L, 0, 0, 0);
		if (status == LUA_OK) status = lua_pcall(L, 0, 0, 0);
		fail_at = -1;
		ok = status == LUA_OK && asked <= n;
		failures += status != LUA_OK;
		if (status != LUA_OK && !strstr(lua_tostring(L, -1), "not enough memory"))
			fail_msg("request %ld: %s", n, lua_tostring(L, -1));
		assert_null(c->tape);
		moon_close(c);
		assert_int_equal(alive, 0);
	}
	assert_true(failures > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_script), cmocka_unit_test(test_no_memory)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
