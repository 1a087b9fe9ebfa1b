/* A small product copies a transposed operand before it multiplies (the bits of BLAS's kernels for small
   matrices depend on how operands lie). Here that copy becomes a node, so that products which share
   the operand, as the steps of a recurrence share its weights, share the copy. */
#include "kernels/kernels.h"
#include "pass/rebuild.h"

static bool pack_operands(struct rebuild *b, const struct node *n, ref *in)
{
	struct graph *t = b->to;
	if (n->op != OP_matmul) return true;
	const struct type x = *graph_type(t, in[0]), y = *graph_type(t, in[1]);
	if (x.rank != 2 || y.rank != 2 || x.dtype == I64 || !k_product_packed_only(x.dim[0], y.dim[1], x.dim[1])) return true;
	for (int i = 0; i < 2; i++)
		if (graph_node_of(t, in[i])->op == OP_permute && !(in[i] = graph_op(t, OP_contiguous, &in[i], 1, NULL, 0, b->e)))
			return false;
	return true;
}

bool pass_pack(struct graph *g, struct err *e) { return rebuild_pass(g, (struct rebuild){.operands = pack_operands}, true, false, e); }
