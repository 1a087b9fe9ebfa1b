/* Between the driver and the rules: one forward node on its way back, and the words
   rules are written in. A word given a 0 (an earlier one failed) gives 0, so that rules
   need no checks; the driver looks at `bad` once per node. */
#ifndef GRAD_RULE_H
#define GRAD_RULE_H
#include "grad/grad.h"

struct step {
	struct gbuild *b;
	struct err *e;
	bool bad;
	struct node n;    /* a copy: the graph's arrays move while a rule builds */
	const ref *in;    /* its operands */
	const bool *want; /* which of them need a gradient */
	ref y, dy;        /* its result and the gradient of that */
	ref *dx;          /* to fill, in any shape that sums down to the operand's; 0 = no gradient */
	const ref *sofar; /* what later nodes gave the operand already, 0 = nothing yet */
	bool *whole;      /* set when dx[i] includes sofar[i] and has the operand's shape */
};
typedef void grad_fn(struct step *s);
extern grad_fn *const grad_rule[OP_COUNT]; /* rules.c; NULL = no gradient flows */

/* words.c */
static inline int64_t attr_of(const struct step *s, uint32_t i) { return node_attr(s->b->g, &s->n, i); }
static inline struct type type_of(const struct step *s, ref v) { return *graph_type(s->b->g, v); }
ref grad_node(struct step *s, enum op op, const ref *in, int nin, const int64_t *attr, int nattr);
ref grad_1(struct step *s, enum op op, ref a);
ref grad_2(struct step *s, enum op op, ref a, ref b);
ref grad_3(struct step *s, enum op op, ref a, ref b, ref c);
ref grad_number(struct step *s, double v); /* rank 0, of the dtype of the result */
/* the product of lengths; marks the step when no length is that */
int64_t grad_count(struct step *s, const int64_t *dim, int n);
/* is the product? From here on unknown lengths are such that it is */
bool grad_at_most(struct step *s, const int64_t *dim, int n, int64_t most);
ref grad_zeros(struct step *s, const struct type *t);
ref grad_reshape(struct step *s, ref a, int rank, const int64_t *dim); /* `a` itself when it has that shape */
ref grad_transpose(struct step *s, ref a);                             /* the last two dims */
ref grad_sum(struct step *s, ref a, int64_t mask, bool keep);
ref grad_spread(struct step *s, ref a, const struct type *to, int64_t mask, bool kept); /* undoes a reduction's shape */
ref grad_fit(struct step *s, ref a, const struct type *to); /* undoes broadcasting: sums down to a shape */
#endif
