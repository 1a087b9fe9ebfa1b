/* A small product copies a transposed operand before it multiplies (the bits of BLAS's kernels for small
   matrices depend on how operands lie). Here that copy becomes a node, so that products which share
   the operand, as the steps of a recurrence share its weights, share the copy. */
#include "kernels/kernels.h"
#include "pass/rebuild.h"

static bool small_product(const struct graph *g, const struct node *n, const ref *in)
{
	if (n->op != OP_matmul) return false;
	const struct type *x = graph_type(g, in[0]), *y = graph_type(g, in[1]);
	return x->rank == 2 && y->rank == 2 && x->dtype != I64 &&
	       k_product_packed_only(x->dim[0], y->dim[1], x->dim[1]);
}

static bool transposed(const struct graph *g, ref v) { return graph_node_of(g, v)->op == OP_permute; }

static bool pack_operands(struct rebuild *b, const struct node *n, ref *in)
{
	struct graph *t = b->to;
	if (!small_product(t, n, in)) return true;
	for (int i = 0; i < 2; i++)
		if (transposed(t, in[i]) && !(in[i] = graph_op(t, OP_contiguous, &in[i], 1, NULL, 0, b->e)))
			return false;
	return true;
}

bool pass_pack(struct graph *g, struct err *e)
{
	for (uint32_t id = 1; id < g->node.n; id++) {
		const struct node *n = &g->node.at[id];
		const ref *in = g->edge.at + n->in;
		if (!n->dead && small_product(g, n, in) && (transposed(g, in[0]) || transposed(g, in[1])))
			return rebuild_pass(g, (struct rebuild){.operands = pack_operands}, true, e);
	}
	return true;
}
