/* The words gradient rules are written in: small nodes with the attribute words worked
   out. Each gives 0 when an operand is 0, and marks the step when building fails. */
#include "grad/rule.h"
#include <string.h>

ref grad_node(struct step *s, enum op op, const ref *in, int nin, const int64_t *attr, int nattr)
{
	ref r;

	for (int i = 0; i < nin; i++)
		if (!in[i]) return 0;
	if (s->bad) return 0;
	r = s->b->op(s->b, op, in, nin, attr, nattr, s->e);
	if (!r) s->bad = true;
	return r;
}

ref grad_1(struct step *s, enum op op, ref a) { return grad_node(s, op, &a, 1, NULL, 0); }

ref grad_2(struct step *s, enum op op, ref a, ref b)
{
	const ref in[] = {a, b};
	return grad_node(s, op, in, 2, NULL, 0);
}

ref grad_3(struct step *s, enum op op, ref a, ref b, ref c)
{
	const ref in[] = {a, b, c};
	return grad_node(s, op, in, 3, NULL, 0);
}

ref grad_number(struct step *s, double v)
{
	enum dtype dt = type_of(s, s->y).dtype;
	const int64_t attr = dt;
	union word w = {.f = v};
	ref r;

	if (s->bad) return 0;
	if (s->b->number) {
		r = s->b->number(s->b, dt, v, s->e);
	} else {
		r = graph_const(s->b->g, K_FLOAT, w, s->e);
		if (r) r = s->b->op(s->b, OP_lift, &r, 1, &attr, 1, s->e);
	}
	if (!r) s->bad = true;
	return r;
}

int64_t grad_count(struct step *s, const int64_t *dim, int n)
{
	int64_t count = 1;
	for (int i = 0; i < n; i++) {
		if (length_mul(count, dim[i], &count)) continue;
		if (!s->bad) fail(s->e, "there is no length that is the product of these");
		s->bad = true;
		return 0;
	}
	return count;
}

bool grad_at_most(struct step *s, const int64_t *dim, int n, int64_t most)
{
	int64_t count = grad_count(s, dim, n);
	if (s->bad) return false;
	if (!length_unknown(count)) return count <= most;
	graph_length_range(s->b->g, count, 0, most);
	return true;
}

ref grad_zeros(struct step *s, const struct type *t)
{
	int64_t attr[1 + MAX_RANK] = {t->dtype};
	ref zero = grad_number(s, 0);

	memcpy(attr + 1, t->dim, t->rank * sizeof *attr);
	return grad_node(s, OP_full, &zero, 1, attr, 1 + t->rank);
}

ref grad_reshape(struct step *s, ref a, int rank, const int64_t *dim)
{
	struct type t;

	if (!a) return 0;
	t = type_of(s, a);
	if (t.rank == rank && !memcmp(t.dim, dim, rank * sizeof *dim)) return a;
	return grad_node(s, OP_reshape, &a, 1, dim, rank);
}

ref grad_transpose(struct step *s, ref a)
{
	int64_t order[MAX_RANK];
	int rank;

	if (!a) return 0;
	rank = type_of(s, a).rank;
	for (int i = 0; i < rank; i++) order[i] = i;
	order[rank - 2] = rank - 1;
	order[rank - 1] = rank - 2;
	return grad_node(s, OP_permute, &a, 1, order, rank);
}

ref grad_sum(struct step *s, ref a, int64_t mask, bool keep)
{
	const int64_t attr[] = {mask, keep};
	return grad_node(s, OP_sum, &a, 1, attr, 2);
}

/* The dims reduced away come back as ones (unless they lead, where broadcasting adds them),
   then everything is repeated. Both are views. */
ref grad_spread(struct step *s, ref a, const struct type *to, int64_t mask, bool kept)
{
	int64_t dim[MAX_RANK];

	if (!a || !mask) return a;
	if (!kept && (mask & (mask + 1))) {
		for (int i = 0; i < to->rank; i++) dim[i] = mask >> i & 1 ? 1 : to->dim[i];
		a = grad_reshape(s, a, to->rank, dim);
	}
	if (!a) return 0;
	if (type_equal(graph_type(s->b->g, a), to)) return a;
	return grad_node(s, OP_expand, &a, 1, to->dim, to->rank);
}

ref grad_fit(struct step *s, ref a, const struct type *to)
{
	struct type t;
	int64_t mask = 0;
	int lead;

	if (!a) return 0;
	t = type_of(s, a);
	lead = t.rank - to->rank;
	for (int i = 0; i < t.rank; i++)
		if (i < lead || (to->dim[i - lead] == 1 && t.dim[i] != 1)) mask |= INT64_C(1) << i;
	if (mask) a = grad_sum(s, a, mask, lead == 0);
	return grad_reshape(s, a, to->rank, to->dim);
}
