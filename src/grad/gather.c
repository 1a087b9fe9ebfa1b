/* Gradients that several uses of one value send it, made in one go. A recurrent network uses its weights at
   every step; one product over the rows of all steps takes the place of a small product and a sum a step.
   So for the right operand of a product of matrices, the table that rows are looked up in, and a
   bias that is added to many rows. Uses are gathered in the order of the visits. */
#include "grad/back.h"

enum { LONG = 1024 }; /* rows of one use from which copying them together costs more than it saves */

bool gather_start(struct back *k, uint32_t uses, uint32_t values)
{
	k->use = arena_new(k->mem, (uses + 1) * sizeof *k->use);
	k->first = arena_new(k->mem, values * sizeof *k->first);
	k->last = arena_new(k->mem, values * sizeof *k->last);
	k->nuse = 0;
	return (k->use && k->first && k->last) || fail_memory(k->s.e, uses * sizeof *k->use);
}

static bool keep(struct back *k, ref v, enum use_kind kind, ref a, ref dy)
{
	uint32_t i = ++k->nuse; /* 0 is none */
	k->use[i - 1] = (struct use){.kind = kind, .a = a, .dy = dy};
	if (k->last[v]) k->use[k->last[v] - 1].next = i;
	else k->first[v] = i;
	k->last[v] = i;
	return true;
}

bool gather_operand(struct back *k, uint32_t i)
{
	struct step *s = &k->s;
	const struct type a = type_of(s, s->in[0]);

	if (s->n.op == OP_matmul && i == 1 && a.rank == 2 && type_of(s, s->in[1]).rank == 2 &&
	    grad_at_most(s, a.dim, 1, LONG))
		return keep(k, s->in[1], USE_PRODUCT, s->in[0], s->dy);
	if (s->n.op == OP_index && i == 0 && attr_of(s, 0) == 0) return keep(k, s->in[0], USE_ROWS, s->in[1], s->dy);
	return false;
}

bool gather_fit(struct back *k, ref v, ref d, const struct type *to)
{
	const struct type t = type_of(&k->s, d);
	const int lead = t.rank - to->rank;

	if (lead < 1 || to->rank == 0) return false;
	for (int i = lead; i < t.rank; i++)
		if (t.dim[i] != to->dim[i - lead]) return false;
	return grad_at_most(&k->s, t.dim, lead, LONG) && keep(k, v, USE_SUM, 0, d);
}

/* All `what` of one kind of uses of v under one another: the leading `lead` dims of each become rows. */
static ref together(struct back *k, ref v, enum use_kind kind, bool index, int tail, const int64_t *dim)
{
	struct step *s = &k->s;
	const int64_t axis = 0;
	int64_t shape[MAX_RANK];
	uint32_t n = 0;
	ref *all;

	for (uint32_t i = k->first[v]; i; i = k->use[i - 1].next) n += k->use[i - 1].kind == kind;
	all = arena_new(k->mem, n * sizeof *all);
	if (!all) {
		s->bad = true;
		fail_memory(s->e, n * sizeof *all);
		return 0;
	}
	n = 0;
	for (int i = 0; i < tail; i++) shape[i + 1] = dim[i];
	for (uint32_t i = k->first[v]; i; i = k->use[i - 1].next) {
		const struct use *u = &k->use[i - 1];
		if (u->kind != kind) continue;
		ref x = index ? u->a : u->dy;
		struct type t = type_of(s, x);
		shape[0] = grad_count(s, t.dim, t.rank - tail);
		all[n++] = grad_reshape(s, x, 1 + tail, shape);
	}
	return n == 1 ? all[0] : grad_node(s, OP_cat, all, (int)n, &axis, 1);
}

static void add(struct back *k, ref v, ref d) { k->adj[v] = k->adj[v] ? grad_2(&k->s, OP_add, k->adj[v], d) : d; }

bool gather_finish(struct back *k, ref v)
{
	struct step *s = &k->s;
	const struct type t = type_of(s, v);
	bool has[USE_KINDS] = {false};
	const int64_t axis = 0;

	for (uint32_t i = k->first[v]; i; i = k->use[i - 1].next) has[k->use[i - 1].kind] = true;
	s->y = v;
	if (has[USE_PRODUCT]) {
		ref a = together(k, v, USE_PRODUCT, true, 1, &t.dim[0]);
		add(k, v, grad_2(s, OP_matmul, grad_transpose(s, a), together(k, v, USE_PRODUCT, false, 1, &t.dim[1])));
	}
	if (has[USE_SUM]) add(k, v, grad_sum(s, together(k, v, USE_SUM, false, t.rank, t.dim), 1, false));
	if (has[USE_ROWS]) {
		ref in[3] = {k->adj[v] ? k->adj[v] : grad_zeros(s, &t)};
		in[1] = together(k, v, USE_ROWS, true, 0, NULL);
		in[2] = together(k, v, USE_ROWS, false, t.rank - 1, t.dim + 1);
		k->adj[v] = grad_node(s, OP_index_add, in, 3, &axis, 1);
	}
	k->first[v] = k->last[v] = 0;
	return !s->bad;
}
