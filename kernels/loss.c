/* softmax and its logarithm over rows, shifted by the greatest element of the row so nothing overflows. A row
   whose greatest is -inf or NaN gives NaN, as PyTorch does. Rows are done together: the exponentials of short
   rows, one row after the other, would spend most of their time on the ends. */
#include "kernels/denormal.h"
#include "kernels/kernels.h"
#include "kernels/vmath.h"
#include <math.h>
#include <stddef.h>

enum { WIDE = 16, SHORT = 256 };

/* The greatest element, NaN aside: a row with a NaN gets it back from the sum of its exponentials. */
#define TOP(name, T)                                                                          \
	static inline T name(int64_t n, const T *x)                                           \
	{                                                                                     \
		T lane[WIDE];                                                                 \
		for (int j = 0; j < WIDE; j++) lane[j] = -INFINITY;                           \
		for (int64_t i = 0; i + WIDE <= n; i += WIDE)                                 \
			for (int j = 0; j < WIDE; j++) lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j]; \
		if (n >= WIDE) /* the last elements, some of them again */                    \
			for (int j = 0; j < WIDE; j++)                                        \
				lane[j] = x[n - WIDE + j] > lane[j] ? x[n - WIDE + j] : lane[j]; \
		else                                                                          \
			for (int64_t j = 0; j < n; j++) lane[j] = x[j];                       \
		for (int half = WIDE / 2; half > 0; half /= 2)                                \
			for (int j = 0; j < half; j++)                                        \
				lane[j] = lane[j + half] > lane[j] ? lane[j + half] : lane[j]; \
		return lane[0];                                                               \
	}

/* The sum of a row: short ones over fewer lanes than the tree of reductions has. */
#define TOTAL(name, T, sum)                                                                   \
	static inline T name(int64_t n, const T *x)                                           \
	{                                                                                     \
		T lane[WIDE];                                                                 \
		if (n > SHORT) return sum(n, x);                                              \
		for (int j = 0; j < WIDE; j++) lane[j] = 0;                                   \
		int64_t i = 0;                                                                \
		for (; i + WIDE <= n; i += WIDE)                                              \
			for (int j = 0; j < WIDE; j++) lane[j] += x[i + j];                   \
		for (int j = 0; j < (int)(n - i); j++) lane[j] += x[i + j];                   \
		for (int half = WIDE / 2; half > 0; half /= 2)                                \
			for (int j = 0; j < half; j++) lane[j] += lane[j + half];             \
		return lane[0];                                                               \
	}

TOP(top_f32, float)
TOP(top_f64, double)
TOTAL(total_f32, float, k_sum_f32)
TOTAL(total_f64, double, k_sum_f64)

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
		const unsigned mode = denormals_flush();                                               \
		softmax##_exps(rows, n, out, x, NULL);                                                 \
		for (int64_t r = 0; r < rows; r++) {                                                   \
			T *row = out + r * n;                                                          \
			const T total = sum(n, row);                                                   \
			for (int64_t i = 0; i < n; i++) row[i] /= total;                               \
		}                                                                                      \
		denormals_restore(mode);                                                               \
	}                                                                                              \
	void log_sums(int64_t rows, int64_t n, T *work, const T *x, T *top, T *log_sum)                \
	{                                                                                              \
		const unsigned mode = denormals_flush();                                               \
		softmax##_exps(rows, n, work, x, top);                                                 \
		for (int64_t r = 0; r < rows; r++) log_sum[r] = vm_log(sum(n, work + r * n));          \
		denormals_restore(mode);                                                               \
	}

#define LOG_SOFTMAX(log_softmax, T, amax, sum, vm_exp, vm_log)                                        \
	void log_softmax(int64_t n, T *out, const T *x)                                               \
	{                                                                                             \
		const T top = amax(n, x);                                                             \
		T part[SHORT], v = 0;                                                                 \
		if (n <= SHORT) {                                                                     \
			for (int64_t i = 0; i < n; i++) part[i] = vm_exp(x[i] - top);                 \
			v = sum(n, part);                                                             \
		} else {                                                                              \
			v = log_softmax##_long(n, x, top);                                            \
		}                                                                                     \
		v = vm_log(v);                                                                        \
		_Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++) out[i] = x[i] - top - v;         \
	}
/* The sum of the exponentials of a long row by the tree of reductions, without room for all of them. */
#define LONG_SUM(name, T, sum, vm_exp)                                                                \
	static T name(int64_t n, const T *x, T top)                                                   \
	{                                                                                             \
		T part[K_BLOCK], sums[64], v = 0;                                                     \
		int depth = 0;                                                                        \
		for (int64_t b = 0, at = 0; at < n; b++, at += K_BLOCK) {                             \
			int64_t m = n - at < K_BLOCK ? n - at : K_BLOCK;                              \
			for (int64_t i = 0; i < m; i++) part[i] = vm_exp(x[at + i] - top);            \
			v = sum(m, part);                                                             \
			for (int64_t carry = b; carry & 1; carry >>= 1) v = sums[--depth] + v;        \
			sums[depth++] = v;                                                            \
		}                                                                                     \
		if (depth > 0) v = sums[--depth];                                                     \
		while (depth > 0) v = sums[--depth] + v;                                              \
		return v;                                                                             \
	}

SOFTMAX(k_softmax_f32, k_log_sums_f32, float, top_f32, total_f32, vm_exp_f32, vm_log_f32)
SOFTMAX(k_softmax_f64, k_log_sums_f64, double, top_f64, total_f64, vm_exp_f64, vm_log_f64)
LONG_SUM(k_log_softmax_f32_long, float, k_sum_f32, vm_exp_f32)
LONG_SUM(k_log_softmax_f64_long, double, k_sum_f64, vm_exp_f64)
LOG_SOFTMAX(k_log_softmax_f32, float, top_f32, total_f32, vm_exp_f32, vm_log_f32)
LOG_SOFTMAX(k_log_softmax_f64, double, top_f64, total_f64, vm_exp_f64, vm_log_f64)
