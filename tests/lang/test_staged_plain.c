/* Runs staged_plain.lua: the staged form under a dispatch library that does what Lua does must
   behave like the original. The script gets one global, `parse(text, name)`, which gives a chunk
   with chunk:count(), chunk:lines(ordinal) and chunk:staged(ordinal).
   With arguments: staged_plain.lua's corpus check over the named files. */
#include "lang/staged.h"
#include <lauxlib.h>
#include <lualib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct mem mem;

static struct chunk *self(lua_State *L) { return *(struct chunk **)luaL_checkudata(L, 1, "chunk"); }

static int fail_with(lua_State *L, const struct err *e)
{
	lua_pushnil(L);
	lua_pushstring(L, e->msg);
	lua_pushinteger(L, e->line);
	lua_pushinteger(L, e->kind);
	return 4;
}

static int parse(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len), *name = luaL_optstring(L, 2, "=text");
	struct err e;
	struct chunk **box = lua_newuserdatauv(L, sizeof *box, 0);
	*box = NULL;
	luaL_setmetatable(L, "chunk");
	*box = chunk_parse(&mem, name, text, len, &e);
	return *box ? 1 : fail_with(L, &e);
}

static int collect(lua_State *L)
{
	chunk_free(self(L));
	return 0;
}

static int count(lua_State *L)
{
	lua_pushinteger(L, self(L)->nfuncs);
	return 1;
}

static int lines(lua_State *L)
{
	struct chunk *c = self(L);
	lua_Integer i = luaL_checkinteger(L, 2);
	luaL_argcheck(L, i >= 0 && i < c->nfuncs, 2, "no such function");
	lua_pushinteger(L, c->func[i]->line);
	lua_pushinteger(L, c->func[i]->lastline);
	return 2;
}

static int staged(lua_State *L)
{
	struct staged_form f;
	struct err e;
	if (!lang_staged(self(L), (int)luaL_checkinteger(L, 2), STAGED_TRACE, &f, &e)) {
		staged_form_free(&f);
		return fail_with(L, &e);
	}
	lua_pushlstring(L, f.text.s, f.text.n);
	lua_pushstring(L, f.pname);
	lua_createtable(L, (int)f.site.n, 0);
	for (uint32_t i = 0; i < f.site.n; i++) {
		lua_createtable(L, 0, 2);
		lua_pushinteger(L, f.site.at[i].line);
		lua_setfield(L, -2, "line");
		lua_pushstring(L, f.site.at[i].what);
		lua_setfield(L, -2, "what");
		lua_rawseti(L, -2, i + 1);
	}
	staged_form_free(&f);
	return 3;
}

/* Runs the script; true when it says so and no memory is left behind. */
static bool run(int argc, char **argv)
{
	static const luaL_Reg methods[] = {
	    {"count", count}, {"lines", lines}, {"staged", staged}, {"__gc", collect}, {NULL, NULL}};
	lua_State *L = luaL_newstate();
	if (!L || !lua_checkstack(L, argc + 10)) return false;
	mem_init(&mem, NULL, NULL);
	luaL_openlibs(L);
	luaL_newmetatable(L, "chunk");
	luaL_setfuncs(L, methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_register(L, "parse", parse);
	lua_getglobal(L, "debug");
	lua_getfield(L, -1, "traceback");
	lua_replace(L, 1);
	lua_settop(L, 1);
	int status = luaL_loadfile(L, "tests/lang/staged_plain.lua");
	for (int i = 0; i < argc; i++) lua_pushstring(L, argv[i]);
	if (!status) status = lua_pcall(L, argc, 1, 1);
	bool good = !status && lua_toboolean(L, -1);
	if (status) fprintf(stderr, "%s\n", lua_tostring(L, -1));
	lua_close(L);
	if (mem.used) fprintf(stderr, "%zu bytes leaked\n", (size_t)mem.used);
	return good && !mem.used;
}

static void test_staged_like_plain(void **state)
{
	(void)state;
	assert_true(run(0, NULL));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_staged_like_plain)};
	if (argc > 1) return !run(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
