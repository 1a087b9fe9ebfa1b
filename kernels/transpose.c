/* Copies that turn columns into rows: small blocks, so that both sides stay in the cache. */
#include "kernels/kernels.h"

#define BLOCK 8

#define TRANSPOSE(name, T)                                                                                   \
	void name(int64_t rows, int64_t cols, void *out, int64_t so, const void *in, int64_t si)             \
	{                                                                                                    \
		T *o = out;                                                                                  \
		const T *p = in;                                                                             \
		for (int64_t i = 0; i < rows; i += BLOCK) {                                                  \
			const int64_t ni = rows - i < BLOCK ? rows - i : BLOCK;                              \
			for (int64_t j = 0; j < cols; j += BLOCK) {                                          \
				const int64_t nj = cols - j < BLOCK ? cols - j : BLOCK;                      \
				if (ni == BLOCK && nj == BLOCK) {                                            \
					for (int64_t x = 0; x < BLOCK; x++)                                  \
						for (int64_t y = 0; y < BLOCK; y++)                          \
							o[(i + x) * so + j + y] = p[(j + y) * si + i + x];   \
				} else {                                                                     \
					for (int64_t x = 0; x < ni; x++)                                     \
						for (int64_t y = 0; y < nj; y++)                             \
							o[(i + x) * so + j + y] = p[(j + y) * si + i + x];   \
				}                                                                            \
			}                                                                                    \
		}                                                                                            \
	}

TRANSPOSE(k_transpose_4, uint32_t)
TRANSPOSE(k_transpose_8, uint64_t)
