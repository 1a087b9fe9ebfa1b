/* Plans: graphs written as text are run, and everything a run may do is looked at. */
#include <stdatomic.h>
#include <stdio.h>
#include "tests/graph/help.h"
#include "exec/exec.h"
#include "pass/pass.h"

struct fix {
	struct heap h;
	struct rng rng;
	_Atomic bool cancel;
	bool cancel_at_print, refuse_print, refuse_call, wrong_result;
	struct tensor given; /* by the host's function, on its bytes */
	float given_data[2];
	char out[2000];
	size_t nout;
	struct plan *p;
	struct datum res[8];
	struct fault f;
};

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof *f);
	heap_init(&f->h);
	rng_seed(&f->rng, 1);
	*state = f;
	return 0;
}

static void done(struct fix *f)
{
	for (size_t i = 0; i < COUNT_OF(f->res); i++) datum_release(&f->res[i]);
	if (f->f.text.mem) buf_free(&f->f.text);
	plan_free(f->p);
	f->p = NULL;
}

static int teardown(void **state)
{
	struct fix *f = *state;
	done(f);
	heap_done(&f->h);
	free(f);
	return 0;
}

static bool print(void *ud, const char *s, size_t n)
{
	struct fix *f = ud;
	if (f->refuse_print) return false;
	memcpy(f->out + f->nout, s, n);
	f->out[f->nout += n] = 0;
	if (f->cancel_at_print) atomic_store(&f->cancel, true);
	return true;
}

/* Function 1 takes n and a tensor of two and gives n + 1, n / 2 and twice the tensor; others say their number. */
static bool call(void *ud, int64_t number, const struct datum *in, int nin, const struct type *want, struct datum *out,
                 int nout, struct err *e)
{
	struct fix *f = ud;
	char s[40];
	/* cmocka has a macro fail() */
	if (f->refuse_call) return (fail)(e, "function %lld does not want", (long long)number);
	if (number != 1) {
		print(f, s, (size_t)snprintf(s, sizeof s, "<%lld:%lld>", (long long)number, (long long)in[0].w.i));
		return true;
	}
	assert_int_equal(nin, 2);
	assert_int_equal(nout, 3);
	assert_int_equal(want[2].kind, K_TENSOR);
	out[0] = (struct datum){.kind = K_INT, .w.i = in[0].w.i + 1};
	out[1] = (struct datum){.kind = f->wrong_result ? K_BOOL : K_FLOAT, .w.f = (double)in[0].w.i / 2};
	for (int i = 0; i < 2; i++) f->given_data[i] = ((const float *)in[1].in->data)[i] * 2;
	assert_true(tensor_shape(&f->given, F32, 1, (int64_t[]){2}, e));
	f->given.data = (char *)f->given_data;
	out[2] = (struct datum){.kind = K_TENSOR, .in = &f->given};
	return true;
}

static void plan(struct fix *f, int level, const char *text)
{
	struct err e = {0};
	done(f);
	struct graph *g = graph_from(&f->h, text);
	if (!pass_run(g, level, &e)) fail_msg("%s", e.msg);
	f->p = plan_new(&f->h.mem, g, &e);
	graph_free(g);
	if (!f->p) fail_msg("%s", e.msg);
}

static bool run(struct fix *f, const struct datum *in)
{
	struct run_env env = {
	    .op = {.mem = &f->h.mem, .rng = &f->rng, .cancel = &f->cancel}, .ud = f, .print = print, .host = call};
	for (size_t i = 0; i < COUNT_OF(f->res); i++) datum_release(&f->res[i]);
	if (f->f.text.mem) buf_free(&f->f.text);
	return plan_run(f->p, &env, in, f->res, &f->f);
}

static void runs(struct fix *f, const struct datum *in)
{
	if (!run(f, in)) fail_msg("%s", f->f.e.msg);
}

static struct datum an_int(int64_t v) { return (struct datum){.kind = K_INT, .w.i = v}; }
static struct datum a_float(double v) { return (struct datum){.kind = K_FLOAT, .w.f = v}; }
static struct datum a_bool(bool v) { return (struct datum){.kind = K_BOOL, .w.i = v}; }

/* A tensor on the caller's bytes. */
static struct datum a_tensor(struct tensor *t, float *data, int rank, int64_t d0, int64_t d1)
{
	struct err e;
	assert_true(tensor_shape(t, F32, rank, (int64_t[]){d0, d1}, &e));
	t->data = (char *)data;
	return (struct datum){.kind = K_TENSOR, .in = t};
}

static void assert_floats(const struct datum *d, const float *v, int n)
{
	assert_int_equal(d->kind, K_TENSOR);
	assert_int_equal(d->alias, -1);
	assert_int_equal(d->out.numel, n);
	assert_non_null(d->out.st);
	assert_memory_equal(d->out.data, v, (size_t)n * sizeof *v);
}

/* --- numbers --- */

static const char collatz[] = "graph {\n"
                              "  param %1: int\n"
                              "  %2: int = const 1\n"
                              "  %3: int = const 2\n"
                              "  %4: int = const 0\n"
                              "  %5: int = const 3\n"
                              "  %6: int, %7: int = while %1, %4 {\n"
                              "    param %8: int, %9: int\n"
                              "    %10: bool = ieq %8, %2\n"
                              "    %11: bool = bnot1 %10\n"
                              "    yield %11, %8, %9\n"
                              "  } do {\n"
                              "    param %12: int, %13: int\n"
                              "    %14: int = imod %12, %3\n"
                              "    %15: bool = ieq %14, %4\n"
                              "    %16: int = if %15 {\n"
                              "      %17: int = idiv %12, %3\n"
                              "      yield %17\n"
                              "    } else {\n"
                              "      %18: int = imul %5, %12\n"
                              "      %19: int = iadd %18, %2\n"
                              "      yield %19\n"
                              "    }\n"
                              "    %20: int = iadd %13, %2\n"
                              "    yield %16, %20\n"
                              "  }\n"
                              "  yield %7, %6, %1\n"
                              "}\n";

static void collatz_counts_steps(void **state)
{
	struct fix *f = *state;
	for (int level = 0; level <= 2; level += 2) {
		plan(f, level, collatz);
		runs(f, (struct datum[]){an_int(27)});
		assert_int_equal(f->res[0].w.i, 111);
		assert_int_equal(f->res[1].w.i, 1);
		assert_int_equal(f->res[2].w.i, 27); /* the input is not overwritten */
		runs(f, (struct datum[]){an_int(1)});
		assert_int_equal(f->res[0].w.i, 0);
	}
}

/* Every scalar op of the program does what op_lua does, on awkward operands. */
static void arithmetic_is_lua(void **state)
{
	struct fix *f = *state;
	static const enum op ops[] = {OP_iadd,  OP_isub, OP_imul, OP_idiv, OP_imod,  OP_iband, OP_ibor,
	                              OP_ibxor, OP_ishl, OP_ishr, OP_ilt,  OP_ile,   OP_ieq,   OP_iult,
	                              OP_fadd,  OP_fsub, OP_fmul, OP_fdiv, OP_fidiv, OP_fmod,  OP_fpow,
	                              OP_flt,   OP_fle,  OP_feq,  OP_iflt, OP_filt};
	static const int64_t iv[] = {0, 1, -1, 2, -2, 7, -7, 63, 64, -64, INT64_MAX, INT64_MIN, INT64_MIN + 1};
	static const double fv[] = {
	    0.0, -0.0, 1.0, -1.5, 2.0, 1e308, -1e-308, 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0, 9007199254740993.0};
	for (size_t k = 0; k < COUNT_OF(ops); k++) {
		char text[200];
		struct type t[2], r;
		struct err e;
		int n;
		for (int kinds = 0; kinds < 4; kinds++) { /* the kinds the op takes */
			t[0] = scalar(kinds & 1 ? K_FLOAT : K_INT);
			t[1] = scalar(kinds & 2 ? K_FLOAT : K_INT);
			if (op_infer(ops[k], t, 2, NULL, 0, &r, &n, &e)) break;
		}
		bool f0 = t[0].kind == K_FLOAT, f1 = t[1].kind == K_FLOAT;
		snprintf(text, sizeof text,
		         "graph {\n  param %%1: %s, %%2: %s\n  %%3: %s = %s %%1, %%2 @ a.lua:3\n  yield %%3\n}\n",
		         f0 ? "float" : "int", f1 ? "float" : "int",
		         r.kind == K_INT     ? "int"
		         : r.kind == K_FLOAT ? "float"
		                             : "bool",
		         op_info[ops[k]].name);
		plan(f, 0, text);
		for (size_t i = 0; i < (f0 ? COUNT_OF(fv) : COUNT_OF(iv)); i++)
			for (size_t j = 0; j < (f1 ? COUNT_OF(fv) : COUNT_OF(iv)); j++) {
				struct datum in[] = {f0 ? a_float(fv[i]) : an_int(iv[i]),
				                     f1 ? a_float(fv[j]) : an_int(iv[j])};
				union word w[2] = {in[0].w, in[1].w}, expected;
				char at[1100];
				bool ok = op_lua(ops[k], w, NULL, &expected, &e);
				assert_int_equal(run(f, in), ok);
				if (ok) assert_true(f->res[0].w.u == expected.u);
				else {
					snprintf(at, sizeof at, "a.lua:3: %s", e.msg);
					assert_string_equal(f->f.e.msg, at);
				}
			}
	}
}

static void division_by_constants(void **state)
{
	struct fix *f = *state;
	static const int64_t by[] = {1, 2, 3, 8, -1, -2, -3, INT64_MAX, INT64_MIN, INT64_C(1) << 62};
	static const int64_t x[] = {0, 1, -1, 7, -7, 8, -8, 9, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < COUNT_OF(by); i++) {
		char text[300];
		snprintf(text, sizeof text,
		         "graph {\n  param %%1: int\n  %%2: int = const %lld\n  %%3: int = idiv %%1, %%2\n  %%4: int = "
		         "imod %%1, %%2\n"
		         "  yield %%3, %%4\n}\n",
		         (long long)by[i]);
		plan(f, 0, text);
		for (size_t k = 0; k < COUNT_OF(x); k++) {
			union word in[2] = {{.i = x[k]}, {.i = by[i]}}, q, r;
			struct err e;
			assert_true(op_lua(OP_idiv, in, NULL, &q, &e) && op_lua(OP_imod, in, NULL, &r, &e));
			runs(f, (struct datum[]){an_int(x[k])});
			assert_true(f->res[0].w.i == q.i && f->res[1].w.i == r.i);
		}
	}
}

/* Variables that change places must not overwrite each other. */
static void variables_rotate(void **state)
{
	struct fix *f = *state;
	plan(f, 2,
	     "graph {\n"
	     "  param %1: int, %2: int, %3: int, %4: int, %30: f32[2], %31: f32[2]\n"
	     "  %5: int = const 0\n"
	     "  %6: int, %7: int, %8: int, %9: int, %32: f32[2], %33: f32[2] = while %5, %2, %3, %4, %30, %31 {\n"
	     "    param %10: int, %11: int, %12: int, %13: int, %34: f32[2], %35: f32[2]\n"
	     "    %14: bool = ilt %10, %1\n"
	     "    yield %14, %10, %11, %12, %13, %34, %35\n"
	     "  } do {\n"
	     "    param %15: int, %16: int, %17: int, %18: int, %36: f32[2], %37: f32[2]\n"
	     "    %19: int = const 1\n"
	     "    %20: int = iadd %15, %19\n"
	     "    yield %20, %17, %18, %16, %37, %36\n"
	     "  }\n"
	     "  yield %7, %8, %9, %32, %33\n"
	     "}\n");
	float x[] = {1, 2}, y[] = {3, 4};
	struct tensor tx, ty;
	struct datum in[] = {
	    an_int(0), an_int(10), an_int(20), an_int(30), a_tensor(&tx, x, 1, 2, 0), a_tensor(&ty, y, 1, 2, 0)};
	for (int n = 0; n < 7; n++) {
		in[0] = an_int(n);
		runs(f, in);
		for (int k = 0; k < 3; k++) assert_int_equal(f->res[k].w.i, 10 + 10 * ((n + k) % 3));
		assert_int_equal(f->res[3].alias, n % 2 ? 5 : 4); /* whichever input it is by now */
		assert_int_equal(f->res[4].alias, n % 2 ? 4 : 5);
	}
}

/* --- tensors --- */

static void results_own_their_bytes(void **state)
{
	struct fix *f = *state;
	float x[] = {1, 2, 3, 4, 5, 6}, sum[] = {2, 4, 6, 8, 10, 12}, turned[] = {2, 8, 4, 10, 6, 12};
	struct tensor t;
	struct datum in[] = {a_tensor(&t, x, 2, 2, 3)};
	plan(f, 0,
	     "graph {\n"
	     "  param %1: f32[2x3]\n"
	     "  %2: f32[2x3] = add %1, %1\n"
	     "  %3: f32[3x2] = permute %2 [1, 0]\n"
	     "  %4: f32[3x2] = permute %1 [1, 0]\n"
	     "  yield %2, %2, %3, %4\n"
	     "}\n");
	runs(f, in);
	assert_floats(&f->res[0], sum, 6);
	assert_floats(&f->res[1], sum, 6);
	assert_floats(&f->res[2], turned, 6);
	assert_floats(&f->res[3], (float[]){1, 4, 2, 5, 3, 6}, 6);
	assert_ptr_not_equal(f->res[0].out.data, f->res[1].out.data);
	struct datum kept = f->res[0];
	f->res[0].kind = K_NONE;
	memset(x, 0, sizeof x);
	runs(f, in); /* the next run does not touch what was handed out */
	assert_floats(&kept, sum, 6);
	datum_release(&kept);
}

static void a_view_is_not_overwritten(void **state)
{
	struct fix *f = *state;
	float x[] = {1, 2, 3, 4};
	struct tensor t;
	plan(f, 2,
	     "graph {\n"
	     "  param %1: f32[2x2]\n"
	     "  %2: f32[2x2] = add %1, %1\n"
	     "  %3: f32[2x2] = permute %2 [1, 0]\n"
	     "  %4: f32[2x2] = sub %2, %3\n" /* may not be written over its first operand */
	     "  %5: f32[2x2] = neg %2\n"
	     "  %6: f32[2x2] = mul %5, %3\n" /* over %5, while %3 still sees %2 */
	     "  yield %4, %6\n"
	     "}\n");
	runs(f, (struct datum[]){a_tensor(&t, x, 2, 2, 2)});
	assert_floats(&f->res[0], (float[]){0, -2, 2, 0}, 4);
	assert_floats(&f->res[1], (float[]){-4, -24, -24, -64}, 4);
}

static void inputs_may_be_strided(void **state)
{
	struct fix *f = *state;
	float x[] = {1, 2, 3, 4, 5, 6};
	struct tensor t;
	struct datum in = a_tensor(&t, x, 2, 3, 2);
	t.stride[0] = 1; /* the transpose of a 2x3 */
	t.stride[1] = 3;
	tensor_layout(&t);
	plan(
	    f, 0,
	    "graph {\n  param %1: f32[3x2]\n  %2: f32[6] = reshape %1 [6]\n  %3: f32[6] = neg %2\n  yield %3, %1\n}\n");
	for (int k = 0; k < 2; k++) {
		runs(f, &in);
		assert_floats(&f->res[0], (float[]){-1, -4, -2, -5, -3, -6}, 6);
		assert_int_equal(f->res[1].alias, 0);
	}
}

static void results_that_are_inputs_say_so(void **state)
{
	struct fix *f = *state;
	float x[] = {1, 2}, y[] = {3, 4};
	struct tensor tx, ty;
	struct datum in[] = {a_tensor(&tx, x, 1, 2, 0), a_tensor(&ty, y, 1, 2, 0), a_bool(true), an_int(0)};
	plan(f, 2,
	     "graph {\n"
	     "  param %1: f32[2], %2: f32[2], %3: bool, %4: int\n"
	     "  %5: f32[2] = if %3 {\n"
	     "    yield %2\n"
	     "  } else {\n"
	     "    %6: f32[2] = neg %1\n"
	     "    yield %6\n"
	     "  }\n"
	     "  %7: int = const 0\n"
	     "  %8: int, %9: f32[2] = while %7, %1 {\n"
	     "    param %10: int, %11: f32[2]\n"
	     "    %12: bool = ilt %10, %4\n"
	     "    yield %12, %10, %11\n"
	     "  } do {\n"
	     "    param %13: int, %14: f32[2]\n"
	     "    %15: int = const 1\n"
	     "    %16: int = iadd %13, %15\n"
	     "    %17: f32[2] = add %14, %2\n"
	     "    yield %16, %17\n"
	     "  }\n"
	     "  write 0 = %5\n"
	     "  %18: f32[2] = add %5, %9\n"
	     "  yield %1, %5, %9, %18\n"
	     "}\n");
	int n;
	runs(f, in);
	assert_int_equal(f->res[0].alias, 0);
	assert_int_equal(f->res[1].alias, 1);
	assert_int_equal(f->res[2].alias, 0);
	assert_int_equal(plan_writes(f->p, &n)->value.alias, 1);
	assert_floats(&f->res[3], (float[]){4, 6}, 2);
	in[2] = a_bool(false);
	in[3] = an_int(2);
	runs(f, in);
	assert_floats(&f->res[1], (float[]){-1, -2}, 2);
	assert_floats(&f->res[2], (float[]){7, 10}, 2);
	assert_int_equal(plan_writes(f->p, &n)->value.alias, -1);
	assert_floats(&f->res[3], (float[]){6, 8}, 2);
}

static void wrong_inputs_are_refused(void **state)
{
	struct fix *f = *state;
	float x[] = {1, 2, 3, 4};
	struct tensor t;
	struct datum in[] = {a_tensor(&t, x, 1, 4, 0), an_int(1)};
	plan(f, 0, "graph {\n  param %1: f32[2x2], %2: int\n  yield %1, %2\n}\n");
	assert_false(run(f, in));
	assert_string_equal(f->f.e.msg, "input 1: expected f32[2x2], got f32[4]");
	in[0] = a_tensor(&t, x, 2, 2, 2);
	in[1] = a_float(1);
	assert_false(run(f, in));
	assert_string_equal(f->f.e.msg, "input 2: expected int, got float");
}

static void draws_keep_their_order(void **state)
{
	struct fix *f = *state;
	struct rng same;
	float a[3], b[2];
	struct tensor ta, tb;
	rng_seed(&same, 1);
	a_tensor(&ta, a, 1, 3, 0);
	a_tensor(&tb, b, 1, 2, 0);
	rng_normal(&same, &ta); /* nobody looks at the first draw, yet it moves the stream */
	rng_uniform(&same, &tb);
	plan(f, 2, "graph {\n  %1: f32[3] = randn [0, 3]\n  %2: f32[2] = rand [0, 2]\n  yield %2\n}\n");
	runs(f, NULL);
	assert_floats(&f->res[0], b, 2);
	assert_true(f->rng.offset == same.offset);
}

/* --- effects --- */

static const char effects[] = "graph {\n"
                              "  param %1: int, %2: f32[2]\n"
                              "  %3: int = const 0\n"
                              "  %4: float = const 0.5\n"
                              "  %5: bool = const true\n"
                              "  print \"start \", %4, \" \", %5, \" \", %2, \"\\n\"\n"
                              "  %6: int, %7: f32[2] = while %3, %2 {\n"
                              "    param %8: int, %9: f32[2]\n"
                              "    %10: bool = ilt %8, %1\n"
                              "    yield %10, %8, %9\n"
                              "  } do {\n"
                              "    param %11: int, %12: f32[2]\n"
                              "    %13: int = const 1\n"
                              "    %14: int = iadd %11, %13\n"
                              "    %15: f32[2] = add %12, %12\n"
                              "    write 1 = %14\n"
                              "    write 3 = %15\n"
                              "    print %14, \"\\n\"\n"
                              "    %16: int = const 3\n"
                              "    %17: bool = ieq %14, %16\n"
                              "    if %17 {\n"
                              "      write 3 = constant 9\n"
                              "      raise at \"three: \", %15 @ dir/a.lua:12\n"
                              "      dead\n"
                              "    } else {\n"
                              "      yield\n"
                              "    }\n"
                              "    yield %14, %15\n"
                              "  }\n"
                              "  write 0 = constant 4\n"
                              "  yield %6\n"
                              "}\n";

/* Calls of the host's functions happen where they stand, also when nobody uses what they give, and stop a run. */
static void host_calls_in_order(void **state)
{
	struct fix *f = *state;
	static const char text[] = "graph {\n"
	                           "  param %1: int, %2: f32[2]\n"
	                           "  %3: int = const 0\n"
	                           "  %4: int, %5: f32[2] = while %3, %2 {\n"
	                           "    param %6: int, %7: f32[2]\n"
	                           "    %8: bool = ilt %6, %1\n"
	                           "    yield %8, %6, %7\n"
	                           "  } do {\n"
	                           "    param %9: int, %10: f32[2]\n"
	                           "    host %9 [5]\n"
	                           "    print %9, \";\"\n"
	                           "    %11: int, %12: float, %13: f32[2] = host %9, %10 [1] @ a.lua:3\n"
	                           "    %14: f32[2] = add %13, %10\n"
	                           "    yield %11, %14\n"
	                           "  }\n"
	                           "  %15: int, %16: float, %17: f32[2] = host %4, %5 [1] @ a.lua:4\n"
	                           "  yield %17, %4, %16\n"
	                           "}\n";
	for (int level = 0; level <= 2; level += 2) {
		float data[] = {1, -1};
		struct tensor t;
		struct datum in[] = {an_int(3), a_tensor(&t, data, 1, 2, 0)};
		f->nout = 0;
		plan(f, level, text);
		runs(f, in);
		assert_string_equal(f->out, "<5:0>0;<5:1>1;<5:2>2;");
		assert_floats(&f->res[0], (float[]){54, -54}, 2);
		assert_int_equal(f->res[1].w.i, 3);
		assert_true(f->res[2].w.f == 1.5);
		f->refuse_call = true;
		assert_false(run(f, in));
		assert_string_equal(f->f.e.msg, "function 5 does not want");
		f->refuse_call = false;
		f->wrong_result = true;
		assert_false(run(f, in));
		assert_string_equal(f->f.e.msg, "a.lua:3: a host call gave a value of another type");
		f->wrong_result = false;
	}
}

static void prints_and_writes_in_order(void **state)
{
	struct fix *f = *state;
	float x[] = {1, 2};
	struct tensor t;
	int n;
	plan(f, 2, effects);
	runs(f, (struct datum[]){an_int(2), a_tensor(&t, x, 1, 2, 0)});
	assert_string_equal(f->out, "start 0.5 true tensor([1.0, 2.0])\n1\n2\n");
	struct write_slot *w = plan_writes(f->p, &n);
	assert_int_equal(n, 4);
	assert_true(w[0].set && w[0].constant == 4);
	assert_true(w[1].set && w[1].constant == -1 && w[1].value.w.i == 2);
	assert_false(w[2].set);
	assert_floats(&w[3].value, (float[]){4, 8}, 2);
	assert_true(w[1].when < w[3].when && w[3].when < w[0].when);
}

static void a_raise_keeps_what_came_before(void **state)
{
	struct fix *f = *state;
	float x[] = {1, 2};
	struct tensor t;
	int n;
	plan(f, 2, effects);
	struct datum in[] = {an_int(100), a_tensor(&t, x, 1, 2, 0)};
	assert_false(run(f, in));
	assert_int_equal(f->f.e.kind, ERR_RUN);
	assert_string_equal(f->f.e.msg, "dir/a.lua:12: three: tensor([ 8.0, 16.0])");
	assert_string_equal(f->f.file, "dir/a.lua");
	assert_int_equal(f->f.line, 12);
	assert_int_equal(f->f.value_number, 0);
	assert_int_equal(f->res[0].kind, K_NONE);
	struct write_slot *w = plan_writes(f->p, &n);
	assert_false(w[0].set);
	assert_int_equal(w[1].value.w.i, 3);
	assert_true(w[3].constant == 9 && w[3].value.kind == K_NONE);
	in[0] = an_int(1);
	runs(f, in); /* and the plan is as good as new */
	assert_int_equal(plan_writes(f->p, &n)[1].value.w.i, 1);
}

static void error_values_are_handed_out(void **state)
{
	struct fix *f = *state;
	float x[] = {1, 2};
	struct tensor t;
	plan(f, 0,
	     "graph {\n  param %1: f32[2], %2: int\n  %3: f32[2] = neg %1\n  raise value 5 %3, %2, %1 @ a.lua:2\n  "
	     "dead\n}\n");
	assert_false(run(f, (struct datum[]){a_tensor(&t, x, 1, 2, 0), an_int(8)}));
	assert_int_equal(f->f.value_number, 5);
	assert_int_equal(f->f.nvalues, 3);
	assert_floats(&f->f.values[0], (float[]){-1, -2}, 2);
	assert_int_equal(f->f.values[1].w.i, 8);
	assert_int_equal(f->f.values[2].alias, 0);
}

static void long_messages_are_whole(void **state)
{
	struct fix *f = *state;
	char text[4000], big[2001];
	memset(big, 'x', 2000);
	big[2000] = 0;
	snprintf(text, sizeof text, "graph {\n  raise at \"%s\" @ a.lua:2\n  dead\n}\n", big);
	plan(f, 0, text);
	assert_false(run(f, NULL));
	assert_int_equal(f->f.text.n, 2000 + strlen("a.lua:2: "));
	assert_memory_equal(f->f.text.s, "a.lua:2: xxx", 12);
}

static void failing_ops_name_their_line(void **state)
{
	struct fix *f = *state;
	struct tensor t;
	float x[] = {1, 2};
	plan(f, 2,
	     "graph {\n"
	     "  param %1: f32[2], %2: int\n"
	     "  %3: i64[] = lift %2 [2]\n"
	     "  %4: f32[] = index %1, %3 [0] @ a.lua:7\n"
	     "  yield %4\n"
	     "}\n");
	runs(f, (struct datum[]){a_tensor(&t, x, 1, 2, 0), an_int(-1)});
	assert_floats(&f->res[0], (float[]){2}, 1);
	assert_false(run(f, (struct datum[]){a_tensor(&t, x, 1, 2, 0), an_int(3)}));
	assert_memory_equal(f->f.e.msg, "a.lua:7: ", 9);
	assert_int_equal(f->f.line, 7);
}

static void output_may_fail(void **state)
{
	struct fix *f = *state;
	f->refuse_print = true;
	plan(f, 0, "graph {\n  print \"x\" @ a.lua:1\n  print \"y\"\n  yield\n}\n");
	assert_false(run(f, NULL));
	assert_string_equal(f->f.e.msg, "a.lua:1: output failed");
}

static void endless_loops_are_cancelled(void **state)
{
	struct fix *f = *state;
	f->cancel_at_print = true;
	plan(f, 2,
	     "graph {\n"
	     "  param %1: int\n"
	     "  print \"go\\n\"\n"
	     "  %2: int = while %1 {\n"
	     "    param %3: int\n"
	     "    %4: bool = const true\n"
	     "    yield %4, %3\n"
	     "  } do {\n"
	     "    param %5: int\n"
	     "    %6: int = iadd %5, %5\n"
	     "    yield %6\n"
	     "  }\n"
	     "  yield %2\n"
	     "}\n");
	assert_false(run(f, (struct datum[]){an_int(1)}));
	assert_int_equal(f->f.e.kind, ERR_CANCEL);
	assert_string_equal(f->out, "go\n");
}

/* --- memory --- */

static const char busy[] = "graph {\n"
                           "  param %1: f32[3x2], %2: int\n"
                           "  %3: int = const 0\n"
                           "  %4: f32[3x2] = add %1, %1\n"
                           "  %5: int, %6: f32[3x2], %7: f32[3x2] = while %3, %4, %1 {\n"
                           "    param %8: int, %9: f32[3x2], %10: f32[3x2]\n"
                           "    %11: bool = ilt %8, %2\n"
                           "    yield %11, %8, %9, %10\n"
                           "  } do {\n"
                           "    param %12: int, %13: f32[3x2], %14: f32[3x2]\n"
                           "    %15: int = const 1\n"
                           "    %16: int = iadd %12, %15\n"
                           "    %17: f32[2x3] = permute %13 [1, 0]\n"
                           "    %18: f32[2x2] = matmul %17, %14\n"
                           "    %19: f32[3x2] = matmul %14, %18\n"
                           "    write 0 = %18\n"
                           "    yield %16, %14, %19\n"
                           "  }\n"
                           "  print %6, \"\\n\"\n"
                           "  yield %6, %7\n"
                           "}\n";

static void steady_runs_allocate_results_only(void **state)
{
	struct fix *f = *state;
	float x[] = {1, 2, 3, 4, 5, 6};
	struct tensor t;
	struct datum in[] = {a_tensor(&t, x, 2, 3, 2), an_int(4)};
	t.stride[0] = 1;
	t.stride[1] = 3;
	tensor_layout(&t);
	plan(f, 2,
	     "graph {\n"
	     "  param %1: f32[3x2], %2: int\n"
	     "  %3: int = const 0\n"
	     "  %4: int, %5: f32[3x2] = while %3, %1 {\n"
	     "    param %6: int, %7: f32[3x2]\n"
	     "    %8: bool = ilt %6, %2\n"
	     "    yield %8, %6, %7\n"
	     "  } do {\n"
	     "    param %9: int, %10: f32[3x2]\n"
	     "    %11: int = const 1\n"
	     "    %12: int = iadd %9, %11\n"
	     "    %13: f32[3x2] = mul %10, %1\n"
	     "    write 0 = %13\n"
	     "    print %12, \"\\n\"\n"
	     "    yield %12, %13\n"
	     "  }\n"
	     "  %14: f32[3x2] = neg %5\n"
	     "  yield %5, %14\n"
	     "}\n");
	runs(f, in);
	long alive = f->h.alive;
	f->nout = 0;
	for (size_t i = 0; i < COUNT_OF(f->res); i++) datum_release(&f->res[i]);
	f->h.left = 3; /* two results and one written value */
	assert_true(run(f, in));
	assert_int_equal(f->h.left, 0);
	assert_int_equal(f->h.alive, alive);
}

static bool everything(struct fix *f, struct err *e)
{
	float x[] = {1, 2, 3, 4, 5, 6};
	struct tensor t;
	struct datum in[] = {a_tensor(&t, x, 2, 3, 2), an_int(3)};
	t.stride[0] = 1;
	t.stride[1] = 3;
	tensor_layout(&t);
	f->nout = 0;
	struct graph *g = graph_parse(&f->h.mem, busy, e);
	if (!g) return false;
	bool ok = pass_run(g, 2, e);
	if (ok) ok = (f->p = plan_new(&f->h.mem, g, e)) != NULL;
	graph_free(g);
	if (ok && !run(f, in)) {
		*e = f->f.e;
		ok = false;
	}
	return ok;
}

static void memory_may_fail_anywhere(void **state)
{
	struct fix *f = *state;
	for (long n = 0;; n++) {
		struct err e = {0};
		f->h.left = n;
		bool ok = everything(f, &e);
		f->h.left = -1;
		done(f);
		heap_done(&f->h);
		if (ok) {
			assert_true(n > 100);
			break;
		}
		assert_int_equal(e.kind, ERR_MEMORY);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(collatz_counts_steps),
	    T(arithmetic_is_lua),
	    T(division_by_constants),
	    T(variables_rotate),
	    T(results_own_their_bytes),
	    T(a_view_is_not_overwritten),
	    T(inputs_may_be_strided),
	    T(results_that_are_inputs_say_so),
	    T(wrong_inputs_are_refused),
	    T(draws_keep_their_order),
	    T(host_calls_in_order),
	    T(prints_and_writes_in_order),
	    T(a_raise_keeps_what_came_before),
	    T(error_values_are_handed_out),
	    T(long_messages_are_whole),
	    T(failing_ops_name_their_line),
	    T(output_may_fail),
	    T(endless_loops_are_cancelled),
	    T(steady_runs_allocate_results_only),
	    T(memory_may_fail_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
