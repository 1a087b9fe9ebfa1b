/* Host calls of a running graph, between the executor and the prelude. */
#ifndef BIND_HOSTCALL_H
#define BIND_HOSTCALL_H
#include "bind/tensor.h"
#include "bind/trace.h"
#include "exec/exec.h"

/* What a run holds back of what it prints (hold.c): nothing, what it may have to take back, everything. */
enum hold { HOLD_NOT, HOLD_SOME, HOLD_ATTEMPT };
enum { RANDOM_BYTES = 32 }; /* of the state of math.random */

/* The host calls of one run, and what it has done. */
struct host_call {
	moon_context *c;
	lua_State *L;
	int run;      /* stack index of the table that the prelude knows the run by */
	bool failed;  /* a call raised an error: its value is on top of the stack */
	bool touched; /* something was done that can be seen */
	bool wrote;   /* a function wrote into a tensor of the run */
	void *runner;
	struct objects *objects; /* NULL: the graph knows none */
	const struct datum *in;  /* inputs of the run */
	int nin;
	struct host_call *outer; /* a function of it runs, too */
	enum hold how;
	struct buf held; /* what was printed and is held back */
	bool flush;      /* the output is to be flushed after that */
	bool lost;       /* it was too much, and is dropped: the run is to be made again */
	bool again;      /* likewise, and it has come to what can't be undone */
	struct rng rng;  /* the streams of random numbers before the run */
	unsigned char random[RANDOM_BYTES];
	/* Pushes the writes that are not real yet, in the order they were made, or nil; they are forgotten then. `run`:
	   stack index of the same table. */
	void (*push_writes)(lua_State *L, struct host_call *h, int run);
};
bool hostcall_run(void *ud, int64_t number, const struct datum *in, int nin, const struct type *want, struct datum *out,
                  int nout, struct err *e); /* for struct run_env; ud: a struct host_call */
bool hostcall_read(void *ud, int64_t number, const union word *in, union word *out, struct err *e); /* likewise */
void hostcall_push_list(lua_State *L, moon_context *c, const struct datum *d); /* its elements as a table */
/* the type that a string or list says, as the prelude gives types of results */
void hostcall_type(lua_State *L, int idx, struct type *t);
/* the number of the string at the top among those of the run whose table is at `run` */
bool hostcall_string(lua_State *L, int run, int64_t *number, struct err *e);
void hostcall_open(lua_State *L, moon_context *c); /* functions into the table at the top */
#endif
