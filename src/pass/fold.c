/* Constants through the graph: Lua arithmetic on constants and exact algebra (the builder's own
   rules, applied again now that more is known), branches and loops whose tests became known, and
   joined values that are the same on every path. What becomes equal by that, and what was before, is shared
   by the builder's hash-consing: a node is shared with an equal one before it in its region or one around it, so what
   may raise has raised there. */
#include "pass/rebuild.h"

bool pass_fold(struct graph *g, struct err *e) { return rebuild_pass(g, (struct rebuild){.fold = true}, false, e); }
