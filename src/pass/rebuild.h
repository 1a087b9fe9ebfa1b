/* Rewriting by rebuilding: a pass walks the old graph and makes a new one through the builder,
   which then takes the old one's place; so a pass that fails leaves the graph as it was, and ids
   stay dense. Inside src/pass only. */
#ifndef PASS_REBUILD_H
#define PASS_REBUILD_H
#include "pass/pass.h"

struct rebuild {
	struct graph *from, *to;
	struct arena scratch;
	struct err *e;
	ref *map;              /* old value to new */
	bool fold;             /* resolve control flow that is known */
	const int64_t *length; /* by number: what unknown lengths are from now on; NULL: they stay */
	/* may replace the new operands of old node n; or NULL */
	bool (*operands)(struct rebuild *b, const struct node *n, ref *in);
	/* by node: copied before the loop it stood in; NULL: they stay */
	bool *hoisted;
	/* what to leave out; NULL: nothing */
	const bool *keep; /* by node */
	const bool *need; /* by value */
};
bool rebuild_graph(struct rebuild *b); /* `from` becomes the new graph */
bool rebuild_into(struct rebuild *b);  /* the new graph is made in `to`, which has the strings and sites of `from` */
/* The whole of a pass that analyses nothing beforehand: `how` has fold and operands; nofold
   switches those rules of the new graph's builder off. */
bool rebuild_pass(struct graph *g, struct rebuild how, bool nofold, struct err *e);
#endif
