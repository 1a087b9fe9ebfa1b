/* Contexts: opening on an own or a caller's Lua state, options, callbacks, closing.
   A context of an own state lies in memory of the allocator and outlives the state. One of a
   caller's state is a userdata, the first with a finaliser the module makes, so that Lua frees
   it after everything that points to it. All of Lua's work here runs in protected calls. */
#include "bind/auto.h"
#include "bind/context.h"
#include "bind/prelude.h"
#include <lualib.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)MOON_F32 == F32 && (int)MOON_F64 == F64 && (int)MOON_I64 == I64 && (int)MOON_BOOL == BOOL,
               "public dtypes are the internal ones");
_Static_assert(MOON_MAX_RANK == MAX_RANK, "public rank limit");

const char context_key[KEY_COUNT];
static const char *const dump_name[DUMP_COUNT] = {"none", "code", "graph"};

const char *moon_version(void) { return MOON_VERSION; }

/* ---- Opening ---- */

static size_t default_cap(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	return pages > 0 && size > 0 ? (size_t)pages / 4 * 3 * (size_t)size : 0;
}

static void init(struct whole *w, moon_alloc_fn alloc, void *ud, lua_State *L)
{
	moon_context *c = &w->c;
	memset(w, 0, sizeof *w);
	c->more = &w->m;
	w->m.pool.mem = &c->mem;
	w->m.alloc = alloc ? alloc : mem_plain;
	w->m.alloc_ud = ud;
	mem_init(&c->mem, alloc, ud);
	atomic_store(&c->mem.cap, default_cap());
	atomic_init(&c->cancel, false);
	c->L = L;
	c->level = 2;
	w->m.roll = 8, w->m.same = 256;
	rng_seed(&c->rng, 0);
	buf_init(&w->m.warn, &c->mem);
}

/* option(name) -> text or nil: the context's options, for the prelude; "release": Lua's, a number */
static int l_option(lua_State *L)
{
	moon_context *c = bind_self(L);
	const char *name = luaL_checkstring(L, 1);
	if (!strcmp(name, "mode")) lua_pushstring(L, c->staged ? "staged" : c->autos ? "auto" : "eager");
	else if (!strcmp(name, "level")) lua_pushstring(L, c->level ? "2" : "0");
	else if (!strcmp(name, "dump")) lua_pushstring(L, dump_name[more_of(c)->dump]);
	else if (!strcmp(name, "roll")) lua_pushinteger(L, (lua_Integer)more_of(c)->roll);
	else if (!strcmp(name, "same")) lua_pushinteger(L, (lua_Integer)more_of(c)->same);
	else if (!strcmp(name, "release")) lua_pushinteger(L, LUA_VERSION_RELEASE_NUM);
	else if (!strcmp(name, "explain")) lua_pushstring(L, more_of(c)->explain ? "on" : "off");
	else lua_pushnil(L);
	return 1;
}

static void load_text(lua_State *L, const struct prelude_file *f)
{
	lua_pushfstring(L, "=[moonstage]/%s", f->name);
	if (luaL_loadbufferx(L, f->text, f->len, lua_tostring(L, -1), "t") != LUA_OK) lua_error(L);
	lua_remove(L, -2);
}

struct rest {
	const char *s;
	size_t n;
};

static int is_next(lua_State *L, const void *p, size_t n, void *ud)
{
	struct rest *r = ud;
	(void)L;
	if (n > r->n || memcmp(r->s, p, n) != 0) return 1;
	r->s += n;
	r->n -= n;
	return 0;
}

/* Does this Lua compile the prelude to the code that is stored? Another release may not, though it would load that
   code. One file tells; the text of the others need not be compiled then, which was most of the work of opening a
   context. */
static bool knows_code(lua_State *L)
{
	const struct prelude_file *f = prelude_files;
	while (strcmp(f->name, "regions") != 0) f++;
	struct rest code = {f->code, f->code_len};
	load_text(L, f);
	bool same = lua_dump(L, is_next, &code, 0) == 0 && code.n == 0;
	lua_pop(L, 1);
	return same;
}

static void run_prelude(lua_State *L)
{
	bool code = knows_code(L);
	for (const struct prelude_file *f = prelude_files; f->name; f++) {
		if (!code) load_text(L, f);
		else if (luaL_loadbufferx(L, f->code, f->code_len, f->name, "b") != LUA_OK) lua_error(L);
		lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_MODULE]);
		lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CORE]);
		lua_call(L, 2, 0);
	}
}

static void new_key(lua_State *L, int key) { lua_rawsetp(L, LUA_REGISTRYINDEX, &context_key[key]); }

/* With the context as registry value already: the module, the internal functions, the prelude. */
static void open_module(lua_State *L, moon_context *c)
{
	lua_pushliteral(L, "");
	new_key(L, KEY_MESSAGE);
	lua_newtable(L);
	new_key(L, KEY_KEPT);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	new_key(L, KEY_MODULE);
	lua_pushliteral(L, MOON_VERSION);
	lua_setfield(L, -2, "_VERSION");
	bind_open_tensor(L, c);
	bind_open_file(L, c);
	bind_open_eager(L, c);
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	new_key(L, KEY_CORE);
	bind_reg(L, c, "option", l_option);
	bind_reg(L, c, "failed", entry_failed);
	bind_open_load(L, c);
	bind_open_remake(L, c);
	bind_open_form(L, c);
	bind_open_overload(L, c);
	bind_open_tape(L, c);
	bind_open_trace(L, c);
	lua_pop(L, 1);
	run_prelude(L);
	more_of(c)->level_up = true;
}

static void preload(lua_State *L)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_pushcfunction(L, luaopen_moonstage);
	lua_setfield(L, -2, "moonstage");
	lua_pop(L, 1);
}

static int l_closed(lua_State *L)
{
	struct whole *w = lua_touserdata(L, 1);
	w->c.output = NULL;
	w->m.error = NULL;
	return 0;
}

static moon_context *find(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CONTEXT]);
	moon_context *c = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return c && more_of(c)->level_up ? c : NULL;
}

static moon_context *open_in(lua_State *L, moon_alloc_fn alloc, void *ud)
{
	moon_context *c = find(L);
	if (c) return c;
	lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
	lua_State *main = lua_tothread(L, -1);
	lua_pop(L, 1);
	struct whole *w = lua_newuserdatauv(L, sizeof *w, 0);
	init(w, alloc, ud, main);
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, l_closed);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CONTEXT]);
	open_module(L, &w->c);
	preload(L);
	return &w->c;
}

int luaopen_moonstage(lua_State *L)
{
	luaL_checkversion(L);
	luaL_checkstack(L, 20, "moonstage");
	if (!find(L)) open_in(L, NULL, NULL)->staged = true;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_MODULE]);
	return 1;
}

struct opening {
	moon_context **out;
	moon_alloc_fn alloc;
	void *ud;
};

static int l_open_in(lua_State *L)
{
	struct opening *o = lua_touserdata(L, 1);
	luaL_checkversion(L);
	*o->out = open_in(L, o->alloc, o->ud);
	return 0;
}

static int l_open_own(lua_State *L)
{
	moon_context *c = lua_touserdata(L, 1);
	luaL_checkversion(L);
	lua_pushlightuserdata(L, c);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CONTEXT]);
	luaL_openlibs(L);
	state_open(L, c);
	open_module(L, c);
	preload(L);
	return 0;
}

/* The message of a failure before the registry has a place for it. */
static int keep_message(moon_context *c, lua_State *L, int st)
{
	const char *s = lua_tostring(L, -1);
	snprintf(c->message, sizeof c->message, "%s", s ? s : "error without a message");
	lua_pop(L, 1);
	return st == LUA_ERRMEM ? MOON_MEMORY : MOON_ERROR;
}

static int open_own(moon_context **out, moon_alloc_fn alloc, void *ud)
{
	struct whole *w = (alloc ? alloc : mem_plain)(ud, NULL, 0, sizeof *w);
	if (!w) return MOON_MEMORY;
	init(w, alloc, ud, NULL);
	moon_context *c = *out = &w->c;
	c->own_state = true;
	c->L = lua_newstate(memory_lua, more_of(c));
	if (!c->L) {
		strcpy(c->message, "not enough memory");
		return MOON_MEMORY;
	}
	lua_gc(c->L, LUA_GCSTOP, 0);
	lua_pushcfunction(c->L, l_open_own);
	lua_pushlightuserdata(c->L, c);
	int st = lua_pcall(c->L, 1, 0, 0);
	if (st != LUA_OK) return keep_message(c, c->L, st);
	lua_gc(c->L, LUA_GCRESTART, 0);
	lua_gc(c->L, LUA_GCGEN, 0, 0); /* as the lua program does */
	return MOON_OK;
}

int moon_open(moon_context **out, moon_alloc_fn alloc, void *ud, struct lua_State *L)
{
	*out = NULL;
	if (!L) return open_own(out, alloc, ud);
	if (!lua_checkstack(L, LUA_MINSTACK)) return MOON_MEMORY;
	struct opening o = {out, alloc, ud};
	lua_pushcfunction(L, l_open_in);
	lua_pushlightuserdata(L, &o);
	int st = lua_pcall(L, 1, 0, 0);
	if (st == LUA_OK) return MOON_OK;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CONTEXT]);
	*out = lua_touserdata(L, -1);
	lua_pop(L, 1);
	if (*out) return keep_message(*out, L, st);
	lua_pop(L, 1);
	return st == LUA_ERRMEM ? MOON_MEMORY : MOON_ERROR;
}

void moon_close(moon_context *c)
{
	if (!c) return;
	struct more *m = more_of(c);
	if (!c->own_state) {
		c->output = NULL;
		m->error = NULL;
		return;
	}
	if (c->L) lua_close(c->L);
	memory_close(m);
	buf_free(&m->warn);
	m->alloc(m->alloc_ud, c, sizeof(struct whole), 0);
}

/* ---- Options and callbacks ---- */

const char *moon_message(const moon_context *c)
{
	if (!c) return "not enough memory";
	return more_of(c)->text ? more_of(c)->text : c->message;
}

void moon_set_output(moon_context *c, moon_output_fn fn, void *ud)
{
	c->output = fn;
	c->output_ud = ud;
}

void moon_set_error(moon_context *c, moon_error_fn fn, void *ud)
{
	more_of(c)->error = fn;
	more_of(c)->error_ud = ud;
}

void moon_cancel(moon_context *c) { atomic_store(&c->cancel, true); }

void moon_interrupt(moon_context *c)
{
	struct more *m = more_of(c);
	lua_State *L = m->running ? m->running : c->L;
	atomic_store(&c->cancel, true);
	m->interrupted = 1;
	lua_sethook(L, entry_interrupt_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static bool parse_count(const char *s, bool units, uint64_t *out)
{
	char *end;
	if (*s < '0' || *s > '9') return false;
	unsigned long long v = strtoull(s, &end, 10);
	unsigned shift = 0;
	if (units && *end) {
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
		end += shift > 0;
	}
	if (*end || end - s > 20 || v > UINT64_MAX >> shift) return false;
	*out = (uint64_t)v << shift;
	return true;
}

static int l_seed(lua_State *L)
{
	const uint64_t *seed = lua_touserdata(L, 1);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	if (lua_getfield(L, -1, LUA_MATHLIBNAME) == LUA_TTABLE && lua_getfield(L, -1, "randomseed") == LUA_TFUNCTION) {
		lua_pushinteger(L, (lua_Integer)*seed);
		lua_call(L, 1, 0);
	}
	return 0;
}

/* Functions ask AUTO from now on, though there are no tensors yet. */
static int l_ask_auto(lua_State *L)
{
	eager_overloaded(L, lua_touserdata(L, 1));
	return 0;
}

/* eager, staged, auto, auto:N */
static bool set_mode(moon_context *c, const char *value)
{
	uint64_t after = AUTO_AFTER;
	bool autos = !strncmp(value, "auto", 4), staged = !strcmp(value, "staged");
	if (autos && value[4] && (value[4] != ':' || !parse_count(value + 5, false, &after) || after > UINT32_MAX))
		return false;
	if (!autos && !staged && strcmp(value, "eager") != 0) return false;
	c->staged = staged;
	c->autos = autos;
	c->auto_after = (uint32_t)after;
	return !autos || after || entry_run(c, l_ask_auto, c, 0, 0) == MOON_OK;
}

int moon_set(moon_context *c, const char *name, const char *value)
{
	struct more *m = more_of(c);
	uint64_t n;
	if (!m->level_up) return MOON_ERROR;
	if (!strcmp(name, "mode")) {
		if (!set_mode(c, value)) goto bad;
	} else if (!strcmp(name, "level")) {
		if (strcmp(value, "0") != 0 && strcmp(value, "2") != 0) goto bad;
		c->level = *value - '0';
	} else if (!strcmp(name, "seed")) {
		if (!parse_count(value, false, &n)) goto bad;
		rng_seed(&c->rng, n);
		return entry_run(c, l_seed, &n, 0, 0);
	} else if (!strcmp(name, "memory")) {
		if (!parse_count(value, true, &n)) goto bad;
		atomic_store(&c->mem.cap, n);
	} else if (!strcmp(name, "roll")) {
		if (!parse_count(value, false, &n) || n < 1 || n > INT32_MAX) goto bad;
		m->roll = (uint32_t)n;
	} else if (!strcmp(name, "depth")) {
		if (!parse_count(value, true, &n) || !n) goto bad;
		c->calls_most = n;
	} else if (!strcmp(name, "same")) {
		if (!parse_count(value, false, &n) || n > INT32_MAX) goto bad;
		m->same = (uint32_t)n;
	} else if (!strcmp(name, "traceback")) {
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0) goto bad;
		m->traceback = value[1] == 'n';
	} else if (!strcmp(name, "explain")) {
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0) goto bad;
		m->explain = value[1] == 'n';
	} else if (!strcmp(name, "dump")) {
		int i = 0;
		while (i < DUMP_COUNT && strcmp(value, dump_name[i]) != 0) i++;
		if (i == DUMP_COUNT) goto bad;
		m->dump = (enum dump)i;
	} else {
		return entry_fail(
		    c, MOON_ERROR,
		    "unknown option '%s' (known: mode level roll same seed memory depth traceback dump explain)", name);
	}
	return MOON_OK;
bad:
	return entry_fail(c, MOON_ERROR, "bad value '%s' for option '%s'", value, name);
}
