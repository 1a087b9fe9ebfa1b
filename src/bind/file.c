/* ms.save and ms.load: trees of tables with tensors, numbers, booleans and strings as leaves, in one
   .npz archive. Every tensor is a member named by its path ("layers/1/w.npy"), so that NumPy reads
   them. The member moonstage.tree says the rest as text, in the order of the sorted keys:

     value = "{" (key value)* "}"      a table; keys are scalars
           | "i" integer | "f" 16 hex digits (the bits of a float) | "b0" | "b1"
           | "s" length ":" bytes      a string
           | "a" length ":" name       a tensor, by its member's name
           | "r" number                the number-th table opened so far, again

   Spaces and newlines stand between these. An archive without that member loads as a table
   from name to tensor, a .npy file as a tensor. Neither runs any Lua code. */
#include "bind/tensor.h"
#include "io/io.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TREE "moonstage.tree"
#define FIRST_LINE "moonstage tree 1\n"
#define DEPTH 190 /* tables within tables */
#define NAME_MAX_LEN 1000

/* What must be released whatever happens: a to-be-closed value of the running function. */
struct job {
	moon_context *c;
	struct npz_writer *w;
	struct npz_reader *r;
	struct buf text, path; /* the tree; the path of the value at hand */
	int seen, names; /* stack indices: table -> number, false while it is open; tensor -> name and name -> true */
	int tables, depth;
	const char *file;
};
static const char job_key = 'j';

static int job_close(lua_State *L)
{
	struct job *j = lua_touserdata(L, 1);
	npz_discard(j->w);
	npz_close(j->r);
	buf_free(&j->text);
	buf_free(&j->path);
	j->w = NULL;
	j->r = NULL;
	return 0;
}

static struct job *push_job(lua_State *L, moon_context *c, const char *what)
{
	size_t n = 0;
	const char *file = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &n) : NULL;

	if (c->trace) trace_unsupported(L, c, what);
	if (!file) bind_error(L, "%s: the path must be a string, got %s", what, arg_type(L, 1));
	if (strlen(file) != n) bind_error(L, "%s: the path contains a zero byte", what);
	luaL_checkstack(L, 20, what);
	struct job *j = lua_newuserdatauv(L, sizeof *j, 0);
	memset(j, 0, sizeof *j);
	j->c = c;
	j->file = file;
	buf_init(&j->text, &c->mem);
	buf_init(&j->path, &c->mem);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &job_key);
	lua_setmetatable(L, -2);
	lua_toclose(L, -1);
	return j;
}

static _Noreturn void no_memory(lua_State *L)
{
	struct err e;
	fail_memory(&e, 0);
	bind_raise(L, &e);
}

/* ---- saving ---- */

/* Keys in a fixed order: integers, floats, strings, booleans. Nothing of the table changes meanwhile. */
struct key {
	enum { KEY_INT, KEY_FLOAT, KEY_STRING, KEY_BOOL } kind;
	union word w;
	const char *s;
	size_t n;
};

static int compare(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;

	if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
	if (a->kind == KEY_FLOAT) return (a->w.f > b->w.f) - (a->w.f < b->w.f);
	if (a->kind != KEY_STRING) return (a->w.i > b->w.i) - (a->w.i < b->w.i);
	int order = memcmp(a->s, b->s, a->n < b->n ? a->n : b->n);
	return order ? order : (a->n > b->n) - (a->n < b->n);
}

static const char *path_text(struct job *j) { return j->path.n ? j->path.s : "the value"; }

/* The scalar at idx as a key; false: it is none. */
static bool get_key(lua_State *L, int idx, struct key *k)
{
	memset(k, 0, sizeof *k);
	switch (lua_type(L, idx)) {
	case LUA_TNUMBER:
		k->kind = lua_isinteger(L, idx) ? KEY_INT : KEY_FLOAT;
		if (k->kind == KEY_INT) k->w.i = lua_tointeger(L, idx);
		else k->w.f = lua_tonumber(L, idx);
		return true;
	case LUA_TSTRING:
		k->kind = KEY_STRING;
		k->s = lua_tolstring(L, idx, &k->n);
		return true;
	case LUA_TBOOLEAN:
		k->kind = KEY_BOOL;
		k->w.i = lua_toboolean(L, idx);
		return true;
	default: return false;
	}
}

static void push_key(lua_State *L, const struct key *k)
{
	switch (k->kind) {
	case KEY_INT: lua_pushinteger(L, k->w.i); break;
	case KEY_FLOAT: lua_pushnumber(L, k->w.f); break;
	case KEY_STRING: lua_pushlstring(L, k->s, k->n); break;
	case KEY_BOOL: lua_pushboolean(L, (int)k->w.i);
	}
}

static void put_bytes(struct buf *b, char tag, const char *s, size_t n)
{
	buf_printf(b, "%c%zu:", tag, n);
	buf_put(b, s, n);
}

static void put_scalar(struct buf *b, const struct key *k)
{
	switch (k->kind) {
	case KEY_INT: buf_printf(b, "i%" PRId64, k->w.i); break;
	case KEY_FLOAT: buf_printf(b, "f%016" PRIx64, k->w.u); break;
	case KEY_STRING: put_bytes(b, 's', k->s, k->n); break;
	case KEY_BOOL: buf_puts(b, k->w.i ? "b1" : "b0");
	}
}

/* A step of the path. What would not be a plain file name is written as %XX. */
static void put_step(struct buf *b, const struct key *k)
{
	if (b->n) buf_putc(b, '/');
	if (k->kind == KEY_INT) buf_integer(b, k->w.i);
	else if (k->kind == KEY_FLOAT) buf_number(b, k->w.f);
	else if (k->kind == KEY_BOOL) buf_puts(b, k->w.i ? "true" : "false");
	else if (!k->n) buf_putc(b, '%');
	for (size_t i = 0; k->kind == KEY_STRING && i < k->n; i++) {
		unsigned char c = (unsigned char)k->s[i];
		bool plain =
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
		if (plain || (c == '.' && i > 0)) buf_putc(b, (char)c);
		else buf_printf(b, "%%%02X", c);
	}
}

/* Pushes a name no other member has: the path, followed by % and a number when it is taken. */
static void push_name(lua_State *L, struct job *j)
{
	const char *path = j->path.n ? j->path.s : "value";

	if (j->path.n > NAME_MAX_LEN) path = "long";
	lua_pushstring(L, path);
	for (lua_Integer i = 2; lua_pushvalue(L, -1), lua_rawget(L, j->names) != LUA_TNIL; i++) {
		lua_pop(L, 2);
		lua_pushfstring(L, "%s%%%I", path, i);
	}
	lua_pop(L, 1);
}

static void save_tensor(lua_State *L, struct job *j, const struct tbox *b)
{
	struct err e;
	size_t n;

	if (b->ref) trace_unsupported(L, j->c, "ms.save");
	lua_pushvalue(L, -1);
	if (lua_rawget(L, j->names) == LUA_TNIL) {
		lua_pop(L, 1);
		push_name(L, j);
		if (!npz_add(j->w, lua_tostring(L, -1), &b->t, &e)) bind_raise(L, &e);
		lua_pushvalue(L, -1);
		lua_pushboolean(L, 1);
		lua_rawset(L, j->names);
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, j->names);
	}
	const char *name = lua_tolstring(L, -1, &n);
	put_bytes(&j->text, 'a', name, n);
	lua_pop(L, 1);
}

static void save_value(lua_State *L, struct job *j);

static struct key *sorted_keys(lua_State *L, struct job *j, size_t *count)
{
	size_t n = 0;
	struct key *k;

	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) n++;
	*count = n;
	k = lua_newuserdatauv(L, (n + 1) * sizeof *k, 0);
	n = 0;
	for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1))
		if (!get_key(L, -2, &k[n++]))
			bind_error(L, "ms.save: %s has a key that is a %s, which a file cannot hold", path_text(j),
			           arg_type(L, -2));
	qsort(k, n, sizeof *k, compare);
	return k;
}

static void save_table(lua_State *L, struct job *j)
{
	size_t n, length = j->path.n;
	int table = lua_gettop(L);

	lua_pushvalue(L, table);
	switch (lua_rawget(L, j->seen)) {
	case LUA_TBOOLEAN: bind_error(L, "ms.save: %s is a table that contains itself", path_text(j));
	case LUA_TNUMBER:
		buf_printf(&j->text, "r%d", (int)lua_tointeger(L, -1));
		lua_pop(L, 1);
		return;
	default: lua_pop(L, 1);
	}
	if (lua_getmetatable(L, table))
		bind_error(L, "ms.save: %s is a table with a metatable, which a file cannot hold", path_text(j));
	if (j->depth++ >= DEPTH) bind_error(L, "ms.save: tables nested deeper than %d", DEPTH);
	luaL_checkstack(L, 20, "ms.save");
	lua_pushvalue(L, table);
	lua_pushboolean(L, 0);
	lua_rawset(L, j->seen);
	int number = ++j->tables;
	const struct key *k = sorted_keys(L, j, &n);
	buf_puts(&j->text, "{\n");
	for (size_t i = 0; i < n; i++) {
		put_step(&j->path, &k[i]);
		put_scalar(&j->text, &k[i]);
		buf_putc(&j->text, ' ');
		if (j->path.bad || j->text.bad) no_memory(L);
		push_key(L, &k[i]);
		lua_rawget(L, table);
		save_value(L, j);
		lua_pop(L, 1);
		j->path.n = length;
		if (j->path.s) j->path.s[length] = 0;
	}
	buf_putc(&j->text, '}');
	lua_settop(L, table);
	lua_pushvalue(L, table);
	lua_pushinteger(L, number);
	lua_rawset(L, j->seen);
	j->depth--;
}

/* The value at the top. */
static void save_value(lua_State *L, struct job *j)
{
	const struct tbox *b = bind_tensor(L, j->c, -1);
	struct key k;

	if (b) save_tensor(L, j, b);
	else if (lua_type(L, -1) == LUA_TTABLE) save_table(L, j);
	else if (get_key(L, -1, &k)) put_scalar(&j->text, &k);
	else bind_error(L, "ms.save: %s is a %s, which a file cannot hold", path_text(j), arg_type(L, -1));
	buf_putc(&j->text, '\n');
}

static bool ends_npy(const char *s)
{
	size_t n = strlen(s);
	return n >= 4 && !strcmp(s + n - 4, ".npy");
}

/* save(path, value) */
static int l_save(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct err e;

	if (lua_gettop(L) < 2) bind_error(L, "ms.save: a path and a value expected");
	lua_settop(L, 2);
	struct job *j = push_job(L, c, "ms.save");
	if (ends_npy(j->file)) {
		const struct tbox *b = bind_tensor(L, c, 2);
		if (!b) bind_error(L, "ms.save: a .npy file holds one tensor, not a %s", arg_type(L, 2));
		if (b->ref) trace_unsupported(L, c, "ms.save");
		if (!npy_save(&c->mem, j->file, &b->t, &e)) bind_raise(L, &e);
		return 0;
	}
	lua_newtable(L);
	j->seen = lua_gettop(L);
	lua_newtable(L);
	j->names = lua_gettop(L);
	if (!(j->w = npz_create(&c->mem, j->file, &e))) bind_raise(L, &e);
	buf_puts(&j->text, FIRST_LINE);
	lua_pushvalue(L, 2);
	save_value(L, j);
	if (j->text.bad) no_memory(L);
	if (!npz_add_text(j->w, TREE, j->text.s, j->text.n, &e) || !npz_finish(j->w, &e)) bind_raise(L, &e);
	return 0;
}

/* ---- loading ---- */

struct tree {
	lua_State *L;
	struct job *j;
	const char *s, *end;
	int tensors, tables; /* stack indices: name -> tensor, number -> table */
};

static _Noreturn void malformed(struct tree *t)
{
	bind_error(t->L, "%s: '%s': malformed at byte %d", t->j->file, TREE, (int)(t->s - t->j->text.s));
}

static char next_char(struct tree *t)
{
	while (t->s < t->end && (*t->s == ' ' || *t->s == '\n')) t->s++;
	if (t->s == t->end) malformed(t);
	return *t->s++;
}

static int64_t read_integer(struct tree *t)
{
	bool minus = t->s < t->end && *t->s == '-';
	int64_t v = 0;
	const char *first = t->s += minus;

	for (; t->s < t->end && *t->s >= '0' && *t->s <= '9'; t->s++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, *t->s - '0', &v)) malformed(t);
	if (t->s == first || (!minus && v == INT64_MIN)) malformed(t);
	return minus ? v : -v;
}

static double read_float(struct tree *t)
{
	union word w = {.u = 0};

	for (int i = 0; i < 16; i++, t->s++) {
		char c = t->s < t->end ? *t->s : 0;
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) malformed(t);
		w.u = w.u << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return w.f;
}

static void push_bytes(struct tree *t)
{
	int64_t n = read_integer(t);

	if (t->s == t->end || *t->s++ != ':' || n < 0 || n > t->end - t->s) malformed(t);
	lua_pushlstring(t->L, t->s, (size_t)n);
	t->s += n;
}

static void push_scalar(struct tree *t, char tag)
{
	char b;

	switch (tag) {
	case 'i': lua_pushinteger(t->L, read_integer(t)); break;
	case 'f': lua_pushnumber(t->L, read_float(t)); break;
	case 's': push_bytes(t); break;
	case 'b':
		b = t->s < t->end ? *t->s++ : 0;
		if (b != '0' && b != '1') malformed(t);
		lua_pushboolean(t->L, b == '1');
		break;
	default: malformed(t);
	}
}

static void push_value(struct tree *t)
{
	lua_State *L = t->L;
	char tag = next_char(t);

	if (tag == 'a') {
		push_bytes(t);
		lua_pushvalue(L, -1);
		if (lua_rawget(L, t->tensors) == LUA_TNIL)
			bind_error(L, "%s: the tensor '%s' is missing", t->j->file, lua_tostring(L, -2));
		lua_remove(L, -2);
	} else if (tag == 'r') {
		int64_t n = read_integer(t);
		if (lua_rawgeti(L, t->tables, n) != LUA_TTABLE) malformed(t);
	} else if (tag == '{') {
		if (t->j->depth++ >= DEPTH) malformed(t);
		luaL_checkstack(L, 20, "ms.load");
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawseti(L, t->tables, ++t->j->tables);
		while ((tag = next_char(t)) != '}') {
			push_scalar(t, tag);
			if (lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) != lua_tonumber(L, -1)) malformed(t);
			push_value(t);
			lua_rawset(L, -3);
		}
		t->j->depth--;
	} else {
		push_scalar(t, tag);
	}
}

/* All arrays into a table from name to tensor, pushed. */
static void push_arrays(lua_State *L, struct job *j)
{
	struct npz_entry x;
	struct err e;

	lua_newtable(L);
	for (;;) {
		if (!npz_next(j->r, &x, &e)) bind_raise(L, &e);
		if (!x.name) return;
		bind_push_owned(L, j->c, &x.t);
		lua_pushstring(L, x.name);
		lua_insert(L, -2);
		lua_rawset(L, -3);
	}
}

/* load(path) -> the value */
static int l_load(lua_State *L)
{
	moon_context *c = bind_self(L);
	size_t first = strlen(FIRST_LINE);
	bool found;
	struct err e;

	lua_settop(L, 1);
	struct job *j = push_job(L, c, "ms.load");
	if (!(j->r = npz_open(&c->mem, j->file, &e))) bind_raise(L, &e);
	push_arrays(L, j);
	if (npz_is_lone(j->r)) {
		lua_pushliteral(L, "");
		lua_rawget(L, -2);
		return 1;
	}
	if (!npz_text(j->r, TREE, &j->text, &found, &e)) bind_raise(L, &e);
	if (!found) return 1;
	struct tree t = {.L = L, .j = j, .s = j->text.s, .end = j->text.s + j->text.n, .tensors = lua_gettop(L)};
	if (j->text.n < first || memcmp(t.s, FIRST_LINE, first))
		bind_error(L, "%s: '%s' is not of a version that can be read", j->file, TREE);
	t.s += first;
	lua_newtable(L);
	t.tables = lua_gettop(L);
	push_value(&t);
	while (t.s < t.end)
		if (*t.s++ != '\n') malformed(&t);
	return 1;
}

const struct bind_row rows_file[] = {
    {"save", l_save, 0, IN_MODULE, "ms.save(path, value)",
     "Writes a tensor, number, boolean, string or nested tables of these to a .npz file that NumPy can read too; "
     "a path that ends in .npy takes one tensor. The old file stays when anything fails."},
    {"load", l_load, 0, IN_MODULE, "ms.load(path)",
     "Reads what ms.save wrote. Another program's .npz gives a table from name to tensor, a .npy file a tensor."},
    {NULL, NULL, 0, 0, NULL, NULL}};

void bind_open_file(lua_State *L, moon_context *c)
{
	(void)c; /* the functions are in the table of rows */
	lua_createtable(L, 0, 2);
	lua_pushcfunction(L, job_close);
	lua_setfield(L, -2, "__gc");
	lua_pushcfunction(L, job_close);
	lua_setfield(L, -2, "__close");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &job_key);
}
