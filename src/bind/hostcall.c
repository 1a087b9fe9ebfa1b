/* Host calls: what a graph asks of Lua while it runs. The executor calls hostcall_run, which enters Lua in
   protected mode: the writes made so far become real, the prelude's function for the call runs, and its
   results go back in the types that the graph has for them. Errors are kept for whoever ran the graph. */
#include <limits.h>
#include <string.h>
#include "bind/hostcall.h"
#include "bind/object.h"

/* invoke(f, ...) -> f's results: how eager and staged host calls call f. A C function is what f sees as its
   caller, and no gradient is recorded through it. */
static int l_invoke(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tape *tape = c->tape;
	c->tape = NULL;
	int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
	c->tape = tape;
	if (status != LUA_OK) lua_error(L);
	return lua_gettop(L);
}

/* invoke_watched(list, f, ...) -> f's results, for a call of a running graph: f may not write into tensors of the list,
   or inputs of the graph. */
static int l_invoke_watched(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct host_call *h = c->host;
	struct tape *tape = c->tape;
	lua_pushvalue(L, 1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, h);
	h->outer = c->calling;
	c->calling = h;
	c->tape = NULL;
	int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
	c->tape = tape;
	c->calling = h->outer;
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, h);
	if (status != LUA_OK) lua_error(L);
	return lua_gettop(L) - 1;
}

static bool in_list(lua_State *L, moon_context *c, const void *key, const struct tensor *t)
{
	bool found = false;
	lua_rawgetp(L, LUA_REGISTRYINDEX, key);
	lua_pushnil(L);
	while (!found && lua_next(L, -2)) {
		const struct tbox *b = bind_tensor(L, c, -1);
		found = b && tensor_overlap(&b->t, t);
		lua_pop(L, 1);
	}
	lua_pop(L, found ? 2 : 1);
	return found;
}

bool hostcall_may_write(lua_State *L, moon_context *c, const struct tensor *t)
{
	bool good = true;
	luaL_checkstack(L, 6, "a write into a tensor");
	for (struct host_call *h = c->calling; h; h = h->outer) {
		bool used = in_list(L, c, h, t);
		for (int i = 0; i < h->nin && !used; i++)
			used = h->in[i].kind == K_TENSOR && tensor_overlap(h->in[i].in, t);
		if (!used) continue;
		h->wrote = true;
		good = false;
	}
	return good;
}

/* copy(tensor) -> a tensor of its own with the same values, of which no gradient is recorded */
static int l_copy(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tbox *from = bind_tensor(L, c, 1);
	if (!from || from->ref) bind_error(L, "internal: a copy of no tensor");
	struct tbox *to = bind_push_tensor(L, c, from->t.dtype, from->t.rank, from->t.dim);
	tensor_copy(&to->t, &from->t);
	return 1;
}

/* ---- while tracing ---- */

/* "int" "float" "bool", or the dtype and dims of a tensor in a list */
void hostcall_type(lua_State *L, int idx, struct type *t)
{
	static const char *const kinds[] = {[K_INT] = "int", [K_FLOAT] = "float", [K_BOOL] = "bool"};
	memset(t, 0, sizeof *t);
	if (lua_type(L, idx) == LUA_TSTRING) {
		for (int k = K_INT; k <= K_BOOL; k++)
			if (!strcmp(lua_tostring(L, idx), kinds[k])) t->kind = (uint8_t)k;
		return;
	}
	int n = (int)lua_rawlen(L, idx);
	t->kind = K_TENSOR, t->rank = (uint8_t)(n - 1);
	lua_rawgeti(L, idx, 1);
	while (t->dtype < DTYPE_COUNT && strcmp(dtype_name[t->dtype], lua_tostring(L, -1))) t->dtype++;
	lua_pop(L, 1);
	for (int i = 0; i < t->rank; i++) {
		lua_rawgeti(L, idx, i + 2);
		t->dim[i] = lua_tointeger(L, -1);
		lua_pop(L, 1);
	}
}

/* host(number, {operands}, {types}) -> {results}: a call of the function that the prelude knows by the number */
static int l_host(lua_State *L)
{
	moon_context *c = bind_self(L);
	int nin = (int)lua_rawlen(L, 2), nout = (int)lua_rawlen(L, 3);
	ref *in = lua_newuserdatauv(L, (size_t)nin * sizeof *in + 1, 0), first;
	struct type *out = lua_newuserdatauv(L, (size_t)nout * sizeof *out + 1, 0);
	struct err e;
	for (int i = 0; i < nin; i++) {
		lua_rawgeti(L, 2, i + 1);
		in[i] = trace_ref(L, c, -1);
		lua_pop(L, 1);
	}
	for (int i = 0; i < nout; i++) {
		lua_rawgeti(L, 3, i + 1);
		hostcall_type(L, lua_gettop(L), &out[i]);
		lua_pop(L, 1);
	}
	trace_failing_site(L, c, c->trace);
	if (!graph_host(c->trace->g, in, nin, lua_tointeger(L, 1), out, nout, &first, &e)) bind_raise(L, &e);
	lua_createtable(L, nout, 0);
	for (int i = 0; i < nout; i++) {
		trace_push(L, c, first + (ref)i);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* ---- while a graph runs ---- */

struct request {
	struct host_call *h;
	int64_t number;
	const struct datum *in;
	struct datum *out;
	int nin, nout;
};

void hostcall_push_list(lua_State *L, moon_context *c, const struct datum *d)
{
	const struct tensor *t = &d->out;
	int64_t n = t->dim[0];
	size_t each = n ? tensor_bytes(t) / (size_t)n : 0;
	lua_createtable(L, n < INT_MAX ? (int)n : INT_MAX, 0);
	for (int64_t i = 0; i < n; i++) {
		const char *at = t->data + (size_t)i * each;
		union word w;
		if (d->elem == K_TENSOR) {
			struct tbox *b = bind_push_tensor(L, c, t->dtype, t->rank - 1, t->dim + 1);
			if (each) memcpy(b->t.data, at, each);
		} else {
			memcpy(&w, at, sizeof w);
			if (d->elem == K_INT) lua_pushinteger(L, w.i);
			else if (d->elem == K_FLOAT) lua_pushnumber(L, w.f);
			else lua_pushboolean(L, w.i != 0);
		}
		lua_rawseti(L, -2, i + 1);
	}
}

static void push_operand(lua_State *L, moon_context *c, const struct datum *d)
{
	switch (d->kind) {
	case K_INT: lua_pushinteger(L, d->w.i); break;
	case K_FLOAT: lua_pushnumber(L, d->w.f); break;
	case K_BOOL: lua_pushboolean(L, d->w.i != 0); break;
	case K_LIST: hostcall_push_list(L, c, d); break;
	default: {
		struct tbox *b = bind_push_tensor(L, c, d->in->dtype, d->in->rank, d->in->dim);
		tensor_copy(&b->t, d->in);
	}
	}
}

static void take_result(lua_State *L, moon_context *c, int idx, struct datum *d)
{
	struct tbox *b = bind_tensor(L, c, idx);
	struct type t;
	trace_type(L, c, idx, &t);
	d->kind = t.kind;
	if (b) d->in = &b->t;
	else if (t.kind == K_FLOAT) d->w.f = lua_tonumber(L, idx);
	else d->w.i = t.kind == K_INT ? lua_tointeger(L, idx) : lua_toboolean(L, idx);
}

/* Does the call, of the run whose table is at 2, neither see nor do anything but what a run can undo? */
static bool is_pure(lua_State *L, int64_t number)
{
	int top = lua_gettop(L);
	lua_getfield(L, 2, "entry");
	lua_getfield(L, -1, "hosts");
	lua_rawgeti(L, -1, number);
	bool pure = lua_getfield(L, -1, "pure") != LUA_TNIL;
	lua_settop(L, top);
	return pure;
}

/* Protected; 1: the request, 2: the table of the run. The results stay with the run, for the tensors among them. */
static int call_prelude(lua_State *L)
{
	struct request *q = lua_touserdata(L, 1);
	struct host_call *h = q->h;
	moon_context *c = h->c;
	luaL_checkstack(L, q->nin + q->nout + 16, "too many operands");
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_HOST]);
	lua_pushvalue(L, 2);
	lua_pushinteger(L, q->number);
	if (is_pure(L, q->number)) lua_pushnil(L);
	else h->push_writes(L, h, 2);
	for (int i = 0; i < q->nin; i++) push_operand(L, c, &q->in[i]);
	lua_call(L, 3 + q->nin, q->nout);
	int first = lua_gettop(L) - q->nout + 1;
	lua_createtable(L, q->nout, 0);
	for (int i = 0; i < q->nout; i++) {
		take_result(L, c, first + i, &q->out[i]);
		lua_pushvalue(L, first + i);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, 2, "given");
	return 0;
}

/* 1: the run's table, 2: a string -> its number */
static int string_number(lua_State *L)
{
	static const char *const name[] = {"strings", "string_number"};
	for (int i = 0; i < 2; i++)
		if (lua_getfield(L, 1, name[i]) == LUA_TNIL) {
			lua_pop(L, 1);
			lua_newtable(L);
			lua_pushvalue(L, -1);
			lua_setfield(L, 1, name[i]);
		}
	lua_pushvalue(L, 2);
	if (lua_rawget(L, 4) == LUA_TNUMBER) return 1;
	lua_Integer n = (lua_Integer)lua_rawlen(L, 3) + 1;
	lua_pushvalue(L, 2);
	lua_rawseti(L, 3, n);
	lua_pushvalue(L, 2);
	lua_pushinteger(L, n);
	lua_rawset(L, 4);
	lua_pushinteger(L, n);
	return 1;
}

bool hostcall_string(lua_State *L, int run, int64_t *number, struct err *e)
{
	lua_pushcfunction(L, string_number);
	lua_pushvalue(L, run);
	lua_pushvalue(L, -3);
	bool ok = lua_pcall(L, 2, 1, 0) == LUA_OK;
	if (ok) *number = lua_tointeger(L, -1);
	lua_pop(L, 1);
	return ok || fail_memory(e, 64);
}

bool hostcall_run(void *ud, int64_t number, const struct datum *in, int nin, const struct type *want, struct datum *out,
                  int nout, struct err *e)
{
	struct host_call *h = ud, *before = h->c->host;
	lua_State *L = h->L;
	struct request q = {h, number, in, out, nin, nout};
	if (number < 0) return object_read_data(L, h->c, h->objects, -number - 1, in, want, out, nout, e);
	if (!lua_checkstack(L, 4)) return fail_memory(e, 64);
	lua_pushcfunction(L, call_prelude);
	lua_pushlightuserdata(L, &q);
	lua_pushvalue(L, h->run);
	h->c->host = h;
	int status = lua_pcall(L, 2, 0, 0);
	h->c->host = before;
	if (h->again) return fail(e, "internal: a run that is to be made again");
	if (h->wrote)
		return fail(e, "can't stage this host call: it wrote into a tensor that the staged function uses");
	if (status == LUA_OK) return true;
	h->failed = true; /* the error value stays on top of the stack */
	const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	return fail(e, "%s", s ? s : "an error value that is no text");
}

bool hostcall_read(void *ud, int64_t number, const union word *in, union word *out, struct err *e)
{
	struct host_call *h = ud;
	return object_read(h->L, h->c, h->objects, -number - 1, in, out, e);
}

void hostcall_open(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "invoke", l_invoke);
	bind_reg(L, c, "invoke_watched", l_invoke_watched);
	bind_reg(L, c, "copy", l_copy);
	bind_reg(L, c, "host", l_host);
}
