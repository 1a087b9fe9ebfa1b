/* A trace: the graph under construction and the hooks by which C asks the prelude. */
#ifndef BIND_TRACE_H
#define BIND_TRACE_H
#include "bind/bind.h"

/* Inputs are met anywhere, also inside regions and in rounds that are thrown away, but are
   parameters of the top region: so a number of them is made beforehand and given types when met.
   The prelude restarts the trace with more when they run out. */
struct trace {
	struct graph *g;
	uint32_t serial;
	uint32_t ninput, used; /* made, given a type */
	uint32_t pcall;        /* site of the innermost pcall or <close> variable being traced, 0 = none */
	uint64_t calls;        /* functions entered so far */
	uint64_t effort;       /* what was done for the nodes there are: ops, regions, calls */
	uint64_t wasted;       /* what was done for those that were thrown away */
	uint32_t born;         /* handles of tensors made so far */
	struct {               /* the stack computed last: it holds in this frame until another function is entered */
		const void *frame, *function;
		uint64_t calls;
	} stack;
	struct { /* the user's function that nodes were made in last, and the string that names its file */
		const void *function;
		uint32_t file;
	} user;
	ref *input;
	int nlength;               /* unknown lengths: their numbers are at most this */
	int64_t shortest, longest; /* of the lengths that are unknown, in the call that is traced; longest 0: none is */
	bool inplace; /* tensors are written in place: a handle's value may be another than the one it was made with */
	bool moving;  /* there are views at positions that only the run knows */
};

/* Functions of the prelude that C calls, as registry references. */
enum trace_hook {
	HOOK_FLUSH,
	HOOK_WRAP,
	HOOK_NEED,
	HOOK_UNSUPPORTED,
	HOOK_OUTER,
	HOOK_MISS,
	HOOK_SAME,
	HOOK_FINISH,
	HOOK_HOST,
	HOOK_VALUE,
	HOOK_WRITABLE,
	HOOK_STORE,
	HOOK_VIEW,
	HOOK_STACK,
	HOOK_OPERAND,
	HOOK_INTEGER,
	HOOK_EXACT,
	HOOK_DIVISOR,
	HOOK_SCAN,
	HOOK_CHOSEN,
	HOOK_REFUSE,
	HOOK_COUNT
};

struct trace *trace_active(lua_State *L, moon_context *c); /* raises when there is none */
bool trace_where(lua_State *L, lua_Debug *ar);             /* innermost frame of user code */
/* the value at idx as a graph value: traced tensor, symbolic or plain number or boolean; raises */
ref trace_ref(lua_State *L, moon_context *c, int idx);
/* pushes its handle; a graph constant becomes a plain Lua value */
void trace_push(lua_State *L, moon_context *c, ref v);
void trace_site(lua_State *L, struct trace *t); /* nodes made next stand at the user's line */
/* likewise, nodes that may fail: they know the calls they stand in */
void trace_failing_site(lua_State *L, moon_context *c, struct trace *t);
void trace_forget(lua_State *L);                       /* the trace is over: lets go of the user's function */
void trace_open_region(lua_State *L, moon_context *c); /* region.c: functions into the table at the top */
void trace_open_where(lua_State *L, moon_context *c);  /* where.c: functions into the table at the top */
/* sym.c: metatables of symbolic values; functions into the table at the top */
void trace_open_sym(lua_State *L, moon_context *c);
struct sym *trace_sym(lua_State *L, moon_context *c, int idx);    /* NULL when it is none */
void trace_check(lua_State *L, moon_context *c, uint32_t serial); /* raises when the handle is of another trace */
/* raises */
ref trace_emit(lua_State *L, moon_context *c, enum op op, const ref *in, int nin, const int64_t *attr, int nattr);
void trace_type(lua_State *L, moon_context *c, int idx, struct type *t); /* type of an eager tensor or of a handle */
/* as Lua names it in messages; symbolic values by what they stand for */
const char *trace_type_name(lua_State *L, int idx);
void trace_open_run(lua_State *L, moon_context *c);   /* run.c: plans and calls, into the table at the top */
void trace_open_guard(lua_State *L, moon_context *c); /* guard.c: likewise */
/* offset of the eager tensor in its storage, which has n elements; pushes what stands for the storage */
int64_t trace_place(lua_State *L, moon_context *c, int idx, int64_t *n);
/* a tensor of rank 1 over all of the storage of the eager one at idx */
void trace_push_whole(lua_State *L, moon_context *c, int idx);
void trace_open_view(lua_State *L, moon_context *c); /* view.c: storages and views, into the table at the top */
/* the traced tensor at idx, or the one that stands for the eager one */
struct tbox *trace_push_handle(lua_State *L, moon_context *c, int idx);
/* the result at the top may share the storage of the operand at `from` */
void trace_share(lua_State *L, moon_context *c, enum op op, int from, const int64_t *attr, int nattr);
/* likewise for row `index`, a symbolic integer, of a dim */
void trace_share_row(lua_State *L, moon_context *c, int from, int dim, int index);
/* the handle at the top is laid out as the eager tensor at idx */
void trace_mirror(lua_State *L, moon_context *c, int idx);
void trace_open_depend(lua_State *L, moon_context *c); /* depend.c: what values depend on, likewise */
void trace_open_length(lua_State *L, moon_context *c); /* length.c: unknown lengths, likewise */
/* the unknown length of that number, n in the call that is traced */
int64_t trace_new_length(struct trace *t, int number, int64_t n);
int list_spec(lua_State *L, moon_context *c, const struct type *t); /* list.c: pushes what core.spec gives for a list */
void list_open_bind(lua_State *L, moon_context *c);                 /* likewise: functions into the table at the top */
/* run.c: pushes a plan, which takes the graph, of so many unknown lengths; ends the trace */
int trace_compile(lua_State *L, moon_context *c, struct graph **g, int nlength);

/* An entry: the guards of a graph, its plan, and what the prelude keeps with it. A userdata, whose user values are: */
enum { ENTRY_KEYS = 1, ENTRY_EXPECTED, ENTRY_PLAN, ENTRY_TABLE, ENTRY_VALUES = ENTRY_TABLE };
#define GUARD_COUNT (-1) /* the number of arguments differs */
/* guard.c: an entry of the list of guards at `list` */
void guard_push(lua_State *L, moon_context *c, int list, int nargs, int nlength);
/* Do the guards of the entry hold for the arguments at arg, arg+1, ...? 0: they do, and all slots were pushed (the
   tables of keys and expectations lie below them). Else GUARD_COUNT, or the number of the guard that failed, whose
   value is at the top. */
int guard_match(lua_State *L, moon_context *c, int entry, int arg, int nargs);
const int64_t *guard_lengths(lua_State *L, int entry, int *n); /* after a match: what the unknown lengths are */
/* The run found that the unknown length of that number, from 1 on, is n. Can it run again so? Of what no guard says the
   last length that was found is taken. */
bool guard_found(lua_State *L, int entry, int64_t number, int64_t n);
void guard_length_range(lua_State *L, int entry, int64_t least, int64_t most);
int guard_slots(lua_State *L, int entry); /* how many there are */
/* Counts a call that the entry serves; true from time to time, when something it watches has been the same for long. */
bool guard_served(lua_State *L, int entry);
/* Is the entry made for what was so, and the guard that failed one that says it is? It is noted then. */
bool guard_missed(lua_State *L, int entry, int failed);
bool guard_stale(lua_State *L, int entry); /* something it expects is gone: it was seen that it never holds again */
#endif
