/* Copies that turn columns into rows, four by four in registers. */
#include "kernels/kernels.h"
#include <string.h>

typedef uint32_t quad_4 __attribute__((vector_size(16)));
typedef uint64_t quad_8 __attribute__((vector_size(32)));

#define TRANSPOSE(name, T, quad)                                                                                  \
	static inline void name##_quad(T *o, int64_t so, const T *p, int64_t si)                                  \
	{                                                                                                         \
		quad a, b, c, d;                                                                                  \
		memcpy(&a, p, sizeof a), memcpy(&b, p + si, sizeof b);                                            \
		memcpy(&c, p + 2 * si, sizeof c), memcpy(&d, p + 3 * si, sizeof d);                               \
		const quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),                                        \
		           AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);                                        \
		const quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5),                                        \
		           CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);                                        \
		a = __builtin_shufflevector(ab, cd, 0, 1, 4, 5), b = __builtin_shufflevector(ab, cd, 2, 3, 6, 7); \
		c = __builtin_shufflevector(AB, CD, 0, 1, 4, 5), d = __builtin_shufflevector(AB, CD, 2, 3, 6, 7); \
		memcpy(o, &a, sizeof a), memcpy(o + so, &b, sizeof b);                                            \
		memcpy(o + 2 * so, &c, sizeof c), memcpy(o + 3 * so, &d, sizeof d);                               \
	}                                                                                                         \
	void name(int64_t rows, int64_t cols, void *out, int64_t so, const void *in, int64_t si)                  \
	{                                                                                                         \
		T *o = out;                                                                                       \
		const T *p = in;                                                                                  \
		int64_t i = 0;                                                                                    \
		for (; i + 4 <= rows; i += 4) {                                                                   \
			int64_t j = 0;                                                                            \
			for (; j + 4 <= cols; j += 4) name##_quad(o + i * so + j, so, p + j * si + i, si);        \
			for (; j < cols; j++)                                                                     \
				for (int64_t x = i; x < i + 4; x++) o[x * so + j] = p[j * si + x];                \
		}                                                                                                 \
		for (; i < rows; i++)                                                                             \
			for (int64_t j = 0; j < cols; j++) o[i * so + j] = p[j * si + i];                         \
	}

TRANSPOSE(k_transpose_4, uint32_t, quad_4)
TRANSPOSE(k_transpose_8, uint64_t, quad_8)
