/* Plans in Lua, and guards: the list of what a trace read from outside, checked at every call.
   A guard reads one slot (an argument; a field, upvalue or metatable of an earlier slot) and
   checks it. Matching leaves the values of all slots in a table: inputs of the plan are taken
   from it, and results that are outside values. */
#include <stdio.h>
#include <string.h>
#include "bind/trace.h"
#include "exec/exec.h"
#include "pass/pass.h"

struct runner {
	struct graph *g; /* kept for dumps */
	struct plan *p;
};
static const char plan_meta = 'p', guard_meta = 'g';

static int plan_gc(lua_State *L)
{
	struct runner *r = lua_touserdata(L, 1);
	if (r->p) plan_free(r->p);
	if (r->g) graph_free(r->g);
	r->p = NULL, r->g = NULL;
	return 0;
}

int trace_compile(lua_State *L, moon_context *c, struct graph **graph)
{
	struct err e;
	struct runner *r = lua_newuserdatauv(L, sizeof *r, 0);
	struct graph *g = *graph;
	r->g = g, r->p = NULL;
	*graph = NULL;
	c->trace = NULL;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &plan_meta);
	lua_setmetatable(L, -2);
	if (!graph_verify(g, &e) || !pass_run(g, c->level, &e) || !(r->p = plan_new(&c->mem, g, &e))) bind_raise(L, &e);
	return 1;
}

static int l_graph_text(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct runner *r = lua_touserdata(L, 1);
	struct buf b;
	buf_init(&b, &c->mem);
	graph_print(r->g, &b);
	bool bad = b.bad;
	if (!bad) lua_pushlstring(L, b.s ? b.s : "", b.n);
	buf_free(&b);
	if (bad) bind_error(L, "not enough memory");
	return 1;
}

static bool print_out(void *ud, const char *s, size_t n)
{
	moon_context *c = ud;
	return c->output ? c->output(c->output_ud, s, n) : fwrite(s, 1, n, stdout) == n;
}

/* Results and written values own their storage; a small one moves into its userdata. */
static void push_datum(lua_State *L, moon_context *c, struct datum *d)
{
	struct tensor *t = &d->out;
	switch (d->kind) {
	case K_INT: lua_pushinteger(L, d->w.i); break;
	case K_FLOAT: lua_pushnumber(L, d->w.f); break;
	case K_BOOL: lua_pushboolean(L, d->w.i != 0); break;
	case K_TENSOR:
		if (tensor_bytes(t) > 512) {
			struct tensor own = *t;
			t->st = NULL;
			bind_push_owned(L, c, &own);
		} else {
			struct tbox *b = bind_push_tensor(L, c, t->dtype, t->rank, t->dim);
			tensor_copy(&b->t, t);
		}
		datum_release(d);
		break;
	default: lua_pushnil(L);
	}
}

/* In l_run: what a run hands out, which may be one of its inputs. */
static void push_value(lua_State *L, moon_context *c, struct datum *d)
{
	if (d->kind == K_TENSOR && d->alias >= 0) {
		lua_rawgeti(L, 3, d->alias + 1);
		lua_rawgeti(L, 2, lua_tointeger(L, -1));
		lua_remove(L, -2);
	} else {
		push_datum(L, c, d);
	}
}

/* The data of one run lies in a userdata, so that an error while results are pushed frees them. */
struct data {
	int n;
	struct datum d[];
};
static int data_gc(lua_State *L)
{
	struct data *a = lua_touserdata(L, 1);
	for (int i = 0; i < a->n; i++) datum_release(&a->d[i]);
	a->n = 0;
	return 0;
}
static const char data_meta = 'd';

/* run(plan, slots, inputs) -> true, {results}, writes   or   false, error, number, writes, operands
   inputs: slot numbers. writes: nil, or {location, constant or false, value or false, ...} in the order written. */
static int l_run(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct runner *r = lua_touserdata(L, 1);
	int nin = plan_inputs(r->p), nout = plan_results(r->p);
	lua_settop(L, 3);
	struct data *a = lua_newuserdatauv(L, sizeof *a + (size_t)(nin + nout) * sizeof *a->d, 0); /* 4 */
	a->n = 0;
	memset(a->d, 0, (size_t)(nin + nout) * sizeof *a->d);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &data_meta);
	lua_setmetatable(L, 4);
	for (int i = 0; i < nin; i++) {
		struct datum *d = &a->d[nout + i];
		lua_rawgeti(L, 3, i + 1);
		lua_rawgeti(L, 2, lua_tointeger(L, -1));
		struct tbox *b = bind_tensor(L, c, -1);
		struct type ty;
		trace_type(L, c, -1, &ty);
		d->kind = ty.kind;
		if (b) d->in = &b->t;
		else if (ty.kind == K_FLOAT) d->w.f = lua_tonumber(L, -1);
		else d->w.i = ty.kind == K_INT ? lua_tointeger(L, -1) : lua_toboolean(L, -1);
		lua_pop(L, 2);
	}
	struct run_env env = { .op = { .mem = &c->mem, .rng = &c->rng, .cancel = &c->cancel }, .ud = c, .print = print_out };
	struct fault f = { .line = 0 };
	buf_init(&f.text, &c->mem);
	bool ok = plan_run(r->p, &env, a->d + nout, a->d, &f);
	a->n = nout;
	if (ok) {
		lua_pushboolean(L, 1);
		lua_createtable(L, nout, 0);
		for (int i = 0; i < nout; i++) {
			push_value(L, c, &a->d[i]);
			lua_rawseti(L, -2, i + 1);
		}
	} else {
		lua_pushboolean(L, 0);
		if (f.text.n) lua_pushlstring(L, f.text.s, f.text.n);
		else lua_pushstring(L, f.e.kind == ERR_CANCEL ? "interrupted!" : f.e.msg);
		lua_pushinteger(L, f.value_number);
	}
	buf_free(&f.text);
	int nw;
	struct write_slot *w = plan_writes(r->p, &nw);
	int top = lua_gettop(L);
	lua_pushnil(L);
	uint64_t last = 0;
	for (int at = 0;;) {
		int next = -1;
		for (int i = 0; i < nw; i++)
			if (w[i].set && w[i].when > last && (next < 0 || w[i].when < w[next].when)) next = i;
		if (next < 0) break;
		if (at == 0) {
			lua_pop(L, 1);
			lua_newtable(L);
		}
		last = w[next].when;
		lua_pushinteger(L, next);
		lua_rawseti(L, top + 1, ++at);
		if (w[next].constant >= 0) {
			lua_pushinteger(L, w[next].constant);
			lua_rawseti(L, top + 1, ++at);
			lua_pushboolean(L, 0);
			lua_rawseti(L, top + 1, ++at);
		} else {
			lua_pushboolean(L, 0);
			lua_rawseti(L, top + 1, ++at);
			push_value(L, c, &w[next].value);
			lua_rawseti(L, top + 1, ++at);
		}
	}
	if (ok) return 3;
	lua_createtable(L, f.nvalues, 0);
	for (int i = 0; i < f.nvalues; i++) {
		push_value(L, c, &f.values[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 5;
}

enum source { FROM_ARG, FROM_FIELD, FROM_UPVALUE, FROM_META, FROM_CONST, FROM_SLOT, SOURCE_COUNT };
enum check { IS_NIL, IS_RAW, IS_TABLE, IS_TENSOR, IS_INT, IS_FLOAT, IS_SAME, IS_KEYS, IS_LENGTH, IS_ANY, CHECK_COUNT };
struct guard {
	uint8_t source, check;
	uint32_t base, expect_slot;
	struct type type;
};
struct guards {
	int n, nargs;
	struct guard at[];
};

/* guards(list, nargs): list of {source, base, key, check, expect}. The user value keeps keys (at 2i-1) and
   expectations (at 2i). */
static int l_guards(lua_State *L)
{
	static const char *const sources[] = { "arg", "field", "upvalue", "meta", "const", "slot" };
	static const char *const checks[] = { "nil", "raw", "table", "tensor", "int", "float", "same", "keys", "length", "any" };
	moon_context *c = bind_self(L);
	int n = (int)lua_rawlen(L, 1);
	struct guards *g = lua_newuserdatauv(L, sizeof *g + (size_t)n * sizeof *g->at, 1);
	g->n = n, g->nargs = (int)lua_tointeger(L, 2);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &guard_meta);
	lua_setmetatable(L, -2);
	lua_createtable(L, 2 * n, 0);
	int box = lua_gettop(L) - 1, keep = lua_gettop(L);
	for (int i = 0; i < n; i++) {
		struct guard *q = &g->at[i];
		memset(q, 0, sizeof *q);
		lua_rawgeti(L, 1, i + 1);
		lua_rawgeti(L, -1, 1);
		lua_rawgeti(L, -2, 2);
		lua_rawgeti(L, -3, 4);
		const char *s = lua_tostring(L, -3), *k = lua_tostring(L, -1);
		for (q->source = 0; q->source < SOURCE_COUNT && strcmp(s, sources[q->source]); q->source++) continue;
		for (q->check = 0; q->check < CHECK_COUNT && strcmp(k, checks[q->check]); q->check++) continue;
		q->base = (uint32_t)lua_tointeger(L, -2);
		lua_pop(L, 3);
		lua_rawgeti(L, -1, 3);
		lua_rawseti(L, keep, 2 * i + 1);
		lua_rawgeti(L, -1, 5);
		if (q->check == IS_TENSOR) trace_type(L, c, -1, &q->type), lua_pop(L, 1), lua_pushnil(L);
		if (q->check == IS_SAME) q->expect_slot = (uint32_t)lua_tointeger(L, -1);
		lua_rawseti(L, keep, 2 * i + 2);
		lua_pop(L, 1);
	}
	lua_setiuservalue(L, box, 1);
	return 1;
}

/* Equal subtype and bits for numbers; the same object else. */
static bool same_value(lua_State *L, int a, int b)
{
	if (lua_type(L, a) != LUA_TNUMBER) return lua_rawequal(L, a, b);
	if (lua_type(L, b) != LUA_TNUMBER || lua_isinteger(L, a) != lua_isinteger(L, b)) return false;
	lua_Number x = lua_tonumber(L, a), y = lua_tonumber(L, b);
	return lua_isinteger(L, a) ? lua_tointeger(L, a) == lua_tointeger(L, b) : memcmp(&x, &y, sizeof x) == 0;
}

static bool same_keys(lua_State *L, int table, int list)
{
	lua_Integer n = 0;
	lua_pushnil(L);
	while (lua_next(L, table)) {
		lua_pop(L, 1);
		lua_rawgeti(L, list, ++n);
		bool same = same_value(L, -2, -1);
		lua_pop(L, 1);
		if (!same) {
			lua_pop(L, 1);
			return false;
		}
	}
	return (lua_Integer)lua_rawlen(L, list) == n;
}

static bool same_type(lua_State *L, moon_context *c, int idx, const struct type *ty)
{
	struct tbox *b = bind_tensor(L, c, idx);
	if (!b || b->ref || b->t.dtype != ty->dtype || b->t.rank != ty->rank) return false;
	for (int i = 0; i < ty->rank; i++)
		if (b->t.dim[i] != ty->dim[i]) return false;
	return true;
}

/* Pushes the value a guard speaks of; slots start after stack index `first`, kept values are at `keep`. */
static void push_slot(lua_State *L, const struct guard *q, int i, int first, int keep)
{
	switch (q->source) {
	case FROM_ARG: lua_pushvalue(L, (int)q->base + 1); return;
	case FROM_CONST:
	case FROM_SLOT:
		if (q->source == FROM_SLOT) lua_pushvalue(L, first + (int)q->base);
		else lua_rawgeti(L, keep, 2 * i + 1);
		return;
	case FROM_FIELD:
		if (lua_type(L, first + (int)q->base) != LUA_TTABLE) break;
		lua_rawgeti(L, keep, 2 * i + 1);
		lua_rawget(L, first + (int)q->base);
		return;
	case FROM_UPVALUE:
		lua_rawgeti(L, keep, 2 * i + 1);
		if (lua_type(L, first + (int)q->base) != LUA_TFUNCTION) break;
		if (!lua_getupvalue(L, first + (int)q->base, (int)lua_tointeger(L, -1))) break;
		lua_remove(L, -2);
		return;
	case FROM_META:
		if (!lua_getmetatable(L, first + (int)q->base)) lua_pushnil(L);
		return;
	}
	lua_settop(L, first + i);
	lua_pushnil(L);
}

static bool holds(lua_State *L, moon_context *c, const struct guard *q, int i, int first, int keep)
{
	int v = first + i + 1;
	bool ok = false;
	switch (q->check) {
	case IS_ANY: return true;
	case IS_NIL: return lua_isnil(L, v);
	case IS_TABLE:
		if (lua_type(L, v) != LUA_TTABLE) return false;
		for (int j = first + 1; j < v; j++) /* two tables of the trace are never one */
			if (lua_type(L, j) == LUA_TTABLE && lua_rawequal(L, j, v)) return false;
		return true;
	case IS_TENSOR: return same_type(L, c, v, &q->type);
	case IS_INT: return lua_isinteger(L, v);
	case IS_FLOAT: return lua_type(L, v) == LUA_TNUMBER && !lua_isinteger(L, v);
	case IS_SAME: return lua_rawequal(L, v, first + (int)q->expect_slot);
	case IS_RAW:
		lua_rawgeti(L, keep, 2 * i + 2);
		ok = same_value(L, v, -1);
		lua_pop(L, 1);
		return ok;
	case IS_KEYS:
		lua_rawgeti(L, keep, 2 * i + 2);
		ok = lua_type(L, v) == LUA_TTABLE && same_keys(L, v, lua_gettop(L));
		lua_settop(L, v);
		lua_pushnil(L); /* the slot of a check on a slot holds nothing */
		lua_replace(L, v);
		return ok;
	case IS_LENGTH:
		lua_rawgeti(L, keep, 2 * i + 2);
		ok = lua_type(L, v) == LUA_TTABLE && (lua_Integer)lua_rawlen(L, v) == lua_tointeger(L, -1);
		lua_pop(L, 1);
		lua_pushnil(L);
		lua_replace(L, v);
		return ok;
	}
	return false;
}

/* match(guards, ...) -> {slots}, or nil and the number of the guard that failed (0: the argument count) */
static int l_match(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct guards *g = lua_touserdata(L, 1);
	int nargs = lua_gettop(L) - 1;
	if (nargs != g->nargs) {
		lua_pushnil(L);
		lua_pushinteger(L, 0);
		return 2;
	}
	luaL_checkstack(L, g->n + 8, "too many guards");
	lua_getiuservalue(L, 1, 1);
	int keep = lua_gettop(L), first = keep;
	for (int i = 0; i < g->n; i++) {
		push_slot(L, &g->at[i], i, first, keep);
		if (holds(L, c, &g->at[i], i, first, keep)) continue;
		lua_pushnil(L);
		lua_pushinteger(L, i + 1);
		return 2;
	}
	lua_createtable(L, g->n, 0);
	for (int i = 1; i <= g->n; i++) {
		lua_pushvalue(L, first + i);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

static void gc_only(lua_State *L, moon_context *c, const char *key, lua_CFunction gc)
{
	lua_newtable(L);
	if (gc) bind_reg(L, c, "__gc", gc);
	lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void trace_open_run(lua_State *L, moon_context *c)
{
	gc_only(L, c, &plan_meta, plan_gc);
	gc_only(L, c, &data_meta, data_gc);
	gc_only(L, c, &guard_meta, NULL);
	bind_reg(L, c, "run", l_run);
	bind_reg(L, c, "graph_text", l_graph_text);
	bind_reg(L, c, "guards", l_guards);
	bind_reg(L, c, "match", l_match);
}
