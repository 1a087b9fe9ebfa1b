/* kernels/vmath.h against the C library in the next wider type: at most 2 ulp over the whole range of bit
   patterns and densely where the functions are used; special values exactly. */
#include "case.h"
#include "kernels/vmath.h"
#include <float.h>
#include <math.h>

enum { N = 4096 };
static uint64_t seed = 88172645463325252u;
static uint64_t word(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static long double sigmoidl(long double x) { return x >= 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x)); }

static const struct function {
	const char *name;
	k1_fn *f32, *f64;
	double (*wide)(double);
	long double (*wider)(long double);
	double span32, span64; /* arguments of interest lie within +-span / 2 */
} functions[] = {
    {"exp", k_exp_f32, k_exp_f64, exp, expl, 210, 1500},
    {"log", k_log_f32, k_log_f64, log, logl, 4, 4},
    {"tanh", k_tanh_f32, k_tanh_f64, tanh, tanhl, 20, 40},
    {"sigmoid", k_sigmoid_f32, k_sigmoid_f64, sigmoid, sigmoidl, 210, 1500},
    {"sin", k_sin_f32, k_sin_f64, sin, sinl, 2000, 1048000},
    {"cos", k_cos_f32, k_cos_f64, cos, cosl, 2000, 1048000},
};

static double unit(void) { return (double)(int64_t)(word() >> 11) * 0x1p-53 - 0.5; }

/* Rounds of arguments: any bits, the span, near 0 (log: near 1), near multiples of pi/2. */
static double argument(int round, double span, bool is_log)
{
	switch (round % 4) {
	case 1: return unit() * span;
	case 2: return is_log ? 1 + unit() * 0.5 : unit() * 4;
	default: return (double)(word() % 300000) * 1.5707963267948966;
	}
}

static void f32_within_two_ulp(void **state)
{
	(void)state;
	static float x[N], y[N];
	for (size_t f = 0; f < COUNT_OF(functions); f++) {
		const struct function *fn = &functions[f];
		double worst = 0;
		for (int round = 0; round < 240; round++) {
			for (int i = 0; i < N; i++)
				x[i] = round % 4 ? (float)argument(round, fn->span32, f == 1)
				                 : vm_from_f32((uint32_t)word());
			fn->f32(N, y, x, 1);
			for (int i = 0; i < N; i++) {
				const double want = fn->wide(x[i]);
				const float near = (float)want;
				if (isnan(near)) assert_true(isnan(y[i]));
				else if (isinf(near) || isinf(y[i])) assert_true(near == y[i]);
				else {
					double ulp = fabsf(near) < FLT_MIN ? 0x1p-149 : ldexp(1, ilogbf(near) - 23);
					worst = fmax(worst, fabs(y[i] - want) / ulp);
				}
			}
		}
		print_message("f32 %-8s %.3f ulp\n", fn->name, worst);
		assert_true(worst <= 2);
	}
}

static void f64_within_two_ulp(void **state)
{
	(void)state;
	static double x[N], y[N];
	if (LDBL_MANT_DIG <= DBL_MANT_DIG) skip();
	for (size_t f = 0; f < COUNT_OF(functions); f++) {
		const struct function *fn = &functions[f];
		long double worst = 0;
		for (int round = 0; round < 60; round++) {
			for (int i = 0; i < N; i++)
				x[i] = round % 4 ? argument(round, fn->span64, f == 1) : vm_from_f64(word());
			fn->f64(N, y, x, 1);
			for (int i = 0; i < N; i++) {
				const long double want = fn->wider(x[i]);
				const double near = (double)want;
				if (isnan(near)) assert_true(isnan(y[i]));
				else if (isinf(near) || isinf(y[i])) assert_true(near == y[i]);
				else {
					long double ulp =
					    fabs(near) < DBL_MIN ? 0x1p-1074L : ldexpl(1, ilogb(near) - 52);
					worst = fmaxl(worst, fabsl(y[i] - want) / ulp);
				}
			}
		}
		print_message("f64 %-8s %.3Lf ulp\n", fn->name, worst);
		assert_true(worst <= 2);
	}
}

static void special_values(void **state)
{
	(void)state;
	static const struct {
		int f;
		double x, y;
	} at[] = {{0, 0, 1},
	          {0, -INFINITY, 0},
	          {0, INFINITY, INFINITY},
	          {1, 1, 0},
	          {1, 0, -INFINITY},
	          {1, -0.0, -INFINITY},
	          {1, INFINITY, INFINITY},
	          {1, -1, NAN},
	          {1, -INFINITY, NAN},
	          {2, 0, 0},
	          {2, -0.0, -0.0},
	          {2, INFINITY, 1},
	          {2, -INFINITY, -1},
	          {3, 0, 0.5},
	          {3, INFINITY, 1},
	          {3, -INFINITY, 0},
	          {4, -0.0, -0.0},
	          {4, INFINITY, NAN},
	          {5, 0, 1},
	          {5, -INFINITY, NAN}};
	for (size_t i = 0; i < COUNT_OF(at); i++) {
		float x32 = (float)at[i].x, y32, want32 = (float)at[i].y;
		double y64;
		functions[at[i].f].f32(1, &y32, &x32, 1);
		functions[at[i].f].f64(1, &y64, &at[i].x, 1);
		if (isnan(at[i].y)) {
			assert_true(isnan(y32) && isnan(y64));
			continue;
		}
		assert_memory_equal(&y32, &want32, sizeof y32);
		assert_memory_equal(&y64, &at[i].y, sizeof y64);
	}
	for (size_t f = 0; f < COUNT_OF(functions); f++) {
		const double nan64 = NAN;
		const float nan32 = NAN;
		float y32;
		double y64;
		functions[f].f32(1, &y32, &nan32, 1);
		functions[f].f64(1, &y64, &nan64, 1);
		assert_true(isnan(y32) && isnan(y64));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f32_within_two_ulp),
	    cmocka_unit_test(f64_within_two_ulp),
	    cmocka_unit_test(special_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
