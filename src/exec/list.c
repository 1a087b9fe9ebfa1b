/* The lists of a run. Appending doubles the room, so that it costs the same at any length; all room is given back when
   the run ends. A write of a list is not a copy: the value that counts is the last one before anybody looks, and the
   list itself is still that one then. */
#include <string.h>
#include "exec/plan.h"

bool list_reserve(struct mem *m, struct list *l, struct err *e)
{
	if (l->n < l->cap) return true;
	int64_t cap = l->cap ? 2 * l->cap : 8;
	if (cap > INT64_MAX / 2 / (int64_t)l->each) return fail_memory(e, SIZE_MAX);
	char *at = mem_resize(m, l->at, (size_t)l->cap * l->each, (size_t)cap * l->each);
	if (!at) return fail_memory(e, (size_t)cap * l->each);
	l->at = at;
	l->cap = cap;
	return true;
}

bool list_copy(struct mem *m, struct list *to, const struct list *from, struct err *e)
{
	if (from->n > to->cap) {
		char *at = mem_new(m, (size_t)from->n * from->each);
		if (!at) return fail_memory(e, (size_t)from->n * from->each);
		mem_free(m, to->at, (size_t)to->cap * to->each);
		to->at = at;
		to->cap = from->n;
	}
	if (from->n) memcpy(to->at, from->at, (size_t)from->n * from->each);
	to->n = from->n;
	to->changes++;
	return true;
}

char *list_open(struct mem *m, struct list *l, int64_t at, struct err *e)
{
	if (!list_reserve(m, l, e)) return NULL;
	char *gap = l->at + (size_t)at * l->each;
	memmove(gap + l->each, gap, (size_t)(l->n - at) * l->each);
	l->n++;
	l->changes++;
	return gap;
}

void list_close(struct list *l, int64_t at)
{
	char *gap = l->at + (size_t)at * l->each;
	memmove(gap, gap + l->each, (size_t)(l->n - at - 1) * l->each);
	l->n--;
	l->changes++;
}

void list_put(struct list *l, char *to, const struct tensor *t)
{
	struct tensor element = l->like;
	element.data = to;
	tensor_copy(&element, t);
}

void list_take(const struct list *l, const struct tensor *t, int64_t at)
{
	struct tensor element = l->like;
	if (at < 0 || at >= l->n) {
		memset(t->data, 0, tensor_bytes(t)); /* a result of an op is packed */
		return;
	}
	element.data = l->at + (size_t)at * l->each;
	struct tensor to = *t;
	tensor_copy(&to, &element);
}

void list_all(const struct list *l, const struct tensor *t)
{
	const size_t room = tensor_bytes(t), each = tensor_bytes(&l->like), have = (size_t)l->n * each;
	const size_t n = have < room ? have : room;
	if (n) memcpy(t->data, l->at, n);
	if (n < room) memset(t->data + n, 0, room - n); /* of a run that will find another length */
}

bool list_out(struct plan *p, const struct list *l, struct datum *d, struct err *e)
{
	struct tensor *t = &d->out;
	int64_t dim[MAX_RANK] = {l->n};
	bool tensors = l->elem == K_TENSOR;
	if (tensors) memcpy(dim + 1, l->like.dim, l->like.rank * sizeof *dim);
	d->kind = K_NONE;
	d->elem = l->elem;
	d->alias = -1;
	t->st = NULL;
	if (!tensor_shape(t, tensors ? (enum dtype)l->like.dtype : I64, tensors ? l->like.rank + 1 : 1, dim, e) ||
	    !tensor_alloc(p->mem, t, e))
		return false;
	if (tensor_bytes(t)) memcpy(t->data, l->at, tensor_bytes(t));
	d->kind = K_LIST;
	return true;
}

bool plan_settle(struct plan *p, struct err *e)
{
	for (uint32_t i = 0; i < p->nwrite; i++) {
		struct write_slot *s = &p->write[i];
		if (!s->pending) continue;
		s->pending = false;
		const struct list *l = &p->list.at[s->list];
		bool ok = l->changes == s->changes ? list_out(p, l, &s->value, e)
		                                   : fail(e, "internal error: a list changed after it was written");
		if (!ok) return s->set = false;
	}
	return true;
}

void list_free(struct plan *p)
{
	for (uint32_t i = 0; i < p->list.n; i++) {
		struct list *l = &p->list.at[i];
		mem_free(p->mem, l->at, (size_t)l->cap * l->each);
		l->at = NULL;
		l->n = l->cap = 0;
	}
}
