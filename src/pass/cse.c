/* Equal pure nodes become one: the builder's hash-consing over the whole graph. A node is shared
   with an equal one before it in its region or one around it, so what may raise has raised there. */
#include "pass/rebuild.h"

bool pass_cse(struct graph *g, struct err *e)
{
	struct rebuild b = {.from = g, .e = e};
	if (!(b.to = graph_new(g->mem, false, e))) return false;
	b.to->nofold = true;
	arena_init(&b.scratch, g->mem);
	bool ok = rebuild_graph(&b);
	arena_free(&b.scratch);
	graph_free(b.to);
	return ok;
}
