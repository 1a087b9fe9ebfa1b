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
};
/* Gradients of the rank-0 float `loss` with respect to wrt[i], put in dx[i]: every node made between
   `from` (a node number) and now, in the open region. Values the loss does not depend on get zeros.
   A staged if or while on the way is an error naming its line. */
bool grad_backward(struct gbuild *b, uint32_t from, ref loss, const ref *wrt, int n, ref *dx, struct err *e);
ref grad_graph_op(struct gbuild *b, enum op op, const ref *in, int nin, const int64_t *attr, int nattr, struct err *e); /* the staged builder's op: graph_op on b->g */
#endif
