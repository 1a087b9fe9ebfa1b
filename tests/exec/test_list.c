/* Lists in plans: what the ops on them do, over the same bytes or copies, and what becomes of their memory. */
#include <stdio.h>
#include "tests/exec/help.h"

static bool make(struct fix *f, int level, const char *text, struct err *e)
{
	done(f);
	struct graph *g = graph_parse(&f->h.mem, text, e);
	if (!g) return false;
	bool ok = graph_verify(g, true, e) && pass_run(g, level, e) && (f->p = plan_new(&f->h.mem, g, e));
	graph_free(g);
	return ok;
}

static bool run(struct fix *f, const struct datum *in)
{
	struct run_env env = {.op = {.mem = &f->h.mem}};
	for (size_t i = 0; i < COUNT_OF(f->res); i++) datum_release(&f->res[i]);
	if (f->f.text.mem) buf_free(&f->f.text);
	return plan_run(f->p, &env, in, f->res, &f->f);
}

static void runs(struct fix *f, int level, const char *text, const struct datum *in)
{
	struct err e = {0};
	if (!make(f, level, text, &e)) fail_msg("%s", e.msg);
	if (!run(f, in)) fail_msg("%s", f->f.e.msg);
}

static struct datum an_int(int64_t v) { return (struct datum){.kind = K_INT, .w.i = v}; }

static void assert_list(const struct datum *d, const char *want)
{
	struct buf b;
	struct mem m;
	mem_init(&m, NULL, NULL);
	buf_init(&b, &m);
	assert_int_equal(d->kind, K_LIST);
	for (int64_t i = 0; i < d->out.dim[0]; i++) {
		if (i) buf_putc(&b, ' ');
		union word w = ((const union word *)d->out.data)[i];
		if (d->elem == K_FLOAT) buf_number(&b, w.f);
		else buf_integer(&b, w.i);
	}
	assert_string_equal(b.n ? b.s : "", want);
	buf_free(&b);
}

/* Appends the squares up to n, reads them back, and keeps the state in the middle, too. */
static const char squares[] = "graph {\n"
                              "  param %1: int\n"
                              "  %2: int = const 1\n"
                              "  %3: list[int] = list_new [2, 0]\n"
                              "  %4: int, %5: list[int] = while %2, %3 {\n"
                              "    param %6: int, %7: list[int]\n"
                              "    %8: bool = ile %6, %1\n"
                              "    yield %8, %6, %7\n"
                              "  } do {\n"
                              "    param %9: int, %10: list[int]\n"
                              "    %11: int = imul %9, %9\n"
                              "    %12: list[int] = list_push %10, %11\n"
                              "    %13: int = iadd %9, %2\n"
                              "    yield %13, %12\n"
                              "  }\n"
                              "  %14: int = list_len %5\n"
                              "  %15: int = list_get %5, %14\n"
                              "  %16: list[int] = list_set %5, %2, %14\n"
                              "  %17: list[int] = list_pop %16\n"
                              "  yield %14, %15, %5, %16, %17\n"
                              "}\n";

static void states_of_a_list(void **state)
{
	struct fix *f = *state;
	for (int level = 0; level <= 2; level += 2) {
		runs(f, level, squares, (struct datum[]){an_int(5)});
		assert_int_equal(f->res[0].w.i, 5);
		assert_int_equal(f->res[1].w.i, 25);
		assert_list(&f->res[2], "1 4 9 16 25");
		assert_list(&f->res[3], "5 4 9 16 25");
		assert_list(&f->res[4], "5 4 9 16");
		assert_true(run(f, (struct datum[]){an_int(0)}));
		assert_int_equal(f->res[1].w.i, 0);
		assert_list(&f->res[2], "");
		assert_list(&f->res[3], "0"); /* 1 is the place after the last */
	}
}

static void text_reads_back(void **state)
{
	struct fix *f = *state;
	struct graph *g = graph_from(&f->h, squares);
	assert_text(g, squares);
	graph_free(g);
}

static void positions(void **state)
{
	struct fix *f = *state;
	static const char text[] = "graph {\n"
	                           "  param %1: int\n"
	                           "  %2: float = const 0.5\n"
	                           "  %3: float = const 1.5\n"
	                           "  %4: list[float] = list_new [3, 0]\n"
	                           "  %5: list[float] = list_push %4, %2\n"
	                           "  %6: list[float] = list_push %5, %2\n"
	                           "  %7: list[float] = list_set %6, %1, %3\n"
	                           "  %8: list[float] = list_insert %6, %1, %3\n"
	                           "  %9: list[float] = list_remove %6, %1\n"
	                           "  %10: float = list_get %6, %1\n"
	                           "  yield %7, %8, %9, %10\n"
	                           "}\n";
	static const struct {
		int64_t at;
		const char *set, *insert, *remove, *get;
	} want[] = {
	    {1, "1.5 0.5", "1.5 0.5 0.5", "0.5", "0.5"},         {2, "0.5 1.5", "0.5 1.5 0.5", "0.5", "0.5"},
	    {3, "0.5 0.5 1.5", "0.5 0.5 1.5", "0.5 0.5", "0.0"}, {4, "0.5 0.5", "0.5 0.5", "0.5 0.5", "0.0"},
	    {0, "0.5 0.5", "0.5 0.5", "0.5 0.5", "0.0"},         {-1, "0.5 0.5", "0.5 0.5", "0.5 0.5", "0.0"},
	    {INT64_MIN, "0.5 0.5", "0.5 0.5", "0.5 0.5", "0.0"}, {INT64_MAX, "0.5 0.5", "0.5 0.5", "0.5 0.5", "0.0"},
	};
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		runs(f, 2, text, (struct datum[]){an_int(want[i].at)});
		assert_list(&f->res[0], want[i].set);
		assert_list(&f->res[1], want[i].insert);
		assert_list(&f->res[2], want[i].remove);
		assert_true(f->res[3].w.f == (want[i].get[2] == '5' ? 0.5 : 0.0));
	}
}

/* Rows of a tensor, also turned ones, come back as they were put. */
static void tensors(void **state)
{
	struct fix *f = *state;
	static const char text[] = "graph {\n"
	                           "  param %1: f32[2x3], %2: int\n"
	                           "  %3: int = const 1\n"
	                           "  %4: f32[3x2] = permute %1 [1, 0]\n"
	                           "  %5: list[f32[3x2]] = list_new [1, 0, 3, 2]\n"
	                           "  %6: list[f32[3x2]] = list_push %5, %4\n"
	                           "  %7: f32[3x2] = add %4, %4\n"
	                           "  %8: list[f32[3x2]] = list_insert %6, %3, %7\n"
	                           "  %9: list[f32[3x2]] = list_set %8, %2, %4\n"
	                           "  %10: f32[3x2] = list_get %9, %2\n"
	                           "  %11: list[f32[3x2]] = list_remove %9, %3\n"
	                           "  %12: f32[3x3x2] = list_stack %9 [3, 0]\n"
	                           "  %13: f32[6x2] = list_stack %9 [2, 1]\n"
	                           "  yield %9, %10, %11, %12, %13\n"
	                           "}\n";
	struct tensor t;
	struct err e;
	float x[6] = {1, 2, 3, 4, 5, 6};
	assert_true(tensor_shape(&t, F32, 2, (int64_t[]){2, 3}, &e));
	t.data = (char *)x;
	static const float once[6] = {1, 4, 2, 5, 3, 6}, twice[6] = {2, 8, 4, 10, 6, 12}, none[6] = {0};
	for (int64_t at = 2; at <= 4; at++) {
		runs(f, 2, text, (struct datum[]){{.kind = K_TENSOR, .in = &t}, an_int(at)});
		int64_t n = at == 3 ? 3 : 2;
		assert_int_equal(f->res[0].kind, K_LIST);
		assert_int_equal(f->res[0].elem, K_TENSOR);
		assert_int_equal(f->res[0].out.rank, 3);
		assert_int_equal(f->res[0].out.dim[0], n);
		assert_memory_equal(f->res[0].out.data, twice, sizeof twice);
		for (int64_t i = 1; i < n; i++)
			assert_memory_equal(f->res[0].out.data + (size_t)i * sizeof once, once, sizeof once);
		assert_memory_equal(f->res[1].out.data, at == 4 ? none : once, sizeof once);
		assert_int_equal(f->res[2].out.dim[0], n - 1);
		assert_memory_equal(f->res[2].out.data, once, sizeof once);
		assert_memory_equal(f->res[3].out.data, twice, sizeof twice);
		assert_memory_equal(f->res[3].out.data + sizeof once, once, sizeof once);
		assert_memory_equal(f->res[3].out.data + 2 * sizeof once, n == 3 ? once : none, sizeof once);
		assert_memory_equal(f->res[4].out.data, f->res[3].out.data, 2 * sizeof once);
	}
}

/* Two lists that a loop swaps: places go round in a circle. */
static void lists_rotate(void **state)
{
	struct fix *f = *state;
	static const char text[] = "graph {\n"
	                           "  param %1: int\n"
	                           "  %2: int = const 1\n"
	                           "  %3: list[int] = list_new [2, 0]\n"
	                           "  %4: list[int] = list_new [2, 0]\n"
	                           "  %5: int, %6: list[int], %7: list[int] = while %2, %3, %4 {\n"
	                           "    param %8: int, %9: list[int], %10: list[int]\n"
	                           "    %11: bool = ile %8, %1\n"
	                           "    yield %11, %8, %9, %10\n"
	                           "  } do {\n"
	                           "    param %12: int, %13: list[int], %14: list[int]\n"
	                           "    %15: list[int] = list_push %13, %12\n"
	                           "    %16: int = iadd %12, %2\n"
	                           "    yield %16, %14, %15\n"
	                           "  }\n"
	                           "  yield %6, %7\n"
	                           "}\n";
	for (int level = 0; level <= 2; level += 2) {
		runs(f, level, text, (struct datum[]){an_int(5)});
		assert_list(&f->res[0], "2 4");
		assert_list(&f->res[1], "1 3 5");
	}
}

/* A list is written as it is at the end of the run, also of one that fails; a later write counts. */
static void writes(void **state)
{
	struct fix *f = *state;
	static const char text[] = "graph {\n"
	                           "  param %1: int\n"
	                           "  %2: int = const 7\n"
	                           "  %3: list[int] = list_new [2, 0]\n"
	                           "  %4: list[int] = list_push %3, %2\n"
	                           "  write 0 = %4\n"
	                           "  %5: list[int] = list_push %4, %1\n"
	                           "  write 0 = %5\n"
	                           "  %6: int = idiv %2, %1\n"
	                           "  yield %6\n"
	                           "}\n";
	struct err e = {0};
	int n;
	if (!make(f, 2, text, &e)) fail_msg("%s", e.msg);
	assert_true(run(f, (struct datum[]){an_int(3)}));
	struct write_slot *w = plan_writes(f->p, &n);
	assert_int_equal(n, 1);
	assert_true(w->set && !w->pending);
	assert_list(&w->value, "7 3");
	assert_false(run(f, (struct datum[]){an_int(0)}));
	assert_non_null(strstr(f->f.e.msg, "attempt to divide by zero"));
	assert_list(&plan_writes(f->p, &n)->value, "7 0");
}

/* Function 0 appends to a list that goes from call to call, and has one of its own, which it needs after the calls in it
   and gives to one of them. Function 1 only reads. */
static const char functions[] = "graph {\n"
                                "  param %1: int, %2: int\n"
                                "  %3: int = const 1\n"
                                "  %4: list[int] = list_new [2, 0]\n"
                                "  %5: list[int] = list_push %4, %1\n"
                                "  %6: int, %7: list[int] = call %1, %5, %2 [0]\n"
                                "  write 0 = %7\n"
                                "  %8: int = call %3, %7 [1]\n"
                                "  %9: int = call %3, %7 [1]\n"
                                "  %10: int = iadd %8, %9\n"
                                "  %11: int, %12: list[int] = call %3, %7, %2 [0]\n"
                                "  yield %6, %5, %7, %10, %12\n"
                                "}\n"
                                "function 0 {\n"
                                "  param %13: int, %14: list[int], %15: int\n"
                                "  %16: int = const 0\n"
                                "  %17: bool = ile %13, %16\n"
                                "  %18: int, %19: list[int] = if %17 {\n"
                                "    %20: int = idiv %16, %15\n"
                                "    yield %20, %14\n"
                                "  } else {\n"
                                "    %21: int = const 1\n"
                                "    %22: list[int] = list_new [2, 0]\n"
                                "    %23: list[int] = list_push %22, %13\n"
                                "    write 0 = %23\n"
                                "    %24: list[int] = list_push %14, %13\n"
                                "    %25: int = isub %13, %21\n"
                                "    %26: int, %27: list[int] = call %25, %24, %15 [0]\n"
                                "    %28: int, %29: list[int] = call %16, %23, %15 [0]\n"
                                "    %30: int = list_get %23, %21\n"
                                "    %31: int = list_len %29\n"
                                "    %32: int = iadd %26, %30\n"
                                "    %33: int = iadd %32, %31\n"
                                "    %34: list[int] = list_push %27, %33\n"
                                "    yield %33, %34\n"
                                "  }\n"
                                "  yield %18, %19\n"
                                "}\n"
                                "function 1 {\n"
                                "  param %35: int, %36: list[int]\n"
                                "  %37: int = list_len %36\n"
                                "  %38: bool = ile %35, %37\n"
                                "  %39: int = if %38 {\n"
                                "    %40: int = list_get %36, %35\n"
                                "    %41: int = const 1\n"
                                "    %42: int = iadd %35, %41\n"
                                "    %43: int = call %42, %36 [1]\n"
                                "    %44: int = iadd %40, %43\n"
                                "    yield %44\n"
                                "  } else {\n"
                                "    %45: int = const 0\n"
                                "    yield %45\n"
                                "  }\n"
                                "  yield %39\n"
                                "}\n";

static void lists_in_functions(void **state)
{
	struct fix *f = *state;
	int n;
	for (int level = 0; level <= 2; level += 2) {
		runs(f, level, functions, (struct datum[]){an_int(2), an_int(1)});
		assert_int_equal(f->res[0].w.i, 5);
		assert_list(&f->res[1], "2");
		assert_list(&f->res[2], "2 2 1 2 5");
		assert_int_equal(f->res[3].w.i, 24);
		assert_list(&f->res[4], "2 2 1 2 5 1 2");
		assert_list(&plan_writes(f->p, &n)->value, "1");
		for (size_t i = 0; i < COUNT_OF(f->res); i++) datum_release(&f->res[i]);
		size_t before = f->h.mem.used;
		assert_false(run(f, (struct datum[]){an_int(100), an_int(0)}));
		assert_non_null(strstr(f->f.e.msg, "attempt to divide by zero"));
		assert_list(&plan_writes(f->p, &n)->value, "1");
		assert_true(f->h.mem.used < before + 20000); /* the stack */
		done(f);
	}
}

static void memory_goes_back(void **state)
{
	struct fix *f = *state;
	struct err e = {0};
	if (!make(f, 2, squares, &e)) fail_msg("%s", e.msg);
	size_t before = f->h.mem.used;
	assert_true(run(f, (struct datum[]){an_int(100000)}));
	for (size_t i = 0; i < COUNT_OF(f->res); i++) datum_release(&f->res[i]);
	assert_int_equal(f->h.mem.used, before);
	f->h.mem.cap = before + 100000;
	assert_false(run(f, (struct datum[]){an_int(100000)}));
	assert_int_equal(f->f.e.kind, ERR_MEMORY);
	assert_int_equal(f->h.mem.used, before);
	f->h.mem.cap = 0;
}

static void may_fail_anywhere(struct fix *f, const char *text)
{
	for (long n = 0;; n++) {
		struct err e = {0};
		f->h.left = n;
		bool ok = make(f, 2, text, &e);
		if (ok && !(ok = run(f, (struct datum[]){an_int(20), an_int(1)}))) e = f->f.e;
		f->h.left = -1;
		done(f);
		heap_done(&f->h);
		if (ok) {
			assert_true(n > 30);
			break;
		}
		assert_int_equal(e.kind, ERR_MEMORY);
	}
}

static void memory_may_fail_anywhere(void **state)
{
	may_fail_anywhere(*state, squares);
	may_fail_anywhere(*state, functions);
}

static void wrong_types_are_refused(void **state)
{
	struct fix *f = *state;
	static const struct {
		const char *node, *why;
	} wrong[] = {
	    {"%3: list[int] = list_new [9, 0]", "no such kind of elements"},
	    {"%3: list[list[int]] = list_new [5, 0]", "no list has such elements"},
	    {"%3: list[f32[1x1x1x1x1x1x1x1]] = list_new [1, 0, 1, 1, 1, 1, 1, 1, 1, 1]", "no list has such elements"},
	    {"%3: list[int] = list_push %2, %1", "operand 1 is not a list"},
	    {"%3: list[float] = list_new [3, 0]\n  %4: list[float] = list_push %3, %1", "of another type"},
	    {"%3: list[int] = list_new [2, 0]\n  %4: int = list_get %3, %2", "the position is not an integer"},
	    {"%3: list[int] = list_new [2, 0]\n  %4: float = list_len %3", "list_len gives int"},
	    {"%3: list[int] = list_new [2, 0]\n  %4: f32[2] = list_stack %3 [2, 0]", "no tensors"},
	    {"%3: list[f32[2]] = list_new [1, 0, 2]\n  %4: f32[0x2] = list_stack %3 [0, 0]", "no such length"},
	    {"%3: list[f32[]] = list_new [1, 0]\n  %4: f32[2] = list_stack %3 [2, 1]", "have no dims"},
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char text[300];
		struct err e = {0};
		snprintf(text, sizeof text, "graph {\n  param %%1: int, %%2: float\n  %s\n  yield %%1\n}\n",
		         wrong[i].node);
		assert_false(make(f, 0, text, &e));
		if (!strstr(e.msg, wrong[i].why)) fail_msg("%s", e.msg);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(states_of_a_list),
	    T(text_reads_back),
	    T(positions),
	    T(tensors),
	    T(lists_rotate),
	    T(writes),
	    T(lists_in_functions),
	    T(memory_goes_back),
	    T(memory_may_fail_anywhere),
	    T(wrong_types_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
