/* The lists of a run. A call of a function is handed a list, and hands it back, without a copy, as long as no two have
   it at the same time. Appending doubles the room, so that it costs the same at any length; all room is given back when
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

static bool settle(struct plan *p, struct write_slot *s, struct err *e)
{
	const struct list *l = &p->list.at[s->list];
	s->pending = false;
	bool ok = l->changes == s->changes ? list_out(p, l, &s->value, e)
	                                   : fail(e, "internal error: a list changed after it was written");
	return ok || (s->set = false);
}

bool plan_settle(struct plan *p, struct err *e)
{
	for (uint32_t i = 0; i < p->nwrite; i++)
		if (p->write[i].pending && !settle(p, &p->write[i], e)) return false;
	return true;
}

/* Likewise what was written of list k, whose place gets other contents. */
static bool settle_list(struct plan *p, uint32_t k, struct err *e)
{
	for (uint32_t i = 0; i < p->nwrite; i++)
		if (p->write[i].pending && p->write[i].list == k && !settle(p, &p->write[i], e)) return false;
	return true;
}

void list_swap(struct plan *p, uint32_t a, uint32_t b)
{
	struct list l = p->list.at[a];
	p->list.at[a] = p->list.at[b];
	p->list.at[b] = l;
	for (uint32_t i = 0; i < p->nwrite; i++) {
		struct write_slot *s = &p->write[i];
		if (s->pending && (s->list == a || s->list == b)) s->list = s->list == a ? b : a;
	}
}

bool list_keep(struct plan *p, uint32_t k, bool copy, struct err *e)
{
	struct list *l = &p->list.at[k];
	struct kept_list kept = {l->at, l->n, l->cap, l->each};
	if (!settle_list(p, k, e)) return false;
	if (!vec_push(p->mem, &p->kept, kept)) return fail_memory(e, sizeof kept);
	struct list was = *l;
	l->at = NULL;
	l->n = l->cap = 0;
	l->changes++;
	return !copy || list_copy(p->mem, l, &was, e);
}

bool list_back(struct plan *p, uint32_t k, struct err *e)
{
	struct list *l = &p->list.at[k];
	if (!settle_list(p, k, e)) return false;
	struct kept_list kept = p->kept.at[--p->kept.n];
	mem_free(p->mem, l->at, (size_t)l->cap * l->each);
	l->at = kept.at;
	l->n = kept.n;
	l->cap = kept.cap;
	l->changes++;
	return true;
}

void list_free(struct plan *p)
{
	while (p->kept.n) {
		struct kept_list kept = p->kept.at[--p->kept.n];
		mem_free(p->mem, kept.at, (size_t)kept.cap * kept.each);
	}
	vec_free(p->mem, &p->kept);
	for (uint32_t i = 0; i < p->list.n; i++) {
		struct list *l = &p->list.at[i];
		mem_free(p->mem, l->at, (size_t)l->cap * l->each);
		l->at = NULL;
		l->n = l->cap = 0;
	}
}
