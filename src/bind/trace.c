/* Tracing, the C side: the graph being built, its regions, inputs and effects. What a
   variable or table is while tracing is the prelude's business (lua/); here a value is a
   handle: a traced tensor, or a symbolic number or boolean (sym.c). Plain Lua numbers and
   booleans become constants where a graph value is wanted. */
#include <string.h>
#include "bind/auto.h"
#include "bind/tensor.h"
#include "bind/hostcall.h"
#include "grad/grad.h"

static const char trace_key = 't';

struct trace *trace_active(lua_State *L, moon_context *c)
{
	if (!c->trace) bind_error(L, "a symbolic value was used outside of the trace that made it");
	return c->trace;
}

static _Noreturn void call_hook(lua_State *L, moon_context *c, enum trace_hook h, int nargs)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[h]);
	lua_insert(L, -nargs - 1);
	lua_call(L, nargs, 0);
	bind_error(L, "internal: a tracing hook returned");
}

_Noreturn void trace_unsupported(lua_State *L, moon_context *c, const char *what)
{
	if (c->hook[HOOK_UNSUPPORTED] == 0 || !c->trace)
		bind_error(L, "%s: a symbolic value was used outside of the trace that made it", what);
	lua_pushstring(L, what);
	call_hook(L, c, HOOK_UNSUPPORTED, 1);
}

_Noreturn void trace_exact(lua_State *L, moon_context *c, const char *why)
{
	if (!c->trace) bind_error(L, "internal: an unknown length outside of a trace");
	lua_pushstring(L, why);
	call_hook(L, c, HOOK_EXACT, 1);
}

_Noreturn void trace_need(lua_State *L, moon_context *c, int idx, const char *what)
{
	if (!c->trace) trace_unsupported(L, c, what);
	lua_pushvalue(L, idx);
	lua_pushstring(L, what);
	call_hook(L, c, HOOK_NEED, 2);
}

void trace_wrap_table(lua_State *L, moon_context *c)
{
	if (!c->trace) return;
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_WRAP]);
	lua_insert(L, -2);
	lua_call(L, 1, 1);
}

/* Regions and calls cost more than ops. What a trace did that starts again is a part of what it may throw away: large
   ones start again for a reason, too. */
enum { EFFORT_CALL = 4, EFFORT_RESTART = 16 };

/* entered(limit) -> deep: a function's staged form is about to run; are there more levels of calls than that?
   (Counting them takes as long as they are many, so that it is looked at now and then.) */
static int l_entered(lua_State *L)
{
	struct trace *t = trace_active(L, bind_self(L));
	lua_Debug ar;
	t->effort += EFFORT_CALL;
	lua_pushboolean(L, ++t->calls % 256 == 0 && lua_getstack(L, (int)luaL_checkinteger(L, 1), &ar));
	return 1;
}

/* protect(true, name or number) -> before, now: nodes made from now on stand in a pcall of this line (true), or where a
   <close> variable of that name is open, or in what an earlier call gave the number of (0: in none). */
static int l_protect(lua_State *L)
{
	struct trace *t = trace_active(L, bind_self(L));
	uint32_t before = t->pcall;
	t->pcall = 0;
	if (lua_type(L, 1) != LUA_TNUMBER) {
		struct err e;
		size_t len;
		const char *name = lua_tolstring(L, 1, &len);
		uint32_t id = name ? graph_string(t->g, name, len, &e) : 0;
		if (id == UINT32_MAX) bind_raise(L, &e);
		t->g->closes = name ? id + 1 : 0;
		trace_site(L, t);
		t->g->closes = 0;
		t->pcall = t->g->line_site;
	} else {
		t->pcall = (uint32_t)lua_tointeger(L, 1);
	}
	lua_pushinteger(L, before);
	lua_pushinteger(L, t->pcall);
	return 2;
}

/* through(text) -> before, now: likewise, of a call that puts a text before messages of errors. */
static int l_through(lua_State *L)
{
	struct trace *t = trace_active(L, bind_self(L));
	struct err e;
	size_t len;
	const char *s = lua_tolstring(L, 1, &len);
	uint32_t before = t->pcall, id = len ? graph_string(t->g, s, len, &e) : 0;
	if (len && (id == UINT32_MAX || !(t->pcall = graph_site(t->g, id, 0, before, &e)))) bind_raise(L, &e);
	lua_pushinteger(L, before);
	lua_pushinteger(L, t->pcall);
	return 2;
}

void trace_check(lua_State *L, moon_context *c, uint32_t serial)
{
	if (trace_active(L, c)->serial != serial)
		bind_error(L, "a symbolic value was used outside of the trace that made it");
}

void trace_type(lua_State *L, moon_context *c, int idx, struct type *t)
{
	struct tbox *b = bind_tensor(L, c, idx);
	struct sym *s;
	memset(t, 0, sizeof *t);
	if (b) {
		t->kind = K_TENSOR, t->dtype = b->t.dtype, t->rank = b->t.rank;
		memcpy(t->dim, b->t.dim, b->t.rank * sizeof *t->dim);
	} else if ((s = trace_sym(L, c, idx))) {
		t->kind = s->kind;
		if (s->kind == K_LIST) *t = ((struct symlist *)s)->type;
	} else if (lua_type(L, idx) == LUA_TNUMBER) {
		t->kind = lua_isinteger(L, idx) ? K_INT : K_FLOAT;
	} else if (lua_type(L, idx) == LUA_TBOOLEAN) {
		t->kind = K_BOOL;
	}
}

struct tbox *trace_push_handle(lua_State *L, moon_context *c, int idx)
{
	lua_pushvalue(L, idx);
	struct tbox *b = bind_tensor(L, c, -1);
	if (b->ref) return b;
	/* met without a path: a library made it, or a constant */
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_OUTER]);
	lua_insert(L, -2);
	lua_call(L, 1, 1);
	b = bind_tensor(L, c, -1);
	if (!b || !b->ref) bind_error(L, "internal: an eager tensor has no handle in this trace");
	return b;
}

/* What the traced tensor at idx, whose box is b, holds now: the value it was made with, or what was written to its
   storage since. */
static ref value_now(lua_State *L, moon_context *c, int idx, struct tbox *b)
{
	if (b->ref && !c->trace->inplace) {
		trace_check(L, c, b->serial);
		return b->ref;
	}
	b = trace_push_handle(L, c, idx);
	trace_check(L, c, b->serial);
	if (c->trace->inplace) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_VALUE]);
		lua_pushvalue(L, -2);
		lua_call(L, 1, 1);
		struct tbox *now = lua_isnil(L, -1) ? NULL : bind_tensor(L, c, -1);
		if (now) b = now;
		lua_pop(L, 1);
	}
	lua_pop(L, 1); /* the prelude keeps an outer tensor's handle alive until the trace ends */
	return b->ref;
}

ref trace_ref(lua_State *L, moon_context *c, int idx)
{
	struct trace *t = trace_active(L, c);
	struct err e;
	union word w;
	ref r = 0;
	idx = lua_absindex(L, idx);
	struct tbox *b = bind_tensor(L, c, idx);
	if (b) return value_now(L, c, idx, b);
	struct sym *s = trace_sym(L, c, idx);
	if (s) {
		trace_check(L, c, s->serial);
		return s->ref;
	}
	if (lua_isinteger(L, idx)) w.i = lua_tointeger(L, idx), r = graph_const(t->g, K_INT, w, &e);
	else if (lua_type(L, idx) == LUA_TNUMBER) w.f = lua_tonumber(L, idx), r = graph_const(t->g, K_FLOAT, w, &e);
	else if (lua_type(L, idx) == LUA_TBOOLEAN) w.i = lua_toboolean(L, idx), r = graph_const(t->g, K_BOOL, w, &e);
	else bind_error(L, "internal: a %s in a graph", luaL_typename(L, idx));
	if (!r) bind_raise(L, &e);
	return r;
}

void trace_push(lua_State *L, moon_context *c, ref v)
{
	struct trace *t = c->trace;
	struct type ty = *graph_type(t->g, v);
	union word w;
	if (ty.kind == K_TENSOR) {
		struct tbox *b = bind_push_traced(L, c, &ty, v);
		b->serial = t->serial;
		b->born = ++t->born;
		return;
	}
	if (graph_is_const(t->g, v, &w)) {
		if (ty.kind == K_INT) lua_pushinteger(L, w.i);
		else if (ty.kind == K_FLOAT) lua_pushnumber(L, w.f);
		else lua_pushboolean(L, w.i != 0);
		return;
	}
	if (!c->overloaded) eager_overloaded(L, c);
	bool list = ty.kind == K_LIST;
	struct sym *s = lua_newuserdatauv(L, list ? sizeof(struct symlist) : sizeof *s, 0);
	s->kind = ty.kind, s->ref = v, s->serial = t->serial;
	if (list) ((struct symlist *)s)->type = ty;
	lua_rawgetp(L, LUA_REGISTRYINDEX, list ? c->symlist_meta : ty.kind == K_BOOL ? c->symbool_meta : c->sym_meta);
	lua_setmetatable(L, -2);
}

/* What an op that may raise leaves behind must be what eager leaves: pending writes come first. */
static void flush(lua_State *L, moon_context *c)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_FLUSH]);
	lua_call(L, 0, 0);
}

/* Is an index checked only when the length is known? */
static bool checked_late(const struct graph *g, enum op op, const ref *in, const int64_t *attr)
{
	const struct type *t = op == OP_select ? graph_type(g, *in) : NULL;
	return t && attr[0] >= 0 && attr[0] < t->rank && length_unknown(t->dim[attr[0]]);
}

/* Words that were computed from unknown lengths lie near to them. */
static bool lengths_fit(enum op op, const int64_t *attr, int nattr)
{
	const int64_t around = (int64_t)1 << 51;
	for (int i = 0; i < nattr; i++)
		if (attr[i] > INT64_MIN && attr[i] < INT64_MIN + around &&
		    !(i >= op_first_length(op) && length_unknown(attr[i])))
			return false;
	return true;
}

ref trace_emit(lua_State *L, moon_context *c, enum op op, const ref *in, int nin, const int64_t *attr, int nattr)
{
	struct trace *t = trace_active(L, c);
	struct err e;
	bool late = t->longest && checked_late(t->g, op, in, attr), raises = late || op_info[op].flags & OF_RAISES;
	if (t->longest && !lengths_fit(op, attr, nattr))
		trace_exact(L, c, lua_pushfstring(L, "an argument of '%s'", op_info[op].name));
	if (raises) {
		flush(L, c);
		trace_failing_site(L, c, t);
	} else {
		trace_site(L, t);
	}
	ref r = graph_op(t->g, op, in, nin, attr, nattr, &e);
	if (!r && t->longest) trace_exact(L, c, lua_pushfstring(L, "the shape rule of '%s'", op_info[op].name));
	if (!r) bind_raise(L, &e);
	t->effort++;
	return r;
}

int trace_apply(lua_State *L, moon_context *c, enum op op, struct arg *in, int nin, const int64_t *attr, int nattr)
{
	ref few[16], *r = few;
	luaL_checkstack(L, 8, "too many operands");
	if (nin > (int)COUNT_OF(few)) r = lua_newuserdatauv(L, (size_t)nin * sizeof *r, 0);
	for (int i = 0; i < nin; i++) {
		r[i] = in[i].box ? value_now(L, c, in[i].idx, in[i].box) : trace_ref(L, c, in[i].idx);
		const struct type *ty = graph_type(c->trace->g, r[i]);
		int64_t want = in[i].lift;
		if (ty->kind != K_TENSOR) r[i] = trace_emit(L, c, OP_lift, &r[i], 1, &want, 1);
		else if (ty->dtype != want) r[i] = trace_emit(L, c, OP_cast, &r[i], 1, &want, 1);
	}
	ref out = trace_emit(L, c, op, r, nin, attr, nattr);
	int nout = graph_node_of(c->trace->g, out)->nout;
	for (int i = 0; i < nout; i++) trace_push(L, c, out + (ref)i);
	if (op_info[op].flags & OF_VIEW && in[0].box) trace_share(L, c, op, in[0].idx, attr, nattr);
	return nout;
}

/* begin(ninputs, wasted): starts the trace, after attempts that wasted that effort; its graph is freed by finish or
   abort. */
static int l_begin(lua_State *L)
{
	moon_context *c = bind_self(L);
	uint32_t n = (uint32_t)lua_tointeger(L, 1);
	struct err e;
	struct trace *t = lua_newuserdatauv(L, sizeof *t + n * sizeof(ref), 0);
	memset(t, 0, sizeof *t);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &trace_key);
	lua_setmetatable(L, -2);
	t->input = (ref *)(t + 1);
	t->serial = ++c->trace_serial;
	t->wasted = (uint64_t)lua_tointeger(L, 2);
	t->g = graph_new(&c->mem, c->level == 0, &e);
	if (!t->g) bind_raise(L, &e);
	struct type none = {.kind = K_NONE};
	for (t->ninput = 0; t->ninput < n; t->ninput++)
		if (!(t->input[t->ninput] = graph_param(t->g, &none, &e))) bind_raise(L, &e);
	c->trace = t;
	return 1;
}

static int trace_gc(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = lua_touserdata(L, 1);
	if (c->trace == t) c->trace = NULL;
	if (t->g) graph_free(t->g);
	t->g = NULL;
	return 0;
}

/* finish(results): yields them from the top region and returns the plan. The trace is over. */
static int l_finish(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct err e;
	bool dead = lua_isnil(L, 1);
	int n = dead ? 0 : (int)lua_rawlen(L, 1);
	ref *out = lua_newuserdatauv(L, (size_t)n * sizeof *out + 1, 0);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, 1, i + 1);
		out[i] = trace_ref(L, c, -1);
		lua_pop(L, 1);
	}
	struct graph *g = t->g;
	struct region *top = &g->region.at[1];
	if (!graph_lift(g, &e)) bind_raise(L, &e);
	for (uint32_t i = t->used; i < t->ninput; i++) g->node.at[g->value.at[t->input[i]].node].dead = true;
	top->params.n = t->used;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < top->nodes.n; i++)
		if (!g->node.at[top->nodes.at[i]].dead) top->nodes.at[kept++] = top->nodes.at[i];
	top->nodes.n = kept;
	if (!graph_yield(g, out, n, dead, &e)) bind_raise(L, &e);
	return trace_compile(L, c, &t->g, t->nlength);
}

/* abort() -> wasted: the trace is over and its graph gone. */
static int l_abort(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = c->trace;
	lua_pushinteger(L, t ? (lua_Integer)(t->wasted + t->effort / EFFORT_RESTART) : 0);
	c->trace = NULL;
	trace_forget(L);
	if (t && t->g) {
		graph_free(t->g);
		t->g = NULL;
	}
	return 1;
}

/* input(value[, {number of the unknown length, by dim}]): the next input, typed like the value (tensor or number); its
   handle, or nil when none is left. */
static int l_input(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct type ty;
	if (t->used == t->ninput) return 0;
	trace_type(L, c, 1, &ty);
	for (int d = 0; d < ty.rank && lua_istable(L, 2); d++) {
		if (lua_rawgeti(L, 2, d + 1) == LUA_TNUMBER)
			ty.dim[d] = trace_new_length(t, (int)lua_tointeger(L, -1), ty.dim[d]);
		lua_pop(L, 1);
	}
	ref r = t->input[t->used++];
	t->g->value.at[r].type = ty;
	trace_push(L, c, r);
	if (ty.kind == K_TENSOR) ((struct tbox *)lua_touserdata(L, -1))->born = 0;
	if (ty.kind == K_TENSOR && !type_unknown(&ty)) trace_mirror(L, c, 1);
	return 1;
}

/* The values of the list at 3, in a userdata at the top with room for as many more. */
static ref *push_refs(lua_State *L, moon_context *c, int *n)
{
	*n = (int)lua_rawlen(L, 3);
	ref *list = lua_newuserdatauv(L, (size_t)*n * 2 * sizeof *list + 1, 0);
	for (int i = 0; i < *n; i++) {
		lua_rawgeti(L, 3, i + 1);
		list[i] = trace_ref(L, c, -1);
		lua_pop(L, 1);
	}
	return list;
}

/* depends(from, value, {wrt...}) -> would backward go through the value? */
static int l_depends(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct err e;
	int n;
	bool depends;
	ref *wrt = push_refs(L, c, &n);
	if (!grad_depends(t->g, (uint32_t)lua_tointeger(L, 1), wrt, n, trace_ref(L, c, 2), &depends, &e))
		bind_raise(L, &e);
	lua_pushboolean(L, depends);
	return 1;
}

/* backward(from, loss, {wrt...}) -> {gradients}: from is a node count as nodes() gave it. */
static int l_backward(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct err e;
	int n;
	ref *wrt = push_refs(L, c, &n), *dx = wrt + n;
	struct gbuild b = {.g = t->g, .op = grad_graph_op};
	trace_site(L, t);
	if (!grad_backward(&b, (uint32_t)lua_tointeger(L, 1), trace_ref(L, c, 2), wrt, n, dx, &e)) {
		if (t->longest) trace_exact(L, c, lua_pushfstring(L, "a gradient: %s", e.msg));
		if (e.kind != ERR_STAGE) bind_raise(L, &e);
		trace_unsupported(L, c, e.msg);
	}
	lua_createtable(L, n, 0);
	for (int i = 0; i < n; i++) {
		trace_push(L, c, dx[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* hooks{flush=, wrap=, ...}: functions of enum trace_hook */
static int l_hooks(lua_State *L)
{
	_Static_assert(HOOK_COUNT <= COUNT_OF(((moon_context *)NULL)->hook), "no room for the hooks");
	static const char *const name[HOOK_COUNT] = {[HOOK_FLUSH] = "flush",     [HOOK_WRAP] = "wrap",
	                                             [HOOK_NEED] = "need",       [HOOK_UNSUPPORTED] = "unsupported",
	                                             [HOOK_OUTER] = "outer",     [HOOK_MISS] = "miss",
	                                             [HOOK_FINISH] = "finish",   [HOOK_HOST] = "host",
	                                             [HOOK_VALUE] = "value",     [HOOK_WRITABLE] = "writable",
	                                             [HOOK_STORE] = "store",     [HOOK_VIEW] = "view",
	                                             [HOOK_STACK] = "stack",     [HOOK_OPERAND] = "operand",
	                                             [HOOK_INTEGER] = "integer", [HOOK_EXACT] = "exact",
	                                             [HOOK_DIVISOR] = "divisor", [HOOK_SCAN] = "scan",
	                                             [HOOK_CHOSEN] = "chosen",   [HOOK_REFUSE] = "refuse",
	                                             [HOOK_SAME] = "same"};
	moon_context *c = bind_self(L);
	for (int i = 0; i < HOOK_COUNT; i++) {
		if (lua_getfield(L, 1, name[i]) == LUA_TNIL) lua_pop(L, 1); /* set by another call */
		else c->hook[i] = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	return 0;
}

/* load(text, chunkname): stock load of text, the function or nil and the message */
static int l_load(lua_State *L)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	if (luaL_loadbufferx(L, s, len, luaL_checkstring(L, 2), "t") == LUA_OK) return 1;
	lua_pushnil(L);
	lua_insert(L, -2);
	return 2;
}

/* share_nodes(on) -> was: whether a node equal to an earlier one is that one */
static int l_share_nodes(lua_State *L)
{
	struct graph *g = trace_active(L, bind_self(L))->g;
	lua_pushboolean(L, !g->nocons);
	g->nocons = !lua_toboolean(L, 1);
	return 1;
}

static int call_closure(lua_State *L)
{
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

static int results(lua_State *L, int status, lua_KContext k)
{
	(void)status, (void)k;
	return lua_gettop(L);
}

static int call_yielding(lua_State *L)
{
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, results);
	return lua_gettop(L);
}

/* closure(f[, yields]) -> a C function that calls f. A tail call of a C function keeps the caller's frame, as it does
   when the script calls the library function that f stands for: positions are those of the eager run. yields:
   coroutines may yield in f. */
static int l_closure(lua_State *L)
{
	bool yields = lua_toboolean(L, 2);
	lua_settop(L, 1);
	lua_pushcclosure(L, yields ? call_yielding : call_closure, 1);
	return 1;
}

/* yieldable() -> could the caller of the staged function that is traced have yielded? */
static int l_yieldable(lua_State *L)
{
	lua_pushboolean(L, bind_self(L)->yieldable);
	return 1;
}

static bool has_table(lua_State *L, int from)
{
	for (int i = lua_gettop(L); i >= from; i--)
		if (lua_type(L, i) == LUA_TTABLE) return true;
	return false;
}

static int call_tensor_function(lua_State *L)
{
	luaL_checkstack(L, 4, "too many arguments");
	if (!lua_isnone(L, lua_upvalueindex(4))) {
		lua_pushvalue(L, lua_upvalueindex(4));
		lua_insert(L, 1);
	}
	bool tables = has_table(L, 1);
	lua_pushvalue(L, tables ? lua_upvalueindex(1) : lua_upvalueindex(2));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	if (!tables && has_table(L, 1)) {
		lua_pushvalue(L, lua_upvalueindex(3));
		lua_insert(L, 1);
		lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	}
	return lua_gettop(L);
}

/* tensor_call(any, f, adopt[, o]) -> a function that calls f (with o first) on arguments that hold no table, passing
   tables among the results through adopt; on others it calls `any`. */
static int l_tensor_call(lua_State *L)
{
	lua_pushcclosure(L, call_tensor_function, lua_gettop(L) > 3 ? 4 : 3);
	return 1;
}

/* The function that tensor_method gives. Upvalues: `general`, `adopt`, the methods of tensors. */
static int tensor_method(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tbox *b = bind_tensor(L, c, 1);
	if (!b || !b->ref || lua_type(L, 2) != LUA_TSTRING) return 0;
	lua_settop(L, 2);
	lua_rawget(L, lua_upvalueindex(4)); /* 2 */
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNIL) return 0;
	lua_pushvalue(L, 2);
	lua_pushvalue(L, lua_upvalueindex(3));
	lua_pushvalue(L, 1);
	lua_pushcclosure(L, call_tensor_function, 4);
	return 1;
}

/* tensor_method(general, adopt) -> a function of a value and a name: the call of that method of the value, as
   tensor_call gives it for general[method], when the value is a traced tensor and there is one. */
static int l_tensor_method(lua_State *L)
{
	moon_context *c = bind_self(L);
	lua_settop(L, 2);
	lua_pushlightuserdata(L, c);
	lua_insert(L, 1);
	bind_push_methods(L, c);
	lua_pushcclosure(L, tensor_method, 4);
	return 1;
}

/* plain_field(data, key): the raw value of a plain key; nil when it is a table, which may stand for something else, or
   the key is no string, number or boolean. Most reads of fields in a trace need no more. */
static int l_plain_field(lua_State *L)
{
	int t = lua_type(L, 2);
	lua_settop(L, 2);
	if (t != LUA_TSTRING && t != LUA_TNUMBER && t != LUA_TBOOLEAN) return 0;
	return lua_rawget(L, 1) != LUA_TTABLE;
}

/* Upvalues by their real numbers; debug.* hides those that the eager form added. */
static int l_getupvalue(lua_State *L)
{
	const char *name = lua_getupvalue(L, 1, (int)lua_tointeger(L, 2));
	if (!name) return 0;
	lua_pushstring(L, name);
	lua_insert(L, -2);
	return 2;
}

static int l_setupvalue(lua_State *L)
{
	lua_settop(L, 3);
	lua_setupvalue(L, 1, (int)lua_tointeger(L, 2));
	return 0;
}

static int l_upvalueid(lua_State *L)
{
	lua_pushlightuserdata(L, lua_upvalueid(L, 1, (int)lua_tointeger(L, 2)));
	return 1;
}

static int l_upvaluejoin(lua_State *L)
{
	lua_upvaluejoin(L, 1, (int)lua_tointeger(L, 2), 3, (int)lua_tointeger(L, 4));
	return 0;
}

void bind_open_trace(lua_State *L, moon_context *c)
{
	static const struct {
		const char *name;
		lua_CFunction f;
	} row[] = {
	    {"begin", l_begin},
	    {"finish", l_finish},
	    {"abort", l_abort},
	    {"input", l_input},
	    {"backward", l_backward},
	    {"depends", l_depends},
	    {"hooks", l_hooks},
	    {"load", l_load},
	    {"entered", l_entered},
	    {"getupvalue", l_getupvalue},
	    {"setupvalue", l_setupvalue},
	    {"upvalueid", l_upvalueid},
	    {"upvaluejoin", l_upvaluejoin},
	    {"closure", l_closure},
	    {"tensor_call", l_tensor_call},
	    {"tensor_method", l_tensor_method},
	    {"yieldable", l_yieldable},
	    {"plain_field", l_plain_field},
	    {"share_nodes", l_share_nodes},
	    {"protect", l_protect},
	    {"through", l_through},
	};
	for (size_t i = 0; i < COUNT_OF(row); i++) bind_reg(L, c, row[i].name, row[i].f);
	lua_createtable(L, 0, 1);
	bind_reg(L, c, "__gc", trace_gc);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &trace_key);
	trace_open_region(L, c);
	trace_open_sym(L, c);
	trace_open_where(L, c);
	trace_open_view(L, c);
	bind_push_methods(L, c);
	lua_setfield(L, -2, "tensor_methods");
	trace_open_run(L, c);
	hostcall_open(L, c);
	trace_open_depend(L, c);
	trace_open_length(L, c);
	auto_open(L, c);
}
