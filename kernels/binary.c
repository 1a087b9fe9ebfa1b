/* Element-wise kernels of two operands: one line each. The four loops of BINARY are the
   layouts that matter: both contiguous, a scalar on either side, and any strides.
   ivdep is true because out is either an operand read at the same index or apart from it. */
#include "kernels/kernels.h"
#include "kernels/scalar.h"
#include "kernels/simd.h"

#define BINARY(name, R, T, expr)                                                              \
	void name(int64_t n, void *out, const void *a, int64_t sa, const void *b, int64_t sb) \
	{                                                                                     \
		R *o = out;                                                                   \
		const T *p = a, *q = b;                                                       \
		if (sa == 1 && sb == 1) {                                                     \
			IVDEP for (int64_t i = 0; i < n; i++)                                 \
			{                                                                     \
				const T x = p[i], y = q[i];                                   \
				o[i] = (R)(expr);                                             \
			}                                                                     \
		} else if (sa == 1 && sb == 0 && n > 0) {                                     \
			const T y = *q;                                                       \
			IVDEP for (int64_t i = 0; i < n; i++)                                 \
			{                                                                     \
				const T x = p[i];                                             \
				o[i] = (R)(expr);                                             \
			}                                                                     \
		} else if (sa == 0 && sb == 1 && n > 0) {                                     \
			const T x = *p;                                                       \
			IVDEP for (int64_t i = 0; i < n; i++)                                 \
			{                                                                     \
				const T y = q[i];                                             \
				o[i] = (R)(expr);                                             \
			}                                                                     \
		} else {                                                                      \
			for (int64_t i = 0; i < n; i++) {                                     \
				const T x = p[i * sa], y = q[i * sb];                         \
				o[i] = (R)(expr);                                             \
			}                                                                     \
		}                                                                             \
	}

/* integers wrap: arithmetic is done unsigned */
BINARY(k_add_f32, float, float, x + y)
BINARY(k_add_f64, double, double, x + y)
BINARY(k_add_i64, uint64_t, uint64_t, x + y)
BINARY(k_sub_f32, float, float, x - y)
BINARY(k_sub_f64, double, double, x - y)
BINARY(k_sub_i64, uint64_t, uint64_t, x - y)
BINARY(k_mul_f32, float, float, (x * y))
BINARY(k_mul_f64, double, double, (x * y))
BINARY(k_mul_i64, uint64_t, uint64_t, (x * y))
BINARY(k_div_f32, float, float, x / y)
BINARY(k_div_f64, double, double, x / y)
BINARY(k_floordiv_f32, float, float, __builtin_floorf(x / y))
BINARY(k_floordiv_f64, double, double, __builtin_floor(x / y))
BINARY(k_floordiv_i64, int64_t, int64_t, s_floordiv_i64(x, y))
BINARY(k_mod_f32, float, float, s_mod_f32(x, y))
BINARY(k_mod_f64, double, double, s_mod_f64(x, y))
BINARY(k_mod_i64, int64_t, int64_t, s_mod_i64(x, y))
BINARY(k_pow_i64, int64_t, int64_t, s_pow_i64(x, y))
BINARY(k_maximum_f32, float, float, s_max_f32(x, y))
BINARY(k_maximum_f64, double, double, s_max_f64(x, y))
BINARY(k_maximum_i64, int64_t, int64_t, x > y ? x : y)
BINARY(k_minimum_f32, float, float, s_min_f32(x, y))
BINARY(k_minimum_f64, double, double, s_min_f64(x, y))
BINARY(k_minimum_i64, int64_t, int64_t, x < y ? x : y)
BINARY(k_lt_f32, uint8_t, float, x < y)
BINARY(k_lt_f64, uint8_t, double, x < y)
BINARY(k_lt_i64, uint8_t, int64_t, x < y)
BINARY(k_lt_bool, uint8_t, uint8_t, x < y)
BINARY(k_le_f32, uint8_t, float, x <= y)
BINARY(k_le_f64, uint8_t, double, x <= y)
BINARY(k_le_i64, uint8_t, int64_t, x <= y)
BINARY(k_le_bool, uint8_t, uint8_t, x <= y)
BINARY(k_gt_f32, uint8_t, float, x > y)
BINARY(k_gt_f64, uint8_t, double, x > y)
BINARY(k_gt_i64, uint8_t, int64_t, x > y)
BINARY(k_gt_bool, uint8_t, uint8_t, x > y)
BINARY(k_ge_f32, uint8_t, float, x >= y)
BINARY(k_ge_f64, uint8_t, double, x >= y)
BINARY(k_ge_i64, uint8_t, int64_t, x >= y)
BINARY(k_ge_bool, uint8_t, uint8_t, x >= y)
BINARY(k_eq_f32, uint8_t, float, x == y)
BINARY(k_eq_f64, uint8_t, double, x == y)
BINARY(k_eq_i64, uint8_t, int64_t, x == y)
BINARY(k_eq_bool, uint8_t, uint8_t, x == y)
BINARY(k_ne_f32, uint8_t, float, x != y)
BINARY(k_ne_f64, uint8_t, double, x != y)
BINARY(k_ne_i64, uint8_t, int64_t, x != y)
BINARY(k_ne_bool, uint8_t, uint8_t, x != y)
BINARY(k_and_i64, uint64_t, uint64_t, (x & y))
BINARY(k_and_bool, uint8_t, uint8_t, (x & y))
BINARY(k_or_i64, uint64_t, uint64_t, x | y)
BINARY(k_or_bool, uint8_t, uint8_t, x | y)
BINARY(k_xor_i64, uint64_t, uint64_t, x ^ y)
BINARY(k_xor_bool, uint8_t, uint8_t, x ^ y)

/* An exponent means the same wherever it stands: s_pow_* takes the short cuts per element, and the loops for
   one squared array are only a faster way to write the same. */
static k2_fn pow_any_f32, pow_any_f64;
BINARY(pow_any_f32, float, float, s_pow_f32(x, y))
BINARY(pow_any_f64, double, double, s_pow_f64(x, y))

void k_pow_f32(int64_t n, void *out, const void *a, int64_t sa, const void *b, int64_t sb)
{
	if (n > 0 && sb == 0 && *(const float *)b == 2) k_mul_f32(n, out, a, sa, a, sa);
	else pow_any_f32(n, out, a, sa, b, sb);
}

void k_pow_f64(int64_t n, void *out, const void *a, int64_t sa, const void *b, int64_t sb)
{
	if (n > 0 && sb == 0 && *(const double *)b == 2) k_mul_f64(n, out, a, sa, a, sa);
	else pow_any_f64(n, out, a, sa, b, sb);
}

bool k_has_zero_i64(int64_t n, const int64_t *a, int64_t sa)
{
	int64_t zeros = 0;
	for (int64_t i = 0; i < n; i++) zeros += a[i * sa] == 0;
	return zeros != 0;
}

bool k_has_negative_i64(int64_t n, const int64_t *a, int64_t sa)
{
	int64_t sign = 0;
	for (int64_t i = 0; i < n; i++) sign |= a[i * sa];
	return sign < 0;
}
