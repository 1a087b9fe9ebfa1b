/* Objects: tables that a running graph reaches by their fields, without entering Lua functions. */
#ifndef BIND_OBJECT_H
#define BIND_OBJECT_H
#include "bind/bind.h"
#include "exec/exec.h"

struct objects; /* those of a runner: what its graph reads, and the tables met in a run */

struct objects *object_new(struct mem *m); /* NULL: no memory */
/* From the lists of reads, of numbers of inputs that are objects and of slots whose tables the graph writes, at stack
   index `lists` and behind; ninput: of the graph. The values that it needs go into the table at `keys`. Raises. */
void object_fill(lua_State *L, struct objects *o, int lists, int ninput, int keys);
struct objects *object_share(struct mem *m,
                             const struct objects *from); /* for another run of the same graph; or NULL */
void object_free(struct objects *o);
/* A run begins: pushes what it needs. keys: index of the table given to object_fill; run: of the run's table, whose
   field `nodes` becomes the list of the tables met; slots follow index `first`. */
void object_begin(lua_State *L, struct objects *o, int keys, int run, int first);
bool object_input(const struct objects *o, int input);
/* the number of the table at idx in this run */
bool object_number(lua_State *L, struct objects *o, int idx, int64_t *number, struct err *e);
/* Read `number` (from 0) of an object. false: e says why. The first: without tensors; results are zero before. */
bool object_read(lua_State *L, moon_context *c, struct objects *o, int64_t number, const union word *in,
                 union word *out, struct err *e);
bool object_read_data(lua_State *L, moon_context *c, struct objects *o, int64_t number, const struct datum *in,
                      const struct type *want, struct datum *out, int nout, struct err *e);
/* Did the run stop at an object? UNFIT: it is not what the graph was made for, and the run's table has it in its field
   `met`: {number of the read, value}. REFUSED: it can't be staged. */
enum object_end { OBJECT_FINE, OBJECT_UNFIT, OBJECT_REFUSED };
enum object_end object_end(const struct objects *o);
#endif
