/* Storages and views while tracing. A traced tensor is a handle on a window (offset, lengths, strides) of a storage;
   the storage is named by the first tensor made on it, its root. What a storage holds after writes in place is the
   prelude's business (lua/storage.lua): one flat value of rank 1, of which a handle's value is a window. */
#include <string.h>
#include "bind/tensor.h"
#include "bind/trace.h"

static struct tbox *handle(lua_State *L, moon_context *c, int idx)
{
	struct tbox *b = bind_tensor(L, c, idx);
	if (!b || !b->ref) bind_error(L, "internal: a traced tensor expected");
	return b;
}

/* A handle whose layout matters. */
static struct tbox *window(lua_State *L, moon_context *c, int idx)
{
	struct tbox *b = handle(L, c, idx);
	if (b->vague) trace_exact(L, c, "the layout of a tensor");
	return b;
}

static void push_root(lua_State *L, int idx)
{
	lua_getiuservalue(L, idx, 1);
	if (lua_type(L, -1) == LUA_TUSERDATA) return;
	lua_pop(L, 1);
	lua_pushvalue(L, idx);
}

static int64_t offset(const struct tbox *b) { return (b->t.data - TRACED_BASE) / dtype_size[b->t.dtype]; }

static bool fills(const struct tbox *b, int64_t n)
{
	return b->t.contiguous && b->t.data == TRACED_BASE && b->t.numel == n;
}

/* The result at the top shares the storage of the operand p at the top below it, and one of them has unknown lengths.
 */
static void share_vague(lua_State *L, moon_context *c, enum op op, const struct tbox *p, const int64_t *attr)
{
	struct tbox *b = lua_touserdata(L, -2);
	bool rows = (op == OP_select || (op == OP_narrow && attr[3] == 1)) && attr[0] == 0;
	if (op == OP_reshape && !p->t.contiguous) trace_exact(L, c, "the layout of a view");
	b->vague = true;
	b->t.contiguous = p->t.contiguous && (rows || op == OP_reshape);
	push_root(L, -1);
	lua_setiuservalue(L, -3, 1);
}

/* The handle at the top shares the storage of the one at `from`, in the layout v. */
static void share(lua_State *L, int from, const struct tensor *v)
{
	struct tbox *b = lua_touserdata(L, -1);
	b->t = *v;
	b->t.st = NULL;
	push_root(L, from);
	lua_setiuservalue(L, -2, 1);
}

void trace_share(lua_State *L, moon_context *c, enum op op, int from, const int64_t *attr, int nattr)
{
	struct tensor v = {.st = NULL};
	int child = lua_gettop(L);
	const struct tbox *p = trace_push_handle(L, c, from);
	bool vague = p->vague || ((struct tbox *)lua_touserdata(L, child))->vague;
	if (vague) share_vague(L, c, op, p, attr);
	if (vague || op_shares(op, &p->t, attr, nattr, &v)) {
		lua_pushvalue(L, child);
		if (!vague) share(L, child + 1, &v);
		if (c->trace->inplace || c->trace->moving) {
			lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_VIEW]);
			lua_insert(L, -2);
			lua_pushvalue(L, child + 1);
			lua_call(L, 2, 0);
		}
	}
	lua_settop(L, child);
}

void trace_share_row(lua_State *L, moon_context *c, int from, int dim, int index)
{
	struct tensor v = {.st = NULL};
	int child = lua_gettop(L);
	const struct tbox *p = trace_push_handle(L, c, from);
	const int64_t attr[2] = {dim, 0};
	bool vague = p->vague || ((struct tbox *)lua_touserdata(L, child))->vague;
	if (vague) share_vague(L, c, OP_select, p, attr);
	else op_shares(OP_select, &p->t, attr, 2, &v);
	c->trace->moving = true;
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_VIEW]);
	lua_pushvalue(L, child);
	if (!vague) share(L, child + 1, &v);
	lua_pushvalue(L, child + 1);
	lua_pushvalue(L, index);
	lua_pushinteger(L, p->t.dim[dim]);
	lua_pushinteger(L, p->t.stride[dim]);
	lua_call(L, 5, 0);
	lua_settop(L, child);
}

/* Where the storage of an eager tensor begins, how many elements it has; pushes what stands for it. */
static const char *storage_start(lua_State *L, moon_context *c, int idx, int64_t *n)
{
	const struct tbox *b = bind_tensor(L, c, idx), *root = b;
	if (b->t.st) {
		*n = (int64_t)(b->t.st->bytes / dtype_size[b->t.dtype]);
		lua_pushlightuserdata(L, b->t.st);
		return b->t.st->data;
	}
	push_root(L, idx);
	root = lua_touserdata(L, -1);
	lua_pop(L, 1);
	*n = root->t.numel;
	lua_pushlightuserdata(L, (void *)(uintptr_t)root);
	return root->t.data;
}

void trace_mirror(lua_State *L, moon_context *c, int idx)
{
	struct tbox *b = lua_touserdata(L, -1);
	const struct tbox *from = bind_tensor(L, c, idx);
	int64_t n;
	const char *start = storage_start(L, c, idx, &n);
	lua_pop(L, 1);
	b->t = from->t;
	b->t.st = NULL;
	b->t.data = TRACED_BASE + (from->t.data - start);
}

int64_t trace_place(lua_State *L, moon_context *c, int idx, int64_t *n)
{
	const char *start = storage_start(L, c, idx, n);
	const struct tbox *b = bind_tensor(L, c, idx);
	return (b->t.data - start) / dtype_size[b->t.dtype];
}

/* place(eager tensor) -> what stands for its storage, the storage's length, the tensor's offset in it */
static int l_place(lua_State *L)
{
	int64_t n, at = trace_place(L, bind_self(L), 1, &n);
	lua_pushinteger(L, n);
	lua_pushinteger(L, at);
	return 3;
}

void trace_push_whole(lua_State *L, moon_context *c, int idx)
{
	struct err e;
	int64_t n;
	const char *start = storage_start(L, c, idx, &n);
	lua_pop(L, 1);
	struct tbox *b = bind_push_view(L, c, idx);
	struct storage *st = b->t.st;
	if (!tensor_shape(&b->t, (enum dtype)b->t.dtype, 1, &n, &e)) bind_raise(L, &e);
	b->t.data = (char *)(uintptr_t)start;
	b->t.st = st;
}

/* whole(eager tensor) -> a tensor of rank 1 over all of its storage */
static int l_whole(lua_State *L)
{
	trace_push_whole(L, bind_self(L), 1);
	return 1;
}

/* The shape that a handle with unknown lengths has in a run; idx: what the lengths were in it. */
static void shape_in_run(lua_State *L, const struct tensor *h, int idx, struct tensor *to)
{
	int64_t dim[MAX_RANK], known[LENGTHS_MOST] = {0};
	struct err e;
	for (lua_Integer i = (lua_Integer)lua_rawlen(L, idx); i > 0; i--) {
		lua_rawgeti(L, idx, i);
		known[i - 1] = lua_tointeger(L, -1);
		lua_pop(L, 1);
	}
	for (int d = 0; d < h->rank; d++) dim[d] = length_value(h->dim[d], known);
	if (!tensor_shape(to, (enum dtype)h->dtype, h->rank, dim, &e)) bind_raise(L, &e);
}

static int view_whole(lua_State *L, moon_context *c)
{
	const struct tensor h = bind_tensor(L, c, 2)->t;
	struct tensor to;
	shape_in_run(L, &h, 5, &to);
	struct tbox *b = bind_push_view(L, c, 1);
	if (to.numel != b->t.numel) bind_error(L, "internal: a kept tensor has other lengths than its storage");
	to.data = b->t.data;
	to.st = b->t.st;
	b->t = to;
	return 1;
}

/* view(eager tensor, handle, base[, at[, {lengths}]]) -> the tensor that lies to the first as the handle lies to `base`
   (nil: to its storage), `at` elements further on. A handle with unknown lengths is all of its storage; what the
   lengths were in the run is the list. */
static int l_view(lua_State *L)
{
	moon_context *c = bind_self(L);
	if (bind_tensor(L, c, 2)->vague) return view_whole(L, c);
	const struct tbox *h = bind_tensor(L, c, 2), *base = lua_isnoneornil(L, 3) ? NULL : bind_tensor(L, c, 3);
	struct tbox *b = bind_push_view(L, c, 1);
	struct storage *st = b->t.st;
	int64_t at = lua_toboolean(L, 4) ? lua_tointeger(L, 4) : 0;
	char *data = b->t.data + (h->t.data - (base ? base->t.data : TRACED_BASE)) + at * dtype_size[b->t.dtype];
	b->t = h->t;
	b->t.data = data;
	b->t.st = st;
	return 1;
}

/* room(handle, n, {lengths}) -> an eager tensor of rank 1 with n elements, not set yet, of the handle's dtype; as many
   as the lengths of the run make of a handle with unknown ones, which is all of its storage */
static int l_room(lua_State *L)
{
	moon_context *c = bind_self(L);
	int64_t n = lua_tointeger(L, 2);
	const struct tbox *h = handle(L, c, 1);
	if (h->vague) {
		struct tensor to;
		shape_in_run(L, &h->t, 3, &to);
		n = to.numel;
	}
	bind_push_tensor(L, c, (enum dtype)h->t.dtype, 1, &n);
	return 1;
}

/* overwrite(eager tensor, eager tensor): the elements of the second, in order, put into the first */
static int l_overwrite(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tbox *to = bind_tensor(L, c, 1);
	const struct tbox *from = bind_tensor(L, c, 2);
	struct tensor v;
	struct err e;
	if (!tensor_shape(&v, (enum dtype)to->t.dtype, to->t.rank, to->t.dim, &e)) bind_raise(L, &e);
	v.data = from->t.data;
	if (c->calling) hostcall_may_write(L, c, &to->t);
	tensor_copy(&to->t, &v);
	return 0;
}

/* root(handle) -> the handle that names its storage; root(handle, other): from now on it shares other's, its own if it
 * is that */
static int l_root(lua_State *L)
{
	handle(L, bind_self(L), 1);
	if (lua_gettop(L) == 2) {
		if (lua_rawequal(L, 1, 2)) lua_pushnil(L);
		else push_root(L, 2);
		lua_setiuservalue(L, 1, 1);
	}
	push_root(L, 1);
	return 1;
}

/* like(handle, other): the handle is a window of other's storage, laid out alike */
static int l_like(lua_State *L)
{
	const struct tbox *from = handle(L, bind_self(L), 2);
	const struct tensor v = from->t;
	handle(L, bind_self(L), 1)->vague = from->vague;
	lua_settop(L, 2);
	lua_pushvalue(L, 1);
	share(L, 2, &v);
	lua_settop(L, 1);
	return 1;
}

/* alike(a, b): do the handles see the same elements of the same storage? */
static int l_alike(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor *a = &handle(L, c, 1)->t, *b = &handle(L, c, 2)->t;
	push_root(L, 1);
	push_root(L, 2);
	bool same = lua_rawequal(L, -1, -2);
	if (same && !lua_rawequal(L, 1, 2)) window(L, c, 1), window(L, c, 2);
	same = same && a->data == b->data && tensor_same_shape(a, b);
	for (int d = 0; same && d < a->rank; d++) same = a->stride[d] == b->stride[d];
	lua_pushboolean(L, same);
	return 1;
}

/* Is it all of its storage in order, whatever its lengths are? */
static bool is_whole(lua_State *L, int idx)
{
	const struct tbox *b = lua_touserdata(L, idx);
	bool own = lua_getiuservalue(L, idx, 1) != LUA_TUSERDATA;
	lua_pop(L, 1);
	return own && b->t.contiguous;
}

/* laid_out(handle[, whole]): where its elements lie in the storage is known; or it is all of it */
static int l_laid_out(lua_State *L)
{
	handle(L, bind_self(L), 1);
	if (!lua_toboolean(L, 2) || !is_whole(L, 1)) window(L, bind_self(L), 1);
	return 0;
}

/* fills(handle, n): is it all of a storage of n elements, in order? */
static int l_fills(lua_State *L)
{
	lua_pushboolean(L, fills(window(L, bind_self(L), 1), lua_tointeger(L, 2)));
	return 1;
}

/* offset(handle) -> where it begins in its storage */
static int l_offset(lua_State *L)
{
	lua_pushinteger(L, offset(window(L, bind_self(L), 1)));
	return 1;
}

/* known_before(handle, n): was the handle there when n were? Its value may be older: equal nodes are one. */
static int l_known_before(lua_State *L)
{
	lua_pushboolean(L, handle(L, bind_self(L), 1)->born <= (lua_Unsigned)lua_tointeger(L, 2));
	return 1;
}

/* handles() -> how many were made */
static int l_handles(lua_State *L)
{
	lua_pushinteger(L, trace_active(L, bind_self(L))->born);
	return 1;
}

/* owned(handle): is its value made by an op, so that it can't be an input of the run? */
static int l_owned(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct node *n = graph_node_of(trace_active(L, c)->g, handle(L, c, 1)->ref);
	lua_pushboolean(L, !(op_info[n->op].flags & OF_CONTROL));
	return 1;
}

/* inplace(): this trace writes tensors in place */
static int l_inplace(lua_State *L)
{
	trace_active(L, bind_self(L))->inplace = true;
	return 0;
}

/* frozen(v) -> a tensor of its own with the value that v has now */
static int l_frozen(lua_State *L)
{
	moon_context *c = bind_self(L);
	trace_push(L, c, trace_ref(L, c, 1));
	return 1;
}

/* pin(handle) -> the value it has, as a number; from now on it has a node of its own for it, equal to no other's.
   pin(handle, number): it has that value again. */
static int l_pin(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tbox *b = handle(L, c, 1);
	ref was = b->ref;
	if (lua_gettop(L) == 1) b->ref = trace_emit(L, c, OP_reshape, &was, 1, b->t.dim, b->t.rank);
	else b->ref = (ref)lua_tointeger(L, 2);
	lua_pushinteger(L, was);
	return 1;
}

/* overlap(a, b): might the windows have elements in common? */
static int l_overlap(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tbox *a = handle(L, c, 1), *b = handle(L, c, 2);
	push_root(L, 1);
	push_root(L, 2);
	bool same = lua_rawequal(L, -1, -2);
	if (same && (a->vague || b->vague)) trace_exact(L, c, "the layout of a tensor");
	lua_pushboolean(L, same && tensor_overlap(&a->t, &b->t));
	return 1;
}

/* flat(handle[, made]) -> its elements as rank 1; made: those it was made with, whatever was written since */
static int l_flat(lua_State *L)
{
	moon_context *c = bind_self(L);
	ref v = lua_toboolean(L, 2) ? handle(L, c, 1)->ref : trace_ref(L, c, 1);
	const struct tbox *b = handle(L, c, 1);
	int64_t n = b->t.numel;
	if (b->vague && !is_whole(L, 1)) window(L, c, 1);
	if (b->vague) {
		n = 1;
		for (int d = 0; d < b->t.rank; d++)
			if (!length_mul(n, b->t.dim[d], &n)) trace_exact(L, c, "a product of lengths");
	}
	trace_push(L, c, trace_emit(L, c, OP_reshape, &v, 1, &n, 1));
	return 1;
}

static ref place_ref(lua_State *L, moon_context *c, int idx)
{
	int64_t i64 = I64;
	if (lua_isnoneornil(L, idx)) {
		lua_settop(L, idx - 1);
		lua_pushinteger(L, 0);
	}
	ref v = trace_ref(L, c, idx);
	return trace_emit(L, c, OP_lift, &v, 1, &i64, 1);
}

/* read(flat, handle[, at]) -> the handle's window of the flat value; `at`: a symbolic integer added to its offset */
static int l_read(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor t = window(L, c, 2)->t;
	int64_t attr[1 + 2 * MAX_RANK] = {offset(handle(L, c, 2))};
	ref in[2] = {trace_ref(L, c, 1)};
	bool moving = !lua_isnoneornil(L, 3), spread = false;
	if (!moving && fills(handle(L, c, 2), handle(L, c, 1)->t.numel)) {
		trace_push(L, c, trace_emit(L, c, OP_reshape, in, 1, t.dim, t.rank));
		return 1;
	}
	for (int d = 0; d < t.rank; d++) { /* elements of an expanded tensor are read once, then expanded */
		bool once = t.stride[d] == 0 && t.dim[d] > 1;
		attr[1 + d] = once ? 1 : t.dim[d];
		attr[1 + t.rank + d] = t.stride[d];
		spread |= once;
	}
	if (moving) in[1] = place_ref(L, c, 3);
	ref v = trace_emit(L, c, moving ? OP_window_at : OP_window, in, moving ? 2 : 1, attr, 1 + 2 * t.rank);
	if (spread) v = trace_emit(L, c, OP_expand, &v, 1, t.dim, t.rank);
	trace_push(L, c, v);
	return 1;
}

/* written(flat, handle, value[, at]) -> the flat value with the handle's window replaced */
static int l_written(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor t = window(L, c, 2)->t;
	int64_t attr[1 + MAX_RANK] = {offset(handle(L, c, 2))};
	for (int d = 0; d < t.rank; d++) attr[1 + d] = t.stride[d];
	ref in[3] = {trace_ref(L, c, 1), trace_ref(L, c, 3), place_ref(L, c, 4)};
	trace_push(L, c, trace_emit(L, c, OP_set_window, in, 3, attr, 1 + t.rank));
	return 1;
}

void trace_open_view(lua_State *L, moon_context *c)
{
	static const struct {
		const char *name;
		lua_CFunction f;
	} row[] = {
	    {"place", l_place},
	    {"whole", l_whole},
	    {"view", l_view},
	    {"room", l_room},
	    {"overwrite", l_overwrite},
	    {"root", l_root},
	    {"like", l_like},
	    {"alike", l_alike},
	    {"fills", l_fills},
	    {"laid_out", l_laid_out},
	    {"offset", l_offset},
	    {"known_before", l_known_before},
	    {"handles", l_handles},
	    {"owned", l_owned},
	    {"inplace", l_inplace},
	    {"frozen", l_frozen},
	    {"pin", l_pin},
	    {"overlap", l_overlap},
	    {"flat", l_flat},
	    {"read", l_read},
	    {"written", l_written},
	};
	for (size_t i = 0; i < COUNT_OF(row); i++) bind_reg(L, c, row[i].name, row[i].f);
}
