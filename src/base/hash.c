/* A 64-bit hash of bytes: eight at a time, multiplied and folded; for tables, not for secrets. */
#include "base/base.h"
#include <string.h>

static uint64_t mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9E3779B97F4A7C15u;
	return h ^ h >> 32;
}

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed)
{
	const unsigned char *s = p;
	uint64_t h = mix(seed, n), w;
	for (; n >= 8; s += 8, n -= 8) {
		memcpy(&w, s, 8);
		h = mix(h, w);
	}
	w = 0;
	for (size_t i = 0; i < n; i++) w |= (uint64_t)s[i] << 8 * i;
	return mix(mix(h, w), 0xD6E8FEB86659FD93u);
}
