/* From tensors to Lua values and to other dtypes; what a tensor says of itself. */
#include "bind/tensor.h"

static int l_to(lua_State *L)
{
	static const char *const names[] = {"dtype"};
	moon_context *c = bind_self(L);
	int dt = arg_tensor(L, c, 1, NULL)->t.dtype;
	arg_options(L, c, 2, 1, names);
	op_cast(L, c, 1, (enum dtype)arg_dtype(L, c, 2, dt));
	return 1;
}

static int cast_to(lua_State *L, enum dtype dt)
{
	moon_context *c = bind_self(L);
	arg_tensor(L, c, 1, NULL);
	op_cast(L, c, 1, dt);
	return 1;
}
static int l_float(lua_State *L) { return cast_to(L, F32); }
static int l_double(lua_State *L) { return cast_to(L, F64); }
static int l_long(lua_State *L) { return cast_to(L, I64); }
static int l_bool(lua_State *L) { return cast_to(L, BOOL); }

static int l_item(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct arg a;
	arg_tensor(L, c, 1, &a);
	return bind_apply(L, c, OP_item, &a, 1, NULL, 0);
}

static void push_element(lua_State *L, const struct tensor *t, int64_t i)
{
	switch (t->dtype) {
	case I64: lua_pushinteger(L, tensor_get_i(t, i)); break;
	case BOOL: lua_pushboolean(L, tensor_get_i(t, i) != 0); break;
	default: lua_pushnumber(L, tensor_get_f(t, i));
	}
}

/* Dim d of the part whose first element is number `first`, of `n` elements. */
static void push_list(lua_State *L, const struct tensor *t, int d, int64_t first, int64_t n)
{
	int64_t len = t->dim[d], step = len ? n / len : 0;
	luaL_checkstack(L, 4, "tolist");
	lua_createtable(L, len < 1 << 20 ? (int)len : 0, 0);
	for (int64_t i = 0; i < len; i++) {
		if (d + 1 < t->rank) push_list(L, t, d + 1, first + i * step, step);
		else push_element(L, t, first + i);
		lua_rawseti(L, -2, i + 1);
	}
}

static int l_tolist(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tbox *b = arg_tensor(L, c, 1, NULL);
	if (b->ref || c->trace) trace_unsupported(L, c, "tolist of a staged tensor");
	if (b->t.rank == 0) push_element(L, &b->t, 0);
	else push_list(L, &b->t, 0, 0, b->t.numel);
	return 1;
}

static int l_numel(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tbox *b = arg_tensor(L, c, 1, NULL);
	if (!b->ref || !b->vague) lua_pushinteger(L, b->t.numel);
	else trace_push_numel(L, c, b->t.rank, b->t.dim);
	return 1;
}

static int l_dim(lua_State *L)
{
	lua_pushinteger(L, arg_tensor(L, bind_self(L), 1, NULL)->t.rank);
	return 1;
}

void push_shape(lua_State *L, moon_context *c, const struct tensor *t)
{
	lua_createtable(L, t->rank, 0);
	for (int d = 0; d < t->rank; d++) {
		trace_push_length(L, c, t->dim[d]);
		lua_rawseti(L, -2, d + 1);
	}
	trace_wrap_table(L, c);
}

static int l_size(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor *t = &arg_tensor(L, c, 1, NULL)->t;
	if (lua_isnoneornil(L, 2)) push_shape(L, c, t);
	else trace_push_length(L, c, t->dim[arg_dim(L, c, 2, t->rank)]);
	return 1;
}

static int l_clone(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct arg a;
	arg_tensor(L, c, 1, &a);
	return bind_apply(L, c, OP_contiguous, &a, 1, NULL, 0);
}

static bool contiguous(lua_State *L)
{
	const struct tbox *b = arg_tensor(L, bind_self(L), 1, NULL);
	if (!b->t.contiguous && b->ref && b->vague) trace_exact(L, bind_self(L), "the layout of a view");
	return b->t.contiguous;
}

static int l_contiguous(lua_State *L)
{
	if (!contiguous(L)) return l_clone(L);
	lua_settop(L, 1);
	return 1;
}

static int l_is_contiguous(lua_State *L)
{
	lua_pushboolean(L, contiguous(L));
	return 1;
}

static int l_is_tensor(lua_State *L)
{
	lua_pushboolean(L, bind_tensor(L, bind_self(L), 1) != NULL);
	return 1;
}

const struct bind_row rows_convert[] = {
    {"to", l_to, 0, IN_METHODS, "x:to(dtype) -> tensor",
     "x in another dtype (itself when it is of that dtype). A float to i64 is truncated; to bool it is x ~= 0."},
    {"float", l_float, 0, IN_METHODS, "x:float() -> f32 tensor", "x:to(\"f32\")."},
    {"double", l_double, 0, IN_METHODS, "x:double() -> f64 tensor", "x:to(\"f64\")."},
    {"long", l_long, 0, IN_METHODS, "x:long() -> i64 tensor", "x:to(\"i64\")."},
    {"bool", l_bool, 0, IN_METHODS, "x:bool() -> bool tensor", "x:to(\"bool\")."},
    {"item", l_item, 0, IN_METHODS, "x:item() -> number or boolean",
     "The only element as a Lua integer (i64), float (f32, f64) or boolean (bool)."},
    {"tolist", l_tolist, 0, IN_METHODS, "x:tolist() -> table", "The elements in nested lists; of rank 0 the element."},
    {"numel", l_numel, 0, IN_BOTH, "ms.numel(x) -> integer", "How many elements x has."},
    {"dim", l_dim, 0, IN_METHODS, "x:dim() -> integer", "How many dims x has (its rank)."},
    {"size", l_size, 0, IN_METHODS, "x:size([dim]) -> list or integer",
     "The length of a dim, or the list of all (as x.shape)."},
    {"clone", l_clone, 0, IN_BOTH, "ms.clone(x) -> tensor", "A copy with its own bytes."},
    {"contiguous", l_contiguous, 0, IN_METHODS, "x:contiguous() -> tensor",
     "x itself when its elements lie in order without gaps, else a copy that does."},
    {"is_contiguous", l_is_contiguous, 0, IN_METHODS, "x:is_contiguous() -> boolean",
     "Do the elements lie in order without gaps?"},
    {"is_tensor", l_is_tensor, 0, IN_MODULE, "ms.is_tensor(v) -> boolean", "Is v a tensor?"},
    {NULL, NULL, 0, 0, NULL, NULL},
};
