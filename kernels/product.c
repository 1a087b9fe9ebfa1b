/* Products of matrices: BLAS on one thread over panels of rows for the large, our own loops for the
   small and for vectors. Which of the three runs is decided by m, n and k, so the bits depend on the
   shape and type, not on strides: a transposed operand gives what its copy gives. */
#include "kernels/kernels.h"
#include "kernels/blas.h"
#include "kernels/denormal.h"
#include <stddef.h>

/* OpenBLAS's thread count belongs to the process and changes bits; another library may have set it. */
static void one_thread(const struct blas *blas)
{
	if (blas->threads() != 1) blas->set_threads(1);
}

bool k_product_direct(int64_t rows, int64_t cols, int64_t rs, int64_t cs)
{
	if (cs == 1 || cols <= 1) return (rs >= cols && rs > 0 && rs <= INT32_MAX) || rows <= 1;
	if (rs == 1 || rows <= 1) return (cs >= rows && cs > 0 && cs <= INT32_MAX) || cols <= 1;
	return false;
}

/* OpenBLAS has other kernels for products of up to 100^3, one per pair of transpositions, with other bits
   (measured); above, a transposed operand is packed into the same form. Vectors run here, where strides
   do not matter. */
bool k_product_packed_only(int64_t m, int64_t n, int64_t k)
{
	const double rest = (double)(m % K_PANEL ? m % K_PANEL : m < K_PANEL ? m : K_PANEL);
	return m > 1 && n > 1 && rest * (double)n * (double)k <= 100.0 * 100.0 * 100.0;
}

/* out[j] = sum over l of x[l] * b[l, j], by the reduction tree with fused steps inside a lane. Where columns of b
   are packed a dot product each, SIMD across the lanes; else w columns side by side. */
#define VECTOR(name, T, fma_)                                                                                        \
	static T name##_dot(int64_t n, const T *x, const T *q)                                                       \
	{                                                                                                            \
		T s[K_LANES];                                                                                        \
		int64_t i = 0;                                                                                       \
		for (int l = 0; l < K_LANES; l++) s[l] = 0;                                                          \
		for (; i + K_LANES <= n; i += K_LANES)                                                               \
			for (int l = 0; l < K_LANES; l++) s[l] = fma_(x[i + l], q[i + l], s[l]);                     \
		for (int l = 0; i + l < n; l++) s[l] = fma_(x[i + l], q[i + l], s[l]);                               \
		for (int half = K_LANES / 2; half > 0; half /= 2)                                                    \
			for (int l = 0; l < half; l++) s[l] += s[l + half];                                          \
		return s[0];                                                                                         \
	}                                                                                                            \
	static inline __attribute__((always_inline)) void name##_tile(int64_t n, int64_t w, const T *x, int64_t sx,  \
	                                                              const T *b, int64_t brs, int64_t bcs, T *out)  \
	{                                                                                                            \
		T lane[K_LANES][K_TILE];                                                                             \
		const int lanes = n < K_LANES ? (int)n : K_LANES;                                                    \
		for (int l = 0; l < lanes; l++) {                                                                    \
			T s[K_TILE];                                                                                 \
			for (int64_t j = 0; j < w; j++) s[j] = 0;                                                    \
			for (int64_t i = l; i < n; i += K_LANES) {                                                   \
				const T *q = b + i * brs, v = x[i * sx];                                             \
				for (int64_t j = 0; j < w; j++) s[j] = fma_(v, q[j * bcs], s[j]);                    \
			}                                                                                            \
			for (int64_t j = 0; j < w; j++) lane[l][j] = s[j];                                           \
		}                                                                                                    \
		for (int half = K_LANES / 2; half > 0; half /= 2)                                                    \
			for (int l = 0; l < half && l + half < lanes; l++)                                           \
				for (int64_t j = 0; j < w; j++) lane[l][j] += lane[l + half][j];                     \
		for (int64_t j = 0; j < w; j++) out[j] = lane[0][j];                                                 \
	}                                                                                                            \
	static void name##_block(int64_t n, int64_t w, const T *x, int64_t sx, const T *b, int64_t brs, int64_t bcs, \
	                         T *out)                                                                             \
	{                                                                                                            \
		int64_t j = 0;                                                                                       \
		if (brs == 1 && sx == 1) {                                                                           \
			for (; j < w; j++) out[j] = name##_dot(n, x, b + j * bcs);                                   \
			return;                                                                                      \
		}                                                                                                    \
		if (bcs == 1 && w == K_TILE) {                                                                       \
			name##_tile(n, K_TILE, x, sx, b, brs, 1, out);                                               \
			return;                                                                                      \
		}                                                                                                    \
		if (bcs == 1)                                                                                        \
			for (; j + K_NARROW <= w; j += K_NARROW)                                                     \
				name##_tile(n, K_NARROW, x, sx, b + j, brs, 1, out + j);                             \
		if (j < w) name##_tile(n, w - j, x, sx, b + j * bcs, brs, bcs, out + j);                             \
	}                                                                                                            \
	static void name(int64_t n, int64_t k, const T *x, int64_t sx, const T *b, int64_t brs, int64_t bcs, T *out, \
	                 int64_t so)                                                                                 \
	{                                                                                                            \
		T part[64][K_TILE], v[K_TILE] = {0};                                                                 \
		for (int64_t j = 0; j < n; j += K_TILE) {                                                            \
			int64_t w = n - j < K_TILE ? n - j : K_TILE;                                                 \
			int top = 0;                                                                                 \
			for (int64_t block = 0, at = 0; at < k; block++, at += K_BLOCK) {                            \
				int64_t len = k - at < K_BLOCK ? k - at : K_BLOCK;                                   \
				name##_block(len, w, x + at * sx, sx, b + at * brs + j * bcs, brs, bcs, v);          \
				for (int64_t carry = block; carry & 1; carry >>= 1) {                                \
					top--;                                                                       \
					for (int64_t t = 0; t < w; t++) v[t] = part[top][t] + v[t];                  \
				}                                                                                    \
				for (int64_t t = 0; t < w; t++) part[top][t] = v[t];                                 \
				top++;                                                                               \
			}                                                                                            \
			for (top -= 2; top >= 0; top--) /* v is still the last block */                              \
				for (int64_t t = 0; t < w; t++) v[t] = part[top][t] + v[t];                          \
			for (int64_t t = 0; t < w; t++) out[(j + t) * so] = v[t];                                    \
		}                                                                                                    \
	}

VECTOR(vector_f32, float, __builtin_fmaf)
VECTOR(vector_f64, double, __builtin_fma)

static bool stopped(const _Atomic bool *cancel) { return cancel && *cancel; }

#define PRODUCT(name, T, vector, gemm)                                                                                 \
	bool name(int64_t m, int64_t n, int64_t k, const T *a, int64_t ars, int64_t acs, const T *b, int64_t brs,      \
	          int64_t bcs, T *c, const _Atomic bool *cancel)                                                       \
	{                                                                                                              \
		if (stopped(cancel)) return false;                                                                     \
		if (m == 0 || n == 0) return true;                                                                     \
		if (k == 0) {                                                                                          \
			for (int64_t i = 0; i < m * n; i++) c[i] = 0;                                                  \
			return true;                                                                                   \
		}                                                                                                      \
		if (m == 1) {                                                                                          \
			vector(n, k, a, acs, b, brs, bcs, c, 1);                                                       \
			return true;                                                                                   \
		}                                                                                                      \
		if (n == 1) {                                                                                          \
			vector(m, k, b, brs, a, acs, ars, c, 1);                                                       \
			return true;                                                                                   \
		}                                                                                                      \
		const bool ta = acs != 1 && k > 1, tb = bcs != 1;                                                      \
		const int lda = (int)(ta ? acs : ars < k ? k : ars), ldb = (int)(tb ? bcs : k == 1 ? n : brs);         \
		const struct blas *blas = k_blas();                                                                    \
		if (!blas) return false;                                                                               \
		one_thread(blas);                                                                                      \
		for (int64_t i = 0; i < m; i += K_PANEL) {                                                             \
			int64_t rows = m - i < K_PANEL ? m - i : K_PANEL;                                              \
			if (i > 0 && stopped(cancel)) return false;                                                    \
			const unsigned mode = denormals_flush();                                                       \
			gemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int)rows, \
			     (int)n, (int)k, 1, a + i * ars, lda, b, ldb, 0, c + i * n, (int)n);                       \
			denormals_restore(mode);                                                                       \
		}                                                                                                      \
		return true;                                                                                           \
	}

PRODUCT(k_product_f32, float, vector_f32, blas->sgemm)
PRODUCT(k_product_f64, double, vector_f64, blas->dgemm)

/* Integers wrap and any order gives the same, so rows one after the other will do. */
bool k_product_i64(int64_t m, int64_t n, int64_t k, const int64_t *a, int64_t ars, int64_t acs, const int64_t *b,
                   int64_t brs, int64_t bcs, int64_t *c, const _Atomic bool *cancel)
{
	for (int64_t i = 0; i < m; i++) {
		uint64_t *row = (uint64_t *)c + i * n;
		if (stopped(cancel)) return false;
		for (int64_t j = 0; j < n; j++) row[j] = 0;
		for (int64_t l = 0; l < k; l++) {
			const uint64_t x = (uint64_t)a[i * ars + l * acs], *q = (const uint64_t *)b + l * brs;
			for (int64_t j = 0; j < n; j++) row[j] += x * q[j * bcs];
		}
	}
	return true;
}
