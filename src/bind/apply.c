/* Tensors as Lua values, and the path every tensor op takes from Lua to the kernels.
   A small tensor is one userdata with its bytes behind the header: no finaliser, no user value,
   one allocation. A large one holds counted storage and has the metatable with __gc; so has a view
   of one, since a finaliser of the user's may see a view after its root is gone. A view of a small
   tensor is a header whose user value anchors the userdata with the bytes.
   Whatever is made is boxed before it owns anything. */
#include "bind/tensor.h"

#define INLINE_MAX 4096 /* bytes; measured: a finaliser costs as much as adding 4 KiB does */
#define HEADER ((sizeof(struct tbox) + 15) & ~(size_t)15)
#define MIB ((size_t)1 << 20)
#define SMALL 8 /* operands kept on the C stack */

struct tbox *bind_tensor(lua_State *L, moon_context *c, int idx)
{
	struct tbox *b = lua_touserdata(L, idx);
	if (!b || !lua_getmetatable(L, idx)) return NULL;
	const void *meta = lua_topointer(L, -1);
	lua_pop(L, 1);
	return meta == c->tensor_meta || meta == c->owned_meta ? b : NULL;
}

static struct sym *get_sym(lua_State *L, moon_context *c, int idx)
{
	struct sym *s = lua_touserdata(L, idx);
	if (!s || !lua_getmetatable(L, idx)) return NULL;
	const void *meta = lua_topointer(L, -1);
	lua_pop(L, 1);
	return meta == c->sym_meta || meta == c->symbool_meta ? s : NULL;
}

bool bind_operand(lua_State *L, moon_context *c, int idx, struct arg *a)
{
	a->idx = idx = idx > 0 ? idx : lua_absindex(L, idx);
	a->sym = NULL;
	if ((a->box = bind_tensor(L, c, idx))) {
		a->kind = K_TENSOR;
		a->lift = a->box->t.dtype;
		return true;
	}
	switch (lua_type(L, idx)) {
	case LUA_TUSERDATA:
		if (!(a->sym = get_sym(L, c, idx))) return false;
		a->kind = a->sym->kind;
		break;
	case LUA_TNUMBER:
		if (lua_isinteger(L, idx)) {
			a->kind = K_INT;
			a->w.i = lua_tointeger(L, idx);
		} else {
			a->kind = K_FLOAT;
			a->w.f = lua_tonumber(L, idx);
		}
		break;
	case LUA_TBOOLEAN:
		a->kind = K_BOOL;
		a->w.i = lua_toboolean(L, idx);
		break;
	default: return false;
	}
	a->lift = a->kind == K_INT ? I64 : a->kind == K_FLOAT ? F32 : BOOL;
	return true;
}

/* Distinct kinds of operand are few: three strengths of each dtype. */
void bind_promote_for(enum op op, struct arg *in, int nin)
{
	struct promote_arg args[3 * DTYPE_COUNT] = {{0}};
	if (nin == 2 && in[0].box && in[1].box && in[0].lift == in[1].lift && in[0].lift <= F64) return;
	unsigned seen = 0;
	int n = 0;
	for (int i = 0; i < nin; i++) {
		const struct arg *a = &in[i];
		int dt = a->box ? a->box->t.dtype : a->lift, strength = !a->box ? 0 : a->box->t.rank ? 2 : 1;
		if (seen & 1u << (strength * DTYPE_COUNT + dt)) continue;
		seen |= 1u << (strength * DTYPE_COUNT + dt);
		args[n++] = (struct promote_arg){a->kind, (uint8_t)dt, strength == 1};
	}
	int dt = op_promote(op, args, n);
	for (int i = 0; i < nin; i++) in[i].lift = dt;
}

void bind_promote(struct arg *in, int nin) { bind_promote_for(OP_add, in, nin); }

/* A plain Lua value as a rank-0 tensor of the dtype asked for. */
void bind_lift(struct arg *a)
{
	struct tensor *t = &a->tmp;
	t->dtype = (uint8_t)a->lift;
	t->rank = 0;
	t->contiguous = true;
	t->numel = 1;
	t->data = (char *)&a->cell;
	t->st = NULL;
	op_lift(a->kind, a->w, t);
}

/* --- memory --- */

/* Tells the collector of bytes it cannot see. In a state of ours it goes generational once tensors
   are large: a young collection per 64 MiB frees temporaries at a cost that does not grow with the heap,
   and a full one follows when what survived has doubled. The mode of a state that
   is not ours stays; there full collections come as often as the heap's size allows. */
static void charge(lua_State *L, moon_context *c, size_t bytes)
{
	c->gc_fresh += bytes;
	if (c->gc_fresh < 64 * MIB || !lua_gc(L, LUA_GCISRUNNING)) return;
	if (c->own_state && c->gc_base == 0) {
		lua_gc(L, LUA_GCGEN, 0, 0); /* begins with a full collection */
		c->gc_base = c->mem.used + 1;
	} else if (c->own_state && c->mem.used < 2 * c->gc_base + 256 * MIB) {
		lua_gc(L, LUA_GCSTEP, 0);
	} else {
		size_t heap = (size_t)lua_gc(L, LUA_GCCOUNT) << 10, cap = c->mem.cap;
		size_t limit = 16 * heap;
		if (cap && limit > cap / 8) limit = cap / 8;
		if (!c->own_state && c->gc_fresh < limit) return;
		lua_gc(L, LUA_GCCOLLECT);
		c->gc_base = c->mem.used + 1;
	}
	c->gc_fresh = 0;
}

static void set_meta(lua_State *L, moon_context *c, bool owned)
{
	if (!c->overloaded) eager_overloaded(L, c);
	lua_rawgeti(L, LUA_REGISTRYINDEX, owned ? c->owned_meta_at : c->tensor_meta_at);
	lua_setmetatable(L, -2);
}

/* A userdata with __gc that owns nothing yet. */
static struct tbox *push_owner(lua_State *L, moon_context *c)
{
	struct tbox *b = lua_newuserdatauv(L, sizeof *b, 0);
	b->t.st = NULL;
	b->ref = b->serial = 0;
	set_meta(L, c, true);
	return b;
}

static _Noreturn void raise_memory(lua_State *L, const struct tensor *t)
{
	struct err e;
	fail_kind(&e, ERR_MEMORY, 0, "not enough memory: %zu bytes for a tensor %s", tensor_bytes(t), SHAPE_OF(t));
	bind_raise(L, &e);
}

/* Makes the bytes of a shaped tensor in an owner, collecting garbage when there are none. */
static struct tbox *push_storage(lua_State *L, moon_context *c, const struct tensor *t)
{
	struct tbox *b = push_owner(L, c);
	struct err e;
	charge(L, c, tensor_bytes(t));
	b->t = *t;
	b->t.st = NULL;
	if (tensor_alloc(&c->mem, &b->t, &e)) return b;
	lua_gc(L, LUA_GCCOLLECT);
	if (tensor_alloc(&c->mem, &b->t, &e)) return b;
	raise_memory(L, t);
}

/* A small tensor of the shape of `like`, which is contiguous; without metatable yet. */
static inline struct tbox *new_inline(lua_State *L, const struct tensor *like, enum dtype dt)
{
	struct tbox *b = lua_newuserdatauv(L, HEADER + (size_t)like->numel * dtype_size[dt], 0);
	b->t.dtype = (uint8_t)dt;
	b->t.rank = like->rank;
	b->t.contiguous = true;
	b->t.numel = like->numel;
	b->t.data = (char *)b + HEADER;
	b->t.st = NULL;
	for (int d = 0; d < like->rank; d++) {
		b->t.dim[d] = like->dim[d];
		b->t.stride[d] = like->stride[d];
	}
	b->ref = b->serial = 0;
	return b;
}

static struct tbox *push_inline(lua_State *L, moon_context *c, const struct tensor *like, enum dtype dt)
{
	struct tbox *b = new_inline(L, like, dt);
	set_meta(L, c, false);
	return b;
}

struct tbox *bind_push_tensor(lua_State *L, moon_context *c, enum dtype dt, int rank, const int64_t *dim)
{
	struct tensor t;
	struct err e;
	if (!tensor_shape(&t, dt, rank, dim, &e)) bind_raise(L, &e);
	luaL_checkstack(L, 4, "tensor");
	return tensor_bytes(&t) > INLINE_MAX ? push_storage(L, c, &t) : push_inline(L, c, &t, dt);
}

struct tbox *bind_push_view(lua_State *L, moon_context *c, int idx)
{
	luaL_checkstack(L, 4, "tensor");
	idx = lua_absindex(L, idx);
	const struct tbox *from = lua_touserdata(L, idx);
	struct tbox *b;
	if (from->t.st) {
		b = push_owner(L, c);
		b->t = from->t;
		storage_ref(b->t.st);
		return b;
	}
	b = lua_newuserdatauv(L, sizeof *b, 1);
	*b = *from;
	set_meta(L, c, false);
	if (lua_getiuservalue(L, idx, 1) != LUA_TUSERDATA) {
		lua_pop(L, 1);
		lua_pushvalue(L, idx);
	}
	lua_setiuservalue(L, -2, 1);
	return b;
}

static int make_owner(lua_State *L)
{
	push_owner(L, lua_touserdata(L, 1));
	return 1;
}

struct tbox *bind_push_owned(lua_State *L, moon_context *c, struct tensor *t)
{
	bool room = lua_checkstack(L, 6);
	if (room) {
		/* protected, since the storage must be given back when the box can't be made */
		lua_pushcfunction(L, make_owner);
		lua_pushlightuserdata(L, c);
		room = lua_pcall(L, 1, 1, 0) == LUA_OK;
	}
	if (!room) {
		struct err e;
		storage_unref(t->st);
		t->st = NULL;
		fail_memory(&e, sizeof(struct tbox));
		bind_raise(L, &e);
	}
	struct tbox *b = lua_touserdata(L, -1);
	b->t = *t;
	t->st = NULL;
	charge(L, c, tensor_bytes(&b->t));
	return b;
}

struct tbox *bind_push_traced(lua_State *L, moon_context *c, const struct type *t, uint32_t v)
{
	struct err e;
	luaL_checkstack(L, 4, "tensor");
	struct tbox *b = lua_newuserdatauv(L, sizeof *b, 1);
	int64_t dim[MAX_RANK];
	for (int d = 0; d < t->rank; d++) dim[d] = length_unknown(t->dim[d]) ? 1 : t->dim[d];
	if (!tensor_shape(&b->t, t->dtype, t->rank, dim, &e)) bind_raise(L, &e);
	b->vague = type_unknown(t);
	if (b->vague) {
		for (int d = 0; d < t->rank; d++) b->t.dim[d] = t->dim[d];
		b->t.numel = -1;
	}
	b->t.data = TRACED_BASE;
	b->ref = v;
	b->serial = b->born = 0;
	set_meta(L, c, false);
	return b;
}

/* --- applying --- */

/* The tensor an operand stands for: the box's, its cast (pushed), or the Lua value lifted to rank 0. */
static struct tensor *resolve(lua_State *L, moon_context *c, enum op op, struct arg *a)
{
	if (a->sym || (a->box && a->box->ref))
		bind_error(L, "%s: a value of a staged run that has ended cannot be used", op_info[op].name);
	if (a->box) {
		if (a->box->t.dtype == a->lift) return &a->box->t;
		struct arg from = *a;
		int64_t dt = a->lift;
		from.lift = a->box->t.dtype;
		bind_apply(L, c, OP_cast, &from, 1, &dt, 1);
		a->idx = lua_gettop(L);
		a->box = lua_touserdata(L, -1);
		return &a->box->t;
	}
	bind_lift(a);
	return &a->tmp;
}

static void push_item(lua_State *L, const struct tensor *t)
{
	union word w;
	switch (op_item(t, &w)) {
	case K_INT: lua_pushinteger(L, w.i); break;
	case K_FLOAT: lua_pushnumber(L, w.f); break;
	default: lua_pushboolean(L, w.i != 0);
	}
}

static void run(lua_State *L, moon_context *c, enum op op, struct arg *in, struct tensor **x, struct type *type,
                int nin, const int64_t *attr, int nattr)
{
	struct type res[2];
	struct err e;
	int nout = 0;
	for (int i = 0; i < nin; i++) {
		x[i] = resolve(L, c, op, &in[i]);
		type[i].kind = K_TENSOR;
		type[i].dtype = x[i]->dtype;
		type[i].rank = x[i]->rank;
		for (int d = 0; d < x[i]->rank; d++) type[i].dim[d] = x[i]->dim[d];
	}
	if (!op_infer(op, type, nin, attr, nattr, res, &nout, &e)) bind_raise(L, &e);
	if (op == OP_item) {
		push_item(L, x[0]);
		return;
	}
	if (op_info[op].flags & OF_VIEW && in[0].box) {
		struct tensor view;
		if (!tensor_shape(&view, res->dtype, res->rank, res->dim, &e)) bind_raise(L, &e);
		if (op_shares(op, x[0], attr, nattr, &view)) {
			struct tbox *b = bind_push_view(L, c, in[0].idx);
			view.st = b->t.st;
			b->t = view;
			return;
		}
	}
	struct tbox *out = bind_push_tensor(L, c, res->dtype, res->rank, res->dim);
	struct op_env env = {&c->mem, &c->rng, &c->cancel};
	if (!op_run(op, x, nin, attr, nattr, &out->t, &env, &e)) bind_raise(L, &e);
}

/* Small element-wise ops on contiguous operands of one shape (or one shape and Lua numbers), without the
   generality of shape rules: the same kernels, called at once. */
static bool run_small(lua_State *L, moon_context *c, enum op op, struct arg *in, int nin)
{
	const struct tensor *x = NULL;
	struct op_kernel k;
	if (!(op_info[op].flags & OF_ELEM) || nin > 2) return false;
	for (int i = 0; i < nin; i++) {
		if (!in[i].box) {
			if (in[i].sym) return false;
			continue;
		}
		const struct tensor *t = &in[i].box->t;
		if (t->dtype != in[i].lift || !t->contiguous || in[i].box->ref) return false;
		if (x && !tensor_same_shape(x, t)) return false;
		x = t;
	}
	if (!x || x->numel > INLINE_MAX / 8 || !op_kernel(op, (enum dtype)in[0].lift, NULL, &k) || k.arity != nin)
		return false;
	struct tbox *out = push_inline(L, c, x, k.result);
	for (int i = 0; i < nin; i++)
		if (!in[i].box) bind_lift(&in[i]);
	const void *a = in[0].box ? in[0].box->t.data : in[0].tmp.data;
	if (nin == 1) k.one(x->numel, out->t.data, a, 1);
	else
		k.two(x->numel, out->t.data, a, in[0].box != NULL, in[1].box ? in[1].box->t.data : in[1].tmp.data,
		      in[1].box != NULL);
	return true;
}

/* The commonest call of all: two small tensors of one float dtype and shape under an operator, at 1 and 2.
   Half of the time of such an op is the Lua API, so this asks it as little as can be. */
bool bind_pair(lua_State *L, moon_context *c, enum op op)
{
	const struct tbox *a = lua_touserdata(L, 1), *b = lua_touserdata(L, 2);
	struct op_kernel k;
	if (!a || !b || c->trace || c->tape || c->cancel) return false;
	if (!lua_getmetatable(L, 1) || lua_topointer(L, -1) != c->tensor_meta) return false;
	if (!lua_getmetatable(L, 2) || lua_topointer(L, -1) != c->tensor_meta) return false;
	const struct tensor *x = &a->t, *y = &b->t;
	if (a->ref || b->ref || x->dtype != y->dtype || x->dtype > F64 || x->numel > INLINE_MAX / 8) return false;
	if (!x->contiguous || !y->contiguous || !tensor_same_shape(x, y)) return false;
	if (!op_kernel(op, (enum dtype)x->dtype, NULL, &k) || k.arity != 2) return false;
	struct tbox *out = new_inline(L, x, k.result);
	lua_pushvalue(L, -2);
	lua_setmetatable(L, -2);
	k.two(x->numel, out->t.data, x->data, 1, y->data, 1);
	return true;
}

/* Operands beyond a handful live in a scratch userdata, which the collector takes back. */
struct many {
	struct tensor **x;
	struct type *type;
};
static struct many push_scratch(lua_State *L, int nin)
{
	size_t one = sizeof(struct tensor *) + sizeof(struct type);
	char *p = lua_newuserdatauv(L, one * (size_t)nin, 0);
	return (struct many){(struct tensor **)(p + (size_t)nin * sizeof(struct type)), (struct type *)p};
}

int bind_apply(lua_State *L, moon_context *c, enum op op, struct arg *in, int nin, const int64_t *attr, int nattr)
{
	if (c->trace) return trace_apply(L, c, op, in, nin, attr, nattr);
	if (c->cancel) {
		struct err e;
		fail_kind(&e, ERR_CANCEL, 0, "interrupted");
		bind_raise(L, &e);
	}
	int base = lua_gettop(L);
	if (nattr == 0 && run_small(L, c, op, in, nin)) {
		if (c->tape) tape_record(L, c, op, in, nin, attr, nattr, 1);
		return 1;
	}
	if (nin <= SMALL) {
		struct tensor *x[SMALL];
		struct type type[SMALL];
		run(L, c, op, in, x, type, nin, attr, nattr);
	} else {
		luaL_checkstack(L, nin + 8, "operands");
		struct many m = push_scratch(L, nin);
		run(L, c, op, in, m.x, m.type, nin, attr, nattr);
	}
	if (c->tape) tape_record(L, c, op, in, nin, attr, nattr, 1);
	if (lua_gettop(L) > base + 1) { /* casts and scratch lie below the result */
		lua_replace(L, base + 1);
		lua_settop(L, base + 1);
	}
	return 1;
}

int bind_truth(lua_State *L, moon_context *c, int idx)
{
	struct arg a;
	if (lua_type(L, idx) != LUA_TUSERDATA || !bind_operand(L, c, idx, &a)) return lua_toboolean(L, idx);
	if (a.sym) trace_need(L, c, a.idx, "a condition");
	if (a.box->t.dtype != BOOL) return 1;
	if (a.box->t.numel == 1 && a.box->ref) trace_need(L, c, a.idx, "a condition");
	if (a.box->t.numel == 1) return tensor_get_i(&a.box->t, 0) != 0;
	bind_error(L, "a bool tensor %s used as a condition: write :any(), :all() or ~= nil", SHAPE_OF(&a.box->t));
}
