/* Objects: tables of the caller's that a graph knows only when it runs, such as the nodes of a tree. To the graph an
   object is an integer, its number among the tables that the run has met; a field of it is read by a host call of a
   negative number. Reading is raw, but for chains of `__index` that are tables, so no function of the script's runs
   and nothing can change on the way.

   What a field may hold is known to the graph: a list of alternatives. The read gives the number of the one it met
   (when there are several) and a value for each that has one. Anything else stops the run.

   Writes of a graph become real late. So a table that it writes otherwise is never an object of its runs. */
#include <stdio.h>
#include <string.h>
#include "bind/object.h"
#include "bind/hostcall.h"

enum read_kind {
	READ_FIELD,  /* of the key `key` */
	READ_AT,     /* of the integer key that is the second operand */
	READ_LENGTH, /* # */
	READ_SAME,   /* whether two objects are the same, without an __eq */
	READ_BARE,   /* nothing: the object has no metatable */
	READ_COUNT
};
enum what { IS_NIL, IS_BOOL, IS_INT, IS_FLOAT, IS_TABLE, IS_TEXT, IS_CONST, IS_TENSOR, WHAT_COUNT };
static const char *const read_name[READ_COUNT] = {"field", "at", "length", "same", "bare"};
static const char *const what_name[WHAT_COUNT] = {"nil", "bool", "int", "float", "object", "text", "const", "tensor"};

struct alternative {
	uint8_t what;
	int at;            /* which of the results holds it, or -1 */
	uint32_t constant; /* place in the table of keys */
	struct type type;
	struct tensor zero; /* of a tensor: what the result is when it is another alternative */
};
struct read {
	uint8_t kind;
	bool tagged, tensors;     /* is there a tag; are there tensors among the alternatives? */
	uint32_t key;             /* place in the table of keys */
	int8_t of_what[IS_CONST]; /* the number of the alternative, or -1 */
	uint32_t nconst, nalt;
	struct alternative *alt;
	const char *name, *made_for; /* for messages; anchored in the table of keys */
};
struct met {
	const void *table;
	uint32_t round; /* the entry is of this run */
	int64_t number; /* 0: a table that the graph writes */
};
struct objects {
	struct mem *mem;
	bool shared; /* reads, inputs and slots are another's */
	uint8_t end; /* enum object_end */
	struct read *read;
	uint32_t nread, nwritten;
	uint32_t *written; /* slots */
	bool *input;
	int ninput;
	int64_t n, room; /* tables of this run; how many the list has room for */
	struct met *met; /* hashed by address; nmet is a power of 2 */
	uint32_t nmet, used, round;
	int keys, key_of, list, run, first; /* stack indexes; key_of: of the first read's key, those of others follow */
	int64_t current; /* the object right above the list, where nothing else lies while a graph runs; or 0 */
};
enum { KEY_INDEX = 1, KEY_EQ, KEY_LEN };
enum { LINKS_MOST = 2000 }; /* of a chain of __index, as in Lua */

/* ---- Building ---- */

static void *must(lua_State *L, struct mem *m, size_t bytes)
{
	void *p = mem_zero(m, bytes);
	struct err e;
	if (p) return p;
	fail_memory(&e, bytes);
	bind_raise(L, &e);
}

static int number_of(const char *s, const char *const *names, int n)
{
	int i = 0;
	while (i < n && strcmp(s, names[i]) != 0) i++;
	return i;
}

/* The value at the top becomes one of the table of keys. */
static uint32_t keep(lua_State *L, int keys)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, keys) + 1;
	lua_rawseti(L, keys, n);
	return (uint32_t)n;
}

/* {what, constant or {dtype, dims...}} at the top */
static void read_alternative(lua_State *L, struct objects *o, struct read *r, int k, int keys, int *nout)
{
	struct alternative *a = &r->alt[k];
	struct err e;
	lua_rawgeti(L, -1, 1);
	a->what = (uint8_t)number_of(lua_tostring(L, -1), what_name, WHAT_COUNT);
	lua_pop(L, 1);
	if (a->what == WHAT_COUNT) bind_error(L, "internal: an unknown alternative of a field");
	a->at = a->what == IS_NIL || a->what == IS_CONST ? -1 : (*nout)++;
	if (a->what < IS_CONST) {
		r->of_what[a->what] = (int8_t)k;
		return;
	}
	lua_rawgeti(L, -1, 2);
	if (a->what == IS_CONST) {
		r->nconst++;
		a->constant = keep(L, keys);
		return;
	}
	hostcall_type(L, lua_gettop(L), &a->type);
	lua_pop(L, 1);
	struct tensor *z = &a->zero;
	if (!tensor_shape(z, a->type.dtype, a->type.rank, a->type.dim, &e) || !tensor_alloc(o->mem, z, &e))
		bind_raise(L, &e);
	memset(z->data, 0, tensor_bytes(z));
}

static const char *text_field(lua_State *L, const char *name, int keys)
{
	if (lua_getfield(L, -1, name) != LUA_TSTRING) return lua_pop(L, 1), "";
	const char *s = lua_tostring(L, -1);
	keep(L, keys);
	return s;
}

/* { kind =, key =, alts = { ... }, name =, made_for = } at the top */
static void read_read(lua_State *L, struct objects *o, struct read *r, int keys)
{
	memset(r->of_what, -1, sizeof r->of_what);
	lua_getfield(L, -1, "kind");
	r->kind = (uint8_t)number_of(lua_tostring(L, -1), read_name, READ_COUNT);
	lua_pop(L, 1);
	r->name = text_field(L, "name", keys);
	r->made_for = text_field(L, "made_for", keys);
	lua_getfield(L, -1, "key");
	if (r->kind == READ_FIELD) r->key = keep(L, keys);
	else lua_pop(L, 1);
	if (lua_getfield(L, -1, "alts") == LUA_TTABLE) {
		uint32_t n = (uint32_t)lua_rawlen(L, -1);
		r->alt = must(L, o->mem, (n + 1) * sizeof *r->alt);
		r->nalt = n;
		r->tagged = n > 1;
		int nout = r->tagged;
		for (uint32_t k = 0; k < n; k++) {
			lua_rawgeti(L, -1, k + 1);
			read_alternative(L, o, r, (int)k, keys, &nout);
			lua_pop(L, 1);
		}
	}
	lua_pop(L, 1);
}

struct objects *object_new(struct mem *m)
{
	struct objects *o = mem_zero(m, sizeof *o);
	if (o) o->mem = m;
	return o;
}

void object_fill(lua_State *L, struct objects *o, int lists, int ninput, int keys)
{
	static const char *const event[] = {"__index", "__eq", "__len"};
	for (size_t i = 0; i < COUNT_OF(event); i++) {
		lua_pushstring(L, event[i]);
		keep(L, keys);
	}
	uint32_t n = (uint32_t)lua_rawlen(L, lists), nwritten = (uint32_t)lua_rawlen(L, lists + 2);
	o->read = must(L, o->mem, (n + 1) * sizeof *o->read);
	o->nread = n;
	for (uint32_t i = 0; i < n; i++) {
		lua_rawgeti(L, lists, i + 1);
		read_read(L, o, &o->read[i], keys);
		lua_pop(L, 1);
	}
	o->input = must(L, o->mem, (size_t)ninput + 1);
	o->ninput = ninput;
	for (lua_Integer i = 1; lua_rawgeti(L, lists + 1, i) == LUA_TNUMBER; i++) {
		o->input[lua_tointeger(L, -1) - 1] = true;
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	o->written = must(L, o->mem, (nwritten + 1) * sizeof *o->written);
	o->nwritten = nwritten;
	for (uint32_t i = 0; i < nwritten; i++) {
		lua_rawgeti(L, lists + 2, i + 1);
		o->written[i] = (uint32_t)lua_tointeger(L, -1);
		lua_pop(L, 1);
	}
}

struct objects *object_share(struct mem *m, const struct objects *from)
{
	struct objects *o = mem_new(m, sizeof *o);
	if (!o) return NULL;
	*o = *from;
	o->shared = true;
	o->met = NULL;
	o->nmet = o->round = 0;
	o->room = 0;
	return o;
}

void object_free(struct objects *o)
{
	struct mem *m = o->mem;
	if (o->met) mem_free(m, o->met, o->nmet * sizeof *o->met);
	if (!o->shared) {
		for (uint32_t i = 0; o->read && i < o->nread; i++) {
			struct read *r = &o->read[i];
			for (uint32_t k = 0; k < r->nalt; k++)
				if (r->alt[k].zero.st) storage_unref(r->alt[k].zero.st);
			if (r->alt) mem_free(m, r->alt, (r->nalt + 1) * sizeof *r->alt);
		}
		if (o->read) mem_free(m, o->read, (o->nread + 1) * sizeof *o->read);
		if (o->input) mem_free(m, o->input, (size_t)o->ninput + 1);
		if (o->written) mem_free(m, o->written, (o->nwritten + 1) * sizeof *o->written);
	}
	mem_free(m, o, sizeof *o);
}

/* ---- The tables of a run ---- */

static uint32_t place_of(const struct objects *o, const void *table)
{
	uint32_t at = (uint32_t)((uint64_t)(uintptr_t)table * 0x9e3779b97f4a7c15u >> 32) & (o->nmet - 1);
	while (o->met[at].round == o->round && o->met[at].table != table) at = (at + 1) & (o->nmet - 1);
	return at;
}

static bool grow_met(struct objects *o, struct err *e)
{
	struct met *old = o->met;
	uint32_t n = o->nmet, more = n ? 2 * n : 64;
	struct met *met = mem_zero(o->mem, more * sizeof *met);
	if (!met) return fail_memory(e, more * sizeof *met);
	o->met = met;
	o->nmet = more;
	for (uint32_t i = 0; i < n; i++)
		if (old[i].round == o->round) met[place_of(o, old[i].table)] = old[i];
	if (old) mem_free(o->mem, old, n * sizeof *old);
	return true;
}

static bool add_met(struct objects *o, const void *table, int64_t number, struct err *e)
{
	if (2 * o->used >= o->nmet && !grow_met(o, e)) return false;
	struct met *m = &o->met[place_of(o, table)];
	if (m->round != o->round) o->used++;
	*m = (struct met){table, o->round, number};
	return true;
}

void object_begin(lua_State *L, struct objects *o, int keys, int run, int first)
{
	struct err e;
	luaL_checkstack(L, (int)o->nread + LUA_MINSTACK, "reads of objects");
	o->key_of = lua_gettop(L) + 1;
	for (uint32_t i = 0; i < o->nread; i++) lua_rawgeti(L, keys, o->read[i].key);
	lua_createtable(L, o->room > 0 ? (int)o->room : 16, 0);
	if (o->room == 0) o->room = 16;
	lua_pushvalue(L, -1);
	lua_setfield(L, run, "nodes");
	o->keys = keys, o->list = lua_gettop(L), o->run = run, o->first = first;
	o->n = 0, o->used = 0, o->current = 0, o->end = OBJECT_FINE;
	if (++o->round == 0) {
		if (o->met) memset(o->met, 0, o->nmet * sizeof *o->met);
		o->round = 1;
	}
	for (uint32_t i = 0; i < o->nwritten; i++) {
		int at = first + (int)o->written[i];
		if (lua_type(L, at) == LUA_TTABLE && !add_met(o, lua_topointer(L, at), 0, &e)) bind_raise(L, &e);
	}
}

bool object_input(const struct objects *o, int input) { return o->input[input]; }
enum object_end object_end(const struct objects *o) { return (enum object_end)o->end; }

/* 1: the list, 2: the run's table, 3: how many there is to be room for -> a list of the same with that room */
static int longer_list(lua_State *L)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
	lua_createtable(L, (int)lua_tointeger(L, 3), 0);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, 1, i);
		lua_rawseti(L, 4, i);
	}
	lua_pushvalue(L, 4);
	lua_setfield(L, 2, "nodes");
	return 1;
}

static bool grow_list(lua_State *L, struct objects *o, struct err *e)
{
	if (o->room > INT32_MAX / 4) return fail_memory(e, (size_t)o->room);
	lua_pushcfunction(L, longer_list);
	lua_pushvalue(L, o->list);
	lua_pushvalue(L, o->run);
	lua_pushinteger(L, 4 * o->room);
	if (lua_pcall(L, 3, 1, 0) != LUA_OK) {
		lua_pop(L, 1);
		return fail_memory(e, (size_t)o->room * 4 * sizeof(void *));
	}
	lua_replace(L, o->list);
	o->room *= 4;
	return true;
}

static bool fail_written(struct err *e)
{
	return fail(e, "can't stage this read: the staged function writes to this table or tensor by another "
	               "name; write it outside of the staged function");
}

/* The number of the table at the top. */
static bool number_of_top(lua_State *L, struct objects *o, int64_t *number, struct err *e)
{
	const void *table = lua_topointer(L, -1);
	if (2 * o->used >= o->nmet && !grow_met(o, e)) return false;
	struct met *m = &o->met[place_of(o, table)];
	if (m->round == o->round) {
		*number = m->number;
		return m->number > 0 || fail_written(e);
	}
	if (o->n == o->room && !grow_list(L, o, e)) return false;
	*m = (struct met){table, o->round, ++o->n};
	o->used++;
	lua_pushvalue(L, -1);
	lua_rawseti(L, o->list, o->n); /* there is room: no memory is asked for */
	*number = o->n;
	return true;
}

bool object_number(lua_State *L, struct objects *o, int idx, int64_t *number, struct err *e)
{
	lua_pushvalue(L, idx);
	bool ok = number_of_top(L, o, number, e);
	lua_pop(L, 1);
	return ok;
}

/* ---- Reading ---- */

/* Pushes the event of the metatable of the table at the top, or false and pushes nothing. */
static bool push_event(lua_State *L, const struct objects *o, int event)
{
	if (!lua_getmetatable(L, -1)) return false;
	lua_rawgeti(L, o->keys, event);
	if (lua_rawget(L, -2) == LUA_TNIL) return lua_pop(L, 2), false;
	lua_remove(L, -2);
	return true;
}

/* Pushes the value of a field of the table at the top, and perhaps more below it: its type, or LUA_TNONE. */
static int push_field(lua_State *L, struct objects *o, const struct read *r, int64_t key, struct err *e)
{
	for (int links = 0; links < LINKS_MOST; links++) {
		int type;
		if (r->kind == READ_AT) {
			type = lua_rawgeti(L, -1, key);
		} else {
			lua_pushvalue(L, o->key_of + (int)(r - o->read));
			type = lua_rawget(L, -2);
		}
		if (type != LUA_TNIL) return type;
		lua_pop(L, 1);
		if (!push_event(L, o, KEY_INDEX)) return lua_pushnil(L), LUA_TNIL;
		if (links > 0) lua_remove(L, -2); /* the object itself stays */
		if (!lua_istable(L, -1)) {
			fail(e, "can't stage this read: the metatable of the object has an '__index' that is no table; "
			        "keep what it gives in fields");
			return LUA_TNONE;
		}
		const struct met *m = o->nmet ? &o->met[place_of(o, lua_topointer(L, -1))] : NULL;
		if (m && m->round == o->round && !m->number) return fail_written(e), LUA_TNONE;
	}
	return fail(e, "'__index' chain too long; possible loop"), LUA_TNONE;
}

/* The number of the alternative that the value at the top, of that type, is, or -1. */
static int alternative_of(lua_State *L, moon_context *c, const struct objects *o, const struct read *r, int type)
{
	int k = -1;
	switch (type) {
	case LUA_TNIL: return r->of_what[IS_NIL];
	case LUA_TBOOLEAN: return r->of_what[IS_BOOL];
	case LUA_TTABLE: return r->of_what[IS_TABLE];
	case LUA_TNUMBER: return r->of_what[lua_isinteger(L, -1) ? IS_INT : IS_FLOAT];
	case LUA_TSTRING: k = r->of_what[IS_TEXT]; break;
	default: break;
	}
	struct tbox *b = type == LUA_TUSERDATA ? bind_tensor(L, c, -1) : NULL;
	for (uint32_t i = 0; k < 0 && (b || r->nconst) && i < r->nalt; i++) {
		const struct alternative *a = &r->alt[i];
		if (a->what == IS_CONST) {
			lua_rawgeti(L, o->keys, a->constant);
			if (lua_rawequal(L, -1, -2)) k = (int)i;
			lua_pop(L, 1);
		} else if (b && a->what == IS_TENSOR && !b->ref && b->t.dtype == a->type.dtype &&
		           tensor_same_shape(&b->t, &a->zero)) {
			k = (int)i;
		}
	}
	return k;
}

/* 1: the run's table, 2: number of the read, 3: the value */
static int note_met(lua_State *L)
{
	lua_createtable(L, 2, 0);
	lua_insert(L, 2);
	lua_rawseti(L, 2, 2);
	lua_rawseti(L, 2, 1);
	lua_setfield(L, 1, "met");
	return 0;
}

static const char *said(lua_State *L, moon_context *c, char text[SHAPE_TEXT + 16])
{
	struct tbox *b = bind_tensor(L, c, -1);
	char shape[SHAPE_TEXT];
	if (b)
		snprintf(text, SHAPE_TEXT + 16, "a tensor %s%s", dtype_name[b->t.dtype],
		         shape_text(shape, b->t.rank, b->t.dim));
	else if (lua_isnil(L, -1)) return "nil";
	else if (lua_type(L, -1) == LUA_TNUMBER) return lua_isinteger(L, -1) ? "an integer" : "a float";
	else snprintf(text, SHAPE_TEXT, "a %s", luaL_typename(L, -1));
	return text;
}

/* The value at the top is none of the alternatives. */
static bool unfit(lua_State *L, moon_context *c, struct objects *o, int64_t number, struct err *e)
{
	const struct read *r = &o->read[number];
	char text[SHAPE_TEXT + 16];
	fail(e,
	     "can't stage this read: %s is %s, and the graph was made for %s; it can't be made again, since this call "
	     "has had effects",
	     r->name, said(L, c, text), r->made_for);
	lua_pushcfunction(L, note_met);
	lua_pushvalue(L, o->run);
	lua_pushinteger(L, number + 1);
	lua_pushvalue(L, -4);
	if (lua_pcall(L, 3, 0, 0) != LUA_OK) return lua_pop(L, 1), fail_memory(e, 64);
	o->end = OBJECT_UNFIT;
	return false;
}

/* A tensor that the graph writes in place is not yet what it will be. */
static bool apart_from_written(lua_State *L, moon_context *c, const struct objects *o, const struct tensor *t,
                               struct err *e)
{
	for (uint32_t i = 0; i < o->nwritten; i++) {
		const struct tbox *b = bind_tensor(L, c, o->first + (int)o->written[i]);
		if (b && tensor_overlap(&b->t, t)) return fail_written(e);
	}
	return true;
}

/* Where a read gets its operands and puts its results: numbers, and tensors at the places of theirs. */
struct io {
	const union word *in;
	union word *out;
	struct tensor **tensor;
};

/* The value of the alternative, at the top, as a result. */
static bool take_value(lua_State *L, moon_context *c, struct objects *o, const struct alternative *a,
                       const struct io *io, struct err *e)
{
	union word *w = &io->out[a->at];
	switch (a->what) {
	case IS_BOOL: w->i = lua_toboolean(L, -1); return true;
	case IS_INT: w->i = lua_tointeger(L, -1); return true;
	case IS_FLOAT: w->f = lua_tonumber(L, -1); return true;
	case IS_TABLE: return number_of_top(L, o, &w->i, e);
	case IS_TEXT: return hostcall_string(L, o->run, &w->i, e);
	default:
		io->tensor[a->at] = &bind_tensor(L, c, -1)->t;
		return apart_from_written(L, c, o, io->tensor[a->at], e);
	}
}

static bool read_field(lua_State *L, moon_context *c, struct objects *o, int64_t number, const struct io *io,
                       struct err *e)
{
	const struct read *r = &o->read[number];
	int type = push_field(L, o, r, r->kind == READ_AT ? io->in[1].i : 0, e);
	if (type == LUA_TNONE) return false;
	int k = alternative_of(L, c, o, r, type);
	if (k < 0) return unfit(L, c, o, number, e);
	if (r->tagged) io->out[0].i = k + 1;
	const struct alternative *a = &r->alt[k];
	return a->at < 0 || take_value(L, c, o, a, io, e);
}

static bool has_event(lua_State *L, const struct objects *o, int64_t object, int event)
{
	lua_rawgeti(L, o->list, object);
	bool has = push_event(L, o, event);
	lua_pop(L, has ? 2 : 1);
	return has;
}

static bool read_other(lua_State *L, struct objects *o, const struct read *r, const struct io *io, struct err *e)
{
	switch (r->kind) {
	case READ_LENGTH:
		if (push_event(L, o, KEY_LEN))
			return fail(e, "can't stage this length: the metatable of the object has a '__len'; "
			               "keep the length in a field");
		io->out->i = (int64_t)lua_rawlen(L, -1);
		return true;
	case READ_SAME:
		io->out->i = io->in[0].i == io->in[1].i;
		if (!io->out->i && (has_event(L, o, io->in[0].i, KEY_EQ) || has_event(L, o, io->in[1].i, KEY_EQ)))
			return fail(e, "can't stage this comparison: the metatable of an object has an '__eq'; "
			               "compare fields, or use rawequal");
		return true;
	default:
		if (!lua_getmetatable(L, -1)) return true;
		return fail(e, "can't stage this operation: the object has a metatable; "
		               "call the function that does it by its name");
	}
}

static bool read_object(lua_State *L, moon_context *c, struct objects *o, int64_t number, const struct io *io,
                        struct err *e)
{
	const struct read *r = &o->read[number];
	bool ok;
	if (o->current != io->in[0].i) {
		lua_settop(L, o->list);
		lua_rawgeti(L, o->list, io->in[0].i);
		o->current = io->in[0].i;
	}
	if (o->current < 1 || o->current > o->n) ok = fail(e, "internal: no object of this run");
	else if (r->kind <= READ_AT) ok = read_field(L, c, o, number, io, e);
	else ok = read_other(L, o, r, io, e);
	lua_settop(L, o->list + 1);
	if (!ok && o->end == OBJECT_FINE && e->kind == ERR_RUN) o->end = OBJECT_REFUSED;
	return ok;
}

bool object_read(lua_State *L, moon_context *c, struct objects *o, int64_t number, const union word *in,
                 union word *out, struct err *e)
{
	return read_object(L, c, o, number, &(struct io){in, out, NULL}, e);
}

bool object_read_data(lua_State *L, moon_context *c, struct objects *o, int64_t number, const struct datum *in,
                      const struct type *want, struct datum *out, int nout, struct err *e)
{
	struct read *r = &o->read[number];
	struct tensor *tensor[READ_RESULTS] = {NULL};
	union word operand[READ_OPERANDS] = {in[0].w}, result[READ_RESULTS] = {{0}};
	if (r->kind == READ_AT || r->kind == READ_SAME) operand[1] = in[1].w;
	for (uint32_t k = 0; k < r->nalt; k++)
		if (r->alt[k].what == IS_TENSOR) tensor[r->alt[k].at] = &r->alt[k].zero;
	if (!read_object(L, c, o, number, &(struct io){operand, result, tensor}, e)) return false;
	for (int i = 0; i < nout; i++) out[i].kind = want[i].kind, out[i].w = result[i], out[i].in = tensor[i];
	return true;
}
