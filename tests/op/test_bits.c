/* What the bits of a result may depend on: not the position, alignment or layout of an element (kernels),
   not strides (reductions, products), and the reduction tree is the one kernels.h describes. */
#include "case.h"
#include <math.h>

static uint64_t seed = 88172645463325252u;
static uint64_t word(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct mem mem;
static struct rng rng;
static struct op_env env = {.mem = &mem, .rng = &rng};

static void fill(char *p, enum dtype dt, int64_t n)
{
	static const double odd[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1e-310, 1e-40, 3e38, 1e300, 1e9, -1e9};
	for (int64_t i = 0; i < n; i++, p += dtype_size[dt]) {
		double v = (double)(int64_t)(word() >> 11) * 0x1p-50 - 4;
		if (word() % 16 == 0) v = odd[word() % COUNT_OF(odd)];
		if (dt == I64) *(int64_t *)(void *)p = (int64_t)(word() >> (word() % 64)) | 1;
		else if (dt == BOOL) *p = word() & 1;
		else case_put(p, dt, v);
	}
}

/* A NaN's bits may differ by the order of operands in the instruction; that it is one may not. */
static void same(const char *a, const char *b, enum dtype dt)
{
	if (dt == F32 && isnan(*(const float *)(const void *)a)) assert_true(isnan(*(const float *)(const void *)b));
	else if (dt == F64 && isnan(*(const double *)(const void *)a))
		assert_true(isnan(*(const double *)(const void *)b));
	else assert_memory_equal(a, b, dtype_size[dt]);
}

static void elements_stand_alone(void **state)
{
	(void)state;
	enum { N = 70 };
	static _Alignas(64) char a[3][8 * (2 * N + 8)], many[8 * (N + 8)], one[8];
	for (int op = 0; op < OP_COUNT; op++)
		for (int dt = 0; dt < DTYPE_COUNT; dt++) {
			const int64_t to = (dt + 1) % DTYPE_COUNT;
			struct op_kernel k;
			if (!(op_info[op].flags & OF_ELEM) || !op_kernel((enum op)op, (enum dtype)dt, &to, &k))
				continue;
			for (int round = 0; round < 24; round++) {
				const int64_t n = (int64_t)(word() % N) + 1, shift = (int64_t)(word() % 8);
				const int64_t in = dtype_size[dt], out = dtype_size[k.result];
				int64_t s[3];
				char *p[3];
				for (int i = 0; i < k.arity; i++) {
					const enum dtype own = op == OP_where && i == 0 ? BOOL : (enum dtype)dt;
					fill(a[i], own, 2 * N + 8);
					s[i] = round < 8 ? 1 : (int64_t)(word() % 3);
					p[i] = a[i] + shift * dtype_size[own];
				}
				char *o = many + (int64_t)(word() % 8) * out;
				const int64_t first = op == OP_where ? 1 : in;
				if (k.arity == 1) k.one(n, o, p[0], s[0]);
				else if (k.arity == 2) k.two(n, o, p[0], s[0], p[1], s[1]);
				else k.three(n, o, p[0], s[0], p[1], s[1], p[2], s[2]);
				for (int64_t i = 0; i < n; i++) {
					const char *x = p[0] + i * s[0] * first, *y = p[1] + i * s[1] * in;
					if (k.arity == 1) k.one(1, one, x, 3);
					else if (k.arity == 2) k.two(1, one, x, 3, y, 2);
					else k.three(1, one, x, 3, y, 2, p[2] + i * s[2] * in, 2);
					same(o + i * out, one, k.result);
				}
			}
		}
}

/* In place: the result over the first operand. */
static void results_may_replace_operands(void **state)
{
	(void)state;
	enum { N = 61 };
	static char a[8 * N], b[8 * N], out[8 * N];
	for (int op = 0; op < OP_COUNT; op++)
		for (int dt = 0; dt < DTYPE_COUNT; dt++) {
			const int64_t to = dt;
			struct op_kernel k;
			if (!(op_info[op].flags & OF_ELEM) || !op_kernel((enum op)op, (enum dtype)dt, &to, &k))
				continue;
			if (k.arity > 2 || dtype_size[k.result] != dtype_size[dt]) continue;
			fill(a, (enum dtype)dt, N);
			fill(b, (enum dtype)dt, N);
			if (k.arity == 1) k.one(N, out, a, 1), k.one(N, a, a, 1);
			else k.two(N, out, a, 1, b, 1), k.two(N, a, a, 1, b, 1);
			for (int i = 0; i < N; i++) same(out + i * dtype_size[dt], a + i * dtype_size[dt], k.result);
		}
}

/* The tree of kernels.h, written out. */
static float tree_block(const float *x, int64_t n)
{
	float lane[K_LANES] = {0};
	for (int64_t i = 0; i < n; i++) lane[i % K_LANES] += x[i];
	for (int half = K_LANES / 2; half > 0; half /= 2)
		for (int l = 0; l < half; l++) lane[l] += lane[l + half];
	return lane[0];
}

static float tree(const float *x, int64_t n)
{
	if (n <= K_BLOCK) return tree_block(x, n);
	/* the largest power of two of blocks that leaves something, as a binary counter does */
	int64_t blocks = (n + K_BLOCK - 1) / K_BLOCK, left = 1;
	while (left * 2 < blocks) left *= 2;
	return tree(x, left * K_BLOCK) + tree(x + left * K_BLOCK, n - left * K_BLOCK);
}

static void reductions_follow_the_tree(void **state)
{
	(void)state;
	enum { MOST = 9000, COLS = 37 };
	static float x[MOST], turned[MOST * COLS], spread[3 * MOST], got[COLS];
	static const int64_t sizes[] = {1, 2, 31, 32, 33, 1000, 1023, 1024, 1025, 2048, 3072, 5000, 7168, 8193, 9000};
	for (size_t k = 0; k < COUNT_OF(sizes); k++) {
		const int64_t n = sizes[k], whole[2] = {1, 0}, rows[2] = {1, 0};
		for (int64_t i = 0; i < n; i++) x[i] = (float)((double)(int64_t)(word() >> 11) * 0x1p-50 - 4);
		const float want = tree(x, n);
		struct tensor t = {.dtype = F32, .rank = 1, .data = (char *)x, .dim = {n}, .stride = {1}};
		struct tensor out = {.dtype = F32, .rank = 0, .numel = 1, .contiguous = true, .data = (char *)got};
		struct tensor *in[] = {&t};
		struct err e;
		tensor_layout(&t);
		assert_true(op_run(OP_sum, in, 1, whole, 2, &out, &env, &e));
		assert_memory_equal(got, &want, sizeof want);
		for (int64_t i = 0; i < n; i++) spread[3 * i] = x[i];
		t.data = (char *)spread;
		t.stride[0] = 3;
		tensor_layout(&t);
		assert_true(op_run(OP_sum, in, 1, whole, 2, &out, &env, &e));
		assert_memory_equal(got, &want, sizeof want);
		/* side by side: column j of an [n x COLS] tensor */
		for (int64_t i = 0; i < n * COLS; i++) turned[i] = x[i / COLS];
		t = (struct tensor){
		    .dtype = F32, .rank = 2, .data = (char *)turned, .dim = {n, COLS}, .stride = {COLS, 1}};
		tensor_layout(&t);
		out.rank = 1;
		out.dim[0] = COLS;
		out.stride[0] = 1;
		tensor_layout(&out);
		assert_true(op_run(OP_sum, in, 1, rows, 2, &out, &env, &e));
		for (int j = 0; j < COLS; j++) assert_memory_equal(&got[j], &want, sizeof want);
	}
}

/* Reducing any dims of any layout gives what reducing the packed permuted tensor gives. */
static void layouts_reduce_alike(void **state)
{
	(void)state;
	static const enum op ops[] = {OP_sum, OP_mean, OP_amax, OP_amin, OP_any, OP_all};
	static float x[7 * 40 * 37], turned[7 * 40 * 37];
	const int64_t dim[3] = {7, 40, 37};
	struct err e;
	struct tensor a, b;
	assert_true(tensor_shape(&a, F32, 3, dim, &e));
	a.data = (char *)x;
	fill(a.data, F32, a.numel);
	b = a;
	b.data = (char *)turned;
	b.stride[0] = 1, b.stride[1] = 7, b.stride[2] = 280;
	tensor_layout(&b);
	tensor_copy(&b, &a);
	for (size_t k = 0; k < COUNT_OF(ops); k++)
		for (int64_t mask = 0; mask < 8; mask++) {
			const int64_t attr[2] = {mask, mask & 1};
			struct tensor *in[2] = {&a, &b}, out[2];
			char *bytes[2];
			for (int i = 0; i < 2; i++)
				assert_true(case_run(ops[k], &in[i], 1, attr, 2, &out[i], &bytes[i], &env, &e));
			for (int64_t i = 0; i < out[0].numel; i++)
				same(out[0].data + i * dtype_size[out[0].dtype],
				     out[1].data + i * dtype_size[out[0].dtype], (enum dtype)out[0].dtype);
			free(bytes[0]);
			free(bytes[1]);
		}
}

/* a[m x k] b[k x n], every operand as is, turned and with gaps: the same bytes, and close to the sum in f64 */
static void product(enum dtype dt, int64_t m, int64_t n, int64_t k)
{
	const int64_t da[2] = {m, k}, db[2] = {k, n};
	struct tensor t[2], view[2][3], out, first;
	char *room[2], *turned[2], *gaps[2], *bytes, *keep = NULL;
	struct err e;
	for (int i = 0; i < 2; i++) {
		const int64_t *d = i ? db : da;
		assert_true(tensor_shape(&t[i], dt, 2, d, &e));
		room[i] = malloc(tensor_bytes(&t[i]) + 1);
		turned[i] = malloc(tensor_bytes(&t[i]) + 1);
		gaps[i] = malloc(4 * tensor_bytes(&t[i]) + 1);
		t[i].data = room[i];
		for (int64_t j = 0; j < t[i].numel; j++)
			case_put(t[i].data + j * dtype_size[dt], dt, (double)(int64_t)(word() >> 11) * 0x1p-50 - 4);
		view[i][0] = view[i][1] = view[i][2] = t[i];
		view[i][1].data = turned[i];
		view[i][1].stride[0] = 1, view[i][1].stride[1] = d[0];
		view[i][2].data = gaps[i];
		view[i][2].stride[0] = 4 * d[1], view[i][2].stride[1] = 2;
		for (int f = 1; f < 3; f++) {
			tensor_layout(&view[i][f]);
			tensor_copy(&view[i][f], &t[i]);
		}
	}
	for (int f = 0; f < 9; f++) {
		struct tensor *in[2] = {&view[0][f / 3], &view[1][f % 3]};
		assert_true(case_run(OP_matmul, in, 2, NULL, 0, &out, &bytes, &env, &e));
		if (f == 0) {
			first = out;
			keep = bytes;
			for (int64_t i = 0; i < m; i++)
				for (int64_t j = 0; j < n; j++) {
					double want = 0, size = 1e-30;
					for (int64_t l = 0; l < k; l++) {
						double v =
						    tensor_get_f(&t[0], i * k + l) * tensor_get_f(&t[1], l * n + j);
						want += v;
						size += fabs(v);
					}
					double off = fabs(tensor_get_f(&out, i * n + j) - want);
					assert_true(off <= size * (dt == F32 ? 1e-5 : dt == F64 ? 1e-14 : 0));
				}
		} else {
			assert_memory_equal(out.data, first.data, tensor_bytes(&out));
			free(bytes);
		}
	}
	free(keep);
	for (int i = 0; i < 2; i++) free(room[i]), free(turned[i]), free(gaps[i]);
}

static void strides_do_not_change_products(void **state)
{
	(void)state;
	static const int64_t sizes[][3] = {{1, 1, 1},    {1, 1, 3000},   {1, 50, 70},   {50, 1, 2000},
	                                   {2, 2, 2},    {3, 5, 7},      {16, 16, 16},  {17, 9, 40},
	                                   {64, 64, 64}, {33, 65, 129},  {100, 100, 5}, {2, 300, 8},
	                                   {600, 3, 30}, {1100, 20, 20}, {40, 40, 300}, {128, 10, 784}};
	for (int dt = F32; dt <= I64; dt++) {
		for (size_t i = 0; i < COUNT_OF(sizes); i++)
			product((enum dtype)dt, sizes[i][0], sizes[i][1], sizes[i][2]);
		for (int i = 0; i < 60; i++)
			product((enum dtype)dt, (int64_t)(word() % 40) + 1, (int64_t)(word() % 40) + 1,
			        (int64_t)(word() % 60) + 1);
	}
}

static void long_work_can_be_stopped(void **state)
{
	(void)state;
	_Atomic bool stop = true;
	struct op_env e2 = {.mem = &mem, .rng = &rng, .cancel = &stop};
	struct tensor a, out, *in[3] = {&a, &a, &a};
	const int64_t big = 3000000, square[2] = {1800, 1800}, sum[2] = {1, 0}, draw[2] = {F32, big}, over[1] = {0};
	const struct rng before = rng;
	struct err e;
	assert_true(tensor_shape(&a, F32, 1, &big, &e) && tensor_alloc(&mem, &a, &e));
	memset(a.data, 0, tensor_bytes(&a));
	struct storage *st = a.st;
	char *bytes;
	assert_false(case_run(OP_add, in, 2, NULL, 0, &out, &bytes, &e2, &e));
	assert_int_equal(e.kind, ERR_CANCEL);
	assert_string_equal(e.msg, "interrupted");
	free(bytes);
	assert_false(case_run(OP_sum, in, 1, sum, 2, &out, &bytes, &e2, &e));
	assert_int_equal(e.kind, ERR_CANCEL);
	free(bytes);
	assert_false(case_run(OP_softmax, in, 1, over, 1, &out, &bytes, &e2, &e));
	assert_int_equal(e.kind, ERR_CANCEL);
	free(bytes);
	assert_false(case_run(OP_randn, in, 0, draw, 2, &out, &bytes, &e2, &e));
	assert_int_equal(e.kind, ERR_CANCEL);
	assert_memory_equal(&before, &rng, sizeof rng);
	free(bytes);
	char *data = a.data;
	assert_true(tensor_shape(&a, F32, 2, (int64_t[]){1000, 3000}, &e));
	struct tensor b;
	assert_true(tensor_shape(&b, F32, 2, square, &e));
	a.data = b.data = data;
	assert_true(tensor_shape(&a, F32, 2, (int64_t[]){1600, 1800}, &e));
	a.data = data;
	b.dim[1] = 1000, b.stride[0] = 1000;
	tensor_layout(&b);
	in[1] = &b;
	assert_false(case_run(OP_matmul, in, 2, NULL, 0, &out, &bytes, &e2, &e));
	assert_int_equal(e.kind, ERR_CANCEL);
	free(bytes);
	storage_unref(st);
	assert_int_equal(mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(elements_stand_alone),           cmocka_unit_test(results_may_replace_operands),
	    cmocka_unit_test(reductions_follow_the_tree),     cmocka_unit_test(layouts_reduce_alike),
	    cmocka_unit_test(strides_do_not_change_products), cmocka_unit_test(long_work_can_be_stopped),
	};
	mem_init(&mem, NULL, NULL);
	rng_seed(&rng, 7);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
