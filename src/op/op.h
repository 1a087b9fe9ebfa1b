/* Operations: what they are called, what they take and give, and running one.
   ops.def has a row per op; eager calls, gradients and plans all come through here. */
#ifndef OP_OP_H
#define OP_OP_H
#include "tensor/tensor.h"

enum op {
#define OP(name, nin, infer, flags) OP_##name,
#include "op/ops.def"
	OP_COUNT
};

enum op_flags {
	OF_ELEM = 1,     /* element-wise with broadcasting: may run in place and be fused */
	OF_COMM = 2,     /* operands may be swapped without changing a bit of the result */
	OF_VIEW = 4,     /* the result may share the first operand's bytes */
	OF_RAISES = 8,   /* may fail at run time for reasons the types do not show */
	OF_EFFECT = 16,  /* ordered: never removed, merged or moved across another effect */
	OF_LUA = 32,     /* works on Lua numbers and booleans, not on tensors */
	OF_CONTROL = 64, /* has regions or is known to the executor by name */
	OF_REDUCE = 128
};

/* The type of a value: a tensor, or a Lua integer, float or boolean. */
enum kind { K_NONE, K_TENSOR, K_INT, K_FLOAT, K_BOOL };
struct type {
	uint8_t kind, dtype, rank; /* dtype and rank only for tensors */
	int64_t dim[MAX_RANK];     /* the first `rank` */
};
bool type_equal(const struct type *a, const struct type *b);
void type_put(struct buf *b, const struct type *t); /* "f32[2x3]" "int" "float" "bool" */

struct op_info {
	const char *name;
	int8_t nin; /* -1: any number */
	unsigned flags;
	const char *method, *event; /* Lua method name and metamethod, or NULL */
};
extern const struct op_info op_info[OP_COUNT];
int op_find(const char *name); /* OP_COUNT when there is none */

/* The types of the results. Attributes are 64-bit words; ops.def says which.
   `nout` is set to the number of results (1 for nearly all, 2 for max/min over a dim). */
bool op_infer(enum op op, const struct type *in, int nin, const int64_t *attr, int nattr, struct type *out, int *nout, struct err *e);

/* Runs one tensor op. `out` has its shape set (from op_infer) and, except for views,
   contiguous bytes; a view op sets out's data and strides when it can share, else it
   needs bytes too: see op_shares. Element-wise ops allow out == in when shapes match. */
struct op_env {
	struct mem *mem; /* for scratch */
	struct rng *rng;
	const _Atomic bool *cancel; /* polled in long kernels; may be NULL */
};
bool op_run(enum op op, struct tensor *const *in, int nin, const int64_t *attr, int nattr, struct tensor *out, struct op_env *env, struct err *e);
bool op_shares(enum op op, const struct tensor *in, const int64_t *attr, int nattr, struct tensor *out); /* view of `in` into out (data, strides; st not counted); false: must copy */

/* Lua arithmetic on 64-bit words (K_INT: int64, K_FLOAT: double bits, K_BOOL: 0/1): one place
   for folding, executor and native code. false: the op raised, e has Lua's own message without position. */
union word {
	int64_t i;
	double f;
	uint64_t u;
};
bool op_lua(enum op op, const union word *in, const int64_t *attr, union word *out, struct err *e);
#endif
