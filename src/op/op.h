/* Operations: what they are called, what they take and give, and running one.
   ops.def has a row per op; eager calls, gradients and plans all come through here. */
#ifndef OP_OP_H
#define OP_OP_H
#include "kernels/kernels.h"
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
	OF_REDUCE = 128,
	OF_UPDATE = 256, /* the first operand changed in places: the result may take its bytes */
	OF_LIST = 512,   /* works on lists */
	OF_FRESH = 1024  /* each node makes a thing of its own: never one with an equal node */
};

/* The type of a value: a tensor, a Lua integer, float or boolean, or a list of one of these. */
enum kind { K_NONE, K_TENSOR, K_INT, K_FLOAT, K_BOOL, K_LIST };
struct type {
	uint8_t kind, dtype, rank; /* dtype and rank only for tensors, and lists of tensors */
	uint8_t elem;              /* lists: the kind of their elements */
	int64_t dim[MAX_RANK];     /* the first `rank` */
};
struct type type_elem(const struct type *list); /* of a list's elements */
struct type type_list(const struct type *elem); /* of lists of such elements */
bool type_equal(const struct type *a, const struct type *b);
bool type_unknown(const struct type *t);            /* has it a length that only a run knows? */
void type_put(struct buf *b, const struct type *t); /* "f32[2x3]" "int" "float" "bool" "list[int]" */

struct op_info {
	const char *name;
	int8_t nin; /* -1: any number */
	unsigned flags;
	const char *method, *event; /* Lua method name and metamethod, or NULL */
};
extern const struct op_info op_info[OP_COUNT];
int op_find(const char *name); /* OP_COUNT when there is none */
/* from this attribute word on they are lengths, which may be unknown; INT_MAX: none is */
int op_first_length(enum op op);

/* The types of the results. Attributes are 64-bit words; ops.def says which. With unknown lengths a rule answers only
   what holds whatever they are, and fails else; but select's index is checked once they are known.
   `nout` is set to the number of results (1 for nearly all, 2 for max/min over a dim). */
bool op_infer(enum op op, const struct type *in, int nin, const int64_t *attr, int nattr, struct type *out, int *nout,
              struct err *e);

/* Runs one tensor op. `out` has its shape set (from op_infer) and, except for views,
   contiguous bytes; a view op sets out's data and strides when it can share, else it
   needs bytes too: see op_shares. Element-wise ops allow out == in when shapes match. */
struct op_env {
	struct mem *mem; /* for scratch */
	struct rng *rng;
	const _Atomic bool *cancel; /* polled in long kernels; may be NULL */
};
bool op_run(enum op op, struct tensor *const *in, int nin, const int64_t *attr, int nattr, struct tensor *out,
            struct op_env *env, struct err *e);
/* view of `in` into out (data, strides; st not counted); false: must copy */
bool op_shares(enum op op, const struct tensor *in, const int64_t *attr, int nattr, struct tensor *out);

/* The bits of a Lua value: K_INT i, K_FLOAT f, K_BOOL i = 0 or 1. */
union word {
	int64_t i;
	double f;
	uint64_t u;
};

/* The kernel of an element-wise op on operands of dtype `dt` (where: of its values; cast: attr[0] is the target).
   false: there is none, or it may raise (integer // % ^) and must go through op_run. */
struct op_kernel {
	int arity; /* which of the three is set */
	enum dtype result;
	k1_fn *one;
	k2_fn *two;
	k3_fn *three;
};
bool op_kernel(enum op op, enum dtype dt, const int64_t *attr, struct op_kernel *k);

/* PyTorch's promotion: the dtype all operands are cast to before the op, -1 when there is no operand.
   kind K_TENSOR has a dtype, and is weak at rank 0; Lua values are weaker still. */
struct promote_arg {
	uint8_t kind, dtype;
	bool weak;
};
int op_promote(enum op op, const struct promote_arg *args, int n);

/* Between Lua values and rank-0 tensors. lift converts as cast does; item reads element 0. */
void op_lift(enum kind k, union word w, struct tensor *out);
enum kind op_item(const struct tensor *t, union word *out);

/* Lua arithmetic on words: one place
   for folding, executor and native code. false: the op raised, e has Lua's own message without position. */
bool op_lua(enum op op, const union word *in, const int64_t *attr, union word *out, struct err *e);
#endif
