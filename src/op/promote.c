/* PyTorch's promotion. Three levels: tensors with dims, rank-0 tensors, Lua values. A lower level changes the
   dtype only when its category (bool < integer < float) is the higher one. */
#include "op/run.h"

static int category(int dt) { return dt == BOOL ? 0 : dt == I64 ? 1 : 2; }

static int join(int a, int b)
{
	if (a < 0 || b < 0) return a < 0 ? b : a;
	if (category(a) != category(b)) return category(a) > category(b) ? a : b;
	return a == F64 || b == F64 ? F64 : a;
}

static int over(int high, int low)
{
	if (high < 0 || low < 0) return high < 0 ? low : high;
	return category(low) > category(high) ? low : high;
}

static int lua_dtype(int kind) { return kind == K_INT ? I64 : kind == K_BOOL ? BOOL : F32; }

/* The operands that must agree. */
static void matter(enum op op, int n, int *first, int *last)
{
	*first = op == OP_where && n > 1;
	*last = n;
	if (op == OP_index || op == OP_index_add || op == OP_index_put || op == OP_cross_entropy) *last = 1;
}

static bool wants_float(enum op op)
{
	switch (op) {
	case OP_div:
	case OP_exp:
	case OP_log:
	case OP_sqrt:
	case OP_sin:
	case OP_cos:
	case OP_tanh:
	case OP_sigmoid:
	case OP_mean:
	case OP_softmax:
	case OP_log_softmax:
	case OP_cross_entropy:
	case OP_multinomial: return true;
	default: return false;
	}
}

int op_promote(enum op op, const struct promote_arg *args, int n)
{
	int dims = -1, zero = -1, lua = -1, first, last;
	matter(op, n, &first, &last);
	for (int i = first; i < last && i < n; i++) {
		if (args[i].kind != K_TENSOR) lua = join(lua, lua_dtype(args[i].kind));
		else if (args[i].weak) zero = join(zero, args[i].dtype);
		else dims = join(dims, args[i].dtype);
	}
	int dt = over(dims, over(zero, lua));
	return dt >= 0 && category(dt) < 2 && wants_float(op) ? F32 : dt;
}
