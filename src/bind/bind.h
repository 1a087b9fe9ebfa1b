/* The binding: the only folder that knows lua.h. A context holds everything; C functions
   given to Lua are closures whose first upvalue is the context as a light userdata.

   Errors: nothing here calls luaL_error or luaL_check*. Failures go through bind_raise, whose
   position is the user's line also when library frames lie between, so that the eager and
   the staged run say the same. Box first: the userdata is made before anything it will own. */
#ifndef BIND_BIND_H
#define BIND_BIND_H
#include <lua.h>
#include <lauxlib.h>
#include "graph/graph.h"

struct trace;
struct tape;
typedef struct moon_context {
	struct mem mem;
	lua_State *L;
	bool own_state;
	bool staged;         /* ms.stage stages (else it calls through) */
	bool autos;          /* chunks are loaded so that unmarked functions may run as graphs */
	uint32_t auto_after; /* calls with tensors before that; 0: try all at once */
	uint32_t auto_steps; /* counted in the trace of such a function */
	bool trying;         /* a call is traced or run whose failure nobody is to see */
	int level;           /* 0 or 2 */
	struct rng rng;
	_Atomic bool cancel;
	uint64_t calls_most; /* calls of a graph's functions in one another; 0: the executor's own limit */
	bool (*output)(void *ud, const char *s, size_t n); /* NULL: C's stdout */
	void *output_ud;
	const void *tensor_meta, *owned_meta; /* lua_topointer of the metatables: cheap type tests */
	int tensor_meta_at, owned_meta_at;    /* their places in the registry */
	/* likewise; also their registry keys */
	const void *sym_meta, *symbool_meta, *symlist_meta;
	uint32_t trace_serial; /* of the last trace begun */
	int hook[24];          /* registry references of the prelude's functions: enum trace_hook */
	struct trace *trace;   /* the active trace, NULL when none */
	bool yieldable;        /* the caller of the staged function called last could have yielded */
	uint32_t joins;        /* calls of debug.upvaluejoin */
	struct tape *tape;     /* the innermost active gradient tape, NULL when none */
	/* hostcall.c: of the graph that runs; innermost whose function runs; NULL: none */
	struct host_call *host, *calling;
	bool overloaded;    /* a tensor or symbolic value has existed: see eager_overloaded */
	int eager_cells;    /* eager.c: registry reference of the function whose upvalues edited code shares */
	bool eager_pending; /* eager.c: EQ or NE left a comparison to Lua */
	void *stash_id;     /* eager.c: lua_upvalueid of the stash */
	void *some_id;      /* eager.c: that of the flag "tensors exist" */
	/* apply.c: tensor bytes since the last collector step, in use after the last full one */
	size_t gc_fresh, gc_base;
	char message[1200]; /* last error, for moon_message */
	void *more;         /* context.c's own */
} moon_context;

#define bind_self(L) ((moon_context *)lua_touserdata(L, lua_upvalueindex(1)))

/* A tensor in Lua. Eager: bytes inline behind the header (no finaliser), or in storage (the
   metatable with __gc; views of it hold it too), or a view of inline bytes, whose user value 1
   anchors their userdata.
   Userdata never move, so data pointers stay good while the anchor lives. Traced: ref names a value
   of the graph of trace number `serial`, strides are those the eager tensor would have, data counts from
   TRACED_BASE, and user value 1 is the tensor whose storage it shares, if any (view.c). A traced tensor with unknown
   lengths, or a view of one, is vague: of its layout only `contiguous` is known, of its numel that it is not 1 (-1). */
struct tbox {
	struct tensor t;
	uint32_t ref, serial; /* ref 0: eager */
	uint32_t born; /* the how manieth of its trace it is, 0: of an outer tensor. Of traced tensors only, as is: */
	bool vague;
};
#define TRACED_BASE ((char *)((uintptr_t)1 << 40)) /* where the storage of a traced tensor believes itself to be */
/* A symbolic Lua integer, float or boolean of a trace (metatable sym_meta). */
struct sym {
	uint8_t kind; /* K_INT K_FLOAT K_BOOL; K_LIST: of a struct symlist */
	uint32_t ref, serial;
};
/* A list of a trace (metatable symlist_meta), which scripts never see: tables stand before it. */
struct symlist {
	struct sym s;
	struct type type;
};

/* One operand of an op, on its way from the Lua stack. */
struct arg {
	int idx;           /* stack index of the Lua value (absolute) */
	struct tbox *box;  /* tensor operand, else NULL */
	struct sym *sym;   /* symbolic number or boolean, else NULL */
	uint8_t kind;      /* K_TENSOR, or K_INT K_FLOAT K_BOOL of a Lua value */
	union word w;      /* plain Lua value */
	int lift;          /* dtype a Lua value, or a tensor to be cast, is wanted in */
	struct tensor tmp; /* the lifted value; data points at cell */
	union word cell;
};

/* raise.c: the one door */
_Noreturn void bind_raise(lua_State *L, const struct err *e); /* message with position; memory and cancel without */
_Noreturn void bind_error(lua_State *L, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* pushes "file:line: " of the level-th user function (1 = innermost), skipping C and library frames; "" when unknown */
void bind_where(lua_State *L, int level);
int bind_line(lua_State *L, const lua_Debug *ar);   /* the line a frame is at; ar was filled with "l" */
void bind_open_line(lua_State *L, moon_context *c); /* the internal function line, into `core` at the top */

/* apply.c: every tensor op passes here. Operands are promoted already (arg.lift set). Pushes the
   results and returns how many. Eager: runs (and is recorded on c->tape); tracing: emits a node. */
int bind_apply(lua_State *L, moon_context *c, enum op op, struct arg *in, int nin, const int64_t *attr, int nattr);
/* tensor, number, boolean or symbolic one; false: none of them */
bool bind_operand(lua_State *L, moon_context *c, int idx, struct arg *a);
void bind_promote(struct arg *in, int nin); /* PyTorch's promotion; sets lift of each */
/* eager, bytes uninitialised; raises */
struct tbox *bind_push_tensor(lua_State *L, moon_context *c, enum dtype dt, int rank, const int64_t *dim);
/* header copied from the tensor at idx, anchored to its bytes */
struct tbox *bind_push_view(lua_State *L, moon_context *c, int idx);
/* takes t's storage reference; on error too */
struct tbox *bind_push_owned(lua_State *L, moon_context *c, struct tensor *t);
struct tbox *bind_push_traced(lua_State *L, moon_context *c, const struct type *t, uint32_t ref);
struct tbox *bind_tensor(lua_State *L, moon_context *c, int idx); /* NULL when it is no tensor */
/* the truth rule on plain values and eager tensors: 0 or 1; raises for several elements */
int bind_truth(lua_State *L, moon_context *c, int idx);

/* Files' entry points: each puts its functions into the module table `ms` at the top of the stack. */
void bind_open_tensor(lua_State *L, moon_context *c); /* metatables, methods, ops, constructors */
void bind_open_file(lua_State *L, moon_context *c);   /* ms.save ms.load */
/* sentinel, stash, truth; load, loadfile, dofile, require's searcher */
void bind_open_eager(lua_State *L, moon_context *c);
/* internal functions of eager gradients, into the table `core` at the top */
void bind_open_tape(lua_State *L, moon_context *c);
void bind_open_trace(lua_State *L, moon_context *c); /* internal functions of tracing, into `core` at the top */
/* t[name] = closure over c, t at the top */
void bind_reg(lua_State *L, moon_context *c, const char *name, lua_CFunction f);

/* load.c: Lua text in eager form. Like luaL_loadbufferx: LUA_OK and a function, or a status and a message.
   Keeps text and function table of the chunk while one of its functions lives. */
int bind_load(lua_State *L, moon_context *c, const char *text, size_t len, const char *chunkname, const char *mode);

/* the syntax tree of a chunk record (see `find` in load.c), parsed when first asked for; raises; NULL: no record */
struct chunk *bind_chunk(lua_State *L, int idx);

/* eager.c: what edited code and the events of tensors share */
/* to be called when the first overloaded value is made: edited code begins to look for them */
void eager_overloaded(lua_State *L, moon_context *c);
/* the whole of a tensor's __lt (OP_lt) and __le (OP_le): operands at 1 and 2 */
int eager_compare(lua_State *L, moon_context *c, int op);
int eager_equal(lua_State *L, moon_context *c); /* the whole of a tensor's __eq */

/* Hooks of tracing into the rest of the binding (trace.c) */
int trace_apply(lua_State *L, moon_context *c, enum op op, struct arg *in, int nin, const int64_t *attr, int nattr);
/* a symbolic value where a plain one is needed */
_Noreturn void trace_need(lua_State *L, moon_context *c, int idx, const char *what);
/* the fresh table at the top becomes one of the trace (no-op when not tracing) */
void trace_wrap_table(lua_State *L, moon_context *c);
/* a value of the prelude's own: of several types, poison, a text of symbolic values */
bool trace_own(lua_State *L, int idx);
/* an own value among two operands answers itself: true, its result on top */
bool trace_hand_over(lua_State *L, const char *event);
/* the one door of what can't be done with unknown lengths: the trace starts again with known ones */
_Noreturn void trace_exact(lua_State *L, moon_context *c, const char *why);
/* an integer; symbolic when the length is unknown */
void trace_push_length(lua_State *L, moon_context *c, int64_t dim);
void trace_push_numel(lua_State *L, moon_context *c, int rank, const int64_t *dim); /* their product likewise */
/* is it a symbolic integer that is a length, or computed from one? */
bool trace_length(lua_State *L, moon_context *c, const struct arg *a, int64_t *dim);
void trace_ordered(lua_State *L, moon_context *c, int64_t a, int64_t b); /* the graph is for lengths of which a <= b */
/* the one function for what staging can't do yet */
_Noreturn void trace_unsupported(lua_State *L, moon_context *c, const char *what);

/* hostcall.c: a tensor is about to be written. false: a graph that waits for a host call uses its bytes; its run will
 * stop. */
bool hostcall_may_write(lua_State *L, moon_context *c, const struct tensor *t);

/* tape.c */
void tape_record(lua_State *L, moon_context *c, enum op op, struct arg *in, int nin, const int64_t *attr, int nattr,
                 int nout); /* results are the top nout values */
/* before the tensor at idx is written: raises when its gradient is being recorded */
void tape_inplace(lua_State *L, moon_context *c, int idx);
#endif
