/* Regions of a trace, and the nodes that stand in them in order: branches, loops, functions of the graph, points to
   come back to; prints, errors, writes. */
#include <string.h>
#include "bind/tensor.h"
#include "bind/trace.h"

enum { EFFORT_REGION = 16 }; /* a region costs more than an op */

struct mark {
	struct graph_mark graph;
	uint64_t effort;
	uint32_t born;
};

static int l_mark(lua_State *L)
{
	struct trace *t = trace_active(L, bind_self(L));
	struct mark *m = lua_newuserdatauv(L, sizeof *m, 0);
	m->graph = graph_mark(t->g);
	m->effort = t->effort;
	m->born = t->born;
	return 1;
}

static int l_rollback(lua_State *L)
{
	struct trace *t = trace_active(L, bind_self(L));
	const struct mark *m = lua_touserdata(L, 1);
	graph_rollback(t->g, m->graph);
	t->wasted += t->effort - m->effort;
	t->effort = m->effort;
	t->born = m->born;
	return 0;
}

/* plain_since(mark): has no node since then an effect, and can none fail? */
static int l_plain_since(lua_State *L)
{
	struct trace *t = trace_active(L, bind_self(L));
	const struct mark *m = lua_touserdata(L, 1);
	bool plain = true;
	for (uint32_t i = m->graph.node; i < t->g->node.n; i++)
		plain = plain && !(op_info[t->g->node.at[i].op].flags & (OF_EFFECT | OF_RAISES));
	lua_pushboolean(L, plain);
	return 1;
}

static int l_nodes(lua_State *L)
{
	lua_pushinteger(L, trace_active(L, bind_self(L))->g->node.n);
	return 1;
}

/* How large the graph is: its nodes; a region counts as some. */
static lua_Integer size(const struct trace *t) { return t->g->node.n + (lua_Integer)4 * t->g->region.n; }

static int l_size(lua_State *L)
{
	lua_pushinteger(L, size(trace_active(L, bind_self(L))));
	return 1;
}

/* open() -> region id, effort wasted, size; close(dead): back to the region around it. Its yields are set by if_ and
 * while_. */
static int l_open(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct err e;
	struct trace *t = trace_active(L, c);
	uint32_t r = graph_open(t->g, &e);
	if (!r) bind_raise(L, &e);
	t->effort += EFFORT_REGION;
	lua_pushinteger(L, r);
	lua_pushinteger(L, (lua_Integer)t->wasted);
	lua_pushinteger(L, size(t));
	return 3;
}

/* open_function() -> likewise, of a new function, and its number. Its yields are set by function_yields. */
static int l_open_function(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct err e;
	struct trace *t = trace_active(L, c);
	uint32_t r = graph_open_function(t->g, &e);
	if (!r) bind_raise(L, &e);
	t->effort += EFFORT_REGION;
	lua_pushinteger(L, r);
	lua_pushinteger(L, (lua_Integer)t->wasted);
	lua_pushinteger(L, size(t));
	lua_pushinteger(L, (lua_Integer)t->g->func.n - 1);
	return 4;
}

static int l_close(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct err e;
	if (!graph_close(trace_active(L, c)->g, NULL, 0, lua_toboolean(L, 1), &e)) bind_raise(L, &e);
	return 0;
}

/* param(like): a parameter of the open region, typed like the value; its handle. */
static int l_param(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct type ty;
	struct err e;
	trace_type(L, c, 1, &ty);
	ref r = graph_param(trace_active(L, c)->g, &ty, &e);
	if (!r) bind_raise(L, &e);
	trace_push(L, c, r);
	return 1;
}

static int l_undef(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct type ty;
	struct err e;
	trace_type(L, c, 1, &ty);
	ref r = graph_undef(trace_active(L, c)->g, &ty, &e);
	if (!r) bind_raise(L, &e);
	trace_push(L, c, r);
	return 1;
}

static void set_yields(lua_State *L, moon_context *c, int idx, uint32_t region)
{
	struct graph *g = c->trace->g;
	int n = (int)lua_rawlen(L, idx);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, idx, i + 1);
		ref r = trace_ref(L, c, -1);
		lua_pop(L, 1);
		if (!vec_push(g->mem, &g->region.at[region].yields, r)) {
			struct err e;
			fail_memory(&e, 0);
			bind_raise(L, &e);
		}
	}
}

static int push_results(lua_State *L, moon_context *c, ref first, int n)
{
	lua_createtable(L, n, 0);
	for (int i = 0; i < n; i++) {
		trace_push(L, c, first + (ref)i);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* function_yields(region, values): of a region that open_function made and that is closed. */
static int l_function_yields(lua_State *L)
{
	moon_context *c = bind_self(L);
	trace_active(L, c);
	set_yields(L, c, 2, (uint32_t)lua_tointeger(L, 1));
	return 0;
}

/* call_function(number, operands, likes) -> {results}, typed like the values. */
static int l_call_function(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct err e;
	bool ok;
	int nin = (int)lua_rawlen(L, 2), nout = (int)lua_rawlen(L, 3);
	ref *in = lua_newuserdatauv(L, (size_t)nin * sizeof *in + 1, 0);
	struct type *out = lua_newuserdatauv(L, (size_t)nout * sizeof *out + 1, 0);
	for (int i = 0; i < nin; i++) {
		lua_rawgeti(L, 2, i + 1);
		in[i] = trace_ref(L, c, -1);
		lua_pop(L, 1);
	}
	for (int i = 0; i < nout; i++) {
		lua_rawgeti(L, 3, i + 1);
		trace_type(L, c, -1, &out[i]);
		lua_pop(L, 1);
	}
	trace_failing_site(L, c, t);
	ref r = graph_call(t->g, (uint32_t)lua_tointeger(L, 1), in, nin, out, nout, &e, &ok);
	if (!ok) bind_raise(L, &e);
	return push_results(L, c, r, nout);
}

/* if_(cond, yes, no, yes_values, no_values, n) -> {results}. A dead region's list is empty. */
static int l_if(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct err e;
	bool ok = true;
	ref cond = trace_ref(L, c, 1);
	uint32_t yes = (uint32_t)lua_tointeger(L, 2), no = (uint32_t)lua_tointeger(L, 3);
	set_yields(L, c, 4, yes);
	set_yields(L, c, 5, no);
	trace_site(L, t);
	ref r = graph_if(t->g, cond, yes, no, &e, &ok);
	if (!ok) bind_raise(L, &e);
	return push_results(L, c, r, (int)lua_tointeger(L, 6));
}

/* while_(initial, before, after, before_values, after_values) -> {results}. before_values[1] is the condition. */
static int l_while(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct err e;
	bool ok = true;
	int n = (int)lua_rawlen(L, 1);
	uint32_t before = (uint32_t)lua_tointeger(L, 2), after = (uint32_t)lua_tointeger(L, 3);
	ref *init = lua_newuserdatauv(L, (size_t)n * sizeof *init + 1, 0);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, 1, i + 1);
		init[i] = trace_ref(L, c, -1);
		lua_pop(L, 1);
	}
	set_yields(L, c, 4, before);
	set_yields(L, c, 5, after);
	trace_site(L, t);
	ref r = graph_while(t->g, init, n, before, after, &e, &ok);
	if (!ok) bind_raise(L, &e);
	return push_results(L, c, r, n);
}

/* Pieces of text from the list at idx: strings; numbers and handles as operands; {format, value} pairs. */
static int text_pieces(lua_State *L, moon_context *c, int idx, int64_t *attr, ref *in, int *nin)
{
	struct trace *t = c->trace;
	struct err e;
	int n = (int)lua_rawlen(L, idx);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, idx, i + 1);
		size_t len;
		if (lua_type(L, -1) == LUA_TSTRING) {
			const char *s = lua_tolstring(L, -1, &len);
			uint32_t id = graph_string(t->g, s, len, &e);
			if (id == UINT32_MAX) bind_raise(L, &e);
			attr[i] = id;
		} else if (lua_type(L, -1) == LUA_TTABLE) {
			lua_rawgeti(L, -1, 1);
			const char *s = lua_tolstring(L, -1, &len);
			uint32_t id = graph_string(t->g, s, len, &e);
			if (id == UINT32_MAX) bind_raise(L, &e);
			attr[i] = -2 - (int64_t)id;
			lua_rawgeti(L, -2, 2);
			in[(*nin)++] = trace_ref(L, c, -1);
			lua_pop(L, 2);
		} else {
			attr[i] = -1;
			in[(*nin)++] = trace_ref(L, c, -1);
		}
		lua_pop(L, 1);
	}
	return n;
}

static int emit_text(lua_State *L, enum op op, int idx, const int64_t *head, int nhead)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct err e;
	int n = (int)lua_rawlen(L, idx), nin = 0;
	int64_t *attr = lua_newuserdatauv(L, (size_t)(n + nhead) * sizeof *attr + 1, 0);
	ref *in = lua_newuserdatauv(L, (size_t)n * sizeof *in + 1, 0);
	if (nhead) memcpy(attr, head, (size_t)nhead * sizeof *attr);
	n = text_pieces(L, c, idx, attr + nhead, in, &nin);
	if (op == OP_raise) trace_failing_site(L, c, t);
	else trace_site(L, t);
	if (!graph_effect(t->g, op, in, nin, attr, nhead + n, &e)) bind_raise(L, &e);
	return 0;
}

static int l_print(lua_State *L) { return emit_text(L, OP_print, 1, NULL, 0); }

/* raise(number, {operands}): the error value the prelude knows by that number, made with the operands' values.
   raise_text(pieces): a message. */
static int l_raise(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct err e;
	int64_t what = lua_tointeger(L, 1);
	int n = (int)lua_rawlen(L, 2);
	ref *in = lua_newuserdatauv(L, (size_t)n * sizeof *in + 1, 0);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, 2, i + 1);
		in[i] = trace_ref(L, c, -1);
		lua_pop(L, 1);
	}
	trace_failing_site(L, c, t);
	if (!graph_effect(t->g, OP_raise, in, n, &what, 1, &e)) bind_raise(L, &e);
	return 0;
}

static int l_raise_text(lua_State *L)
{
	int64_t head[2] = {0, 0}; /* the position is one of the pieces: levels are known while tracing */
	return emit_text(L, OP_raise, 1, head, 2);
}

/* write(location, value) or write(location, nil, constant) */
static int l_write(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = trace_active(L, c);
	struct err e;
	int64_t attr[2] = {lua_tointeger(L, 1), -1};
	ref in = 0;
	if (lua_isnil(L, 2)) attr[1] = lua_tointeger(L, 3);
	else in = trace_ref(L, c, 2);
	trace_site(L, t);
	if (!graph_effect(t->g, OP_write, &in, in != 0, attr, 2, &e)) bind_raise(L, &e);
	return 0;
}

void trace_open_region(lua_State *L, moon_context *c)
{
	static const struct {
		const char *name;
		lua_CFunction f;
	} row[] = {
	    {"mark", l_mark},
	    {"rollback", l_rollback},
	    {"plain_since", l_plain_since},
	    {"nodes", l_nodes},
	    {"size", l_size},
	    {"open", l_open},
	    {"close", l_close},
	    {"open_function", l_open_function},
	    {"function_yields", l_function_yields},
	    {"call_function", l_call_function},
	    {"param", l_param},
	    {"undef", l_undef},
	    {"if_", l_if},
	    {"while_", l_while},
	    {"print", l_print},
	    {"raise", l_raise},
	    {"raise_text", l_raise_text},
	    {"write", l_write},
	};
	for (size_t i = 0; i < COUNT_OF(row); i++) bind_reg(L, c, row[i].name, row[i].f);
}
