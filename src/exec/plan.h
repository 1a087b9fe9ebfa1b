/* A plan from within: what lower.c and its helpers make and run.c runs. Inside src/exec only. */
#ifndef EXEC_PLAN_H
#define EXEC_PLAN_H
#include "exec/exec.h"

/* Instructions of the register machine: R[a] = R[b] op R[c] on words, jumps to c.
   Conditional jumps come in pairs, jump-if-true at the even place, so that ^ 1 turns them round.
   LJ: the same at the end of a loop, where the cancel flag is looked at, too.
   Comparisons are tested as they are, never turned into their opposites (NaN). */
/* clang-format off */
#define EXEC_OPS(X) \
	X(JB_T) X(JB_F) X(JILT_T) X(JILT_F) X(JILE_T) X(JILE_F) X(JIEQ_T) X(JIEQ_F) X(JFLT_T) \
	X(JFLT_F) X(JFLE_T) X(JFLE_F) X(JFEQ_T) X(JFEQ_F) X(JBIT_T) X(JBIT_F) X(LJB_T) X(LJB_F) \
	X(LJILT_T) X(LJILT_F) X(LJILE_T) X(LJILE_F) X(LJIEQ_T) X(LJIEQ_F) X(LJFLT_T) X(LJFLT_F) \
	X(LJFLE_T) X(LJFLE_F) X(LJFEQ_T) X(LJFEQ_F) X(LJBIT_T) X(LJBIT_F) X(JMP) X(LOOP) X(END) \
	X(TRAP) X(MOV) X(IADD) X(ISUB) X(IMUL) X(IDIV) X(IMOD) X(IDIVK) X(IMODK) X(SAR) X(INEG) \
	X(IAND) X(IOR) X(IXOR) X(FADD) X(FSUB) X(FMUL) X(FDIV) X(FNEG) X(FSQRT) X(FABS) X(FFLOOR) \
	X(ITOF) X(ILT) X(ILE) X(IEQ) X(FLT) X(FLE) X(FEQ) X(NOT) X(AND) X(OR) X(LUA) X(CALL) \
	X(EACH1) X(EACH2) X(EACH3) X(COPY) X(ITEM) X(LIFT) X(PRINT) X(RAISE) X(WRITE) X(HOST) \
	X(APART) X(FOLLOW) X(SAVE) X(RESTORE) X(INVOKE) X(RETURN) \
	X(LNEW) X(LLEN) X(LPUSH) X(LGET) X(LSET) X(LPOP) X(LINS) X(LREM) X(LCOPY) X(LPUSHT) X(LGETT) X(LSETT) X(LINST) \
	X(LALL) X(LSWAP) X(LKEEP) X(LBACK)
/* clang-format on */
enum { /* X_JB_T is 0 */
#define X(name) X_##name,
       EXEC_OPS(X)
#undef X
	   X_COUNT
};

struct ins {
	uint16_t op, n; /* n: LUA: the graph's op; JBIT: the bit expected */
	uint32_t a, b, c;
};

/* Where a tensor's bytes are: in the plan's arena, in the caller's input, in a result of this run. */
enum place { P_ARENA, P_INPUT, P_RESULT };
struct slot {
	struct tensor t;
	uint8_t place;
	uint32_t which; /* input or result */
	size_t off;
	uint32_t number; /* as instructions name it */
	bool zero;       /* of a value nobody set */
};
struct call { /* CALL: op_run with everything bound */
	enum op op;
	int nin, nattr;
	struct tensor **in;
	int64_t *attr;
	struct tensor *out;
};
struct each { /* EACH: an element-wise kernel, operands packed (step 1) or single (step 0) */
	struct op_kernel k;
	int64_t n, step[3];
	struct tensor *out, *in[3];
};
/* A list: words, or tensors of one type, in a row. It has bytes from the first element on until the run ends. */
struct list {
	char *at;
	int64_t n, cap; /* elements */
	size_t each;    /* bytes of one, not 0 */
	uint64_t changes;
	uint8_t elem;       /* their kind */
	struct tensor like; /* of tensors: a packed one */
};
/* What a list was when a call began that may come back to its place, and is again after it. */
struct kept_list {
	char *at;
	int64_t n, cap;
	size_t each;
};
#define NO_REG UINT32_MAX
struct operand { /* of print, raise, write; a result */
	uint8_t kind;
	uint32_t at;     /* register, slot or list */
	uint32_t origin; /* register that holds the number of the input it is, or -1; NO_REG: never one */
};
struct effect {           /* PRINT RAISE WRITE HOST */
	int64_t what;     /* raise: value number, write: location, host: function */
	int64_t constant; /* write; raise: positioned */
	uint32_t npiece, nvalue, nresult;
	int64_t *piece; /* string number or -1 */
	struct operand *value;
	struct operand *result; /* host; `at` is NO_REG when nobody reads it */
	struct type *type;      /* of the results */
	struct datum *data;     /* of a call under way: operands, then results */
	bool read;              /* a call of run_env's `read` */
};
struct frame { /* SAVE, RESTORE: what a function has to find again after a call that may come back to it */
	uint32_t nreg, nspan, nlist;
	uint32_t *reg;
	struct frame_list { /* LKEEP, LBACK */
		uint32_t at;
		bool copy; /* the call is given it, too */
	} * list;
	struct span {
		size_t off, bytes; /* in the arena */
	} * span;
	size_t words; /* on the stack */
};
struct input {
	struct type type;
	uint32_t at;      /* register, NO_REG when unused; tensors need none */
	const char *data; /* this run: the caller's bytes, or the copy */
	char *copy;       /* made contiguous when the caller's is not: kept from run to run */
};
struct result {
	struct operand v;
	struct type type;
	bool direct; /* the program computes it in its own storage */
	struct storage *st;
};
struct text {
	char *s;
	size_t n;
};
struct place_site {
	const char *file;
	int line;
	uint32_t pcall;           /* as in graph.h */
	const char *closes;       /* likewise; NULL: of no <close> variable */
	const struct text *stack; /* likewise; NULL: not known */
};

struct plan {
	struct mem *mem;
	struct arena arena; /* the tables below */
	VEC(struct ins) code;
	VEC(uint32_t) site; /* of each instruction */
	union word *reg;
	uint32_t nreg;
	VEC(struct slot *) slot;
	VEC(struct slot *) moving; /* those whose bytes lie elsewhere in each run */
	VEC(struct call) call;
	VEC(struct each) each;
	VEC(struct effect) effect;
	VEC(struct frame) frame;
	union word *stack; /* frames, and where calls return to */
	size_t nstack;
	VEC(struct list) list;
	VEC(struct kept_list) kept;
	struct input *input;
	struct result *result;
	uint32_t ninput, nresult;
	struct write_slot *write;
	uint32_t nwrite;
	uint64_t when;
	struct datum *raised; /* operands of a raise: kept until the next run */
	uint32_t nraised, maxraised;
	struct text *string;
	struct place_site *where;
	uint32_t nstring, nsite;
	bool calls;         /* there is a HOST */
	char *bytes, *base; /* the arena of tensors, and its aligned start */
	size_t nbytes;
	struct buf out; /* text being printed */
};

/* live.c: when values are live, and which of them can share a place.
   Time 2p is when the node at position p reads, 2p + 1 when it writes. */
struct range {
	uint32_t from, to; /* inclusive */
	ref v;
};
struct class
{
	struct range *range; /* ascending, disjoint */
	uint32_t n, cap;     /* cap: how many the array has room for, 0: as many as there are */
	bool fixed;          /* may not be merged: inputs, constants */
	size_t bytes;        /* tensors */
	uint32_t at;         /* register; or P_RESULT's number */
	uint8_t place;
	size_t off;
	bool placed;
};
struct live {
	const struct graph *g;
	struct mem *mem;
	struct arena *scratch;
	uint32_t *order, norder; /* nodes as they run */
	uint32_t *begin, *end;   /* their positions; 0: in no region */
	uint32_t *rbegin, *rend; /* and of regions; those of functions follow the top one */
	bool *fused;             /* nodes done by the conditional jump that uses them */
	bool *constant;          /* tensor nodes computed when the plan is made */
	ref *root;               /* by value: whose bytes a tensor lies in */
	struct tensor *view;     /* by value: layout relative to the root's bytes */
	uint32_t *class;         /* by value, union-find; roots only */
	struct class *cls;
	uint32_t *nuse, *use_at; /* uses of each value: use[use_at[v] ...] */
	struct use {
		uint32_t region, pos;
	} * use;
};
#define VIEW_BASE ((char *)((uintptr_t)1 << 40)) /* where view layouts believe their root to be */
/* home: by region, the root it is in. still: by value, of a parameter that no call of a function changes which may come
   back to it the one of those that are the same; else 0 */
bool live_analyse(struct live *l, const uint32_t *home, const ref *still, struct err *e);
uint32_t live_class(struct live *l, ref v);                    /* of v's root */
bool live_arena(struct live *l, size_t *bytes, struct err *e); /* places the classes that have none */
bool live_is_undef(const struct graph *g, ref v);

/* run.c, effect.c */
bool run_fits(const struct type *t, const struct datum *d); /* is the value of this type? */
bool run_program(struct plan *p, struct run_env *env, struct fault *f);
bool run_print(struct plan *p, const struct effect *x, struct run_env *env, struct err *e);
bool run_write(struct plan *p, const struct effect *x, struct err *e);
/* the write of what the update k has just made, by doing the update to what was written before, when that is right
 * still */
bool run_follow(struct plan *p, const struct effect *x, const struct call *k, struct run_env *env, struct err *e);
bool run_host(struct plan *p, const struct effect *x, struct run_env *env, struct err *e);
bool run_raise(struct plan *p, const struct effect *x, uint32_t site, struct fault *f);
bool run_fail(struct plan *p, uint32_t site, struct fault *f); /* puts the position in front of f->e */
bool run_out(struct plan *p, const struct operand *v, struct storage *reuse, struct datum *d,
             struct err *e); /* a value handed out, in storage of its own */
/* list.c */
bool list_reserve(struct mem *m, struct list *l, struct err *e); /* room for one more element */
bool list_copy(struct mem *m, struct list *to, const struct list *from, struct err *e);
char *list_open(struct mem *m, struct list *l, int64_t at, struct err *e); /* a gap before element `at` (0-based) */
void list_close(struct list *l, int64_t at);                               /* takes element `at` out */
void list_put(struct list *l, char *to, const struct tensor *t);           /* t as the element there */
void list_take(const struct list *l, const struct tensor *t,
               int64_t at); /* element `at` into t; zeros: there is none */
void list_all(const struct list *l, const struct tensor *t); /* the elements in a row, as many as t has room for */
bool list_out(struct plan *p, const struct list *l, struct datum *d, struct err *e); /* as a value handed out */
void list_swap(struct plan *p, uint32_t a, uint32_t b);
bool list_keep(struct plan *p, uint32_t k, bool copy, struct err *e); /* k is empty then, or a copy */
bool list_back(struct plan *p, uint32_t k, struct err *e);            /* and is again what was kept last */
void list_free(struct plan *p);                                       /* the bytes of all lists */
void run_lift(unsigned kind, union word w, struct tensor *t); /* a Lua value as a rank-0 tensor of its dtype */
#endif
