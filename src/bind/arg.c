/* Reading arguments. Every wrong argument is worded here, with the function's own name, so the
   text is the same whoever calls. Tables are read with metamethods, since a staged script hands over proxies. */
#include "bind/tensor.h"
#include <math.h>
#include <string.h>

const char *arg_type(lua_State *L, int idx)
{
	if (lua_isnone(L, idx)) return "no value";
	if (trace_own(L, idx))
		trace_unsupported(L, bind_self(L), "a value of several types as an argument of a tensor function");
	int t = luaL_getmetafield(L, idx, "__name");
	const char *name = t == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	if (t != LUA_TNIL) lua_pop(L, 1); /* the metatable keeps the string */
	return name ? name : luaL_typename(L, idx);
}

void arg_operand(lua_State *L, moon_context *c, int idx, struct arg *a)
{
	if (!bind_operand(L, c, idx, a))
		bind_error(L, "%s: tensor or number expected, got %s", bind_name(L), arg_type(L, idx));
}

struct tbox *arg_tensor(lua_State *L, moon_context *c, int idx, struct arg *a)
{
	struct arg local;
	if (!a) a = &local;
	if (bind_operand(L, c, idx, a) && a->box) return a->box;
	bind_error(L, "%s: tensor expected, got %s", bind_name(L), arg_type(L, idx));
}

/* Plain numbers; a tensor of one integer counts, as everywhere in Lua's own library. */
static bool plain_number(lua_State *L, moon_context *c, int idx, const char *what, struct arg *a)
{
	if (!bind_operand(L, c, idx, a)) return false;
	if (a->sym || (a->box && (a->box->ref || c->trace))) {
		char text[120];
		snprintf(text, sizeof text, "%s of %s", what, bind_name(L));
		trace_need(L, c, a->idx, text);
	}
	if (a->box) {
		const struct tensor *t = &a->box->t;
		if (t->numel != 1 || t->dtype == BOOL) return false;
		a->kind = t->dtype == I64 ? K_INT : K_FLOAT;
		if (a->kind == K_INT) a->w.i = tensor_get_i(t, 0);
		else a->w.f = tensor_get_f(t, 0);
	}
	return a->kind != K_BOOL;
}

int64_t arg_int(lua_State *L, moon_context *c, int idx, const char *what)
{
	struct arg a;
	if (!plain_number(L, c, idx, what, &a))
		bind_error(L, "%s: %s must be an integer, got %s", bind_name(L), what, arg_type(L, idx));
	if (a.kind == K_INT) return a.w.i;
	if (!(a.w.f >= -0x1p63 && a.w.f < 0x1p63) || a.w.f != floor(a.w.f))
		bind_error(L, "%s: %s must be an integer, got %.14g", bind_name(L), what, a.w.f);
	return (int64_t)a.w.f;
}

int64_t arg_length(lua_State *L, moon_context *c, int idx, const char *what)
{
	struct arg a;
	int64_t n;
	if (bind_operand(L, c, idx, &a) && trace_length(L, c, &a, &n)) return n;
	n = arg_int(L, c, idx, what);
	if (length_unknown(n)) bind_error(L, "%s: %s is negative (%lld)", bind_name(L), what, (long long)n);
	return n;
}

int64_t arg_count(lua_State *L, moon_context *c, int idx, const char *what)
{
	int64_t n = arg_int(L, c, idx, what);
	if (n < 0) bind_error(L, "%s: %s must not be negative, got %lld", bind_name(L), what, (long long)n);
	return n;
}

double arg_float(lua_State *L, moon_context *c, int idx, const char *what)
{
	struct arg a;
	if (!plain_number(L, c, idx, what, &a))
		bind_error(L, "%s: %s must be a number, got %s", bind_name(L), what, arg_type(L, idx));
	return a.kind == K_INT ? (double)a.w.i : a.w.f;
}

bool arg_bool(lua_State *L, moon_context *c, int idx, const char *what, bool otherwise)
{
	struct arg a;
	if (lua_isnoneornil(L, idx)) return otherwise;
	if (lua_isboolean(L, idx)) return lua_toboolean(L, idx);
	if (bind_operand(L, c, idx, &a) && a.sym && a.kind == K_BOOL) trace_need(L, c, a.idx, what);
	bind_error(L, "%s: %s must be true or false, got %s", bind_name(L), what, arg_type(L, idx));
}

int arg_dim(lua_State *L, moon_context *c, int idx, int rank)
{
	int64_t d = arg_int(L, c, idx, "dim");
	if (d == 0 || d > rank || d < -(int64_t)rank)
		bind_error(L, "%s: dim %lld of a tensor of rank %d", bind_name(L), (long long)d, rank);
	return (int)(d > 0 ? d - 1 : rank + d);
}

int arg_dtype(lua_State *L, moon_context *c, int idx, int otherwise)
{
	enum dtype dt;
	(void)c;
	if (lua_isnoneornil(L, idx)) return otherwise;
	if (lua_type(L, idx) != LUA_TSTRING)
		bind_error(L, "%s: dtype must be a string such as \"f32\", got %s", bind_name(L), arg_type(L, idx));
	if (!dtype_parse(lua_tostring(L, idx), &dt))
		bind_error(L, "%s: unknown dtype '%s' (there are f32 f64 i64 bool)", bind_name(L),
		           lua_tostring(L, idx));
	return dt;
}

int64_t arg_len(lua_State *L, int idx)
{
	int isint;
	lua_len(L, idx);
	int64_t n = lua_tointegerx(L, -1, &isint);
	lua_pop(L, 1);
	return isint && n > 0 ? n : 0;
}

static int push_dim(lua_State *L, moon_context *c, int idx, int64_t *dim, int n)
{
	char what[40];
	if (n == MAX_RANK) bind_error(L, "%s: more than %d dims", bind_name(L), MAX_RANK);
	snprintf(what, sizeof what, "the length of dim %d", n + 1);
	dim[n] = arg_length(L, c, idx, what);
	return n + 1;
}

int arg_dims(lua_State *L, moon_context *c, int idx, int64_t *dim, int *next)
{
	int n = 0;
	if (lua_istable(L, idx)) {
		int64_t len = arg_len(L, idx);
		for (int64_t i = 1; i <= len; i++) {
			lua_geti(L, idx, i);
			n = push_dim(L, c, lua_gettop(L), dim, n);
			lua_pop(L, 1);
		}
		*next = idx + 1;
		return n;
	}
	struct arg a;
	while (bind_operand(L, c, idx, &a) && a.kind != K_BOOL) n = push_dim(L, c, idx++, dim, n);
	*next = idx;
	return n;
}

static int option_index(const char *key, int count, const char *const *names)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], key)) return i;
	return -1;
}

static _Noreturn void unknown_option(lua_State *L, int key, int count, const char *const *names)
{
	luaL_Buffer b;
	const char *text = lua_type(L, key) == LUA_TSTRING ? lua_tostring(L, key) : luaL_typename(L, key);
	luaL_buffinit(L, &b);
	for (int i = 0; i < count; i++) {
		if (i) luaL_addstring(&b, ", ");
		luaL_addstring(&b, names[i]);
	}
	luaL_pushresult(&b);
	bind_error(L, "%s: unknown option '%s' (there %s %s)", bind_name(L), text, count == 1 ? "is" : "are",
	           lua_tostring(L, -1));
}

struct options {
	int first, given, count; /* slots first..; `given` of them were given by position */
	const char *const *names;
};

/* The value at the top goes to the slot its key, below it, names; pops the value. */
static void take_option(lua_State *L, const struct options *o)
{
	int key = lua_gettop(L) - 1;
	int i = lua_type(L, key) == LUA_TSTRING ? option_index(lua_tostring(L, key), o->count, o->names) : -1;
	if (i < 0) unknown_option(L, key, o->count, o->names);
	if (i < o->given) bind_error(L, "%s: %s given twice", bind_name(L), o->names[i]);
	lua_replace(L, o->first + i);
}

static void take_options(lua_State *L, int from, const struct options *o)
{
	if (luaL_getmetafield(L, from, "__pairs") == LUA_TNIL) {
		lua_pushnil(L);
		while (lua_next(L, from)) take_option(L, o);
		return;
	}
	lua_pushvalue(L, from);
	lua_call(L, 1, 3);
	int f = lua_gettop(L) - 2; /* iterator, state, control */
	for (;;) {
		lua_pushvalue(L, f);
		lua_pushvalue(L, f + 1);
		lua_pushvalue(L, f + 2);
		lua_call(L, 2, 2);
		if (lua_isnil(L, -2)) break;
		take_option(L, o);
		lua_replace(L, f + 2);
	}
	lua_settop(L, f - 1);
}

static bool is_options(lua_State *L, int idx)
{
	if (!lua_istable(L, idx)) return false;
	lua_geti(L, idx, 1);
	bool list = !lua_isnil(L, -1);
	lua_pop(L, 1);
	return !list;
}

void arg_options(lua_State *L, moon_context *c, int first, int count, const char *const *names)
{
	int top = lua_gettop(L), want = first + count - 1;
	(void)c;
	bool table = top >= first && is_options(L, top);
	if (top - table > want) bind_error(L, "%s: too many arguments (%d, at most %d)", bind_name(L), top, want);
	if (!table) {
		lua_settop(L, want);
		return;
	}
	int given = top - first; /* by position */
	lua_pushvalue(L, top);
	lua_pushnil(L);
	lua_replace(L, top);
	lua_insert(L, first); /* the table below the slots, out of their way */
	lua_settop(L, want + 1);
	take_options(L, first, &(struct options){first + 1, given, count, names});
	lua_remove(L, first);
}
