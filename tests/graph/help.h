/* Shared by the tests of graphs, passes and plans: an allocator that fails on request and counts
   what is alive, and graphs from and to text. cmocka's macro `fail`
   would swallow ours, so ours comes first. */
#ifndef TESTS_GRAPH_HELP_H
#define TESTS_GRAPH_HELP_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "graph/graph.h"
#include <cmocka.h>

struct heap {
	struct mem mem;
	long left;  /* requests until the first failure; negative: never */
	long alive; /* blocks handed out now */
};

static inline void *heap_fn(void *ud, void *ptr, size_t osize, size_t nsize)
{
	struct heap *h = ud;
	(void)osize;
	if (nsize == 0) {
		if (ptr) h->alive--;
		free(ptr);
		return NULL;
	}
	if (h->left == 0) return NULL;
	if (h->left > 0) h->left--;
	void *p = realloc(ptr, nsize);
	if (p && !ptr) h->alive++;
	return p;
}

static inline void heap_init(struct heap *h)
{
	h->left = -1;
	h->alive = 0;
	mem_init(&h->mem, heap_fn, h);
}

static inline void heap_done(struct heap *h)
{
	assert_int_equal(h->alive, 0);
	assert_int_equal(h->mem.used, 0);
}

static inline struct graph *graph_from(struct heap *h, const char *text)
{
	struct err e = {0};
	struct graph *g = graph_parse(&h->mem, text, &e);
	if (!g) fail_msg("%s", e.msg);
	return g;
}

/* The graph's text, checked to be valid; the caller frees it. */
static inline char *text_of(const struct graph *g)
{
	struct err e = {0};
	struct buf b;
	if (!graph_verify(g, true, &e)) fail_msg("%s", e.msg);
	buf_init(&b, g->mem);
	graph_print(g, &b);
	assert_false(b.bad);
	char *s = strdup(b.s);
	buf_free(&b);
	return s;
}

static inline void assert_text(const struct graph *g, const char *expected)
{
	char *s = text_of(g);
	assert_string_equal(s, expected);
	free(s);
}

static inline struct type scalar(enum kind k) { return (struct type){.kind = k}; }
static inline union word int_word(int64_t v) { return (union word){.i = v}; }
static inline union word float_word(double v) { return (union word){.f = v}; }
#endif
