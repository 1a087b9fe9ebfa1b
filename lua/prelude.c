/* Prints C text that holds the given Lua files: the prelude in the library, as text and as this Lua compiles it. */
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One string literal. */
static void put(const char *s, size_t n)
{
	putchar('"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c >= ' ' && c < 127 && c != '"' && c != '\\' && c != '?') putchar(c);
		else printf("\\%03o", c);
		if (i % 100 == 99) fputs("\"\n\"", stdout);
	}
	putchar('"');
}

struct bytes {
	char *s;
	size_t n;
};

static int append(lua_State *L, const void *p, size_t n, void *ud)
{
	struct bytes *b = ud;
	char *s = realloc(b->s, b->n + n + 1);
	(void)L;
	if (!s) return 1;
	memcpy(s + b->n, p, n);
	b->s = s;
	b->n += n;
	return 0;
}

static int print(lua_State *L)
{
	puts("#include \"bind/prelude.h\"\nconst struct prelude_file prelude_files[] = {");
	for (int i = 1; lua_rawgeti(L, 1, i) == LUA_TSTRING; i++) {
		luaL_Buffer text;
		char chunk[BUFSIZ];
		const char *path = lua_tostring(L, -1), *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
		int len = (int)strcspn(name, ".");
		FILE *f = fopen(path, "r");
		if (!f) return luaL_error(L, "%s can't be read", path);
		luaL_buffinit(L, &text);
		for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;) luaL_addlstring(&text, chunk, n);
		fclose(f);
		luaL_pushresult(&text);
		size_t ntext;
		const char *s = lua_tolstring(L, -1, &ntext);
		lua_pushlstring(L, name, (size_t)len);
		lua_pushfstring(L, "=[moonstage]/%s", lua_tostring(L, -1));
		if (luaL_loadbufferx(L, s, ntext, lua_tostring(L, -1), "t") != LUA_OK) return lua_error(L);
		struct bytes code = {NULL, 0};
		if (lua_dump(L, append, &code, 0) != 0) return luaL_error(L, "not enough memory");
		printf("{\"%.*s\",\n", len, name);
		put(s, ntext);
		printf(", %zu,\n", ntext);
		put(code.s, code.n);
		printf(", %zu},\n", code.n);
		free(code.s);
		lua_settop(L, 1);
	}
	puts("{NULL, NULL, 0, NULL, 0}};");
	return 0;
}

int main(int argc, char **argv)
{
	lua_State *L = luaL_newstate();
	if (!L) return 1;
	lua_pushcfunction(L, print);
	lua_createtable(L, argc, 0);
	for (int i = 1; i < argc; i++) {
		lua_pushstring(L, argv[i]);
		lua_rawseti(L, -2, i);
	}
	bool good = lua_pcall(L, 1, 0, 0) == LUA_OK && fflush(stdout) == 0;
	if (!good) fprintf(stderr, "prelude: %s\n", lua_isstring(L, -1) ? lua_tostring(L, -1) : "failed");
	lua_close(L);
	return good ? 0 : 1;
}
