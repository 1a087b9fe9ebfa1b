/* Element-wise kernels of one operand, conversions, selection and filling. */
#include "kernels/kernels.h"
#include "kernels/scalar.h"
#include "kernels/simd.h"

#define UNARY(name, R, T, expr)                                    \
	void name(int64_t n, void *out, const void *a, int64_t sa) \
	{                                                          \
		R *o = out;                                        \
		const T *p = a;                                    \
		if (sa == 1) {                                     \
			IVDEP for (int64_t i = 0; i < n; i++)      \
			{                                          \
				const T x = p[i];                  \
				o[i] = (R)(expr);                  \
			}                                          \
		} else {                                           \
			for (int64_t i = 0; i < n; i++) {          \
				const T x = p[i * sa];             \
				o[i] = (R)(expr);                  \
			}                                          \
		}                                                  \
	}

UNARY(k_neg_f32, float, float, -x)
UNARY(k_neg_f64, double, double, -x)
UNARY(k_neg_i64, uint64_t, uint64_t, -x)
UNARY(k_abs_f32, float, float, __builtin_fabsf(x))
UNARY(k_abs_f64, double, double, __builtin_fabs(x))
UNARY(k_abs_i64, uint64_t, uint64_t, x >> 63 ? -x : x)
UNARY(k_sign_f32, float, float, x != x ? x : (float)((x > 0) - (x < 0)))
UNARY(k_sign_f64, double, double, x != x ? x : (double)((x > 0) - (x < 0)))
UNARY(k_sign_i64, int64_t, int64_t, (x > 0) - (x < 0))
UNARY(k_relu_f32, float, float, x <= 0 ? 0 : x) /* NaN stays */
UNARY(k_relu_f64, double, double, x <= 0 ? 0 : x)
UNARY(k_relu_i64, int64_t, int64_t, x <= 0 ? 0 : x)
UNARY(k_floor_f32, float, float, __builtin_floorf(x))
UNARY(k_floor_f64, double, double, __builtin_floor(x))
UNARY(k_ceil_f32, float, float, __builtin_ceilf(x))
UNARY(k_ceil_f64, double, double, __builtin_ceil(x))
UNARY(k_sqrt_f32, float, float, __builtin_sqrtf(x))
UNARY(k_sqrt_f64, double, double, __builtin_sqrt(x))
UNARY(k_not_i64, uint64_t, uint64_t, ~x)
UNARY(k_not_bool, uint8_t, uint8_t, !x)
UNARY(k_copy_1, uint8_t, uint8_t, x)
UNARY(k_copy_4, uint32_t, uint32_t, x)
UNARY(k_copy_8, uint64_t, uint64_t, x)
UNARY(k_f32_to_f64, double, float, x)
UNARY(k_f32_to_i64, int64_t, float, s_trunc_f32(x))
UNARY(k_f32_to_bool, uint8_t, float, x != 0)
UNARY(k_f64_to_f32, float, double, x)
UNARY(k_f64_to_i64, int64_t, double, s_trunc_f64(x))
UNARY(k_f64_to_bool, uint8_t, double, x != 0)
UNARY(k_i64_to_f32, float, int64_t, x)
UNARY(k_i64_to_f64, double, int64_t, x)
UNARY(k_i64_to_bool, uint8_t, int64_t, x != 0)
UNARY(k_bool_to_f32, float, uint8_t, x)
UNARY(k_bool_to_f64, double, uint8_t, x)
UNARY(k_bool_to_i64, int64_t, uint8_t, x)

#define WHERE(name, T)                                                                                       \
	void name(int64_t n, void *out, const void *a, int64_t sa, const void *b, int64_t sb, const void *c, \
	          int64_t sc)                                                                                \
	{                                                                                                    \
		T *o = out;                                                                                  \
		const uint8_t *m = a;                                                                        \
		const T *p = b, *q = c;                                                                      \
		if (sa == 1 && sb == 1 && sc == 1) {                                                         \
			IVDEP for (int64_t i = 0; i < n; i++)                                                \
			{                                                                                    \
				const T x = p[i], y = q[i];                                                  \
				o[i] = m[i] ? x : y;                                                         \
			}                                                                                    \
		} else {                                                                                     \
			for (int64_t i = 0; i < n; i++) {                                                    \
				const T x = p[i * sb], y = q[i * sc];                                        \
				o[i] = m[i * sa] ? x : y;                                                    \
			}                                                                                    \
		}                                                                                            \
	}

WHERE(k_where_1, uint8_t)
WHERE(k_where_4, uint32_t)
WHERE(k_where_8, uint64_t)

#define FILL(name, T)                                      \
	void name(int64_t n, void *out, const void *value) \
	{                                                  \
		T *o = out;                                \
		const T x = *(const T *)value;             \
		for (int64_t i = 0; i < n; i++) o[i] = x;  \
	}

FILL(k_fill_1, uint8_t)
FILL(k_fill_4, uint32_t)
FILL(k_fill_8, uint64_t)
