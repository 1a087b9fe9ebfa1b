/* Types of results: element-wise ops, reductions, products, losses, and the ops on Lua values. The messages
   name the op and the shapes as the user wrote them. */
#include "op/run.h"

static bool same_dtype(const struct infer *f, const struct type *a, const struct type *b)
{
	if (a->dtype == b->dtype) return true;
	return infer_fail(f, "dtypes %s and %s differ", dtype_name[a->dtype], dtype_name[b->dtype]);
}

static bool broadcast(const struct infer *f, const struct type *a, const struct type *b)
{
	int64_t dim[MAX_RANK];
	int rank;
	if (a->rank == b->rank) {
		int i = 0;
		while (i < a->rank && a->dim[i] == b->dim[i]) i++;
		if (i == a->rank) return *f->out = *a, true;
	}
	if (!broadcast_shape(a->rank, a->dim, b->rank, b->dim, &rank, dim))
		return infer_fail(f, "shapes %s and %s do not broadcast", F_TEXT(a), F_TEXT(b));
	return infer_shape(f, (enum dtype)a->dtype, rank, dim);
}

static bool kernel_for(const struct infer *f, const char *wants)
{
	if (elem_takes(f->op, (enum dtype)f->in->dtype)) return true;
	return infer_fail(f, "%s, not %s", wants, dtype_name[f->in->dtype]);
}

static bool operands(const struct infer *f)
{
	if (f->nin == 1) return *f->out = *f->in, true;
	return same_dtype(f, &f->in[0], &f->in[1]) && broadcast(f, &f->in[0], &f->in[1]);
}

bool infer_arith(const struct infer *f) { return kernel_for(f, "works on numbers") && operands(f); }

bool infer_arith_float(const struct infer *f)
{
	if (f->in->dtype != F32 && f->in->dtype != F64)
		return infer_fail(f, "works on f32 and f64, not %s", dtype_name[f->in->dtype]);
	if ((f->op == OP_softmax || f->op == OP_log_softmax) &&
	    !(infer_attrs(f, 1) && infer_dim(f, f->attr[0], f->in->rank)))
		return false;
	return operands(f);
}

bool infer_arith_any(const struct infer *f) { return operands(f); }

bool infer_compare(const struct infer *f)
{
	if (!operands(f)) return false;
	f->out->dtype = BOOL;
	return true;
}

bool infer_logic(const struct infer *f) { return kernel_for(f, "works on bool and i64") && operands(f); }

bool infer_where(const struct infer *f)
{
	const struct type *c = &f->in[0];
	struct type both;
	struct infer values = *f;
	values.out = &both;
	if (c->dtype != BOOL) return infer_fail(f, "the condition is %s, not bool", dtype_name[c->dtype]);
	if (!same_dtype(f, &f->in[1], &f->in[2]) || !broadcast(&values, &f->in[1], &f->in[2])) return false;
	return broadcast(f, &both, c);
}

bool infer_cast(const struct infer *f)
{
	if (!infer_attrs(f, 1)) return false;
	if (f->attr[0] < 0 || f->attr[0] >= DTYPE_COUNT) return infer_fail(f, "no such dtype");
	return infer_shape(f, (enum dtype)f->attr[0], f->in->rank, f->in->dim);
}

/* Drops or keeps as 1 the dims of a mask. */
static bool reduced(const struct infer *f, enum dtype dt, uint64_t mask, bool keep)
{
	int64_t dim[MAX_RANK];
	int rank = 0;
	if (mask >> f->in->rank) return infer_fail(f, "a dim is out of range for a tensor of %d dims", f->in->rank);
	for (int i = 0; i < f->in->rank; i++) {
		if (!(mask >> i & 1)) dim[rank++] = f->in->dim[i];
		else if (keep) dim[rank++] = 1;
	}
	return infer_shape(f, dt, rank, dim);
}

static bool reduce(const struct infer *f, enum dtype dt)
{
	return infer_attrs(f, 2) && reduced(f, dt, (uint64_t)f->attr[0], f->attr[1] != 0);
}

static bool not_empty(const struct infer *f, uint64_t mask)
{
	for (int i = 0; i < f->in->rank; i++)
		if (f->in->dim[i] == 0 && (mask >> i & 1))
			return infer_fail(f, "dim %d of %s is empty", i + 1, F_TEXT(f->in));
	return true;
}

bool infer_reduce_sum(const struct infer *f)
{
	return reduce(f, f->in->dtype == BOOL ? I64 : (enum dtype)f->in->dtype);
}
bool infer_reduce_bool(const struct infer *f) { return reduce(f, BOOL); }

bool infer_reduce_float(const struct infer *f)
{
	if (f->in->dtype != F32 && f->in->dtype != F64)
		return infer_fail(f, "works on f32 and f64, not %s", dtype_name[f->in->dtype]);
	return reduce(f, (enum dtype)f->in->dtype);
}

bool infer_reduce_some(const struct infer *f)
{
	return infer_attrs(f, 2) && not_empty(f, (uint64_t)f->attr[0]) && reduce(f, (enum dtype)f->in->dtype);
}

bool infer_arg_reduce(const struct infer *f)
{
	if (!infer_attrs(f, 2)) return false;
	const uint64_t all = ((uint64_t)1 << f->in->rank) - 1;
	if (f->attr[0] != -1 && !infer_dim(f, f->attr[0], f->in->rank)) return false;
	uint64_t mask = f->attr[0] == -1 ? all : (uint64_t)1 << f->attr[0];
	return not_empty(f, mask) && reduced(f, I64, mask, f->attr[1] != 0);
}

bool infer_matmul(const struct infer *f)
{
	const struct type *a = &f->in[0], *b = &f->in[1];
	if (!same_dtype(f, a, b)) return false;
	if (a->dtype == BOOL) return infer_fail(f, "bool tensors cannot be multiplied");
	if (a->rank == 0 || b->rank == 0)
		return infer_fail(f, "%s by %s: both need at least one dim", F_TEXT(a), F_TEXT(b));
	const int64_t inner = a->dim[a->rank - 1], other = b->dim[b->rank > 1 ? b->rank - 2 : 0];
	if (inner != other)
		return infer_fail(f, "%s by %s: inner dims %lld and %lld differ", F_TEXT(a), F_TEXT(b),
		                  (long long)inner, (long long)other);
	int64_t dim[MAX_RANK + 2];
	int rank, la = a->rank > 2 ? a->rank - 2 : 0, lb = b->rank > 2 ? b->rank - 2 : 0;
	if (!broadcast_shape(la, a->dim, lb, b->dim, &rank, dim))
		return infer_fail(f, "%s by %s: the leading dims do not broadcast", F_TEXT(a), F_TEXT(b));
	if (a->rank > 1) dim[rank++] = a->dim[a->rank - 2];
	if (b->rank > 1) dim[rank++] = b->dim[b->rank - 1];
	for (int i = 0; i < 2; i++)
		for (int j = f->in[i].rank > 2 ? f->in[i].rank - 2 : 0; j < f->in[i].rank; j++)
			if (f->in[i].dim[j] > INT32_MAX && a->dtype != I64)
				return infer_fail(f, "%s by %s: a dim is above %d", F_TEXT(a), F_TEXT(b), INT32_MAX);
	return infer_shape(f, (enum dtype)a->dtype, rank, dim);
}

static bool labels_fit(const struct infer *f, const struct type *x, const struct type *labels)
{
	if (x->dtype != F32 && x->dtype != F64)
		return infer_fail(f, "logits are f32 or f64, not %s", dtype_name[x->dtype]);
	if (labels->dtype != I64) return infer_fail(f, "labels are i64, not %s", dtype_name[labels->dtype]);
	bool fit = x->rank == labels->rank + 1;
	for (int i = 0; fit && i < labels->rank; i++) fit = x->dim[i] == labels->dim[i];
	return fit || infer_fail(f, "logits %s need labels of their shape without the last dim, not %s", F_TEXT(x),
	                         F_TEXT(labels));
}

bool infer_cross_entropy(const struct infer *f)
{
	return labels_fit(f, &f->in[0], &f->in[1]) && infer_shape(f, (enum dtype)f->in[0].dtype, 0, NULL);
}

bool infer_cross_entropy_grad(const struct infer *f)
{
	const struct type *x = &f->in[1];
	if (f->in[0].rank != 0) return infer_fail(f, "the gradient has shape %s, not []", F_TEXT(&f->in[0]));
	return same_dtype(f, &f->in[0], x) && labels_fit(f, x, &f->in[2]) &&
	       infer_shape(f, (enum dtype)x->dtype, x->rank, x->dim);
}

bool infer_lift(const struct infer *f)
{
	if (!infer_attrs(f, 1)) return false;
	if (f->attr[0] < 0 || f->attr[0] >= DTYPE_COUNT) return infer_fail(f, "no such dtype");
	if (f->in->kind != K_INT && f->in->kind != K_FLOAT && f->in->kind != K_BOOL)
		return infer_fail(f, "the operand is not a Lua number or boolean");
	return infer_shape(f, (enum dtype)f->attr[0], 0, NULL);
}

bool infer_item(const struct infer *f)
{
	for (int i = 0; i < f->in->rank; i++)
		if (f->in->dim[i] != 1) return infer_fail(f, "a tensor of shape %s is not one element", F_TEXT(f->in));
	f->out->kind = f->in->dtype == I64 ? K_INT : f->in->dtype == BOOL ? K_BOOL : K_FLOAT;
	f->out->dtype = 0;
	f->out->rank = 0;
	return true;
}

bool infer_length(const struct infer *f)
{
	if (f->nattr != 1 || !length_unknown(f->attr[0])) return infer_fail(f, "needs an unknown length");
	*f->out = (struct type){.kind = K_INT};
	return true;
}

static bool lua_op(const struct infer *f, enum kind a, enum kind b, enum kind result)
{
	static const char *const words[] = {"nothing", "a tensor", "an integer", "a float", "a boolean", "a list"};
	for (int i = 0; i < f->nin; i++) {
		enum kind want = i ? b : a;
		if (f->in[i].kind != want)
			return infer_fail(f, "operand %d is %s, not %s", i + 1, words[f->in[i].kind], words[want]);
	}
	f->out->kind = (uint8_t)result;
	f->out->dtype = 0;
	f->out->rank = 0;
	return true;
}

bool infer_lua_i(const struct infer *f) { return lua_op(f, K_INT, K_INT, K_INT); }
bool infer_lua_f(const struct infer *f) { return lua_op(f, K_FLOAT, K_FLOAT, K_FLOAT); }
bool infer_lua_b(const struct infer *f) { return lua_op(f, K_BOOL, K_BOOL, K_BOOL); }
bool infer_lua_itof(const struct infer *f) { return lua_op(f, K_INT, K_INT, K_FLOAT); }
bool infer_lua_ftoi(const struct infer *f) { return lua_op(f, K_FLOAT, K_FLOAT, K_INT); }
bool infer_lua_ftob(const struct infer *f) { return lua_op(f, K_FLOAT, K_FLOAT, K_BOOL); }
bool infer_lua_cmp_ii(const struct infer *f) { return lua_op(f, K_INT, K_INT, K_BOOL); }
bool infer_lua_cmp_ff(const struct infer *f) { return lua_op(f, K_FLOAT, K_FLOAT, K_BOOL); }
bool infer_lua_cmp_if(const struct infer *f) { return lua_op(f, K_INT, K_FLOAT, K_BOOL); }
bool infer_lua_cmp_fi(const struct infer *f) { return lua_op(f, K_FLOAT, K_INT, K_BOOL); }

bool infer_given(const struct infer *f) { return infer_fail(f, "its types are given, not inferred"); }
