/* The random stream: Philox at increasing counters. An element of a draw depends on seed, the offset where
   the draw began and its index, so the bits are the same in every mode and for any cut. */
#include "tensor/tensor.h"
#include "kernels/kernels.h"

enum { CHUNK = 64 }; /* blocks made at a time, on the stack */

void rng_seed(struct rng *r, uint64_t seed)
{
	r->seed = seed;
	r->offset = 0;
}

int64_t rng_blocks(enum dtype dt, int64_t n)
{
	int64_t per = dt == F32 ? 4 : 2;
	return n / per + (n % per != 0);
}

/* `fill` makes the elements of whole blocks; the last block may be cut short. */
static void draw(struct rng *r, struct tensor *out, void (*fill)(enum dtype dt, int64_t n, void *to, const uint32_t *w))
{
	uint32_t words[4 * CHUNK];
	double spare[2 * CHUNK]; /* CHUNK blocks of elements: 4 floats or 2 doubles each */
	const int64_t blocks = rng_blocks(out->dtype, out->numel), per = out->dtype == F32 ? 4 : 2;
	for (int64_t b = 0; b < blocks; b += CHUNK) {
		int64_t m = blocks - b < CHUNK ? blocks - b : CHUNK, left = out->numel - b * per;
		char *to = out->data + b * per * dtype_size[out->dtype];
		k_philox(r->seed, r->offset + (uint64_t)b, m, words);
		if (left >= m * per) {
			fill(out->dtype, m * per, to, words);
		} else {
			fill(out->dtype, m * per, spare, words);
			if (out->dtype == F32) k_copy_4(left, to, spare, 1);
			else k_copy_8(left, to, spare, 1);
		}
	}
	r->offset += (uint64_t)blocks;
}

static void uniform(enum dtype dt, int64_t n, void *to, const uint32_t *w)
{
	if (dt == F32) k_uniform_f32(n, to, w);
	else k_uniform_f64(n, to, w);
}

static void normal(enum dtype dt, int64_t n, void *to, const uint32_t *w)
{
	if (dt == F32) k_normal_f32(n / 2, to, w);
	else k_normal_f64(n / 2, to, w);
}

void rng_uniform(struct rng *r, struct tensor *out) { draw(r, out, uniform); }
void rng_normal(struct rng *r, struct tensor *out) { draw(r, out, normal); }

double rng_double(struct rng *r)
{
	uint32_t words[4];
	double v;
	k_philox(r->seed, r->offset++, 1, words);
	k_uniform_f64(1, &v, words);
	return v;
}
