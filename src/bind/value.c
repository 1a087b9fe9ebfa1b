/* Values between C and Lua: pushing, reading, tensors and the caller's buffers. What may
   allocate or run a metamethod goes through entry_run; the rest touches the stack only. */
#include "bind/context.h"
#include <stdio.h>
#include <string.h>

/* Room for one more value; what every push begins with. */
static int room(moon_context *c)
{
	if (!more_of(c)->level_up) return MOON_ERROR;
	return lua_checkstack(c->L, LUA_MINSTACK) ? MOON_OK : entry_fail(c, MOON_MEMORY, "not enough memory");
}

int moon_top(moon_context *c) { return more_of(c)->level_up ? lua_gettop(c->L) : 0; }

void moon_pop(moon_context *c, int n)
{
	int top = moon_top(c);
	if (n > 0 && top > 0) lua_pop(c->L, n < top ? n : top);
}

int moon_push_nil(moon_context *c)
{
	int status = room(c);
	if (status == MOON_OK) lua_pushnil(c->L);
	return status;
}

int moon_push_bool(moon_context *c, bool v)
{
	int status = room(c);
	if (status == MOON_OK) lua_pushboolean(c->L, v);
	return status;
}

int moon_push_integer(moon_context *c, int64_t v)
{
	int status = room(c);
	if (status == MOON_OK) lua_pushinteger(c->L, v);
	return status;
}

int moon_push_number(moon_context *c, double v)
{
	int status = room(c);
	if (status == MOON_OK) lua_pushnumber(c->L, v);
	return status;
}

struct bytes {
	const char *s;
	size_t n;
};

static int l_string(lua_State *L)
{
	const struct bytes *b = lua_touserdata(L, 1);
	lua_pushlstring(L, b->s, b->n);
	return 1;
}

int moon_push_string(moon_context *c, const char *s, size_t n)
{
	struct bytes b = {s, n};
	return entry_run(c, l_string, &b, 0, 1);
}

struct item {
	int64_t i;
	const char *name;
};

static int l_item(lua_State *L)
{
	const struct item *q = lua_touserdata(L, 1);
	if (q->name) lua_getfield(L, 2, q->name);
	else lua_geti(L, 2, q->i);
	return 1;
}

static int push_item(moon_context *c, int idx, struct item *q)
{
	if (moon_type(c, idx) == MOON_NONE) return entry_fail(c, MOON_ERROR, "there is no value at index %d", idx);
	lua_pushvalue(c->L, idx);
	return entry_run(c, l_item, q, 1, 1);
}

int moon_push_item(moon_context *c, int idx, int64_t i) { return push_item(c, idx, &(struct item){i, NULL}); }
int moon_push_field(moon_context *c, int idx, const char *name) { return push_item(c, idx, &(struct item){0, name}); }

/* ---- Tensors ---- */

struct make {
	moon_context *c;
	int dtype, rank;
	const int64_t *dim;
	const void *data;
	moon_release_fn release;
	void *ud;
};
struct borrowed {
	moon_release_fn release;
	void *ud, *data;
};

static int l_make(lua_State *L)
{
	const struct make *m = lua_touserdata(L, 1);
	struct tbox *b = bind_push_tensor(L, m->c, (enum dtype)m->dtype, m->rank, m->dim);
	size_t n = tensor_bytes(&b->t);
	if (m->data && n) memcpy(b->t.data, m->data, n);
	else memset(b->t.data, 0, n);
	return 1;
}

static int l_release(lua_State *L)
{
	struct borrowed *b = lua_touserdata(L, 1);
	if (b->release) b->release(b->ud, b->data);
	b->release = NULL;
	return 0;
}

/* A view whose anchor is a userdata that gives the bytes back. Armed last: nothing fails after. */
static int l_borrow(lua_State *L)
{
	const struct make *m = lua_touserdata(L, 1);
	struct err e;
	struct tensor t;
	if (!tensor_shape(&t, (enum dtype)m->dtype, m->rank, m->dim, &e)) bind_raise(L, &e);
	bind_push_tensor(L, m->c, (enum dtype)m->dtype, 0, NULL);
	struct tbox *view = bind_push_view(L, m->c, -1);
	struct borrowed *b = lua_newuserdatauv(L, sizeof *b, 0);
	*b = (struct borrowed){NULL, m->ud, (void *)(uintptr_t)m->data};
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, l_release);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	lua_setiuservalue(L, -2, 1);
	view->t = t;
	view->t.data = b->data;
	b->release = m->release;
	return 1;
}

static int make(moon_context *c, lua_CFunction f, struct make *m)
{
	if (m->dtype < 0 || m->dtype >= DTYPE_COUNT) return entry_fail(c, MOON_ERROR, "%d is no dtype", m->dtype);
	if (m->rank < 0 || m->rank > MAX_RANK)
		return entry_fail(c, MOON_ERROR, "rank %d: at most %d dimensions", m->rank, MAX_RANK);
	for (int d = 0; d < m->rank; d++)
		if (m->dim[d] < 0)
			return entry_fail(c, MOON_ERROR, "dimension %d is negative (%lld)", d, (long long)m->dim[d]);
	return entry_run(c, f, m, 0, 1);
}

int moon_push_tensor(moon_context *c, int dtype, int rank, const int64_t *dim, const void *data)
{
	return make(c, l_make, &(struct make){c, dtype, rank, dim, data, NULL, NULL});
}

int moon_push_borrowed(moon_context *c, int dtype, int rank, const int64_t *dim, void *data, moon_release_fn release,
                       void *ud)
{
	return make(c, l_borrow, &(struct make){c, dtype, rank, dim, data, release, ud});
}

/* The eager tensor at idx, or NULL. */
static struct tensor *tensor_at(moon_context *c, int idx)
{
	if (!more_of(c)->level_up || !lua_checkstack(c->L, LUA_MINSTACK)) return NULL;
	int top = lua_gettop(c->L);
	if (idx == 0 || idx > top || idx < -top) return NULL;
	struct tbox *b = bind_tensor(c->L, c, idx);
	return b && !b->ref ? &b->t : NULL;
}

int moon_dtype(moon_context *c, int idx)
{
	const struct tensor *t = tensor_at(c, idx);
	return t ? t->dtype : -1;
}

int moon_rank(moon_context *c, int idx)
{
	const struct tensor *t = tensor_at(c, idx);
	return t ? t->rank : -1;
}

int64_t moon_numel(moon_context *c, int idx)
{
	const struct tensor *t = tensor_at(c, idx);
	return t ? t->numel : -1;
}

int64_t moon_dim(moon_context *c, int idx, int d)
{
	const struct tensor *t = tensor_at(c, idx);
	return t && d >= 0 && d < t->rank ? t->dim[d] : -1;
}

/* Copies between the tensor at idx and the caller's row-major buffer. */
static int copy(moon_context *c, const char *who, int idx, int dtype, void *out, const void *in, size_t bytes)
{
	struct tensor *t = tensor_at(c, idx), flat;
	struct err e;
	if (!t) return entry_fail(c, MOON_ERROR, "%s: the value at index %d is no tensor", who, idx);
	if (dtype != t->dtype)
		return entry_fail(c, MOON_ERROR, "%s: the tensor is %s, not %s", who, dtype_name[t->dtype],
		                  dtype >= 0 && dtype < DTYPE_COUNT ? dtype_name[dtype] : "of that dtype");
	if (bytes != tensor_bytes(t))
		return entry_fail(c, MOON_ERROR, "%s: the tensor has %zu bytes, the buffer %zu", who, tensor_bytes(t),
		                  bytes);
	if (!bytes) return MOON_OK;
	if (!tensor_shape(&flat, (enum dtype)t->dtype, t->rank, t->dim, &e))
		return entry_fail(c, MOON_ERROR, "%s", e.msg);
	if (in && c->calling && !hostcall_may_write(c->L, c, t))
		return entry_fail(c, MOON_ERROR, "%s: a staged function that waits for this call uses the tensor", who);
	flat.data = out ? out : (char *)(uintptr_t)in;
	if (out) tensor_copy(&flat, t);
	else tensor_copy(t, &flat);
	return MOON_OK;
}

int moon_read(moon_context *c, int idx, int dtype, void *out, size_t bytes)
{
	return copy(c, "moon_read", idx, dtype, out, NULL, bytes);
}

int moon_write(moon_context *c, int idx, int dtype, const void *in, size_t bytes)
{
	return copy(c, "moon_write", idx, dtype, NULL, in, bytes);
}

/* ---- Reading ---- */

int moon_type(moon_context *c, int idx)
{
	int top = moon_top(c);
	if (idx == 0 || idx > top || idx < -top) return MOON_NONE;
	switch (lua_type(c->L, idx)) {
	case LUA_TNIL: return MOON_NIL;
	case LUA_TBOOLEAN: return MOON_BOOLEAN;
	case LUA_TNUMBER: return lua_isinteger(c->L, idx) ? MOON_INTEGER : MOON_NUMBER;
	case LUA_TSTRING: return MOON_STRING;
	default: return tensor_at(c, idx) ? MOON_TENSOR : MOON_OTHER;
	}
}

static int wrong(moon_context *c, int idx, const char *wanted)
{
	const char *what = moon_type(c, idx) == MOON_NONE ? "missing" : luaL_typename(c->L, idx);
	const struct tensor *t = tensor_at(c, idx);
	if (t)
		return entry_fail(c, MOON_ERROR, "the value at index %d is a %s tensor of %lld elements, not %s", idx,
		                  dtype_name[t->dtype], (long long)t->numel, wanted);
	return entry_fail(c, MOON_ERROR, "the value at index %d is %s, not %s", idx, what, wanted);
}

int moon_to_bool(moon_context *c, int idx, bool *out)
{
	const struct tensor *t = tensor_at(c, idx);
	if (t && t->dtype == BOOL && t->numel == 1) *out = tensor_get_i(t, 0) != 0;
	else if (moon_type(c, idx) == MOON_BOOLEAN) *out = lua_toboolean(c->L, idx);
	else return wrong(c, idx, "a boolean");
	return MOON_OK;
}

int moon_to_integer(moon_context *c, int idx, int64_t *out)
{
	const struct tensor *t = tensor_at(c, idx);
	int type = moon_type(c, idx), exact = 0;
	lua_Integer v = 0;
	if (t && t->numel == 1 && t->dtype == I64) v = tensor_get_i(t, 0), exact = 1;
	else if (t && t->numel == 1 && t->dtype != BOOL)
		exact = lua_numbertointeger(tensor_get_f(t, 0), &v) && (double)v == tensor_get_f(t, 0);
	else if (type == MOON_INTEGER || type == MOON_NUMBER) v = lua_tointegerx(c->L, idx, &exact);
	if (!exact) return wrong(c, idx, "an integer");
	*out = v;
	return MOON_OK;
}

int moon_to_number(moon_context *c, int idx, double *out)
{
	const struct tensor *t = tensor_at(c, idx);
	int type = moon_type(c, idx);
	if (t && t->numel == 1 && t->dtype != BOOL) *out = tensor_get_f(t, 0);
	else if (type == MOON_INTEGER || type == MOON_NUMBER) *out = lua_tonumber(c->L, idx);
	else return wrong(c, idx, "a number");
	return MOON_OK;
}

const char *moon_to_string(moon_context *c, int idx, size_t *n)
{
	if (moon_type(c, idx) != MOON_STRING) return NULL;
	return lua_tolstring(c->L, idx, n);
}
