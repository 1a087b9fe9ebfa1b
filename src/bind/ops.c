/* Element-wise functions, products and losses. The element-wise ops of ops.def share one C
   function; others follow here. Each takes its operands by bind_operand, promotes, applies. */
#include "bind/tensor.h"

static bool is_float(int dt) { return dt == F32 || dt == F64; }

/* `n` operands from argument 1 on, of which one at least is a tensor. */
static void operands(lua_State *L, moon_context *c, struct arg *a, int n)
{
	bool tensor = false;
	if (n == 1) arg_tensor(L, c, 1, NULL);
	for (int i = 0; i < n; i++) {
		arg_operand(L, c, i + 1, &a[i]);
		tensor |= a[i].box != NULL;
	}
	if (!tensor) arg_tensor(L, c, 1, NULL);
}

int op_generic(lua_State *L)
{
	moon_context *c = bind_self(L);
	enum op op = (enum op)lua_tointeger(L, lua_upvalueindex(3));
	struct arg a[2];
	int n = op_info[op].nin;
	if (n == 2 && !c->trace && bind_pair(L, c, op)) return 1;
	if (n == 2 && c->trace && op_info[op].event && trace_hand_over(L, op_info[op].event)) return 1;
	operands(L, c, a, n);
	bind_promote_for(op, a, n);
	return bind_apply(L, c, op, a, n, NULL, 0);
}

int op_unary(lua_State *L, moon_context *c, enum op op, int idx, const int64_t *attr, int nattr)
{
	struct arg a;
	arg_tensor(L, c, idx, &a);
	bind_promote_for(op, &a, 1);
	return bind_apply(L, c, op, &a, 1, attr, nattr);
}

void op_cast(lua_State *L, moon_context *c, int idx, enum dtype dt)
{
	struct arg a;
	int64_t attr = dt;
	if (arg_tensor(L, c, idx, &a)->t.dtype == dt) lua_pushvalue(L, idx);
	else bind_apply(L, c, OP_cast, &a, 1, &attr, 1);
}

/* Of truth values: numbers count as "not zero". */
static int l_logical(lua_State *L)
{
	moon_context *c = bind_self(L);
	enum op op = (enum op)lua_tointeger(L, lua_upvalueindex(3));
	struct arg a[2];
	int n = op_info[op].nin;
	operands(L, c, a, n);
	for (int i = 0; i < n; i++) a[i].lift = BOOL;
	return bind_apply(L, c, op, a, n, NULL, 0);
}

static int apply_where(lua_State *L, moon_context *c, struct arg *a)
{
	if (a->lift != BOOL)
		bind_error(L, "%s: the condition must be a bool tensor, got %s", bind_name(L),
		           a->box ? dtype_name[a->box->t.dtype] : arg_type(L, a->idx));
	if (!a[0].box && !a[1].box && !a[2].box) arg_tensor(L, c, a->idx, NULL);
	bind_promote(a + 1, 2);
	return bind_apply(L, c, OP_where, a, 3, NULL, 0);
}

static int where(lua_State *L, int condition, int yes)
{
	moon_context *c = bind_self(L);
	struct arg a[3];
	arg_operand(L, c, condition, &a[0]);
	arg_operand(L, c, yes, &a[1]);
	arg_operand(L, c, 3, &a[2]);
	return apply_where(L, c, a);
}

static int l_where(lua_State *L) { return where(L, 1, 2); }
static int m_where(lua_State *L) { return where(L, 2, 1); }

static int l_masked_fill(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct arg a[3];
	arg_tensor(L, c, 1, &a[2]);
	arg_operand(L, c, 2, &a[0]);
	arg_operand(L, c, 3, &a[1]);
	return apply_where(L, c, a);
}

/* x at the top meets the bound at idx; the result replaces x. */
static void bound(lua_State *L, moon_context *c, enum op op, int idx)
{
	struct arg a[2];
	if (lua_isnil(L, idx)) return;
	arg_tensor(L, c, lua_gettop(L), &a[0]);
	arg_operand(L, c, idx, &a[1]);
	bind_promote(a, 2);
	bind_apply(L, c, op, a, 2, NULL, 0);
	lua_remove(L, -2);
}

static int l_clamp(lua_State *L)
{
	static const char *const names[] = {"min", "max"};
	moon_context *c = bind_self(L);
	arg_tensor(L, c, 1, NULL);
	arg_options(L, c, 2, 2, names);
	if (lua_isnil(L, 2) && lua_isnil(L, 3)) bind_error(L, "%s: a min, a max or both are needed", bind_name(L));
	lua_pushvalue(L, 1);
	bound(L, c, OP_maximum, 2);
	bound(L, c, OP_minimum, 3);
	return 1;
}

static int l_matmul(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct arg a[2];
	arg_tensor(L, c, 1, &a[0]);
	arg_tensor(L, c, 2, &a[1]);
	bind_promote(a, 2);
	return bind_apply(L, c, OP_matmul, a, 2, NULL, 0);
}

static int softmax(lua_State *L, enum op op)
{
	static const char *const names[] = {"dim"};
	moon_context *c = bind_self(L);
	int rank = arg_tensor(L, c, 1, NULL)->t.rank;
	arg_options(L, c, 2, 1, names);
	if (rank == 0) bind_error(L, "%s: a tensor of rank 1 or more expected, got rank 0", bind_name(L));
	int64_t dim = lua_isnil(L, 2) ? rank - 1 : arg_dim(L, c, 2, rank);
	return op_unary(L, c, op, 1, &dim, 1);
}
static int l_softmax(lua_State *L) { return softmax(L, OP_softmax); }
static int l_log_softmax(lua_State *L) { return softmax(L, OP_log_softmax); }

static int l_cross_entropy(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct arg a[2];
	arg_tensor(L, c, 1, &a[0]);
	arg_tensor(L, c, 2, &a[1]);
	if (!is_float(a[0].lift)) a[0].lift = F32;
	if (a[1].lift != I64)
		bind_error(L, "%s: labels must be an i64 tensor, got %s", bind_name(L), dtype_name[a[1].lift]);
	return bind_apply(L, c, OP_cross_entropy, a, 2, NULL, 0);
}

#define ROW(name, op, usage, text)                        \
	{                                                 \
		name, NULL, OP_##op, IN_BOTH, usage, text \
	}
const struct bind_row rows_math[] = {
    ROW("add", add, "ms.add(a, b) -> tensor", "a + b, element by element with broadcasting."),
    ROW("sub", sub, "ms.sub(a, b) -> tensor", "a - b, element by element with broadcasting."),
    ROW("mul", mul, "ms.mul(a, b) -> tensor", "a * b, element by element with broadcasting."),
    ROW("div", div, "ms.div(a, b) -> tensor", "a / b; integers give f32."),
    ROW("floordiv", floordiv, "ms.floordiv(a, b) -> tensor",
        "a // b, rounded down. An i64 divisor of zero is an error."),
    ROW("mod", mod, "ms.mod(a, b) -> tensor",
        "a % b, with the divisor's sign as in Lua. An i64 divisor of zero is an error."),
    ROW("pow", pow, "ms.pow(a, b) -> tensor", "a ^ b. i64 to a negative power is an error."),
    ROW("maximum", maximum, "ms.maximum(a, b) -> tensor", "The larger of each two elements; NaN wins."),
    ROW("minimum", minimum, "ms.minimum(a, b) -> tensor", "The smaller of each two elements; NaN wins."),
    ROW("lt", lt, "ms.lt(a, b) -> bool tensor", "a < b, element by element."),
    ROW("le", le, "ms.le(a, b) -> bool tensor", "a <= b, element by element."),
    ROW("gt", gt, "ms.gt(a, b) -> bool tensor", "a > b, element by element."),
    ROW("ge", ge, "ms.ge(a, b) -> bool tensor", "a >= b, element by element."),
    ROW("eq", eq, "ms.eq(a, b) -> bool tensor", "a == b, element by element."),
    ROW("ne", ne, "ms.ne(a, b) -> bool tensor", "a ~= b, element by element."),
    ROW("bitwise_and", band, "ms.bitwise_and(a, b) -> tensor", "a & b of i64 or bool tensors."),
    ROW("bitwise_or", bor, "ms.bitwise_or(a, b) -> tensor", "a | b of i64 or bool tensors."),
    ROW("bitwise_xor", bxor, "ms.bitwise_xor(a, b) -> tensor", "a ~ b of i64 or bool tensors."),
    ROW("bitwise_not", bnot, "ms.bitwise_not(a) -> tensor", "~a of an i64 or bool tensor."),
    {"logical_and", l_logical, OP_band, IN_BOTH, "ms.logical_and(a, b) -> bool tensor", "Are both elements not zero?"},
    {"logical_or", l_logical, OP_bor, IN_BOTH, "ms.logical_or(a, b) -> bool tensor",
     "Is one of the elements not zero?"},
    {"logical_xor", l_logical, OP_bxor, IN_BOTH, "ms.logical_xor(a, b) -> bool tensor",
     "Is exactly one of the elements not zero?"},
    {"logical_not", l_logical, OP_bnot, IN_BOTH, "ms.logical_not(a) -> bool tensor", "Is the element zero?"},
    ROW("neg", neg, "ms.neg(x) -> tensor", "-x."),
    ROW("abs", abs, "ms.abs(x) -> tensor", "The absolute value."),
    ROW("sign", sign, "ms.sign(x) -> tensor", "-1, 0 or 1."),
    ROW("exp", exp, "ms.exp(x) -> tensor", "e to the power x. Integers become f32."),
    ROW("log", log, "ms.log(x) -> tensor", "The natural logarithm. Integers become f32."),
    ROW("sqrt", sqrt, "ms.sqrt(x) -> tensor", "The square root. Integers become f32."),
    ROW("sin", sin, "ms.sin(x) -> tensor", "The sine of an angle in radians. Integers become f32."),
    ROW("cos", cos, "ms.cos(x) -> tensor", "The cosine of an angle in radians. Integers become f32."),
    ROW("tanh", tanh, "ms.tanh(x) -> tensor", "The hyperbolic tangent. Integers become f32."),
    ROW("sigmoid", sigmoid, "ms.sigmoid(x) -> tensor", "1 / (1 + exp(-x)). Integers become f32."),
    ROW("relu", relu, "ms.relu(x) -> tensor", "x where it is positive, else 0."),
    ROW("floor", floor, "ms.floor(x) -> tensor", "Rounded down, dtype kept."),
    ROW("ceil", ceil, "ms.ceil(x) -> tensor", "Rounded up, dtype kept."),
    {"where", l_where, 0, IN_MODULE, "ms.where(cond, a, b) -> tensor",
     "a where the bool tensor cond is true, else b; all three broadcast. As a method: a:where(cond, b)."},
    {"where", m_where, 0, IN_METHODS, "", ""},
    {"masked_fill", l_masked_fill, 0, IN_BOTH, "ms.masked_fill(x, mask, value) -> tensor",
     "x with value where the bool tensor mask is true."},
    {"clamp", l_clamp, 0, IN_BOTH, "ms.clamp(x, min, max) -> tensor",
     "x limited to min..max; either may be nil, both may be tensors. Options: min, max."},
    {"matmul", l_matmul, 0, IN_BOTH, "ms.matmul(a, b) -> tensor",
     "The product of vectors and matrices: [n]x[n] gives a rank-0 tensor, [m,k]x[k,n] gives [m,n], leading "
     "dims broadcast."},
    {"softmax", l_softmax, 0, IN_BOTH, "ms.softmax(x [, dim]) -> tensor",
     "exp(x) divided by its sum over dim (the last one when not given)."},
    {"log_softmax", l_log_softmax, 0, IN_BOTH, "ms.log_softmax(x [, dim]) -> tensor",
     "The logarithm of softmax, computed without overflow."},
    {"cross_entropy", l_cross_entropy, 0, IN_BOTH, "ms.cross_entropy(logits, labels) -> rank-0 tensor",
     "The mean of -log_softmax(logits) at the labels: logits [..., C], labels i64 [...] from 1 to C."},
    {NULL, NULL, 0, 0, NULL, NULL},
};
