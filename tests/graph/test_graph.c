/* The builder, the verifier and the text form of graphs. */
#include "tests/graph/help.h"
#include <stdio.h>

struct fix {
	struct heap h;
	struct graph *g;
	struct err e;
};

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof *f);
	heap_init(&f->h);
	f->g = graph_new(&f->h.mem, false, &f->e);
	*state = f;
	return f->g ? 0 : -1;
}

static int teardown(void **state)
{
	struct fix *f = *state;
	graph_free(f->g);
	heap_done(&f->h);
	free(f);
	return 0;
}

static ref param(struct fix *f, enum kind k)
{
	struct type t = scalar(k);
	return graph_param(f->g, &t, &f->e);
}
static ref matrix(struct fix *f)
{
	struct type t = {.kind = K_TENSOR, .dtype = F32, .rank = 2, .dim = {2, 3}};
	return graph_param(f->g, &t, &f->e);
}
static ref num(struct fix *f, int64_t v) { return graph_const(f->g, K_INT, int_word(v), &f->e); }
static ref op2(struct fix *f, enum op op, ref a, ref b)
{
	ref r = graph_op(f->g, op, (ref[]){a, b}, 2, NULL, 0, &f->e);
	if (!r) fail_msg("%s", f->e.msg);
	return r;
}

static void equal_nodes_are_one(void **state)
{
	struct fix *f = *state;
	ref a = matrix(f), b = matrix(f), i = param(f, K_INT), j = param(f, K_INT);
	ref s = op2(f, OP_add, a, b), k = op2(f, OP_iadd, i, j);
	assert_int_equal(op2(f, OP_add, a, b), s);
	assert_int_equal(op2(f, OP_iadd, j, i), k);    /* integers commute */
	assert_int_not_equal(op2(f, OP_add, b, a), s); /* of two NaNs the first is kept */
	assert_int_equal(op2(f, OP_eq, b, a), op2(f, OP_eq, a, b));
	assert_int_equal(num(f, 7), num(f, 7));
	assert_int_not_equal(num(f, 1), graph_const(f->g, K_BOOL, int_word(1), &f->e));
	int64_t attr[] = {F32, 2};
	ref r = graph_op(f->g, OP_rand, NULL, 0, attr, 2, &f->e);
	assert_int_not_equal(graph_op(f->g, OP_rand, NULL, 0, attr, 2, &f->e), r); /* each draw counts */
}

static void sharing_follows_visibility(void **state)
{
	struct fix *f = *state;
	ref i = param(f, K_INT), c = param(f, K_BOOL), outer = op2(f, OP_iadd, i, i);
	uint32_t yes = graph_open(f->g, &f->e);
	assert_int_equal(op2(f, OP_iadd, i, i), outer);
	ref inner = op2(f, OP_imul, i, i);
	assert_int_equal(op2(f, OP_imul, i, i), inner);
	assert_true(graph_close(f->g, &inner, 1, false, &f->e));
	uint32_t no = graph_open(f->g, &f->e);
	ref other = op2(f, OP_imul, i, i);
	assert_int_not_equal(other, inner);
	assert_true(graph_close(f->g, &other, 1, false, &f->e));
	bool ok;
	ref r = graph_if(f->g, c, yes, no, &f->e, &ok);
	assert_true(ok);
	assert_int_not_equal(op2(f, OP_imul, i, i), inner);
	assert_true(graph_yield(f->g, &r, 1, false, &f->e));
	free(text_of(f->g));
}

static void constants_fold(void **state)
{
	struct fix *f = *state;
	union word w;
	assert_true(graph_is_const(f->g, op2(f, OP_iadd, num(f, 2), num(f, 3)), &w));
	assert_int_equal(w.i, 5);
	assert_true(graph_is_const(f->g, op2(f, OP_ilt, num(f, 2), num(f, 3)), &w));
	assert_int_equal(w.i, 1);
	assert_true(graph_is_const(f->g, op2(f, OP_iadd, num(f, INT64_MAX), num(f, 1)), &w));
	assert_true(w.i == INT64_MIN);
	ref raises = op2(f, OP_idiv, num(f, 1), num(f, 0));
	assert_false(graph_is_const(f->g, raises, NULL));
	assert_true(graph_may_raise(f->g, graph_node_of(f->g, raises)));
}

static void only_exact_algebra(void **state)
{
	struct fix *f = *state;
	ref i = param(f, K_INT), x = param(f, K_FLOAT), b = param(f, K_BOOL);
	ref zero = graph_const(f->g, K_FLOAT, float_word(0), &f->e),
	    yes = graph_const(f->g, K_BOOL, int_word(1), &f->e);
	assert_int_equal(op2(f, OP_iadd, i, num(f, 0)), i);
	assert_int_equal(op2(f, OP_imul, num(f, 1), i), i);
	assert_int_equal(op2(f, OP_isub, i, i), num(f, 0));
	assert_int_equal(op2(f, OP_imod, i, num(f, 1)), num(f, 0));
	assert_int_equal(op2(f, OP_band2, b, yes), b);
	assert_int_equal(op2(f, OP_ieq, i, i), yes);
	assert_int_not_equal(op2(f, OP_fadd, x, zero), x); /* -0.0 + 0.0 is 0.0 */
	assert_false(graph_is_const(f->g, op2(f, OP_fsub, x, x), NULL));
	assert_false(graph_is_const(f->g, op2(f, OP_feq, x, x), NULL)); /* NaN */
	assert_false(graph_is_const(f->g, op2(f, OP_idiv, i, i), NULL));
	ref n = graph_op(f->g, OP_bnot1, &b, 1, NULL, 0, &f->e);
	assert_int_equal(graph_op(f->g, OP_bnot1, &n, 1, NULL, 0, &f->e), b);
}

static void plain_graphs_keep_everything(void **state)
{
	struct fix *f = *state;
	f->g->plain = true;
	ref a = num(f, 2), b = num(f, 2);
	assert_int_not_equal(a, b);
	ref s = op2(f, OP_iadd, a, b);
	assert_false(graph_is_const(f->g, s, NULL));
	assert_int_not_equal(op2(f, OP_iadd, a, b), s);
}

static void wrong_operands_are_errors(void **state)
{
	struct fix *f = *state;
	struct type t = {.kind = K_TENSOR, .dtype = F32, .rank = 1, .dim = {4}};
	ref a = matrix(f), b = graph_param(f->g, &t, &f->e);
	assert_int_equal(graph_op(f->g, OP_add, (ref[]){a, b}, 2, NULL, 0, &f->e), 0);
	assert_non_null(strstr(f->e.msg, "2x3"));
	assert_non_null(strstr(f->e.msg, "4"));
	assert_int_equal(graph_op(f->g, OP_add, &a, 1, NULL, 0, &f->e), 0);
	assert_int_equal(graph_op(f->g, OP_neg, (ref[]){9999}, 1, NULL, 0, &f->e), 0);
	bool ok;
	assert_int_equal(graph_if(f->g, a, 0, 0, &f->e, &ok), 0);
	assert_false(ok);
}

static void rollback_forgets(void **state)
{
	struct fix *f = *state;
	ref i = param(f, K_INT), c = param(f, K_BOOL), kept = op2(f, OP_iadd, i, c ? i : 0);
	struct graph_mark m = graph_mark(f->g);
	graph_yield(f->g, &kept, 1, false, &f->e);
	char *before = text_of(f->g);
	ref late = op2(f, OP_imul, i, i);
	struct type t = scalar(K_FLOAT);
	uint32_t r = graph_open(f->g, &f->e);
	graph_input(f->g, &t, &f->e); /* a late input of the top region */
	op2(f, OP_isub, i, kept);
	graph_close(f->g, &late, 1, false, &f->e);
	assert_int_not_equal(r, 0);
	graph_rollback(f->g, m);
	assert_int_equal(op2(f, OP_iadd, i, i), kept); /* what was before is still shared */
	ref again = op2(f, OP_imul, i, i);
	assert_int_equal(again, late);
	assert_int_equal(graph_node_of(f->g, again)->op, OP_imul);
	graph_rollback(f->g, m);
	graph_yield(f->g, &kept, 1, false, &f->e);
	assert_text(f->g, before);
	free(before);
}

static void rollback_reopens_a_region(void **state)
{
	struct fix *f = *state;
	ref i = param(f, K_INT);
	uint32_t r = graph_open(f->g, &f->e);
	ref in = op2(f, OP_imul, i, i);
	struct graph_mark m = graph_mark(f->g);
	op2(f, OP_iadd, in, i);
	graph_close(f->g, NULL, 0, true, &f->e);
	op2(f, OP_isub, i, num(f, 4));
	graph_rollback(f->g, m);
	assert_int_equal(f->g->at, r);
	assert_int_equal(op2(f, OP_imul, i, i), in);
	assert_false(f->g->region.at[r].dead);
	assert_int_equal(f->g->region.at[r].nodes.n, 1);
}

static void nesting_is_limited(void **state)
{
	struct fix *f = *state;
	int depth = 0;
	while (graph_open(f->g, &f->e)) depth++;
	assert_in_range(depth, 100, 1000);
	assert_non_null(strstr(f->e.msg, "within each other"));
	while (f->g->at != 1) assert_true(graph_close(f->g, NULL, 0, true, &f->e));
}

/* --- text --- */

static const char loop_text[] = "graph {\n"
                                "  param %1: f32[2x3], %2: int, %3: bool\n"
                                "  %4: int = const -9223372036854775808\n"
                                "  %5: float = const 0.1 @ a.lua:2\n"
                                "  %6: float = const -0.0\n"
                                "  %7: float = const nan(0xfff8000000000001)\n"
                                "  %8: float = const -inf\n"
                                "  %9: float = const 0x1.5555555555555p-2\n"
                                "  %10: float = const 0x0.0000000000001p-1022\n"
                                "  %11: bool = const true\n"
                                "  %12: f32[] = sum %1 [3, 0] @ \"odd name\":-1\n"
                                "  %13: f32[0] = undef\n"
                                "  %14: int = if %3 @ a.lua:4 {\n"
                                "    %15: int = idiv %4, %2 @ a.lua:5 pcall a.lua:4 pcall b.lua:0 pcall a.lua:1\n"
                                "    yield %15\n"
                                "  } else {\n"
                                "    raise at \"no \\\"\\\\\\n\\x01\", %2, \"\" @ a.lua:6 close \"x\" a.lua:3\n"
                                "    dead\n"
                                "  }\n"
                                "  %16: int, %17: f32[2x3] = while %2, %1 {\n"
                                "    param %18: int, %19: f32[2x3]\n"
                                "    %20: bool = ilt %18, %14\n"
                                "    yield %20, %18, %19\n"
                                "  } do {\n"
                                "    param %21: int, %22: f32[2x3]\n"
                                "    print \"i = \", %21, \"\\n\"\n"
                                "    write 2 = %22\n"
                                "    write 3 = constant 4\n"
                                "    %23: int, %24: float, %25: bool, %26: f32[] = host %21, %12 [9] @ a.lua:7\n"
                                "    if %25 {\n"
                                "      raise value 7 %21, %22\n"
                                "      dead\n"
                                "    } else {\n"
                                "      raise plain\n"
                                "      dead\n"
                                "    }\n"
                                "    dead\n"
                                "  }\n"
                                "  yield %17, %5\n"
                                "}\n";

static void text_reads_back(void **state)
{
	struct fix *f = *state;
	struct graph *g = graph_from(&f->h, loop_text);
	assert_text(g, loop_text);
	union word w;
	assert_true(graph_is_const(g, g->region.at[1].yields.at[1], &w));
	assert_true(w.f == 0.1);
	graph_free(g);
}

/* Unknown lengths in types and in the attributes that are lengths; what the shape rules make of them. */
static void unknown_lengths_read_back(void **state)
{
	struct fix *f = *state;
	static const char text[] = "graph {\n"
	                           "  param %1: f32[?1x3], %2: f32[3x?2], %3: i64[?1]\n"
	                           "  %4: int = length [?1] @ a.lua:1\n"
	                           "  %5: f32[?1x?2] = matmul %1, %2\n"
	                           "  %6: f32[?2x?1] = permute %5 [1, 0]\n"
	                           "  %7: f32[?1x1x3] = reshape %1 [?1, 1, 3]\n"
	                           "  %8: f32[?1x?1x3] = expand %7 [?1, ?1, 3]\n"
	                           "  %9: f32[?1x?1x3] = add %8, %1\n"
	                           "  %10: f32[3] = sum %1 [1, 0]\n"
	                           "  %11: f32[] = lift %4 [0]\n"
	                           "  %12: f32[2x?256] = full %11 [0, 2, ?256]\n"
	                           "  %13: f32[?1x?256] = index %12, %3 [0]\n"
	                           "  %14: f32[3] = select %1 [0, 7]\n"
	                           "  %15: i64[?1] = arange [2, 0, 1, ?1]\n"
	                           "  %16: f32[3] = select %1 [0, ?1-1]\n"
	                           "  %17: f32[?1-2x3] = narrow %1 [0, 1, ?1-2, 1]\n"
	                           "  %18: f32[2x3] = narrow %1 [0, ?1-2, 2, 1]\n"
	                           "  %19: f32[4x3] = narrow %1 [0, 3, 4, 1]\n"
	                           "  %20: f32[?1*2-2x3] = cat %17, %1 [0]\n"
	                           "  %21: f32[?1*6-6] = reshape %20 [?1*6-6]\n"
	                           "  %22: f32[?1*2x3] = pad %1 [0, ?1, ?1*2, 1]\n"
	                           "  %23: f32[6x?1] = reshape %22 [6, ?1]\n"
	                           "  %24: int = length [?256*65535+1048575]\n"
	                           "  %25: f32[?2*7-1048576] = full %11 [0, ?2*7-1048576]\n"
	                           "  yield %4, %6, %9, %10, %13, %14, %15, %16, %18, %19, %21, %23, %24, %25\n"
	                           "}\n";
	struct graph *g = graph_from(&f->h, text);
	assert_text(g, text);
	graph_free(g);
	static const struct {
		const char *node, *why;
	} c[] = {
	    {"f32[?1x3] = add %1, %3", "shapes [?1x3] and [?2x3] do not broadcast"},
	    {"f32[?1x3] = add %1, %4", "shapes [?1x3] and [5x3] do not broadcast"},
	    {"f32[?1x?1] = matmul %1, %1", "inner dims"},
	    {"f32[?1x2x3] = reshape %1 [?1, 2, 3]", "reshape"},
	    {"f32[?2x3] = reshape %1 [?2, 3]", "reshape"},
	    {"f32[7x3] = expand %1 [7, 3]", "cannot be expanded"},
	    {"f32[2x3] = narrow %1 [0, 0, 2, 2]", "dim 1 of [?1x3] is not known to hold these elements"},
	    {"f32[?1x3] = narrow %1 [0, 1, ?1, 1]", "not known to hold these elements"},
	    {"f32[?2x3] = narrow %1 [0, 0, ?2, 1]", "not known to hold these elements"},
	    {"f32[3] = select %1 [0, ?1]", "not known to have this index"},
	    {"f32[3] = select %4 [0, ?1]", "not known to have this index"},
	    {"f32[?2x3] = pad %1 [0, 0, ?2, 1]", "not known to fit there"},
	    {"f32[9x3] = pad %1 [0, 0, 9, 1]", "not known to fit there"},
	    {"f32[?1x3] = cat %1, %3 [0]", "too large"},
	    {"f32[?1*4] = reshape %1 [?1*4]", "is not known to have the elements of"},
	    {"f32[?1*3+1] = reshape %1 [?1*3+1]", "is not known to have the elements of"},
	    {"f32[?1*65536] = reshape %1 [?1*65536]", "no such unknown length"},
	    {"f32[?1+1048576] = reshape %1 [?1+1048576]", "no such unknown length"},
	    {"f32[?1*0] = reshape %1 [?1*0]", "no such unknown length"},
	    {"f32[2x?1x3] = stack %1, %3 [0]", "differ"},
	    {"float = item %1", "not one element"},
	    {"i64[?1x1] = multinomial %2 [1, 1]", "the length of dim 1 of [?3] is not known"},
	    {"int = length [3]", "needs an unknown length"},
	    {"f32[2] = full %5 [0, ?0]", "no such unknown length"},
	};
	for (size_t i = 0; i < COUNT_OF(c); i++) {
		struct err e = {0};
		char all[300];
		snprintf(all, sizeof all,
		         "graph {\n  param %%1: f32[?1x3], %%2: f32[?3], %%3: f32[?2x3], %%4: f32[5x3], %%5: f32[]\n  "
		         "%%6: %s\n  yield\n}\n",
		         c[i].node);
		assert_null(graph_parse(&f->h.mem, all, &e));
		if (!strstr(e.msg, c[i].why)) fail_msg("case %zu says: %s", i, e.msg);
	}
}

static void floats_keep_their_bits(void **state)
{
	struct fix *f = *state;
	static const double v[] = {0.0,
	                           -0.0,
	                           1.0,
	                           0.1,
	                           1.0 / 3,
	                           1e-7,
	                           123456.789,
	                           1e15,
	                           1e16,
	                           1e300,
	                           5e-324,
	                           2.2250738585072014e-308,
	                           1.7976931348623157e308,
	                           9007199254740993.0,
	                           -2.5,
	                           0.30000000000000004};
	ref out[COUNT_OF(v)];
	for (size_t i = 0; i < COUNT_OF(v); i++) out[i] = graph_const(f->g, K_FLOAT, float_word(v[i]), &f->e);
	graph_yield(f->g, out, COUNT_OF(v), false, &f->e);
	char *s = text_of(f->g);
	struct graph *g = graph_from(&f->h, s);
	for (size_t i = 0; i < COUNT_OF(v); i++) {
		union word w;
		assert_true(graph_is_const(g, g->region.at[1].yields.at[i], &w));
		assert_true(w.u == float_word(v[i]).u);
	}
	graph_free(g);
	free(s);
}

static void errors_say_what_was_expected(void **state)
{
	struct fix *f = *state;
	static const struct {
		const char *text, *why;
	} c[] = {
	    {"", "line 1: 'graph' expected near the end"},
	    {"graph {\n  yield\n", "'}' expected"},
	    {"graph {\n  param %1: f16[2]\n  yield\n}\n", "line 2: a type expected near 'f16[2]'"},
	    {"graph {\n  %1: int = const x\n  yield\n}\n", "line 2: an integer expected near 'x'"},
	    {"graph {\n  %1: int = frobnicate\n  yield\n}\n", "an operation expected near 'frobnicate'"},
	    {"graph {\n  yield %3\n}\n", "line 2: %3 is not defined here"},
	    {"graph {\n  param %1: int, %1: int\n  yield\n}\n", "%1 is defined twice"},
	    {"graph {\n  param %1: int\n  %2: float = iadd %1, %1\n  yield\n}\n", "line 3: iadd gives int"},
	    {"graph {\n  param %1: int\n  %2: int = iadd %1\n  yield\n}\n", "line 3: wrong number of operands"},
	    {"graph {\n  param %1: int\n  if %1 {\n    yield\n  } else {\n    yield\n  }\n  yield\n}\n",
	     "condition is no boolean"},
	    {"graph {\n  param %1: bool\n  if %1 {\n    %2: int = const 1\n    yield\n  } else {\n    yield\n  }\n  "
	     "yield %2\n}\n",
	     "%2 is not defined here"},
	    {"graph {\n  raise plain \"x\"\n  yield\n}\n", "goes on after a raise"},
	    {"graph {\n  print \"x\n  yield\n}\n", "the end of the string expected"},
	    {"graph {\n  param %99999999: int\n  yield\n}\n", "numbered in order"},
	    {"graph {\n  %1: float = const nan(0x1)\n  yield\n}\n", "not the bits of a nan"},
	    {"graph {\n  yield\n}\nmore", "line 4: the end expected near 'more'"},
	};
	for (size_t i = 0; i < COUNT_OF(c); i++) {
		struct err e = {0};
		assert_null(graph_parse(&f->h.mem, c[i].text, &e));
		if (!strstr(e.msg, c[i].why)) fail_msg("case %zu says: %s", i, e.msg);
	}
}

/* Damaged text is refused or accepted, never more than that. */
static void garbage_is_survived(void **state)
{
	struct fix *f = *state;
	char text[sizeof loop_text];
	struct err e;
	unsigned seed = 1;
	int refused = 0;
	for (size_t n = 0; n < sizeof loop_text; n += 7) {
		memcpy(text, loop_text, n);
		text[n] = 0;
		struct graph *g = graph_parse(&f->h.mem, text, &e);
		refused += !g;
		graph_free(g);
	}
	for (int round = 0; round < 3000; round++) {
		memcpy(text, loop_text, sizeof loop_text);
		for (int k = 0; k < 3; k++) {
			seed = seed * 1664525 + 1013904223;
			size_t at = (seed >> 8) % (sizeof loop_text - 1);
			text[at] = "%{}[]0123459 ,:\n-x@\"a\x80"[(seed >> 3) % 23];
		}
		struct graph *g = graph_parse(&f->h.mem, text, &e);
		refused += !g;
		if (g) free(text_of(g));
		graph_free(g);
	}
	assert_true(refused > 1000);
}

/* --- verifier --- */

static void refused(struct graph *g, const char *why)
{
	struct err e = {0};
	assert_false(graph_verify(g, true, &e));
	if (!strstr(e.msg, why)) fail_msg("says: %s", e.msg);
}

static struct node *first(struct graph *g, enum op op)
{
	for (uint32_t i = 1; i < g->node.n; i++)
		if (g->node.at[i].op == op) return &g->node.at[i];
	return NULL;
}

static void verifier_finds_damage(void **state)
{
	struct fix *f = *state;
	struct graph *g = graph_from(&f->h, loop_text);
	struct node *add = first(g, OP_idiv), *w = first(g, OP_while), keep;
	struct region *before = &g->region.at[w->sub[0]];
	uint32_t *edge = &g->edge.at[add->in], old = *edge;

	*edge = 1000000;
	refused(g, "not defined before");
	*edge = w->out; /* made later */
	refused(g, "not defined before");
	*edge = before->params.at[0]; /* in another region */
	refused(g, "not defined before");
	*edge = g->region.at[1].params.at[0]; /* a tensor */
	refused(g, "idiv");
	*edge = old;

	keep = *add;
	add->op = OP_COUNT;
	refused(g, "unknown operation");
	*add = keep;
	add->dead = true;
	refused(g, "dead node");
	*add = keep;
	add->nattr = 1 << 30;
	refused(g, "attributes out of range");
	*add = keep;
	add->site = 12345;
	refused(g, "site out of range");
	*add = keep;

	before->yields.n--;
	refused(g, "wrong number of values");
	before->yields.n++;
	before->owner = 0;
	refused(g, "not its own");
	before->owner = (uint32_t)(w - g->node.at);
	g->value.at[w->out].type.kind = K_FLOAT;
	refused(g, "carried value changes its type");
	g->value.at[w->out].type.kind = K_INT;
	before->dead = true;
	refused(g, "a dead region yields");
	before->dead = false;
	struct err e;
	assert_true(graph_verify(g, true, &e));
	graph_free(g);
}

/* --- memory --- */

static bool build_all(struct heap *h, struct err *e)
{
	bool ok, done = false;
	struct graph *g = graph_new(&h->mem, false, e), *back = NULL;
	struct buf b;
	struct type it = scalar(K_INT), bt = scalar(K_BOOL);
	ref i, c, r = 0, s;
	buf_init(&b, &h->mem);
	uint32_t file = g ? graph_string(g, "a.lua", 5, e) : UINT32_MAX;
	if (file == UINT32_MAX || !graph_site(g, file, 3, 0, e) || !(i = graph_param(g, &it, e)) ||
	    !(c = graph_param(g, &bt, e)))
		goto out;
	for (int k = 0; k < 40; k++) {
		ref n = graph_const(g, K_INT, int_word(k + 2), e);
		if (!n || !(i = graph_op(g, OP_imul, (ref[]){i, n}, 2, NULL, 0, e))) goto out;
	}
	struct graph_mark m = graph_mark(g);
	uint32_t yes = graph_open(g, e), no;
	if (!yes || !(s = graph_op(g, OP_ineg, &i, 1, NULL, 0, e)) || !graph_close(g, &s, 1, false, e)) goto out;
	if (!(no = graph_open(g, e)) || !graph_close(g, &i, 1, false, e)) goto out;
	r = graph_if(g, c, yes, no, e, &ok);
	if (!ok) goto out;
	graph_rollback(g, m);
	r = graph_op(g, OP_ineg, &i, 1, NULL, 0, e);
	if (!r || !graph_yield(g, &r, 1, false, e) || !graph_verify(g, true, e)) goto out;
	graph_print(g, &b);
	if (b.bad) {
		fail_memory(e, 0);
		goto out;
	}
	back = graph_parse(&h->mem, b.s, e);
	done = back != NULL;
out:
	buf_free(&b);
	graph_free(back);
	graph_free(g);
	return done;
}

/* A call with an operand too few, and one of another type. */
static void refused_call(struct graph *g)
{
	struct node *n = &g->node.at[g->value.at[g->region.at[1].yields.at[0]].node];
	n->nin--;
	refused(g, "does not fit its function");
	n->nin++;
	g->value.at[n->out].type.kind = K_BOOL;
	refused(g, "does not fit its function");
	g->value.at[n->out].type.kind = K_INT;
}

/* f(n) calls itself and adds k, which is from outside; in it stands g, which calls f and uses what is n's and k's. */
static bool nested_functions(struct graph *g, struct err *e)
{
	struct type t = scalar(K_INT), b = scalar(K_BOOL);
	bool ok;
	ref n = graph_input(g, &t, e), k = graph_input(g, &t, e), c = graph_input(g, &b, e);
	if (!n || !k || !c || !graph_open_function(g, e)) return false;
	ref m = graph_param(g, &t, e), in_f = m ? graph_op(g, OP_iadd, (ref[]){m, k}, 2, NULL, 0, e) : 0;
	if (!in_f || !graph_open_function(g, e)) return false;
	ref p = graph_param(g, &t, e);
	ref q = p ? graph_op(g, OP_imul, (ref[]){p, in_f}, 2, NULL, 0, e) : 0;
	ref back = q ? graph_call(g, 0, &q, 1, &t, 1, e, &ok) : 0;
	if (!back || !graph_close(g, &back, 1, false, e)) return false;
	uint32_t yes = graph_open(g, e);
	ref x = yes ? graph_call(g, 1, &m, 1, &t, 1, e, &ok) : 0;
	if (!x || !graph_close(g, &x, 1, false, e)) return false;
	uint32_t no = graph_open(g, e);
	ref y = no ? graph_op(g, OP_iadd, (ref[]){m, k}, 2, NULL, 0, e) : 0; /* is in_f */
	if (!y || !graph_close(g, &y, 1, false, e)) return false;
	ref r = graph_if(g, c, yes, no, e, &ok);
	if (!ok || !graph_close(g, &r, 1, false, e)) return false;
	ref out = graph_call(g, 0, &n, 1, &t, 1, e, &ok);
	return ok && graph_yield(g, &out, 1, false, e) && graph_lift(g, e);
}

static void functions_get_what_they_use(void **state)
{
	struct fix *f = *state;
	if (!nested_functions(f->g, &f->e)) fail_msg("%s", f->e.msg);
	const char *text = "graph {\n"
	                   "  param %1: int, %2: int, %3: bool\n"
	                   "  %4: int = call %1, %2, %3 [0]\n"
	                   "  yield %4\n"
	                   "}\n"
	                   "function 0 {\n"
	                   "  param %5: int, %6: int, %7: bool\n"
	                   "  %8: int = iadd %5, %6\n"
	                   "  %9: int = if %7 {\n"
	                   "    %10: int = call %5, %6, %7, %8 [1]\n"
	                   "    yield %10\n"
	                   "  } else {\n"
	                   "    yield %8\n"
	                   "  }\n"
	                   "  yield %9\n"
	                   "}\n"
	                   "function 1 {\n"
	                   "  param %11: int, %12: int, %13: bool, %14: int\n"
	                   "  %15: int = imul %11, %14\n"
	                   "  %16: int = call %15, %12, %13 [0]\n"
	                   "  yield %16\n"
	                   "}\n";
	assert_text(f->g, text);
	struct graph *again = graph_from(&f->h, text);
	assert_text(again, text);
	refused_call(again);
	graph_free(again);
}

/* A function shares nothing with what is around it: what it used from there would be a parameter. */
static void functions_share_nothing(void **state)
{
	struct fix *f = *state;
	ref seven = num(f, 7);
	struct graph_mark m = graph_mark(f->g);
	assert_true(graph_open_function(f->g, &f->e) != 0);
	ref own = num(f, 7);
	assert_int_not_equal(own, seven);
	assert_int_equal(num(f, 7), own);
	graph_rollback(f->g, m);
	assert_int_equal(f->g->func.n, 0);
	assert_int_equal(num(f, 7), seven);
	bool ok;
	struct type t = scalar(K_INT);
	graph_call(f->g, 0, &seven, 1, &t, 1, &f->e, &ok);
	assert_false(ok);
}

static void memory_may_fail_in_functions(void **state)
{
	struct heap h;
	(void)state;
	heap_init(&h);
	bool ok = false;
	for (long n = 0; n < 500 && !ok; n++) {
		struct err e = {0};
		h.left = n;
		struct graph *g = graph_new(&h.mem, false, &e);
		ok = g && nested_functions(g, &e);
		h.left = -1;
		if (g) graph_free(g);
		heap_done(&h);
		if (!ok) assert_int_equal(e.kind, ERR_MEMORY);
	}
	assert_true(ok);
}

static void memory_may_fail_anywhere(void **state)
{
	struct heap h;
	struct err e;
	(void)state;
	heap_init(&h);
	for (long n = 0;; n++) {
		h.left = n;
		e.kind = ERR_RUN;
		bool ok = build_all(&h, &e);
		heap_done(&h);
		if (ok) {
			assert_true(n > 50);
			break;
		}
		assert_int_equal(e.kind, ERR_MEMORY);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(equal_nodes_are_one),
	    T(sharing_follows_visibility),
	    T(constants_fold),
	    T(only_exact_algebra),
	    T(plain_graphs_keep_everything),
	    T(wrong_operands_are_errors),
	    T(rollback_forgets),
	    T(rollback_reopens_a_region),
	    T(nesting_is_limited),
	    T(text_reads_back),
	    T(unknown_lengths_read_back),
	    T(floats_keep_their_bits),
	    T(errors_say_what_was_expected),
	    T(garbage_is_survived),
	    T(verifier_finds_damage),
	    T(functions_get_what_they_use),
	    T(functions_share_nothing),
	    cmocka_unit_test(memory_may_fail_in_functions),
	    cmocka_unit_test(memory_may_fail_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
