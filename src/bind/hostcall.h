/* Host calls of a running graph, between the executor and the prelude. */
#ifndef BIND_HOSTCALL_H
#define BIND_HOSTCALL_H
#include "bind/tensor.h"
#include "bind/trace.h"
#include "exec/exec.h"

/* The host calls of one run. */
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
	struct buf *held;        /* what was printed and is held back */
	bool (*print)(void *ud, const char *s, size_t n); /* what was held back */
	bool (*out)(void *ud, const char *s, size_t n);   /* what the run prints */
	/* Pushes the writes that are not real yet, in the order they were made, or nil; they are forgotten then. `run`:
	   stack index of the same table. */
	void (*push_writes)(lua_State *L, struct host_call *h, int run);
};
bool hostcall_run(void *ud, int64_t number, const struct datum *in, int nin, const struct type *want, struct datum *out,
                  int nout, struct err *e); /* for struct run_env; ud: a struct host_call */
bool hostcall_read(void *ud, int64_t number, const union word *in, union word *out, struct err *e); /* likewise */
bool hostcall_flush(struct host_call *h); /* prints what was held back */
/* the type that a string or list says, as the prelude gives types of results */
void hostcall_type(lua_State *L, int idx, struct type *t);
/* the number of the string at the top among those of the run whose table is at `run` */
bool hostcall_string(lua_State *L, int run, int64_t *number, struct err *e);
void hostcall_open(lua_State *L, moon_context *c); /* functions into the table at the top */
#endif
