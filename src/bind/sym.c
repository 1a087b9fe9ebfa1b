/* Symbolic Lua numbers and booleans: what stands for a number while tracing. Every operation
   emits the node whose run gives Lua's exact answer: subtypes are known while tracing, so the
   rules that pick integer or float arithmetic are applied here, once. Numbers and booleans have
   metatables of their own, so that Lua's messages call them "number" and "boolean". */
#include <string.h>
#include "bind/trace.h"

struct sym *trace_sym(lua_State *L, moon_context *c, int idx)
{
	if (lua_type(L, idx) != LUA_TUSERDATA || !lua_getmetatable(L, idx)) return NULL;
	const void *p = lua_topointer(L, -1);
	lua_pop(L, 1);
	bool is = p == c->sym_meta || p == c->symbool_meta || p == c->symlist_meta;
	return is ? lua_touserdata(L, idx) : NULL;
}

const char *trace_type_name(lua_State *L, int idx)
{
	const char *s = luaL_typename(L, idx);
	int t = lua_type(L, idx);
	if ((t == LUA_TUSERDATA || t == LUA_TTABLE) && luaL_getmetafield(L, idx, "__name") == LUA_TSTRING) {
		s = lua_tostring(L, -1); /* the metatable keeps it alive */
		lua_pop(L, 1);
	}
	return s;
}

static bool is_number(lua_State *L, moon_context *c, int idx)
{
	struct sym *s = trace_sym(L, c, idx);
	return s ? s->kind != K_BOOL : lua_type(L, idx) == LUA_TNUMBER;
}

static enum kind kind_of(lua_State *L, moon_context *c, int idx)
{
	struct type t;
	trace_type(L, c, idx, &t);
	return t.kind;
}

static ref as_float(lua_State *L, moon_context *c, int idx)
{
	ref r = trace_ref(L, c, idx);
	return kind_of(L, c, idx) == K_INT ? trace_emit(L, c, OP_itof, &r, 1, NULL, 0) : r;
}

/* The integer operands at 1 and 2 of a bitwise operation; the prelude converts a float, and raises what Lua raises when
   it is none. */
static ref as_int(lua_State *L, moon_context *c, int idx, const char *event)
{
	if (kind_of(L, c, idx) != K_FLOAT) return trace_ref(L, c, idx);
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_INTEGER]);
	lua_pushvalue(L, idx);
	lua_pushstring(L, event);
	lua_pushinteger(L, idx);
	lua_call(L, 3, 1);
	ref r = trace_ref(L, c, -1);
	lua_pop(L, 1);
	return r;
}

/* Inside of a pcall, and where texts are divided, the integer at 2 is compared with zero. */
static void check_divisor(lua_State *L, moon_context *c, const char *event, bool texts)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_DIVISOR]);
	lua_pushvalue(L, 2);
	lua_pushstring(L, event);
	lua_pushboolean(L, texts);
	lua_call(L, 3, 0);
}

/* " (local 'x')" or "": what Lua calls operand idx, which it complains about. */
static const char *operand_name(lua_State *L, moon_context *c, int idx, const char *event)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->hook[HOOK_OPERAND]);
	lua_pushstring(L, event);
	lua_pushinteger(L, idx);
	lua_pushvalue(L, idx);
	lua_call(L, 3, 1);
	return lua_tostring(L, -1);
}

static int push2(lua_State *L, moon_context *c, enum op op, ref a, ref b)
{
	ref in[2] = {a, b};
	trace_push(L, c, trace_emit(L, c, op, in, b ? 2 : 1, NULL, 0));
	return 1;
}

struct arith {
	const char *event, *verb;
	enum op i, f; /* OP_COUNT: not for that subtype */
	int nin;
};
static const struct arith arith[] = {
    {"__add", "perform arithmetic on", OP_iadd, OP_fadd, 2},
    {"__sub", "perform arithmetic on", OP_isub, OP_fsub, 2},
    {"__mul", "perform arithmetic on", OP_imul, OP_fmul, 2},
    {"__idiv", "perform arithmetic on", OP_idiv, OP_fidiv, 2},
    {"__mod", "perform arithmetic on", OP_imod, OP_fmod, 2},
    {"__div", "perform arithmetic on", OP_COUNT, OP_fdiv, 2},
    {"__pow", "perform arithmetic on", OP_COUNT, OP_fpow, 2},
    {"__unm", "perform arithmetic on", OP_ineg, OP_fneg, 1},
    {"__band", "perform bitwise operation on", OP_iband, OP_COUNT, 2},
    {"__bor", "perform bitwise operation on", OP_ibor, OP_COUNT, 2},
    {"__bxor", "perform bitwise operation on", OP_ibxor, OP_COUNT, 2},
    {"__shl", "perform bitwise operation on", OP_ishl, OP_COUNT, 2},
    {"__shr", "perform bitwise operation on", OP_ishr, OP_COUNT, 2},
    {"__bnot", "perform bitwise operation on", OP_ibnot, OP_COUNT, 1},
};

/* Operand idx is a string: a number in its place, or what the metamethods of strings raise. */
static void convert_string(lua_State *L, moon_context *c, int idx, const char *event)
{
	if (is_number(L, c, 3 - idx) && lua_stringtonumber(L, lua_tostring(L, idx)) == lua_rawlen(L, idx) + 1) {
		lua_replace(L, idx);
		return;
	}
	bind_error(L, "attempt to %s a '%s' with a '%s'", event + 2, trace_type_name(L, 1), trace_type_name(L, 2));
}

/* The event of all arithmetic metamethods; upvalue 2 is the row. */
static int l_arith(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct arith *a = &arith[lua_tointeger(L, lua_upvalueindex(2))];
	bool texts = false;
	lua_settop(L, 2);
	for (int i = 1; i <= a->nin; i++)
		/* the other operand's own rule: a tensor, a value of the prelude, a user's object */
		if (!trace_sym(L, c, i) && lua_type(L, i) != LUA_TNUMBER &&
		    luaL_getmetafield(L, i, a->event) != LUA_TNIL) {
			if (lua_type(L, i) == LUA_TSTRING) {
				lua_pop(L, 1);
				convert_string(L, c, i, a->event);
				texts = true;
				continue;
			}
			lua_insert(L, 1);
			lua_call(L, 2, 1);
			return 1;
		}
	for (int i = 1; i <= a->nin; i++) {
		if (!is_number(L, c, i))
			bind_error(L, "attempt to %s a %s value%s", a->verb, trace_type_name(L, i),
			           c->trace ? operand_name(L, c, i, a->event + 2) : "");
	}
	bool ints = kind_of(L, c, 1) == K_INT && (a->nin == 1 || kind_of(L, c, 2) == K_INT);
	if (a->i != OP_COUNT && (ints || a->f == OP_COUNT)) {
		if ((a->i == OP_idiv || a->i == OP_imod) && c->trace && (c->trace->pcall || texts))
			check_divisor(L, c, a->event + 2, texts);
		ref x = as_int(L, c, 1, a->event + 2), y = a->nin == 2 ? as_int(L, c, 2, a->event + 2) : 0;
		return push2(L, c, a->i, x, y);
	}
	return push2(L, c, a->f, as_float(L, c, 1), a->nin == 2 ? as_float(L, c, 2) : 0);
}

static const char own_key;

/* own(metatable): its values are the prelude's own */
static int l_own(lua_State *L)
{
	lua_pushboolean(L, 1);
	lua_rawsetp(L, 1, &own_key);
	return 0;
}

bool trace_own(lua_State *L, int idx)
{
	if (lua_type(L, idx) != LUA_TTABLE || !lua_getmetatable(L, idx)) return false;
	bool own = lua_rawgetp(L, -1, &own_key) != LUA_TNIL;
	lua_pop(L, 2);
	return own;
}

bool trace_hand_over(lua_State *L, const char *event)
{
	for (int i = 1; i <= 2; i++)
		if (trace_own(L, i) && luaL_getmetafield(L, i, event) != LUA_TNIL) {
			lua_settop(L, 3);
			lua_insert(L, 1);
			lua_call(L, 2, 1);
			return true;
		}
	return false;
}

static bool is_tensor(lua_State *L, moon_context *c, int idx) { return bind_tensor(L, c, idx) != NULL; }

/* Comparison of two tensors, or of a tensor and a number: the mask. */
static int compare_tensors(lua_State *L, moon_context *c, enum op op)
{
	struct arg in[2];
	for (int i = 0; i < 2; i++)
		if (!bind_operand(L, c, i + 1, &in[i]) || in[i].kind == K_BOOL)
			bind_error(L, "attempt to compare %s with %s", trace_type_name(L, 1), trace_type_name(L, 2));
	bind_promote(in, 2);
	return bind_apply(L, c, op, in, 2, NULL, 0);
}

static int less(lua_State *L, moon_context *c, bool or_equal)
{
	enum kind a = kind_of(L, c, 1), b = kind_of(L, c, 2);
	ref x = trace_ref(L, c, 1), y = trace_ref(L, c, 2);
	if (a == K_INT && b == K_INT) return push2(L, c, or_equal ? OP_ile : OP_ilt, x, y);
	if (a == K_INT) return push2(L, c, or_equal ? OP_ifle : OP_iflt, x, y);
	if (b == K_INT) return push2(L, c, or_equal ? OP_file : OP_filt, x, y);
	return push2(L, c, or_equal ? OP_fle : OP_flt, x, y);
}

/* lt le gt ge of the staged form: upvalue 2 is the tensor op. Plain operands give Lua's answer;
   its failures are worded here because Lua gives a C function no position. */
static int l_order(lua_State *L)
{
	moon_context *c = bind_self(L);
	enum op op = (enum op)lua_tointeger(L, lua_upvalueindex(2));
	bool swap = op == OP_gt || op == OP_ge, or_equal = op == OP_le || op == OP_ge;
	lua_settop(L, 2);
	int ta = lua_type(L, 1), tb = lua_type(L, 2);
	if ((ta == LUA_TNUMBER && tb == LUA_TNUMBER) || (ta == LUA_TSTRING && tb == LUA_TSTRING)) {
		lua_pushboolean(L, swap ? lua_compare(L, 2, 1, or_equal ? LUA_OPLE : LUA_OPLT)
		                        : lua_compare(L, 1, 2, or_equal ? LUA_OPLE : LUA_OPLT));
		return 1;
	}
	if (swap) lua_insert(L, 1); /* Lua asks a > b as b < a */
	if (trace_hand_over(L, or_equal ? "__le" : "__lt")) return 1;
	if (is_number(L, c, 1) && is_number(L, c, 2)) return less(L, c, or_equal);
	for (int i = 1; i <= 2; i++) {
		if (is_tensor(L, c, i) || (i == 1 && is_number(L, c, 1) && is_tensor(L, c, 2)))
			return compare_tensors(L, c, or_equal ? OP_le : OP_lt);
		if (!trace_sym(L, c, i) && luaL_getmetafield(L, i, or_equal ? "__le" : "__lt") != LUA_TNIL) {
			lua_insert(L, 1);
			lua_call(L, 2, 1);
			return 1;
		}
	}
	const char *t1 = trace_type_name(L, 1), *t2 = trace_type_name(L, 2);
	if (strcmp(t1, t2) == 0) bind_error(L, "attempt to compare two %s values", t1);
	bind_error(L, "attempt to compare %s with %s", t1, t2);
}

/* equal(a, b): a plain or symbolic boolean, or a tensor's mask. Values of different kinds are not equal. */
static int l_equal(lua_State *L)
{
	moon_context *c = bind_self(L);
	lua_settop(L, 2);
	bool t1 = is_tensor(L, c, 1), t2 = is_tensor(L, c, 2);
	struct type a, b;
	trace_type(L, c, 1, &a);
	trace_type(L, c, 2, &b);
	if ((t1 && (t2 || b.kind == K_INT || b.kind == K_FLOAT)) || (t2 && (a.kind == K_INT || a.kind == K_FLOAT)))
		return compare_tensors(L, c, OP_eq);
	if (!trace_sym(L, c, 1) && !trace_sym(L, c, 2)) {
		lua_pushboolean(L, lua_rawequal(L, 1, 2));
		return 1;
	}
	bool na = a.kind == K_INT || a.kind == K_FLOAT, nb = b.kind == K_INT || b.kind == K_FLOAT;
	if (na && nb) {
		ref x = trace_ref(L, c, 1), y = trace_ref(L, c, 2);
		if (a.kind == b.kind) return push2(L, c, a.kind == K_INT ? OP_ieq : OP_feq, x, y);
		return a.kind == K_INT ? push2(L, c, OP_ifeq, x, y) : push2(L, c, OP_ifeq, y, x);
	}
	if (a.kind == K_BOOL && b.kind == K_BOOL) return push2(L, c, OP_beq, trace_ref(L, c, 1), trace_ref(L, c, 2));
	lua_pushboolean(L, 0);
	return 1;
}

/* truth(v): the truth rule; plain booleans stay plain, a symbolic boolean or a traced bool tensor gives a symbolic one.
 */
static int l_truth(lua_State *L)
{
	moon_context *c = bind_self(L);
	lua_settop(L, 1);
	struct sym *s = trace_sym(L, c, 1);
	if (s) {
		if (s->kind != K_BOOL) lua_pushboolean(L, 1);
		return 1;
	}
	struct tbox *b = bind_tensor(L, c, 1);
	if (!b) {
		lua_pushboolean(L, lua_toboolean(L, 1));
		return 1;
	}
	if (b->t.dtype != BOOL || b->t.numel != 1 || !b->ref) {
		lua_pushboolean(L, bind_truth(L, c, 1));
		return 1;
	}
	ref r = trace_ref(L, c, 1);
	trace_push(L, c, trace_emit(L, c, OP_item, &r, 1, NULL, 0));
	return 1;
}

/* logic(op, a[, b]) on booleans, plain or symbolic: "not" "and" "or", without laziness */
static int l_logic(lua_State *L)
{
	static const char *const name[] = {"not", "and", "or", NULL};
	static const enum op op[] = {OP_bnot1, OP_band2, OP_bor2};
	moon_context *c = bind_self(L);
	int k = luaL_checkoption(L, 1, NULL, name);
	return push2(L, c, op[k], trace_ref(L, c, 2), k ? trace_ref(L, c, 3) : 0);
}

/* emit(op, ...): a node of an op on Lua numbers, by name; floats are made of integers where the op wants them
   (the last argument "f"), else operands are taken as they are. */
static int l_emit(lua_State *L)
{
	moon_context *c = bind_self(L);
	int op = op_find(luaL_checkstring(L, 1)), n = lua_gettop(L) - 1;
	ref in[3];
	if (op == OP_COUNT || !(op_info[op].flags & OF_LUA) || n > 3) bind_error(L, "internal: no such op");
	bool floats = op_info[op].name[0] == 'f' && op != OP_ftoi && op != OP_ffits;
	for (int i = 0; i < n; i++) in[i] = floats ? as_float(L, c, i + 2) : trace_ref(L, c, i + 2);
	trace_push(L, c, trace_emit(L, c, (enum op)op, in, n, NULL, 0));
	return 1;
}

static const char *const kind_name[] = {[K_INT] = "int", [K_FLOAT] = "float", [K_BOOL] = "bool", [K_LIST] = "list"};

/* kind(v): "int" "float" "bool" "list" for symbolic values, "traced" or "eager" for tensors, nil for others */
static int l_kind(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct tbox *b = bind_tensor(L, c, 1);
	struct sym *s = b ? NULL : trace_sym(L, c, 1);
	if (s) lua_pushstring(L, kind_name[s->kind]);
	else if (b) lua_pushstring(L, b->ref ? "traced" : "eager");
	else lua_pushnil(L);
	return 1;
}

/* same(a, b): one and the same value: equal subtype and bits, or the same node */
static int l_same(lua_State *L)
{
	moon_context *c = bind_self(L);
	bool same = lua_rawequal(L, 1, 2);
	if (lua_type(L, 1) == LUA_TNUMBER && lua_type(L, 2) == LUA_TNUMBER) {
		lua_Number x = lua_tonumber(L, 1), y = lua_tonumber(L, 2);
		same = lua_isinteger(L, 1) == lua_isinteger(L, 2) &&
		       (lua_isinteger(L, 1) ? lua_rawequal(L, 1, 2) : memcmp(&x, &y, sizeof x) == 0);
	} else if (!same) {
		struct sym *s = trace_sym(L, c, 1), *t = trace_sym(L, c, 2);
		same = s && t && s->ref == t->ref && s->serial == t->serial;
	}
	lua_pushboolean(L, same);
	return 1;
}

/* spec(v): text that two values share when one type of graph value holds both, e.g. "int", "f32[2x3]"; nil for what no
   graph holds; and where the dims are left out, e.g. "f32 of rank 2" */
static int l_spec(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct type t;
	trace_type(L, c, 1, &t);
	if (t.kind == K_NONE) return 0;
	char dims[SHAPE_TEXT];
	if (t.kind == K_LIST) return list_spec(L, c, &t);
	if (t.kind != K_TENSOR) lua_pushstring(L, kind_name[t.kind]);
	else lua_pushfstring(L, "%s%s", dtype_name[t.dtype], shape_text(dims, t.rank, t.dim));
	return 1;
}

static int sym_no_text(lua_State *L)
{
	trace_unsupported(L, bind_self(L), "the text of a symbolic value in a library function");
}

static int sym_no_compare(lua_State *L)
{
	trace_unsupported(L, bind_self(L), "a comparison of symbolic values in code that is not staged");
}

static void metatable(lua_State *L, moon_context *c, const char *name, const void **key)
{
	lua_newtable(L);
	lua_pushstring(L, name);
	lua_setfield(L, -2, "__name");
	bind_reg(L, c, "__tostring", sym_no_text);
	bind_reg(L, c, "__lt", sym_no_compare);
	bind_reg(L, c, "__le", sym_no_compare);
	bind_reg(L, c, "__eq", sym_no_compare);
	for (size_t i = 0; i < COUNT_OF(arith); i++) {
		lua_pushlightuserdata(L, c);
		lua_pushinteger(L, (lua_Integer)i);
		lua_pushcclosure(L, l_arith, 2);
		lua_setfield(L, -2, arith[i].event);
	}
	*key = lua_topointer(L, -1);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, *key);
}

void trace_open_sym(lua_State *L, moon_context *c)
{
	static const struct {
		const char *name;
		enum op op;
	} order[] = {{"lt", OP_lt}, {"le", OP_le}, {"gt", OP_gt}, {"ge", OP_ge}};
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		lua_pushlightuserdata(L, c);
		lua_pushinteger(L, order[i].op);
		lua_pushcclosure(L, l_order, 2);
		lua_setfield(L, -2, order[i].name);
	}
	bind_reg(L, c, "equal", l_equal);
	bind_reg(L, c, "truth", l_truth);
	bind_reg(L, c, "logic", l_logic);
	bind_reg(L, c, "emit", l_emit);
	bind_reg(L, c, "kind", l_kind);
	bind_reg(L, c, "same", l_same);
	bind_reg(L, c, "spec", l_spec);
	bind_reg(L, c, "own", l_own);
	bind_open_line(L, c);
	metatable(L, c, "number", &c->sym_meta);
	lua_setfield(L, -2, "number_meta");
	metatable(L, c, "boolean", &c->symbool_meta);
	lua_setfield(L, -2, "boolean_meta");
	list_open_bind(L, c);
}
