/* One element at a time: the operations that C's operators do not spell. Lua's rules for
   // and %, PyTorch's for NaN in max and min. Callers keep zero divisors and negative integer
   exponents away. */
#ifndef KERNELS_SCALAR_H
#define KERNELS_SCALAR_H
#include <math.h>
#include <stdint.h>

static inline int64_t s_floordiv_i64(int64_t x, int64_t y)
{
	if (y == -1) return (int64_t)(0u - (uint64_t)x); /* mininteger // -1 wraps */
	int64_t q = x / y;
	return q - ((x ^ y) < 0 && q * y != x);
}

static inline int64_t s_mod_i64(int64_t x, int64_t y)
{
	if (y == -1) return 0;
	int64_t r = x % y;
	return r != 0 && (r ^ y) < 0 ? r + y : r;
}

static inline float s_mod_f32(float x, float y)
{
	float r = fmodf(x, y);
	return (r > 0 ? y < 0 : r < 0 && y > 0) ? r + y : r;
}

static inline double s_mod_f64(double x, double y)
{
	double r = fmod(x, y);
	return (r > 0 ? y < 0 : r < 0 && y > 0) ? r + y : r;
}

/* Of two NaNs Lua's virtual machine gives the second for a sum and the first for a product; C leaves to the compiler
   which it is, and their signs are seen when they are printed. */
static inline double s_add_f64(double x, double y) { return y != y ? y : x + y; }
static inline double s_mul_f64(double x, double y) { return x != x ? x : x * y; }

static inline int64_t s_pow_i64(int64_t x, int64_t y)
{
	uint64_t r = 1, b = (uint64_t)x;
	for (; y > 0; y >>= 1, b *= b)
		if (y & 1) r *= b;
	return (int64_t)r;
}

static inline float s_pow_f32(float x, float y)
{
	if (y == 2) return x * x;
	if (y == 3) return x * x * x;
	if (y == -1) return 1 / x;
	return powf(x, y);
}

static inline double s_pow_f64(double x, double y)
{
	if (y == 2) return x * x;
	if (y == 3) return x * x * x;
	if (y == -1) return 1 / x;
	return pow(x, y);
}

static inline float s_max_f32(float x, float y) { return x > y || x != x ? x : y; }
static inline double s_max_f64(double x, double y) { return x > y || x != x ? x : y; }
static inline float s_min_f32(float x, float y) { return x < y || x != x ? x : y; }
static inline double s_min_f64(double x, double y) { return x < y || x != x ? x : y; }

/* Out of range and NaN give mininteger, as the machine's own instruction does. */
static inline int64_t s_trunc_f32(float x) { return x >= -0x1p63f && x < 0x1p63f ? (int64_t)x : INT64_MIN; }
static inline int64_t s_trunc_f64(double x) { return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN; }
#endif
