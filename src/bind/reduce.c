/* Reductions: sum, mean, extremes and their places. */
#include "bind/tensor.h"

/* The mask of dims named at idx: nil is all, else a dim or a list of dims. */
static int64_t dim_mask(lua_State *L, moon_context *c, int idx, int rank)
{
	int64_t mask = 0;
	if (lua_isnil(L, idx)) return ((int64_t)1 << rank) - 1;
	if (!lua_istable(L, idx)) return (int64_t)1 << arg_dim(L, c, idx, rank);
	int64_t n = arg_len(L, idx);
	for (int64_t i = 1; i <= n; i++) {
		lua_geti(L, idx, i);
		int64_t bit = (int64_t)1 << arg_dim(L, c, lua_gettop(L), rank);
		lua_pop(L, 1);
		if (mask & bit) bind_error(L, "%s: a dim is named twice", bind_name(L));
		mask |= bit;
	}
	return mask;
}

/* Options dim, keepdim (and dtype, when there are 3 names) after the tensor at 1. */
static int reduce(lua_State *L, enum op op, int lift, int noptions)
{
	static const char *const names[] = {"dim", "keepdim", "dtype"};
	moon_context *c = bind_self(L);
	struct arg a;
	int rank = arg_tensor(L, c, 1, &a)->t.rank;
	arg_options(L, c, 2, noptions, names);
	int64_t attr[2] = {dim_mask(L, c, 2, rank), arg_bool(L, c, 3, "keepdim", false)};
	if (lift >= 0) a.lift = lift;
	if (noptions == 3) a.lift = arg_dtype(L, c, 4, a.lift);
	if (op == OP_mean && a.lift != F64) a.lift = F32;
	return bind_apply(L, c, op, &a, 1, attr, 2);
}
static int l_sum(lua_State *L) { return reduce(L, OP_sum, -1, 3); }
static int l_mean(lua_State *L) { return reduce(L, OP_mean, -1, 3); }
static int l_amax(lua_State *L) { return reduce(L, OP_amax, -1, 2); }
static int l_amin(lua_State *L) { return reduce(L, OP_amin, -1, 2); }
static int l_any(lua_State *L) { return reduce(L, OP_any, BOOL, 2); }
static int l_all(lua_State *L) { return reduce(L, OP_all, BOOL, 2); }

static int place(lua_State *L, enum op op)
{
	static const char *const names[] = {"dim", "keepdim"};
	moon_context *c = bind_self(L);
	int rank = arg_tensor(L, c, 1, NULL)->t.rank;
	arg_options(L, c, 2, 2, names);
	int64_t dim = lua_isnil(L, 2) ? -1 : arg_dim(L, c, 2, rank);
	int64_t attr[2] = {dim, arg_bool(L, c, 3, "keepdim", false)};
	return op_unary(L, c, op, 1, attr, 2);
}
static int l_argmax(lua_State *L) { return place(L, OP_argmax); }
static int l_argmin(lua_State *L) { return place(L, OP_argmin); }

/* max(x): the value; max(x, dim): values and places; max(x, y): element by element. */
static int extreme(lua_State *L, enum op value, enum op where, enum op both)
{
	static const char *const names[] = {"dim", "keepdim"};
	moon_context *c = bind_self(L);
	struct arg a[2];
	int rank = arg_tensor(L, c, 1, &a[0])->t.rank;
	if (bind_tensor(L, c, 2)) {
		if (lua_gettop(L) > 2) bind_error(L, "%s: too many arguments", bind_name(L));
		bind_operand(L, c, 2, &a[1]);
		bind_promote(a, 2);
		return bind_apply(L, c, both, a, 2, NULL, 0);
	}
	arg_options(L, c, 2, 2, names);
	int64_t all[2] = {((int64_t)1 << rank) - 1, 0};
	if (lua_isnil(L, 2)) return op_unary(L, c, value, 1, all, 2);
	int64_t dim = arg_dim(L, c, 2, rank), keep = arg_bool(L, c, 3, "keepdim", false);
	op_unary(L, c, value, 1, (int64_t[]){(int64_t)1 << dim, keep}, 2);
	op_unary(L, c, where, 1, (int64_t[]){dim, keep}, 2);
	return 2;
}
static int l_max(lua_State *L) { return extreme(L, OP_amax, OP_argmax, OP_maximum); }
static int l_min(lua_State *L) { return extreme(L, OP_amin, OP_argmin, OP_minimum); }

const struct bind_row rows_reduce[] = {
    {"sum", l_sum, 0, IN_BOTH, "ms.sum(x [, dim [, keepdim [, dtype]]]) -> tensor",
     "The sum over a dim, a list of dims or all; bool sums to i64. Options: dim, keepdim, dtype."},
    {"mean", l_mean, 0, IN_BOTH, "ms.mean(x [, dim [, keepdim [, dtype]]]) -> tensor",
     "The mean over a dim, a list of dims or all; integers give f32. Options: dim, keepdim, dtype."},
    {"amax", l_amax, 0, IN_BOTH, "ms.amax(x [, dim [, keepdim]]) -> tensor",
     "The largest element over a dim, a list of dims or all; NaN wins. Of nothing it is an error."},
    {"amin", l_amin, 0, IN_BOTH, "ms.amin(x [, dim [, keepdim]]) -> tensor",
     "The smallest element over a dim, a list of dims or all; NaN wins. Of nothing it is an error."},
    {"max", l_max, 0, IN_BOTH, "ms.max(x) -> tensor; ms.max(x, dim [, keepdim]) -> values, indices",
     "The largest element; with a dim also where it is (1-based); ms.max(x, y) is ms.maximum."},
    {"min", l_min, 0, IN_BOTH, "ms.min(x) -> tensor; ms.min(x, dim [, keepdim]) -> values, indices",
     "The smallest element; with a dim also where it is (1-based); ms.min(x, y) is ms.minimum."},
    {"argmax", l_argmax, 0, IN_BOTH, "ms.argmax(x [, dim [, keepdim]]) -> i64 tensor",
     "Where the largest element is, 1-based: in the flattened tensor, or over dim. The first of equals."},
    {"argmin", l_argmin, 0, IN_BOTH, "ms.argmin(x [, dim [, keepdim]]) -> i64 tensor",
     "Where the smallest element is, 1-based: in the flattened tensor, or over dim. The first of equals."},
    {"any", l_any, 0, IN_BOTH, "ms.any(x [, dim [, keepdim]]) -> bool tensor", "Is one element not zero?"},
    {"all", l_all, 0, IN_BOTH, "ms.all(x [, dim [, keepdim]]) -> bool tensor", "Is no element zero?"},
    {NULL, NULL, 0, 0, NULL, NULL},
};
