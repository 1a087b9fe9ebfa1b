/* softmax and its logarithm over rows, shifted by the greatest element of the row so nothing overflows. A row
   whose greatest is -inf or NaN gives NaN, as PyTorch does. Rows are done together: the exponentials of short
   rows, one row after the other, would spend most of their time on the ends. */
#include "kernels/denormal.h"
#include "kernels/kernels.h"
#include "kernels/lanes.h"
#include "kernels/vmath.h"
#include <math.h>
#include <stddef.h>

enum { SHORT = 256 }; /* rows up to this length are summed over the lanes of one vector */

/* top: the greatest element, NaN aside: a row with a NaN gets it back from the sum of its exponentials. total:
   the sum. */
#define ROW(top, total, T, LANES, lanes, index, load, some, rest, turn, sum)                              \
	static inline T top(int64_t n, const T *x)                                                        \
	{                                                                                                 \
		lanes best = (lanes){0} - (T)INFINITY, v;                                                 \
		T one = -INFINITY;                                                                        \
		for (int64_t i = 0; n < LANES && i < n; i++) one = x[i] > one ? x[i] : one;               \
		if (n < LANES) return one;                                                                \
		for (int64_t i = 0; i < n; i += LANES) { /* the last vector may overlap the one before */ \
			v = load(x + (i + LANES <= n ? i : n - LANES));                                   \
			best = (lanes)(((index)v & (v > best)) | ((index)best & ~(v > best)));            \
		}                                                                                         \
		UNROLL(4) for (int half = LANES / 2; half > 0; half /= 2)                                 \
		{                                                                                         \
			v = turn(best, half);                                                             \
			best = (lanes)(((index)v & (v > best)) | ((index)best & ~(v > best)));            \
		}                                                                                         \
		return best[0];                                                                           \
	}                                                                                                 \
	static inline T total(int64_t n, const T *x)                                                      \
	{                                                                                                 \
		lanes part = {0};                                                                         \
		int64_t i = 0;                                                                            \
		if (n > SHORT) return sum(n, x);                                                          \
		for (; i + LANES <= n; i += LANES) part += load(x + i);                                   \
		if (i < n) part += i > 0 ? rest(x + i, n - i) : some(x, n);                               \
		UNROLL(4) for (int half = LANES / 2; half > 0; half /= 2) part += turn(part, half);       \
		return part[0];                                                                           \
	}

ROW(top_f32, total_f32, float, LANES_F32, lanes_f32, index_f32, load_f32, some_f32, rest_f32, turn_f32, k_sum_f32)
ROW(top_f64, total_f64, double, LANES_F64, lanes_f64, index_f64, load_f64, some_f64, rest_f64, turn_f64, k_sum_f64)

#define SOFTMAX(softmax, log_sums, T, amax, sum, vm_exp, vm_log)                        \
	static void softmax##_exps(int64_t rows, int64_t n, T *out, const T *x, T *top) \
	{                                                                               \
		for (int64_t r = 0; r < rows; r++) {                                    \
			const T *row = x + r * n, t = amax(n, row);                     \
			T *o = out + r * n;                                             \
			if (top) top[r] = t;                                            \
			IVDEP for (int64_t i = 0; i < n; i++) o[i] = row[i] - t;        \
		}                                                                       \
		IVDEP for (int64_t i = 0; i < rows * n; i++) out[i] = vm_exp(out[i]);   \
	}                                                                               \
	void softmax(int64_t rows, int64_t n, T *out, const T *x)                       \
	{                                                                               \
		const unsigned mode = denormals_flush();                                \
		softmax##_exps(rows, n, out, x, NULL);                                  \
		for (int64_t r = 0; r < rows; r++) {                                    \
			T *row = out + r * n;                                           \
			const T total = sum(n, row);                                    \
			for (int64_t i = 0; i < n; i++) row[i] /= total;                \
		}                                                                       \
		denormals_restore(mode);                                                \
	}                                                                               \
	void log_sums(int64_t rows, int64_t n, T *work, const T *x, T *top, T *log_sum) \
	{                                                                               \
		const unsigned mode = denormals_flush();                                \
		softmax##_exps(rows, n, work, x, top);                                  \
		for (int64_t r = 0; r < rows; r++) log_sum[r] = sum(n, work + r * n);   \
		for (int64_t r = 0; r < rows; r++) log_sum[r] = vm_log(log_sum[r]);     \
		denormals_restore(mode);                                                \
	}

#define LOG_SOFTMAX(log_softmax, T, amax, sum, vm_exp, vm_log)                        \
	void log_softmax(int64_t n, T *out, const T *x)                               \
	{                                                                             \
		const T top = amax(n, x);                                             \
		T part[SHORT], v = 0;                                                 \
		if (n <= SHORT) {                                                     \
			for (int64_t i = 0; i < n; i++) part[i] = vm_exp(x[i] - top); \
			v = sum(n, part);                                             \
		} else {                                                              \
			v = log_softmax##_long(n, x, top);                            \
		}                                                                     \
		v = vm_log(v);                                                        \
		IVDEP for (int64_t i = 0; i < n; i++) out[i] = x[i] - top - v;        \
	}
/* The sum of the exponentials of a long row by the tree of reductions, without room for all of them. */
#define LONG_SUM(name, T, sum, vm_exp)                                                         \
	static T name(int64_t n, const T *x, T top)                                            \
	{                                                                                      \
		T part[K_BLOCK], sums[64], v = 0;                                              \
		int depth = 0;                                                                 \
		for (int64_t b = 0, at = 0; at < n; b++, at += K_BLOCK) {                      \
			int64_t m = n - at < K_BLOCK ? n - at : K_BLOCK;                       \
			for (int64_t i = 0; i < m; i++) part[i] = vm_exp(x[at + i] - top);     \
			v = sum(m, part);                                                      \
			for (int64_t carry = b; carry & 1; carry >>= 1) v = sums[--depth] + v; \
			sums[depth++] = v;                                                     \
		}                                                                              \
		if (depth > 0) v = sums[--depth];                                              \
		while (depth > 0) v = sums[--depth] + v;                                       \
		return v;                                                                      \
	}

SOFTMAX(k_softmax_f32, k_log_sums_f32, float, top_f32, total_f32, vm_exp_f32, vm_log_f32)
SOFTMAX(k_softmax_f64, k_log_sums_f64, double, top_f64, total_f64, vm_exp_f64, vm_log_f64)
LONG_SUM(k_log_softmax_f32_long, float, k_sum_f32, vm_exp_f32)
LONG_SUM(k_log_softmax_f64_long, double, k_sum_f64, vm_exp_f64)
LOG_SOFTMAX(k_log_softmax_f32, float, top_f32, total_f32, vm_exp_f32, vm_log_f32)
LOG_SOFTMAX(k_log_softmax_f64, double, top_f64, total_f64, vm_exp_f64, vm_log_f64)
