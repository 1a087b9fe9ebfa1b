/* softmax and its logarithm over one row, shifted by the greatest element so nothing overflows. A row whose
   greatest is -inf or NaN gives NaN, as PyTorch does. */
#include "kernels/kernels.h"
#include "kernels/vmath.h"

#define SOFTMAX(softmax, log_softmax, T, amax, sum, vm_exp, vm_log)                               \
	void softmax(int64_t n, T *out, const T *x)                                               \
	{                                                                                         \
		const T top = amax(n, x);                                                         \
		_Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++) out[i] = vm_exp(x[i] - top); \
		const T total = sum(n, out);                                                      \
		for (int64_t i = 0; i < n; i++) out[i] /= total;                                  \
	}                                                                                         \
	void log_softmax(int64_t n, T *out, const T *x)                                           \
	{                                                                                         \
		const T top = amax(n, x);                                                         \
		T part[K_BLOCK], sums[64], v = 0;                                                 \
		int depth = 0;                                                                    \
		for (int64_t b = 0, at = 0; at < n; b++, at += K_BLOCK) {                         \
			int64_t m = n - at < K_BLOCK ? n - at : K_BLOCK;                          \
			for (int64_t i = 0; i < m; i++) part[i] = vm_exp(x[at + i] - top);        \
			v = sum(m, part);                                                         \
			for (int64_t carry = b; carry & 1; carry >>= 1) v = sums[--depth] + v;    \
			sums[depth++] = v;                                                        \
		}                                                                                 \
		if (depth > 0) v = sums[--depth];                                                 \
		while (depth > 0) v = sums[--depth] + v;                                          \
		v = vm_log(v);                                                                    \
		_Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++) out[i] = x[i] - top - v;     \
	}

SOFTMAX(k_softmax_f32, k_log_softmax_f32, float, k_amax_f32, k_sum_f32, vm_exp_f32, vm_log_f32)
SOFTMAX(k_softmax_f64, k_log_softmax_f64, double, k_amax_f64, k_sum_f64, vm_exp_f64, vm_log_f64)
