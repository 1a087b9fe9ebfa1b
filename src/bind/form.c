/* The staged form as tracing asks for it: core.staged_text(chunk, ordinal) gives the text, the
   name of the library in it and its call sites. What can't be staged raises a conversion error
   that shows the source line, positioned at the construct and not at the running code. */
#include "bind/context.h"
#include "lang/staged.h"
#include <string.h>

struct box {
	bool made;
	struct staged_form form;
};

static int collect(lua_State *L)
{
	struct box *b = lua_touserdata(L, 1);
	if (b && b->made) staged_form_free(&b->form);
	if (b) b->made = false;
	return 0;
}

static struct box *push_box(lua_State *L)
{
	struct box *b = lua_newuserdatauv(L, sizeof *b, 0);
	b->made = false;
	if (luaL_newmetatable(L, "moonstage.form")) {
		lua_pushcfunction(L, collect);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return b;
}

static bool newline(char c) { return c == '\n' || c == '\r'; }

/* Adds the line that holds byte `at`, and a caret under that byte. */
static void add_source(luaL_Buffer *b, const struct chunk *c, size_t at)
{
	size_t beg = at, end = at;
	while (beg > 0 && !newline(c->text[beg - 1])) beg--;
	while (end < c->len && !newline(c->text[end]) && end - beg < 200) end++;
	if (at > end) return; /* a line too long to show */
	luaL_addchar(b, '\n');
	luaL_addlstring(b, c->text + beg, end - beg);
	luaL_addchar(b, '\n');
	for (size_t i = beg; i < at; i++) {
		unsigned char byte = (unsigned char)c->text[i];
		if (byte == '\t') luaL_addchar(b, '\t');
		else if ((byte & 0xc0) != 0x80) luaL_addchar(b, ' '); /* one column per UTF-8 character */
	}
	luaL_addchar(b, '^');
}

static void push_short_name(lua_State *L, const struct chunk *c)
{
	lua_Debug ar;
	if (luaL_loadbufferx(L, "", 0, c->name, "t") == LUA_OK) {
		lua_getinfo(L, ">S", &ar);
		lua_pushstring(L, ar.short_src);
	}
}

_Noreturn static void raise_conversion(lua_State *L, const struct chunk *c, const struct err *e, size_t at)
{
	luaL_Buffer b;
	if (e->kind != ERR_CONVERT) bind_raise(L, e);
	push_short_name(L, c);
	const char *name = lua_tostring(L, -1);
	luaL_buffinit(L, &b);
	lua_pushfstring(L, "%s:%d: %s", name, e->line, e->msg);
	luaL_addvalue(&b);
	add_source(&b, c, at);
	luaL_pushresult(&b);
	lua_error(L);
	__builtin_unreachable();
}

/* staged_text(chunk, ordinal[, overload]) -> text, name of the library, { { line =, what = }, ... } */
static int staged_text(lua_State *L)
{
	struct chunk *c = bind_chunk(L, 1);
	struct err e;
	lua_Integer ordinal = lua_tointeger(L, 2);
	enum staged_for why = lua_toboolean(L, 3) ? STAGED_OVERLOAD : STAGED_TRACE;
	if (!c) bind_error(L, "the text of the function is not known");
	if (ordinal < 0 || ordinal >= c->nfuncs) bind_error(L, "no function %d in this chunk", (int)ordinal);
	struct box *b = push_box(L);
	b->made = true;
	if (!lang_staged(c, (int)ordinal, why, &b->form, &e)) raise_conversion(L, c, &e, b->form.at);
	lua_pushlstring(L, b->form.text.s, b->form.text.n);
	lua_pushstring(L, b->form.pname);
	lua_createtable(L, (int)b->form.site.n, 0);
	for (uint32_t i = 0; i < b->form.site.n; i++) {
		lua_createtable(L, 0, 2);
		lua_pushinteger(L, b->form.site.at[i].line);
		lua_setfield(L, -2, "line");
		lua_pushstring(L, b->form.site.at[i].what);
		lua_setfield(L, -2, "what");
		lua_rawseti(L, -2, i + 1);
	}
	return 3;
}

void bind_open_form(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "staged_text", staged_text);
	bind_reg(L, c, "operands", operand_names);
}
