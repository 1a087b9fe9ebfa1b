/* Reductions: the leaves of the tree described in kernels.h, in two shapes that give the same bits: one
   reduction over contiguous elements (SIMD across the lanes), and a tile of them side by side
   (SIMD across the tile). op/reduce.c finds the elements and joins the blocks. */
#include "kernels/kernels.h"
#include "kernels/scalar.h"

/* x is an element, s what was folded so far; both of the accumulator's type in `fold` */
#define ROWS(name, A, T, identity, load, fold)                                           \
	void name(void *acc, const void *in, int64_t n)                                  \
	{                                                                                \
		A lane[K_LANES];                                                         \
		const T *p = in;                                                         \
		int64_t i = 0;                                                           \
		for (int l = 0; l < K_LANES; l++) lane[l] = identity;                    \
		for (; i + K_LANES <= n; i += K_LANES)                                   \
			for (int l = 0; l < K_LANES; l++) {                              \
				const T v = p[i + l];                                    \
				const A x = (A)(load), s = lane[l];                      \
				lane[l] = (A)(fold);                                     \
			}                                                                \
		if (i < n) { /* lanes past n fold the identity, which changes nothing */ \
			T rest[K_LANES];                                                 \
			for (int l = 0; l < K_LANES; l++) rest[l] = (T)identity;         \
			for (int l = 0; l < (int)(n - i); l++) rest[l] = p[i + l];       \
			for (int l = 0; l < K_LANES; l++) {                              \
				const T v = rest[l];                                     \
				const A x = (A)(load), s = lane[l];                      \
				lane[l] = (A)(fold);                                     \
			}                                                                \
		}                                                                        \
		for (int half = K_LANES / 2; half > 0; half /= 2)                        \
			for (int l = 0; l < half; l++) {                                 \
				const A s = lane[l], x = lane[l + half];                 \
				lane[l] = (A)(fold);                                     \
			}                                                                \
		*(A *)acc = lane[0];                                                     \
	}

/* w is a constant in the calls that matter, so that a lane's part stays in registers; fetching ahead also keeps
   gcc 12 from jamming two rows together through gathers, 30 times slower; lanes past n would fold the
   identity, which changes nothing. Columns are independent: the last ones may be done twice. */
#define COLS(name, A, T, identity, load, fold)                                                                    \
	static inline __attribute__((always_inline)) void name##_tile(A *out, const void *const *row, int64_t n,  \
	                                                              int64_t w, int64_t at, int64_t step)        \
	{                                                                                                         \
		A lane[K_LANES][K_TILE];                                                                          \
		const int lanes = n < K_LANES ? (int)n : K_LANES;                                                 \
		for (int l = 0; l < lanes; l++) {                                                                 \
			A part[K_TILE];                                                                           \
			for (int64_t j = 0; j < w; j++) part[j] = identity;                                       \
			for (int64_t i = l; i < n; i += K_LANES) {                                                \
				const T *p = (const T *)row[i] + at * step;                                       \
				if (i + K_LANES < n) __builtin_prefetch((const T *)row[i + K_LANES] + at * step); \
				for (int64_t j = 0; j < w; j++) {                                                 \
					const T v = p[j * step];                                                  \
					const A x = (A)(load), s = part[j];                                       \
					part[j] = (A)(fold);                                                      \
				}                                                                                 \
			}                                                                                         \
			for (int64_t j = 0; j < w; j++) lane[l][j] = part[j];                                     \
		}                                                                                                 \
		for (int half = K_LANES / 2; half > 0; half /= 2)                                                 \
			for (int l = 0; l < half && l + half < lanes; l++)                                        \
				for (int64_t j = 0; j < w; j++) {                                                 \
					const A s = lane[l][j], x = lane[l + half][j];                            \
					lane[l][j] = (A)(fold);                                                   \
				}                                                                                 \
		for (int64_t j = 0; j < w; j++) out[at + j] = lane[0][j];                                         \
	}                                                                                                         \
	void name(void *acc, const void *const *row, int64_t n, int64_t w, int64_t step)                          \
	{                                                                                                         \
		int64_t at = 0;                                                                                   \
		if (step != 1 || w < K_NARROW) {                                                                  \
			name##_tile(acc, row, n, w, 0, step);                                                     \
			return;                                                                                   \
		}                                                                                                 \
		for (; at + K_TILE <= w; at += K_TILE) name##_tile(acc, row, n, K_TILE, at, 1);                   \
		for (; at + K_NARROW <= w; at += K_NARROW) name##_tile(acc, row, n, K_NARROW, at, 1);             \
		if (at < w) name##_tile(acc, row, n, K_NARROW, w - K_NARROW, 1);                                  \
	}

ROWS(k_sum_rows_f32, float, float, 0, v, s + x)
ROWS(k_sum_rows_f64, double, double, 0, v, s + x)
ROWS(k_sum_rows_i64, uint64_t, uint64_t, 0, v, s + x)
ROWS(k_sum_rows_bool, uint64_t, uint8_t, 0, v, s + x)
COLS(k_sum_cols_f32, float, float, 0, v, s + x)
COLS(k_sum_cols_f64, double, double, 0, v, s + x)
COLS(k_sum_cols_i64, uint64_t, uint64_t, 0, v, s + x)
COLS(k_sum_cols_bool, uint64_t, uint8_t, 0, v, s + x)
ROWS(k_amax_rows_f32, float, float, -INFINITY, v, s_max_f32(s, x))
ROWS(k_amax_rows_f64, double, double, -INFINITY, v, s_max_f64(s, x))
ROWS(k_amax_rows_i64, int64_t, int64_t, INT64_MIN, v, s > x ? s : x)
COLS(k_amax_cols_f32, float, float, -INFINITY, v, s_max_f32(s, x))
COLS(k_amax_cols_f64, double, double, -INFINITY, v, s_max_f64(s, x))
COLS(k_amax_cols_i64, int64_t, int64_t, INT64_MIN, v, s > x ? s : x)
ROWS(k_amin_rows_f32, float, float, INFINITY, v, s_min_f32(s, x))
ROWS(k_amin_rows_f64, double, double, INFINITY, v, s_min_f64(s, x))
ROWS(k_amin_rows_i64, int64_t, int64_t, INT64_MAX, v, s < x ? s : x)
COLS(k_amin_cols_f32, float, float, INFINITY, v, s_min_f32(s, x))
COLS(k_amin_cols_f64, double, double, INFINITY, v, s_min_f64(s, x))
COLS(k_amin_cols_i64, int64_t, int64_t, INT64_MAX, v, s < x ? s : x)
ROWS(k_any_rows_f32, uint8_t, float, 0, v != 0, s | x)
ROWS(k_any_rows_f64, uint8_t, double, 0, v != 0, s | x)
ROWS(k_any_rows_i64, uint8_t, int64_t, 0, v != 0, s | x)
ROWS(k_any_rows_bool, uint8_t, uint8_t, 0, v, s | x)
COLS(k_any_cols_f32, uint8_t, float, 0, v != 0, s | x)
COLS(k_any_cols_f64, uint8_t, double, 0, v != 0, s | x)
COLS(k_any_cols_i64, uint8_t, int64_t, 0, v != 0, s | x)
COLS(k_any_cols_bool, uint8_t, uint8_t, 0, v, s | x)
ROWS(k_all_rows_f32, uint8_t, float, 1, v != 0, (s & x))
ROWS(k_all_rows_f64, uint8_t, double, 1, v != 0, (s & x))
ROWS(k_all_rows_i64, uint8_t, int64_t, 1, v != 0, (s & x))
ROWS(k_all_rows_bool, uint8_t, uint8_t, 1, v, (s & x))
COLS(k_all_cols_f32, uint8_t, float, 1, v != 0, (s & x))
COLS(k_all_cols_f64, uint8_t, double, 1, v != 0, (s & x))
COLS(k_all_cols_i64, uint8_t, int64_t, 1, v != 0, (s & x))
COLS(k_all_cols_bool, uint8_t, uint8_t, 1, v, (s & x))

/* The blocks of a contiguous run joined as a binary counter carries; 64 partial results cover any n. */
#define WHOLE(name, A, rows, join)                                                                \
	A name(int64_t n, const A *x)                                                             \
	{                                                                                         \
		A part[64], v;                                                                    \
		int top = 0;                                                                      \
		if (n <= K_BLOCK) {                                                               \
			rows(&v, x, n);                                                           \
			return v;                                                                 \
		}                                                                                 \
		for (int64_t b = 0, at = 0; at < n; b++, at += K_BLOCK) {                         \
			rows(&v, x + at, n - at < K_BLOCK ? n - at : K_BLOCK);                    \
			for (int64_t carry = b; carry & 1; carry >>= 1) v = join(part[--top], v); \
			part[top++] = v;                                                          \
		}                                                                                 \
		for (v = part[--top]; top > 0;) v = join(part[--top], v);                         \
		return v;                                                                         \
	}

static inline float plus_f32(float a, float b) { return a + b; }
static inline double plus_f64(double a, double b) { return a + b; }

WHOLE(k_sum_f32, float, k_sum_rows_f32, plus_f32)
WHOLE(k_sum_f64, double, k_sum_rows_f64, plus_f64)
WHOLE(k_amax_f32, float, k_amax_rows_f32, s_max_f32)
WHOLE(k_amax_f64, double, k_amax_rows_f64, s_max_f64)

/* `beats` asks whether x takes the place of `best`; NaN ends the search. */
#define ARG(name, T, beats)                                       \
	int64_t name(int64_t n, const void *in, int64_t sx)       \
	{                                                         \
		const T *p = in;                                  \
		T best = *p;                                      \
		int64_t at = 0;                                   \
		for (int64_t i = 1; i < n && best == best; i++) { \
			const T x = p[i * sx];                    \
			if (beats) best = x, at = i;              \
		}                                                 \
		return at;                                        \
	}

ARG(k_argmax_f32, float, !(x <= best))
ARG(k_argmax_f64, double, !(x <= best))
ARG(k_argmax_i64, int64_t, x > best)
ARG(k_argmax_bool, uint8_t, x > best)
ARG(k_argmin_f32, float, !(x >= best))
ARG(k_argmin_f64, double, !(x >= best))
ARG(k_argmin_i64, int64_t, x < best)
ARG(k_argmin_bool, uint8_t, x < best)
