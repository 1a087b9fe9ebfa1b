/* The Lua tensor type from C: memory that runs out at every single allocation, of Lua's and of ours,
   and what other C code of the binding relies on. */
#include "bind/tensor.h"
#include <lualib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* One budget of allocations for the Lua state and for tensors. When it is used up, two requests fail: Lua
   collects after the first and tries again. (If all failed from then on, finalisers could not be called.) */
struct budget {
	long left; /* -1: no limit */
	int failures;
	size_t used;
};

static void *allocate(void *ud, void *p, size_t osize, size_t nsize)
{
	struct budget *b = ud;
	if (!p) osize = 0;
	if (nsize == 0) {
		free(p);
		b->used -= osize;
		return NULL;
	}
	if (nsize > osize && b->left == 0) {
		if (++b->failures == 2) b->left = -1;
		return NULL;
	}
	void *q = realloc(p, nsize);
	if (!q) return NULL;
	if (nsize > osize && b->left > 0) b->left--;
	b->used += nsize - osize;
	return q;
}

struct world {
	struct budget budget;
	moon_context c;
};

static int open_world(lua_State *L)
{
	luaL_openlibs(L);
	lua_newtable(L);
	bind_open_tensor(L, lua_touserdata(L, 1));
	lua_setglobal(L, "ms");
	return 0;
}

/* A state with libraries and `ms`; NULL when memory ran out on the way. */
static lua_State *begin(struct world *w, long allocations)
{
	memset(w, 0, sizeof *w);
	w->budget.left = allocations;
	mem_init(&w->c.mem, allocate, &w->budget);
	rng_seed(&w->c.rng, 1);
	w->c.own_state = true;
	lua_State *L = w->c.L = lua_newstate(allocate, &w->budget);
	if (!L) return NULL;
	lua_pushcfunction(L, open_world);
	lua_pushlightuserdata(L, &w->c);
	if (lua_pcall(L, 1, 0, 0) == LUA_OK) return L;
	lua_close(L);
	return NULL;
}

static const char script[] =
    "local T = ms.tensor\n"
    "local x = T{{1, 2, 3}, {4, 5, 6}}\n"
    "local big = ms.ones(40, 50)\n"
    "local v = big[2]\n"
    "local y = (x + 1) * x:float() - x:t():sum(2):mean()\n"
    "y = ms.cat({y, y}, 1) ms.stack{y, y}\n"
    "y[1] = 0 y[T{1, 2}] = T{7, 8, 9} y[y:gt(8)] = 1 y[{ {}, {1, 2} }] = y[{ {}, {2, 3} }]\n"
    "big:add_(big:t():reshape(40, 50)):mul_(2) big:t():copy_(ms.rand(50, 40))\n"
    "local s = tostring(big) .. T(1.5) .. table.concat(x.shape) .. x.dtype\n"
    "x:max(1) x:softmax(-1) x:clamp(1, T{1, 2, 3}) ms.where(x:gt(2), x, 0.5) x:tolist()\n"
    "ms.matmul(ms.ones(30, 40), ms.ones(40, 30)):sum():item()\n"
    "ms.randperm(100) ms.multinomial(T{1, 2}, 1) ms.eye(3) ms.arange(2000):double()\n"
    "ms.cross_entropy(ms.zeros(3, 4), T{1, 2, 3}) x:index_add(1, T{1}, 1) ms.embedding(x, T{1})\n"
    "local many = {} for i = 1, 30 do many[i] = T{i} end ms.cat(many)\n"
    "v:sum() ms.help('sum')\n"
    "local ok, e = pcall(ms.exp, {}) assert(not ok)\n"
    "ok, e = pcall(x.sum, x, 5) assert(not ok)\n";

static void out_of_memory_anywhere(void **state)
{
	(void)state;
	struct world w;
	long n = 0;
	int failures = 1;
	for (; failures > 0; n++) {
		int status;
		lua_State *L = begin(&w, n);
		if (L) {
			status = luaL_loadstring(L, script);
			if (status == LUA_OK) status = lua_pcall(L, 0, 0, 0);
			if (status != LUA_OK) {
				const char *text = lua_tostring(L, -1);
				assert_non_null(text);
				if (!strstr(text, "not enough memory") && !strstr(text, "stack overflow"))
					fail_msg("allocation %ld: %s", n, text);
				lua_settop(L, 0); /* the state is still good */
				assert_int_equal(luaL_dostring(L, "assert((ms.ones(2000) + 1):sum():item() == 4000)"),
				                 LUA_OK);
			}
			lua_close(L);
		}
		assert_int_equal(w.budget.used, 0);
		assert_int_equal(w.c.mem.used, 0);
		failures = w.budget.failures;
	}
	assert_true(n > 500);
}

static const char *text_of(lua_State *L, const char *code)
{
	lua_settop(L, 0);
	assert_int_equal(luaL_loadbuffer(L, code, strlen(code), "@user.lua"), LUA_OK);
	lua_pcall(L, 0, 1, 0);
	return lua_tostring(L, -1);
}

static void errors_name_the_line_of_the_user(void **state)
{
	(void)state;
	struct world w;
	lua_State *L = begin(&w, -1);
	assert_string_equal(text_of(L, "\nms.exp({})"), "user.lua:2: exp: tensor expected, got table");
	assert_string_equal(text_of(L, "local t = {1, 2}\ntable.sort(t, ms.exp)"),
	                    "user.lua:2: exp: tensor expected, got number");
	assert_string_equal(text_of(L, "local ok, e = pcall(ms.exp)\nreturn e"),
	                    "user.lua:1: exp: tensor expected, got no value");
	assert_string_equal(text_of(L, "\n\nreturn ms.tensor{1} + {}"),
	                    "user.lua:3: add: tensor or number expected, got table");
	assert_string_equal(text_of(L, "local co = coroutine.create(function()\n ms.zeros(2)[3] = 1 end)\n"
	                               "return select(2, coroutine.resume(co))"),
	                    "user.lua:2: index 3 is out of range for dim 1 of length 2");
	/* the library's own Lua code is skipped */
	const char *lib = "function helper(x)\n\n\n\n return ms.exp(x) + 1 end";
	assert_int_equal(luaL_loadbuffer(L, lib, strlen(lib), "=[moonstage test]"), LUA_OK);
	lua_call(L, 0, 0);
	assert_string_equal(text_of(L, "\nlocal x = helper()\nreturn x"), "user.lua:2: exp: tensor expected, got nil");
	lua_close(L);
}

static int where(lua_State *L)
{
	bind_where(L, (int)lua_tointeger(L, 1));
	return 1;
}

static void positions_by_level(void **state)
{
	(void)state;
	struct world w;
	lua_State *L = begin(&w, -1);
	lua_register(L, "where", where);
	const char *code =
	    "local function f(n)\n local r = where(n) return r end\nlocal r = f(1) .. f(2) .. f(3) return r";
	assert_string_equal(text_of(L, code), "user.lua:2: user.lua:3: ");
	lua_close(L);
}

static void cancelling(void **state)
{
	(void)state;
	struct world w;
	lua_State *L = begin(&w, -1);
	w.c.cancel = true;
	assert_string_equal(text_of(L, "local x = ms.zeros(2)"), "user.lua:1: interrupted");
	w.c.cancel = false;
	assert_null(text_of(L, "x = ms.zeros(2)"));
	w.c.cancel = true;
	assert_string_equal(text_of(L, "return x + x"), "user.lua:1: interrupted");
	lua_close(L);
}

static void owned_and_views(void **state)
{
	(void)state;
	struct world w;
	struct tensor t;
	struct err e;
	lua_State *L = begin(&w, -1);
	assert_true(tensor_shape(&t, F32, 2, (int64_t[]){2, 3}, &e));
	assert_true(tensor_alloc(&w.c.mem, &t, &e));
	struct storage *st = t.st;
	memset(t.data, 0, tensor_bytes(&t));
	struct tbox *b = bind_push_owned(L, &w.c, &t);
	assert_null(t.st);
	assert_ptr_equal(b->t.st, st);
	assert_int_equal(st->refs, 1);
	bind_push_view(L, &w.c, -1);
	assert_int_equal(st->refs, 2);
	lua_settop(L, 0);
	lua_gc(L, LUA_GCCOLLECT);
	lua_gc(L, LUA_GCCOLLECT);
	assert_int_equal(w.c.mem.used, 0);
	b = bind_push_tensor(L, &w.c, I64, 1, (int64_t[]){3});
	assert_null(b->t.st);
	char *data = b->t.data;
	bind_push_view(L, &w.c, -1);
	lua_remove(L, 1);
	lua_gc(L, LUA_GCCOLLECT);
	assert_ptr_equal(bind_tensor(L, &w.c, 1)->t.data, data);
	memset(data, 0, 24); /* still there: the view anchors it */
	assert_null(bind_tensor(L, &w.c, 2));
	lua_pushinteger(L, 1);
	assert_null(bind_tensor(L, &w.c, 2));
	lua_close(L);
}

static void truth(void **state)
{
	(void)state;
	struct world w;
	lua_State *L = begin(&w, -1);
	static const struct {
		const char *code;
		int truth;
	} cases[] = {
	    {"return nil", 0},
	    {"return false", 0},
	    {"return 0", 1},
	    {"return ms.tensor(0)", 1},
	    {"return ms.zeros(3)", 1},
	    {"return ms.tensor(false)", 0},
	    {"return ms.tensor{{true}}", 1},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		text_of(L, cases[i].code);
		assert_int_equal(bind_truth(L, &w.c, -1), cases[i].truth);
	}
	lua_close(L);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(out_of_memory_anywhere), cmocka_unit_test(errors_name_the_line_of_the_user),
	    cmocka_unit_test(positions_by_level),     cmocka_unit_test(cancelling),
	    cmocka_unit_test(owned_and_views),        cmocka_unit_test(truth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
