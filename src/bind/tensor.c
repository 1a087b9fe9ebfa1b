/* The Lua type `tensor`: its two metatables (with and without __gc, otherwise alike, and hidden
   from scripts), the tables of methods and fields, and the functions of `ms` made from the rows. */
#include "bind/tensor.h"
#include <string.h>

static int l_help(lua_State *L);
/* where = 0: made elsewhere, documented here, so that help has one source */
static const struct bind_row rows_help[] = {
    {"help", l_help, 0, IN_MODULE, "ms.help(name) -> text; ms.help() -> list of names",
     "What is written here about a function or method; nil when nothing is."},
    {"host", NULL, 0, 0, "ms.host(f, types...) -> function",
     "f, called for real in a staged function too, whenever its graph gets there. Types declare the results: int, "
     "float, bool, number, string, f32[2x3]; int? allows nil. Tensors are passed and given by value."},
    {"stage", NULL, 0, 0, "ms.stage(f [, {graphs = 16}]) -> callable object",
     "Runs f through a graph in the staged modes, and plainly in the eager mode. Methods: f:code(), f:graph(...), "
     "f:explain(). graphs is how many may be made before staging stops with an error that lists what changed."},
    {"object", NULL, 0, 0, "ms.object(t) -> t",
     "The table itself; to staged functions it is from then on one that only the run knows, whose fields are read when "
     "the graph runs, so that one graph serves for trees and lists of any shape."},
    {"explain", NULL, 0, 0, "ms.explain([f]) -> text",
     "The graphs of a staged function (of all there are, without f): why each was made, its inputs, what else it was "
     "made for, what was staged or unrolled in it, what it writes outside."},
    {"loop", NULL, 0, 0, "for i = 1, ms.loop(n) do ... end; while ms.loop(c) do ... end",
     "Gives its arguments. In the header of a loop (a bound, the condition, what `in` walks over): the loop is to be one "
     "of the graph, however few its trips; an error where it can't. Elsewhere a loop over plain values is unrolled up "
     "to 7 trips, rolled into a loop of the graph from 8 on, and unrolled again when a value that it makes must be "
     "plain."},
    {"unroll", NULL, 0, 0, "for i = 1, ms.unroll(n) do ... end; while ms.unroll(c) do ... end",
     "Gives its arguments. In the header of a loop: the loop is to be unrolled in the graph, however many its trips; "
     "a number that decides them is made plain, and the graph serves calls with that value."},
    {"grad", NULL, 0, 0, "ms.grad(f) -> function",
     "g(...) gives the gradients of f's first result with respect to f's first argument (a tensor, or a table of "
     "tensors nested at will: the same structure comes back), then f's results."},
    {"value_and_grad", NULL, 0, 0, "ms.value_and_grad(f) -> function",
     "g(...) gives f's first result, the gradients as ms.grad does, then f's other results."},
    {"list", NULL, 0, 0, "ms.list([dtype [, shape]]) -> table",
     "An empty table. In a staged function it is a list of elements of that type from the start, where the first one "
     "that is appended does not tell: int, float or bool of Lua values; of tensors a dtype and a table of lengths."},
    {"pairs", NULL, 0, 0, "for k, v in ms.pairs(t) do", "Like pairs, with the keys sorted."},
    {"value", NULL, 0, 0, "ms.value(metatable, payload) -> userdata",
     "A value with a metatable whose events may overload control flow: __if __while __for __each __and __or __not "
     "__less __lesseq __equal __truth. README, \"A target of your own\", says what each gets."},
    {"payload", NULL, 0, 0, "ms.payload(v) -> any", "What a value made by ms.value holds."},
    {"overload", NULL, 0, 0, "ms.overload(f) -> function",
     "f with its control flow overloaded: conditions, loops, comparisons and `and or not` in it, and in the functions "
     "it "
     "calls, ask the events of values made by ms.value. On other values it does what f does."},
    {NULL, NULL, 0, 0, NULL, NULL},
};
static const struct bind_row *const all_rows[] = {rows_math,    rows_reduce,  rows_shape, rows_make,
                                                  rows_convert, rows_inplace, rows_file,  rows_help};

static int push_text(lua_State *L)
{
	const struct buf *b = lua_touserdata(L, 1);
	lua_pushlstring(L, b->n ? b->s : "", b->n);
	return 1;
}

void bind_push_buf(lua_State *L, struct buf *b)
{
	bool bad = b->bad || !lua_checkstack(L, 4);
	if (!bad) {
		/* protected, since the buffer is freed also when there is no memory for the string */
		lua_pushcfunction(L, push_text);
		lua_pushlightuserdata(L, b);
		bad = lua_pcall(L, 1, 1, 0) != LUA_OK;
	}
	buf_free(b);
	if (!bad) return;
	struct err e;
	fail_kind(&e, ERR_MEMORY, 0, "not enough memory");
	bind_raise(L, &e);
}

static void push_tensor_text(lua_State *L, moon_context *c, const struct tbox *t)
{
	struct buf b;
	if (t->ref || c->trace) trace_unsupported(L, c, "the text of a staged tensor");
	buf_init(&b, &c->mem);
	tensor_format(&b, &t->t);
	bind_push_buf(L, &b);
}

static int m_tostring(lua_State *L)
{
	moon_context *c = bind_self(L);
	push_tensor_text(L, c, arg_tensor(L, c, 1, NULL));
	return 1;
}

static int m_concat(lua_State *L)
{
	moon_context *c = bind_self(L);
	if (trace_hand_over(L, "__concat")) return 1;
	for (int i = 1; i <= 2; i++) {
		struct tbox *t = bind_tensor(L, c, i);
		if (t && t->t.rank)
			bind_error(
			    L,
			    "attempt to concatenate a tensor %s (only rank 0 has a text like a number's; use tostring)",
			    SHAPE_OF(&t->t));
		if (t) {
			push_tensor_text(L, c, t);
		} else {
			if (!lua_isstring(L, i)) bind_error(L, "attempt to concatenate a %s value", arg_type(L, i));
			lua_pushvalue(L, i);
		}
	}
	lua_concat(L, 2);
	return 1;
}

static int m_len(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct tensor *t = &arg_tensor(L, c, 1, NULL)->t;
	if (t->rank == 0) bind_error(L, "attempt to get length of a tensor of rank 0");
	trace_push_length(L, c, t->dim[0]);
	return 1;
}

static int m_call(lua_State *L) { bind_error(L, "a tensor cannot be called; its rows are walked with ipairs(x)"); }

static int m_lt(lua_State *L) { return eager_compare(L, bind_self(L), OP_lt); }
static int m_le(lua_State *L) { return eager_compare(L, bind_self(L), OP_le); }
static int m_eq(lua_State *L) { return eager_equal(L, bind_self(L)); }

static int m_gc(lua_State *L)
{
	struct tbox *t = lua_touserdata(L, 1);
	struct err e;
	storage_unref(t->t.st);
	tensor_shape(&t->t, (enum dtype)t->t.dtype, 1, (int64_t[]){0},
	             &e); /* what a later finaliser may still see: nothing */
	return 0;
}

/* Upvalues 3 and 4: methods, and fields computed by a function. */
static int m_index(lua_State *L)
{
	moon_context *c = bind_self(L);
	if (lua_type(L, 2) != LUA_TSTRING) return trace_hand_over(L, "__index") ? 1 : tensor_index(L, c);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(3)) != LUA_TNIL) return 1;
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(4)) == LUA_TNIL) return 1;
	lua_pushvalue(L, 1);
	lua_call(L, 1, 1);
	return 1;
}

static int m_newindex(lua_State *L)
{
	moon_context *c = bind_self(L);
	if (lua_type(L, 2) == LUA_TSTRING) bind_error(L, "a tensor has no field '%s' to be set", lua_tostring(L, 2));
	if (trace_own(L, 2) && luaL_getmetafield(L, 2, "__newindex") != LUA_TNIL) { /* a key of several types */
		lua_insert(L, 1);
		lua_call(L, 3, 0);
		return 0;
	}
	return tensor_newindex(L, c);
}

static int get_shape(lua_State *L)
{
	moon_context *c = bind_self(L);
	push_shape(L, c, &arg_tensor(L, c, 1, NULL)->t);
	return 1;
}

static int get_dtype(lua_State *L)
{
	lua_pushstring(L, dtype_name[arg_tensor(L, bind_self(L), 1, NULL)->t.dtype]);
	return 1;
}

static int l_help(lua_State *L)
{
	if (lua_type(L, 1) != LUA_TSTRING) {
		int n = 0;
		lua_newtable(L);
		for (size_t k = 0; k < COUNT_OF(all_rows); k++)
			for (const struct bind_row *r = all_rows[k]; r->name; r++) {
				if (!*r->text) continue;
				lua_pushstring(L, r->name);
				lua_rawseti(L, -2, ++n);
			}
		return 1;
	}
	for (size_t k = 0; k < COUNT_OF(all_rows); k++)
		for (const struct bind_row *r = all_rows[k]; r->name; r++)
			if (*r->text && !strcmp(r->name, lua_tostring(L, 1))) {
				lua_pushfstring(L, "%s\n%s", r->usage, r->text);
				return 1;
			}
	lua_pushnil(L);
	return 1;
}

/* A closure with the context, the name errors use, and an op. */
static void push_function(lua_State *L, moon_context *c, const char *name, lua_CFunction f, int op)
{
	lua_pushlightuserdata(L, c);
	lua_pushstring(L, name);
	lua_pushinteger(L, op);
	lua_pushcclosure(L, f, 3);
}

static void set_function(lua_State *L, moon_context *c, const char *key, const char *name, lua_CFunction f, int op)
{
	push_function(L, c, name, f, op);
	lua_setfield(L, -2, key);
}

void bind_reg(lua_State *L, moon_context *c, const char *name, lua_CFunction f)
{
	set_function(L, c, name, name, f, 0);
}

static void add_rows(lua_State *L, moon_context *c, const struct bind_row *r, int module, int methods)
{
	for (; r->name; r++) {
		if (!r->where) continue;
		push_function(L, c, r->name, r->f ? r->f : op_generic, r->op);
		if (r->where & IN_MODULE) {
			lua_pushvalue(L, -1);
			lua_setfield(L, module, r->name);
		}
		if (r->where & IN_METHODS) {
			lua_pushvalue(L, -1);
			lua_setfield(L, methods, r->name);
		}
		lua_pop(L, 1);
	}
}

static const void *push_new_meta(lua_State *L, moon_context *c, int methods, int getters, int *at)
{
	lua_newtable(L);
	lua_pushlightuserdata(L, c);
	lua_pushliteral(L, "index");
	lua_pushvalue(L, methods);
	lua_pushvalue(L, getters);
	lua_pushcclosure(L, m_index, 4);
	lua_setfield(L, -2, "__index");
	set_function(L, c, "__newindex", "index", m_newindex, 0);
	set_function(L, c, "__len", "len", m_len, 0);
	set_function(L, c, "__tostring", "tostring", m_tostring, 0);
	set_function(L, c, "__concat", "concat", m_concat, 0);
	set_function(L, c, "__call", "call", m_call, 0);
	set_function(L, c, "__lt", "lt", m_lt, 0);
	set_function(L, c, "__le", "le", m_le, 0);
	set_function(L, c, "__eq", "eq", m_eq, 0);
	for (int op = 0; op < OP_COUNT; op++)
		if (op_info[op].event) set_function(L, c, op_info[op].event, op_info[op].name, op_generic, op);
	lua_pushliteral(L, "tensor");
	lua_setfield(L, -2, "__name");
	lua_pushliteral(L, "tensor");
	lua_setfield(L, -2, "__metatable");
	lua_pushvalue(L, methods);
	lua_setfield(L, -2, "methods");
	const void *key = lua_topointer(L, -1);
	lua_pushvalue(L, -1);
	*at = luaL_ref(L, LUA_REGISTRYINDEX);
	return key;
}

void bind_push_methods(lua_State *L, moon_context *c)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->tensor_meta_at);
	lua_getfield(L, -1, "methods");
	lua_remove(L, -2);
}

void bind_open_tensor(lua_State *L, moon_context *c)
{
	int ms = lua_gettop(L);
	luaL_checkstack(L, 20, "tensor");
	lua_newtable(L); /* methods */
	lua_newtable(L); /* getters */
	set_function(L, c, "shape", "shape", get_shape, 0);
	set_function(L, c, "dtype", "dtype", get_dtype, 0);
	for (size_t k = 0; k < COUNT_OF(all_rows); k++) add_rows(L, c, all_rows[k], ms, ms + 1);
	c->tensor_meta = push_new_meta(L, c, ms + 1, ms + 2, &c->tensor_meta_at);
	c->owned_meta = push_new_meta(L, c, ms + 1, ms + 2, &c->owned_meta_at);
	lua_pushcfunction(L, m_gc);
	lua_setfield(L, -2, "__gc");
	lua_settop(L, ms);
	lua_createtable(L, DTYPE_COUNT, 0);
	for (int dt = 0; dt < DTYPE_COUNT; dt++) {
		lua_pushstring(L, dtype_name[dt]);
		lua_rawseti(L, -2, dt + 1);
	}
	lua_setfield(L, ms, "dtypes");
}
