/* softmax and its logarithm over rows, shifted by the greatest element of the row so nothing overflows. A row
   whose greatest is -inf or NaN gives NaN, as PyTorch does. Rows are done together: the exponentials of short
   rows, one row after the other, would spend most of their time on the ends. */
#include "kernels/kernels.h"
#include "kernels/vmath.h"
#include <stddef.h>

#define SOFTMAX(softmax, log_sums, T, amax, sum, vm_exp, vm_log)                                       \
	static void softmax##_exps(int64_t rows, int64_t n, T *out, const T *x, T *top)                \
	{                                                                                              \
		for (int64_t r = 0; r < rows; r++) {                                                   \
			const T *row = x + r * n, t = amax(n, row);                                    \
			T *o = out + r * n;                                                            \
			if (top) top[r] = t;                                                           \
			_Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++) o[i] = row[i] - t;        \
		}                                                                                      \
		_Pragma("GCC ivdep") for (int64_t i = 0; i < rows * n; i++) out[i] = vm_exp(out[i]);   \
	}                                                                                              \
	void softmax(int64_t rows, int64_t n, T *out, const T *x)                                      \
	{                                                                                              \
		softmax##_exps(rows, n, out, x, NULL);                                                 \
		for (int64_t r = 0; r < rows; r++) {                                                   \
			T *row = out + r * n;                                                          \
			const T total = sum(n, row);                                                   \
			for (int64_t i = 0; i < n; i++) row[i] /= total;                               \
		}                                                                                      \
	}                                                                                              \
	void log_sums(int64_t rows, int64_t n, T *work, const T *x, T *top, T *log_sum)                \
	{                                                                                              \
		softmax##_exps(rows, n, work, x, top);                                                 \
		for (int64_t r = 0; r < rows; r++) log_sum[r] = vm_log(sum(n, work + r * n));          \
	}

#define LOG_SOFTMAX(log_softmax, T, amax, sum, vm_exp, vm_log)                                       \
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

SOFTMAX(k_softmax_f32, k_log_sums_f32, float, k_amax_f32, k_sum_f32, vm_exp_f32, vm_log_f32)
SOFTMAX(k_softmax_f64, k_log_sums_f64, double, k_amax_f64, k_sum_f64, vm_exp_f64, vm_log_f64)
LOG_SOFTMAX(k_log_softmax_f32, float, k_amax_f32, k_sum_f32, vm_exp_f32, vm_log_f32)
LOG_SOFTMAX(k_log_softmax_f64, double, k_amax_f64, k_sum_f64, vm_exp_f64, vm_log_f64)
