/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011) and the distributions made from its words. Counter
   and key give the words, so element i is the same however a draw is cut up. */
#include "kernels/kernels.h"
#include "kernels/vmath.h"

static inline void block(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t k0, uint32_t k1, uint32_t *out)
{
	for (int round = 0; round < 10; round++) {
		uint64_t p = (uint64_t)a * 0xD2511F53u, q = (uint64_t)c * 0xCD9E8D57u;
		uint32_t a2 = (uint32_t)(q >> 32) ^ b ^ k0, c2 = (uint32_t)(p >> 32) ^ d ^ k1;
		b = (uint32_t)q, d = (uint32_t)p, a = a2, c = c2;
		k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
	}
	out[0] = a, out[1] = b, out[2] = c, out[3] = d;
}

void k_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
	block(counter[0], counter[1], counter[2], counter[3], key[0], key[1], out);
}

void k_philox(uint64_t seed, uint64_t offset, int64_t blocks, uint32_t *out)
{
	for (int64_t i = 0; i < blocks; i++) {
		uint64_t at = offset + (uint64_t)i;
		block((uint32_t)at, (uint32_t)(at >> 32), 0, 0, (uint32_t)seed, (uint32_t)(seed >> 32), out + 4 * i);
	}
}

static inline float unit_f32(uint32_t w) { return (float)(w >> 8) * 0x1p-24f; }
static inline double unit_f64(uint32_t lo, uint32_t hi)
{
	return (double)(int64_t)((((uint64_t)hi << 32) | lo) >> 11) * 0x1p-53;
}

void k_uniform_f32(int64_t n, float *out, const uint32_t *words)
{
	for (int64_t i = 0; i < n; i++) out[i] = unit_f32(words[i]);
}

void k_uniform_f64(int64_t n, double *out, const uint32_t *words)
{
	for (int64_t i = 0; i < n; i++) out[i] = unit_f64(words[2 * i], words[2 * i + 1]);
}

/* Box-Muller: 1 - u lies in (0,1], so the logarithm is finite. */
void k_normal_f32(int64_t pairs, float *out, const uint32_t *words)
{
	for (int64_t i = 0; i < pairs; i++) {
		float r = __builtin_sqrtf(-2 * vm_log_f32(1 - unit_f32(words[2 * i])));
		float angle = 6.2831853f * unit_f32(words[2 * i + 1]);
		out[2 * i] = r * vm_near_cos_f32(angle);
		out[2 * i + 1] = r * vm_near_sin_f32(angle);
	}
}

void k_normal_f64(int64_t pairs, double *out, const uint32_t *words)
{
	for (int64_t i = 0; i < pairs; i++) {
		const uint32_t *w = words + 4 * i;
		double r = __builtin_sqrt(-2 * vm_log_f64(1 - unit_f64(w[0], w[1])));
		double angle = 6.283185307179586 * unit_f64(w[2], w[3]);
		out[2 * i] = r * vm_near_cos_f64(angle);
		out[2 * i + 1] = r * vm_near_sin_f64(angle);
	}
}
