/* The graph: values, nodes, regions. Everything is an id into a growing array, so that
   copying, printing and side tables are trivial. Nodes of a region run in order; a region
   may use values of the regions around it. Only the top region and functions have no owner.

   Functions are regions of their own, beside the top one: they use no values of others. While a graph is built they
   stand inside of the region that they were opened in, and may use its values: graph_lift makes them parameters.

   if:     operand: bool. Region 0 runs when it is true, region 1 else; a region's yields
           are the node's results, so both yield the same types. A region may be dead: it
           ends in a raise (or holds a node that always raises) and then yields nothing.
   while:  operands: the initial values. Region 0 ("before"): parameters of those types, yields
           a bool and then the carried values after the test. Region 1 ("after"): parameters as
           carried, yields the values of the next turn. Results: the carried values
           when the test was false. A repeat is a while whose before region does the work.
   print:  text pieces to the context's output: attribute words >= 0 name a string, -1 takes
           the next operand (formatted as Lua's tostring does), -2 - n takes it by the format that
           string n is: one conversion of printf that fits an int or a float.
   raise:  word 0: 0 = an error message made of the pieces that follow, prefixed with the site's
           position when the next word is 1 ([0, positioned, piece...]); >= 1: an error value
           known to the caller by that number (operands are handed out with it).
   host:   [number]: the caller's function of that number is called with the operands and gives the results,
           of the types they have here. What was written so far is real by then; not so for a negative number: that
           is a read of what the graph does not write.
   call:   [number]: function `number` of the graph runs with the operands as its parameters; its yields are the
           results. It may call itself. A call of a function whose end is dead never comes back.
   write:  [location, constant]: the caller's location number gets the operand (constant -1), or the
           caller's constant number. The run keeps the last write of each location; the caller
           applies them after the run, also after one that raised. */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H
#include "op/op.h"

typedef uint32_t ref; /* a value; 0 is no value */

struct node {
	uint16_t op, nout;
	uint32_t nin, in;     /* operands: edge[in .. in+nin) */
	uint32_t nattr, attr; /* attribute words: word[attr ..) */
	ref out;              /* results: out .. out+nout */
	uint32_t region;      /* the region it stands in */
	uint32_t sub[2];      /* its own regions, 0 = none */
	uint32_t site;        /* line and file: site table, 0 = none */
	bool dead;            /* taken out by a pass */
};
struct value {
	uint32_t node; /* who makes it */
	uint32_t index;
	struct type type;
};
struct region {
	uint32_t parent, owner; /* region around it and node that owns it; 0 for the top */
	VEC(uint32_t) nodes;    /* in order; param nodes first */
	VEC(ref) params, yields;
	uint32_t first; /* nodes made since the region was opened have at least this number */
	uint32_t from;  /* nodes below this number are outside of the function that it is in */
	bool dead;      /* control never reaches its end */
	bool function;
};
struct site {
	uint32_t file; /* string id of the chunk's short name */
	/* 0: `file` is what a call of coroutine.wrap's function puts before messages; pcall: around that call */
	int line;
	/* site of the pcall, or <close> variable, it was traced in: a failure there stops the run; 0 = none */
	uint32_t pcall;
	uint32_t closes; /* of a <close> variable: string id of its name + 1, else 0 */
	/* string id + 1: traceback lines of the staged calls it was traced in; 0 = not known. Not in the text form */
	uint32_t stack;
};

struct graph {
	struct mem *mem;
	bool plain;                        /* -O0: no hash-consing or folding while building */
	bool nofold, nocons;               /* the same by halves, for passes */
	bool loose;                        /* nodes were made without folding or hash-consing */
	int64_t length_least, length_most; /* unknown lengths are in this range; not in the text form */
	VEC(struct node) node;             /* [0] unused */
	VEC(struct value) value;           /* [0] unused */
	VEC(struct region) region;         /* [0] unused, [1] the top: its params are inputs, its yields results */
	VEC(uint32_t) func;                /* functions: their regions */
	VEC(ref) edge;
	VEC(int64_t) word;
	VEC(struct site) site; /* [0] unused */
	VEC(char *) string;    /* owned, NUL-terminated, interned; lengths beside */
	VEC(uint32_t) string_len;
	uint32_t at;            /* the open region */
	uint32_t line_site;     /* site given to new nodes */
	uint32_t last_site;     /* found or made last */
	uint32_t stack, closes; /* given to new sites */
	struct cons *cons;      /* tables of nodes, strings and sites: cons.c's own */
};
#define GRAPH_DEPTH 180         /* regions within regions */
#define GRAPH_LOCATIONS 1000000 /* numbers of locations lie below */

/* graph.c */
struct graph *graph_new(struct mem *m, bool plain, struct err *e);
void graph_free(struct graph *g);
uint32_t graph_string(struct graph *g, const char *s, size_t n, struct err *e); /* UINT32_MAX on failure */
uint32_t graph_site(struct graph *g, uint32_t file, int line, uint32_t pcall,
                    struct err *e); /* becomes line_site; 0 on failure. file: a string's number */
uint32_t graph_add(struct graph *g, enum op op, const ref *in, int nin, const int64_t *attr, int nattr,
                   const struct type *out, int nout,
                   struct err *e); /* a node as it is, without folding or consing: its number, 0 on failure */
ref graph_add_param(struct graph *g, uint32_t region, const struct type *t,
                    struct err *e); /* after the region's other parameters, whatever it holds already */
void graph_length_range(struct graph *g, int64_t dim, int64_t least,
                        int64_t most); /* from here on, unknown lengths are such that this one is in the range */
bool graph_may_raise(
    const struct graph *g,
    const struct node *n); /* can this node fail at run time? false for a division by a constant, say */
static inline const struct type *graph_type(const struct graph *g, ref v) { return &g->value.at[v].type; }
static inline struct node *graph_node_of(const struct graph *g, ref v) { return &g->node.at[g->value.at[v].node]; }
static inline ref node_in(const struct graph *g, const struct node *n, uint32_t i) { return g->edge.at[n->in + i]; }
static inline int64_t node_attr(const struct graph *g, const struct node *n, uint32_t i)
{
	return g->word.at[n->attr + i];
}

/* build.c: nodes go to the open region. Pure nodes equal to one visible here are reused and
   constants folded, unless g->plain. 0 / false on failure with e filled. */
ref graph_param(struct graph *g, const struct type *t, struct err *e); /* of the open region */
ref graph_input(struct graph *g, const struct type *t, struct err *e); /* of the top region, from anywhere */
ref graph_const(struct graph *g, enum kind k, union word w, struct err *e);
ref graph_undef(struct graph *g, const struct type *t, struct err *e);
ref graph_op(struct graph *g, enum op op, const ref *in, int nin, const int64_t *attr, int nattr,
             struct err *e); /* first result; the others follow it */
bool graph_effect(struct graph *g, enum op op, const ref *in, int nin, const int64_t *attr, int nattr,
                  struct err *e); /* print raise write */
bool graph_host(struct graph *g, const ref *in, int nin, int64_t number, const struct type *out, int nout, ref *first,
                struct err *e); /* *first: the first result, 0 when there is none */
bool graph_is_const(const struct graph *g, ref v, union word *w);
uint32_t graph_open(struct graph *g, struct err *e); /* a new region inside the open one becomes the open one */
bool graph_close(struct graph *g, const ref *yield, int n, bool dead,
                 struct err *e); /* sets yields, reopens the parent */
ref graph_if(struct graph *g, ref cond, uint32_t yes, uint32_t no, struct err *e,
             bool *ok); /* results from the live region(s); first result or 0 when there are none */
ref graph_while(struct graph *g, const ref *init, int n, uint32_t before, uint32_t after, struct err *e, bool *ok);
bool graph_yield(struct graph *g, const ref *out, int n, bool dead, struct err *e); /* the top region's results */
uint32_t graph_open_function(struct graph *g,
                             struct err *e); /* likewise, a new function: the last of g->func. It is closed as regions
                                                are, and stands in the open one until graph_lift */
ref graph_call(struct graph *g, uint32_t number, const ref *in, int nin, const struct type *out, int nout,
               struct err *e,
               bool *ok); /* first result or 0 when there are none; what fits the function is known when it is closed */

/* A point to come back to: everything made since is forgotten (regions, nodes, values, strings stay interned). */
struct graph_mark {
	uint32_t node, value, region, func, edge, word, at, in_region;
};
struct graph_mark graph_mark(const struct graph *g);
void graph_rollback(struct graph *g, struct graph_mark m);

/* lift.c: values of other regions that functions use become parameters of theirs, and operands of their calls */
bool graph_lift(struct graph *g, struct err *e);

/* verify.c */
/* types: those that the builder infers are checked, too */
bool graph_verify(const struct graph *g, bool types, struct err *e);

/* text.c: prints and parses; print(parse(print(g))) == print(g). */
void graph_print(const struct graph *g, struct buf *b);
struct graph *graph_parse(struct mem *m, const char *text, struct err *e);
#endif
