/* The state of one reverse walk, and the uses whose gradients are gathered. Inside src/grad only. */
#ifndef GRAD_BACK_H
#define GRAD_BACK_H
#include "grad/rule.h"

enum use_kind { USE_PRODUCT, USE_SUM, USE_ROWS, USE_KINDS };
struct use {
	enum use_kind kind;
	ref a, dy;     /* the left operand or the row numbers; the gradient of the use's result */
	uint32_t next; /* the next use of the value, 1-based; 0: none */
};

struct back {
	struct step s;
	struct arena *mem;
	uint8_t *mark;  /* per value: FREE, DEPENDS or WRT */
	ref *adj;       /* per value: its gradient so far, without gathered uses */
	uint32_t *node; /* marked nodes of the open region, in order */
	uint32_t count;
	struct use *use;
	uint32_t nuse, *first, *last; /* per value: its uses in `use`, 1-based */
};

/* gather.c */
bool gather_start(struct back *k, uint32_t uses, uint32_t values);
bool gather_operand(struct back *k, uint32_t i);                      /* the step's operand i is taken care of */
bool gather_fit(struct back *k, ref v, ref d, const struct type *to); /* d, to be summed over leading dims, is */
bool gather_finish(struct back *k, ref v);                            /* adj[v] becomes complete */
#endif
