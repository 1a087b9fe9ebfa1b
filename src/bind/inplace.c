/* Writing into tensors: in-place methods, and the copy that assignment ends in. A tensor whose gradient is being
   recorded refuses. Operands that share bytes with what is written are copied first. While tracing, the storage gets a
   new value (lua/storage.lua). */
#include "bind/tensor.h"
#include "bind/trace.h"
#include <string.h>

/* May the tensor at idx be written? While tracing it becomes its handle. */
void inplace_check(lua_State *L, moon_context *c, int idx)
{
	struct tbox *b = arg_tensor(L, c, idx, NULL);
	if (b->ref && !c->trace) trace_unsupported(L, c, "a write into a tensor");
	if (c->trace) {
		b = trace_push_handle(L, c, idx);
		if (b->vague) trace_exact(L, c, "an in-place op");
		lua_replace(L, idx);
	}
	for (int d = 0; d < b->t.rank; d++)
		if (b->t.stride[d] == 0 && b->t.dim[d] > 1)
			bind_error(L, "%s: elements of an expanded tensor share their bytes; write to its clone()",
			           bind_name(L));
	if (c->tape) tape_inplace(L, c, idx);
	if (c->calling && !c->trace && !hostcall_may_write(L, c, &b->t))
		bind_error(L, "%s: a staged function that waits for this call uses the tensor", bind_name(L));
	if (c->trace) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_WRITABLE]);
		lua_pushvalue(L, idx);
		lua_call(L, 1, 0);
	}
}

/* Might writing `dst` element by element change elements of `src` that are still to be read? */
static bool overlap(const struct tensor *dst, const struct tensor *src)
{
	if (!tensor_overlap(dst, src)) return false;
	if (dst->data != src->data || dst->dtype != src->dtype || !tensor_same_shape(dst, src)) return true;
	for (int d = 0; d < dst->rank; d++)
		if (dst->stride[d] != src->stride[d]) return true;
	return false;
}

/* `src` seen in dst's shape. */
static bool broadcast(const struct tensor *dst, const struct tensor *src, struct tensor *out)
{
	int lead = dst->rank - src->rank;
	*out = *src;
	if (lead < 0) return false;
	out->rank = dst->rank;
	for (int d = 0; d < dst->rank; d++) {
		int64_t own = d < lead ? 1 : src->dim[d - lead];
		if (own != 1 && own != dst->dim[d]) return false;
		out->dim[d] = dst->dim[d];
		out->stride[d] = own == 1 ? 0 : src->stride[d - lead];
	}
	tensor_layout(out);
	return true;
}

static _Noreturn void no_fit(lua_State *L, const struct tensor *src, const struct tensor *dst)
{
	bind_error(L, "%s: %s does not fit into %s", bind_name(L), SHAPE_OF(src), SHAPE_OF(dst));
}

void inplace_value(lua_State *L, moon_context *c, const struct tensor *dst, int idx)
{
	struct arg a;
	struct tensor view;
	int64_t attr[1 + MAX_RANK] = {dst->dtype};
	memcpy(attr + 1, dst->dim, dst->rank * sizeof *attr);
	arg_operand(L, c, idx, &a);
	if (!a.box) {
		a.lift = dst->dtype;
		bind_apply(L, c, OP_full, &a, 1, attr, 1 + dst->rank);
		return;
	}
	op_cast(L, c, a.idx, dst->dtype);
	const struct tensor *src = &bind_tensor(L, c, -1)->t;
	if (!broadcast(dst, src, &view)) no_fit(L, src, dst);
	if (tensor_same_shape(dst, src)) return;
	bind_operand(L, c, -1, &a);
	bind_apply(L, c, OP_expand, &a, 1, attr + 1, dst->rank);
	lua_remove(L, -2);
}

void inplace_store(lua_State *L, moon_context *c, int dst, int idx)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_STORE]);
	lua_pushvalue(L, dst);
	trace_push_handle(L, c, idx);
	lua_call(L, 2, 0);
}

void inplace_copy(lua_State *L, moon_context *c, int to, int idx)
{
	struct tensor *dst = &bind_tensor(L, c, to)->t;
	struct arg a;
	struct tensor view;
	if (c->trace) {
		inplace_value(L, c, dst, idx);
		inplace_store(L, c, to, lua_gettop(L));
		return;
	}
	arg_operand(L, c, idx, &a);
	if (a.sym || (a.box && a.box->ref)) trace_unsupported(L, c, "a staged value written into an eager tensor");
	a.lift = dst->dtype;
	const struct tensor *src = &a.tmp;
	if (!a.box) {
		bind_lift(&a);
	} else {
		op_cast(L, c, a.idx, dst->dtype);
		struct tbox *b = bind_tensor(L, c, -1);
		if (overlap(dst, &b->t)) {
			bind_operand(L, c, -1, &a);
			bind_apply(L, c, OP_contiguous, &a, 1, NULL, 0);
			b = bind_tensor(L, c, -1);
		}
		src = &b->t;
	}
	if (!broadcast(dst, src, &view)) no_fit(L, src, dst);
	tensor_copy(dst, &view);
}

static int category(int dt) { return dt == BOOL ? 0 : dt == I64 ? 1 : 2; }

static bool direct(const struct tensor *x, const struct arg *a, int dt)
{
	if (x->dtype != dt || !x->contiguous) return false;
	return !a->box || (a->box->t.dtype == dt && !overlap(x, &a->box->t));
}

/* x = x op y */
static int m_arith(lua_State *L)
{
	moon_context *c = bind_self(L);
	enum op op = (enum op)lua_tointeger(L, lua_upvalueindex(3));
	struct arg a[2];
	struct err e;
	arg_tensor(L, c, 1, NULL);
	arg_operand(L, c, 2, &a[1]);
	if (!c->trace && (a[1].sym || (a[1].box && a[1].box->ref)))
		trace_unsupported(L, c, "a staged value written into an eager tensor");
	inplace_check(L, c, 1);
	struct tensor *x = &arg_tensor(L, c, 1, &a[0])->t;
	bind_promote_for(op, a, 2);
	if (category(a->lift) > category(x->dtype))
		bind_error(L, "%s: the result, %s, does not fit into a tensor of %s", bind_name(L), dtype_name[a->lift],
		           dtype_name[x->dtype]);
	const struct tensor *y = a[1].box ? &a[1].box->t : NULL;
	struct tensor seen;
	if (y && !broadcast(x, y, &seen)) no_fit(L, y, x);
	if (!c->trace && direct(x, &a[1], a->lift)) {
		struct op_env env = {&c->mem, &c->rng, &c->cancel};
		if (!y) bind_lift(&a[1]);
		struct tensor *in[2] = {x, y ? &seen : &a[1].tmp}, out = *x;
		if (!op_run(op, in, 2, NULL, 0, &out, &env, &e)) bind_raise(L, &e);
	} else {
		bind_apply(L, c, op, a, 2, NULL, 0);
		inplace_copy(L, c, 1, lua_gettop(L));
	}
	lua_settop(L, 1);
	return 1;
}

static int set(lua_State *L, int value)
{
	moon_context *c = bind_self(L);
	inplace_check(L, c, 1);
	inplace_copy(L, c, 1, value);
	lua_settop(L, 1);
	return 1;
}

static int m_set(lua_State *L) { return set(L, 2); }

static int m_zero(lua_State *L)
{
	lua_settop(L, 1);
	lua_pushinteger(L, 0);
	return set(L, 2);
}

/* New random numbers, then scaled and shifted: x = r * scale + shift. */
static int m_random(lua_State *L)
{
	moon_context *c = bind_self(L);
	enum op op = (enum op)lua_tointeger(L, lua_upvalueindex(3));
	int64_t attr[1 + MAX_RANK];
	struct tensor *x = &arg_tensor(L, c, 1, NULL)->t;
	double p = lua_isnoneornil(L, 2) ? 0 : arg_float(L, c, 2, "the first parameter");
	double q = lua_isnoneornil(L, 3) ? 1 : arg_float(L, c, 3, "the second parameter");
	if (x->dtype != F32 && x->dtype != F64)
		bind_error(L, "%s: a tensor of floats expected, got %s", bind_name(L), dtype_name[x->dtype]);
	inplace_check(L, c, 1);
	lua_settop(L, 1);
	attr[0] = x->dtype;
	for (int d = 0; d < x->rank; d++) attr[1 + d] = x->dim[d];
	bind_apply(L, c, op, NULL, 0, attr, 1 + x->rank);
	struct arg a[2];
	static const enum op then[2] = {OP_mul, OP_add};
	double by[2] = {op == OP_rand ? q - p : q, p};
	for (int i = 0; i < 2; i++) {
		lua_pushnumber(L, by[i]);
		bind_operand(L, c, -2, &a[0]);
		bind_operand(L, c, -1, &a[1]);
		bind_promote(a, 2);
		bind_apply(L, c, then[i], a, 2, NULL, 0);
	}
	inplace_copy(L, c, 1, lua_gettop(L));
	lua_settop(L, 1);
	return 1;
}

const struct bind_row rows_inplace[] = {
    {"add_", m_arith, OP_add, IN_METHODS, "x:add_(y) -> x", "x = x + y in place; y broadcasts to x's shape."},
    {"sub_", m_arith, OP_sub, IN_METHODS, "x:sub_(y) -> x", "x = x - y in place; y broadcasts to x's shape."},
    {"mul_", m_arith, OP_mul, IN_METHODS, "x:mul_(y) -> x", "x = x * y in place; y broadcasts to x's shape."},
    {"div_", m_arith, OP_div, IN_METHODS, "x:div_(y) -> x", "x = x / y in place; x must hold floats."},
    {"copy_", m_set, 0, IN_METHODS, "x:copy_(y) -> x", "The elements of y, broadcast and cast, put into x."},
    {"fill_", m_set, 0, IN_METHODS, "x:fill_(value) -> x", "The value put everywhere in x."},
    {"zero_", m_zero, 0, IN_METHODS, "x:zero_() -> x", "0 put everywhere in x."},
    {"uniform_", m_random, OP_rand, IN_METHODS, "x:uniform_([from [, to]]) -> x",
     "Uniform random numbers put into x, from 0 to 1 when not told."},
    {"normal_", m_random, OP_randn, IN_METHODS, "x:normal_([mean [, std]]) -> x",
     "Normal random numbers put into x, of mean 0 and deviation 1 when not told."},
    {NULL, NULL, 0, 0, NULL, NULL},
};
