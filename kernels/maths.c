/* vmath.h over arrays. The angle functions first look whether a run of elements holds a far one, since
   the library call they need would keep the loop out of SIMD. */
#include "kernels/kernels.h"
#include "kernels/simd.h"
#include "kernels/vmath.h"

#define MATHS(name, T, f)                                                     \
	void name(int64_t n, void *out, const void *a, int64_t sa)            \
	{                                                                     \
		T *o = out;                                                   \
		const T *p = a;                                               \
		if (sa == 1) {                                                \
			IVDEP for (int64_t i = 0; i < n; i++) o[i] = f(p[i]); \
		} else {                                                      \
			for (int64_t i = 0; i < n; i++) o[i] = f(p[i * sa]);  \
		}                                                             \
	}

MATHS(k_exp_f32, float, vm_exp_f32)
MATHS(k_exp_f64, double, vm_exp_f64)
MATHS(k_log_f32, float, vm_log_f32)
MATHS(k_log_f64, double, vm_log_f64)
MATHS(k_tanh_f32, float, vm_tanh_f32)
MATHS(k_tanh_f64, double, vm_tanh_f64)
MATHS(k_sigmoid_f32, float, vm_sigmoid_f32)
MATHS(k_sigmoid_f64, double, vm_sigmoid_f64)

#define ANGLE(name, T, f, near, is_far)                                                             \
	void name(int64_t n, void *out, const void *a, int64_t sa)                                  \
	{                                                                                           \
		T *o = out;                                                                         \
		const T *p = a;                                                                     \
		for (int64_t at = 0; at < n; at += K_BLOCK) {                                       \
			int64_t m = n - at < K_BLOCK ? n - at : K_BLOCK;                            \
			int far = 0;                                                                \
			for (int64_t i = 0; i < m; i++) far |= is_far(p[(at + i) * sa]);            \
			if (far) {                                                                  \
				for (int64_t i = 0; i < m; i++) o[at + i] = f(p[(at + i) * sa]);    \
			} else if (sa == 1) {                                                       \
				IVDEP for (int64_t i = 0; i < m; i++) o[at + i] = near(p[at + i]);  \
			} else {                                                                    \
				for (int64_t i = 0; i < m; i++) o[at + i] = near(p[(at + i) * sa]); \
			}                                                                           \
		}                                                                                   \
	}

ANGLE(k_sin_f32, float, vm_sin_f32, vm_near_sin_f32, vm_is_far_f32)
ANGLE(k_sin_f64, double, vm_sin_f64, vm_near_sin_f64, vm_is_far_f64)
ANGLE(k_cos_f32, float, vm_cos_f32, vm_near_cos_f32, vm_is_far_f32)
ANGLE(k_cos_f64, double, vm_cos_f64, vm_near_cos_f64, vm_is_far_f64)
