/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011) and the distributions made from its words. Counter
   and key give the words, so element i is the same however a draw is cut up. */
#include "kernels/kernels.h"
#include "kernels/vmath.h"

void k_philox(uint64_t seed, uint64_t offset, int64_t blocks, uint32_t *out)
{
	for (int64_t i = 0; i < blocks; i++) {
		uint64_t at = offset + (uint64_t)i;
		uint32_t a = (uint32_t)at, b = (uint32_t)(at >> 32), c = 0, d = 0;
		uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
		for (int round = 0; round < 10; round++) {
			uint64_t p = (uint64_t)a * 0xD2511F53u, q = (uint64_t)c * 0xCD9E8D57u;
			uint32_t a2 = (uint32_t)(q >> 32) ^ b ^ k0, c2 = (uint32_t)(p >> 32) ^ d ^ k1;
			b = (uint32_t)q, d = (uint32_t)p, a = a2, c = c2;
			k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
		}
		out[4 * i] = a, out[4 * i + 1] = b, out[4 * i + 2] = c, out[4 * i + 3] = d;
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
