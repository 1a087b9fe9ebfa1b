/* Lua text in eager form. The edited text, wrapped, is compiled by stock; the inner function is
   dumped, marked (bytecode.h) and loaded again as a main chunk; then the cells of the edited
   code are joined. The mark, last upvalue of every function of the chunk, holds the chunk's
   record, so the record lives as long as one of them, and its name is the function's ordinal.
   Text that our parser refuses goes to stock, whose message is reported; text that stock
   refuses only after the edits (its limits) is loaded unedited. */
#include "bind/context.h"
#include "bind/auto.h"
#include "bind/eager.h"
#include "bind/bytecode.h"
#include "bind/source.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Boxes: memory of ours that Lua's collector frees ---- */

static int l_box_free(lua_State *L)
{
	struct load_box *x = lua_touserdata(L, 1);
	buf_free(&x->b);
	if (x->file && x->file != stdin) fclose(x->file);
	x->file = NULL;
	return 0;
}

struct load_box *load_push_box(lua_State *L, moon_context *c)
{
	static const char key;
	struct load_box *x = lua_newuserdatauv(L, sizeof *x, 0);
	buf_init(&x->b, &c->mem);
	x->file = NULL;
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushcfunction(L, l_box_free);
		lua_setfield(L, -2, "__gc");
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
	}
	lua_setmetatable(L, -2);
	return x;
}

/* The box's text becomes a string on the stack; its memory is given back at once. */
static void push_box_text(lua_State *L, struct load_box *x)
{
	lua_pushlstring(L, x->b.s ? x->b.s : "", x->b.n);
	buf_free(&x->b);
}

/* ---- Records ---- */

struct record {
	moon_context *c;
	struct chunk *chunk; /* NULL until asked for */
	bool unedited;       /* it has no eager form, though it needs one */
	bool stock;          /* stock loaded it: its functions are not in eager form */
	size_t nname, len;
	char *s; /* the name and the text */
};
static const char record_key, records_key; /* metatable; weak table of records by chunk name */

static int l_record_free(lua_State *L)
{
	struct record *r = lua_touserdata(L, 1);
	chunk_free(r->chunk);
	mem_free(&r->c->mem, r->s, r->nname + r->len + 2);
	r->chunk = NULL;
	r->s = NULL;
	return 0;
}

static struct record *push_record(lua_State *L, moon_context *c, const char *name, const char *text, size_t len)
{
	struct record *r = lua_newuserdatauv(L, sizeof *r, 2); /* remake.c keeps a table in 1, auto.c in AUTO_TABLE */
	*r = (struct record){.c = c};
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushcfunction(L, l_record_free);
		lua_setfield(L, -2, "__gc");
		lua_pushliteral(L, "chunk");
		lua_setfield(L, -2, "__name");
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &record_key);
	}
	lua_setmetatable(L, -2);
	size_t nname = strlen(name);
	r->s = mem_new(&c->mem, nname + len + 2);
	if (!r->s) return NULL;
	r->nname = nname;
	r->len = len;
	memcpy(r->s, name, nname + 1);
	memcpy(r->s + nname + 1, text, len);
	r->s[nname + 1 + len] = 0;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &records_key);
	lua_pushvalue(L, -2);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
	return r;
}

const char *load_text(lua_State *L, const char *short_name, size_t *len)
{
	int top = lua_gettop(L);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &records_key);
	for (lua_pushnil(L); lua_next(L, top + 1); lua_pop(L, 1)) {
		struct record *r = lua_touserdata(L, -1);
		lua_Debug ar;
		if (!r->s || luaL_loadbufferx(L, "", 0, r->s, "t") != LUA_OK) {
			lua_settop(L, top + 3);
			continue;
		}
		lua_getinfo(L, ">S", &ar);
		if (strcmp(ar.short_src, short_name) != 0) continue;
		*len = r->len;
		return r->s + r->nname + 1;
	}
	return NULL;
}

bool load_push_record(lua_State *L, moon_context *c, const char *name, const char *text, size_t len)
{
	struct record *r = push_record(L, c, name, text, len);
	if (!r) bind_error(L, "not enough memory");
	return r->stock = true;
}

static struct record *to_record(lua_State *L, int idx)
{
	if (lua_type(L, idx) != LUA_TUSERDATA || !lua_getmetatable(L, idx)) return NULL;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key);
	bool same = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return same ? lua_touserdata(L, idx) : NULL;
}

const char *load_record_text(lua_State *L, int idx, const char **name, size_t *n)
{
	struct record *r = to_record(L, idx);
	*name = r->s;
	*n = r->len;
	return r->s + r->nname + 1;
}

struct chunk *bind_chunk(lua_State *L, int idx)
{
	struct record *r = to_record(L, idx);
	struct err e;
	if (!r || !r->s) return NULL;
	if (!r->chunk && !(r->chunk = chunk_parse(&r->c->mem, r->s, r->s + r->nname + 1, r->len, &e)))
		bind_raise(L, &e);
	return r->chunk;
}

bool load_mark(lua_State *L, int f, int *n, uint32_t *ordinal)
{
	const char *name, *last = NULL;
	int count = 0;
	f = lua_absindex(L, f);
	if (!lua_isfunction(L, f) || lua_iscfunction(L, f)) return false;
	while ((name = lua_getupvalue(L, f, count + 1)) != NULL) {
		last = name;
		count++;
		lua_pop(L, 1);
	}
	if (!last || last[0] != '(' || last[1] < '0' || last[1] > '9') return false;
	lua_getupvalue(L, f, count);
	if (!to_record(L, -1)) {
		lua_pop(L, 1);
		return false;
	}
	*n = count;
	*ordinal = (uint32_t)strtoul(last + 1, NULL, 10);
	return true;
}

/* ---- bind_load ---- */

int load_write_box(lua_State *L, const void *p, size_t n, void *ud)
{
	struct load_box *x = ud;
	(void)L;
	buf_put(&x->b, p, n);
	return x->b.bad;
}

static int no_memory(lua_State *L)
{
	lua_pushliteral(L, "not enough memory");
	return LUA_ERRMEM;
}

/* The function at the top becomes one with marks; record at index `record`. guest, stuck: of bytecode_mark. */
static int mark(lua_State *L, moon_context *c, int record, const char *name, const char *guest, bool *stuck)
{
	int f = lua_gettop(L);
	struct load_box *raw = load_push_box(L, c), *marked = load_push_box(L, c);
	lua_pushvalue(L, f);
	lua_dump(L, load_write_box, raw, 0);
	lua_pop(L, 1);
	if (raw->b.bad) return no_memory(L);
	if (!bytecode_mark(raw->b.s, raw->b.n, guest, &marked->b, stuck)) {
		if (marked->b.bad) return no_memory(L);
		lua_pushvalue(L, f); /* 255 upvalues: stays as it is */
		return LUA_OK;
	}
	buf_free(&raw->b);
	int status = luaL_loadbufferx(L, marked->b.s, marked->b.n, name, "b");
	buf_free(&marked->b);
	if (status != LUA_OK) return status;
	int n = 1;
	while (lua_getupvalue(L, -1, n + 1) != NULL) {
		lua_pop(L, 1);
		n++;
	}
	lua_pushvalue(L, record);
	lua_setupvalue(L, -2, n);
	return LUA_OK;
}

/* Compiles the edited text in `box` and pushes the chunk's function, not yet marked; false: stock refuses it. */
static bool compile_edited(lua_State *L, struct load_box *x, const char *name)
{
	int status = luaL_loadbufferx(L, x->b.s, x->b.n, name, "t");
	buf_free(&x->b);
	if (status != LUA_OK) {
		lua_pop(L, 1);
		return false;
	}
	lua_call(L, 0, 1);
	return true;
}

/* As load_compile. *stuck: it must be done again, without functions that ask AUTO. */
static int compile(lua_State *L, moon_context *c, int record, const char *mode, bool autos, bool *stuck)
{
	struct record *r = to_record(L, record);
	const char *name = r->s, *text = r->s + r->nname + 1;
	int top = lua_gettop(L), status;
	struct eager_names names;
	struct err e;
	bool edited = false;
	struct load_box *x = load_push_box(L, c);
	struct chunk *ast = chunk_parse(&c->mem, name, text, r->len, &e);
	bool ok = ast != NULL && eager_rewrite(&c->mem, ast, autos, &names, &x->b, &edited, &e);
	bool deep = ast && ast->func[0]->node->depth > AST_DEPTH;
	uint32_t nfuncs = ast ? ast->nfuncs : 0;
	chunk_free(ast);
	*stuck = false;
	if (!ok && e.kind == ERR_MEMORY) status = no_memory(L);
	else if (!ok) status = luaL_loadbufferx(L, text, r->len, name, mode);
	else {
		bool needed = edited || deep;
		edited = edited && compile_edited(L, x, name);
		*stuck = autos && needed && !edited;
		r->unedited = needed && !edited;
		status = LUA_OK;
		if (!edited) {
			buf_free(&x->b);
			status = luaL_loadbufferx(L, text, r->len, name, mode);
		}
		bool lost = false;
		if (status == LUA_OK) status = mark(L, c, record, name, autos ? names.s[EAGER_RUN] : NULL, &lost);
		*stuck = *stuck || lost;
		if (status == LUA_OK && edited) {
			eager_join(L, c, lua_gettop(L), &names);
			if (autos) auto_join(L, c, record, lua_gettop(L), names.s[EAGER_AUTO], nfuncs);
		}
	}
	lua_replace(L, top + 1);
	lua_settop(L, top + 1);
	return status;
}

int load_compile(lua_State *L, moon_context *c, int record, const char *mode)
{
	struct record *r = to_record(L, record);
	bool stuck;
	if (r->stock) return luaL_loadbufferx(L, r->s + r->nname + 1, r->len, r->s, mode);
	int status = compile(L, c, record, mode, c->autos, &stuck);
	if (!stuck) return status;
	lua_pop(L, 1);
	return compile(L, c, record, mode, false, &stuck);
}

int bind_load(lua_State *L, moon_context *c, const char *text, size_t len, const char *chunkname, const char *mode)
{
	int base = lua_gettop(L), status;
	if ((len && *text == LUA_SIGNATURE[0]) || (mode && !strchr(mode, 't')))
		return luaL_loadbufferx(L, text, len, chunkname, mode);
	luaL_checkstack(L, 12, "chunk");
	if (!push_record(L, c, chunkname, text, len)) status = no_memory(L);
	else status = load_compile(L, c, base + 1, mode);
	lua_replace(L, base + 1);
	lua_settop(L, base + 1);
	return status;
}

/* ---- load, loadfile, dofile, require, string.dump ---- */

static int results(lua_State *L, int status, int env)
{
	if (status != LUA_OK) {
		lua_pushnil(L);
		lua_insert(L, -2);
		return 2;
	}
	if (env) {
		lua_pushvalue(L, env);
		if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
	}
	return 1;
}

/* The reader at 1 as stock's load has it; what it gives is kept in the box too. The piece stays at 5
   while stock parses it. */
static const char *next_piece(lua_State *L, void *ud, size_t *n)
{
	struct load_box *x = ud;
	luaL_checkstack(L, 2, "too many nested functions");
	lua_pushvalue(L, 1);
	lua_call(L, 0, 1);
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		*n = 0;
		return NULL;
	}
	if (!lua_isstring(L, -1)) luaL_error(L, "reader function must return a string");
	lua_replace(L, 5);
	const char *s = lua_tolstring(L, 5, n);
	buf_put(&x->b, s, *n);
	return s;
}

/* Stock reads and parses first, so that it calls the reader as often, and fails as it does. */
static int load_pieces(lua_State *L, moon_context *c, const char *name, const char *mode)
{
	lua_settop(L, 5);
	struct load_box *x = load_push_box(L, c);
	int status = lua_load(L, next_piece, x, name, mode);
	if (status != LUA_OK) return status;
	if (x->b.bad) return no_memory(L);
	if (x->b.n && *x->b.s == LUA_SIGNATURE[0]) return LUA_OK;
	lua_pop(L, 1);
	status = bind_load(L, c, x->b.s ? x->b.s : "", x->b.n, name, mode);
	buf_free(&x->b);
	return status;
}

static int l_load(lua_State *L)
{
	moon_context *c = eager_context(L);
	int env = lua_isnone(L, 4) ? 0 : 4;
	size_t n;
	const char *s = lua_tolstring(L, 1, &n), *mode = luaL_optstring(L, 3, "bt"), *name;
	if (s) {
		name = luaL_optstring(L, 2, s);
		return results(L, bind_load(L, c, s, n, name, mode), env);
	}
	name = luaL_optstring(L, 2, "=(load)");
	luaL_checktype(L, 1, LUA_TFUNCTION);
	return results(L, load_pieces(L, c, name, mode), env);
}

static int file_error(lua_State *L, const char *what, const char *name)
{
	const char *why = strerror(errno);
	lua_pushfstring(L, "cannot %s %s: %s", what, name + 1, why);
	return LUA_ERRFILE;
}

/* A byte order mark and a first line with # are no Lua; for text the line's end stays. */
void load_skip_start(const char **s, size_t *n)
{
	const char *p = *s, *end = p + *n;
	if (end - p >= 3 && !memcmp(p, "\xEF\xBB\xBF", 3)) p += 3;
	if (p < end && *p == '#') {
		while (p < end && *p != '\n') p++;
		if (end - p > 1 && p[1] == LUA_SIGNATURE[0]) p++;
	}
	*s = p;
	*n = (size_t)(end - p);
}

bool load_read_file(struct load_box *x, const char *path, const char **what)
{
	char part[1 << 13];
	size_t got;
	*what = "open";
	x->file = path ? fopen(path, "r") : stdin;
	if (!x->file) return false;
	*what = "read";
	while ((got = fread(part, 1, sizeof part, x->file)) > 0) buf_put(&x->b, part, got);
	bool failed = ferror(x->file);
	int why = errno;
	if (path) fclose(x->file);
	x->file = NULL;
	errno = why;
	return !failed;
}

/* Like luaL_loadfilex. */
static int load_file(lua_State *L, moon_context *c, const char *filename, const char *mode)
{
	int base = lua_gettop(L), status;
	const char *what, *name = filename ? lua_pushfstring(L, "@%s", filename) : lua_pushliteral(L, "=stdin");
	struct load_box *x = load_push_box(L, c);
	if (!load_read_file(x, filename, &what)) status = file_error(L, what, name);
	else if (x->b.bad) status = no_memory(L);
	else {
		const char *s = x->b.s ? x->b.s : "";
		size_t n = x->b.n;
		load_skip_start(&s, &n);
		status = bind_load(L, c, s, n, name, mode);
	}
	buf_free(&x->b);
	lua_replace(L, base + 1);
	lua_settop(L, base + 1);
	return status;
}

static int l_loadfile(lua_State *L)
{
	const char *name = luaL_optstring(L, 1, NULL), *mode = luaL_optstring(L, 2, NULL);
	int env = lua_isnone(L, 3) ? 0 : 3;
	return results(L, load_file(L, eager_context(L), name, mode), env);
}

static int after_dofile(lua_State *L, int status, lua_KContext unused)
{
	(void)status;
	(void)unused;
	return lua_gettop(L) - 1;
}

static int l_dofile(lua_State *L)
{
	const char *name = luaL_optstring(L, 1, NULL);
	lua_settop(L, 1);
	if (load_file(L, eager_context(L), name, NULL) != LUA_OK) return lua_error(L);
	lua_callk(L, 0, LUA_MULTRET, 0, after_dofile);
	return after_dofile(L, 0, 0);
}

/* The searcher for Lua files: upvalues context, package, stock package.searchpath. */
static int l_searcher(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	lua_pushvalue(L, lua_upvalueindex(3));
	lua_pushvalue(L, 1);
	lua_getfield(L, lua_upvalueindex(2), "path");
	if (!lua_tostring(L, -1)) return luaL_error(L, "'package.path' must be a string");
	lua_call(L, 2, 2);
	if (lua_isnil(L, -2)) return 1; /* the list of files tried */
	lua_pop(L, 1);
	const char *file = lua_tostring(L, -1);
	if (load_file(L, bind_self(L), file, NULL) == LUA_OK) {
		lua_pushvalue(L, -2);
		return 2;
	}
	return luaL_error(L, "error loading module '%s' from file '%s':\n\t%s", name, file, lua_tostring(L, -1));
}

static void replace_searcher(lua_State *L, moon_context *c)
{
	int top = lua_gettop(L);
	if (lua_getglobal(L, "package") == LUA_TTABLE && lua_getfield(L, top + 1, "searchers") == LUA_TTABLE &&
	    lua_rawgeti(L, top + 2, 2) == LUA_TFUNCTION && lua_iscfunction(L, -1)) {
		lua_pushlightuserdata(L, c);
		lua_pushvalue(L, top + 1);
		lua_getfield(L, top + 1, "searchpath");
		lua_pushcclosure(L, l_searcher, 3);
		lua_rawseti(L, top + 2, 2);
	}
	lua_settop(L, top);
}

/* string.dump gives the function of the original text. */
static int l_dump(lua_State *L)
{
	moon_context *c = eager_context(L);
	int n;
	uint32_t ordinal;
	bool strip = lua_toboolean(L, 2);
	if (!load_mark(L, 1, &n, &ordinal)) return eager_stock(L);
	struct record *r = to_record(L, -1);
	if (luaL_loadbufferx(L, r->s + r->nname + 1, r->len, r->s, "t") != LUA_OK) return lua_error(L);
	struct load_box *whole = load_push_box(L, c), *part = load_push_box(L, c);
	lua_pushvalue(L, -3);
	lua_dump(L, load_write_box, whole, strip);
	if (whole->b.bad || !bytecode_extract(whole->b.s, whole->b.n, ordinal, &part->b))
		return luaL_error(L, "unable to dump given function");
	push_box_text(L, part);
	buf_free(&whole->b);
	return 1;
}

void load_open(lua_State *L, moon_context *c)
{
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &records_key);
	eager_replace(L, c, NULL, "load", l_load);
	eager_replace(L, c, NULL, "loadfile", l_loadfile);
	eager_replace(L, c, NULL, "dofile", l_dofile);
	eager_replace(L, c, "string", "dump", l_dump);
	replace_searcher(L, c);
}

/* ---- For the prelude ---- */

bool load_find(lua_State *L, moon_context *c, int f, uint32_t *ordinal)
{
	int n;
	if (load_mark(L, f, &n, ordinal)) return true;
	if (c->own_state || !lua_isfunction(L, f) || lua_iscfunction(L, f)) return false;
	if (origin_find(L, c, f, ordinal)) return true;
	lua_pop(L, 1);
	return false;
}

/* find(f) -> record, ordinal, or nil and why not; nil and nil when it has no eager form for want of room. In a state of
   ours a function that is not in eager form stays refused, so that no condition means one thing in the eager run and
   another in the staged one. */
static int l_find(lua_State *L)
{
	moon_context *c = bind_self(L);
	int n;
	uint32_t ordinal;
	bool found = load_mark(L, 1, &n, &ordinal);
	if (!found && lua_iscfunction(L, 1)) lua_pushliteral(L, "a C function has no Lua text");
	else if (!found && c->own_state)
		lua_pushliteral(L, "its text is not known: it was not loaded by moonstage, or comes from a dump");
	else if (!found) found = origin_find(L, c, 1, &ordinal);
	else if (to_record(L, -1)->unedited || eager_full(bind_chunk(L, -1)->func[ordinal])) {
		lua_pushnil(L);
		found = false;
	}
	if (found) lua_pushinteger(L, ordinal);
	else {
		lua_pushnil(L);
		lua_insert(L, -2);
	}
	return 2;
}

static struct func *arg_func(lua_State *L)
{
	struct chunk *chunk = bind_chunk(L, 1);
	lua_Integer i = lua_tointeger(L, 2);
	if (!chunk || i < 0 || i >= chunk->nfuncs) bind_error(L, "no such function of a chunk");
	return chunk->func[i];
}

/* funcinfo(record, ordinal) -> {name, line, lastline, nparams, vararg, method, upvalues} */
static int l_funcinfo(lua_State *L)
{
	struct func *f = arg_func(L);
	lua_newtable(L);
	lua_pushstring(L, bind_chunk(L, 1)->name);
	lua_setfield(L, -2, "name");
	lua_pushinteger(L, f->line);
	lua_setfield(L, -2, "line");
	lua_pushinteger(L, f->lastline);
	lua_setfield(L, -2, "lastline");
	lua_pushinteger(L, f->nparams);
	lua_setfield(L, -2, "nparams");
	lua_pushboolean(L, f->vararg);
	lua_setfield(L, -2, "vararg");
	lua_pushboolean(L, f->method);
	lua_setfield(L, -2, "method");
	lua_createtable(L, (int)f->nupvalues, 0);
	for (uint32_t i = 0; i < f->nupvalues; i++) {
		lua_pushlstring(L, f->upvalue[i].name->s, f->upvalue[i].name->len);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "upvalues");
	return 1;
}

/* eager_text(text, name), ast_text(text, name) -> text, or nil and the message */
static int show(lua_State *L, bool ast)
{
	moon_context *c = bind_self(L);
	size_t n;
	const char *s = luaL_checklstring(L, 1, &n), *name = luaL_optstring(L, 2, s);
	struct load_box *x = load_push_box(L, c);
	struct eager_names names;
	struct err e;
	bool edited;
	struct chunk *chunk = chunk_parse(&c->mem, name, s, n, &e);
	bool ok = chunk != NULL;
	if (ok && !ast) ok = eager_rewrite(&c->mem, chunk, c->autos, &names, &x->b, &edited, &e);
	else if (ok) ast_print(&x->b, chunk);
	chunk_free(chunk);
	if (ok && x->b.bad) ok = fail_memory(&e, n);
	if (ok) {
		push_box_text(L, x);
		return 1;
	}
	lua_pushnil(L);
	if (luaL_loadbufferx(L, s, n, name, "t") == LUA_OK)
		lua_pushstring(L, e.msg); /* stock's message has the position */
	return 2;
}

static int l_eager_text(lua_State *L) { return show(L, false); }
static int l_ast_text(lua_State *L) { return show(L, true); }

/* excerpt(message) -> the source line below it, see source.h */
static int l_excerpt(lua_State *L)
{
	source_excerpt(L, luaL_checkstring(L, 1));
	return 1;
}

void bind_open_load(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "excerpt", l_excerpt);
	bind_reg(L, c, "find", l_find);
	bind_reg(L, c, "funcinfo", l_funcinfo);
	bind_reg(L, c, "eager_text", l_eager_text);
	bind_reg(L, c, "ast_text", l_ast_text);
}
