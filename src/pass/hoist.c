/* What every trip of a loop computes anew from values of before the loop is computed once, before it: pure nodes that
   can't fail. A loop that turns out to have no trips has computed them in vain. */
#include "pass/rebuild.h"

static bool has_loops(const struct graph *g)
{
	for (uint32_t i = 1; i < g->node.n; i++)
		if (g->node.at[i].op == OP_while && !g->node.at[i].dead) return true;
	return false;
}

bool pass_hoist(struct graph *g, struct err *e)
{
	if (!has_loops(g)) return true;
	struct rebuild b = {.from = g, .e = e};
	bool ok = false;
	arena_init(&b.scratch, g->mem);
	if (!(b.hoisted = arena_new(&b.scratch, g->node.n))) fail_memory(e, g->node.n);
	else if ((b.to = graph_new(g->mem, false, e))) {
		b.to->nofold = true;
		ok = rebuild_graph(&b);
		graph_free(b.to);
	}
	arena_free(&b.scratch);
	return ok;
}
