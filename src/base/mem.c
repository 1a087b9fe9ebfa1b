/* Memory through one hook. `used` is moved before the hook is called, so that threads
   that allocate at the same time can never pass the cap together. */
#include "base/base.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void *mem_plain(void *ud, void *ptr, size_t osize, size_t nsize)
{
	(void)ud;
	(void)osize;
	if (nsize) return realloc(ptr, nsize);
	free(ptr);
	return NULL;
}

void mem_init(struct mem *m, mem_fn fn, void *ud)
{
	m->fn = fn ? fn : mem_plain;
	m->ud = ud;
	atomic_init(&m->used, 0);
	atomic_init(&m->cap, 0);
}

void *mem_resize(struct mem *m, void *p, size_t osize, size_t nsize)
{
	if (!p) osize = 0;
	if (!nsize) {
		if (p) m->fn(m->ud, p, osize, 0);
		atomic_fetch_sub(&m->used, osize);
		return NULL;
	}
	size_t before = atomic_fetch_add(&m->used, nsize), cap = atomic_load(&m->cap);
	if (cap && nsize > osize && (before > cap || nsize > cap - before + osize)) {
		atomic_fetch_sub(&m->used, nsize);
		return NULL;
	}
	void *q = m->fn(m->ud, p, osize, nsize);
	atomic_fetch_sub(&m->used, q ? osize : nsize);
	return q;
}

void *mem_new(struct mem *m, size_t n) { return mem_resize(m, NULL, 0, n ? n : 1); }

void *mem_zero(struct mem *m, size_t n)
{
	void *p = mem_new(m, n);
	return p ? memset(p, 0, n ? n : 1) : NULL;
}

void mem_free(struct mem *m, void *p, size_t n)
{
	if (p) mem_resize(m, p, n ? n : 1, 0);
}
