/* Guards: what a trace read from outside, as a list that is checked at every call without entering
   Lua. A guard reads one slot (an argument; a field, upvalue or metatable of an earlier slot) and
   checks it. The values read stay on the Lua stack, in the order of the list: inputs of the plan are
   taken from there, and results that are outside values.

   Two slots that held two objects in the trace must hold two objects in every call, and tensors
   must share bytes exactly where they did: `apart` checks this.

   A tensor's length may be unknown: then it is 2 or more, and the same for all that have its number.

   What is expected is held weakly, so that a graph keeps nothing of the caller's alive; once such an
   object is gone the guard can't hold any more (`stale`). Constants and keys are held. */
#include <string.h>
#include "bind/eager.h"
#include "bind/tensor.h"
#include "bind/trace.h"

/* Where a slot's value comes from. `base` is an argument or an earlier slot; keys that are values lie in the
   table of keys. */
enum source {
	FROM_ARG,       /* argument number `base` */
	FROM_FIELD,     /* raw field `key` of a table */
	FROM_KEYED,     /* raw field of a table whose key is the value of slot `number` */
	FROM_UPVALUE,   /* upvalue `number` of a function */
	FROM_CELL,      /* the variable itself that upvalue is: its id */
	FROM_META,      /* metatable */
	FROM_CONST,     /* `key` */
	FROM_WEAK,      /* what is expected, while it lives */
	FROM_OUTPUT,    /* the file io.write writes to */
	FROM_SLOT,      /* the value of slot `base` once more */
	FROM_BORDER,    /* the border of a table, an integer */
	FROM_WHOLE,     /* a tensor of rank 1: all of the storage of the one in slot `base` */
	FROM_THREAD,    /* the running coroutine */
	FROM_YIELDABLE, /* whether it may yield */
	SOURCE_COUNT
};
enum check {
	IS_NIL,
	IS_PRESENT, /* anything but nil */
	IS_RAW,     /* this value: its identity */
	IS_INTEGER, /* this integer, of these bits; the same of floats: "raw" to the prelude */
	IS_DOUBLE,
	IS_OBJECT,   /* any table */
	IS_TABLE,    /* a table that no earlier slot holds */
	IS_TENSOR,   /* a tensor of this dtype, shape and layout, likewise */
	IS_FUNCTION, /* a function made by this `function` of the text, likewise */
	IS_APART,    /* a variable that no earlier slot holds */
	IS_INT,      /* a number that may be an unknown length */
	IS_FLOAT,
	IS_SAME,     /* the object in slot `expect` */
	IS_KEYS,     /* a table whose keys come in this order */
	IS_LENGTH,   /* a table of this border */
	IS_SEQUENCE, /* a table whose positive integer keys are 1 .. #t */
	IS_PLACE,    /* a tensor that begins at `expect` in a storage of type.dim[0] elements */
	IS_ANY,
	CHECK_COUNT
};
static const char *const source_name[SOURCE_COUNT] = {"arg",    "field", "keyed",  "upvalue",  "cell",
                                                      "meta",   "const", "weak",   "output",   "slot",
                                                      "border", "whole", "thread", "yieldable"};
static const char *const check_name[CHECK_COUNT] = {"nil",   "present", "raw",      "raw",      "raw",   "object",
                                                    "table", "tensor",  "function", "apart",    "int",   "float",
                                                    "same",  "keys",    "length",   "sequence", "place", "any"};

struct guard {
	uint8_t source, check;
	uint32_t base;
	uint32_t number;  /* of an upvalue; keyed: of the slot that is the key */
	int64_t expect;   /* a slot, a length, an ordinal, a count of keys */
	uint32_t storage; /* tensors: the first slot whose tensor has its bytes in the same storage */
	const void *root; /* this call's storage */
	struct type type;
	bool contiguous;  /* tensors: which of their views share storage hangs on the layout */
	bool assumed;     /* a special graph: it holds what was the same in call after call */
	uint32_t watched; /* is it the same in call after call? of tensors: these dims */
	uint32_t same;    /* calls in a row in which it was */
	uint64_t bits;    /* in the call before; numbers that are expected: theirs */
	int64_t stride[MAX_RANK];
};
struct seen {
	const void *object;
	uint32_t round;
};
struct guards {
	int n, nargs;
	bool stale;
	bool special; /* the graph is one for what was the same for long */
	int missed;   /* then: the slot of an assumption that failed */
	bool moved;   /* a function is another closure than when all guards held last: variables are to be looked at */
	uint32_t joins;         /* calls of debug.upvaluejoin then */
	uint32_t calls, enough; /* since what is watched was looked at; after how many it is (0: nothing is watched) */
	uint64_t served;        /* calls */
	uint32_t round, nseen;  /* nseen: a power of 2 */
	struct seen *seen;
	int nlength; /* unknown lengths, and what they are in this call (-1: not met) */
	int64_t *length, least, most;
	struct found {
		int64_t n;  /* that no guard says: what the last run found; 0: nothing yet */
		bool again; /* in this call: may still be found to be another one */
	} * found;
	struct guard at[];
};
static const char weak_meta = 'w';

/* Where the search for an object begins in `seen`. */
static uint32_t place_of(const struct guards *g, const void *object)
{
	return (uint32_t)((uint64_t)(uintptr_t)object * 0x9e3779b97f4a7c15u >> 40) & (g->nseen - 1);
}

/* ---- Building ---- */

static int number_of(const char *s, const char *const *names, int n)
{
	int i = 0;
	while (i < n && strcmp(s, names[i]) != 0) i++;
	return i;
}

/* The storage a tensor's bytes lie in: counted, or the userdata that holds them. */
static const void *root_of(lua_State *L, int idx, const struct tbox *b)
{
	if (b->t.st) return b->t.st;
	const void *root = b;
	if (lua_getiuservalue(L, idx, 1) == LUA_TUSERDATA) root = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return root;
}

/* The first slot whose tensor lies in this storage, as far as the list was read: `slot` when it is the first itself. */
static uint32_t first_of(struct guards *g, const void *root, uint32_t slot)
{
	uint32_t at = place_of(g, root);
	while (g->seen[at].object && g->seen[at].object != root) at = (at + 1) & (g->nseen - 1);
	if (!g->seen[at].object) g->seen[at] = (struct seen){root, slot};
	return g->seen[at].round;
}

/* The numbers of the unknown lengths, in field `lengths` of the row. */
static void read_lengths(lua_State *L, struct guards *g, int row, struct type *t)
{
	if (lua_getfield(L, row, "lengths") == LUA_TTABLE)
		for (int d = 0; d < t->rank; d++) {
			if (lua_rawgeti(L, -1, d + 1) == LUA_TNUMBER) {
				int number = (int)lua_tointeger(L, -1);
				t->dim[d] = length_number(number - 1);
				if (number > g->nlength) bind_error(L, "internal: an unknown length that its graph has not");
			}
			lua_pop(L, 1);
		}
	lua_pop(L, 1);
}

/* Field `watched` of the row: after how many calls it counts, for tensors with the dims in field `dims`. */
static void read_watched(lua_State *L, struct guards *g, int row, struct guard *q)
{
	if (lua_getfield(L, row, "watched") != LUA_TNIL) {
		g->enough = (uint32_t)lua_tointeger(L, -1);
		lua_getfield(L, row, "dims");
		q->watched = q->check == IS_TENSOR ? (uint32_t)lua_tointeger(L, -1) : 1;
		lua_pop(L, 1);
	}
	lua_getfield(L, row, "assumed");
	q->assumed = lua_toboolean(L, -1);
	lua_pop(L, 2);
}

/* The bits of the number at v. */
static uint64_t bits_of(lua_State *L, int v)
{
	lua_Number x = lua_tonumber(L, v);
	uint64_t bits = (uint64_t)lua_tointeger(L, v);
	if (!lua_isinteger(L, v)) memcpy(&bits, &x, sizeof bits);
	return bits;
}

/* Reads {source, base, key, check, expect} at `row` into guard i. Keys and expectations stay in two tables. */
static void read_row(lua_State *L, moon_context *c, struct guards *g, int i, int row, int keys, int expected)
{
	struct guard *q = &g->at[i];
	memset(q, 0, sizeof *q);
	for (int k = 1; k <= 5; k++) lua_rawgeti(L, row, k);
	int source = row + 1, base = row + 2, key = row + 3, check = row + 4, expect = row + 5;
	q->source = (uint8_t)number_of(lua_tostring(L, source), source_name, SOURCE_COUNT);
	q->check = (uint8_t)number_of(lua_tostring(L, check), check_name, CHECK_COUNT);
	if (q->source == SOURCE_COUNT || q->check == CHECK_COUNT) bind_error(L, "internal: an unknown guard");
	q->base = (uint32_t)lua_tointeger(L, base);
	if (q->source == FROM_UPVALUE || q->source == FROM_CELL || q->source == FROM_KEYED)
		q->number = (uint32_t)lua_tointeger(L, key);
	switch (q->check) {
	case IS_TENSOR: {
		struct tbox *b = bind_tensor(L, c, expect);
		trace_type(L, c, expect, &q->type);
		read_lengths(L, g, row, &q->type);
		q->contiguous = b->t.contiguous;
		memcpy(q->stride, b->t.stride, b->t.rank * sizeof *q->stride);
		q->root = root_of(L, expect, b);
		q->storage = first_of(g, q->root, (uint32_t)i);
		break;
	}
	case IS_INT:
		q->type.rank = 1;
		read_lengths(L, g, row, &q->type);
		break;
	case IS_RAW:
		if (lua_type(L, expect) != LUA_TNUMBER) break;
		q->check = lua_isinteger(L, expect) ? IS_INTEGER : IS_DOUBLE;
		q->bits = bits_of(L, expect);
		break;
	case IS_SAME:
	case IS_LENGTH: q->expect = lua_tointeger(L, expect); break;
	case IS_PLACE:
		lua_rawgeti(L, expect, 1);
		lua_rawgeti(L, expect, 2);
		q->expect = lua_tointeger(L, -2);
		q->type.dim[0] = lua_tointeger(L, -1);
		break;
	case IS_KEYS: q->expect = (int64_t)lua_rawlen(L, expect); break;
	case IS_FUNCTION: { /* the text's record comes after the expectations proper */
		uint32_t ordinal;
		if (!load_find(L, c, expect, &ordinal))
			bind_error(L, "internal: a function without a text is guarded by it");
		q->expect = ordinal;
		lua_rawseti(L, expected, g->n + i + 1);
		break;
	}
	}
	if (q->check == IS_KEYS) { /* a list of its own, which nobody else holds */
		lua_pushvalue(L, expect);
		lua_rawgetp(L, LUA_REGISTRYINDEX, &weak_meta);
		lua_setmetatable(L, -2);
		lua_rawseti(L, keys, i + 1);
	} else if (q->source == FROM_FIELD || q->source == FROM_CONST) {
		lua_pushvalue(L, key);
		lua_rawseti(L, keys, i + 1);
	}
	if (q->source == FROM_WEAK || q->check == IS_RAW || q->check == IS_FUNCTION) {
		lua_pushvalue(L, q->source == FROM_WEAK ? key : expect);
		lua_rawseti(L, expected, i + 1);
	}
	read_watched(L, g, row, q);
	lua_settop(L, row);
}

void guard_push(lua_State *L, moon_context *c, int list, int nargs, int nlength)
{
	int n = (int)lua_rawlen(L, list);
	uint32_t nseen = 4;
	while (nseen < 4 * (uint32_t)n) nseen *= 2;
	list = lua_absindex(L, list);
	luaL_checkstack(L, 16, "guards");
	struct guards *g = lua_newuserdatauv(L,
	                                     sizeof *g + (size_t)n * sizeof *g->at + nseen * sizeof *g->seen +
	                                         (size_t)nlength * (sizeof *g->length + sizeof *g->found),
	                                     ENTRY_VALUES);
	int box = lua_gettop(L);
	memset(g, 0, sizeof *g);
	g->n = n, g->nargs = nargs, g->nseen = nseen, g->nlength = nlength;
	g->seen = (struct seen *)(g->at + n);
	g->length = (int64_t *)(g->seen + nseen);
	g->found = (struct found *)(g->length + nlength);
	for (int i = 0; i < nlength; i++) g->found[i] = (struct found){0};
	memset(g->seen, 0, nseen * sizeof *g->seen);
	lua_createtable(L, n, 0);
	lua_createtable(L, n, 0);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &weak_meta);
	lua_setmetatable(L, -2);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, list, i + 1);
		read_row(L, c, g, i, box + 3, box + 1, box + 2);
		lua_pop(L, 1);
	}
	memset(g->seen, 0, nseen * sizeof *g->seen); /* it held the storages */
	lua_setiuservalue(L, box, ENTRY_EXPECTED);
	lua_setiuservalue(L, box, ENTRY_KEYS);
}

/* ---- Matching ---- */

/* False when the object was seen in this match before. */
static bool apart(struct guards *g, const void *object)
{
	uint32_t at = place_of(g, object);
	while (g->seen[at].round == g->round) {
		if (g->seen[at].object == object) return false;
		at = (at + 1) & (g->nseen - 1);
	}
	g->seen[at] = (struct seen){object, g->round};
	return true;
}

/* Equal subtype and bits for numbers; the same object else. */
static bool same_value(lua_State *L, int a, int b)
{
	if (lua_type(L, a) != LUA_TNUMBER) return lua_rawequal(L, a, b);
	if (lua_type(L, b) != LUA_TNUMBER || lua_isinteger(L, a) != lua_isinteger(L, b)) return false;
	lua_Number x = lua_tonumber(L, a), y = lua_tonumber(L, b);
	return lua_isinteger(L, a) ? lua_tointeger(L, a) == lua_tointeger(L, b) : memcmp(&x, &y, sizeof x) == 0;
}

static bool is_sequence(lua_State *L, int table)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, table), found = 0;
	for (lua_pushnil(L); lua_next(L, table);) {
		lua_pop(L, 1);
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) <= 0) continue;
		found++;
		if (lua_tointeger(L, -1) <= n) continue;
		lua_pop(L, 1);
		return false;
	}
	return found == n;
}

static bool same_keys(lua_State *L, int table, int list, int64_t count)
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
	return n == count;
}

static bool length_fits(struct guards *g, int64_t expected, int64_t dim)
{
	if (!length_unknown(expected)) return dim == expected;
	int64_t *length = &g->length[length_parts(expected).number];
	if (*length < 0) *length = dim;
	return *length == dim && dim >= g->least && dim <= g->most;
}

/* Notes what a watched slot holds in this call. */
static void watch(struct guard *q, uint64_t bits)
{
	if (bits != q->bits) q->same = 0;
	q->bits = bits;
	q->same += q->same < UINT32_MAX;
}

/* (Two lists of lengths with one sum of this kind only cost a graph that is of no use.) */
static void watch_lengths(struct guard *q, const struct tensor *t)
{
	uint64_t bits = 0;
	for (int i = 0; i < t->rank; i++)
		if (q->watched >> i & 1) bits = bits * 0x9e3779b97f4a7c15u + (uint64_t)t->dim[i];
	watch(q, bits);
}

static bool tensor_fits(lua_State *L, moon_context *c, struct guards *g, struct guard *q, int v)
{
	const struct tbox *b = bind_tensor(L, c, v);
	if (!b || b->ref || b->t.dtype != q->type.dtype || b->t.rank != q->type.rank) return false;
	for (int i = 0; i < q->type.rank; i++)
		if (!length_fits(g, q->type.dim[i], b->t.dim[i])) return false;
	if (b->t.contiguous != q->contiguous) return false;
	if (!q->contiguous && memcmp(b->t.stride, q->stride, b->t.rank * sizeof *q->stride) != 0) return false;
	if (q->watched) watch_lengths(q, &b->t);
	q->root = root_of(L, v, b);
	const struct guard *first = &g->at[q->storage];
	/* a storage is an odd address here: a small tensor is its own */
	if (first != q) return q->root == first->root && apart(g, b);
	return apart(g, b) && apart(g, (const char *)q->root + 1);
}

static bool place_fits(lua_State *L, moon_context *c, const struct guard *q, int v)
{
	int64_t n, at = trace_place(L, c, v, &n);
	lua_pop(L, 1);
	return at == q->expect && n == q->type.dim[0];
}

/* A function of the same text. The one that came last is expected first: looking at its text takes longer. */
static bool function_fits(lua_State *L, moon_context *c, struct guards *g, const struct guard *q, int i, int v,
                          int expected)
{
	uint32_t ordinal;
	if (lua_type(L, v) != LUA_TFUNCTION) return false;
	lua_rawgeti(L, expected, i + 1);
	bool same = lua_rawequal(L, v, -1);
	lua_pop(L, 1);
	if (!same) {
		if (!load_find(L, c, v, &ordinal)) return false;
		lua_rawgeti(L, expected, g->n + i + 1);
		g->stale = g->stale || lua_isnil(L, -1);
		same = ordinal == q->expect && lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
		if (!same) return false;
		lua_pushvalue(L, v);
		lua_rawseti(L, expected, i + 1);
		g->moved = true;
	}
	return apart(g, lua_topointer(L, v));
}

/* Pushes the value of slot i; slots start after stack index `first`. */
static void push_slot(lua_State *L, moon_context *c, const struct guard *q, int i, int arg, int first, int keys,
                      int expected)
{
	int base = first + (int)q->base;
	switch (q->source) {
	case FROM_ARG: lua_pushvalue(L, arg + (int)q->base - 1); return;
	case FROM_FIELD:
		lua_rawgeti(L, keys, i + 1);
		lua_rawget(L, base);
		return;
	case FROM_KEYED:
		lua_pushvalue(L, first + (int)q->number);
		lua_rawget(L, base);
		return;
	case FROM_UPVALUE:
		if (!lua_getupvalue(L, base, (int)q->number)) lua_pushnil(L);
		return;
	case FROM_CELL: lua_pushlightuserdata(L, lua_upvalueid(L, base, (int)q->number)); return;
	case FROM_META:
		if (!lua_getmetatable(L, base)) lua_pushnil(L);
		return;
	case FROM_CONST: lua_rawgeti(L, keys, i + 1); return;
	case FROM_OUTPUT: lua_getfield(L, LUA_REGISTRYINDEX, "_IO_output"); return; /* where liolib.c keeps it */
	case FROM_WEAK: lua_rawgeti(L, expected, i + 1); return;
	case FROM_BORDER: lua_pushinteger(L, (lua_Integer)lua_rawlen(L, base)); return;
	case FROM_WHOLE: trace_push_whole(L, c, base); return;
	case FROM_THREAD: lua_pushthread(L); return;
	case FROM_YIELDABLE: lua_pushboolean(L, c->yieldable); return;
	default: lua_pushvalue(L, base); return;
	}
}

static bool holds(lua_State *L, moon_context *c, struct guards *g, int i, int first, int keys, int expected)
{
	struct guard *q = &g->at[i];
	int v = first + i + 1;
	bool ok;
	switch (q->check) {
	case IS_NIL: return lua_isnil(L, v);
	case IS_PRESENT: return !lua_isnil(L, v);
	case IS_OBJECT: return lua_type(L, v) == LUA_TTABLE;
	case IS_TABLE: return lua_type(L, v) == LUA_TTABLE && apart(g, lua_topointer(L, v));
	case IS_TENSOR: return tensor_fits(L, c, g, q, v);
	case IS_FUNCTION: return function_fits(L, c, g, q, i, v, expected);
	case IS_APART: return apart(g, lua_touserdata(L, v));
	case IS_INT:
		if (q->watched && lua_isinteger(L, v)) watch(q, bits_of(L, v));
		return lua_isinteger(L, v) &&
		       (!length_unknown(q->type.dim[0]) || length_fits(g, q->type.dim[0], lua_tointeger(L, v)));
	case IS_FLOAT:
		ok = lua_type(L, v) == LUA_TNUMBER && !lua_isinteger(L, v);
		if (ok && q->watched) watch(q, bits_of(L, v));
		return ok;
	case IS_SAME: return lua_rawequal(L, v, first + (int)q->expect);
	case IS_RAW:
		g->stale = lua_rawgeti(L, expected, i + 1) == LUA_TNIL || g->stale;
		ok = lua_rawequal(L, v, -1) && !lua_isnil(L, -1);
		lua_pop(L, 1);
		return ok;
	case IS_INTEGER: return lua_isinteger(L, v) && bits_of(L, v) == q->bits;
	case IS_DOUBLE: return lua_type(L, v) == LUA_TNUMBER && !lua_isinteger(L, v) && bits_of(L, v) == q->bits;
	case IS_KEYS:
		lua_rawgeti(L, keys, i + 1);
		ok = lua_type(L, v) == LUA_TTABLE && same_keys(L, v, v + 1, q->expect);
		lua_pop(L, 1);
		return ok;
	case IS_PLACE: return place_fits(L, c, q, v);
	case IS_SEQUENCE: return lua_type(L, v) == LUA_TTABLE && is_sequence(L, v);
	case IS_LENGTH: return lua_type(L, v) == LUA_TTABLE && (lua_Integer)lua_rawlen(L, v) == q->expect;
	default: return true;
	}
}

int guard_match(lua_State *L, moon_context *c, int entry, int arg, int nargs)
{
	struct guards *g = lua_touserdata(L, entry);
	if (nargs != g->nargs) return GUARD_COUNT;
	luaL_checkstack(L, g->n + 16, "too many guards");
	lua_getiuservalue(L, entry, ENTRY_KEYS);
	lua_getiuservalue(L, entry, ENTRY_EXPECTED);
	int first = lua_gettop(L);
	if (++g->round == 0) memset(g->seen, 0, g->nseen * sizeof *g->seen), g->round = 1;
	if (g->joins != c->joins) g->moved = true;
	for (int i = 0; i < g->nlength; i++) g->length[i] = -1;
	for (int i = 0; i < g->n; i++) {
		if (g->at[i].source == FROM_CELL && !g->moved) {
			lua_pushnil(L);
			continue;
		}
		push_slot(L, c, &g->at[i], i, arg, first, first - 1, first);
		if (!holds(L, c, g, i, first, first - 1, first)) return i + 1;
	}
	g->moved = false;
	g->joins = c->joins;
	for (int i = 0; i < g->nlength; i++) {
		struct found *f = &g->found[i];
		f->again = g->length[i] < 0;
		if (f->again) g->length[i] = f->n ? f->n : g->least;
	}
	return 0;
}

static bool steady(const struct guards *g, const struct guard *q) { return q->watched && q->same > g->enough; }

bool guard_found(lua_State *L, int entry, int64_t number, int64_t n)
{
	struct guards *g = lua_touserdata(L, entry);
	if (number < 1 || number > g->nlength || n < g->least || n > g->most) return false;
	struct found *f = &g->found[number - 1];
	if (!f->again) return false;
	f->again = false;
	f->n = g->length[number - 1] = n;
	return true;
}

bool guard_served(lua_State *L, int entry)
{
	struct guards *g = lua_touserdata(L, entry);
	g->served++;
	if (!g->enough || ++g->calls < g->enough) return false;
	g->calls = 0;
	for (int i = 0; i < g->n; i++)
		if (steady(g, &g->at[i])) return true;
	return false;
}

bool guard_missed(lua_State *L, int entry, int failed)
{
	struct guards *g = lua_touserdata(L, entry);
	if (!g->special || failed == GUARD_COUNT || !g->at[failed - 1].assumed) return false;
	g->missed = failed;
	return true;
}

/* steady(entry) -> {slot, ...}: which of those that are watched have been the same for long, after a match; then, as a
   set, the lengths among them */
static int l_steady(lua_State *L)
{
	const struct guards *g = lua_touserdata(L, 1);
	lua_Integer n = 0;
	lua_newtable(L);
	lua_newtable(L);
	for (int i = 0; i < g->n; i++) {
		const struct guard *q = &g->at[i];
		if (!steady(g, q)) continue;
		lua_pushinteger(L, i + 1);
		lua_rawseti(L, -3, ++n);
		for (int d = 0; d < q->type.rank; d++) {
			if (!(q->watched >> d & 1) || !length_unknown(q->type.dim[d])) continue;
			lua_pushboolean(L, 1);
			lua_rawseti(L, -2, g->length[length_parts(q->type.dim[d]).number]);
		}
	}
	return 2;
}

/* unwatch(entry, slot): it is not asked for any more; without a slot, nothing is */
static int l_unwatch(lua_State *L)
{
	struct guards *g = lua_touserdata(L, 1);
	if (lua_isnoneornil(L, 2)) g->enough = 0;
	else g->at[lua_tointeger(L, 2) - 1].watched = 0;
	return 0;
}

/* missed(entry) -> the slot of an assumption of a special graph that has failed, or nil */
static int l_missed(lua_State *L)
{
	const struct guards *g = lua_touserdata(L, 1);
	if (!g->missed) return 0;
	lua_pushinteger(L, g->missed);
	return 1;
}

/* served(entry [, special]) -> the number of calls that ran it; special: it is one for what was the same for long */
static int l_served(lua_State *L)
{
	struct guards *g = lua_touserdata(L, 1);
	if (lua_toboolean(L, 2)) g->special = true;
	lua_pushinteger(L, (lua_Integer)g->served);
	return 1;
}

/* found(entry, number, n): a run would find that the unknown length is n */
static int l_found(lua_State *L)
{
	struct guards *g = lua_touserdata(L, 1);
	g->found[lua_tointeger(L, 2) - 1].n = lua_tointeger(L, 3);
	return 0;
}

bool guard_stale(lua_State *L, int entry) { return ((struct guards *)lua_touserdata(L, entry))->stale; }
void guard_length_range(lua_State *L, int entry, int64_t least, int64_t most)
{
	struct guards *g = lua_touserdata(L, entry);
	g->least = least;
	g->most = most;
}

const int64_t *guard_lengths(lua_State *L, int entry, int *n)
{
	const struct guards *g = lua_touserdata(L, entry);
	*n = g->nlength;
	return g->length;
}

int guard_slots(lua_State *L, int entry) { return ((struct guards *)lua_touserdata(L, entry))->n; }

/* guard(entry, number) -> the name of the check, and what it expects: a value, a type's text, a slot's number. */
static int l_guard(lua_State *L)
{
	moon_context *c = bind_self(L);
	const struct guards *g = lua_touserdata(L, 1);
	int i = (int)lua_tointeger(L, 2) - 1;
	struct buf b;
	lua_Number x;
	if (i < 0 || i >= g->n) return 0;
	lua_pushstring(L, check_name[g->at[i].check]);
	switch (g->at[i].check) {
	case IS_INTEGER: lua_pushinteger(L, (lua_Integer)g->at[i].bits); return 2;
	case IS_DOUBLE:
		memcpy(&x, &g->at[i].bits, sizeof x);
		lua_pushnumber(L, x);
		return 2;
	case IS_RAW:
	case IS_FUNCTION:
		lua_getiuservalue(L, 1, ENTRY_EXPECTED);
		lua_rawgeti(L, -1, i + 1);
		return lua_replace(L, -2), 2;
	case IS_SAME: return lua_pushinteger(L, g->at[i].expect), 2;
	case IS_LENGTH: return lua_pushinteger(L, g->at[i].expect), 2;
	case IS_TENSOR:
		buf_init(&b, &c->mem);
		type_put(&b, &g->at[i].type);
		bind_push_buf(L, &b);
		return 2;
	default: return 1;
	}
}

void trace_open_guard(lua_State *L, moon_context *c)
{
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &weak_meta);
	bind_reg(L, c, "guard", l_guard);
	bind_reg(L, c, "served", l_served);
	bind_reg(L, c, "steady", l_steady);
	bind_reg(L, c, "unwatch", l_unwatch);
	bind_reg(L, c, "missed", l_missed);
	bind_reg(L, c, "found", l_found);
}
