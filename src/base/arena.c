/* Bump allocation in blocks that double up to a megabyte. Blocks are chained newest first;
   a mark is a block and a place in it, and releasing frees the blocks made since. */
#include "base/base.h"
#include <string.h>

struct arena_block {
	struct arena_block *below;
	size_t size; /* with this header */
	_Alignas(16) char bytes[];
};

enum { FIRST = 4096, MOST = 1 << 20 };

void arena_init(struct arena *a, struct mem *m) { *a = (struct arena){.mem = m}; }

static bool new_block(struct arena *a, size_t n)
{
	size_t size = a->top ? a->top->size * 2 : FIRST;
	if (size > MOST) size = MOST;
	if (n > SIZE_MAX - sizeof *a->top - 16) return false;
	if (size < n + sizeof *a->top) size = n + sizeof *a->top;
	struct arena_block *b = mem_new(a->mem, size);
	if (!b) return false;
	b->below = a->top;
	b->size = size;
	a->top = b;
	a->at = b->bytes;
	a->end = (char *)b + size;
	return true;
}

static char *take(struct arena *a, size_t n)
{
	size_t room = (size_t)(a->end - a->at);
	if (n > SIZE_MAX - 15) return NULL;
	n = (n + 15) & ~(size_t)15;
	if ((!a->at || n > room) && !new_block(a, n)) return NULL;
	char *p = a->at;
	a->at += n;
	return p;
}

void *arena_new(struct arena *a, size_t n)
{
	char *p = take(a, n);
	return p ? memset(p, 0, n) : NULL;
}

char *arena_copy(struct arena *a, const char *s, size_t n)
{
	char *p = n < SIZE_MAX ? take(a, n + 1) : NULL;
	if (!p) return NULL;
	if (n) memcpy(p, s, n);
	p[n] = 0;
	return p;
}

struct arena_mark arena_mark(struct arena *a) { return (struct arena_mark){a->top, a->at}; }

void arena_release(struct arena *a, struct arena_mark m)
{
	while (a->top != m.top) {
		struct arena_block *b = a->top;
		a->top = b->below;
		mem_free(a->mem, b, b->size);
	}
	a->at = m.at;
	a->end = a->top ? (char *)a->top + a->top->size : NULL;
}

void arena_free(struct arena *a) { arena_release(a, (struct arena_mark){NULL, NULL}); }
