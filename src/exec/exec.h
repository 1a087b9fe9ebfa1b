/* Plans: a graph made into a linear program over registers (Lua numbers) and slots of one
   arena (tensors), and running it. A run never enters Lua; it calls back for output only. */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H
#include "graph/graph.h"

struct plan;
/* copies what it needs from g, which is valid */
struct plan *plan_new(struct mem *m, const struct graph *g, struct err *e);
void plan_free(struct plan *p);

/* A value going in or out. In: tensor points at the caller's tensor (any strides, kept by the
   caller during the run). Out: tensor is filled with fresh contiguous storage that the caller owns (st). A list comes
   out as a tensor whose first dim is its length: of its elements, or, i64, of the words that they are. */
struct datum {
	uint8_t kind;  /* enum kind; K_NONE: nothing (a write slot not written) */
	uint8_t elem;  /* out, a list: the kind of its elements */
	bool moving;   /* in: the tensor is written while the run goes on, which is to see it as it was */
	int32_t alias; /* out: number of the input this result is (then `out` has no bytes), or -1 */
	union word w;
	struct tensor *in;
	struct tensor out;
};
#define CALLS_MOST 10000000 /* of functions of a graph in one another, unless another limit is set */
struct run_env {
	struct op_env op;
	uint64_t calls; /* how many may be in one another; 0: CALLS_MOST */
	void *ud;
	bool (*print)(void *ud, const char *s, size_t n); /* false: output failed, the run stops */
	/* Calls the host's function `number`. A tensor is the datum's `in`, of operands good during the call (a list
	   is `out`). The
	   results are filled in: of the types in `want`; a tensor's bytes must be good until the next call, or the end
	   of the run. false: e says why, and the run stops. NULL: there are no functions to call. */
	bool (*host)(void *ud, int64_t number, const struct datum *in, int nin, const struct type *want,
	             struct datum *out, int nout, struct err *e);
	/* The same for a negative number when there are no tensors among operands and results, which are zero before;
	   NULL: `host` is called. */
	bool (*read)(void *ud, int64_t number, const union word *in, union word *out, struct err *e);
};
enum { READ_OPERANDS = 2, READ_RESULTS = 12 }; /* of such a call at most */
struct write_slot {
	bool set;
	int64_t constant; /* the caller's constant number, or -1: value */
	uint64_t when;    /* order of the last write in the run */
	struct datum value;
	/* of a list: while the run goes on the value is the plan's list of that number, as long as it has changed so
	 * often */
	bool pending;
	bool follows; /* what is written next differs from it by one update only */
	uint32_t list;
	uint64_t changes;
};
/* How a run ended early. kind: ERR_RUN = message ready in e (with "file:line: " in front when it has a site). */
struct fault {
	struct err e;
	uint32_t line; /* 0: unknown */
	char file[200];
	int64_t value_number; /* >= 1: the raise node's error value number; 0: e.msg is the error */
	int64_t raised;       /* likewise, also where a pcall would catch it */
	struct buf text;      /* full message when longer than e.msg; n == 0: use e.msg. Caller frees. */
	bool caught;       /* a pcall that was traced would catch this, or a variable be closed: the message says so */
	size_t prefix;     /* how many bytes at the message's beginning calls of coroutines have put there */
	const char *stack; /* traceback lines of the staged calls, the plan's own; NULL: not known */
	int nvalues;       /* operands of the raise node */
	struct datum *values; /* plan's own, valid until the next run */
};
/* Runs. `in` has one datum a graph input, `out` one a result (need not be
   initialised; holds nothing after a failure). f->text is set up here and freed by the caller. Writes
   are in plan_writes() after the call, whether it succeeded or not; their storage is the plan's until the
   next run, unless the caller takes it (datum_release, or st moved away and cleared). One run at a time
   per plan. */
bool plan_run(struct plan *p, struct run_env *env, const struct datum *in, struct datum *out, struct fault *f);
int plan_inputs(const struct plan *p);
int plan_results(const struct plan *p);
bool plan_calls(const struct plan *p);                  /* is there a host call in it? */
struct write_slot *plan_writes(struct plan *p, int *n); /* indexed by location number */
bool plan_settle(struct plan *p, struct err *e);        /* in a host call, before its writes are looked at */
void datum_release(struct datum *d);                    /* drops a tensor's storage */
#endif
