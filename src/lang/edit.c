/* The list is kept in the order edits were made and sorted once, by place and then by age, so
   that insertions at one place keep their order. */
#include "lang/edit.h"
#include <stdio.h>
#include <stdlib.h>

void edits_init(struct edits *e, struct mem *m)
{
	*e = (struct edits){.mem = m};
	buf_init(&e->text, m);
}

void edits_free(struct edits *e)
{
	vec_free(e->mem, &e->list);
	buf_free(&e->text);
}

static void add(struct edits *e, uint32_t beg, uint32_t end, const char *fmt, va_list ap)
{
	uint32_t at = (uint32_t)e->text.n;
	buf_vprintf(&e->text, fmt, ap);
	struct edit d = {beg, end, e->list.n, at, (uint32_t)e->text.n - at};
	if (!vec_push(e->mem, &e->list, d) || e->text.bad) e->bad = true;
}

void edit_replace(struct edits *e, uint32_t beg, uint32_t end, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add(e, beg, end, fmt, ap);
	va_end(ap);
}

void edit_insert(struct edits *e, uint32_t at, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add(e, at, at, fmt, ap);
	va_end(ap);
}

static int by_place(const void *p, const void *q)
{
	const struct edit *a = p, *b = q;
	if (a->beg != b->beg) return a->beg < b->beg ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

bool edits_apply(struct edits *e, const char *text, size_t len, struct buf *out)
{
	size_t at = 0;
	if (e->bad) return false;
	if (e->list.n) qsort(e->list.at, e->list.n, sizeof *e->list.at, by_place);
	for (uint32_t i = 0; i < e->list.n; i++) {
		const struct edit *d = &e->list.at[i];
		buf_put(out, text + at, d->beg - at);
		buf_put(out, e->text.s + d->at, d->len);
		at = d->end;
	}
	buf_put(out, text + at, len - at);
	return !out->bad;
}
