/* Passes: text in, text out. */
#include "tests/graph/help.h"
#include "pass/pass.h"

static void check(bool (*pass)(struct graph *, struct err *), const char *before, const char *after)
{
	struct heap h;
	struct err e = {0};
	heap_init(&h);
	struct graph *g = graph_from(&h, before);
	if (!pass(g, &e)) fail_msg("%s", e.msg);
	assert_text(g, after);
	if (!pass(g, &e)) fail_msg("%s", e.msg);
	assert_text(g, after); /* nothing is left to do */
	graph_free(g);
	heap_done(&h);
}

/* --- fold --- */

static void arithmetic_folds(void **state)
{
	(void)state;
	check(pass_fold,
	      "graph {\n"
	      "  %1: int = const 6\n"
	      "  %2: int = const 7\n"
	      "  %3: int = imul %1, %2 @ a.lua:1\n"
	      "  %4: int = const 0\n"
	      "  %5: int = idiv %3, %4 @ a.lua:2\n" /* raises: stays */
	      "  yield %3\n"
	      "}\n",
	      "graph {\n"
	      "  %1: int = const 6\n"
	      "  %2: int = const 7\n"
	      "  %3: int = const 42 @ a.lua:1\n"
	      "  %4: int = const 0\n"
	      "  %5: int = idiv %3, %4 @ a.lua:2\n"
	      "  yield %3\n"
	      "}\n");
}

static void known_branch_is_taken(void **state)
{
	(void)state;
	check(pass_fold,
	      "graph {\n"
	      "  param %1: int\n"
	      "  %2: bool = const false\n"
	      "  %3: int = if %2 {\n"
	      "    raise plain \"no\"\n"
	      "    dead\n"
	      "  } else {\n"
	      "    print \"yes\\n\"\n"
	      "    %4: int = iadd %1, %1\n"
	      "    yield %4\n"
	      "  }\n"
	      "  yield %3\n"
	      "}\n",
	      "graph {\n"
	      "  param %1: int\n"
	      "  %2: bool = const false\n"
	      "  print \"yes\\n\"\n"
	      "  %3: int = iadd %1, %1\n"
	      "  yield %3\n"
	      "}\n");
}

static void known_dead_branch_ends_the_region(void **state)
{
	(void)state;
	check(pass_fold,
	      "graph {\n"
	      "  param %1: bool\n"
	      "  %2: bool = const true\n"
	      "  %3: int = if %1 {\n"
	      "    %4: int = if %2 {\n"
	      "      raise at \"stop\" @ a.lua:3\n"
	      "      dead\n"
	      "    } else {\n"
	      "      %5: int = const 1\n"
	      "      yield %5\n"
	      "    }\n"
	      "    print \"never\\n\"\n"
	      "    yield %4\n"
	      "  } else {\n"
	      "    %6: int = const 2\n"
	      "    yield %6\n"
	      "  }\n"
	      "  yield %3\n"
	      "}\n",
	      "graph {\n"
	      "  param %1: bool\n"
	      "  %2: bool = const true\n"
	      "  %3: int = if %1 {\n"
	      "    raise at \"stop\" @ a.lua:3\n"
	      "    dead\n"
	      "  } else {\n"
	      "    %4: int = const 2\n"
	      "    yield %4\n"
	      "  }\n"
	      "  yield %3\n"
	      "}\n");
}

static void loop_that_never_runs_goes(void **state)
{
	(void)state;
	check(pass_fold,
	      "graph {\n"
	      "  param %1: float\n"
	      "  %2: int = const 1\n"
	      "  %3: int = const 0\n"
	      "  %4: int, %5: float = while %2, %1 {\n"
	      "    param %6: int, %7: float\n"
	      "    %8: bool = ile %6, %3\n"
	      "    %9: float = fneg %7\n"
	      "    yield %8, %6, %9\n"
	      "  } do {\n"
	      "    param %10: int, %11: float\n"
	      "    print \"never\\n\"\n"
	      "    yield %10, %11\n"
	      "  }\n"
	      "  yield %4, %5\n"
	      "}\n",
	      "graph {\n"
	      "  param %1: float\n"
	      "  %2: int = const 1\n"
	      "  %3: int = const 0\n"
	      "  %4: bool = const false\n"
	      "  %5: float = fneg %1\n"
	      "  yield %2, %5\n"
	      "}\n");
}

/* A constant that both branches gave stands before them; their own are left to dce. */
static bool fold_and_clean(struct graph *g, struct err *e) { return pass_fold(g, e) && pass_dce(g, e); }

static void joins_of_one_value_go(void **state)
{
	(void)state;
	check(fold_and_clean,
	      "graph {\n"
	      "  param %1: bool, %2: int, %3: int\n"
	      "  %4: int, %5: int, %6: int = if %1 {\n"
	      "    print \"a\"\n"
	      "    %7: int = const 5\n"
	      "    yield %2, %3, %7\n"
	      "  } else {\n"
	      "    print \"b\"\n"
	      "    %8: int = const 5\n"
	      "    yield %2, %2, %8\n"
	      "  }\n"
	      "  %9: int, %10: int = while %4, %5 {\n" /* the first never changes */
	      "    param %11: int, %12: int\n"
	      "    %13: bool = ilt %12, %11\n"
	      "    yield %13, %11, %12\n"
	      "  } do {\n"
	      "    param %14: int, %15: int\n"
	      "    %16: int = iadd %15, %14\n"
	      "    yield %14, %16\n"
	      "  }\n"
	      "  yield %4, %5, %6, %9, %10\n"
	      "}\n",
	      "graph {\n"
	      "  param %1: bool, %2: int, %3: int\n"
	      "  %4: int = const 5\n"
	      "  %5: int = if %1 {\n"
	      "    print \"a\"\n"
	      "    yield %3\n"
	      "  } else {\n"
	      "    print \"b\"\n"
	      "    yield %2\n"
	      "  }\n"
	      "  %6: int = while %5 {\n"
	      "    param %7: int\n"
	      "    %8: bool = ilt %7, %2\n"
	      "    yield %8, %7\n"
	      "  } do {\n"
	      "    param %9: int\n"
	      "    %10: int = iadd %9, %2\n"
	      "    yield %10\n"
	      "  }\n"
	      "  yield %2, %5, %4, %2, %6\n"
	      "}\n");
}

static void equal_nodes_merge(void **state)
{
	(void)state;
	check(pass_fold,
	      "graph {\n"
	      "  param %1: f32[4], %2: bool, %3: int\n"
	      "  %4: f32[4] = exp %1\n"
	      "  %5: int = idiv %3, %3\n"
	      "  %6: f32[4] = if %2 {\n"
	      "    %7: f32[4] = exp %1\n" /* equal to one outside */
	      "    %8: f32[4] = tanh %7\n"
	      "    %9: int = idiv %3, %3\n" /* has raised already, if at all */
	      "    yield %8\n"
	      "  } else {\n"
	      "    %10: f32[4] = tanh %4\n" /* the other branch's is not visible */
	      "    yield %10\n"
	      "  }\n"
	      "  %11: f32[4] = rand [0, 4]\n" /* draws differ */
	      "  %12: f32[4] = rand [0, 4]\n"
	      "  yield %6, %11, %12\n"
	      "}\n",
	      "graph {\n"
	      "  param %1: f32[4], %2: bool, %3: int\n"
	      "  %4: f32[4] = exp %1\n"
	      "  %5: int = idiv %3, %3\n"
	      "  %6: f32[4] = if %2 {\n"
	      "    %7: f32[4] = tanh %4\n"
	      "    yield %7\n"
	      "  } else {\n"
	      "    %8: f32[4] = tanh %4\n"
	      "    yield %8\n"
	      "  }\n"
	      "  %9: f32[4] = rand [0, 4]\n"
	      "  %10: f32[4] = rand [0, 4]\n"
	      "  yield %6, %9, %10\n"
	      "}\n");
}

/* --- dce --- */

static void unused_pure_nodes_go(void **state)
{
	(void)state;
	check(pass_dce,
	      "graph {\n"
	      "  param %1: f32[4], %2: bool, %3: int\n"
	      "  %4: f32[4] = exp %1\n"
	      "  %5: f32[4] = tanh %4\n"
	      "  %6: int = const 3\n"
	      "  %7: int = idiv %3, %6\n"    /* cannot raise */
	      "  %8: int = idiv %6, %3\n"    /* can */
	      "  %9: f32[2] = rand [0, 2]\n" /* a draw counts */
	      "  %10: f32[4] = if %2 {\n"    /* no effects, result unused */
	      "    yield %4\n"
	      "  } else {\n"
	      "    yield %5\n"
	      "  }\n"
	      "  yield\n"
	      "}\n",
	      "graph {\n"
	      "  param %1: f32[4], %2: bool, %3: int\n"
	      "  %4: int = const 3\n"
	      "  %5: int = idiv %4, %3\n"
	      "  %6: f32[2] = rand [0, 2]\n"
	      "  yield\n"
	      "}\n");
}

static void unused_results_go(void **state)
{
	(void)state;
	check(pass_dce,
	      "graph {\n"
	      "  param %1: bool, %2: int\n"
	      "  %3: int, %4: int = if %1 {\n"
	      "    %5: int = iadd %2, %2\n"
	      "    %6: int = imul %2, %2\n"
	      "    yield %5, %6\n"
	      "  } else {\n"
	      "    yield %2, %2\n"
	      "  }\n"
	      "  if %1 {\n"
	      "    print \"x\"\n"
	      "    yield\n"
	      "  } else {\n"
	      "    %7: int = ineg %2\n"
	      "    yield\n"
	      "  }\n"
	      "  yield %4\n"
	      "}\n",
	      "graph {\n"
	      "  param %1: bool, %2: int\n"
	      "  %3: int = if %1 {\n"
	      "    %4: int = imul %2, %2\n"
	      "    yield %4\n"
	      "  } else {\n"
	      "    yield %2\n"
	      "  }\n"
	      "  if %1 {\n"
	      "    print \"x\"\n"
	      "    yield\n"
	      "  } else {\n"
	      "    yield\n"
	      "  }\n"
	      "  yield %3\n"
	      "}\n");
}

static void unneeded_variables_go(void **state)
{
	(void)state;
	check(pass_dce,
	      "graph {\n"
	      "  param %1: int, %2: f32[4]\n"
	      "  %3: int, %4: f32[4], %5: int, %6: int = while %1, %2, %1, %1 {\n"
	      "    param %7: int, %8: f32[4], %9: int, %10: int\n"
	      "    %11: bool = ilt %7, %1\n"
	      "    yield %11, %7, %8, %9, %10\n"
	      "  } do {\n"
	      "    param %12: int, %13: f32[4], %14: int, %15: int\n"
	      "    %16: int = iadd %12, %14\n" /* needs the third */
	      "    %17: f32[4] = exp %13\n"    /* feeds only itself */
	      "    %18: int = idiv %15, %12\n" /* may raise, so its operands stay */
	      "    yield %16, %17, %14, %18\n"
	      "  }\n"
	      "  yield\n"
	      "}\n",
	      "graph {\n"
	      "  param %1: int, %2: f32[4]\n"
	      "  %3: int, %4: int, %5: int = while %1, %1, %1 {\n" /* and the loop: it might not end */
	      "    param %6: int, %7: int, %8: int\n"
	      "    %9: bool = ilt %6, %1\n"
	      "    yield %9, %6, %7, %8\n"
	      "  } do {\n"
	      "    param %10: int, %11: int, %12: int\n"
	      "    %13: int = iadd %10, %11\n"
	      "    %14: int = idiv %12, %10\n"
	      "    yield %13, %11, %14\n"
	      "  }\n"
	      "  yield\n"
	      "}\n");
}

/* --- the pipeline --- */

static const char both[] = "graph {\n"
                           "  param %1: int, %2: bool\n"
                           "  %3: int = const 2\n"
                           "  %4: int = const 2\n"
                           "  %5: bool = ieq %3, %4\n"
                           "  %6: int = if %5 {\n"
                           "    %7: int = iadd %1, %3\n"
                           "    yield %7\n"
                           "  } else {\n"
                           "    yield %1\n"
                           "  }\n"
                           "  %8: int = iadd %1, %4\n"
                           "  %9: int = imul %6, %8\n"
                           "  print \"hello\"\n"
                           "  yield %9\n"
                           "}\n";

static void levels(void **state)
{
	struct heap h;
	struct err e;
	(void)state;
	heap_init(&h);
	struct graph *g = graph_from(&h, both);
	assert_true(pass_run(g, 0, &e));
	assert_text(g, both);
	assert_true(pass_run(g, 2, &e));
	assert_text(g, "graph {\n"
	               "  param %1: int, %2: bool\n"
	               "  %3: int = const 2\n"
	               "  %4: int = iadd %1, %3\n"
	               "  %5: int = imul %4, %4\n"
	               "  print \"hello\"\n"
	               "  yield %5\n"
	               "}\n");
	graph_free(g);
	heap_done(&h);
}

/* A pass that runs out of memory leaves the graph as it was, or as the last whole pass left it. */
static void memory_may_fail_anywhere(void **state)
{
	struct heap h;
	(void)state;
	heap_init(&h);
	for (long n = 0;; n++) {
		struct err e = {0};
		h.left = -1;
		struct graph *g = graph_from(&h, both);
		h.left = n;
		bool ok = pass_run(g, 2, &e);
		h.left = -1;
		free(text_of(g));
		graph_free(g);
		heap_done(&h);
		if (ok) {
			assert_true(n > 10);
			break;
		}
		assert_int_equal(e.kind, ERR_MEMORY);
	}
}

/* --- lengths --- */

static const char for_any_length[] = "graph {\n"
                                     "  param %1: f32[?1x3], %2: i64[?1x?2], %3: int\n"
                                     "  %4: int = length [?1] @ a.lua:1\n"
                                     "  %5: int = iadd %4, %3 @ a.lua:2 pcall a.lua:9\n"
                                     "  print %5, \"\\n\"\n"
                                     "  %6: f32[] = lift %4 [0]\n"
                                     "  %7: f32[?1x3] = full %6 [0, ?1, 3]\n"
                                     "  %8: f32[?1x3], %9: int = while %7, %5 {\n"
                                     "    param %10: f32[?1x3], %11: int\n"
                                     "    %12: int = const 9\n"
                                     "    %13: bool = ilt %11, %12\n"
                                     "    yield %13, %10, %11\n"
                                     "  } do {\n"
                                     "    param %14: f32[?1x3], %15: int\n"
                                     "    %16: f32[?1x3] = add %14, %1\n"
                                     "    %17: int = iadd %15, %4\n"
                                     "    yield %16, %17\n"
                                     "  }\n"
                                     "  %18: f32[3] = select %8 [0, 3] @ a.lua:3\n"
                                     "  write 0 = %18\n"
                                     "  %19: f32[1x?1x3] = undef\n"
                                     "  yield %19, %9\n"
                                     "}\n";

static void becomes(struct heap *h, const int64_t *length, const char *after)
{
	struct err e = {0};
	struct graph *g = graph_from(h, for_any_length), *known = pass_lengths(g, length, &e);
	if (!known) fail_msg("%s", e.msg);
	assert_text(known, after);
	assert_text(g, for_any_length);
	graph_free(known);
	graph_free(g);
}

static void lengths_become_known(void **state)
{
	struct heap h;
	(void)state;
	heap_init(&h);
	becomes(&h, (int64_t[]){4, 7},
	        "graph {\n"
	        "  param %1: f32[4x3], %2: i64[4x7], %3: int\n"
	        "  %4: int = const 4 @ a.lua:1\n"
	        "  %5: int = iadd %4, %3 @ a.lua:2 pcall a.lua:9\n"
	        "  print %5, \"\\n\"\n"
	        "  %6: f32[] = lift %4 [0]\n"
	        "  %7: f32[4x3] = full %6 [0, 4, 3]\n"
	        "  %8: f32[4x3], %9: int = while %7, %5 {\n"
	        "    param %10: f32[4x3], %11: int\n"
	        "    %12: int = const 9\n"
	        "    %13: bool = ilt %11, %12\n"
	        "    yield %13, %10, %11\n"
	        "  } do {\n"
	        "    param %14: f32[4x3], %15: int\n"
	        "    %16: f32[4x3] = add %14, %1\n"
	        "    %17: int = iadd %15, %4\n"
	        "    yield %16, %17\n"
	        "  }\n"
	        "  %18: f32[3] = select %8 [0, 3] @ a.lua:3\n"
	        "  write 0 = %18\n"
	        "  %19: f32[1x4x3] = undef\n"
	        "  yield %19, %9\n"
	        "}\n");
	/* there is no row 4: an error at its place, after what comes before */
	becomes(&h, (int64_t[]){3, 2},
	        "graph {\n"
	        "  param %1: f32[3x3], %2: i64[3x2], %3: int\n"
	        "  %4: int = const 3 @ a.lua:1\n"
	        "  %5: int = iadd %4, %3 @ a.lua:2 pcall a.lua:9\n"
	        "  print %5, \"\\n\"\n"
	        "  %6: f32[] = lift %4 [0]\n"
	        "  %7: f32[3x3] = full %6 [0, 3, 3]\n"
	        "  %8: f32[3x3], %9: int = while %7, %5 {\n"
	        "    param %10: f32[3x3], %11: int\n"
	        "    %12: int = const 9\n"
	        "    %13: bool = ilt %11, %12\n"
	        "    yield %13, %10, %11\n"
	        "  } do {\n"
	        "    param %14: f32[3x3], %15: int\n"
	        "    %16: f32[3x3] = add %14, %1\n"
	        "    %17: int = iadd %15, %4\n"
	        "    yield %16, %17\n"
	        "  }\n"
	        "  raise at \"index 4 is out of range for dim 1 of length 3\" @ a.lua:3\n"
	        "  dead\n"
	        "}\n");
	heap_done(&h);
}

/* Functions keep their parameters and what they yield; what is in them is folded, shared and dropped as elsewhere. A
   call stays, and tells nothing of its results. */
static void functions_are_rebuilt(void **state)
{
	(void)state;
	const char *text = "graph {\n"
	                   "  param %1: int\n"
	                   "  %2: int = const 3\n"
	                   "  %3: int, %4: int = call %2, %1 [0] @ a.lua:9\n"
	                   "  %5: int = iadd %1, %2\n"
	                   "  yield %3\n"
	                   "}\n"
	                   "function 0 {\n"
	                   "  param %6: int, %7: int\n"
	                   "  %8: int = const 1\n"
	                   "  %9: int = iadd %8, %8 @ a.lua:1\n"
	                   "  %10: int = isub %6, %9 @ a.lua:2\n"
	                   "  %11: int = isub %6, %9 @ a.lua:2\n"
	                   "  %12: int, %13: int = call %10, %11 [0] @ a.lua:3\n"
	                   "  %14: int = imul %12, %12\n"
	                   "  yield %12, %9\n"
	                   "}\n";
	const char *folded = "graph {\n"
	                     "  param %1: int\n"
	                     "  %2: int = const 3\n"
	                     "  %3: int, %4: int = call %2, %1 [0] @ a.lua:9\n"
	                     "  %5: int = iadd %1, %2\n"
	                     "  yield %3\n"
	                     "}\n"
	                     "function 0 {\n"
	                     "  param %6: int, %7: int\n"
	                     "  %8: int = const 1\n"
	                     "  %9: int = const 2 @ a.lua:1\n"
	                     "  %10: int = isub %6, %9 @ a.lua:2\n"
	                     "  %11: int, %12: int = call %10, %10 [0] @ a.lua:3\n"
	                     "  %13: int = imul %11, %11\n"
	                     "  yield %11, %9\n"
	                     "}\n";
	check(pass_fold, text, folded);
	check(pass_dce, folded,
	      "graph {\n"
	      "  param %1: int\n"
	      "  %2: int = const 3\n"
	      "  %3: int, %4: int = call %2, %1 [0] @ a.lua:9\n"
	      "  yield %3\n"
	      "}\n"
	      "function 0 {\n"
	      "  param %5: int, %6: int\n"
	      "  %7: int = const 2 @ a.lua:1\n"
	      "  %8: int = isub %5, %7 @ a.lua:2\n"
	      "  %9: int, %10: int = call %8, %8 [0] @ a.lua:3\n"
	      "  yield %9, %7\n"
	      "}\n");
}

static void memory_may_fail_while_lengths_become_known(void **state)
{
	struct heap h;
	(void)state;
	heap_init(&h);
	for (long n = 0;; n++) {
		struct err e = {0};
		h.left = -1;
		struct graph *g = graph_from(&h, for_any_length);
		h.left = n;
		struct graph *known = pass_lengths(g, (int64_t[]){3, 2}, &e);
		h.left = -1;
		graph_free(known);
		graph_free(g);
		heap_done(&h);
		if (known) {
			assert_true(n > 10);
			break;
		}
		assert_int_equal(e.kind, ERR_MEMORY);
	}
}

/* --- hoist --- */

static void same_in_every_trip(void **state)
{
	(void)state;
	check(pass_hoist,
	      "graph {\n"
	      "  param %1: f32[2], %2: int\n"
	      "  %3: int = const 0\n"
	      "  %4: int, %5: f32[2] = while %3, %1 {\n"
	      "    param %6: int, %7: f32[2]\n"
	      "    %8: int = imul %2, %2\n"
	      "    %9: bool = ilt %6, %8\n"
	      "    yield %9, %6, %7\n"
	      "  } do {\n"
	      "    param %10: int, %11: f32[2]\n"
	      "    %12: int = const 1\n"
	      "    %13: int = iadd %10, %12\n"
	      "    %14: f32[2] = exp %1\n"
	      "    %15: f32[2] = mul %14, %1\n"
	      "    %16: f32[2] = add %11, %15\n"
	      "    %17: int = idiv %12, %2\n" /* may raise: stays */
	      "    %18: f32[2] = while %16 {\n"
	      "      param %19: f32[2]\n"
	      "      %20: f32[2] = add %15, %15\n" /* leaves both loops */
	      "      %21: f32[2] = mul %16, %16\n" /* leaves one */
	      "      %22: f32[2] = add %20, %21\n"
	      "      %23: bool = const false\n"
	      "      yield %23, %22\n"
	      "    } do {\n"
	      "      param %24: f32[2]\n"
	      "      yield %24\n"
	      "    }\n"
	      "    print %17\n"
	      "    %25: bool = ilt %10, %2\n"
	      "    %26: f32[2] = if %25 {\n"
	      "      %27: f32[2] = neg %1\n" /* on one path only: stays */
	      "      yield %27\n"
	      "    } else {\n"
	      "      yield %18\n"
	      "    }\n"
	      "    yield %13, %26\n"
	      "  }\n"
	      "  yield %5\n"
	      "}\n",
	      "graph {\n"
	      "  param %1: f32[2], %2: int\n"
	      "  %3: int = const 0\n"
	      "  %4: int = imul %2, %2\n"
	      "  %5: int = const 1\n"
	      "  %6: f32[2] = exp %1\n"
	      "  %7: f32[2] = mul %6, %1\n"
	      "  %8: f32[2] = add %7, %7\n"
	      "  %9: bool = const false\n"
	      "  %10: int, %11: f32[2] = while %3, %1 {\n"
	      "    param %12: int, %13: f32[2]\n"
	      "    %14: bool = ilt %12, %4\n"
	      "    yield %14, %12, %13\n"
	      "  } do {\n"
	      "    param %15: int, %16: f32[2]\n"
	      "    %17: int = iadd %15, %5\n"
	      "    %18: f32[2] = add %16, %7\n"
	      "    %19: int = idiv %5, %2\n"
	      "    %20: f32[2] = mul %18, %18\n"
	      "    %21: f32[2] = add %8, %20\n"
	      "    %22: f32[2] = while %18 {\n"
	      "      param %23: f32[2]\n"
	      "      yield %9, %21\n"
	      "    } do {\n"
	      "      param %24: f32[2]\n"
	      "      yield %24\n"
	      "    }\n"
	      "    print %19\n"
	      "    %25: bool = ilt %15, %2\n"
	      "    %26: f32[2] = if %25 {\n"
	      "      %27: f32[2] = neg %1\n"
	      "      yield %27\n"
	      "    } else {\n"
	      "      yield %22\n"
	      "    }\n"
	      "    yield %17, %26\n"
	      "  }\n"
	      "  yield %11\n"
	      "}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(same_in_every_trip),
	    cmocka_unit_test(arithmetic_folds),
	    cmocka_unit_test(known_branch_is_taken),
	    cmocka_unit_test(known_dead_branch_ends_the_region),
	    cmocka_unit_test(loop_that_never_runs_goes),
	    cmocka_unit_test(joins_of_one_value_go),
	    cmocka_unit_test(equal_nodes_merge),
	    cmocka_unit_test(unused_pure_nodes_go),
	    cmocka_unit_test(unused_results_go),
	    cmocka_unit_test(unneeded_variables_go),
	    cmocka_unit_test(levels),
	    cmocka_unit_test(memory_may_fail_anywhere),
	    cmocka_unit_test(functions_are_rebuilt),
	    cmocka_unit_test(lengths_become_known),
	    cmocka_unit_test(memory_may_fail_while_lengths_become_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
