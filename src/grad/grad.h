/* Reverse mode. One rule per op (column GRAD of ops.def) builds the gradient through a
   builder; the staged builder adds nodes to the graph, the eager one computes as well. */
#ifndef GRAD_GRAD_H
#define GRAD_GRAD_H
#include "graph/graph.h"

struct gbuild {
	struct graph *g; /* where the forward nodes and their types are */
	void *ud;
	/* Adds an op (and in eager mode runs it); the first result, 0 with e filled on failure. */
	ref (*op)(struct gbuild *b, enum op op, const ref *in, int nin, const int64_t *attr, int nattr, struct err *e);
	/* A number as a rank-0 tensor, to be an operand only. NULL: a constant and its lift in g. */
	ref (*number)(struct gbuild *b, enum dtype dt, double v, struct err *e);
	/* working memory whose owner survives an `op` that jumps out; NULL: taken and freed here */
	struct arena *scratch;
};
/* Gradients of the rank-0 float `loss` with respect to wrt[i], put in dx[i]: every node made between
   `from` (a node number) and now, in the open region. Values the loss does not depend on get zeros.
   The values in wrt count as independent: nothing flows back through the node that made one.
   A staged if or while on the way is an error naming its line.

   Gradients that meet are added in an order fixed by the order of the forward nodes. A graph that
   merges equal forward nodes while they are made adds in another order than one that does not:
   whoever wants the bits of the tape sets g->plain from `from` to this call, and merges later. */
bool grad_backward(struct gbuild *b, uint32_t from, ref loss, const ref *wrt, int n, ref *dx, struct err *e);
bool grad_depends(const struct graph *g, uint32_t from, const ref *wrt, int n, ref v, bool *depends,
                  struct err *e); /* would a gradient from `from` on, in the open region, flow through v? */
/* the staged builder's op: graph_op on b->g */
ref grad_graph_op(struct gbuild *b, enum op op, const ref *in, int nin, const int64_t *attr, int nattr, struct err *e);
bool grad_flows(enum op op); /* does it have a rule? */
/* can there be a gradient with respect to such a value? */
bool grad_wrt_type(struct mem *m, const struct type *t, struct err *e);
#endif
