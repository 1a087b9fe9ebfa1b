/* Promotion, the table, views, lift and item, types as text, and the random ops. */
#include "case.h"
#include <math.h>

static struct mem mem;
static struct rng rng;
static struct op_env env = {.mem = &mem, .rng = &rng};

/* Operands as text: "f32" a tensor, "f32." of rank 0, "int" "float" "boolean" Lua values. */
static int promoted(enum op op, const char *a, const char *b)
{
	const char *text[] = {a, b};
	struct promote_arg args[2];
	int n = 0;
	for (; n < 2 && text[n]; n++) {
		char name[16];
		enum dtype dt = F32;
		const size_t len = strcspn(text[n], ".");
		args[n] = (struct promote_arg){.kind = K_TENSOR, .weak = text[n][len] == '.'};
		snprintf(name, sizeof name, "%.*s", (int)len, text[n]);
		if (strcmp(name, "int") == 0) args[n].kind = K_INT;
		else if (strcmp(name, "float") == 0) args[n].kind = K_FLOAT;
		else if (strcmp(name, "boolean") == 0) args[n].kind = K_BOOL;
		else {
			assert_true(dtype_parse(name, &dt));
			args[n].dtype = (uint8_t)dt;
		}
	}
	return op_promote(op, args, n);
}

/* torch.result_type with a default dtype of float32 */
static void promotion_is_pytorch_s(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		int add, div;
	} known[] = {
	    {"f32", "f64", F64, F64},     {"i64", "f32", F32, F32},       {"bool", "i64", I64, F32},
	    {"bool", "bool", BOOL, F32},  {"i64", "i64", I64, F32},       {"f32", "f64.", F32, F32},
	    {"f32.", "f64.", F64, F64},   {"i64", "f64.", F64, F64},      {"bool", "i64.", I64, F32},
	    {"i64", "bool.", I64, F32},   {"f32.", "i64", F32, F32},      {"f32", "float", F32, F32},
	    {"f64", "float", F64, F64},   {"i64", "float", F32, F32},     {"i64", "int", I64, F32},
	    {"bool", "int", I64, F32},    {"bool", "float", F32, F32},    {"f32", "int", F32, F32},
	    {"f64.", "float", F64, F64},  {"i64.", "float", F32, F32},    {"f64.", "int", F64, F64},
	    {"i64", "boolean", I64, F32}, {"bool", "boolean", BOOL, F32}, {"f64", "f32.", F64, F64},
	};
	for (size_t i = 0; i < COUNT_OF(known); i++)
		for (int turn = 0; turn < 2; turn++) {
			const char *a = turn ? known[i].b : known[i].a, *b = turn ? known[i].a : known[i].b;
			assert_int_equal(promoted(OP_add, a, b), known[i].add);
			assert_int_equal(promoted(OP_lt, a, b), known[i].add);
			assert_int_equal(promoted(OP_div, a, b), known[i].div);
		}
	assert_int_equal(promoted(OP_mean, "i64", NULL), F32);
	assert_int_equal(promoted(OP_exp, "bool", NULL), F32);
	assert_int_equal(promoted(OP_exp, "f64", NULL), F64);
	assert_int_equal(promoted(OP_sum, "bool", NULL), BOOL);
	assert_int_equal(promoted(OP_index, "f32", "i64"), F32);
	assert_int_equal(op_promote(OP_add, NULL, 0), -1);
	const struct promote_arg where[3] = {{K_TENSOR, BOOL, false}, {K_TENSOR, I64, false}, {K_FLOAT, 0, true}};
	assert_int_equal(op_promote(OP_where, where, 3), F32);
}

static void table_is_consistent(void **state)
{
	(void)state;
	for (int op = 0; op < OP_COUNT; op++) {
		assert_non_null(op_info[op].name);
		assert_int_equal(op_find(op_info[op].name), op);
		if (op_info[op].flags & OF_COMM) assert_int_equal(op_info[op].nin, 2);
	}
	assert_int_equal(op_find("no such op"), OP_COUNT);
	assert_string_equal(op_info[OP_add].event, "__add");
	assert_string_equal(op_info[OP_contiguous].method, "clone");
	assert_null(op_info[OP_cast].method);
	/* control flow and Lua ops are refused by op_run, structure by op_infer */
	struct err e;
	struct type out;
	int nout;
	assert_false(op_run(OP_if, NULL, 0, NULL, 0, NULL, &env, &e));
	assert_false(op_infer(OP_print, NULL, 0, NULL, 0, &out, &nout, &e));
}

static void types_as_text(void **state)
{
	(void)state;
	const struct type t = {.kind = K_TENSOR, .dtype = F64, .rank = 2, .dim = {2, 3}},
	                  u = {.kind = K_TENSOR, .dtype = F64, .rank = 2, .dim = {2, 4}};
	const struct type i = {.kind = K_INT}, j = {.kind = K_INT, .dtype = 1};
	struct buf b;
	buf_init(&b, &mem);
	type_put(&b, &t);
	type_put(&b, &i);
	assert_string_equal(b.s, "f64[2x3]int");
	buf_free(&b);
	assert_true(type_equal(&t, &t));
	assert_false(type_equal(&t, &u));
	assert_false(type_equal(&t, &i));
	assert_true(type_equal(&i, &j));
}

/* Views share bytes, with the result of the copying run. */
static void views_share(void **state)
{
	(void)state;
	static const struct {
		enum op op;
		int64_t attr[4];
		int nattr;
		bool shares[FORMS]; /* packed, gaps, turned */
	} views[] = {
	    {OP_reshape, {3, 2}, 2, {true, false, false}},    {OP_reshape, {2, 1, 3}, 3, {true, true, true}},
	    {OP_reshape, {6}, 1, {true, false, false}},       {OP_reshape, {1, 2, 3, 1}, 4, {true, true, true}},
	    {OP_permute, {1, 0}, 2, {true, true, true}},      {OP_expand, {4, 2, 3}, 3, {true, true, true}},
	    {OP_narrow, {1, 1, 2, 1}, 4, {true, true, true}}, {OP_narrow, {1, 0, 2, 2}, 4, {true, true, true}},
	    {OP_narrow, {0, 2, 0, 1}, 4, {true, true, true}}, {OP_select, {1, 2}, 2, {true, true, true}},
	};
	for (size_t i = 0; i < COUNT_OF(views); i++)
		for (int form = 0; form < FORMS; form++) {
			struct operand a = case_operand("f32[2x3] 1 2 3 4 5 6", (enum form)form);
			struct tensor view = {.st = NULL}, copy, *in[] = {&a.t};
			struct err e;
			char *bytes;
			assert_true(
			    case_run(views[i].op, in, 1, views[i].attr, views[i].nattr, &copy, &bytes, &env, &e));
			assert_int_equal(op_shares(views[i].op, &a.t, views[i].attr, views[i].nattr, &view),
			                 views[i].shares[form]);
			if (views[i].shares[form]) {
				assert_true(tensor_same_shape(&view, &copy));
				assert_true(view.data >= a.bytes);
				for (int64_t k = 0; k < view.numel; k++)
					assert_true(tensor_get_f(&view, k) == tensor_get_f(&copy, k));
				copy.data = NULL; /* no bytes given: the run makes a view */
				assert_true(op_run(views[i].op, in, 1, views[i].attr, views[i].nattr, &copy, &env, &e));
				assert_ptr_equal(copy.data, view.data);
			} else {
				copy.data = NULL;
				assert_false(
				    op_run(views[i].op, in, 1, views[i].attr, views[i].nattr, &copy, &env, &e));
			}
			free(bytes);
			free(a.bytes);
		}
}

static void lua_values_and_tensors(void **state)
{
	(void)state;
	static char data[8];
	const int64_t none = 0;
	for (int dt = 0; dt < DTYPE_COUNT; dt++) {
		struct tensor t;
		struct err e;
		union word w;
		assert_true(tensor_shape(&t, (enum dtype)dt, 0, NULL, &e));
		t.data = data;
		op_lift(K_INT, (union word){.i = 3}, &t);
		const enum kind k = op_item(&t, &w);
		assert_int_equal(k, dt == I64 ? K_INT : dt == BOOL ? K_BOOL : K_FLOAT);
		assert_true(k == K_FLOAT ? w.f == 3 : w.i == (dt == BOOL ? 1 : 3));
		op_lift(K_FLOAT, (union word){.f = -2.5}, &t);
		op_item(&t, &w);
		assert_true(k == K_FLOAT ? w.f == -2.5 : w.i == (dt == BOOL ? 1 : -2));
		op_lift(K_BOOL, (union word){.i = 1}, &t);
		op_item(&t, &w);
		assert_true(k == K_FLOAT ? w.f == 1 : w.i == 1);
		/* their types */
		struct type in = {.kind = K_FLOAT}, out;
		int nout;
		const int64_t to = dt;
		assert_true(op_infer(OP_lift, &in, 1, &to, 1, &out, &nout, &e));
		assert_true(out.kind == K_TENSOR && out.rank == 0 && out.dtype == dt);
		in = (struct type){.kind = K_TENSOR, .dtype = (uint8_t)dt, .rank = 2, .dim = {1, 1}};
		assert_true(op_infer(OP_item, &in, 1, &none, 0, &out, &nout, &e));
		assert_int_equal(out.kind, k);
		in.dim[1] = 2;
		assert_false(op_infer(OP_item, &in, 1, &none, 0, &out, &nout, &e));
		assert_string_equal(e.msg, "item: a tensor of shape [1x2] is not one element");
	}
}

/* Attribute words from a damaged file must be refused, not believed. */
static void attributes_are_checked(void **state)
{
	(void)state;
	static const int64_t words[] = {0, 1, -1, 2, 3, 7, 8, 9, 64, INT64_MAX, INT64_MIN, (int64_t)1 << 40};
	uint64_t seed = 1;
	for (int op = 0; op < OP_COUNT; op++)
		for (int round = 0; round < 4000; round++) {
			struct type in[4], out;
			int64_t attr[12];
			struct err e;
			int nout, nin = op_info[op].nin < 0 ? round % 4 : op_info[op].nin;
			for (int i = 0; i < nin; i++) {
				in[i] = (struct type){.kind = (uint8_t)(op_info[op].flags & OF_LUA ? K_INT : K_TENSOR)};
				in[i].dtype = (uint8_t)((seed = seed * 6364136223846793005u + 1) >> 62);
				in[i].rank = (uint8_t)((seed = seed * 6364136223846793005u + 1) >> 60) % 9;
				for (int d = 0; d < in[i].rank; d++)
					in[i].dim[d] = (int64_t)((seed = seed * 6364136223846793005u + 1) >> 62);
			}
			const int nattr = (int)((seed = seed * 6364136223846793005u + 1) >> 60) % 12;
			for (int i = 0; i < nattr; i++)
				attr[i] = words[((seed = seed * 6364136223846793005u + 1) >> 40) % COUNT_OF(words)];
			e.msg[0] = 0;
			if (op_infer((enum op)op, in, nin, attr, nattr, &out, &nout, &e)) {
				struct tensor t;
				if (out.kind == K_TENSOR)
					assert_true(tensor_shape(&t, (enum dtype)out.dtype, out.rank, out.dim, &e));
			} else {
				assert_true(e.msg[0] != 0);
			}
		}
}

static void multinomial_draws(void **state)
{
	(void)state;
	struct operand w = case_operand("f32[2x4] 1 0 3 6 5 5 0 0", PACKED);
	struct tensor out, *in[] = {&w.t};
	const int64_t with[2] = {20000, 1}, without[2] = {2, 0};
	struct err e;
	char *bytes;
	int counts[2][5] = {{0}};
	rng_seed(&rng, 5);
	assert_true(case_run(OP_multinomial, in, 1, with, 2, &out, &bytes, &env, &e));
	assert_int_equal(rng.offset, 20000); /* 40000 f64 draws, two a block */
	for (int64_t i = 0; i < out.numel; i++) counts[i / 20000][tensor_get_i(&out, i)]++;
	free(bytes);
	assert_int_equal(counts[0][2] + counts[1][3] + counts[1][4], 0);
	assert_true(abs(counts[0][1] - 2000) < 250 && abs(counts[0][3] - 6000) < 400 &&
	            abs(counts[0][4] - 12000) < 500);
	assert_true(abs(counts[1][1] - 10000) < 500);
	int first[5] = {0};
	for (int round = 0; round < 5000; round++) {
		assert_true(case_run(OP_multinomial, in, 1, without, 2, &out, &bytes, &env, &e));
		const int64_t a = tensor_get_i(&out, 0), b = tensor_get_i(&out, 1);
		assert_true(a != b && a != 2 && b != 2);
		assert_int_equal(tensor_get_i(&out, 2) + tensor_get_i(&out, 3), 3);
		first[a]++;
		free(bytes);
	}
	assert_int_equal(rng.offset, 20000 + 5000 * 4); /* a draw a weight */
	assert_true(abs(first[1] - 500) < 120 && abs(first[3] - 1500) < 200 && abs(first[4] - 3000) < 200);
	/* a failing draw leaves the stream alone */
	*(float *)(void *)w.t.data = -1;
	assert_false(case_run(OP_multinomial, in, 1, without, 2, &out, &bytes, &env, &e));
	assert_int_equal(rng.offset, 40000);
	free(bytes);
	free(w.bytes);
	assert_int_equal(mem.used, 0);
}

static void random_ops_use_the_stream(void **state)
{
	(void)state;
	const int64_t attr[3] = {F32, 2, 3};
	struct tensor out, same;
	struct err e;
	char *bytes;
	float direct[6];
	rng_seed(&rng, 9);
	assert_true(case_run(OP_randn, NULL, 0, attr, 3, &out, &bytes, &env, &e));
	assert_int_equal(rng.offset, 2);
	rng_seed(&rng, 9);
	same = out;
	same.data = (char *)direct;
	rng_normal(&rng, &same);
	assert_memory_equal(out.data, direct, sizeof direct);
	free(bytes);
	assert_true(case_run(OP_rand, NULL, 0, attr, 3, &out, &bytes, &env, &e));
	assert_int_equal(rng.offset, 4);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(promotion_is_pytorch_s), cmocka_unit_test(table_is_consistent),
	    cmocka_unit_test(types_as_text),          cmocka_unit_test(views_share),
	    cmocka_unit_test(lua_values_and_tensors), cmocka_unit_test(attributes_are_checked),
	    cmocka_unit_test(multinomial_draws),      cmocka_unit_test(random_ops_use_the_stream),
	};
	mem_init(&mem, NULL, NULL);
	rng_seed(&rng, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
