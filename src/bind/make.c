/* Constructors: from Lua values, constant, counted and random. */
#include "bind/tensor.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What ms.tensor finds in nested lists. Pass 1 finds shape and dtype, pass 2 fills. */
struct scan {
	int rank; /* -1 until the first leaf is met */
	int64_t dim[MAX_RANK], at[MAX_RANK];
	bool ints, floats, doubles, bools, symbolic;
	int leaf; /* pass 2: stack index, from which on the leaves are pushed (symbolic), else 0 */
	struct tensor *out;
	int64_t n;
};

static const char *place_text(char *out, size_t n, const struct scan *s, int depth)
{
	size_t at = 0;
	*out = 0;
	for (int d = 0; d < depth && at < n; d++)
		at += (size_t)snprintf(out + at, n - at, "[%lld]", (long long)s->at[d]);
	return out;
}

static _Noreturn void ragged(lua_State *L, const struct scan *s, int depth, const char *found, const char *wanted)
{
	char at[200];
	bind_error(L, "%s: the lists are ragged: values%s is %s, %s expected", bind_name(L),
	           place_text(at, sizeof at, s, depth), found, wanted);
}

static void check_leaf(lua_State *L, struct scan *s, const struct arg *a, int depth)
{
	char at[200];
	if (s->rank < 0) s->rank = depth;
	if (depth < s->rank) ragged(L, s, depth, "a number", "a list");
	if (a->box && a->box->t.numel != 1)
		bind_error(L, "%s: a tensor of %lld elements at values%s (ms.stack joins tensors)", bind_name(L),
		           (long long)a->box->t.numel, place_text(at, sizeof at, s, depth));
}

static void note_leaf(struct scan *s, const struct arg *a)
{
	if (a->sym || (a->box && a->box->ref)) s->symbolic = true;
	switch (a->lift) {
	case I64: s->ints = true; break;
	case F32: s->floats = true; break;
	case F64: s->doubles = true; break;
	default: s->bools = true;
	}
}

static void put_leaf(lua_State *L, struct scan *s, struct arg *a)
{
	char *to = s->out->data + s->n++ * dtype_size[s->out->dtype];
	if (a->sym || (a->box && a->box->ref))
		bind_error(L, "%s: the lists changed while they were read", bind_name(L));
	if (a->box) {
		bool whole = a->box->t.dtype == I64 || a->box->t.dtype == BOOL;
		a->kind = whole ? K_INT : K_FLOAT;
		if (whole) a->w.i = tensor_get_i(&a->box->t, 0);
		else a->w.f = tensor_get_f(&a->box->t, 0);
	}
	a->lift = s->out->dtype;
	bind_lift(a);
	memcpy(to, a->tmp.data, dtype_size[a->lift]);
}

/* The value at the top is at `depth` of the nested lists. */
static void walk(lua_State *L, moon_context *c, struct scan *s, int depth)
{
	struct arg a;
	char at[200];
	luaL_checkstack(L, 6, "nested lists");
	if (bind_operand(L, c, -1, &a)) {
		check_leaf(L, s, &a, depth);
		if (s->out) {
			put_leaf(L, s, &a);
		} else if (s->leaf) {
			lua_pushvalue(L, -1);
			lua_rawseti(L, s->leaf, ++s->n);
		} else {
			note_leaf(s, &a);
		}
		return;
	}
	if (!lua_istable(L, -1))
		bind_error(L, "%s: numbers, booleans or lists of them expected, got %s%s%s", bind_name(L),
		           arg_type(L, -1), depth ? " at values" : "", place_text(at, sizeof at, s, depth));
	if (depth == MAX_RANK)
		bind_error(L, "%s: lists nested deeper than %d, or a list in itself", bind_name(L), MAX_RANK);
	if (s->rank >= 0 && depth >= s->rank) ragged(L, s, depth, "a list", "a number");
	int64_t len = arg_len(L, -1);
	bool first = s->dim[depth] < 0;
	if (first) s->dim[depth] = len;
	if (len != s->dim[depth])
		bind_error(L, "%s: the lists are ragged: values%s has %lld elements, %lld expected", bind_name(L),
		           place_text(at, sizeof at, s, depth), (long long)len, (long long)s->dim[depth]);
	for (int64_t i = 1; i <= len; i++) {
		s->at[depth] = i;
		lua_geti(L, -1, i);
		walk(L, c, s, depth + 1);
		lua_pop(L, 1);
	}
	if (len == 0 && s->rank < 0) s->rank = depth + 1;
}

/* Staged leaves (the list s->leaf): each is lifted, and all are stacked. */
static int stack_leaves(lua_State *L, moon_context *c, struct scan *s, int dt)
{
	int64_t n = s->n, dim = 0;
	if (n > 10000 || !lua_checkstack(L, (int)n + 20))
		bind_error(L, "%s: too many staged values in one tensor (%lld)", bind_name(L), (long long)n);
	struct arg *a = lua_newuserdatauv(L, (size_t)n * sizeof *a, 0);
	for (int64_t i = 0; i < n; i++) {
		lua_rawgeti(L, s->leaf, i + 1);
		bind_operand(L, c, -1, &a[i]);
		if (a[i].box && a[i].box->t.rank) {
			op_reshape(L, c, lua_gettop(L), 0, NULL);
			lua_remove(L, -2);
			bind_operand(L, c, -1, &a[i]);
		}
		a[i].lift = dt;
	}
	bind_apply(L, c, OP_stack, a, (int)n, &dim, 1);
	op_reshape(L, c, lua_gettop(L), s->rank, s->dim);
	return 1;
}

/* A copy of the tensor at idx in a dtype; always with its own bytes. */
static int copy_as(lua_State *L, moon_context *c, int idx, int dt)
{
	struct arg a;
	int64_t attr = dt;
	bind_operand(L, c, idx, &a);
	if (dt == a.lift) return bind_apply(L, c, OP_contiguous, &a, 1, NULL, 0);
	return bind_apply(L, c, OP_cast, &a, 1, &attr, 1);
}

static const char *const dtype_option[] = {"dtype"};

static int l_tensor(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct scan s = {.rank = -1};
	for (int d = 0; d < MAX_RANK; d++) s.dim[d] = -1;
	if (lua_gettop(L) == 0)
		bind_error(L, "%s: numbers, booleans or lists of them expected, got no value", bind_name(L));
	arg_options(L, c, 2, 1, dtype_option);
	struct tbox *b = bind_tensor(L, c, 1);
	if (b) return copy_as(L, c, 1, arg_dtype(L, c, 2, b->t.dtype));
	lua_pushvalue(L, 1);
	walk(L, c, &s, 0);
	int dt = arg_dtype(L, c, 2, s.doubles ? F64 : s.floats ? F32 : s.ints ? I64 : s.bools ? BOOL : F32);
	for (int d = 0; d < s.rank; d++)
		if (s.dim[d] < 0) s.dim[d] = 0;
	if (s.symbolic) {
		lua_newtable(L);
		s.leaf = lua_gettop(L);
		lua_pushvalue(L, 1);
		walk(L, c, &s, 0);
		return stack_leaves(L, c, &s, dt);
	}
	lua_settop(L, 1);
	struct tbox *out = bind_push_tensor(L, c, (enum dtype)dt, s.rank, s.dim);
	s.out = &out->t;
	lua_pushvalue(L, 1);
	walk(L, c, &s, 0);
	lua_settop(L, 2);
	/* in a trace the bytes are a constant, of which each run has its own copy */
	return c->trace ? copy_as(L, c, 2, dt) : 1;
}

/* --- constant and random --- */

static bool is_float(int dt) { return dt == F32 || dt == F64; }

/* Shape and dtype from argument `first` on, as attribute words [dtype, dims...]; how many. */
static int shape_args(lua_State *L, moon_context *c, int first, int64_t *attr)
{
	int next = first, n = 0;
	bool options = false;
	if (lua_istable(L, first) && lua_gettop(L) == first) {
		lua_geti(L, first, 1);
		options = lua_isnil(L, -1);
		lua_pop(L, 1);
	}
	if (!options) n = arg_dims(L, c, first, attr + 1, &next);
	for (int d = 0; d < n; d++)
		if (attr[1 + d] < 0 && !length_unknown(attr[1 + d]))
			bind_error(L, "%s: the length of dim %d is negative (%lld)", bind_name(L), d + 1,
			           (long long)attr[1 + d]);
	arg_options(L, c, next, 1, dtype_option);
	attr[0] = arg_dtype(L, c, next, F32);
	return n + 1;
}

/* The dtype and shape of the tensor at 1, or the dtype in options behind it. */
static int like_args(lua_State *L, moon_context *c, int options, int64_t *attr)
{
	const struct tensor *x = &arg_tensor(L, c, 1, NULL)->t;
	arg_options(L, c, options, 1, dtype_option);
	attr[0] = arg_dtype(L, c, options, x->dtype);
	for (int d = 0; d < x->rank; d++) attr[1 + d] = x->dim[d];
	return x->rank + 1;
}

/* The Lua value or one-element tensor at idx everywhere. */
static int fill(lua_State *L, moon_context *c, int idx, const int64_t *attr, int nattr)
{
	struct arg a;
	arg_operand(L, c, idx, &a);
	if (a.box && a.box->t.rank) {
		if (a.box->t.numel != 1)
			bind_error(L, "%s: a value expected, got a tensor of %lld elements", bind_name(L),
			           (long long)a.box->t.numel);
		op_reshape(L, c, idx, 0, NULL);
		bind_operand(L, c, -1, &a);
	}
	a.lift = (int)attr[0];
	return bind_apply(L, c, OP_full, &a, 1, attr, nattr);
}

static int filled(lua_State *L, int value, bool like)
{
	moon_context *c = bind_self(L);
	int64_t attr[1 + MAX_RANK];
	int n = like ? like_args(L, c, 2, attr) : shape_args(L, c, 1, attr);
	lua_pushinteger(L, value);
	return fill(L, c, lua_gettop(L), attr, n);
}
static int l_zeros(lua_State *L) { return filled(L, 0, false); }
static int l_ones(lua_State *L) { return filled(L, 1, false); }
static int l_zeros_like(lua_State *L) { return filled(L, 0, true); }
static int l_ones_like(lua_State *L) { return filled(L, 1, true); }

static int l_full(lua_State *L)
{
	moon_context *c = bind_self(L);
	int64_t attr[1 + MAX_RANK];
	struct arg a;
	int next;
	if (!lua_istable(L, 1)) bind_error(L, "%s: a list of lengths expected, got %s", bind_name(L), arg_type(L, 1));
	int n = arg_dims(L, c, 1, attr + 1, &next);
	for (int d = 0; d < n; d++)
		if (attr[1 + d] < 0 && !length_unknown(attr[1 + d]))
			bind_error(L, "%s: the length of dim %d is negative (%lld)", bind_name(L), d + 1,
			           (long long)attr[1 + d]);
	arg_operand(L, c, 2, &a);
	arg_options(L, c, 3, 1, dtype_option);
	attr[0] = arg_dtype(L, c, 3, a.lift);
	return fill(L, c, 2, attr, n + 1);
}

static int l_full_like(lua_State *L)
{
	moon_context *c = bind_self(L);
	int64_t attr[1 + MAX_RANK];
	arg_tensor(L, c, 1, NULL);
	int n = like_args(L, c, 3, attr);
	return fill(L, c, 2, attr, n);
}

static int random_op(lua_State *L, enum op op, bool like)
{
	moon_context *c = bind_self(L);
	int64_t attr[1 + MAX_RANK];
	int n = like ? like_args(L, c, 2, attr) : shape_args(L, c, 1, attr);
	if (!is_float((int)attr[0]))
		bind_error(L, "%s: dtype f32 or f64 expected, got %s", bind_name(L), dtype_name[attr[0]]);
	return bind_apply(L, c, op, NULL, 0, attr, n);
}
static int l_rand(lua_State *L) { return random_op(L, OP_rand, false); }
static int l_randn(lua_State *L) { return random_op(L, OP_randn, false); }
static int l_rand_like(lua_State *L) { return random_op(L, OP_rand, true); }
static int l_randn_like(lua_State *L) { return random_op(L, OP_randn, true); }

static int l_multinomial(lua_State *L)
{
	static const char *const names[] = {"count", "replacement"};
	moon_context *c = bind_self(L);
	struct arg a;
	arg_tensor(L, c, 1, &a);
	arg_options(L, c, 2, 2, names);
	int64_t attr[2] = {lua_isnil(L, 2) ? 1 : arg_count(L, c, 2, "count"), arg_bool(L, c, 3, "replacement", false)};
	if (!is_float(a.lift)) a.lift = F32;
	return bind_apply(L, c, OP_multinomial, &a, 1, attr, 2);
}

/* A random order: a draw of everything without putting back. */
static int l_randperm(lua_State *L)
{
	moon_context *c = bind_self(L);
	int64_t n = arg_count(L, c, 1, "count"), attr[2] = {F32, n};
	struct arg a;
	lua_pushinteger(L, 1);
	fill(L, c, lua_gettop(L), attr, 2);
	arg_tensor(L, c, lua_gettop(L), &a);
	return bind_apply(L, c, OP_multinomial, &a, 1, (int64_t[]){n, 0}, 2);
}

static int l_manual_seed(lua_State *L)
{
	moon_context *c = bind_self(L);
	rng_seed(&c->rng, (uint64_t)arg_int(L, c, 1, "the seed"));
	return 0;
}

/* --- counted --- */

static int64_t bits_of(double v)
{
	union word w;
	w.f = v;
	return w.i;
}

static int range(lua_State *L, moon_context *c, int dt, double start, double step, int64_t n)
{
	int64_t attr[4] = {dt, bits_of(start), bits_of(step), n};
	return bind_apply(L, c, OP_arange, NULL, 0, attr, 4);
}

static int range_i(lua_State *L, moon_context *c, int64_t start, int64_t step, int64_t n)
{
	int64_t attr[4] = {I64, start, step, n};
	return bind_apply(L, c, OP_arange, NULL, 0, attr, 4);
}

/* How many of start, start + step, ... lie before end. */
static int64_t count_i(int64_t start, int64_t end, int64_t step)
{
	__int128 span = (__int128)end - start, by = step;
	if (by < 0) span = -span, by = -by;
	return span <= 0 ? 0 : (int64_t)((span + by - 1) / by > INT64_MAX ? INT64_MAX : (span + by - 1) / by);
}

static int l_arange(lua_State *L)
{
	moon_context *c = bind_self(L);
	int n = 0;
	bool whole = true;
	struct arg a;
	while (n < 3 && bind_operand(L, c, n + 1, &a) && a.kind != K_BOOL) {
		n++;
		whole &= a.kind == K_INT || (a.box && a.box->t.dtype == I64);
	}
	if (n == 0) bind_error(L, "%s: a number expected, got %s", bind_name(L), arg_type(L, 1));
	arg_options(L, c, n + 1, 1, dtype_option);
	int dt = arg_dtype(L, c, n + 1, whole ? I64 : F32), end = n > 1 ? 2 : 1;
	if (dt == BOOL || (dt == I64 && !whole))
		bind_error(L, "%s: dtype %s does not hold the bounds", bind_name(L), dtype_name[dt]);
	if (whole) {
		int64_t length;
		if (n == 1 && bind_operand(L, c, 1, &a) && trace_length(L, c, &a, &length))
			return dt == I64 ? range_i(L, c, 0, 1, length) : range(L, c, dt, 0, 1, length);
		int64_t start = n > 1 ? arg_int(L, c, 1, "the start") : 0,
		        step = n > 2 ? arg_int(L, c, 3, "the step") : 1;
		if (step == 0) bind_error(L, "%s: the step is zero", bind_name(L));
		int64_t count = count_i(start, arg_int(L, c, end, "the end"), step);
		return dt == I64 ? range_i(L, c, start, step, count)
		                 : range(L, c, dt, (double)start, (double)step, count);
	}
	double start = n > 1 ? arg_float(L, c, 1, "the start") : 0, step = n > 2 ? arg_float(L, c, 3, "the step") : 1;
	double count = ceil((arg_float(L, c, end, "the end") - start) / step);
	if (!(fabs(step) > 0) || isinf(step) || !(count < 0x1p62))
		bind_error(L, "%s: a range from %.14g by %.14g never ends", bind_name(L), start, step);
	return range(L, c, dt, start, step, count > 0 ? (int64_t)count : 0);
}

static int l_linspace(lua_State *L)
{
	moon_context *c = bind_self(L);
	double start = arg_float(L, c, 1, "the start"), end = arg_float(L, c, 2, "the end");
	int64_t n = arg_count(L, c, 3, "the number of steps");
	arg_options(L, c, 4, 1, dtype_option);
	int dt = arg_dtype(L, c, 4, F32);
	if (!is_float(dt)) bind_error(L, "%s: dtype f32 or f64 expected, got %s", bind_name(L), dtype_name[dt]);
	return range(L, c, dt, start, n > 1 ? (end - start) / (double)(n - 1) : 0, n);
}

static int l_eye(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct arg a[2];
	int64_t n = arg_count(L, c, 1, "the number of rows"), m = n;
	int options = lua_type(L, 2) == LUA_TNUMBER || bind_operand(L, c, 2, &a[0]) ? 3 : 2;
	if (options == 3) m = arg_count(L, c, 2, "the number of columns");
	arg_options(L, c, options, 1, dtype_option);
	int64_t dt = arg_dtype(L, c, options, F32);
	range_i(L, c, 0, 1, n);
	op_reshape(L, c, lua_gettop(L), 2, (int64_t[]){n, 1});
	range_i(L, c, 0, 1, m);
	bind_operand(L, c, -2, &a[0]);
	bind_operand(L, c, -1, &a[1]);
	bind_apply(L, c, OP_eq, a, 2, NULL, 0);
	op_cast(L, c, lua_gettop(L), (enum dtype)dt);
	return 1;
}

const struct bind_row rows_make[] = {
    {"tensor", l_tensor, 0, IN_MODULE, "ms.tensor(values [, dtype]) -> tensor",
     "A tensor of a number, a boolean or nested lists: integers give i64, floats (or both) f32, booleans bool. "
     "Of a tensor: a copy. Option: dtype."},
    {"zeros", l_zeros, 0, IN_MODULE, "ms.zeros(lengths... [, dtype]) -> tensor",
     "All 0, f32 unless told; the lengths may be one list."},
    {"ones", l_ones, 0, IN_MODULE, "ms.ones(lengths... [, dtype]) -> tensor",
     "All 1, f32 unless told; the lengths may be one list."},
    {"full", l_full, 0, IN_MODULE, "ms.full(list of lengths, value [, dtype]) -> tensor",
     "The value everywhere: an integer gives i64, a float f32, a boolean bool."},
    {"zeros_like", l_zeros_like, 0, IN_BOTH, "ms.zeros_like(x [, dtype]) -> tensor", "All 0, in x's shape and dtype."},
    {"ones_like", l_ones_like, 0, IN_BOTH, "ms.ones_like(x [, dtype]) -> tensor", "All 1, in x's shape and dtype."},
    {"full_like", l_full_like, 0, IN_BOTH, "ms.full_like(x, value [, dtype]) -> tensor",
     "The value everywhere, in x's shape and dtype."},
    {"rand", l_rand, 0, IN_MODULE, "ms.rand(lengths... [, dtype]) -> tensor",
     "Uniform random numbers, 0 <= x < 1, from the stream ms.manual_seed starts."},
    {"randn", l_randn, 0, IN_MODULE, "ms.randn(lengths... [, dtype]) -> tensor",
     "Normal random numbers of mean 0 and variance 1."},
    {"rand_like", l_rand_like, 0, IN_BOTH, "ms.rand_like(x [, dtype]) -> tensor", "ms.rand in x's shape and dtype."},
    {"randn_like", l_randn_like, 0, IN_BOTH, "ms.randn_like(x [, dtype]) -> tensor",
     "ms.randn in x's shape and dtype."},
    {"randperm", l_randperm, 0, IN_MODULE, "ms.randperm(n) -> i64 tensor", "1 to n in random order."},
    {"multinomial", l_multinomial, 0, IN_BOTH, "ms.multinomial(weights [, count [, replacement]]) -> i64 tensor",
     "Places 1..C drawn with chances in proportion to weights [..., C]: count of them (1 when not given), without "
     "putting back unless replacement is true. Options: count, replacement."},
    {"manual_seed", l_manual_seed, 0, IN_MODULE, "ms.manual_seed(n)", "Starts the stream of random numbers anew."},
    {"arange", l_arange, 0, IN_MODULE, "ms.arange(end), ms.arange(start, end [, step]) -> tensor",
     "start (0 when not given), start + step, ... before end, as in PyTorch: the end is left out. Integers give "
     "i64, floats f32. Option: dtype."},
    {"linspace", l_linspace, 0, IN_MODULE, "ms.linspace(start, end, n [, dtype]) -> tensor",
     "n numbers evenly spaced from start to end, both included."},
    {"eye", l_eye, 0, IN_MODULE, "ms.eye(n [, m] [, dtype]) -> tensor",
     "n rows of m, 1 on the diagonal and 0 elsewhere."},
    {NULL, NULL, 0, 0, NULL, NULL},
};
