/* Functions that change the layout: views where the bytes can be shared, copies else. */
#include "bind/tensor.h"

static int layout(lua_State *L, moon_context *c, enum op op, int idx, const int64_t *attr, int nattr)
{
	struct arg a;
	arg_tensor(L, c, idx, &a);
	return bind_apply(L, c, op, &a, 1, attr, nattr);
}

void op_reshape(lua_State *L, moon_context *c, int idx, int rank, const int64_t *dim)
{
	layout(L, c, OP_reshape, idx, dim, rank);
}

static void nothing_after(lua_State *L, int next)
{
	if (lua_gettop(L) >= next) bind_error(L, "%s: integer expected, got %s", bind_name(L), arg_type(L, next));
}

static int64_t product(lua_State *L, moon_context *c, const int64_t *dim, int n)
{
	int64_t count = 1;
	for (int d = 0; d < n; d++)
		if (!length_mul(count, dim[d], &count)) trace_exact(L, c, "a product of lengths");
	return count;
}

/* What of x's lengths remains without those of `dim` (-1 aside), when some are unknown. */
static int64_t left_over(lua_State *L, moon_context *c, const struct tensor *x, int rank, const int64_t *dim)
{
	int64_t own = 1, known = 1, times, out, rest[MAX_RANK];
	int n = 0;
	for (int d = 0; d < x->rank; d++) {
		rest[n] = length_atom(x->dim[d], &times);
		n += rest[n] != 1;
		own *= times;
	}
	for (int d = 0; d < rank; d++) {
		int k = 0;
		if (dim[d] == -1) continue;
		int64_t atom = length_atom(dim[d], &times);
		known *= times;
		if (atom == 1) continue;
		while (k < n && rest[k] != atom) k++;
		if (k == n) trace_exact(L, c, "a shape of other lengths");
		rest[k] = rest[--n];
	}
	if (n > 1 || known <= 0 || own % known || !length_mul(n ? rest[0] : 1, own / known, &out))
		trace_exact(L, c, "a product of lengths");
	return out;
}

/* One dim may be -1: what is left over. */
static void complete(lua_State *L, moon_context *c, const struct tensor *x, int rank, int64_t *dim)
{
	int64_t known = 1;
	int open = -1;
	bool unknown = x->numel < 0;
	for (int d = 0; d < rank; d++) {
		if (length_unknown(dim[d])) unknown = true;
		else if (dim[d] == -1 && open < 0) open = d;
		else if (dim[d] < 0)
			bind_error(L, "%s: bad length %lld of dim %d", bind_name(L), (long long)dim[d], d + 1);
		else if (__builtin_mul_overflow(known, dim[d], &known))
			bind_error(L, "%s: the shape is too large", bind_name(L));
	}
	if (open < 0) return;
	if (unknown) {
		dim[open] = left_over(L, c, x, rank, dim);
		return;
	}
	if (known == 0 || x->numel % known)
		bind_error(L, "%s: %s cannot become %s", bind_name(L), SHAPE_OF(x),
		           shape_text((char[SHAPE_TEXT]){0}, rank, dim));
	dim[open] = x->numel / known;
}

static int l_reshape(lua_State *L)
{
	moon_context *c = bind_self(L);
	int64_t dim[MAX_RANK];
	int next;
	struct tbox *b = arg_tensor(L, c, 1, NULL);
	int rank = arg_dims(L, c, 2, dim, &next);
	nothing_after(L, next);
	complete(L, c, &b->t, rank, dim);
	op_reshape(L, c, 1, rank, dim);
	return 1;
}

static int l_flatten(lua_State *L)
{
	static const char *const names[] = {"start_dim", "end_dim"};
	moon_context *c = bind_self(L);
	const struct tensor *x = &arg_tensor(L, c, 1, NULL)->t;
	int64_t dim[MAX_RANK];
	arg_options(L, c, 2, 2, names);
	if (x->rank == 0) {
		dim[0] = 1;
		op_reshape(L, c, 1, 1, dim);
		return 1;
	}
	int first = lua_isnil(L, 2) ? 0 : arg_dim(L, c, 2, x->rank);
	int last = lua_isnil(L, 3) ? x->rank - 1 : arg_dim(L, c, 3, x->rank), rank = 0;
	if (last < first) bind_error(L, "%s: the last dim comes before the first", bind_name(L));
	for (int d = 0; d < first; d++) dim[rank++] = x->dim[d];
	dim[rank++] = product(L, c, x->dim + first, last - first + 1);
	for (int d = last + 1; d < x->rank; d++) dim[rank++] = x->dim[d];
	op_reshape(L, c, 1, rank, dim);
	return 1;
}

static int l_unsqueeze(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor *x = &arg_tensor(L, c, 1, NULL)->t;
	int64_t dim[MAX_RANK];
	if (x->rank == MAX_RANK) bind_error(L, "%s: more than %d dims", bind_name(L), MAX_RANK);
	int at = arg_dim(L, c, 2, x->rank + 1), rank = 0;
	for (int d = 0; d <= x->rank; d++) {
		if (d == at) dim[rank++] = 1;
		if (d < x->rank) dim[rank++] = x->dim[d];
	}
	op_reshape(L, c, 1, rank, dim);
	return 1;
}

static int l_squeeze(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor *x = &arg_tensor(L, c, 1, NULL)->t;
	int64_t dim[MAX_RANK];
	int at = lua_isnoneornil(L, 2) ? -1 : arg_dim(L, c, 2, x->rank), rank = 0;
	for (int d = 0; d < x->rank; d++)
		if (x->dim[d] != 1 || (at >= 0 && d != at)) dim[rank++] = x->dim[d];
	op_reshape(L, c, 1, rank, dim);
	return 1;
}

static int swap(lua_State *L, moon_context *c, int rank, int d1, int d2)
{
	int64_t from[MAX_RANK];
	for (int d = 0; d < rank; d++) from[d] = d == d1 ? d2 : d == d2 ? d1 : d;
	return layout(L, c, OP_permute, 1, from, rank);
}

static int l_transpose(lua_State *L)
{
	moon_context *c = bind_self(L);
	int rank = arg_tensor(L, c, 1, NULL)->t.rank;
	int d1 = arg_dim(L, c, 2, rank), d2 = arg_dim(L, c, 3, rank);
	return swap(L, c, rank, d1, d2);
}

static int l_t(lua_State *L)
{
	moon_context *c = bind_self(L);
	int rank = arg_tensor(L, c, 1, NULL)->t.rank;
	if (rank > 2) bind_error(L, "%s: a tensor of rank 2 at most expected, got rank %d", bind_name(L), rank);
	return swap(L, c, rank, 0, rank - 1);
}

static int l_permute(lua_State *L)
{
	moon_context *c = bind_self(L);
	int rank = arg_tensor(L, c, 1, NULL)->t.rank, next;
	int64_t dim[MAX_RANK];
	int n = arg_dims(L, c, 2, dim, &next);
	unsigned seen = 0;
	nothing_after(L, next);
	if (n != rank) bind_error(L, "%s: %d dims given for a tensor of rank %d", bind_name(L), n, rank);
	for (int d = 0; d < n; d++) {
		if (dim[d] == 0 || dim[d] > rank || dim[d] < -rank)
			bind_error(L, "%s: dim %lld of a tensor of rank %d", bind_name(L), (long long)dim[d], rank);
		dim[d] = dim[d] > 0 ? dim[d] - 1 : rank + dim[d];
		if (seen & 1u << dim[d]) bind_error(L, "%s: dim %d is named twice", bind_name(L), (int)dim[d] + 1);
		seen |= 1u << dim[d];
	}
	return layout(L, c, OP_permute, 1, dim, n);
}

static int l_expand(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor *x = &arg_tensor(L, c, 1, NULL)->t;
	int64_t dim[MAX_RANK];
	int next, n = arg_dims(L, c, 2, dim, &next), lead = n - x->rank;
	nothing_after(L, next);
	bool good = lead >= 0;
	for (int d = 0; d < n && good; d++) {
		int64_t own = d < lead ? 1 : x->dim[d - lead];
		if (dim[d] == -1 && d >= lead) dim[d] = own;
		good = (dim[d] >= 0 || length_unknown(dim[d])) && (own == 1 || own == dim[d]);
	}
	if (!good)
		bind_error(L, "%s: %s cannot become %s", bind_name(L), SHAPE_OF(x),
		           shape_text((char[SHAPE_TEXT]){0}, n, dim));
	return layout(L, c, OP_expand, 1, dim, n);
}

static int l_narrow(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor *x = &arg_tensor(L, c, 1, NULL)->t;
	int dim = arg_dim(L, c, 2, x->rank);
	int64_t n = x->dim[dim], start = arg_length(L, c, 3, "the start"), len = arg_length(L, c, 4, "the length"), end;
	if (length_unknown(n) || length_unknown(start) || length_unknown(len)) {
		if ((start < 0 && !length_unknown(start) && !length_add(start + 1, n, &start)) ||
		    !length_add(start, -1, &start) || !length_add(start, len, &end))
			trace_exact(L, c, "a range of positions");
		trace_ordered(L, c, 0, start);
		trace_ordered(L, c, 0, len);
		trace_ordered(L, c, end, n);
		return layout(L, c, OP_narrow, 1, (int64_t[]){dim, start, len, 1}, 4);
	}
	if (len < 0) arg_count(L, c, 4, "the length");
	if (start < 0 && start >= -n) start += n + 1;
	if (start < 1 || start > n + 1 || len > n + 1 - start)
		bind_error(L, "%s: %lld elements from %lld on, in dim %d of length %lld", bind_name(L), (long long)len,
		           (long long)start, dim + 1, (long long)n);
	int64_t attr[4] = {dim, start - 1, len, 1};
	return layout(L, c, OP_narrow, 1, attr, 4);
}

static int l_select(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor *x = &arg_tensor(L, c, 1, NULL)->t;
	int dim = arg_dim(L, c, 2, x->rank);
	struct arg a;
	if (bind_operand(L, c, 3, &a) && a.sym && a.kind == K_INT) {
		struct arg in[2];
		int64_t attr = dim;
		arg_tensor(L, c, 1, &in[0]);
		in[1] = a;
		in[1].lift = I64;
		return bind_apply(L, c, OP_index, in, 2, &attr, 1);
	}
	int64_t attr[2] = {dim, index_position(L, x, dim, arg_int(L, c, 3, "the index"))};
	return layout(L, c, OP_select, 1, attr, 2);
}

/* The tensors of the list at idx are pushed and put into operands kept in a scratch userdata. */
static struct arg *list_operands(lua_State *L, moon_context *c, int idx, int *count)
{
	if (!lua_istable(L, idx))
		bind_error(L, "%s: a list of tensors expected, got %s", bind_name(L), arg_type(L, idx));
	int64_t n = arg_len(L, idx);
	if (n == 0) bind_error(L, "%s: an empty list", bind_name(L));
	if (n > 100000) bind_error(L, "%s: a list of %lld tensors is too long", bind_name(L), (long long)n);
	luaL_checkstack(L, (int)n + 20, "a list of tensors");
	struct arg *a = lua_newuserdatauv(L, (size_t)n * sizeof *a, 0);
	for (int64_t i = 0; i < n; i++) {
		lua_geti(L, idx, i + 1);
		if (!bind_operand(L, c, lua_gettop(L), &a[i]) || !a[i].box)
			bind_error(L, "%s: tensor expected at place %lld of the list, got %s", bind_name(L),
			           (long long)i + 1, arg_type(L, -1));
	}
	bind_promote(a, (int)n);
	*count = (int)n;
	return a;
}

static int join(lua_State *L, enum op op)
{
	static const char *const names[] = {"dim"};
	moon_context *c = bind_self(L);
	int n;
	arg_options(L, c, 2, 1, names);
	struct arg *a = list_operands(L, c, 1, &n);
	int rank = a[0].box->t.rank + (op == OP_stack);
	if (rank == 0) bind_error(L, "%s: a tensor of rank 0 (stack joins those)", bind_name(L));
	int64_t dim = lua_isnil(L, 2) ? 0 : arg_dim(L, c, 2, rank);
	return bind_apply(L, c, op, a, n, &dim, 1);
}
static int l_cat(lua_State *L) { return join(L, OP_cat); }
static int l_stack(lua_State *L) { return join(L, OP_stack); }

/* x and an i64 index along a dim. */
static int index_rows(lua_State *L, moon_context *c, int x, int index, int64_t dim)
{
	struct arg a[2];
	arg_tensor(L, c, x, &a[0]);
	if (!bind_operand(L, c, index, &a[1]) || a[1].lift != I64 || !(a[1].box || a[1].sym))
		bind_error(L, "%s: the index must be an i64 tensor, got %s", bind_name(L),
		           bind_tensor(L, c, index) ? dtype_name[a[1].lift] : arg_type(L, index));
	return bind_apply(L, c, OP_index, a, 2, &dim, 1);
}

static int l_index_select(lua_State *L)
{
	moon_context *c = bind_self(L);
	int rank = arg_tensor(L, c, 1, NULL)->t.rank;
	return index_rows(L, c, 1, 3, arg_dim(L, c, 2, rank));
}

static int l_embedding(lua_State *L)
{
	moon_context *c = bind_self(L);
	if (arg_tensor(L, c, 1, NULL)->t.rank == 0)
		bind_error(L, "%s: weight must have rank 1 or more, got rank 0", bind_name(L));
	return index_rows(L, c, 1, 2, 0);
}

/* The values at argument 4 in the shape they are wanted in: x's, with the index's dims for `dim`. */
static void broadcast_values(lua_State *L, moon_context *c, const struct tensor *x, int dim, const struct tensor *index,
                             struct arg *a)
{
	int64_t attr[1 + 2 * MAX_RANK] = {x->dtype};
	int rank = 0;
	for (int d = 0; d < x->rank; d++) {
		if (d != dim) attr[++rank] = x->dim[d];
		for (int k = 0; d == dim && k < index->rank; k++) attr[++rank] = index->dim[k];
	}
	if (rank > MAX_RANK) bind_error(L, "%s: more than %d dims", bind_name(L), MAX_RANK);
	arg_operand(L, c, 4, a);
	a->lift = x->dtype;
	if (!a->box) bind_apply(L, c, OP_full, a, 1, attr, rank + 1);
	else layout(L, c, OP_expand, 4, attr + 1, rank);
	bind_operand(L, c, lua_gettop(L), a);
}

static int index_into(lua_State *L, enum op op)
{
	moon_context *c = bind_self(L);
	struct arg a[3];
	int64_t dim = arg_dim(L, c, 2, arg_tensor(L, c, 1, &a[0])->t.rank);
	arg_tensor(L, c, 3, &a[1]);
	if (a[1].lift != I64)
		bind_error(L, "%s: the index must be an i64 tensor, got %s", bind_name(L), dtype_name[a[1].lift]);
	broadcast_values(L, c, &a[0].box->t, (int)dim, &a[1].box->t, &a[2]);
	a[2].lift = a[0].lift;
	return bind_apply(L, c, op, a, 3, &dim, 1);
}
static int l_index_add(lua_State *L) { return index_into(L, OP_index_add); }
static int l_index_put(lua_State *L) { return index_into(L, OP_index_put); }

const struct bind_row rows_shape[] = {
    {"reshape", l_reshape, 0, IN_BOTH, "ms.reshape(x, lengths...) -> tensor",
     "The same elements in another shape; one length may be -1. Shares the bytes when the layout allows it."},
    {"view", l_reshape, 0, IN_BOTH, "ms.view(x, lengths...) -> tensor", "The same as ms.reshape."},
    {"flatten", l_flatten, 0, IN_BOTH, "ms.flatten(x [, start_dim [, end_dim]]) -> tensor",
     "Dims start_dim..end_dim (all when not given) as one."},
    {"unsqueeze", l_unsqueeze, 0, IN_BOTH, "ms.unsqueeze(x, dim) -> tensor", "A dim of length 1 put in at dim."},
    {"squeeze", l_squeeze, 0, IN_BOTH, "ms.squeeze(x [, dim]) -> tensor",
     "Without the dims of length 1, or without that one if its length is 1."},
    {"transpose", l_transpose, 0, IN_BOTH, "ms.transpose(x, dim1, dim2) -> tensor", "Two dims swapped."},
    {"t", l_t, 0, IN_BOTH, "ms.t(x) -> tensor", "The transpose of a matrix; vectors stay as they are."},
    {"permute", l_permute, 0, IN_BOTH, "ms.permute(x, dims...) -> tensor", "Dims in another order."},
    {"expand", l_expand, 0, IN_BOTH, "ms.expand(x, lengths...) -> tensor",
     "Dims of length 1 repeated without copying; -1 keeps a length; new dims come first."},
    {"narrow", l_narrow, 0, IN_BOTH, "ms.narrow(x, dim, start, length) -> tensor",
     "length elements of dim from start on (1-based, negative from the end); shares the bytes."},
    {"select", l_select, 0, IN_BOTH, "ms.select(x, dim, index) -> tensor",
     "The slice at index of dim, which goes; shares the bytes."},
    {"cat", l_cat, 0, IN_MODULE, "ms.cat(list [, dim]) -> tensor",
     "Tensors joined along dim (the first when not given); other dims must agree."},
    {"stack", l_stack, 0, IN_MODULE, "ms.stack(list [, dim]) -> tensor",
     "Tensors of one shape along a new dim (the first when not given)."},
    {"index_select", l_index_select, 0, IN_BOTH, "ms.index_select(x, dim, index) -> tensor",
     "Rows of dim named by the i64 tensor index, 1-based."},
    {"embedding", l_embedding, 0, IN_MODULE, "ms.embedding(weight, index) -> tensor",
     "Rows of weight named by the i64 tensor index (any shape), 1-based."},
    {"index_add", l_index_add, 0, IN_BOTH, "ms.index_add(x, dim, index, values) -> tensor",
     "A copy of x with values added to the rows of dim that index names; rows named twice get both."},
    {"index_put", l_index_put, 0, IN_BOTH, "ms.index_put(x, dim, index, values) -> tensor",
     "A copy of x with the rows of dim that index names replaced by values; the last of equals stays."},
    {NULL, NULL, 0, 0, NULL, NULL},
};
