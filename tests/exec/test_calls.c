/* Functions of a graph: calls, frames, and their limits. */
#include "tests/exec/help.h"

static bool print(void *ud, const char *s, size_t n)
{
	struct fix *f = ud;
	strncat(f->out, s, n);
	return true;
}

static void plan(struct fix *f, int level, const char *text)
{
	struct err e = {0};
	done(f);
	f->out[0] = 0;
	struct graph *g = graph_from(&f->h, text);
	assert_text(g, text);
	if (!pass_run(g, level, &e)) fail_msg("%s", e.msg);
	f->p = plan_new(&f->h.mem, g, &e);
	graph_free(g);
	if (!f->p) fail_msg("%s", e.msg);
}

static bool run(struct fix *f, const struct datum *in)
{
	struct run_env env = {
	    .op = {.mem = &f->h.mem, .cancel = &f->cancel}, .calls = f->calls, .ud = f, .print = print};
	for (size_t i = 0; i < COUNT_OF(f->res); i++) datum_release(&f->res[i]);
	if (f->f.text.mem) buf_free(&f->f.text);
	return plan_run(f->p, &env, in, f->res, &f->f);
}

static struct datum an_int(int64_t v) { return (struct datum){.kind = K_INT, .w.i = v}; }

static const char fib[] = "graph {\n"
                          "  param %1: int\n"
                          "  %2: int = call %1 [0] @ a.lua:9\n"
                          "  yield %2\n"
                          "}\n"
                          "function 0 {\n"
                          "  param %3: int\n"
                          "  %4: int = const 2\n"
                          "  %5: bool = ilt %3, %4\n"
                          "  %6: int = if %5 {\n"
                          "    yield %3\n"
                          "  } else {\n"
                          "    %7: int = const 1\n"
                          "    %8: int = isub %3, %7\n"
                          "    %9: int = call %8 [0] @ a.lua:3\n"
                          "    %10: int = isub %3, %4\n"
                          "    %11: int = call %10 [0] @ a.lua:4\n"
                          "    %12: int = iadd %9, %11\n"
                          "    yield %12\n"
                          "  }\n"
                          "  yield %6\n"
                          "}\n";

static void a_function_calls_itself_twice(void **state)
{
	struct fix *f = *state;
	for (int level = 0; level <= 2; level += 2) {
		plan(f, level, fib);
		for (int n = 0, a = 0, b = 1; n < 20; n++) {
			if (!run(f, (struct datum[]){an_int(n)})) fail_msg("%s", f->f.e.msg);
			assert_int_equal(f->res[0].w.i, a);
			int next = a + b;
			a = b;
			b = next;
		}
	}
}

/* even and odd; each prints on the way back */
static void functions_call_each_other(void **state)
{
	struct fix *f = *state;
	plan(f, 2,
	     "graph {\n"
	     "  param %1: int\n"
	     "  %2: bool, %3: int = call %1, %1 [0]\n"
	     "  yield %2, %3\n"
	     "}\n"
	     "function 0 {\n"
	     "  param %4: int, %5: int\n"
	     "  %6: int = const 0\n"
	     "  %7: bool = ieq %4, %6\n"
	     "  %8: bool, %9: int = if %7 {\n"
	     "    %10: bool = const true\n"
	     "    yield %10, %5\n"
	     "  } else {\n"
	     "    %11: int = const 1\n"
	     "    %12: int = isub %4, %11\n"
	     "    %13: bool = call %5, %12 [1]\n"
	     "    print \"e\", %4, \" \"\n"
	     "    yield %13, %5\n"
	     "  }\n"
	     "  yield %8, %9\n"
	     "}\n"
	     "function 1 {\n"
	     "  param %14: int, %15: int\n"
	     "  %16: int = const 0\n"
	     "  %17: bool = ieq %15, %16\n"
	     "  %18: bool = if %17 {\n"
	     "    %19: bool = const false\n"
	     "    yield %19\n"
	     "  } else {\n"
	     "    %20: int = const 1\n"
	     "    %21: int = isub %15, %20\n"
	     "    %22: bool, %23: int = call %21, %14 [0]\n"
	     "    print \"o\", %15, \":\", %23, \" \"\n"
	     "    yield %22\n"
	     "  }\n"
	     "  yield %18\n"
	     "}\n");
	assert_true(run(f, (struct datum[]){an_int(5)}));
	assert_int_equal(f->res[0].w.i, 0);
	assert_int_equal(f->res[1].w.i, 5);
	assert_string_equal(f->out, "e1 o2:5 e3 o4:5 e5 ");
}

/* f(n, a, b) = n == 0 and a, b or f(n - 1, b, a) with two tensors: the result adds what each frame had */
static void frames_hold_tensors(void **state)
{
	struct fix *f = *state;
	struct tensor a, b;
	float x[3] = {1, 2, 3}, y[3] = {10, 20, 30};
	struct err e;
	assert_true(tensor_shape(&a, F32, 1, (int64_t[]){3}, &e) && tensor_shape(&b, F32, 1, (int64_t[]){3}, &e));
	a.data = (char *)x;
	b.data = (char *)y;
	plan(f, 2,
	     "graph {\n"
	     "  param %1: int, %2: f32[3], %3: f32[3]\n"
	     "  %4: f32[3], %5: f32[3] = call %1, %2, %3 [0]\n"
	     "  yield %4, %5\n"
	     "}\n"
	     "function 0 {\n"
	     "  param %6: int, %7: f32[3], %8: f32[3]\n"
	     "  %9: int = const 0\n"
	     "  %10: bool = ieq %6, %9\n"
	     "  %11: f32[3], %12: f32[3] = if %10 {\n"
	     "    yield %7, %8\n"
	     "  } else {\n"
	     "    %13: int = const 1\n"
	     "    %14: int = isub %6, %13\n"
	     "    %15: f32[3] = add %7, %8\n"
	     "    %16: f32[3], %17: f32[3] = call %14, %8, %7 [0]\n"
	     "    %18: f32[3] = add %16, %15\n"
	     "    %19: f32[3] = sub %17, %7\n"
	     "    yield %18, %19\n"
	     "  }\n"
	     "  yield %11, %12\n"
	     "}\n");
	struct datum in[3] = {an_int(3), {.kind = K_TENSOR, .in = &a}, {.kind = K_TENSOR, .in = &b}};
	assert_true(run(f, in));
	const float first[3] = {10 + 33, 20 + 66, 30 + 99},
	            second[3] = {1 - 1 - 10 - 1, 2 - 2 - 20 - 2, 3 - 3 - 30 - 3};
	assert_memory_equal(f->res[0].out.data, first, sizeof first);
	assert_memory_equal(f->res[1].out.data, second, sizeof second);
	assert_int_equal(f->res[0].alias, -1);
	in[0] = an_int(0); /* the inputs themselves */
	assert_true(run(f, in));
	assert_int_equal(f->res[0].alias, 1);
	assert_int_equal(f->res[1].alias, 2);
}

/* What all calls hand on as it is, by two functions that call each other, is neither saved nor overwritten: f(n, m, w)
   is 0 or g(n - 1, w, m) + m[n % 2 + 1], g(n, w, m) is f(n, m, w) with an element of w put into a copy. */
static void what_never_changes_is_not_saved(void **state)
{
	struct fix *f = *state;
	enum { N = 4096 };
	struct tensor m, w;
	static float x[N] = {1}, y[N] = {2};
	struct err e;
	assert_true(tensor_shape(&m, F32, 1, (int64_t[]){N}, &e) && tensor_shape(&w, F32, 1, (int64_t[]){N}, &e));
	m.data = (char *)x;
	w.data = (char *)y;
	plan(f, 2,
	     "graph {\n"
	     "  param %1: int, %2: f32[4096], %3: f32[4096]\n"
	     "  %4: float = call %1, %2, %3 [0]\n"
	     "  yield %4\n"
	     "}\n"
	     "function 0 {\n"
	     "  param %5: int, %6: f32[4096], %7: f32[4096]\n"
	     "  %8: int = const 0\n"
	     "  %9: bool = ieq %5, %8\n"
	     "  %10: float = if %9 {\n"
	     "    %11: float = const 0.0\n"
	     "    yield %11\n"
	     "  } else {\n"
	     "    %12: int = const 1\n"
	     "    %13: int = isub %5, %12\n"
	     "    %14: float = call %13, %7, %6 [1]\n"
	     "    %15: f32[] = select %6 [0, 0]\n"
	     "    %16: float = item %15\n"
	     "    %17: float = fadd %14, %16\n"
	     "    yield %17\n"
	     "  }\n"
	     "  yield %10\n"
	     "}\n"
	     "function 1 {\n"
	     "  param %18: int, %19: f32[4096], %20: f32[4096]\n"
	     "  %21: float = call %18, %20, %19 [0]\n"
	     "  %22: f32[4096] = add %19, %20\n"
	     "  %23: f32[] = select %22 [0, 0]\n"
	     "  %24: float = item %23\n"
	     "  %25: float = fadd %21, %24\n"
	     "  yield %25\n"
	     "}\n");
	f->h.mem.cap = f->h.mem.used + 2000000;
	struct datum in[3] = {an_int(2000), {.kind = K_TENSOR, .in = &m}, {.kind = K_TENSOR, .in = &w}};
	if (!run(f, in)) fail_msg("%s", f->f.e.msg);
	assert_true(f->res[0].w.f == 2000 * (1 + 3));
	f->h.mem.cap = 0;
}

static const char deep[] = "graph {\n"
                           "  param %1: int\n"
                           "  %2: int = call %1 [0] @ a.lua:9\n"
                           "  yield %2\n"
                           "}\n"
                           "function 0 {\n"
                           "  param %3: int\n"
                           "  %4: int = const 0\n"
                           "  %5: bool = ieq %3, %4\n"
                           "  %6: int = if %5 {\n"
                           "    yield %4\n"
                           "  } else {\n"
                           "    %7: int = const 1\n"
                           "    %8: int = isub %3, %7\n"
                           "    %9: int = call %8 [0] @ a.lua:3\n"
                           "    %10: int = iadd %9, %3\n"
                           "    yield %10\n"
                           "  }\n"
                           "  yield %6\n"
                           "}\n";

static void depth_has_a_limit(void **state)
{
	struct fix *f = *state;
	plan(f, 2, deep);
	assert_true(run(f, (struct datum[]){an_int(1000000)}));
	assert_int_equal(f->res[0].w.i, INT64_C(500000500000));
	f->calls = 100;
	assert_true(run(f, (struct datum[]){an_int(99)}));
	assert_false(run(f, (struct datum[]){an_int(100)}));
	assert_non_null(strstr(f->f.e.msg, "a.lua:3: stack overflow"));
	assert_true(run(f, (struct datum[]){an_int(3)}));
	assert_int_equal(f->res[0].w.i, 6);
}

/* What is returned as it comes back needs no frame. */
static void tail_calls_go_on_for_ever(void **state)
{
	struct fix *f = *state;
	plan(f, 2,
	     "graph {\n"
	     "  param %1: int, %2: int\n"
	     "  %3: int, %4: int = call %1, %2, %2 [0]\n"
	     "  yield %3, %4\n"
	     "}\n"
	     "function 0 {\n"
	     "  param %5: int, %6: int, %7: int\n"
	     "  %8: int = const 0\n"
	     "  %9: bool = ieq %5, %8\n"
	     "  %10: int, %11: int = if %9 {\n"
	     "    yield %6, %7\n"
	     "  } else {\n"
	     "    %12: int = const 1\n"
	     "    %13: int = isub %5, %12\n"
	     "    %14: int = iadd %6, %5\n"
	     "    %15: int, %16: int = call %13, %7, %14 [0]\n"
	     "    yield %15, %16\n"
	     "  }\n"
	     "  yield %10, %11\n"
	     "}\n");
	f->calls = 10;
	assert_true(run(f, (struct datum[]){an_int(10000), an_int(0)}));
	assert_int_equal(f->res[0].w.i, 25005000);
	assert_int_equal(f->res[1].w.i, 25000000);
}

static void frames_need_memory(void **state)
{
	struct fix *f = *state;
	plan(f, 2, deep);
	f->h.left = 6;
	assert_false(run(f, (struct datum[]){an_int(1000000)}));
	assert_int_equal(f->f.e.kind, ERR_MEMORY);
	f->h.left = -1;
	assert_true(run(f, (struct datum[]){an_int(10)}));
	assert_int_equal(f->res[0].w.i, 55);
}

static void calls_are_cancelled(void **state)
{
	struct fix *f = *state;
	plan(f, 2, fib);
	atomic_store(&f->cancel, true);
	assert_false(run(f, (struct datum[]){an_int(60)}));
	assert_int_equal(f->f.e.kind, ERR_CANCEL);
}

/* What is raised in a call ends the run; a function that never comes back needs no results. */
static void a_function_may_raise(void **state)
{
	struct fix *f = *state;
	plan(f, 2,
	     "graph {\n"
	     "  param %1: int\n"
	     "  call %1 [0]\n"
	     "  dead\n"
	     "}\n"
	     "function 0 {\n"
	     "  param %2: int\n"
	     "  %3: int = const 0\n"
	     "  %4: bool = ieq %2, %3\n"
	     "  if %4 {\n"
	     "    raise at \"at \", %2 @ a.lua:2\n"
	     "    dead\n"
	     "  } else {\n"
	     "    print %2, \" \"\n"
	     "    %5: int = const 1\n"
	     "    %6: int = isub %2, %5\n"
	     "    call %6 [0]\n"
	     "    dead\n"
	     "  }\n"
	     "  dead\n"
	     "}\n");
	assert_false(run(f, (struct datum[]){an_int(3)}));
	assert_string_equal(f->f.e.msg, "a.lua:2: at 0");
	assert_string_equal(f->out, "3 2 1 ");
}

static bool everything(struct fix *f, struct err *e)
{
	struct graph *g = graph_parse(&f->h.mem, fib, e);
	bool ok = g && pass_run(g, 2, e) && (f->p = plan_new(&f->h.mem, g, e));
	if (g) graph_free(g);
	if (ok && !(ok = run(f, (struct datum[]){an_int(5)}))) *e = f->f.e;
	done(f);
	return ok;
}

static void memory_may_fail_anywhere(void **state)
{
	struct fix *f = *state;
	struct err e = {0};
	bool ok = false;
	for (long n = 0; n < 2000 && !ok; n++) {
		f->h.left = n;
		ok = everything(f, &e);
		f->h.left = -1;
		if (!ok) assert_int_equal(e.kind, ERR_MEMORY);
	}
	assert_true(ok);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_function_calls_itself_twice),
	    T(functions_call_each_other),
	    T(frames_hold_tensors),
	    T(what_never_changes_is_not_saved),
	    T(depth_has_a_limit),
	    T(tail_calls_go_on_for_ever),
	    T(frames_need_memory),
	    T(calls_are_cancelled),
	    T(a_function_may_raise),
	    T(memory_may_fail_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
