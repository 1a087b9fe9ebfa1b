/* Growth of the typed arrays of base.h: doubling, at least eight elements. */
#include "base/base.h"

bool vec_grow(struct mem *m, void **at, uint32_t *cap, uint32_t need, size_t size)
{
	if (need < *cap || need > UINT32_MAX / 2) return false; /* the count wrapped around, or is about to */
	uint32_t n = *cap ? *cap * 2 : 8;
	if (n < need) n = need;
	if ((size_t)n > SIZE_MAX / size) return false;
	void *p = mem_resize(m, *at, *cap * size, n * size);
	if (!p) return false;
	*at = p;
	*cap = n;
	return true;
}
