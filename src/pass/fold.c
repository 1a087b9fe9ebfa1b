/* Constants through the graph: Lua arithmetic on constants and exact algebra (the builder's own
   rules, applied again now that more is known), branches and loops whose tests became known, and
   joined values that are the same on every path. */
#include "pass/rebuild.h"

bool pass_fold(struct graph *g, struct err *e)
{
	struct rebuild b = {.from = g, .e = e, .fold = true};
	if (!(b.to = graph_new(g->mem, false, e))) return false;
	b.to->nocons = true;
	arena_init(&b.scratch, g->mem);
	bool ok = rebuild_graph(&b);
	arena_free(&b.scratch);
	graph_free(b.to);
	return ok;
}
