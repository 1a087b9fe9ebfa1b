/* Eager gradients. A tape is a graph in which every op is recorded that has an operand the tape
   tracks; its values are anchored in a Lua table by ref, and a hash table leads from a tensor's
   userdata to its ref. Going back, the driver of src/grad builds ops in the same graph while they are
   run through bind_apply, so an outer tape records them and gradients nest. What one gradient adds to
   the graph is forgotten again after it.

   Tapes nest as a list from c->tape outwards. An active tape is pinned in the registry, so the
   list never dangles; tape_end takes a tape out wherever it stands, and may come twice. */
#include "bind/tensor.h"
#include "grad/grad.h"
#include <string.h>

#define SMALL 4

struct entry {
	const void *key; /* a userdata, NULL = free */
	ref v;           /* 0: forgotten */
	bool tracked;    /* watched, or made from what is */
};
struct tape {
	moon_context *c;
	lua_State *L; /* of the running gradient */
	struct tape *outer;
	bool active, busy; /* busy: a gradient is computed, its ops are entered by the builder */
	struct graph *g;
	struct arena scratch;
	struct entry *map;
	uint32_t size, used; /* a power of two, or 0 */
	int anchors;         /* stack index of the table of anchors during a gradient */
};
static const char tape_key = 't';

/* ---- from userdata to ref ---- */

static struct entry *find(const struct tape *t, const void *key)
{
	uint32_t i = (uint32_t)(((uintptr_t)key >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (t->size - 1);
	while (t->map[i].key && t->map[i].key != key) i = (i + 1) & (t->size - 1);
	return &t->map[i];
}

static const struct entry *lookup(const struct tape *t, const void *key)
{
	const struct entry *at = t->size ? find(t, key) : NULL;
	return at && at->v ? at : NULL;
}

static void forget_key(struct tape *t, const void *key, ref v)
{
	struct entry *at = t->size && key ? find(t, key) : NULL;
	if (at && at->v == v) at->v = 0;
}

static bool grow(struct tape *t)
{
	struct tape bigger = *t;
	bigger.size = t->size ? 2 * t->size : 64;
	bigger.map = mem_zero(&t->c->mem, bigger.size * sizeof *t->map);
	if (!bigger.map) return false;
	bigger.used = 0;
	for (uint32_t i = 0; i < t->size; i++)
		if (t->map[i].v) *find(&bigger, t->map[i].key) = t->map[i], bigger.used++;
	mem_free(&t->c->mem, t->map, t->size * sizeof *t->map);
	*t = bigger;
	return true;
}

static _Noreturn void no_memory(lua_State *L)
{
	struct err e;
	fail_memory(&e, sizeof(struct entry));
	bind_raise(L, &e);
}

static void enter(lua_State *L, struct tape *t, const void *key, ref v, bool tracked)
{
	if (t->used >= t->size / 2 && !grow(t)) no_memory(L);
	struct entry *at = find(t, key);
	if (!at->key) t->used++;
	*at = (struct entry){key, v, tracked};
}

/* ---- values of the tape ---- */

static void push_anchors(lua_State *L, struct tape *t)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, t);
	lua_getiuservalue(L, -1, 1);
	lua_remove(L, -2);
}

static struct type type_of(const struct tensor *x)
{
	struct type ty = {.kind = K_TENSOR, .dtype = x->dtype, .rank = x->rank};
	memcpy(ty.dim, x->dim, x->rank * sizeof *x->dim);
	return ty;
}

static ref add(lua_State *L, struct tape *t, enum op op, const ref *in, int nin, const int64_t *attr, int nattr,
               const struct type *out, int nout)
{
	struct err e;
	uint32_t id = graph_add(t->g, op, in, nin, attr, nattr, out, nout, &e);
	if (!id) bind_raise(L, &e);
	return t->g->node.at[id].out;
}

/* The tensor at `idx` gets a value of its own: a constant of the recording, or a watched one. */
static ref add_leaf(lua_State *L, struct tape *t, int idx, bool watched)
{
	const struct tbox *b = lua_touserdata(L, idx);
	struct type ty = type_of(&b->t);
	ref v = add(L, t, OP_undef, NULL, 0, NULL, 0, &ty, 1);
	push_anchors(L, t);
	lua_pushvalue(L, idx);
	lua_rawseti(L, -2, v);
	lua_pop(L, 1);
	enter(L, t, b, v, watched);
	return v;
}

/* Numbers are a constant and its lift, and need no anchor. */
static ref add_number(lua_State *L, struct tape *t, enum kind kind, union word w, int dtype)
{
	struct type plain = {.kind = kind}, ty = {.kind = K_TENSOR, .dtype = (uint8_t)dtype};
	int64_t attr = dtype;
	ref v = add(L, t, OP_const, NULL, 0, &w.i, 1, &plain, 1);
	return add(L, t, OP_lift, &v, 1, &attr, 1, &ty, 1);
}

static ref operand(lua_State *L, struct tape *t, const struct arg *a)
{
	if (!a->box) return add_number(L, t, a->kind, a->w, a->lift);
	const struct entry *at = lookup(t, a->box);
	return at ? at->v : add_leaf(L, t, a->idx, false);
}

static bool tracks(const struct tape *t, const struct arg *in, int nin)
{
	for (int i = 0; i < nin; i++) {
		const struct entry *at = in[i].box ? lookup(t, in[i].box) : NULL;
		if (at && at->tracked) return true;
	}
	return false;
}

static void record(lua_State *L, struct tape *t, enum op op, const struct arg *in, int nin, const int64_t *attr,
                   int nattr, int nout)
{
	ref few[SMALL], *r = few, out;
	struct type ty[2];
	int first = lua_gettop(L) - nout + 1;

	if (nin > SMALL) r = lua_newuserdatauv(L, (size_t)nin * sizeof *r, 0);
	for (int i = 0; i < nin; i++) r[i] = operand(L, t, &in[i]);
	for (int i = 0; i < nout; i++) ty[i] = type_of(&((struct tbox *)lua_touserdata(L, first + i))->t);
	out = add(L, t, op, r, nin, attr, nattr, ty, nout);
	push_anchors(L, t);
	for (int i = 0; i < nout; i++) {
		lua_pushvalue(L, first + i);
		lua_rawseti(L, -2, out + (ref)i);
		enter(L, t, lua_touserdata(L, first + i), out + (ref)i, ty[i].dtype == F32 || ty[i].dtype == F64);
	}
	lua_settop(L, first + nout - 1);
}

void tape_record(lua_State *L, moon_context *c, enum op op, struct arg *in, int nin, const int64_t *attr, int nattr,
                 int nout)
{
	if (!grad_flows(op) || nout < 1 || nout > 2) return;
	luaL_checkstack(L, 8, "gradient tape");
	for (struct tape *t = c->tape; t; t = t->outer)
		if (!t->busy && tracks(t, in, nin)) record(L, t, op, in, nin, attr, nattr, nout);
}

/* ---- writing in place ---- */

/* A constant about to be overwritten is kept as it was for the recording. */
static void keep_copy(lua_State *L, struct tape *t, const struct tbox *b, ref v)
{
	forget_key(t, b, v);
	tensor_copy(&bind_push_tensor(L, t->c, b->t.dtype, b->t.rank, b->t.dim)->t, &b->t);
	lua_rawseti(L, -3, v);
}

void tape_inplace(lua_State *L, moon_context *c, int idx)
{
	const struct tbox *b = lua_touserdata(L, idx);
	luaL_checkstack(L, 8, "gradient tape");
	for (struct tape *t = c->tape; t; t = t->outer) {
		push_anchors(L, t);
		for (ref v = 1; v < t->g->value.n; v++) {
			lua_rawgeti(L, -1, v);
			const struct tbox *kept = lua_touserdata(L, -1);
			if (kept && tensor_overlap(&kept->t, &b->t)) {
				const struct entry *at = lookup(t, kept);
				if ((at && at->tracked) || graph_node_of(t->g, v)->op != OP_undef)
					bind_error(
					    L, "a tensor whose gradient is being recorded cannot be changed in place");
				keep_copy(L, t, kept, v);
			}
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	}
}

/* ---- going back ---- */

static void push_operand(lua_State *L, struct tape *t, ref v, struct arg *a)
{
	const struct node *n = graph_node_of(t->g, v);
	memset(a, 0, sizeof *a);
	a->lift = graph_type(t->g, v)->dtype;
	if (n->op == OP_lift) {
		ref number = node_in(t->g, n, 0);
		a->kind = graph_type(t->g, number)->kind;
		a->w.i = node_attr(t->g, graph_node_of(t->g, number), 0);
		if (a->kind == K_INT) lua_pushinteger(L, a->w.i);
		else if (a->kind == K_FLOAT) lua_pushnumber(L, a->w.f);
		else lua_pushboolean(L, a->w.i != 0);
	} else {
		lua_rawgeti(L, t->anchors, v);
		a->kind = K_TENSOR;
		a->box = lua_touserdata(L, -1);
	}
	a->idx = lua_gettop(L);
}

static ref back_op(struct gbuild *b, enum op op, const ref *in, int nin, const int64_t *attr, int nattr, struct err *e)
{
	struct tape *t = b->ud;
	lua_State *L = t->L;
	int base = lua_gettop(L);
	struct arg few[SMALL], *a = few;

	luaL_checkstack(L, nin + 8, "gradient");
	if (nin > SMALL && !(a = arena_new(&t->scratch, (size_t)nin * sizeof *a))) {
		fail_memory(e, (size_t)nin * sizeof *a);
		return 0;
	}
	for (int i = 0; i < nin; i++) push_operand(L, t, in[i], &a[i]);
	bind_apply(L, t->c, op, a, nin, attr, nattr);
	struct type ty = type_of(&((struct tbox *)lua_touserdata(L, -1))->t);
	ref v = add(L, t, op, in, nin, attr, nattr, &ty, 1);
	lua_rawseti(L, t->anchors, v);
	lua_settop(L, base);
	return v;
}

static ref back_number(struct gbuild *b, enum dtype dt, double v, struct err *e)
{
	struct tape *t = b->ud;
	(void)e;
	return add_number(t->L, t, K_FLOAT, (union word){.f = v}, dt);
}

/* Whoever gets a gradient may write to it: it shares its bytes with nothing. The tensor is at the top. */
static void own_bytes(lua_State *L, struct tape *t, const ref *dx, int i)
{
	struct arg a;
	int top = lua_gettop(L);
	const struct tbox *b = lua_touserdata(L, -1);
	bool shared = (b->t.st && b->t.st->refs > 1) || lua_getiuservalue(L, -1, 1) == LUA_TUSERDATA;
	lua_settop(L, top);
	for (int k = 0; k < i && !shared; k++) shared = dx[k] == dx[i];
	if (!shared) return;
	bind_operand(L, t->c, -1, &a);
	bind_apply(L, t->c, OP_contiguous, &a, 1, NULL, 0);
	lua_remove(L, -2);
}

static ref leaf_of(lua_State *L, struct tape *t, int idx)
{
	const struct entry *at = lookup(t, lua_touserdata(L, idx));
	return at ? at->v : add_leaf(L, t, idx, false);
}

static struct tape *self(lua_State *L, int idx)
{
	struct tape *t = lua_touserdata(L, idx);
	int top = lua_gettop(L);
	bool is =
	    t && lua_getmetatable(L, idx) && lua_rawgetp(L, LUA_REGISTRYINDEX, &tape_key) && lua_rawequal(L, -1, -2);
	lua_settop(L, top);
	if (!is || !t->active || t->busy) bind_error(L, "gradient tape: the tape is not recording");
	return t;
}

/* (tape, loss, {tensor, ...}) with all checks done -> {gradient, ...} */
static int gradient(lua_State *L)
{
	struct tape *t = lua_touserdata(L, 1);
	struct gbuild b = {.g = t->g, .ud = t, .op = back_op, .number = back_number, .scratch = &t->scratch};
	struct err e;
	int n = (int)lua_rawlen(L, 3);
	ref loss = leaf_of(L, t, 2), *wrt = arena_new(&t->scratch, (2 * (size_t)n + 1) * sizeof *wrt), *dx = wrt + n;

	if (!wrt) no_memory(L);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, 3, i + 1);
		wrt[i] = leaf_of(L, t, lua_gettop(L));
		lua_pop(L, 1);
	}
	push_anchors(L, t);
	t->anchors = lua_gettop(L);
	t->L = L;
	if (!grad_backward(&b, 1, loss, wrt, n, dx, &e)) bind_raise(L, &e);
	lua_createtable(L, n, 0);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, t->anchors, dx[i]);
		own_bytes(L, t, dx, i);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static void forget(lua_State *L, struct tape *t, struct graph_mark m)
{
	push_anchors(L, t);
	for (ref v = m.value; v < t->g->value.n; v++) {
		lua_rawgeti(L, -1, v);
		forget_key(t, lua_touserdata(L, -1), v);
		lua_pop(L, 1);
		lua_pushnil(L);
		lua_rawseti(L, -2, v);
	}
	lua_pop(L, 1);
	graph_rollback(t->g, m);
}

/* tape_gradient(tape, loss, {tensor, ...}) -> {gradient, ...} */
static int l_gradient(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tape *t = self(L, 1);
	const struct tbox *loss = bind_tensor(L, c, 2);

	if (!loss || loss->ref)
		bind_error(L, "the function to differentiate must return a float tensor, not a %s", arg_type(L, 2));
	lua_settop(L, 3);
	for (int i = 1, n = (int)lua_rawlen(L, 3); i <= n; i++) {
		lua_rawgeti(L, 3, i);
		if (!bind_tensor(L, c, -1)) bind_error(L, "gradient tape: value %d is no tensor", i);
		lua_pop(L, 1);
	}
	struct graph_mark m = graph_mark(t->g);
	arena_init(&t->scratch, &c->mem);
	t->busy = true;
	lua_pushcfunction(L, gradient);
	for (int i = 1; i <= 3; i++) lua_pushvalue(L, i);
	int status = lua_pcall(L, 3, 1, 0);
	t->busy = false;
	arena_free(&t->scratch);
	forget(L, t, m);
	if (status != LUA_OK) lua_error(L);
	return 1;
}

/* ---- a tape's life ---- */

static void unlink_tape(struct tape *t)
{
	struct tape **at = &t->c->tape;
	while (*at && *at != t) at = &(*at)->outer;
	if (*at) *at = t->outer;
	t->active = false;
	t->outer = NULL;
}

/* tape_begin() -> tape: it records from now on, innermost */
static int l_begin(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tape *t = lua_newuserdatauv(L, sizeof *t, 1);
	struct err e;

	memset(t, 0, sizeof *t);
	t->c = c;
	arena_init(&t->scratch, &c->mem);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &tape_key);
	lua_setmetatable(L, -2);
	if (!(t->g = graph_new(&c->mem, true, &e))) bind_raise(L, &e);
	lua_newtable(L);
	lua_setiuservalue(L, -2, 1);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, t);
	t->outer = c->tape;
	t->active = true;
	c->tape = t;
	return 1;
}

/* tape_watch(tape, tensor): gradients with respect to it can be asked for */
static int l_watch(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tape *t = self(L, 1);
	const struct tbox *b = bind_tensor(L, c, 2);

	if (!b || b->ref) bind_error(L, "only float tensors have gradients, not a %s", arg_type(L, 2));
	struct type ty = type_of(&b->t);
	struct err e;
	if (!grad_wrt_type(&c->mem, &ty, &e)) bind_raise(L, &e);
	const struct entry *at = lookup(t, b);
	if (!at || !at->tracked) add_leaf(L, t, 2, true);
	return 0;
}

/* tape_end(tape): stops and drops what was kept; also __close and __gc, also twice */
static int l_end(lua_State *L)
{
	struct tape *t = lua_touserdata(L, 1);
	if (!t || !t->g || t->busy) return 0;
	unlink_tape(t);
	lua_pushnil(L);
	lua_setiuservalue(L, 1, 1);
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, t);
	graph_free(t->g);
	t->g = NULL;
	arena_free(&t->scratch);
	mem_free(&t->c->mem, t->map, t->size * sizeof *t->map);
	t->map = NULL;
	t->size = t->used = 0;
	return 0;
}

/* tape_active(): is a tape recording? Then what would run as a graph runs eagerly. */
static int l_active(lua_State *L)
{
	lua_pushboolean(L, bind_self(L)->tape != NULL);
	return 1;
}

void bind_open_tape(lua_State *L, moon_context *c)
{
	lua_createtable(L, 0, 3);
	lua_pushliteral(L, "gradient tape");
	lua_setfield(L, -2, "__name");
	bind_reg(L, c, "__gc", l_end);
	bind_reg(L, c, "__close", l_end);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &tape_key);
	bind_reg(L, c, "tape_begin", l_begin);
	bind_reg(L, c, "tape_watch", l_watch);
	bind_reg(L, c, "tape_gradient", l_gradient);
	bind_reg(L, c, "tape_end", l_end);
	bind_reg(L, c, "tape_active", l_active);
}
