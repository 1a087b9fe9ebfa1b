/* Passes: each rewrites a graph in place and keeps its meaning bit for bit. */
#ifndef PASS_PASS_H
#define PASS_PASS_H
#include "graph/graph.h"

/* fold.c: Lua scalars and branches known to the graph; equal pure nodes become one */
bool pass_fold(struct graph *g, struct err *e);
bool pass_dce(struct graph *g, struct err *e);  /* dce.c: nodes nobody needs, unused loop variables and if results */
bool pass_hoist(struct graph *g, struct err *e); /* hoist.c: what loops compute anew in every trip, though always alike */
bool pass_pack(struct graph *g, struct err *e); /* pack.c: copies of transposed operands of small products, made once */

/* lengths.c: a new graph, g where unknown length number i is length[i]. What the shape rules refuse then is raised when
   it runs, at its place. */
struct graph *pass_lengths(const struct graph *g, const int64_t *length, struct err *e);

/* pipeline.c: the table of passes; level 0 runs none, 2 all. Debug builds verify after each. */
bool pass_run(struct graph *g, int level, struct err *e);
#endif
