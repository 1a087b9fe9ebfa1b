/* x[key] and x[key] = value. Keys: an integer, an i64 tensor, a bool mask, or a list that says for each
   dim one of: an integer, {} (all), {first, last}, {first, last, step}, and once an index tensor.
   Integers and ranges give views, index tensors and masks copies. Positions are 1-based, negative from the end. */
#include "bind/tensor.h"
#include "bind/trace.h"

static void apply_at_top(lua_State *L, moon_context *c, enum op op, const int64_t *attr, int nattr)
{
	struct arg a;
	bind_operand(L, c, -1, &a);
	bind_apply(L, c, op, &a, 1, attr, nattr);
	lua_remove(L, -2);
}

/* x at the top becomes rows of its dim named by the value at idx: an i64 tensor or a symbolic integer. */
static void index_at_top(lua_State *L, moon_context *c, int idx, int64_t dim)
{
	struct arg a[2];
	bind_operand(L, c, -1, &a[0]);
	bind_operand(L, c, idx, &a[1]);
	a[1].lift = I64;
	bind_apply(L, c, OP_index, a, 2, &dim, 1);
	if (a[1].sym) trace_share_row(L, c, lua_gettop(L) - 1, (int)dim, a[1].idx);
	lua_remove(L, -2);
}

int64_t index_position(lua_State *L, const struct tensor *x, int dim, int64_t i)
{
	int64_t n = x->dim[dim];
	if (length_unknown(n) && i > 0) return i - 1; /* checked once the length is known */
	if (length_unknown(n) && i < 0 && length_add(n, i, &i)) {
		trace_ordered(L, bind_self(L), 0, i);
		return i;
	}
	if (length_unknown(n)) trace_exact(L, bind_self(L), "a position");
	if (i == 0 || i > n || i < -n)
		bind_error(L, "index %lld is out of range for dim %d of length %lld", (long long)i, dim + 1,
		           (long long)n);
	return i > 0 ? i - 1 : n + i;
}

/* The places where the mask is true, as 1-based numbers in row-major order, pushed as an i64 tensor. */
static void push_places(lua_State *L, moon_context *c, const struct tensor *mask)
{
	int64_t n = 0, k = 0;
	for (int64_t i = 0; i < mask->numel; i++) n += tensor_get_i(mask, i) != 0;
	int64_t *at = (int64_t *)bind_push_tensor(L, c, I64, 1, &n)->t.data;
	for (int64_t i = 0; i < mask->numel; i++)
		if (tensor_get_i(mask, i)) at[k++] = i + 1;
}

static void check_mask(lua_State *L, const struct tensor *x, int dim, const struct tbox *mask)
{
	bool good = dim + mask->t.rank <= x->rank && mask->t.rank > 0;
	for (int d = 0; good && d < mask->t.rank; d++) good = mask->t.dim[d] == x->dim[dim + d];
	if (!good) bind_error(L, "index: a mask %s does not match %s", SHAPE_OF(&mask->t), SHAPE_OF(x));
}

/* Dims dim .. dim+n-1 of the tensor at the top as one. */
static void merge_dims(lua_State *L, moon_context *c, int dim, int n)
{
	const struct tensor *x = &bind_tensor(L, c, -1)->t;
	int64_t shape[MAX_RANK], all = 1;
	int rank = 0;
	if (n == 1) return;
	for (int d = 0; d < dim; d++) shape[rank++] = x->dim[d];
	for (int d = dim; d < dim + n; d++) all *= x->dim[d];
	shape[rank++] = all;
	for (int d = dim + n; d < x->rank; d++) shape[rank++] = x->dim[d];
	apply_at_top(L, c, OP_reshape, shape, rank);
}

/* --- keys --- */

/* An index tensor met in a key whose rows are to be written, not read. */
struct rows {
	int idx, dim; /* where the i64 tensor or mask is on the stack, and the dim; idx 0: none */
};

static int64_t bound(lua_State *L, moon_context *c, int list, int64_t k, int64_t n)
{
	lua_geti(L, list, k);
	int64_t i = arg_length(L, c, lua_gettop(L), k == 3 ? "the step" : "a bound"), end;
	lua_pop(L, 1);
	if (i >= 0 || length_unknown(i) || k == 3) return i;
	if (!length_add(n, i + 1, &end)) trace_exact(L, c, "a range of positions");
	return end;
}

/* {first, last[, step]} at stack index `list`, for dim `dim` of the tensor at the top. */
static void slice_at_top(lua_State *L, moon_context *c, int list, int dim)
{
	int64_t n = bind_tensor(L, c, -1)->t.dim[dim], len = arg_len(L, list), step = 1;
	if (len == 0) return;
	if (len != 2 && len != 3)
		bind_error(L, "index: a range is {}, {first, last} or {first, last, step}, this has %lld numbers",
		           (long long)len);
	int64_t first = bound(L, c, list, 1, n), last = bound(L, c, list, 2, n);
	if (len == 3) step = bound(L, c, list, 3, n);
	if (length_unknown(n) || length_unknown(first) || length_unknown(last) || length_unknown(step)) {
		int64_t count, after;
		if (step != 1 || !length_sub(last, first, &count) || !length_add(count, 1, &count) ||
		    !length_add(n, 1, &after))
			trace_exact(L, c, "a range of positions");
		trace_ordered(L, c, 1, first);
		trace_ordered(L, c, first, after);
		trace_ordered(L, c, 0, last);
		trace_ordered(L, c, last, n);
		if (!length_unknown(count) && count < 0) count = 0;
		trace_ordered(L, c, 0, count);
		if (!length_add(first, -1, &first)) trace_exact(L, c, "a range of positions");
		int64_t attr[4] = {dim, first, count, 1};
		apply_at_top(L, c, OP_narrow, attr, 4);
		return;
	}
	if (step < 1) bind_error(L, "index: the step must be 1 or more, got %lld", (long long)step);
	if (first < 1 || first > n + 1 || last < 0 || last > n)
		bind_error(L, "index: {%lld, %lld} is out of range for dim %d of length %lld", (long long)first,
		           (long long)last, dim + 1, (long long)n);
	int64_t attr[4] = {dim, first - 1, last < first ? 0 : (last - first) / step + 1, step};
	apply_at_top(L, c, OP_narrow, attr, 4);
}

/* One part of a key, at stack index k, for dim `dim` of the tensor at the top; returns the next dim. */
static int part_at_top(lua_State *L, moon_context *c, int k, int dim, struct rows *rows)
{
	struct arg a;
	const struct tensor *x = &bind_tensor(L, c, -1)->t;
	if (dim >= x->rank) bind_error(L, "index: more indices than dims");
	if (lua_istable(L, k)) {
		slice_at_top(L, c, k, dim);
		return dim + 1;
	}
	if (!bind_operand(L, c, k, &a) || (a.kind == K_BOOL))
		bind_error(L, "index: integer, list or index tensor expected, got %s", arg_type(L, k));
	if (a.kind != K_TENSOR) {
		if (a.sym && a.kind == K_INT) {
			index_at_top(L, c, k, dim);
		} else {
			int64_t attr[2] = {dim, index_position(L, x, dim, arg_int(L, c, k, "a position"))};
			apply_at_top(L, c, OP_select, attr, 2);
		}
		return dim;
	}
	int dims = 1;
	if (a.lift == BOOL) {
		check_mask(L, x, dim, a.box);
		dims = a.box->t.rank;
	} else if (a.lift != I64) {
		bind_error(L, "index: an index tensor must be i64 or bool, got %s", dtype_name[a.lift]);
	}
	if (rows->idx) bind_error(L, "index: more than one index tensor");
	*rows = (struct rows){k, dim};
	return dim + dims;
}

/* Goes through the key at stack index k for a copy of x at the top, leaving its view there. Index
   tensors stay for last and are told in rows. */
static void view_at_top(lua_State *L, moon_context *c, int k, struct rows *rows)
{
	*rows = (struct rows){0, 0};
	if (!lua_istable(L, k)) {
		part_at_top(L, c, k, 0, rows);
		return;
	}
	int64_t n = arg_len(L, k);
	int dim = 0;
	if (n > MAX_RANK) bind_error(L, "index: more indices than dims");
	for (int64_t i = 1; i <= n; i++) {
		lua_geti(L, k, i);
		lua_insert(L, -2); /* the part below x; an index tensor stays there */
		dim = part_at_top(L, c, lua_gettop(L) - 1, dim, rows);
		if (rows->idx != lua_gettop(L) - 1) lua_remove(L, -2);
	}
}

int tensor_index(lua_State *L, moon_context *c)
{
	struct rows rows;
	arg_tensor(L, c, 1, NULL);
	lua_pushvalue(L, 1);
	view_at_top(L, c, 2, &rows);
	if (!rows.idx) return 1;
	struct tbox *index = bind_tensor(L, c, rows.idx);
	if (index->t.dtype == BOOL) {
		if (index->ref || c->trace) trace_unsupported(L, c, "indexing with a mask");
		merge_dims(L, c, rows.dim, index->t.rank);
		push_places(L, c, &index->t);
		lua_replace(L, rows.idx);
	}
	index_at_top(L, c, rows.idx, rows.dim);
	return 1;
}

/* --- assignment --- */

/* Rows of dst (its dims `dim` .. `dim`+n-1 taken out): where they begin, in elements, one after the other. */
static int64_t *push_offsets(lua_State *L, const struct tensor *dst, const struct rows *r, const struct tensor *index,
                             int64_t *count)
{
	int64_t n = index->numel, k = 0;
	int64_t *at = lua_newuserdatauv(L, (size_t)n * sizeof *at + 1, 0);
	for (int64_t i = 0; i < n; i++) {
		if (index->dtype == I64) {
			at[k++] = index_position(L, dst, r->dim, tensor_get_i(index, i)) * dst->stride[r->dim];
		} else if (tensor_get_i(index, i)) {
			int64_t rest = i, offset = 0;
			for (int d = index->rank - 1; d >= 0; d--) {
				offset += rest % index->dim[d] * dst->stride[r->dim + d];
				rest /= index->dim[d];
			}
			at[k++] = offset;
		}
	}
	*count = k;
	return at;
}

/* The shape of x[key] where the key names rows: the index's dims, or the count of places, for those it takes. */
static int shape_of_rows(lua_State *L, const struct tensor *x, const struct rows *r, const struct tensor *index,
                         int64_t count, int64_t *dim)
{
	bool mask = index->dtype == BOOL;
	int rank = 0;
	for (int d = 0; d < r->dim; d++) dim[rank++] = x->dim[d];
	if (mask) dim[rank++] = count;
	else
		for (int d = 0; d < index->rank; d++) dim[rank++] = index->dim[d];
	for (int d = r->dim + (mask ? index->rank : 1); d < x->rank; d++) dim[rank++] = x->dim[d];
	if (rank > MAX_RANK) bind_error(L, "index: more than %d dims", MAX_RANK);
	return rank;
}

/* Puts the value at stack index 3 into rows of dst. It is laid out in full first, in the shape of
   dst[key], so it may come from dst itself; rows named twice get the last. */
static void put_rows(lua_State *L, moon_context *c, const struct tensor *dst, const struct rows *r)
{
	const struct tensor *index = &bind_tensor(L, c, r->idx)->t;
	int taken = index->dtype == BOOL ? index->rank : 1, after = r->dim + taken;
	int64_t count, dim[2 * MAX_RANK];
	int64_t *at = push_offsets(L, dst, r, index, &count);
	int rank = shape_of_rows(L, dst, r, index, count, dim);
	struct tensor *full = &bind_push_tensor(L, c, (enum dtype)dst->dtype, rank, dim)->t;
	inplace_copy(L, c, lua_gettop(L), 3);

	struct tensor to = *dst, from = *dst;
	to.rank = from.rank = (uint8_t)(dst->rank - taken);
	int64_t step = 1; /* between elements of `full` */
	for (int d = dst->rank - 1; d >= after; d--) {
		from.stride[d - taken] = step;
		to.dim[d - taken] = from.dim[d - taken] = dst->dim[d];
		to.stride[d - taken] = dst->stride[d];
		step *= dst->dim[d];
	}
	int64_t row = step;
	step *= count;
	for (int d = r->dim - 1; d >= 0; d--) {
		from.stride[d] = step;
		step *= dst->dim[d];
	}
	tensor_layout(&to);
	tensor_layout(&from);
	for (int64_t i = 0; i < count; i++) {
		to.data = dst->data + at[i] * dtype_size[dst->dtype];
		from.data = full->data + i * row * dtype_size[dst->dtype];
		tensor_copy(&to, &from);
	}
}

/* The same while tracing: the tensor at the top gets a new value. */
static void put_traced_rows(lua_State *L, moon_context *c, const struct rows *r)
{
	const struct tensor x = bind_tensor(L, c, -1)->t, index = bind_tensor(L, c, r->idx)->t;
	int64_t dim[2 * MAX_RANK];
	int dst = lua_gettop(L);
	struct arg a[3];
	if (index.dtype == I64) {
		struct tensor full;
		struct err e;
		int64_t attr = r->dim;
		int rank = shape_of_rows(L, &x, r, &index, 0, dim);
		if (!tensor_shape(&full, (enum dtype)x.dtype, rank, dim, &e)) bind_raise(L, &e);
		inplace_value(L, c, &full, 3);
		bind_operand(L, c, dst, &a[0]);
		bind_operand(L, c, r->idx, &a[1]);
		bind_operand(L, c, dst + 1, &a[2]);
		bind_apply(L, c, OP_index_put, a, 3, &attr, 1);
	} else {
		struct tensor one = x;
		int rank = 0, after = x.rank - r->dim - index.rank;
		bind_operand(L, c, 3, &a[1]);
		if (a[1].box && a[1].box->t.rank > after)
			trace_unsupported(L, c, "assignment of a tensor with a value for each place of a mask");
		one.rank = 0;
		for (int d = r->dim + index.rank; d < x.rank; d++) one.dim[one.rank++] = x.dim[d];
		inplace_value(L, c, &one, 3);
		for (int d = 0; d < index.rank; d++) dim[rank++] = index.dim[d];
		for (int d = 0; d < after; d++) dim[rank++] = 1;
		op_reshape(L, c, r->idx, rank, dim);
		bind_operand(L, c, dst + 2, &a[0]);
		bind_operand(L, c, dst + 1, &a[1]);
		bind_operand(L, c, dst, &a[2]);
		bind_apply(L, c, OP_where, a, 3, NULL, 0);
	}
	inplace_store(L, c, dst, lua_gettop(L));
}

int tensor_newindex(lua_State *L, moon_context *c)
{
	struct rows rows;
	inplace_check(L, c, 1);
	struct arg value;
	arg_operand(L, c, 3, &value);
	lua_pushvalue(L, 1);
	view_at_top(L, c, 2, &rows);
	if (rows.idx && c->trace) put_traced_rows(L, c, &rows);
	else if (rows.idx) put_rows(L, c, &bind_tensor(L, c, -1)->t, &rows);
	else inplace_copy(L, c, lua_gettop(L), 3);
	return 0;
}
