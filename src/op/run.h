/* Inside src/op: one call of op_run or op_infer, and what its files give each other. */
#ifndef OP_RUN_H
#define OP_RUN_H
#include "op/op.h"

struct call {
	enum op op;
	int nin, nattr;
	struct tensor *const *in;
	const int64_t *attr;
	struct tensor *out;
	struct op_env *env;
	struct err *e;
};
typedef bool run_fn(const struct call *c);

/* run.c */
bool call_stopped(const struct call *c); /* cancelled: the caller fails with call_interrupt */
bool call_interrupt(const struct call *c);
/* The elements of t packed: t's own bytes, or a copy in *scratch (for call_drop; NULL when none was
   needed). NULL with e filled when memory runs out. */
const void *call_packed(const struct call *c, const struct tensor *t, void **scratch);
void *call_scratch(const struct call *c, size_t bytes);
void call_drop(const struct call *c, void *scratch, size_t bytes);

/* elem.c */
bool run_elem(const struct call *c);
bool elem_takes(enum op op, enum dtype dt); /* is there a kernel, raising or not? */
k2_fn *elem_binary(enum op op, enum dtype dt);
/* others */
run_fn run_reduce, run_arg, run_matmul, run_view, run_contiguous, run_cat, run_stack, run_pad;
run_fn run_window_at, run_set_window;
run_fn run_index, run_index_add, run_index_put, run_softmax, run_cross_entropy, run_cross_entropy_grad;
run_fn run_full, run_arange, run_random, run_multinomial;

/* Steps through some dims of a tensor in logical order, keeping an element offset. */
struct walk {
	int rank;
	int64_t dim[MAX_RANK], stride[MAX_RANK], at[MAX_RANK];
	int64_t count, offset; /* number of positions; where the current one is */
};
void walk_start(struct walk *w, const struct tensor *t, unsigned mask); /* the dims in mask; merges what it can */
void walk_next(struct walk *w);

struct infer {
	enum op op;
	const struct type *in;
	int nin, nattr;
	const int64_t *attr;
	struct type *out;
	struct err *e;
};
typedef bool infer_fn(const struct infer *f);
bool infer_fail(const struct infer *f, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* "name: ..." */
bool infer_attrs(const struct infer *f, int least);           /* at least so many attribute words */
bool infer_dim(const struct infer *f, int64_t dim, int rank); /* 0 <= dim < rank */
bool infer_shape(const struct infer *f, enum dtype dt, int rank, const int64_t *dim); /* checked as tensor_shape does */
static inline long long one_based(int64_t i)
{
	return (long long)((uint64_t)i + 1);
} /* for messages; i may be anything */
#define F_TEXT(t) shape_text((char[SHAPE_TEXT]){0}, (t)->rank, (t)->dim)
infer_fn infer_arith, infer_arith_float, infer_arith_any, infer_compare, infer_logic, infer_where, infer_cast;
infer_fn infer_reduce_sum, infer_reduce_float, infer_reduce_some, infer_reduce_bool, infer_arg_reduce, infer_matmul;
infer_fn infer_reshape, infer_permute, infer_expand, infer_narrow, infer_select, infer_cat, infer_stack, infer_pad;
infer_fn infer_window, infer_window_at, infer_set_window;
infer_fn infer_index, infer_index_add, infer_index_put, infer_cross_entropy, infer_cross_entropy_grad;
infer_fn infer_full, infer_arange, infer_random, infer_multinomial, infer_lift, infer_item, infer_length;
infer_fn infer_lua_i, infer_lua_f, infer_lua_b, infer_lua_itof, infer_lua_ftoi, infer_lua_ftob;
infer_fn infer_list_stack;
infer_fn infer_list_new, infer_list_len, infer_list_get, infer_list_set, infer_list_push, infer_list_same;
infer_fn infer_list_remove;
infer_fn infer_lua_cmp_ii, infer_lua_cmp_ff, infer_lua_cmp_if, infer_lua_cmp_fi, infer_given;
#endif
