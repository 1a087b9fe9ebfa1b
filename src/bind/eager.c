/* The run-time side of the eager form (lang/eager.h). Edited code shares cells: the
   upvalues of one holder function, joined into every edited function. The stash is set by a
   tensor's __lt or __le as its last act and emptied by the `take` that follows at once. */
#include "bind/auto.h"
#include "bind/eager.h"
#include <string.h>

enum { WANT_MASK, WANT_TRUTH, WANT_PICK };

static void push_cells(lua_State *L, moon_context *c) { lua_rawgeti(L, LUA_REGISTRYINDEX, c->eager_cells); }

static void set_cell(lua_State *L, moon_context *c, enum eager_name which) /* takes the top */
{
	push_cells(L, c);
	lua_insert(L, -2);
	lua_setupvalue(L, -2, which + 1);
	lua_pop(L, 1);
}

void eager_overloaded(lua_State *L, moon_context *c)
{
	if (c->overloaded || !c->eager_cells) return;
	luaL_checkstack(L, 4, "overloaded value");
	c->overloaded = true;
	lua_pushboolean(L, 1);
	set_cell(L, c, EAGER_SOME);
}

static bool is_ours(lua_State *L, moon_context *c, int idx)
{
	if (lua_type(L, idx) != LUA_TUSERDATA || !lua_getmetatable(L, idx)) return false;
	const void *p = lua_topointer(L, -1);
	lua_pop(L, 1);
	return p == c->tensor_meta || p == c->owned_meta || p == c->sym_meta || p == c->symbool_meta;
}

static bool has_event(lua_State *L, int idx, const char *name)
{
	if (luaL_getmetafield(L, idx, name) == LUA_TNIL) return false;
	lua_pop(L, 1);
	return true;
}

/* Does the metatable make its values conditions? (lua/overload.lua has the list of events.) */
static bool is_condition(lua_State *L, int idx)
{
	static const char *const event[] = {"__if", "__while", "__and", "__or", "__not"};
	for (size_t i = 0; i < COUNT_OF(event); i++)
		if (has_event(L, idx, event[i])) return true;
	return false;
}

bool eager_is_overloaded(lua_State *L, moon_context *c, int idx)
{
	if (lua_type(L, idx) != LUA_TUSERDATA) return false;
	if (is_ours(L, c, idx)) return true;
	return has_event(L, idx, "__truth") || has_event(L, idx, "__equal") || is_condition(L, idx);
}

static bool symbolic(lua_State *L, moon_context *c, int idx)
{
	if (!is_ours(L, c, idx)) return false;
	struct tbox *b = bind_tensor(L, c, idx);
	return !b || b->ref;
}

/* Code in eager form cannot compare or branch on what is known only when the graph runs. */
static void refuse_symbolic(lua_State *L, moon_context *c, const char *what)
{
	if (symbolic(L, c, 1) || symbolic(L, c, 2) || (c->trace && (is_ours(L, c, 1) || is_ours(L, c, 2))))
		trace_unsupported(L, c, what);
}

static const char *type_name(lua_State *L, int idx)
{
	if (luaL_getmetafield(L, idx, "__name") != LUA_TSTRING) return luaL_typename(L, idx);
	const char *s = lua_tostring(L, -1); /* the metatable keeps it alive */
	lua_pop(L, 1);
	return s;
}

bool eager_truth(lua_State *L, moon_context *c, int idx)
{
	if (lua_type(L, idx) != LUA_TUSERDATA) return lua_toboolean(L, idx);
	if (!is_ours(L, c, idx)) {
		if (luaL_getmetafield(L, idx, "__truth") == LUA_TNIL) {
			if (is_condition(L, idx))
				bind_error(L,
				           "a condition on a %s in code that is not overloaded: its metatable has no "
				           "__truth (ms.overload makes functions whose conditions ask __if)",
				           type_name(L, idx));
			return true;
		}
		lua_pushvalue(L, idx);
		lua_call(L, 1, 1);
		bool yes = lua_toboolean(L, -1);
		lua_pop(L, 1);
		return yes;
	}
	struct tbox *b = bind_tensor(L, c, idx);
	if (!b || (b->t.dtype == BOOL && (b->ref || c->trace)))
		trace_unsupported(L, c, "a condition on a symbolic value in code that is not staged");
	return bind_truth(L, c, idx);
}

/* What edited code wanted of the value at the top: itself, its truth, or itself if true. */
static int give(lua_State *L, moon_context *c, lua_Integer want)
{
	if (want == WANT_TRUTH) lua_pushboolean(L, eager_truth(L, c, lua_gettop(L)));
	else if (want == WANT_PICK && !eager_truth(L, c, lua_gettop(L))) lua_pushboolean(L, 0);
	return 1;
}

/* The values at 1 and 2 as operands; false: one is none. A Lua boolean equals no tensor and has no order. */
static bool operands(lua_State *L, moon_context *c, struct arg *in)
{
	return bind_operand(L, c, 1, &in[0]) && bind_operand(L, c, 2, &in[1]) && in[0].kind != K_BOOL &&
	       in[1].kind != K_BOOL;
}

/* Their comparison as a mask on top. */
static void mask(lua_State *L, moon_context *c, struct arg *in, enum op op)
{
	bind_promote(in, 2);
	bind_apply(L, c, op, in, 2, NULL, 0);
}

/* Is the function that compares edited? Then it has the cell that the edits of such comparisons mention: the stash for
   those of order, `some` for == and ~=. */
static bool caller_is_edited(lua_State *L, const void *cell)
{
	lua_Debug ar;
	if (!lua_getstack(L, 1, &ar)) return false;
	lua_getinfo(L, "f", &ar);
	bool found = false;
	if (!lua_iscfunction(L, -1)) {
		void *id;
		for (int n = 1; !found && (id = lua_upvalueid(L, -1, n)) != NULL; n++) found = id == cell;
	}
	lua_pop(L, 1);
	return found;
}

int eager_compare(lua_State *L, moon_context *c, int op)
{
	struct arg in[2];
	lua_settop(L, 2);
	refuse_symbolic(L, c, "a comparison of symbolic values in code that is not staged");
	if (!operands(L, c, in)) bind_error(L, "attempt to compare %s with %s", type_name(L, 1), type_name(L, 2));
	if (!caller_is_edited(L, c->stash_id))
		bind_error(L,
		           "attempt to compare %s with %s in a function that moonstage did not load: use ms.lt, ms.le, "
		           "ms.gt or ms.ge",
		           type_name(L, 1), type_name(L, 2));
	mask(L, c, in, (enum op)op);
	set_cell(L, c, EAGER_STASH);
	lua_pushboolean(L, 0);
	return 1;
}

int eager_give_order(lua_State *L, moon_context *c)
{
	if (lua_type(L, -1) == LUA_TUSERDATA && caller_is_edited(L, c->stash_id)) {
		set_cell(L, c, EAGER_STASH);
		lua_pushboolean(L, 0);
	} else {
		lua_pushboolean(L, eager_truth(L, c, lua_gettop(L)));
	}
	return 1;
}

int eager_equal(lua_State *L, moon_context *c)
{
	lua_settop(L, 2);
	if (is_ours(L, c, 1) && is_ours(L, c, 2) &&
	    !caller_is_edited(L, c->some_id)) /* edited code asks EQ after a false answer */
		bind_error(L,
		           "attempt to compare %s with %s by == in a function that moonstage did not load: use ms.eq "
		           "or rawequal",
		           type_name(L, 1), type_name(L, 2));
	lua_pushboolean(L, 0);
	return 1;
}

/* Events of the two sentinels. Lua asks the left operand's __eq first, and theirs is the left one. */
static int l_is_overloaded(lua_State *L)
{
	lua_pushboolean(L, eager_is_overloaded(L, bind_self(L), 2));
	return 1;
}

static int l_is_false(lua_State *L)
{
	lua_pushboolean(L, !eager_truth(L, bind_self(L), 2));
	return 1;
}

static int l_take(lua_State *L)
{
	moon_context *c = bind_self(L);
	lua_Integer want = lua_tointeger(L, 2);
	lua_settop(L, 1);
	lua_pushboolean(L, 0);
	set_cell(L, c, EAGER_STASH);
	return give(L, c, want);
}

/* Empties PENDING, LEFT and RIGHT. */
static void settle(lua_State *L, moon_context *c)
{
	static const enum eager_name cells[] = {EAGER_PENDING, EAGER_LEFT, EAGER_RIGHT};
	c->eager_pending = false;
	for (int i = 0; i < 3; i++) {
		lua_pushboolean(L, 0);
		set_cell(L, c, cells[i]);
	}
}

/* Equality of the values at 1 and 2 as stock has it. Where an __eq decides, Lua is to ask it from the user's function.
 */
static int equal_plain(lua_State *L, moon_context *c, bool negate)
{
	int t = lua_type(L, 1);
	bool same = lua_rawequal(L, 1, 2);
	if (same || t != lua_type(L, 2) || (t != LUA_TTABLE && t != LUA_TUSERDATA) ||
	    (luaL_getmetafield(L, 1, "__eq") == LUA_TNIL && luaL_getmetafield(L, 2, "__eq") == LUA_TNIL)) {
		lua_pushboolean(L, same != negate);
		return 1;
	}
	lua_pushvalue(L, 1);
	set_cell(L, c, EAGER_LEFT);
	lua_pushvalue(L, 2);
	set_cell(L, c, EAGER_RIGHT);
	lua_pushboolean(L, 1);
	set_cell(L, c, EAGER_PENDING);
	c->eager_pending = true;
	lua_pushboolean(L, 0);
	return 1;
}

static int l_done(lua_State *L)
{
	settle(L, bind_self(L));
	lua_settop(L, 1);
	return 1;
}

static int equality(lua_State *L, bool negate)
{
	moon_context *c = bind_self(L);
	struct arg in[2];
	int ta = lua_type(L, 1), tb = lua_type(L, 2);
	lua_Integer want = lua_tointeger(L, 3);
	lua_settop(L, 2);
	if (c->eager_pending) settle(L, c); /* the __eq of an earlier one raised */
	if (ta != LUA_TUSERDATA && tb != LUA_TUSERDATA) return equal_plain(L, c, negate);
	if (!is_ours(L, c, 1) && !is_ours(L, c, 2)) {
		if (luaL_getmetafield(L, 1, "__equal") == LUA_TNIL && luaL_getmetafield(L, 2, "__equal") == LUA_TNIL)
			return equal_plain(L, c, negate);
		lua_pushvalue(L, 1);
		lua_pushvalue(L, 2);
		lua_call(L, 2, 1);
		if (negate) lua_pushboolean(L, !eager_truth(L, c, lua_gettop(L)));
		return give(L, c, want);
	}
	refuse_symbolic(L, c, "a comparison of symbolic values in code that is not staged");
	if (operands(L, c, in)) {
		mask(L, c, in, negate ? OP_ne : OP_eq);
		return give(L, c, want);
	}
	lua_pushboolean(L, negate); /* a tensor and a string, a table, nil, a boolean: never equal */
	return 1;
}

static int l_eq(lua_State *L) { return equality(L, false); }
static int l_ne(lua_State *L) { return equality(L, true); }

static int l_pick(lua_State *L)
{
	lua_settop(L, 1);
	if (lua_type(L, 1) != LUA_TUSERDATA) return 1; /* nil stays nil */
	return give(L, bind_self(L), WANT_PICK);
}

bool eager_number(lua_State *L, moon_context *c, int idx, const char *what)
{
	struct tbox *b = bind_tensor(L, c, idx);
	if (!b || b->t.dtype == BOOL) return false;
	if (b->ref) trace_unsupported(L, c, "a symbolic tensor where a number is needed in code that is not staged");
	if (b->t.numel != 1) bind_error(L, "%s: a tensor of %d elements is no number", what, (int)b->t.numel);
	if (b->t.dtype == I64) lua_pushinteger(L, tensor_get_i(&b->t, 0));
	else lua_pushnumber(L, tensor_get_f(&b->t, 0));
	lua_replace(L, idx);
	return true;
}

static int l_number(lua_State *L)
{
	moon_context *c = bind_self(L);
	lua_settop(L, 1);
	eager_number(L, c, 1, "bound of a numeric for");
	return 1;
}

bool eager_is_helper(lua_CFunction f)
{
	static const lua_CFunction helper[] = {l_is_overloaded, l_is_false, l_take, l_eq, l_ne,
	                                       l_pick,          l_number,   l_done};
	for (size_t i = 0; i < COUNT_OF(helper); i++)
		if (helper[i] == f) return true;
	return auto_is_helper(f);
}

static void sentinel(lua_State *L, moon_context *c, enum eager_name which, lua_CFunction eq)
{
	lua_newuserdatauv(L, 0, 0);
	lua_newtable(L);
	bind_reg(L, c, "__eq", eq);
	lua_setmetatable(L, -2);
	set_cell(L, c, which);
}

static void function(lua_State *L, moon_context *c, enum eager_name which, lua_CFunction f)
{
	lua_pushlightuserdata(L, c);
	lua_pushcclosure(L, f, 1);
	set_cell(L, c, which);
}

void eager_join(lua_State *L, moon_context *c, int f, const struct eager_names *names)
{
	const char *name;
	push_cells(L, c);
	for (int n = 1; (name = lua_getupvalue(L, f, n)) != NULL; n++) {
		lua_pop(L, 1);
		for (int i = 0; i < EAGER_CELLS; i++)
			if (!strcmp(name, names->s[i])) lua_upvaluejoin(L, f, n, -1, i + 1);
	}
	lua_pop(L, 1);
}

void eager_replace(lua_State *L, moon_context *c, const char *table, const char *name, lua_CFunction f)
{
	lua_pushglobaltable(L);
	if (table && lua_getfield(L, -1, table) != LUA_TTABLE) {
		lua_pop(L, 2);
		return;
	}
	if (lua_getfield(L, -1, name) == LUA_TFUNCTION && lua_iscfunction(L, -1)) {
		int stock = lua_gettop(L);
		if (!lua_getupvalue(L, stock, 1)) lua_pushnil(L);
		lua_pushlightuserdata(L, c);
		lua_pushvalue(L, stock);
		lua_pushcclosure(L, f, 3);
		lua_setfield(L, stock - 1, name);
	}
	lua_pop(L, table ? 3 : 2);
}

void bind_open_eager(lua_State *L, moon_context *c)
{
	static const char holder[] =
	    "local S, Q, some, stash, take, eq, ne, pick, number, pending, left, right, done, results\n"
	    "return function() return S, Q, some, stash, take, eq, ne, pick, number, pending, left, "
	    "right, done, results end";
	if (luaL_loadbufferx(L, holder, sizeof holder - 1, "=[moonstage]/cells", "t") != LUA_OK) lua_error(L);
	lua_call(L, 0, 1);
	c->stash_id = lua_upvalueid(L, -1, EAGER_STASH + 1);
	c->some_id = lua_upvalueid(L, -1, EAGER_SOME + 1);
	c->eager_cells = luaL_ref(L, LUA_REGISTRYINDEX);
	sentinel(L, c, EAGER_SENTINEL, l_is_overloaded);
	sentinel(L, c, EAGER_TRUTH, l_is_false);
	lua_pushboolean(L, c->overloaded);
	set_cell(L, c, EAGER_SOME);
	lua_pushboolean(L, 0);
	set_cell(L, c, EAGER_STASH);
	function(L, c, EAGER_TAKE, l_take);
	function(L, c, EAGER_EQ, l_eq);
	function(L, c, EAGER_NE, l_ne);
	function(L, c, EAGER_PICK, l_pick);
	function(L, c, EAGER_NUMBER, l_number);
	function(L, c, EAGER_DONE, l_done);
	function(L, c, EAGER_RESULTS, auto_results);
	settle(L, c);
	load_open(L, c);
	accept_open(L, c);
	hide_open(L, c);
}
