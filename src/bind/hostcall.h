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
	int run;     /* stack index of the table that the prelude knows the run by */
	bool failed; /* a call raised an error: its value is on top of the stack */
	bool wrote;  /* a function wrote into a tensor of the run */
	void *runner;
	const struct datum *in; /* inputs of the run */
	int nin;
	struct host_call *outer; /* a function of it runs, too */
	/* Pushes the writes that are not real yet, in the order they were made, or nil; they are forgotten then. `run`:
	   stack index of the same table. */
	void (*push_writes)(lua_State *L, struct host_call *h, int run);
};
bool hostcall_run(void *ud, int64_t number, const struct datum *in, int nin, const struct type *want, struct datum *out,
                  int nout, struct err *e);        /* for struct run_env; ud: a struct host_call */
void hostcall_open(lua_State *L, moon_context *c); /* functions into the table at the top */
#endif
