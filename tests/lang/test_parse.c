/* The parser against stock Lua in this process: the same texts accepted, the same message at the
   same line for the others, and the same functions (lines, parameters, upvalues in order) in the same order.
   Texts are hand-written ones and thousands of damaged variants of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours is base.h's */
#include <stdatomic.h>
#include <lua.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include "lang/ast.h"

#define DIFFER(...) (print_error(__VA_ARGS__), _fail(__FILE__, __LINE__))

static const char *const text[] = {
    "local x <const>, y <close> = 1, nil; return x",
    "local a <const>, b <const> = 1, 2; return function() return a, b end",
    "local k <const> = 2^53 // 3 | 1; local s <const> = 'x'; local n <const> = -0x7p3; return function() return k, s, "
    "n end",
    "local z <const> = -0.0; local d <const> = 1 // 0; local t <const> = not nil and 3; return function() return z, d, "
    "t end",
    "return 0x1p4, 0x.8, 0xffffffffffffffffff, 9223372036854775807, 9223372036854775808, 1e1, .5, 3., 0xA.8p-2, 1e+10, "
    "0x10",
    "return 'a\\z  \\n b\\x41\\u{7FFFFFFF}\\065\\\n', \"\\'\\\"\", [[\n\nx]], [==[ ]] ]=] ]==], [=[]]]=]",
    "--[==[ long\n]] ]=]\n]==] local x --[ short\nreturn x --",
    "goto done; do local a; ::inner:: goto inner end ::done::",
    "for i = 1, 3 do for j = 1, 2 do if j > i then goto continue end print(i, j) ::continue:: end end",
    "while true do if x then break end repeat local y = f() until y; do break end end",
    "local function f(a, b, ...) local c, d = ..., select('#', ...) return a, (...), {...}, {..., c} end return f",
    "function a.b.c:d(x) self.y = x; return function() return self, x, a end end",
    "local t = {1, 2; x = 3, ['y'] = 4, [5] = 6, f(), g{...}, h'x', k[[y]].z:w(1)[2]}; t.x, t[1], t['a b'] = t.x",
    "local a, b, c; return function() c = b; return function() return a, c, d end end",
    "do local _ENV = {}; x = 1; function y() return z end end local function f(_ENV) return g end return _ENV, f",
    "return -2^2, 2^-3^2, not a == b, a..b..c, 1 ..2, a.. .5, - -x, ~~x, #'x' + 1 << 2 & 3 | 4 ~ 5 >> 1 // 2 % 3",
    "return a < b == c, a and b or c and not d, (f()), (...), f{} 'x' [[y]] .z",
    "for k, v in pairs(t) do local function g() return k, v, i end end for i = 10, 1, -1 do local h = function() "
    "return i end end",
    "if a then elseif b then local x = 1 elseif c then else return 1 end ; ; ::l1:: ::l2:: return;",
    "repeat local x = 1; local f = function() return x end until x == f()",
    "local x = 1 local x = x + 1 do local x = x end return function() x = x end",
    "f\n(g)(h)\nx = y\n",
    "return function(...) local a <const> = ... return function() return a end end",
};

/* Texts stock refuses. */
static const char *const wrong[] = {
    "x =",
    "local x <const> = 1; x = 2",
    "local x <close>, y <close> = 1, 2",
    "local x <foo> = 1",
    "break",
    "goto l",
    "do ::l:: end goto l",
    "goto l; local a; ::l:: print(a)",
    "::l:: ::l::",
    "function f() return ... end",
    "return 'abc",
    "return 'a\nb'",
    "return [[x",
    "--[[x",
    "return '\\q'",
    "return '\\300'",
    "return '\\xZZ'",
    "return '\\u{110000000}'",
    "return '\\u123'",
    "return 3x",
    "return 0x",
    "return 1e",
    "return 1..2",
    "return [=x",
    "x",
    "f() = 1",
    "(a) = 1",
    "a.b:c = 1",
    "for i = 1 do end",
    "for i, 2 in x do end",
    "for 1 = 2, 3 do end",
    "if x then",
    "if x then\n\nelse",
    "while x do\n",
    "repeat x()\n",
    "function f(a, b\n",
    "function f(a, ..., b) end",
    "function f(1) end",
    "return return",
    "return 1 2",
    "local function 1() end",
    "local 1",
    "x = }",
    "x = {1, 2\n",
    "x = (1\n",
    "x = a.1",
    "x = a:b",
    "x = @",
    "x = \001",
    "x = \200",
    "and",
    "goto 1",
    "::1::",
    "local x <const>; function x() end",
    "repeat local x; goto c; local y; ::c:: until y",
    "local x <const> = 1; local function f() x = 3 end",
    "x, y() = 1",
    "x = 'a\\",
    "x = '\\u{",
    "x = 0x.p1",
    "return 1,\n,",
    "for i = 1, 2\n print(i) end",
    "do goto x end do ::x:: end",
    "break\n",
    "for i = 1, 2 do local function f() break end end",
};

struct pair {
	lua_State *L;
	struct mem mem;
};

static void check_functions(const struct chunk *c, lua_State *L, const char *s, size_t n);

static void check(struct pair *p, const char *s, size_t n)
{
	struct err e;
	struct chunk *c = chunk_parse(&p->mem, "=t", s, n, &e);
	int status = luaL_loadbufferx(p->L, s, n, "=t", "t");
	if (status == LUA_OK && !c) DIFFER("refused, line %d: %s\n%.*s", e.line, e.msg, (int)n, s);
	if (status != LUA_OK && c) DIFFER("accepted, but %s\n%.*s", lua_tostring(p->L, -1), (int)n, s);
	if (!c) {
		char want[1200];
		const char *got = lua_tostring(p->L, -1), *near;
		snprintf(want, sizeof want, "t:%d: %s", e.line, e.msg);
		near = strstr(want, " near ");
		/* a string in what the error is near to is shown with its escapes done, or not */
		bool whole = !near || !strpbrk(near + 7, "[\\\"\n");
		size_t most = whole ? strlen(want) + 1 : (size_t)(near - want);
		if (!strstr(got, "C stack overflow") && strncmp(want, got, most) != 0)
			DIFFER("ours: %s\nstock: %s\n%.*s", want, got, (int)n, s);
	} else check_functions(c, p->L, s, n);
	lua_pop(p->L, 1);
	chunk_free(c);
}

/* Reads stock's own dump: the functions in preorder. */
struct dump {
	const unsigned char *at;
	const struct chunk *c;
	uint32_t ordinal;
};

static size_t number(struct dump *d)
{
	size_t v = 0;
	for (;;) {
		unsigned char b = *d->at++;
		v = v << 7 | (b & 0x7f);
		if (b & 0x80) return v;
	}
}

static void string(struct dump *d, char *out)
{
	size_t n = number(d);
	if (out) snprintf(out, 100, "%.*s", n ? (int)n - 1 : 0, (const char *)d->at);
	if (n) d->at += n - 1;
}

static void function(struct dump *d)
{
	assert_true(d->ordinal < d->c->nfuncs);
	struct func *f = d->c->func[d->ordinal];
	assert_int_equal(f->ordinal, d->ordinal);
	d->ordinal++;
	string(d, NULL);
	assert_int_equal(number(d), f->line);
	assert_int_equal(number(d), f->lastline);
	assert_int_equal(*d->at++, f->nparams);
	assert_int_equal(*d->at++, f->vararg);
	d->at++;
	size_t n = number(d);
	d->at += n * 4;
	for (n = number(d); n > 0; n--) {
		switch (*d->at++) {
		case 3:
		case 19: d->at += 8; break;
		case 4:
		case 20: string(d, NULL); break;
		default: break;
		}
	}
	n = number(d);
	assert_int_equal(n, f->nupvalues);
	d->at += n * 3;
	for (n = number(d); n > 0; n--) function(d);
	n = number(d);
	d->at += n;
	for (n = number(d); n > 0; n--) {
		number(d);
		number(d);
	}
	for (n = number(d); n > 0; n--) {
		string(d, NULL);
		number(d);
		number(d);
	}
	n = number(d);
	for (size_t i = 0; i < n; i++) {
		char name[100];
		string(d, name);
		assert_string_equal(name, f->upvalue[i].name->s);
	}
}

static int write(lua_State *L, const void *s, size_t n, void *ud)
{
	(void)L;
	memcpy(*(unsigned char **)ud, s, n);
	*(unsigned char **)ud += n;
	return 0;
}

static void check_functions(const struct chunk *c, lua_State *L, const char *s, size_t n)
{
	static unsigned char bytes[1 << 20];
	struct dump d = {bytes + 32, c, 0};
	unsigned char *end = bytes;
	(void)s;
	(void)n;
	lua_dump(L, write, &end, 0);
	function(&d);
	assert_int_equal(d.ordinal, c->nfuncs);
}

static void test_texts(void **state)
{
	for (size_t i = 0; i < COUNT_OF(text); i++) check(*state, text[i], strlen(text[i]));
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct pair *p = *state;
		assert_int_not_equal(luaL_loadbufferx(p->L, wrong[i], strlen(wrong[i]), "=t", "t"), LUA_OK);
		lua_pop(p->L, 1);
		check(p, wrong[i], strlen(wrong[i]));
	}
	check(*state, "return 'a\0b'", 12);
	check(*state, "\0", 1);
}

static uint32_t draw(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*seed * n >> 32);
}

static void test_damaged_texts(void **state)
{
	static const char *const piece[] = {"end",
	                                    "(",
	                                    ")",
	                                    "=",
	                                    ",",
	                                    "local x ",
	                                    "\n",
	                                    " do ",
	                                    "::l::",
	                                    " goto l ",
	                                    "...",
	                                    "'",
	                                    "[[",
	                                    "]]",
	                                    "{",
	                                    "}",
	                                    " function f() ",
	                                    " return ",
	                                    ";",
	                                    "<const>",
	                                    "0x",
	                                    "..",
	                                    " then ",
	                                    " break ",
	                                    "--",
	                                    "x",
	                                    " until ",
	                                    "#",
	                                    "1e5",
	                                    ":"};
	uint32_t seed = 1;
	for (int round = 0; round < 20000; round++) {
		char s[600];
		const char *from = text[draw(&seed, COUNT_OF(text))];
		size_t n = strlen(from);
		memcpy(s, from, n);
		for (uint32_t k = draw(&seed, 3) + 1; k > 0; k--) {
			size_t at = draw(&seed, (uint32_t)n + 1), cut = draw(&seed, 5);
			const char *new = draw(&seed, 2) ? piece[draw(&seed, COUNT_OF(piece))] : "";
			size_t add = strlen(new);
			if (cut > n - at) cut = n - at;
			memmove(s + at + add, s + at + cut, n - at - cut);
			memcpy(s + at, new, add);
			n = n - cut + add;
		}
		check(*state, s, n);
	}
}

static void repeat(struct pair *p, const char *a, const char *mid, const char *b, int n)
{
	size_t la = strlen(a), lm = strlen(mid), lb = strlen(b);
	char *s = malloc((la + lb) * (size_t)n + lm + 1), *q = s;
	assert_non_null(s);
	for (int i = 0; i < n; i++) q = (char *)memcpy(q, a, la) + la;
	q = (char *)memcpy(q, mid, lm) + lm;
	for (int i = 0; i < n; i++) q = (char *)memcpy(q, b, lb) + lb;
	struct err e;
	struct chunk *c = chunk_parse(&p->mem, "=t", s, (size_t)(q - s), &e);
	bool ok = luaL_loadbufferx(p->L, s, (size_t)(q - s), "=t", "t") == LUA_OK;
	if (ok) assert_non_null(c);
	if (n >= 250 && !ok) assert_null(c);
	lua_pop(p->L, 1);
	chunk_free(c);
	free(s);
}

/* Deep nesting is an error, not a crash; what stock accepts is accepted; flat chains have no limit. */
static void test_nesting(void **state)
{
	static const int depth[] = {10, 90, 97, 98, 99, 150, 190, 195, 197, 199, 200, 250, 100000};
	for (size_t i = 0; i < COUNT_OF(depth); i++) {
		int n = depth[i];
		repeat(*state, "(", "return_", ")", n);
		repeat(*state, "do ", "", " end", n);
		repeat(*state, "local function f() ", "", " end", n);
		repeat(*state, "x = {", "x = 1", "}", n);
		repeat(*state, "if x then else ", "", " end", n);
		repeat(*state, "", "return not x", "", n);
		repeat(*state, "", "return 1", "+1", n);
		repeat(*state, "", "return 1", "..1", n);
		repeat(*state, "", "f", "()", n);
		repeat(*state, "", "if x then", " elseif y then", 1);
		repeat(*state, "return ", "", "- ", 1);
		repeat(*state, "a,", "a = 1", "", n);
	}
	struct pair *p = *state;
	struct err e;
	struct chunk *c = chunk_parse(&p->mem, "=t", "return ((1))", 12, &e);
	assert_non_null(c);
	chunk_free(c);
}

static void test_limits(void **state)
{
	for (int n = 199; n <= 201; n++) {
		char s[8000], *q = s;
		for (int i = 0; i < n; i++) q += sprintf(q, "local a%d ", i);
		check(*state, s, (size_t)(q - s));
		q += sprintf(q, "return function() for i = 1, 2 do end end");
		check(*state, s, (size_t)(q - s));
	}
	for (int n = 254; n <= 256; n++) {
		char s[16000], *q = s;
		for (int k = 0; k < 2; k++) {
			q += sprintf(q, "local function f%d() ", k);
			for (int i = 0; i < 150; i++) q += sprintf(q, "local a%d_%d ", k, i);
		}
		q += sprintf(q, "return function() return ");
		for (int i = 0; i < n; i++) q += sprintf(q, "%sa%d_%d", i ? "+" : "", i / 150, i % 150);
		q += sprintf(q, " end end end");
		check(*state, s, (size_t)(q - s));
	}
}

static void *failing(void *ud, void *p, size_t osize, size_t nsize)
{
	int *left = ud;
	(void)osize;
	if (!nsize) return free(p), NULL;
	return (*left)-- > 0 ? realloc(p, nsize) : NULL;
}

/* Out of memory at every place in turn: an error, and nothing stays. */
static void test_memory(void **state)
{
	(void)state;
	bool done = false;
	for (int n = 0; !done; n++) {
		struct mem m;
		struct err e;
		int left = n;
		mem_init(&m, failing, &left);
		struct chunk *c = chunk_parse(&m, "=t", text[12], strlen(text[12]), &e);
		if (!c) assert_int_equal(e.kind, ERR_MEMORY);
		done = c != NULL;
		chunk_free(c);
		assert_int_equal(atomic_load(&m.used), 0);
		assert_true(n < 1000);
	}
}

static void test_print(void **state)
{
	struct pair *p = *state;
	struct err e;
	struct buf b;
	static const char s[] = "local n, k <const> = 'x', 1; return function(a, ...) n = a + k end";
	struct chunk *c = chunk_parse(&p->mem, "=t", s, sizeof s - 1, &e);
	assert_non_null(c);
	buf_init(&b, &p->mem);
	ast_print(&b, c);
	assert_non_null(strstr(b.s, "function #1 lines 1-1 params 1 vararg upvalues n [36,66)"));
	assert_non_null(strstr(b.s, "name k @1 declared <const> constant ["));
	assert_non_null(strstr(b.s, "name n @0 assigned captured ["));
	buf_free(&b);
	chunk_free(c);
}

static int setup(void **state)
{
	static struct pair p;
	p.L = luaL_newstate();
	mem_init(&p.mem, NULL, NULL);
	*state = &p;
	return p.L == NULL;
}

static int teardown(void **state)
{
	struct pair *p = *state;
	lua_close(p->L);
	return atomic_load(&p->mem.used) != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts),  cmocka_unit_test(test_damaged_texts), cmocka_unit_test(test_nesting),
	    cmocka_unit_test(test_limits), cmocka_unit_test(test_memory),        cmocka_unit_test(test_print),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
