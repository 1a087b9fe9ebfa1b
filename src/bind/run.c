/* Plans in Lua, and calls of staged functions: an entry whose guards hold is found (guard.c) and its
   plan run, without entering Lua unless it wrote something, failed, or gives tables. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "bind/auto.h"
#include "bind/hold.h"
#include "bind/refuse.h"
#include "bind/object.h"
#include "pass/pass.h"

/* A result as the prelude knows it before any run: what the graph puts out, a slot, or a plain value. */
enum result_kind { RESULT_OUT, RESULT_SLOT, RESULT_PLAIN };
struct result {
	uint8_t kind;
	uint32_t number; /* of the output, of the slot; plain: place in the entry's table of keys */
};
struct variant {
	struct plan *p;
	int64_t *length;
	uint64_t used; /* when it ran last */
};
struct runner {
	struct graph *g; /* kept for dumps, and for more plans */
	struct plan *p;  /* of the run; one of the variants' when the graph has unknown lengths */
	int nlength;     /* unknown lengths; 0: none */
	int nvariant;
	uint64_t runs;
	struct variant *variant; /* VARIANTS_MOST of them */
	struct mem *mem;
	bool busy;    /* the plan runs */
	bool calls;   /* it calls the host */
	bool refuses; /* a run may come to what the graph can't do */
	bool spare;   /* of another's graph, slots and results: see idle() */
	int nin, nout;
	int nresult;        /* -1: results are made by the prelude */
	struct datum *data; /* nout results, then nin inputs */
	struct result *result;
	uint32_t *slot;          /* of each input */
	bool scan;               /* objects are looked at before the run */
	struct objects *objects; /* NULL: it knows none; what they need is in the table that is the user value */
	int filled;              /* results that may hold storage: of a run whose results could not all be handed out */
};
static const char plan_meta = 'p';
enum { VARIANTS_MOST = 64 }; /* plans of a graph */
/* Slots of Lua's stack for a trace. Lua 5.4.4 goes on at the old address when its stack moves while a metamethod of ..
   runs, and a trace runs many. While this much belongs to the frame below, the stack neither grows nor shrinks. */
enum { TRACE_ROOM = 8000 };
/* what run_entry gives for a number of results */
enum { UNFIT = -1, FAILED = -2, OTHER = -3 };
/* What a run may come to that the graph can't do, and whether another graph may serve the call then. */
enum { FITS, MISFIT, SIZE };

static void drop_variant(struct runner *r, struct variant *v)
{
	if (v->p) plan_free(v->p);
	mem_free(r->mem, v->length, (size_t)r->nlength * sizeof *v->length);
	*v = (struct variant){0};
}

static void drop_results(struct runner *r)
{
	for (int i = 0; i < r->filled; i++) datum_release(&r->data[i]);
	r->filled = 0;
}

static int plan_gc(lua_State *L)
{
	struct runner *r = lua_touserdata(L, 1);
	drop_results(r);
	if (r->data) mem_free(r->mem, r->data, (size_t)(r->nin + r->nout) * sizeof *r->data + 1);
	if (r->slot && !r->spare) mem_free(r->mem, r->slot, (size_t)r->nin * sizeof *r->slot + 1);
	if (r->result && !r->spare) mem_free(r->mem, r->result, (size_t)r->nresult * sizeof *r->result + 1);
	if (r->objects) object_free(r->objects);
	if (!r->nlength && r->p) plan_free(r->p);
	for (int i = 0; i < r->nvariant; i++) drop_variant(r, &r->variant[i]);
	if (r->variant) mem_free(r->mem, r->variant, VARIANTS_MOST * sizeof *r->variant);
	if (r->g && !r->spare) graph_free(r->g);
	memset(r, 0, sizeof *r);
	return 0;
}

static void *must(lua_State *L, void *p, size_t bytes)
{
	struct err e;
	if (p) return p;
	fail_memory(&e, bytes);
	bind_raise(L, &e);
}

/* The plan of a graph without unknown lengths, and room for the values of a run. */
static void make_plan(lua_State *L, moon_context *c, struct runner *r)
{
	struct err e;
	if (!r->nlength && !(r->p = plan_new(&c->mem, r->g, &e))) bind_raise(L, &e);
	if (r->p) r->calls = plan_calls(r->p);
	int nin = (int)r->g->region.at[1].params.n, nout = (int)r->g->region.at[1].yields.n;
	size_t bytes = (size_t)(nin + nout) * sizeof *r->data + 1;
	r->data = must(L, mem_new(&c->mem, bytes), bytes);
	memset(r->data, 0, bytes);
	r->nin = nin, r->nout = nout;
	for (int i = 0; i < nin; i++) r->data[nout + i].kind = graph_type(r->g, r->g->region.at[1].params.at[i])->kind;
}

/* The plan for these lengths, made when there is none: then the one that has not run for longest goes. */
static void choose_plan(lua_State *L, moon_context *c, struct runner *r, const int64_t *length)
{
	size_t bytes = (size_t)r->nlength * sizeof *length;
	struct variant *v = NULL;
	struct err e;
	r->runs++;
	for (int i = 0; i < r->nvariant && !v; i++)
		if (!memcmp(r->variant[i].length, length, bytes)) v = &r->variant[i];
	if (!v) {
		struct graph *g = pass_lengths(r->g, length, &e);
		struct plan *p =
		    g && graph_verify(g, true, &e) && pass_run(g, c->level, &e) ? plan_new(&c->mem, g, &e) : NULL;
		int64_t *own = p ? mem_new(r->mem, bytes) : NULL;
		if (g) graph_free(g);
		if (p && !own) plan_free(p), fail_memory(&e, bytes);
		if (!own) bind_raise(L, &e);
		memcpy(own, length, bytes);
		v = &r->variant[0];
		for (int i = 1; i < r->nvariant; i++)
			if (r->variant[i].used < v->used) v = &r->variant[i];
		if (r->nvariant < VARIANTS_MOST) v = &r->variant[r->nvariant++];
		else drop_variant(r, v);
		v->p = p, v->length = own;
	}
	v->used = r->runs;
	r->p = v->p;
	r->calls = plan_calls(v->p);
}

static void make_variants(lua_State *L, struct runner *r, int nlength)
{
	size_t bytes = VARIANTS_MOST * sizeof *r->variant;
	r->variant = must(L, mem_zero(r->mem, bytes), bytes);
	r->nlength = nlength;
}

int trace_compile(lua_State *L, moon_context *c, struct graph **graph, int nlength)
{
	struct err e;
	struct runner *r = lua_newuserdatauv(L, sizeof *r, 1);
	memset(r, 0, sizeof *r);
	r->g = *graph, r->mem = &c->mem, r->nresult = -1;
	*graph = NULL;
	c->trace = NULL;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &plan_meta);
	lua_setmetatable(L, -2);
	if (!graph_verify(r->g, false, &e) || (!nlength && !pass_run(r->g, c->level, &e))) bind_raise(L, &e);
	if (nlength) make_variants(L, r, nlength);
	make_plan(L, c, r);
	return 1;
}

static int l_graph_text(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct runner *r = lua_touserdata(L, 1);
	struct buf b;
	buf_init(&b, &c->mem);
	if (r->g) graph_print(r->g, &b);
	bool bad = b.bad;
	if (!bad) lua_pushlstring(L, b.s ? b.s : "", b.n);
	buf_free(&b);
	if (bad) bind_error(L, "not enough memory");
	return 1;
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
	case K_LIST:
		hostcall_push_list(L, c, d);
		datum_release(d);
		break;
	default: lua_pushnil(L);
	}
}

/* An output, or the outside value it is; slots follow index `first`. */
static void push_out(lua_State *L, moon_context *c, const struct runner *r, int first, struct datum *d)
{
	if (d->kind == K_TENSOR && d->alias >= 0) lua_pushvalue(L, first + (int)r->slot[d->alias]);
	else push_datum(L, c, d);
}

static bool bind_inputs(lua_State *L, struct runner *r, int first, struct err *e)
{
	for (int i = 0; i < r->nin; i++) {
		struct datum *d = &r->data[r->nout + i];
		int at = first + (int)r->slot[i];
		switch (d->kind) {
		case K_TENSOR: d->in = &((struct tbox *)lua_touserdata(L, at))->t; break;
		case K_FLOAT: d->w.f = lua_tonumber(L, at); break;
		case K_INT:
			if (!r->objects || !object_input(r->objects, i)) d->w.i = lua_tointeger(L, at);
			else if (!object_number(L, r->objects, at, &d->w.i, e)) return false;
			break;
		default: d->w.i = lua_toboolean(L, at);
		}
	}
	return true;
}

/* Pushes nil, or the writes of the run since the last time in their order: {location, constant or false, value or
   false, ...}. `slots`: index of a table of the slots. */
static void push_writes(lua_State *L, moon_context *c, const struct runner *r, int slots)
{
	int nw, at = 0;
	struct err e;
	if (!plan_settle(r->p, &e)) bind_raise(L, &e);
	struct write_slot *w = plan_writes(r->p, &nw);
	uint64_t last = 0;
	lua_pushnil(L);
	for (;;) {
		int next = -1;
		for (int i = 0; i < nw; i++)
			if (w[i].set && w[i].when > last && (next < 0 || w[i].when < w[next].when)) next = i;
		if (next < 0) return;
		if (at == 0) {
			lua_pop(L, 1);
			lua_newtable(L);
		}
		last = w[next].when;
		lua_pushinteger(L, next);
		lua_rawseti(L, -2, ++at);
		if (w[next].constant >= 0) lua_pushinteger(L, w[next].constant);
		else lua_pushboolean(L, 0);
		lua_rawseti(L, -2, ++at);
		if (w[next].constant >= 0) lua_pushboolean(L, 0);
		else if (w[next].value.kind != K_TENSOR || w[next].value.alias < 0) push_datum(L, c, &w[next].value);
		else lua_rawgeti(L, slots, r->slot[w[next].value.alias]);
		lua_rawseti(L, -2, ++at);
		w[next].set = false;
	}
}

static void push_writes_before(lua_State *L, struct host_call *h, int run)
{
	lua_getfield(L, run, "slots");
	push_writes(L, h->c, h->runner, lua_gettop(L));
	lua_remove(L, -2);
}

static bool wrote(const struct runner *r)
{
	int n;
	const struct write_slot *w = plan_writes(r->p, &n);
	for (int i = 0; i < n; i++)
		if (w[i].set) return true;
	return false;
}

/* What the prelude knows a run by: { entry =, slots =, objects = {}, lengths = }. */
static void push_run(lua_State *L, int entry, int first)
{
	int n = guard_slots(L, entry);
	lua_createtable(L, 0, 4);
	lua_getiuservalue(L, entry, ENTRY_TABLE);
	lua_setfield(L, -2, "entry");
	lua_createtable(L, n, 0);
	for (int i = 1; i <= n; i++) {
		lua_pushvalue(L, first + i);
		lua_rawseti(L, -2, i);
	}
	lua_setfield(L, -2, "slots");
	lua_newtable(L);
	lua_setfield(L, -2, "objects");
	int nlength;
	const int64_t *length = guard_lengths(L, entry, &nlength);
	lua_createtable(L, nlength, 0);
	for (int i = 0; i < nlength; i++) {
		lua_pushinteger(L, length[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "lengths");
}

/* The prelude makes writes real, builds results, raises: finish(run, outs, writes) or finish(run, nil, writes, error,
   number, operands, stack). The error of a host call is at the top. undone: nothing was written. */
static int finish(lua_State *L, struct host_call *h, int entry, int first, bool ok, bool undone, struct fault *f)
{
	moon_context *c = h->c;
	struct runner *r = h->runner;
	int top = lua_gettop(L);
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_FINISH]);
	if (h->run) lua_pushvalue(L, h->run);
	else push_run(L, entry, first);
	if (ok) {
		lua_createtable(L, r->nout, 0);
		for (int i = 0; i < r->nout; i++) {
			push_out(L, c, r, first, &r->data[i]);
			lua_rawseti(L, -2, i + 1);
		}
		r->filled = 0;
	} else {
		lua_pushnil(L);
	}
	lua_getfield(L, top + 2, "slots");
	if (undone) lua_pushnil(L);
	else push_writes(L, c, r, top + 4);
	lua_remove(L, -2);
	if (!ok) {
		luaL_checkstack(L, 8, "error");
		if (h->failed && !f->caught) {
			lua_pushvalue(L, top);
			if (f->prefix && lua_type(L, -1) == LUA_TSTRING) {
				lua_pushlstring(L, f->text.n ? f->text.s : f->e.msg, f->prefix);
				lua_insert(L, -2);
				lua_concat(L, 2);
			}
		} else if (f->text.n) lua_pushlstring(L, f->text.s, f->text.n);
		else lua_pushstring(L, f->e.kind == ERR_CANCEL ? "interrupted!" : f->e.msg);
		buf_free(&f->text);
		lua_pushinteger(L, f->value_number);
		lua_createtable(L, f->nvalues, 0);
		for (int i = 0; i < f->nvalues; i++) {
			push_out(L, c, r, first, &f->values[i]);
			lua_rawseti(L, -2, i + 1);
		}
		lua_pushstring(L, f->stack);
	}
	lua_call(L, ok ? 3 : 7, LUA_MULTRET);
	return lua_gettop(L) - top;
}

/* The runner at the top; while it runs, as when a host call comes back to it, one with a plan of its own, also at the
   top then. */
static struct runner *idle(lua_State *L, moon_context *c)
{
	struct runner *r = lua_touserdata(L, -1);
	if (!r->busy) return r;
	struct runner *own = lua_newuserdatauv(L, sizeof *own, 1);
	memset(own, 0, sizeof *own);
	own->g = r->g, own->mem = r->mem, own->slot = r->slot, own->result = r->result, own->nresult = r->nresult,
	own->refuses = r->refuses;
	own->spare = true;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &plan_meta);
	lua_setmetatable(L, -2);
	if (r->objects) {
		own->objects = must(L, object_share(&c->mem, r->objects), 64);
		own->scan = r->scan;
		lua_getiuservalue(L, -2, 1);
		lua_setiuservalue(L, -2, 1);
	}
	if (r->nlength) make_variants(L, own, r->nlength);
	make_plan(L, c, own);
	return own;
}

/* Was a write to an object refused? */
static bool is_refused(lua_State *L, const struct host_call *h)
{
	bool is = lua_getfield(L, h->run, "refused") != LUA_TNIL;
	lua_pop(L, 1);
	return is;
}

/* Does constant i of the entry's table at idx say what its graph can't do, and another one may? Then the constant, a
   table, is at the top. */
static int misfit_of(lua_State *L, int idx, int64_t i)
{
	static const char *const name[] = {[MISFIT] = "misfit", [SIZE] = "size"};
	int top = lua_gettop(L);
	lua_getfield(L, idx, "constants");
	if (lua_rawgeti(L, -1, i) != LUA_TTABLE || lua_rawgeti(L, -1, 1) != LUA_TSTRING)
		return lua_settop(L, top), FITS;
	for (int kind = MISFIT; kind <= SIZE; kind++)
		if (!strcmp(lua_tostring(L, -1), name[kind])) {
			lua_pop(L, 1);
			lua_replace(L, top + 1);
			return kind;
		}
	lua_settop(L, top);
	return FITS;
}

/* What the run came to. Then at the top: the message; or { "size", key, place, n = the length that was found }. */
static int came_to_misfit(lua_State *L, int entry, const struct fault *f)
{
	if (!f->raised) return FITS;
	int top = lua_gettop(L);
	lua_getiuservalue(L, entry, ENTRY_TABLE);
	int kind = misfit_of(L, top + 1, f->raised);
	if (kind == MISFIT) {
		lua_rawgeti(L, -1, 2);
	} else if (kind == SIZE) {
		lua_pushinteger(L, f->values[0].w.i);
		lua_setfield(L, -2, "n");
	} else {
		lua_settop(L, top);
	}
	return kind;
}

/* In an attempt: reads of objects only, whatever else a graph asks for. */
static bool read_objects(void *ud, int64_t number, const struct datum *in, int nin, const struct type *want,
                         struct datum *out, int nout, struct err *e)
{
	if (number >= 0) return fail(e, "its graph calls functions of the host");
	return hostcall_run(ud, number, in, nin, want, out, nout, e);
}

/* Is there something else than results and the plan's own writes? */
static bool is_logged(lua_State *L, const struct host_call *h)
{
	if (!h->run) return false;
	bool is = lua_getfield(L, h->run, "log") != LUA_TNIL;
	lua_pop(L, 1);
	return is;
}

/* Why the run met what its graph is not made for, at the top. */
static void push_met(lua_State *L, const struct host_call *h, int failed, const struct fault *f)
{
	if (object_end(h->objects) == OBJECT_UNFIT) lua_getfield(L, h->run, "met");
	else if (h->failed) lua_pushvalue(L, failed);
	else lua_pushstring(L, f->text.n ? f->text.s : f->e.msg);
}

/* Runs the plan of the entry whose slots follow index `first`; pushes the results and returns how many. UNFIT: it met
   what the graph is not made for, and nothing was done; what was met, or a message, is at the top. HOLD_ATTEMPT:
   nothing is done, either, when the run fails; then FAILED, and why is at the top. */
static int run_entry(lua_State *L, moon_context *c, int entry, int first, enum hold how)
{
	struct fault f = {.line = 0};
	int top = lua_gettop(L);
	luaL_checkstack(L, LUA_MINSTACK, "a run");
	lua_getiuservalue(L, entry, ENTRY_PLAN);
	struct runner *r = idle(L, c);
	int nlength;
	const int64_t *length = guard_lengths(L, entry, &nlength);
	if (r->nlength) choose_plan(L, c, r, length);
	if (!r->p) bind_error(L, "the graph of a staged function is gone: the Lua state is being closed");
	struct host_call h = {.c = c,
	                      .L = L,
	                      .runner = r,
	                      .objects = r->objects,
	                      .in = r->data + r->nout,
	                      .nin = r->nin,
	                      .push_writes = push_writes_before};
	int runner = lua_gettop(L);
	if (r->calls || r->objects) {
		push_run(L, entry, first);
		h.run = lua_gettop(L);
	}
	if (r->objects) {
		lua_getiuservalue(L, runner, 1);
		object_begin(L, r->objects, h.run + 1, h.run, first);
	}
	drop_results(r);
	if (!bind_inputs(L, r, first, &f.e)) {
		if (f.e.kind != ERR_RUN) bind_raise(L, &f.e);
		lua_pushstring(L, f.e.msg);
		return UNFIT;
	}
	if (r->scan) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_SCAN]);
		lua_pushvalue(L, h.run);
		lua_call(L, 1, 1);
		if (!lua_isnil(L, -1)) return UNFIT;
		lua_pop(L, 1);
	}
	bool attempt = how == HOLD_ATTEMPT;
	struct run_env env = {.op = {.mem = &c->mem, .rng = &c->rng, .cancel = &c->cancel},
	                      .calls = c->calls_most,
	                      .ud = &h,
	                      .print = hold_put,
	                      .host = attempt ? read_objects : hostcall_run,
	                      .read = hostcall_read};
	hold_begin(L, &h, how == HOLD_SOME && !r->objects && !r->refuses ? HOLD_NOT : how);
	buf_init(&h.held, &c->mem);
	r->busy = true;
	bool ok = plan_run(r->p, &env, r->data + r->nout, r->data, &f);
	r->busy = false;
	int failed = lua_gettop(L); /* there is the error of a host call */
	if (ok) r->filled = r->nout;
	bool unfit = !ok && r->objects && !h.touched && (object_end(r->objects) || is_refused(L, &h));
	int misfit = !ok && !unfit && !h.touched ? came_to_misfit(L, entry, &f) : FITS;
	bool refused = !ok && !unfit && !misfit && !h.touched && f.caught;
	bool again = h.lost && !attempt && !unfit && !misfit && !refused && (ok || h.again || f.e.kind != ERR_CANCEL);
	if (unfit || misfit || refused || again) hold_undo(L, &h);
	if ((ok || !attempt) && !hold_settle(&h) && ok) ok = fail(&f.e, "output failed");
	buf_free(&h.held);
	if (again) {
		buf_free(&f.text);
		lua_settop(L, top);
		return run_entry(L, c, entry, first, HOLD_NOT);
	}
	if (unfit || misfit) {
		if (misfit) lua_pushvalue(L, -1);
		else push_met(L, &h, failed, &f);
		buf_free(&f.text);
		return misfit == SIZE ? OTHER : UNFIT;
	}
	if (!ok && attempt) {
		lua_pushstring(L, f.text.n ? f.text.s : f.e.msg);
		buf_free(&f.text);
		return FAILED;
	}
	if (!ok || r->nresult < 0 || wrote(r) || is_logged(L, &h)) return finish(L, &h, entry, first, ok, refused, &f);
	buf_free(&f.text);
	luaL_checkstack(L, r->nresult + 8, "too many results");
	lua_getiuservalue(L, entry, ENTRY_KEYS);
	int keys = lua_gettop(L);
	for (int i = 0; i < r->nresult; i++) {
		const struct result *x = &r->result[i];
		switch (x->kind) {
		case RESULT_OUT: push_out(L, c, r, first, &r->data[x->number]); break;
		case RESULT_SLOT: lua_pushvalue(L, first + (int)x->number); break;
		default: lua_rawgeti(L, keys, x->number);
		}
	}
	r->filled = 0;
	return r->nresult;
}

/* Do nil, booleans, numbers or functions have a metatable? Operations on them then mean what no trace knows. */
static bool odd_metatables(lua_State *L)
{
	bool odd = false;
	lua_pushnil(L);
	lua_pushboolean(L, 0);
	lua_pushinteger(L, 0);
	lua_pushcfunction(L, l_graph_text);
	for (int i = 0; i < 4; i++) {
		if (lua_getmetatable(L, -1)) odd = true, lua_pop(L, 1);
		lua_pop(L, 1);
	}
	return odd;
}

static int l_odd_metatables(lua_State *L)
{
	lua_pushboolean(L, odd_metatables(L));
	return 1;
}

/* Runs the entry whose slots follow, again where it finds that an unknown length is another one; UNFIT, OTHER: then the
   field `met` of the object says why, and nothing is left on the stack. */
static int run_fitting(lua_State *L, moon_context *c, int object, int entry, bool attempt)
{
	int top = lua_gettop(L), n;
	while ((n = run_entry(L, c, entry, entry + 2, attempt ? HOLD_ATTEMPT : HOLD_SOME)) == OTHER) {
		lua_getfield(L, -1, "number");
		lua_getfield(L, -2, "n");
		if (!guard_found(L, entry, lua_tointeger(L, -2), lua_tointeger(L, -1))) {
			lua_pop(L, 2);
			break;
		}
		lua_settop(L, top);
	}
	if (n != UNFIT && n != OTHER) return n;
	lua_setfield(L, object, "met");
	lua_settop(L, entry - 1);
	return n;
}

/* The prelude's same(object, missed, ...): what the graph in front watches has been the same for long, and there may be
   a special one for it; or such a graph is to go, since what it was made for was not so. */
static void call_same(lua_State *L, moon_context *c, int object, bool missed, int nargs)
{
	luaL_checkstack(L, nargs + 4, "too many arguments");
	(void)lua_checkstack(L, nargs + TRACE_ROOM);
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_SAME]);
	lua_pushvalue(L, object);
	lua_pushboolean(L, missed);
	for (int i = 1; i <= nargs; i++) lua_pushvalue(L, object + i);
	lua_call(L, nargs + 2, 0);
}

/* Puts entry number i, at the stack index, in front. */
static void to_front(lua_State *L, int object, int entry, int i)
{
	if (i == 1) return;
	for (int k = i; k > 1; k--) {
		lua_rawgeti(L, object, k - 1);
		lua_rawseti(L, object, k);
	}
	lua_pushvalue(L, entry);
	lua_rawseti(L, object, 1);
}

enum { THREAD_ROOM = 20000 };

/* thread_room(thread): the same for a thread that is to run in a trace. */
static int l_thread_room(lua_State *L)
{
	lua_checkstack(lua_tothread(L, 1), THREAD_ROOM);
	return 0;
}

/* with_room(f, ...) -> what f gives */
static int l_with_room(lua_State *L)
{
	int nargs = lua_gettop(L) - 1;
	lua_checkstack(L, TRACE_ROOM);
	lua_call(L, nargs, LUA_MULTRET);
	return lua_gettop(L);
}

static int forget_met(lua_State *L, int object, int n)
{
	lua_pushnil(L);
	lua_setfield(L, object, "met");
	return n;
}

/* The object at `object` holds its entries in its array part, the one used last first; its arguments follow it. When
   the guards of none hold, the prelude's miss(object, ...) puts a new one in front; also when one turns out not to fit
   while it runs, and none of the others does. */
static int call_object(lua_State *L, moon_context *c, int object, bool attempt)
{
	int nargs = lua_gettop(L) - object, entry = object + nargs + 1, n, failed;
	bool met = false, missed = false, asked = false;
	for (int i = 1; lua_rawgeti(L, object, i) == LUA_TUSERDATA && !odd_metatables(L); i++) {
		if ((failed = guard_match(L, c, entry, object + 1, nargs)) == 0) {
			to_front(L, object, entry, i);
			if (missed) call_same(L, c, object, true, 0);
			missed = false;
			if (guard_served(L, entry) && !attempt && !asked) {
				asked = true;
				lua_settop(L, entry - 1);
				call_same(L, c, object, false, nargs);
				i = 0;
				continue;
			}
			n = run_fitting(L, c, object, entry, attempt);
			if (n == UNFIT) break;
			if (n != OTHER) return met ? forget_met(L, object, n) : n;
			met = true;
		}
		missed = (failed && guard_missed(L, entry, failed)) || missed;
		lua_settop(L, entry - 1);
	}
	if (missed) call_same(L, c, object, true, 0);
	lua_pushnil(L);
	lua_setfield(L, object, "tried");
	do {
		lua_settop(L, entry - 1);
		luaL_checkstack(L, nargs + 4, "too many arguments");
		(void)lua_checkstack(L, nargs + TRACE_ROOM);
		lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_MISS]);
		for (int i = 0; i <= nargs; i++) lua_pushvalue(L, object + i);
		if (attempt) auto_begin_trace(L, c, object);
		lua_call(L, nargs + 1, 0);
		if (lua_rawgeti(L, object, 1) != LUA_TUSERDATA || guard_match(L, c, entry, object + 1, nargs) != 0)
			bind_error(L, "internal: a new graph does not fit its own call");
		n = run_fitting(L, c, object, entry, attempt);
	} while (n == UNFIT || n == OTHER);
	return n;
}

/* call(object, ...) -> results */
static int l_call(lua_State *L)
{
	moon_context *c = bind_self(L);
	c->yieldable = lua_isyieldable(L);
	return call_object(L, c, 1, false);
}

int trace_attempt(lua_State *L)
{
	int n = call_object(L, lua_touserdata(L, 1), 2, true);
	if (n == FAILED) return 1;
	if (n == 1) {
		lua_pushboolean(L, 1);
		lua_insert(L, -2);
		return 2;
	}
	lua_createtable(L, n, 1);
	lua_insert(L, -n - 1);
	lua_pushinteger(L, n);
	lua_setfield(L, -n - 2, "n");
	for (int i = n; i >= 1; i--) lua_rawseti(L, -i - 1, i);
	return 1;
}

static bool in_loop(const struct graph *g, uint32_t region)
{
	while (region > 1 && g->node.at[g->region.at[region].owner].op != OP_while)
		region = g->region.at[region].parent;
	return region > 1;
}

/* What an operation on tensors costs, in operations on small ones. */
static double weight(const struct graph *g, const struct node *x)
{
	double numel = 1;
	const struct type *t = x->nout ? graph_type(g, x->out) : NULL;
	for (int i = 0; t && t->kind == K_TENSOR && i < t->rank; i++)
		numel *= length_unknown(t->dim[i]) ? 1 : t->dim[i];
	return 1 + numel / 4096;
}

/* work(plan) -> how many operations on tensors its graph has, their weight, does it loop, does it print in a loop, does
   it call the host but to read objects */
static int l_work(lua_State *L)
{
	const struct graph *g = ((struct runner *)lua_touserdata(L, 1))->g;
	lua_Integer n = 0;
	double heavy = 0;
	bool loops = false, prints = false, calls = false;
	for (uint32_t i = 1; i < g->node.n; i++) {
		const struct node *x = &g->node.at[i];
		if (x->dead) continue;
		loops = loops || x->op == OP_while || x->op == OP_call;
		prints = prints || (x->op == OP_print && in_loop(g, x->region));
		calls = calls || (x->op == OP_host && node_attr(g, x, 0) >= 0);
		bool tensor = false;
		for (uint32_t k = 0; k < x->nin; k++)
			tensor = tensor || graph_type(g, node_in(g, x, k))->kind == K_TENSOR;
		if (!tensor || op_info[x->op].flags & (OF_VIEW | OF_CONTROL | OF_LUA)) continue;
		n++;
		heavy += weight(g, x);
	}
	lua_pushinteger(L, n);
	lua_pushnumber(L, heavy);
	lua_pushboolean(L, loops);
	lua_pushboolean(L, prints);
	lua_pushboolean(L, calls);
	return 5;
}

/* graph_size(plan) -> the nodes of its graph */
static int l_graph_size(lua_State *L)
{
	const struct graph *g = ((struct runner *)lua_touserdata(L, 1))->g;
	lua_Integer n = 0;
	for (uint32_t i = 1; i < g->node.n; i++) n += !g->node.at[i].dead;
	lua_pushinteger(L, n);
	return 1;
}

/* match(entry, ...) -> true; or false, the number of the guard that fails (0: the argument count), the value it met */
static int l_match(lua_State *L)
{
	int nargs = lua_gettop(L) - 1;
	int failed = guard_match(L, bind_self(L), 1, 2, nargs);
	lua_pushboolean(L, failed == 0);
	if (!failed) return 1;
	lua_insert(L, -2);
	lua_pushinteger(L, failed == GUARD_COUNT ? 0 : failed);
	lua_insert(L, -2);
	if (failed == GUARD_COUNT) lua_pushinteger(L, nargs), lua_replace(L, -2);
	return 3;
}

static int l_stale(lua_State *L)
{
	lua_pushboolean(L, guard_stale(L, 1));
	return 1;
}

/* {"out", k} or {"slot", k} or {"plain", value} */
static void read_result(lua_State *L, struct result *x, int keys, lua_Integer place)
{
	lua_rawgeti(L, -1, 1);
	const char *kind = lua_tostring(L, -1);
	x->kind = *kind == 'o' ? RESULT_OUT : *kind == 's' ? RESULT_SLOT : RESULT_PLAIN;
	lua_pop(L, 1);
	lua_rawgeti(L, -1, 2);
	if (x->kind == RESULT_PLAIN) {
		x->number = (uint32_t)place;
		lua_rawseti(L, keys, place);
	} else {
		x->number = (uint32_t)lua_tointeger(L, -1) - (x->kind == RESULT_OUT);
		lua_pop(L, 1);
	}
}

/* entry(guards, nargs, plan, {slot of each input}, {template, ...} or nil, table) -> the entry. A slot is negative when
   host calls see its tensor written. No templates: the prelude makes the results. */
static int l_entry(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct runner *r = lua_touserdata(L, 3);
	lua_settop(L, 6);
	guard_push(L, c, 1, (int)lua_tointeger(L, 2), r->nlength); /* 7 */
	if (lua_rawlen(L, 4) != (size_t)r->nin) bind_error(L, "internal: a plan's inputs are not the trace's");
	size_t bytes = (size_t)r->nin * sizeof *r->slot + 1;
	r->slot = must(L, mem_new(&c->mem, bytes), bytes);
	for (int i = 0; i < r->nin; i++) {
		lua_rawgeti(L, 4, i + 1);
		lua_Integer slot = lua_tointeger(L, -1);
		r->data[r->nout + i].moving = slot < 0;
		r->slot[i] = (uint32_t)(slot < 0 ? -slot : slot);
		lua_pop(L, 1);
	}
	guard_length_range(L, 7, r->g->length_least, r->g->length_most);
	lua_getfield(L, 6, "refuses");
	r->refuses = lua_toboolean(L, -1);
	lua_pop(L, 1);
	lua_getiuservalue(L, 7, ENTRY_KEYS); /* 8 */
	if (lua_istable(L, 5)) {
		int n = (int)lua_rawlen(L, 5);
		bytes = (size_t)n * sizeof *r->result + 1;
		r->result = must(L, mem_new(&c->mem, bytes), bytes);
		r->nresult = n;
		for (int i = 0; i < n; i++) {
			lua_rawgeti(L, 5, i + 1);
			read_result(L, &r->result[i], 8, guard_slots(L, 7) + 1 + i);
			lua_pop(L, 1);
		}
	}
	lua_pushvalue(L, 3);
	lua_setiuservalue(L, 7, ENTRY_PLAN);
	lua_pushvalue(L, 6);
	lua_setiuservalue(L, 7, ENTRY_TABLE);
	lua_settop(L, 7);
	return 1;
}

/* objects(plan, {reads}, {inputs that are objects}, {slots written}, lasting): what the plan's graph knows of objects;
   does it do what can't be undone? */
static int l_objects(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct runner *r = lua_touserdata(L, 1);
	lua_settop(L, 5);
	lua_newtable(L);
	r->objects = must(L, object_new(&c->mem), 64);
	object_fill(L, r->objects, 2, (int)r->nin, 6);
	lua_setiuservalue(L, 1, 1);
	r->scan = lua_toboolean(L, 5);
	return 0;
}

/* entry_table(entry) -> what the prelude keeps with it */
static int l_entry_table(lua_State *L)
{
	lua_getiuservalue(L, 1, ENTRY_TABLE);
	return 1;
}

void trace_open_run(lua_State *L, moon_context *c)
{
	lua_createtable(L, 0, 1);
	bind_reg(L, c, "__gc", plan_gc);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &plan_meta);
	bind_reg(L, c, "call", l_call);
	bind_reg(L, c, "graph_text", l_graph_text);
	bind_reg(L, c, "graph_size", l_graph_size);
	bind_reg(L, c, "objects", l_objects);
	bind_reg(L, c, "entry", l_entry);
	bind_reg(L, c, "entry_table", l_entry_table);
	bind_reg(L, c, "match", l_match);
	bind_reg(L, c, "thread_room", l_thread_room);
	bind_reg(L, c, "with_room", l_with_room);
	bind_reg(L, c, "odd_metatables", l_odd_metatables);
	bind_reg(L, c, "stale", l_stale);
	bind_reg(L, c, "work", l_work);
	trace_open_guard(L, c);
	hold_open(L, c);
	refuse_open(L, c);
}
