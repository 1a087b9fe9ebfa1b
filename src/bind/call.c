/* Loading and calling from C. A file is read into memory of ours before Lua is entered, so that
   no error of Lua's can leave it open. */
#include "bind/context.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct text {
	const char *what, *name, *s;
	size_t n;
	int status; /* of Lua, when loading failed */
};

/* ---- Loading ---- */

static int l_load(lua_State *L)
{
	struct text *t = lua_touserdata(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CONTEXT]);
	moon_context *c = lua_touserdata(L, -1);
	t->status = bind_load(L, c, t->s, t->n, t->name, NULL);
	return 1;
}

static int load(moon_context *c, struct text *t)
{
	t->status = LUA_OK;
	int status = entry_run(c, l_load, t, 0, 1);
	if (status != MOON_OK || t->status == LUA_OK) return status;
	return entry_lua_fail(c, t->status);
}

int moon_load_text(moon_context *c, const char *name, const char *text, size_t n)
{
	struct text t = {NULL, name, text, n, 0};
	return load(c, &t);
}

/* A byte order mark and a first line that begins with '#' are no Lua; the line's end stays. */
static void skip_first_line(const char **s, size_t *n)
{
	const char *at = *s, *end = at + *n;
	if (*n >= 3 && !memcmp(at, "\xEF\xBB\xBF", 3)) at += 3;
	if (at < end && *at == '#') {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		at = line ? line : end;
		if (end - at > 1 && at[1] == LUA_SIGNATURE[0]) at++; /* a binary chunk follows */
	}
	*s = at;
	*n = (size_t)(end - at);
}

int moon_load_file(moon_context *c, const char *path)
{
	if (!more_of(c)->level_up) return MOON_ERROR;
	const char *title = path ? path : "stdin";
	FILE *f = path ? fopen(path, "rb") : stdin;
	if (!f) return entry_fail(c, MOON_FILE, "cannot open %s: %s", title, strerror(errno));
	struct buf b, name;
	char piece[1 << 14];
	size_t got;
	buf_init(&b, &c->mem);
	buf_init(&name, &c->mem);
	errno = 0;
	while ((got = fread(piece, 1, sizeof piece, f))) buf_put(&b, piece, got);
	int broken = ferror(f) ? errno : 0, status;
	if (path) fclose(f);
	buf_printf(&name, path ? "@%s" : "=%s", title);
	if (broken) {
		status = entry_fail(c, MOON_FILE, "cannot read %s: %s", title, strerror(broken));
	} else if (b.bad || name.bad) {
		status = entry_fail(c, MOON_MEMORY, "not enough memory to read %s", title);
	} else {
		const char *s = b.n ? b.s : "";
		size_t n = b.n;
		skip_first_line(&s, &n);
		status = moon_load_text(c, name.s, s, n);
	}
	buf_free(&name);
	buf_free(&b);
	return status;
}

static int l_show(lua_State *L)
{
	struct text *t = lua_touserdata(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CORE]);
	lua_pushfstring(L, "%s_text", t->what);
	lua_gettable(L, -2);
	lua_pushlstring(L, t->s, t->n);
	lua_pushstring(L, t->name);
	lua_call(L, 2, 2);
	if (lua_isnil(L, -2)) {
		t->status = LUA_ERRSYNTAX;
		return 1;
	}
	lua_pop(L, 1);
	return 1;
}

int moon_show(moon_context *c, const char *what, const char *name, const char *text, size_t n)
{
	struct text t = {what, name, text, n, LUA_OK};
	if (strcmp(what, "ast") != 0 && strcmp(what, "eager") != 0)
		return entry_fail(c, MOON_ERROR, "moon_show: unknown form '%s' (known: ast eager)", what);
	skip_first_line(&t.s, &t.n);
	int status = entry_run(c, l_show, &t, 0, 1);
	if (status != MOON_OK || t.status == LUA_OK) return status;
	return entry_lua_fail(c, t.status);
}

/* ---- Calling ---- */

struct call {
	const char *name;
	int nresults, status;
};

/* Stack: the request, then the function (without a name) and the arguments. */
static int l_call(lua_State *L)
{
	struct call *q = lua_touserdata(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_CONTEXT]);
	lua_pushlightuserdata(L, lua_touserdata(L, -1));
	lua_pushcclosure(L, entry_handler, 1);
	lua_replace(L, 1);
	lua_pop(L, 1);
	if (q->name) {
		if (!entry_path(L, q->name)) luaL_error(L, "there is no global '%s' to call", q->name);
		lua_insert(L, 2);
	}
	q->status = lua_pcall(L, lua_gettop(L) - 2, q->nresults, 1);
	return lua_gettop(L) - 1;
}

int moon_call(moon_context *c, const char *name, int nargs, int nresults)
{
	struct call q = {name, nresults, LUA_OK};
	if (!more_of(c)->level_up) return MOON_ERROR;
	int need = nargs + !name, top = lua_gettop(c->L), before = top - need;
	if (nargs < 0 || need > top || nresults < MOON_ALL)
		return entry_fail(c, MOON_ERROR, "moon_call: %d values asked for, %d on the stack", need, top);
	more_of(c)->depth++;
	int status = entry_run(c, l_call, &q, need, LUA_MULTRET);
	if (status == MOON_OK && q.status != LUA_OK) status = entry_lua_fail(c, q.status);
	entry_leave(c); /* now that the failure is reported, a cancel request is done with */
	if (status != MOON_OK) lua_settop(c->L, before);
	return status;
}

int moon_run_file(moon_context *c, const char *path)
{
	int status = moon_load_file(c, path);
	return status == MOON_OK ? moon_call(c, NULL, 0, 0) : status;
}

int moon_run_text(moon_context *c, const char *name, const char *text, size_t n)
{
	int status = moon_load_text(c, name, text, n);
	return status == MOON_OK ? moon_call(c, NULL, 0, 0) : status;
}

/* ---- Kept values, globals, arguments ---- */

static int l_keep(lua_State *L)
{
	int *handle = lua_touserdata(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &context_key[KEY_KEPT]);
	lua_pushvalue(L, 2);
	lua_rawseti(L, -2, *handle);
	return 0;
}

int moon_keep(moon_context *c, int *handle)
{
	*handle = 0;
	if (!more_of(c)->level_up) return MOON_ERROR;
	int next = more_of(c)->kept + 1; /* never used again, so that an old handle is found out */
	if (lua_gettop(c->L) < 1 || lua_isnil(c->L, -1))
		return entry_fail(c, MOON_ERROR, "moon_keep: no value, or nil, on top of the stack");
	lua_pushvalue(c->L, -1);
	int status = entry_run(c, l_keep, &next, 1, 0);
	if (status != MOON_OK) return status;
	*handle = more_of(c)->kept = next;
	lua_pop(c->L, 1);
	return MOON_OK;
}

int moon_push_kept(moon_context *c, int handle)
{
	if (!more_of(c)->level_up || !lua_checkstack(c->L, LUA_MINSTACK))
		return entry_fail(c, MOON_MEMORY, "not enough memory");
	lua_rawgetp(c->L, LUA_REGISTRYINDEX, &context_key[KEY_KEPT]);
	int t = lua_rawgeti(c->L, -1, handle);
	lua_remove(c->L, -2);
	if (handle > 0 && t != LUA_TNIL) return MOON_OK;
	lua_pop(c->L, 1);
	return entry_fail(c, MOON_ERROR, "moon_push_kept: %d is no handle", handle);
}

void moon_drop(moon_context *c, int handle)
{
	if (handle <= 0 || !more_of(c)->level_up || !lua_checkstack(c->L, LUA_MINSTACK)) return;
	lua_rawgetp(c->L, LUA_REGISTRYINDEX, &context_key[KEY_KEPT]);
	if (lua_rawgeti(c->L, -1, handle) != LUA_TNIL) { /* setting a slot that is there allocates nothing */
		lua_pushnil(c->L);
		lua_rawseti(c->L, -3, handle);
	}
	lua_pop(c->L, 2);
}

static int l_path(lua_State *L)
{
	entry_path(L, lua_touserdata(L, 1));
	return 1;
}

int moon_push_global(moon_context *c, const char *path) { return entry_run(c, l_path, (void *)(uintptr_t)path, 0, 1); }

static int l_set_path(lua_State *L)
{
	const char *path = lua_touserdata(L, 1), *dot = strrchr(path, '.');
	if (dot) {
		lua_pushlstring(L, path, (size_t)(dot - path));
		if (!entry_path(L, lua_tostring(L, -1))) luaL_error(L, "there is no global '%s'", lua_tostring(L, 3));
	} else {
		lua_pushglobaltable(L);
	}
	lua_pushvalue(L, 2);
	lua_setfield(L, -2, dot ? dot + 1 : path);
	return 0;
}

int moon_set_global(moon_context *c, const char *path)
{
	if (!more_of(c)->level_up) return MOON_ERROR;
	if (lua_gettop(c->L) < 1) return entry_fail(c, MOON_ERROR, "moon_set_global: no value on the stack");
	lua_pushvalue(c->L, -1);
	int status = entry_run(c, l_set_path, (void *)(uintptr_t)path, 1, 0);
	if (status == MOON_OK) lua_pop(c->L, 1);
	return status;
}

struct args {
	int n, script;
	const char *const *v;
};

static int l_args(lua_State *L)
{
	const struct args *a = lua_touserdata(L, 1);
	int after = a->n - a->script - 1;
	lua_createtable(L, after > 0 ? after : 0, a->script + 1);
	for (int i = 0; i < a->n; i++) {
		lua_pushstring(L, a->v[i]);
		lua_rawseti(L, -2, i - a->script);
	}
	lua_setglobal(L, "arg");
	return 0;
}

int moon_set_args(moon_context *c, int argc, const char *const *argv, int script)
{
	struct args a = {argc, script, argv};
	if (argc < 0 || script < 0 || script > argc)
		return entry_fail(c, MOON_ERROR, "moon_set_args: script %d of %d arguments", script, argc);
	return entry_run(c, l_args, &a, 0, 0);
}
