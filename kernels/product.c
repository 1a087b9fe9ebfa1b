/* Products of matrices: BLAS on one thread over panels of rows for the large, our own loops for the
   small and for vectors. Which of the three runs is decided by m, n and k, so the bits depend on the
   shape and type, not on strides: a transposed operand gives what its copy gives. */
#include "kernels/kernels.h"
#include "kernels/blas.h"
#include "kernels/denormal.h"
#include "kernels/lanes.h"
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

/* out[j] = sum over i of x[i] * b[i, j], for a vector x: in blocks of K_BLOCK steps, which fold as those of a
   reduction do. Step i of a block belongs to lane i % LANES, the steps past the end are products of zeros, and
   the lanes fold pairwise. Where columns of b are packed, a few dot products at once, SIMD across the lanes; where
   rows are, as many columns as lanes side by side; other layouts are copied. */
enum { DOTS = 4 };

#define VECTOR(name, T, lanes, load, some, rest, fma_, LANES)                                                          \
	static inline __attribute__((always_inline)) void name##_dots(int64_t n, int w, const T *x, const T *q,        \
	                                                              int64_t step, T *out)                            \
	{                                                                                                              \
		lanes s[DOTS] = {{0}};                                                                                 \
		int64_t i = 0;                                                                                         \
		for (; i + LANES <= n; i += LANES) {                                                                   \
			const lanes v = load(x + i);                                                                   \
			UNROLL(4)                                                                                      \
			for (int c = 0; c < DOTS; c++)                                                                 \
				if (c < w) s[c] = fma_(v, load(q + c * step + i), s[c]);                               \
		}                                                                                                      \
		const lanes end = i == n ? s[0] : i > 0 ? rest(x + i, n - i) : some(x, n);                             \
		UNROLL(4)                                                                                              \
		for (int c = 0; c < DOTS; c++)                                                                         \
			if (i < n && c < w)                                                                            \
				s[c] = fma_(end, i > 0 ? rest(q + c * step + i, n - i) : some(q + c * step, n), s[c]); \
		for (int c = 0; c < w; c++) {                                                                          \
			T part[LANES];                                                                                 \
			memcpy(part, &s[c], sizeof part);                                                              \
			UNROLL(4)                                                                                      \
			for (int half = LANES / 2; half > 0; half /= 2)                                                \
				for (int l = 0; l < half; l++) part[l] += part[l + half];                              \
			out[c] = part[0];                                                                              \
		}                                                                                                      \
	}                                                                                                              \
	static void name##_cols(int64_t n, const T *x, const T *b, int64_t brs, T *out)                                \
	{                                                                                                              \
		static const T zeros[LANES];                                                                           \
		const lanes none = {0};                                                                                \
		lanes s[LANES] = {{0}};                                                                                \
		int64_t i = 0;                                                                                         \
		for (; i + LANES <= n; i += LANES) UNROLL(16)                                                          \
		for (int l = 0; l < LANES; l++) s[l] = fma_(x[i + l] - none, load(b + (i + l) * brs), s[l]);           \
		if (i < n) UNROLL(16) for (int l = 0; l < LANES; l++)                                                  \
			{                                                                                              \
				const bool in = i + l < n;                                                             \
				s[l] = fma_((in ? x[i + l] : 0) - none, load(in ? b + (i + l) * brs : zeros), s[l]);   \
			}                                                                                              \
		UNROLL(4)                                                                                              \
		for (int half = LANES / 2; half > 0; half /= 2)                                                        \
			UNROLL(8) for (int l = 0; l < half; l++) s[l] += s[l + half];                                  \
		memcpy(out, &s[0], sizeof s[0]);                                                                       \
	}                                                                                                              \
	static void name##_block(int64_t n, int64_t w, const T *x, const T *b, int64_t brs, int64_t bcs, T *out)       \
	{                                                                                                              \
		T copy[DOTS][K_BLOCK];                                                                                 \
		int64_t j = 0;                                                                                         \
		if (bcs == 1 && w >= LANES) {                                                                          \
			for (; j + LANES <= w; j += LANES) name##_cols(n, x, b + j, brs, out + j);                     \
			if (j < w) name##_cols(n, x, b + w - LANES, brs, out + w - LANES);                             \
			return;                                                                                        \
		}                                                                                                      \
		for (int m; j < w; j += m) {                                                                           \
			const T *q = b + j * bcs;                                                                      \
			int64_t step = bcs;                                                                            \
			m = w - j < DOTS ? (int)(w - j) : DOTS;                                                        \
			if (brs != 1) {                                                                                \
				for (int c = 0; c < m; c++)                                                            \
					for (int64_t i = 0; i < n; i++) copy[c][i] = q[c * bcs + i * brs];             \
				q = copy[0];                                                                           \
				step = K_BLOCK;                                                                        \
			}                                                                                              \
			if (m == DOTS) name##_dots(n, DOTS, x, q, step, out + j);                                      \
			else name##_dots(n, m, x, q, step, out + j);                                                   \
		}                                                                                                      \
	}                                                                                                              \
	static void name(int64_t n, int64_t k, const T *x, int64_t sx, const T *b, int64_t brs, int64_t bcs, T *out,   \
	                 int64_t so)                                                                                   \
	{                                                                                                              \
		T part[64][K_TILE], v[K_TILE] = {0}, packed[K_BLOCK];                                                  \
		for (int64_t j = 0; j < n; j += K_TILE) {                                                              \
			int64_t w = n - j < K_TILE ? n - j : K_TILE;                                                   \
			int top = 0;                                                                                   \
			if (w < LANES && n >= LANES) j -= LANES - w, w = LANES; /* a whole vector, some of it again */ \
			for (int64_t block = 0, at = 0; at < k; block++, at += K_BLOCK) {                              \
				int64_t len = k - at < K_BLOCK ? k - at : K_BLOCK;                                     \
				const T *steps = x + at * sx;                                                          \
				if (sx != 1) {                                                                         \
					for (int64_t i = 0; i < len; i++) packed[i] = steps[i * sx];                   \
					steps = packed;                                                                \
				}                                                                                      \
				name##_block(len, w, steps, b + at * brs + j * bcs, brs, bcs, v);                      \
				for (int64_t carry = block; carry & 1; carry >>= 1) {                                  \
					top--;                                                                         \
					for (int64_t t = 0; t < w; t++) v[t] = part[top][t] + v[t];                    \
				}                                                                                      \
				for (int64_t t = 0; t < w; t++) part[top][t] = v[t];                                   \
				top++;                                                                                 \
			}                                                                                              \
			for (top -= 2; top >= 0; top--) /* v is still the last block */                                \
				for (int64_t t = 0; t < w; t++) v[t] = part[top][t] + v[t];                            \
			for (int64_t t = 0; t < w; t++) out[(j + t) * so] = v[t];                                      \
		}                                                                                                      \
	}

VECTOR(vector_f32, float, lanes_f32, load_f32, some_f32, rest_f32, fma_f32, LANES_F32)
VECTOR(vector_f64, double, lanes_f64, load_f64, some_f64, rest_f64, fma_f64, LANES_F64)

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
