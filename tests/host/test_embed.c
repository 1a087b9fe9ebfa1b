/* The public header from a C program's side: values, callbacks, errors, contexts on threads,
   cancelling, a caller's own Lua state, and memory that runs out at every single request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <lauxlib.h>
#include <lualib.h>
#include "moonstage.h"

#define run(ctx, text) moon_run_text(ctx, "=test", text, strlen(text))
#define ok(call) assert_int_equal(call, MOON_OK)

static moon_context *open_plain(void)
{
	moon_context *c;
	ok(moon_open(&c, NULL, NULL, NULL));
	return c;
}

static void contains(const char *text, const char *part)
{
	if (!strstr(text, part)) fail_msg("'%s' lacks '%s'", text, part);
}

/* ---- Values ---- */

static void test_values(void **state)
{
	(void)state;
	moon_context *c = open_plain();
	int64_t i;
	double d;
	bool b;
	size_t n;
	ok(moon_push_nil(c));
	ok(moon_push_bool(c, true));
	ok(moon_push_integer(c, INT64_MIN));
	ok(moon_push_number(c, 2.5));
	ok(moon_push_string(c, "a\0b", 3));
	assert_int_equal(moon_top(c), 5);
	assert_int_equal(moon_type(c, 1), MOON_NIL);
	assert_int_equal(moon_type(c, 2), MOON_BOOLEAN);
	assert_int_equal(moon_type(c, 3), MOON_INTEGER);
	assert_int_equal(moon_type(c, -2), MOON_NUMBER);
	assert_int_equal(moon_type(c, -1), MOON_STRING);
	assert_int_equal(moon_type(c, 6), MOON_NONE);
	assert_int_equal(moon_type(c, -6), MOON_NONE);
	assert_int_equal(moon_type(c, 0), MOON_NONE);
	ok(moon_to_bool(c, 2, &b));
	assert_true(b);
	ok(moon_to_integer(c, 3, &i));
	assert_true(i == INT64_MIN);
	ok(moon_to_number(c, 4, &d));
	assert_true(d == 2.5);
	assert_memory_equal(moon_to_string(c, 5, &n), "a\0b", 4);
	assert_int_equal(n, 3);
	assert_int_equal(moon_to_integer(c, 4, &i), MOON_ERROR);
	assert_string_equal(moon_message(c), "the value at index 4 is number, not an integer");
	assert_int_equal(moon_to_bool(c, 9, &b), MOON_ERROR);
	assert_string_equal(moon_message(c), "the value at index 9 is missing, not a boolean");
	assert_null(moon_to_string(c, 3, NULL));
	moon_pop(c, 2);
	assert_int_equal(moon_top(c), 3);
	moon_pop(c, 100);
	assert_int_equal(moon_top(c), 0);
	moon_close(c);
}

static void test_tensors(void **state)
{
	(void)state;
	moon_context *c = open_plain();
	double in[2][3] = {{1, 2, 3}, {4, 5, 6}}, out[3][2], d;
	int64_t dim[] = {2, 3}, ints[] = {7}, one[] = {1}, i;
	ok(run(c, "function flip(x) return x:transpose(1, 2), x:sum() end"));
	ok(moon_push_tensor(c, MOON_F64, 2, dim, in));
	ok(moon_call(c, "flip", 1, 2));
	assert_int_equal(moon_type(c, 1), MOON_TENSOR);
	assert_int_equal(moon_dtype(c, 1), MOON_F64);
	assert_int_equal(moon_rank(c, 1), 2);
	assert_int_equal(moon_dim(c, 1, 0), 3);
	assert_int_equal(moon_dim(c, 1, 1), 2);
	assert_int_equal(moon_dim(c, 1, 2), -1);
	assert_int_equal(moon_numel(c, 1), 6);
	ok(moon_read(c, 1, MOON_F64, out, sizeof out));
	for (int r = 0; r < 3; r++)
		for (int k = 0; k < 2; k++) assert_true(out[r][k] == in[k][r]);
	ok(moon_to_number(c, 2, &d));
	assert_true(d == 21);
	ok(moon_to_integer(c, 2, &i));
	assert_int_equal(i, 21);
	assert_int_equal(moon_read(c, 1, MOON_F32, out, sizeof out), MOON_ERROR);
	assert_string_equal(moon_message(c), "moon_read: the tensor is f64, not f32");
	assert_int_equal(moon_read(c, 1, MOON_F64, out, 8), MOON_ERROR);
	assert_string_equal(moon_message(c), "moon_read: the tensor has 48 bytes, the buffer 8");
	assert_int_equal(moon_to_number(c, 1, &d), MOON_ERROR);
	moon_pop(c, 2);

	ok(moon_push_tensor(c, MOON_I64, 1, one, NULL));
	ok(moon_write(c, -1, MOON_I64, ints, sizeof ints));
	ok(moon_set_global(c, "t"));
	ok(run(c, "assert(t:item() == 7 and t.dtype == 'i64') u = {t, {n = t}}"));
	ok(moon_push_global(c, "u"));
	ok(moon_push_item(c, -1, 2));
	ok(moon_push_field(c, -1, "n"));
	ok(moon_to_integer(c, -1, &i));
	assert_int_equal(i, 7);
	ok(moon_push_global(c, "t.shape"));
	moon_pop(c, 4);
	ok(moon_push_tensor(c, MOON_F32, 0, NULL, NULL));
	ok(moon_to_number(c, -1, &d));
	assert_true(d == 0);

	int64_t bad[] = {-1}, huge[] = {INT64_MAX, 4};
	assert_int_equal(moon_push_tensor(c, MOON_F32, 1, bad, NULL), MOON_ERROR);
	assert_int_equal(moon_push_tensor(c, MOON_F32, 9, dim, NULL), MOON_ERROR);
	assert_int_equal(moon_push_tensor(c, 99, 1, dim, NULL), MOON_ERROR);
	assert_int_not_equal(moon_push_tensor(c, MOON_F32, 2, huge, NULL), MOON_OK);
	assert_int_equal(moon_top(c), 1);
	moon_close(c);
}

static void note(void *ud, void *data) { *(void **)ud = data; }

static void test_borrowed(void **state)
{
	(void)state;
	moon_context *c = open_plain();
	float data[4] = {1, 2, 3, 4};
	void *released = NULL;
	int64_t dim[] = {4};
	ok(moon_push_borrowed(c, MOON_F32, 1, dim, data, note, &released));
	ok(moon_set_global(c, "x"));
	data[0] = 10;
	ok(run(c, "assert(x:sum():item() == 19) y = x[{{2, 3}}] x = nil collectgarbage() collectgarbage()"));
	assert_null(released); /* a view keeps the bytes */
	ok(run(c, "assert(y:sum():item() == 5) y:add_(1)"));
	assert_true(data[1] == 3 && data[2] == 4 && data[3] == 4);
	ok(run(c, "y = nil collectgarbage() collectgarbage()"));
	assert_ptr_equal(released, data);
	released = NULL;
	ok(moon_push_borrowed(c, MOON_F32, 1, dim, data, note, &released));
	moon_close(c);
	assert_ptr_equal(released, data);
}

static void test_calls(void **state)
{
	(void)state;
	moon_context *c = open_plain();
	int handle, none;
	int64_t i;
	ok(run(c, "m = {step = function(a, b) return a + b, a - b end} function many() return 1, 2, 3 end"
	          " function fails() error('on purpose') end"));
	ok(moon_push_integer(c, 5));
	ok(moon_push_integer(c, 3));
	ok(moon_call(c, "m.step", 2, 3));
	assert_int_equal(moon_top(c), 3);
	assert_int_equal(moon_type(c, 3), MOON_NIL);
	ok(moon_to_integer(c, 1, &i));
	assert_int_equal(i, 8);
	moon_pop(c, 3);
	ok(moon_call(c, "many", 0, MOON_ALL));
	assert_int_equal(moon_top(c), 3);
	moon_pop(c, 3);
	assert_int_equal(moon_call(c, "none.such", 0, 0), MOON_ERROR);
	contains(moon_message(c), "there is no global 'none.such' to call");
	assert_int_equal(moon_call(c, "m", 0, 0), MOON_ERROR);
	contains(moon_message(c), "attempt to call a table value");
	ok(moon_push_integer(c, 1));
	assert_int_equal(moon_call(c, "m.step", 2, 0), MOON_ERROR);
	contains(moon_message(c), "2 values asked for, 1 on the stack");
	assert_int_equal(moon_call(c, "fails", 1, 0), MOON_ERROR);
	assert_string_equal(moon_message(c), "test:1: on purpose");
	assert_int_equal(moon_top(c), 0);

	ok(moon_push_global(c, "many"));
	ok(moon_keep(c, &handle));
	assert_true(handle > 0 && moon_top(c) == 0);
	ok(run(c, "many = nil collectgarbage()"));
	ok(moon_push_kept(c, handle));
	ok(moon_call(c, NULL, 0, 1));
	ok(moon_to_integer(c, -1, &i));
	assert_int_equal(i, 1);
	moon_drop(c, handle);
	moon_drop(c, 0);
	assert_int_equal(moon_push_kept(c, handle), MOON_ERROR);
	assert_int_equal(moon_push_kept(c, 12345), MOON_ERROR);
	moon_pop(c, 1);
	assert_int_equal(moon_keep(c, &none), MOON_ERROR);
	assert_int_equal(none, 0);

	ok(moon_load_text(c, "=args", "local a, b = ... return a .. b", 30));
	ok(moon_push_string(c, "x", 1));
	ok(moon_push_string(c, "y", 1));
	ok(moon_call(c, NULL, 2, 1));
	assert_string_equal(moon_to_string(c, -1, NULL), "xy");
	moon_close(c);
}

/* ---- Errors, options, callbacks ---- */

struct sink {
	char text[4000];
	size_t n;
	int calls, status;
	bool refuse;
};

static bool take(void *ud, const char *text, size_t n)
{
	struct sink *s = ud;
	if (s->refuse || s->n + n >= sizeof s->text) return false;
	memcpy(s->text + s->n, text, n);
	s->text[s->n += n] = 0;
	s->calls++;
	return true;
}

static void take_error(void *ud, int status, const char *text)
{
	struct sink *s = ud;
	s->calls++;
	s->status = status;
	snprintf(s->text, sizeof s->text, "%s", text);
}

static void test_errors(void **state)
{
	(void)state;
	moon_context *c = open_plain();
	struct sink s = {.n = 0};
	moon_set_error(c, take_error, &s);
	assert_string_equal(moon_message(c), "");
	assert_int_equal(run(c, "local x = = 1"), MOON_SYNTAX);
	assert_string_equal(moon_message(c), "test:1: unexpected symbol near '='");
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.status, MOON_SYNTAX);
	assert_string_equal(s.text, moon_message(c));
	assert_int_equal(run(c, "\n\nerror('here')"), MOON_ERROR);
	assert_string_equal(moon_message(c), "test:3: here");
	assert_int_equal(run(c, "error({})"), MOON_ERROR);
	assert_string_equal(moon_message(c), "(error object is a table value)");
	assert_int_equal(run(c, "error(setmetatable({}, {__tostring = function() return 'as text' end}))"), MOON_ERROR);
	assert_string_equal(moon_message(c), "as text");
	assert_int_equal(run(c, "local function f() return 1 + f() end f()"), MOON_ERROR);
	contains(moon_message(c), "stack overflow");
	assert_int_equal(moon_run_file(c, "/nonexistent/file.lua"), MOON_FILE);
	contains(moon_message(c), "cannot open /nonexistent/file.lua");
	assert_int_equal(moon_run_file(c, "/"), MOON_FILE);
	assert_int_equal(s.calls, 7);
	ok(run(c, "warn('@on') warn('a ', 'warning')"));
	assert_int_equal(s.status, MOON_WARNING);
	assert_string_equal(s.text, "a warning");
	ok(moon_set(c, "traceback", "on"));
	assert_int_equal(run(c, "local function f() error('x') end f()"), MOON_ERROR);
	contains(moon_message(c), "test:1: x\nstack traceback:\n\t[C]: in function 'error'\n\ttest:1: in local 'f'\n");
	assert_int_equal(moon_show(c, "nothing", "=x", "", 0), MOON_ERROR);
	ok(moon_show(c, "eager", "=x", "return 1", 8));
	assert_string_equal(moon_to_string(c, -1, NULL), "return 1");
	assert_int_equal(moon_show(c, "ast", "=x", "return return", 13), MOON_SYNTAX);
	moon_close(c);
	moon_close(NULL);
	assert_string_equal(moon_message(NULL), "not enough memory");
	assert_string_equal(moon_version(), MOON_VERSION);
}

static void test_options(void **state)
{
	(void)state;
	moon_context *c = open_plain();
	static const char *const good[][2] = {{"mode", "staged"}, {"mode", "auto"},  {"mode", "auto:9"},
	                                      {"mode", "auto:0"}, {"mode", "eager"}, {"level", "0"},
	                                      {"level", "2"},     {"seed", "0"},     {"seed", "9223372036854775807"},
	                                      {"memory", "0"},    {"memory", "64M"}, {"traceback", "off"},
	                                      {"dump", "none"},   {"depth", "1M"}};
	static const char *const bad[][2] = {{"mode", "x"},    {"mode", "auto:"}, {"mode", "auto9"}, {"mode", "auto:x"},
	                                     {"level", "1"},   {"level", ""},     {"seed", "-1"},    {"seed", "1x"},
	                                     {"memory", "1T"}, {"memory", ""},    {"memory", "M"},   {"traceback", "1"},
	                                     {"dump", ""},     {"depth", "0"},    {"nonsense", "1"}, {"", ""}};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) ok(moon_set(c, good[i][0], good[i][1]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(moon_set(c, bad[i][0], bad[i][1]), MOON_ERROR);
		contains(moon_message(c), *bad[i][0] ? bad[i][0] : "unknown option ''");
	}
	ok(moon_set(c, "memory", "32M"));
	assert_int_equal(run(c, "local t = {} for i = 1, 1e9 do t[i] = {i} end"), MOON_MEMORY);
	contains(moon_message(c), "not enough memory");
	assert_int_equal(run(c, "local ms = require 'moonstage' ms.zeros(10000, 10000)"), MOON_MEMORY);
	ok(run(c, "collectgarbage() return #tostring(1)"));

	double a, b;
	ok(moon_set(c, "seed", "42"));
	ok(run(c, "r = math.random() s = require'moonstage'.rand(1):item()"));
	ok(moon_push_global(c, "r"));
	ok(moon_set(c, "seed", "42"));
	ok(run(c, "assert(r == math.random() and s == require'moonstage'.rand(1):item()) r = math.random()"));
	ok(moon_push_global(c, "r"));
	ok(moon_to_number(c, 1, &a));
	ok(moon_to_number(c, 2, &b));
	assert_true(a != b);

	ok(moon_set(c, "mode", "staged"));
	ok(run(c, "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end"
	          " g = require'moonstage'.stage(function(n) return f(n) end) return g(1000)"));
	ok(moon_set(c, "depth", "100"));
	ok(run(c, "assert(g(99) == 99)"));
	assert_int_equal(run(c, "g(100)"), MOON_ERROR);
	contains(moon_message(c), "stack overflow");
	ok(moon_set(c, "depth", "1G"));
	assert_int_equal(run(c, "g(1 << 40)"), MOON_MEMORY);
	ok(run(c, "assert(g(200000) == 200000)"));
	moon_close(c);
}

static void test_output(void **state)
{
	(void)state;
	moon_context *c = open_plain();
	struct sink s = {.n = 0};
	moon_set_output(c, take, &s);
	ok(run(c, "print(1, 'a', nil) io.write('x', 2, '\\n') print()"));
	assert_string_equal(s.text, "1\ta\tnil\nx2\n\n");
	s.n = 0;
	ok(run(c, "local f = io.tmpfile() io.output(f) io.write('to the file') io.output(io.stdout) f:seek('set')"
	          " io.write('[', f:read('a'), ']')"));
	assert_string_equal(s.text, "[to the file]");
	s.n = 0;
	ok(moon_set(c, "mode", "staged"));
	ok(run(c,
	       "f = require'moonstage'.stage(function(x) if x > 0 then print('positive', x) end return x end) f(3)"));
	assert_string_equal(s.text, "positive\t3\n");
	s.refuse = true;
	assert_int_equal(run(c, "print('lost')"), MOON_ERROR);
	contains(moon_message(c), "output");
	assert_int_equal(run(c, "f(4)"), MOON_ERROR);
	static const char *const argv[] = {"prog", "-x", "script", "a", "b"};
	ok(moon_set_args(c, 5, argv, 2));
	ok(run(c, "assert(#arg == 2 and arg[0] == 'script' and arg[-2] == 'prog' and arg[2] == 'b')"));
	assert_int_equal(moon_set_args(c, 1, argv, 2), MOON_ERROR);
	moon_close(c);
}

/* ---- Threads and cancelling ---- */

struct job {
	moon_context *c;
	pthread_t thread;
	const char *text;
	double result;
	int status;
};

static void *work(void *ud)
{
	struct job *j = ud;
	if (!j->c) j->status = moon_open(&j->c, NULL, NULL, NULL);
	if (j->status == MOON_OK) j->status = moon_set(j->c, "mode", "staged");
	if (j->status == MOON_OK) j->status = moon_run_text(j->c, "=job", j->text, strlen(j->text));
	if (j->status == MOON_OK) j->status = moon_push_global(j->c, "result");
	if (j->status == MOON_OK) j->status = moon_to_number(j->c, -1, &j->result);
	return NULL;
}

static void test_two_threads(void **state)
{
	(void)state;
	static const char body[] =
	    "local ms = require 'moonstage' ms.manual_seed(3)\n"
	    "local f = ms.stage(function(x, n) local i = 0 while i < n do x = x:matmul(x):tanh() i = i + 1 end return "
	    "x end)\n"
	    "local x = ms.randn(16, 16) local total = 0\n"
	    "for k = 1, 30 do total = total + f(x, k):sum():item() local t = {} for i = 1, 100 do t[i] = {i} end end\n"
	    "result = total\n";
	struct job j[3] = {{.text = body}, {.text = body}, {.text = body}};
	work(&j[2]);
	if (j[2].status != MOON_OK) fail_msg("%s", moon_message(j[2].c));
	for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&j[i].thread, NULL, work, &j[i]), 0);
	for (int i = 0; i < 2; i++) pthread_join(j[i].thread, NULL);
	for (int i = 0; i < 3; i++) {
		ok(j[i].status);
		assert_true(j[i].result == j[2].result);
		moon_close(j[i].c);
	}
}

static _Atomic bool started;
static bool note_start(void *ud, const char *text, size_t n)
{
	(void)ud, (void)text, (void)n;
	atomic_store(&started, true);
	return true;
}

static void *cancel_soon(void *ud)
{
	struct timespec pause = {0, 20 * 1000 * 1000};
	while (!atomic_load(&started)) nanosleep(&pause, NULL);
	nanosleep(&pause, NULL);
	moon_cancel(ud);
	return NULL;
}

/* Runs text, which prints once it is at it and never ends, and cancels it. */
static void cancelled(moon_context *c, const char *text)
{
	pthread_t t;
	atomic_store(&started, false);
	moon_set_output(c, note_start, NULL);
	assert_int_equal(pthread_create(&t, NULL, cancel_soon, c), 0);
	int status = run(c, text);
	atomic_store(&started, true);
	pthread_join(t, NULL);
	if (status != MOON_CANCELED) fail_msg("status %d: %s", status, moon_message(c));
	ok(run(c, "assert(1 + require'moonstage'.tensor(1.0):item() == 2)"));
}

static void test_cancel(void **state)
{
	(void)state;
	moon_context *c = open_plain();
	ok(run(c, "ms = require 'moonstage'"));
	cancelled(c, "local x = ms.zeros(4) print('on') while true do x = x + 1 end");
	ok(moon_set(c, "mode", "staged"));
	cancelled(c, "local f = ms.stage(function(x) while x:sum() > -1 do x = x + 1 end return x end) print('on') "
	             "f(ms.zeros(4))");
	cancelled(
	    c,
	    "local f = ms.stage(function(n) local i = 0 while i ~= n do i = i + 2 end return i end) print('on') f(1)");
	moon_cancel(c);
	assert_int_equal(run(c, "local x = ms.zeros(2) + 1"), MOON_CANCELED);
	ok(run(c, "local x = ms.zeros(2) + 1"));
	moon_close(c);
}

static bool interrupt_me(void *ud, const char *text, size_t n)
{
	(void)text, (void)n;
	moon_interrupt(ud);
	return true;
}

static void test_interrupt(void **state)
{
	(void)state;
	moon_context *c = open_plain();
	moon_set_output(c, interrupt_me, c);
	assert_int_equal(run(c, "print('x') while true do end"), MOON_CANCELED);
	contains(moon_message(c), "interrupted!");
	assert_int_equal(run(c, "coroutine.wrap(function() print('x') while true do end end)()"), MOON_CANCELED);
	ok(run(c, "local ok, m = pcall(function() print('x') while true do end end) assert(not ok and "
	          "m:find('interrupted!'))"));
	ok(run(c, "for i = 1, 1000 do end"));
	moon_close(c);
}

/* ---- A Lua state of the caller's ---- */

static void test_foreign_state(void **state)
{
	(void)state;
	lua_State *L = luaL_newstate();
	moon_context *c, *again;
	luaL_openlibs(L);
	lua_getglobal(L, "print");
	ok(moon_open(&c, NULL, NULL, L));
	ok(moon_open(&again, NULL, NULL, L));
	assert_ptr_equal(c, again);
	assert_int_equal(moon_top(c), 1);
	lua_getglobal(L, "print");
	assert_true(lua_rawequal(L, 1, 2));
	lua_settop(L, 0);
	assert_int_equal(luaL_dostring(L, "local ms = require 'moonstage' x = ms.tensor{1.0, 2.0} + 1"), LUA_OK);
	ok(moon_push_global(c, "x"));
	float v[2];
	ok(moon_read(c, -1, MOON_F32, v, sizeof v));
	assert_true(v[0] == 2 && v[1] == 3);
	assert_int_equal(run(c, "error('in a borrowed state')"), MOON_ERROR);
	moon_close(c);
	assert_int_equal(luaL_dostring(L, "x = x + 1"), LUA_OK);
	lua_close(L);

	L = luaL_newstate(); /* without the standard libraries: an error, not a crash */
	assert_int_equal(moon_open(&c, NULL, NULL, L), MOON_ERROR);
	assert_int_not_equal(strlen(moon_message(c)), 0);
	assert_int_equal(run(c, "return"), MOON_ERROR);
	moon_close(c);
	lua_close(L);
}

static moon_context *writer;

/* scale(t): doubles the one element of a tensor, as the program does it */
static int scale(lua_State *L)
{
	float v;
	if (moon_read(writer, 1, MOON_F32, &v, sizeof v) != MOON_OK) return luaL_error(L, "no tensor");
	v *= 2;
	if (moon_write(writer, 1, MOON_F32, &v, sizeof v) != MOON_OK) return luaL_error(L, "%s", moon_message(writer));
	return 0;
}

/* A graph that waits for a call relies on the tensors it has read: the program may not write into them either. */
static void test_write_in_a_host_call(void **state)
{
	(void)state;
	lua_State *L = luaL_newstate();
	luaL_openlibs(L);
	ok(moon_open(&writer, NULL, NULL, L));
	ok(moon_set(writer, "mode", "staged"));
	lua_register(L, "scale", scale);
	ok(run(writer, "local ms = require 'moonstage'\n"
	               "w, free = ms.tensor{1.0}, ms.tensor{1.0}\n"
	               "local h = ms.host(function(which) scale(which == 1 and w or free) end)\n"
	               "f = ms.stage(function(n) local y = w * 2 h(n) return y + w end)"));
	ok(run(writer, "f(2) assert(free:item() == 2)"));
	assert_int_equal(run(writer, "f(1)"), MOON_ERROR);
	contains(moon_message(writer), "it wrote into a tensor that the staged function uses");
	ok(run(writer, "assert(w:item() == 1) scale(w) assert(w:item() == 2)"));
	moon_close(writer);
	lua_close(L);
}

/* ---- Memory that runs out ---- */

struct budget {
	long left, live;
};

static void *limited(void *ud, void *ptr, size_t osize, size_t nsize)
{
	struct budget *b = ud;
	if (!nsize) {
		if (ptr) b->live -= (long)osize;
		free(ptr);
		return NULL;
	}
	if ((!ptr || nsize > osize) && b->left-- <= 0) return NULL;
	void *p = realloc(ptr, nsize);
	if (p) b->live += (long)nsize - (ptr ? (long)osize : 0);
	return p;
}

static const char walk_text[] =
    "local ms = require 'moonstage'\n"
    "local w = ms.arange(600):to('f32'):reshape(20, 30)\n"
    "f = ms.stage(function(x, n) local i = 0 while i < n do x = (x * 2 + 1):tanh() i = i + 1 end return x, i end)\n"
    "function g(x) return (x:matmul(w)):sum(), f(x, 2) end\n";

/* Every entry point once. Returns the first status that is not MOON_OK. */
static int walk(moon_context *c)
{
	static const char *const argv[] = {"prog", "script", "a"};
	int64_t dim[] = {2, 20}, i;
	float in[40] = {1}, out[40], lent[4] = {0};
	void *released = NULL;
	int s, handle = 0;
	double d;
	if ((s = moon_set(c, "mode", "staged")) || (s = moon_set(c, "seed", "1")) || (s = moon_set_args(c, 3, argv, 1)))
		return s;
	if ((s = moon_run_text(c, "=walk", walk_text, sizeof walk_text - 1))) return s;
	if ((s = moon_load_text(c, "=l", "return ...", 10)) || (s = moon_push_string(c, "abc", 3)) ||
	    (s = moon_push_nil(c)) || (s = moon_push_bool(c, true)) || (s = moon_push_integer(c, 1)) ||
	    (s = moon_push_number(c, 1.5)) || (s = moon_call(c, NULL, 5, MOON_ALL)))
		return s;
	moon_pop(c, 5);
	if ((s = moon_push_tensor(c, MOON_F32, 2, dim, in)) || (s = moon_call(c, "g", 1, 3))) return s;
	if ((s = moon_read(c, -2, MOON_F32, out, sizeof out)) || (s = moon_to_integer(c, -1, &i)) ||
	    (s = moon_to_number(c, -3, &d)))
		return s;
	assert_int_equal(i, 2);
	if ((s = moon_set_global(c, "kept")) || (s = moon_keep(c, &handle)) || (s = moon_push_kept(c, handle)))
		return s;
	moon_drop(c, handle);
	moon_pop(c, 2);
	dim[0] = 4;
	if ((s = moon_push_borrowed(c, MOON_F32, 1, dim, lent, note, &released)) || (s = moon_set_global(c, "lent")))
		return s;
	if ((s = moon_push_global(c, "package.loaded")) || (s = moon_push_field(c, -1, "moonstage"))) return s;
	moon_pop(c, 2);
	if ((s = moon_show(c, "eager", "=x", "if a < b then c() end", 21)) ||
	    (s = moon_show(c, "ast", "=x", "return 1", 8)))
		return s;
	moon_pop(c, 2);
	return MOON_OK;
}

static void test_failing_memory(void **state)
{
	(void)state;
	int status = MOON_MEMORY;
	long n = 0, opened = -1;
	/* each step fails one request later; once opening is known to survive, in larger steps */
	for (; status != MOON_OK; n += n < 400 ? 1 : 1 + n / 200) {
		struct budget b = {n, 0};
		moon_context *c;
		assert_true(n < 10 * 1000 * 1000);
		status = moon_open(&c, limited, &b, NULL);
		if (status == MOON_OK) {
			if (opened < 0) opened = n;
			status = walk(c);
		}
		if (status != MOON_OK && (status != MOON_MEMORY || !strstr(moon_message(c), "not enough memory")))
			fail_msg("request %ld: status %d: %s", n, status, moon_message(c));
		moon_close(c);
		if (b.live) fail_msg("request %ld: %ld bytes left", n, b.live);
	}
	/* every request of the part after opening */
	long last = n;
	for (n = opened; n < last; n++) {
		struct budget b = {opened, 0};
		moon_context *c;
		ok(moon_open(&c, limited, &b, NULL));
		b.left = n - opened;
		status = walk(c);
		if (status != MOON_OK && status != MOON_MEMORY)
			fail_msg("request %ld: %d: %s", n, status, moon_message(c));
		moon_close(c);
		if (b.live) fail_msg("request %ld: %ld bytes left", n, b.live);
		if (status == MOON_OK) break;
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),         cmocka_unit_test(test_tensors),
	    cmocka_unit_test(test_borrowed),       cmocka_unit_test(test_calls),
	    cmocka_unit_test(test_errors),         cmocka_unit_test(test_options),
	    cmocka_unit_test(test_output),         cmocka_unit_test(test_two_threads),
	    cmocka_unit_test(test_cancel),         cmocka_unit_test(test_interrupt),
	    cmocka_unit_test(test_foreign_state),  cmocka_unit_test(test_write_in_a_host_call),
	    cmocka_unit_test(test_failing_memory),
	};
	if (argc > 1) cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
