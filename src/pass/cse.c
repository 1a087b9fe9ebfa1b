/* Equal pure nodes become one: the builder's hash-consing over the whole graph. A node is shared
   with an equal one before it in its region or one around it, so what may raise has raised there. */
#include "pass/rebuild.h"

bool pass_cse(struct graph *g, struct err *e) { return rebuild_pass(g, (struct rebuild){0}, true, false, e); }
