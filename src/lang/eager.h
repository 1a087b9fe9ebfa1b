/* The eager form of a chunk: the same text with the expressions edited where a tensor could
   meet what stock Lua cannot overload (comparisons, conditions, bounds of numeric for). */
#ifndef LANG_EAGER_H
#define LANG_EAGER_H
#include "lang/ast.h"

/* What edited code refers to: locals of a wrapper round the chunk, tied by the loader.
   SENTINEL == x: is x overloaded?  TRUTH ~= x: is x true (x not nil, not false)?
   SOME: has there ever been an overloaded value?  STASH: false, or the mask of the comparison just made.
   TAKE(mask, how) empties the stash; EQ(a, b, how), NE(a, b, how): how nil: the mask; 1: its truth; 2: the mask if
   true, else false. Where a user's __eq decides they say false, PENDING is true, LEFT and RIGHT are the operands, for
   Lua itself to compare in the user's function; DONE(x) empties the three and gives x.  PICK(x): x, or false when x is
   overloaded and not true.  NUMBER(x): x, or the number in a tensor.
   AUTO[ordinal], asked once SOME is true: false, or the function that may run a call of that function as a graph. What
   it gives becomes RUN and VALUE: nothing when the body is to run; true and the one result; or what RESULTS makes the
   results of.
 */
enum eager_name {
	EAGER_SENTINEL,
	EAGER_TRUTH,
	EAGER_SOME,
	EAGER_STASH,
	EAGER_TAKE,
	EAGER_EQ,
	EAGER_NE,
	EAGER_PICK,
	EAGER_NUMBER,
	EAGER_PENDING,
	EAGER_LEFT,
	EAGER_RIGHT,
	EAGER_DONE,
	EAGER_RESULTS,
	EAGER_CELLS, /* those before are cells that all edited code shares */
	EAGER_AUTO = EAGER_CELLS,
	EAGER_RUN,
	EAGER_VALUE,
	EAGER_NAMES
};
/* The names as they stand in the text; `suffix` makes them names the chunk does not use. */
struct eager_names {
	char s[EAGER_NAMES][24];
};

/* Appends the chunk in eager form to out, wrapped so that running the result gives the chunk's function:
   "local names... return function(...) TEXT end". *edited false: out is the text itself, byte for byte, without
   wrapper. autos: functions with parameters begin by asking AUTO. */
bool eager_rewrite(struct mem *m, const struct chunk *c, bool autos, struct eager_names *names, struct buf *out,
                   bool *edited, struct err *e);

/* Has f, or a function it is in, so many upvalues that it is left as it is? */
bool eager_full(const struct func *f);

/* infer.c: which values variables, table elements and results of functions can have. */
enum {
	CAN_NIL = 1,
	CAN_BOOL = 2,
	CAN_NUMBER = 4,
	CAN_STRING = 8,
	CAN_OBJECT = 16,
	CAN_ANY = 32
}; /* OBJECT: table or function; ANY: overloaded too */
struct infer {
	struct mem *mem;
	const struct chunk *c;
	uint8_t *var, *elem; /* by variable: itself; the elements of the tables it holds (at its root) */
	uint32_t *root;      /* by variable: variables that may hold one table share a root */
	uint8_t *escapes;    /* by variable: a function that is not only called */
	uint8_t *result;     /* by function: its first result */
	bool env;            /* the chunk has a local _ENV */
};
bool infer_open(struct infer *in, struct mem *m,
                const struct chunk *c); /* false: out of memory; infer_close all the same */
void infer_close(struct infer *in);
uint8_t infer(const struct infer *in, const struct ast *e);            /* what e can be in eager form */
bool infer_plain_compare(const struct infer *in, const struct ast *e); /* a comparison that needs no edit */

/* May the text of an operand stand twice in the eager form? It must be short and on one line, without comments. */
bool eager_twice(const struct chunk *c, const struct ast *e);
#endif
