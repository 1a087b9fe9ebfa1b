/* The staged form, text in and text out: each row reads as an example. */
#include "lang/staged.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct row {
	const char *from, *to;
};

static struct mem mem;

/* The form of a function as text, to be freed by buf_free. */
static struct buf staged(const char *text, size_t len, int ordinal, enum staged_for why, struct err *e)
{
	struct staged_form f;
	struct buf b;
	struct chunk *c = chunk_parse(&mem, "=test", text, len, e);
	if (!c) fail_msg("%d: %s in:\n%s", e->line, e->msg, text);
	buf_init(&b, &mem);
	if (lang_staged(c, ordinal, why, &f, e)) buf_put(&b, f.text.s, f.text.n);
	staged_form_free(&f);
	chunk_free(c);
	return b;
}

static void whole(const char *from, int ordinal, const char *to)
{
	struct err e = {0};
	struct buf b = staged(from, strlen(from), ordinal, STAGED_TRACE, &e);
	if (!b.s) fail_msg("%d: %s in:\n%s", e.line, e.msg, from);
	assert_string_equal(b.s, to);
	buf_free(&b);
}

/* What becomes of the body of a vararg function whose upvalues are a b c f g o t x. */
static void rows(const struct row *r, size_t n, enum staged_for why)
{
	static const char before[] = "return function(...) ", after[] = " end";
	for (; n--; r++) {
		struct err e = {0};
		struct buf from, b;
		buf_init(&from, &mem);
		buf_printf(&from, "local a, b, c, f, g, o, t, x; %s%s%s", before, r->from, after);
		b = staged(from.s, from.n, 1, why, &e);
		if (!b.s) fail_msg("%d: %s in:\n%s", e.line, e.msg, r->from);
		char *body = strstr(b.s, before);
		assert_non_null(body);
		body += sizeof before - 1;
		char *end = b.s + b.n - (sizeof after - 1);
		assert_string_equal(end, after);
		*end = 0;
		assert_string_equal(body, r->to);
		buf_free(&b);
		buf_free(&from);
	}
}
#define ROWS(...)                                            \
	do {                                                 \
		static const struct row r[] = {__VA_ARGS__}; \
		rows(r, COUNT_OF(r), STAGED_TRACE);          \
	} while (0)

static void test_operators(void **state)
{
	(void)state;
	ROWS({"t = a < b", "t = __P.lt(a, b)"},
	     {"t = a<=b, a > b, a>=b", "t = __P.le(a, b), __P.gt(a, b), __P.ge(a, b)"},
	     {"t = a == nil, a ~= 'x'", "t = __P.eq(a, nil), __P.ne(a, 'x')"},
	     {"t = a < b == c", "t = __P.eq(__P.lt(a, b), c)"}, {"t = a + 1 < -b .. c", "t = __P.lt(a + 1, -b .. c)"},
	     {"t = (a < b)", "t = (__P.lt(a, b))"}, {"t = a and b", "t = __P.and_(a, function() return b end)"},
	     {"t = a or b", "t = __P.or_(a, function() return b end)"},
	     {"t = a and b or c", "t = __P.or_(__P.and_(a, function() return b end), function() return c end)"},
	     {"t = a and f(b)", "t = __P.and_(a, function() return (__P.call(1, f)(b)) end)"},
	     {"t = a or o:m()", "t = __P.or_(a, function() return (__P.bind(1, o, \"m\")()) end)"},
	     {"t = a and(b)or(c)", "t = __P.or_(__P.and_(a, function() return (b) end), function() return (c) end)"},
	     {"t = not a", "t = __P.not_(a)"}, {"t = not  not a == b", "t = __P.eq(__P.not_(__P.not_(a)), b)"},
	     {"t = not(a)", "t = __P.not_((a))"}, {"t = -a ^ #b", "t = -a ^ #b"});
}

static void test_calls(void **state)
{
	(void)state;
	ROWS({"f()", "__P.call(1, f)()"}, {"f(a, g(b))", "__P.call(1, f)(a, __P.call(2, g)(b))"},
	     {"f's'", "__P.call(1, f)'s'"}, {"f[[s]]", "__P.call(1, f)[[s]]"}, {"f{a}", "__P.call(1, f)(__P.tab{a})"},
	     {"f {a} {b}", "__P.call(1, __P.call(2, f) (__P.tab{a})) (__P.tab{b})"},
	     {"f(a)(b)", "__P.call(1, __P.call(2, f)(a))(b)"},
	     {"(f or g)(a)", "__P.call(1, (__P.or_(f, function() return g end)))(a)"},
	     {"t = (f())", "t = (__P.call(1, f)())"}, {"o:m(a)", "__P.bind(1, o, \"m\")(a)"},
	     {"o:m's'", "__P.bind(1, o, \"m\")'s'"}, {"o:m{a}", "__P.bind(1, o, \"m\")(__P.tab{a})"},
	     {"o.x:m():n(f())", "__P.bind(1, __P.bind(2, o.x, \"m\")(), \"n\")(__P.call(3, f)())"},
	     {"t[f(a)].x[a < b] = 1", "t[__P.call(1, f)(a)].x[__P.lt(a, b)] = 1"});
}

static void test_tables_and_functions(void **state)
{
	(void)state;
	ROWS({"t = {}", "t = __P.tab{}"},
	     {"t = {a, x = a < b, [f()] = {}; g()}",
	      "t = __P.tab{a, x = __P.lt(a, b), [__P.call(1, f)()] = __P.tab{}; __P.call(2, g)()}"},
	     {"return{}", "return __P.tab{}"},
	     {"t = function(a) return a < b end", "t = __P.fn(2, function(a) return a < b end)"},
	     {"local function f(x) return f(x) end", "local f; f = __P.fn(2, function(x) return f(x) end)"},
	     {"function f(x) end", "f = __P.fn(2, function(x) end)"},
	     {"function t.a.b(x) end", "t.a.b = __P.fn(2, function(x) end)"},
	     {"function t.a:m() end", "t.a.m = __P.fn(2, function(self) end)"},
	     {"function t:m(x, ...) end", "t.m = __P.fn(2, function(self, x, ...) end)"},
	     {"f(function() end, function() g(function() end) end)",
	      "__P.call(1, f)(__P.fn(2, function() end), __P.fn(3, function() g(function() end) end))"});
}

static void test_plain_statements(void **state)
{
	(void)state;
	ROWS(
	    {"local x <const>, y = a < b, {}", "local x <const>, y = __P.lt(a, b), __P.tab{}"},
	    {"if a then f() end", "__P.if_(a, function() __P.call(1, f)() end)"},
	    {"if a < b then x = 1 else x = 2 end", "__P.if_(__P.lt(a, b), function() x = 1 end, function() x = 2 end)"},
	    {"if a then x = 1 elseif b then x = 2 elseif c then else x = 3 end",
	     "__P.if_(a, function() x = 1 end, function() return b end, function() x = 2 end, "
	     "function() return c end, function() end, function() x = 3 end)"},
	    {"if(a)then elseif f()then end",
	     "__P.if_((a), function() end, function() return (__P.call(1, f)()) end, function() end)"},
	    {"while a do x = 1 end", "__P.while_(function() return a end, function() x = 1 end)"},
	    {"while f() do end", "__P.while_(function() return (__P.call(1, f)()) end, function() end)"},
	    {"repeat local y = f() until y", "__P.repeat_(function() local y = __P.call(1, f)() return nil, y end)"},
	    {"repeat until(a)", "__P.repeat_(function() return nil, (a) end)"},
	    {"for i = 1, a do f(i) end", "__P.for_(1, a, 1, function(i) __P.call(1, f)(i) end)"},
	    {"for i = a, #t, -1 do end", "__P.for_(a, #t, -1, function(i) end)"},
	    {"for i = a, f() do end", "__P.for_(__P.bound(a), __P.call(1, f)(), 1, function(i) end)"},
	    {"for k, v in g(t) do end", "__P.each(__P.call(1, g)(t))(function(k, v) end)"},
	    {"for k in a, b, c do end", "__P.each(a, b, c)(function(k) end)"},
	    {"do local y = a < b end", "do local y = __P.lt(a, b) end"},
	    {"a, t.x = b, f();", "a, t.x = b, __P.call(1, f)();"}, {"return f(a)", "return __P.call(1, f)(a)"},
	    {"return a, b < c", "return a, __P.lt(b, c)"},
	    {"if a then end (t).x = 1", "__P.if_(a, function() end) ;(t).x = 1"},
	    {"local function h() end (f)()", "local h; h = __P.fn(2, function() end) __P.call(1, (f))()"});
}

/* Statements that are left take the rest of their block along. */
static void test_abrupt_statements(void **state)
{
	(void)state;
	ROWS(
	    {"if a then return b end", "return __P.done(__P.ifk(a, function() do return __P.RET, b end end)())"},
	    {"if a then return end f()",
	     "return __P.done(__P.ifk(a, function() do return __P.RET end end)(function() __P.call(1, f)() end))"},
	    {"if a then return b, f() else x = 1 end return c;",
	     "return __P.done(__P.ifk(a, function() do return __P.RET, b, __P.call(1, f)() end end, "
	     "function() x = 1 end)(function() do return __P.RET, c end; end))"},
	    {"if a then return 1 end if b then return 2 end f()",
	     "return __P.done(__P.ifk(a, function() do return __P.RET, 1 end end)(function() "
	     "return __P.ifk(b, function() do return __P.RET, 2 end end)(function() __P.call(1, f)() end) end))"},
	    {"do return end", "return __P.done(__P.ifk(true, function() do return __P.RET end end)())"},
	    {"do if a then return end end f()",
	     "return __P.done(__P.ifk(true, function() return __P.ifk(a, function() do return __P.RET end end)() end)"
	     "(function() __P.call(1, f)() end))"},
	    {"while a do if b then return c end f() end",
	     "return __P.done(__P.whilek(function() return a end, function() return __P.ifk(b, function() "
	     "do return __P.RET, c end end)(function() __P.call(1, f)() end) end))"},
	    {"for i = 1, a do if b then return i end end return c",
	     "return __P.done(__P.fork(1, a, 1, function(i) return __P.ifk(b, function() do return __P.RET, i end "
	     "end)() end, function() do return __P.RET, c end end))"},
	    {"for k in a do return k end x = 1",
	     "return __P.done(__P.eachk(a)(function(k) do return __P.RET, k end end, function() x = 1 end))"},
	    {"repeat local y = a if y then return b end x = y until x x = 2",
	     "return __P.done(__P.repeatk(function() local y = a return __P.ifk(y, function() do return __P.RET, b end "
	     "end)(function() x = y return nil, x end) end, function() x = 2 end))"},
	    {"if a then return end; ;", "return __P.done(__P.ifk(a, function() do return __P.RET end end)()) "});
}

static void test_break_and_continue(void **state)
{
	(void)state;
	ROWS({"while a do break end f()",
	      "__P.while_(function() return a end, function() do return __P.BRK end end) __P.call(1, f)()"},
	     {"while a do if b then break end f() end g()",
	      "__P.while_(function() return a end, function() return __P.ifk(b, function() do return __P.BRK end end)"
	      "(function() __P.call(1, f)() end) end) __P.call(2, g)()"},
	     {"for i = 1, 2 do if b then goto continue end f() ::continue:: end",
	      "__P.for_(1, 2, 1, function(i) return __P.ifk(b, function() do return __P.CONT end end)(function() "
	      "__P.call(1, f)()  end) end)"},
	     {"for k in a do do goto next end ::next:: ; ::also:: end",
	      "__P.each(a)(function(k) return __P.ifk(true, function() do return __P.CONT end end)()    end)"},
	     {"repeat if a then break end until b",
	      "__P.repeat_(function() return __P.ifk(a, function() do return __P.BRK end end)(function() "
	      "return nil, b end) end)"},
	     {"while a do for i = 1, 2 do if b then break end end f() end",
	      "__P.while_(function() return a end, function() __P.for_(1, 2, 1, function(i) return __P.ifk(b, "
	      "function() do return __P.BRK end end)() end) __P.call(1, f)() end)"},
	     {"while a do for i = 1, 2 do if b then return i end break end f() end",
	      "return __P.done(__P.whilek(function() return a end, function() return __P.pass(__P.fork(1, 2, 1, "
	      "function(i) "
	      "return __P.ifk(b, function() do return __P.RET, i end end)(function() do return __P.BRK end end) end, "
	      "function() __P.call(1, f)() end)) end))"},
	     {"while a do break f() end",
	      "__P.while_(function() return a end, function() do return __P.BRK end __P.call(1, f)() end)"},
	     {"::unused:: f()", " __P.call(1, f)()"});
}

static void test_jumps(void **state)
{
	(void)state;
	ROWS({"for i = 1, 2 do for j = 1, 2 do goto out end end ::out:: f()",
	      "__P.jump(\"out\", function() return __P.pass(__P.fork(1, 2, 1, function(i) return __P.pass(__P.fork(1, "
	      "2, 1, function(j) "
	      "do return __P.GOTO, \"out\" end end)) end)) end)  __P.call(1, f)()"},
	     {"repeat if a then goto c end f() ::c:: until b",
	      "__P.repeat_(function() __P.jump(\"c\", function() return __P.ifk(a, function() do return __P.GOTO, "
	      "\"c\" end "
	      "end)(function() __P.call(1, f)() end) end)  return nil, b end)"},
	     {"if a then goto c end if b then return end ::c:: f()",
	      "return __P.done(__P.jumpk(\"c\", function() return __P.ifk(a, function() do return __P.GOTO, \"c\" end "
	      "end)"
	      "(function() return __P.ifk(b, function() do return __P.RET end end)() end) end)(function()  __P.call(1, "
	      "f)() "
	      "end))"},
	     {"::top:: f() if a then goto top end", "__P.again(\"top\", function() __P.call(1, f)() return __P.ifk(a, "
	                                            "function() do return __P.GOTO, \"top\", 1 "
	                                            "end end)() end)"},
	     {"while a do ::top:: if b then break end goto top end",
	      "__P.while_(function() return a end, function() return __P.againk(\"top\", function() return __P.ifk(b, "
	      "function() do return __P.BRK end end)(function() do return __P.GOTO, \"top\", 1 end end) end) end)"});
}

static void test_close(void **state)
{
	(void)state;
	ROWS(
	    {"local x <close> = f() g(x)",
	     "local x = __P.call(1, f)() __P.close(\"x\", x)(function() __P.call(2, g)(x) end)"},
	    {"do local x <const>, y < close >, z = 1, f() end g()",
	     "do local x <const>, y, z = 1, __P.call(1, f)() __P.close(\"y\", y)(function() end) end __P.call(2, g)()"},
	    {"local x <close> = nil return x",
	     "local x = nil return __P.done(__P.closek(\"x\", x)(function() do return __P.RET, x end end))"},
	    {"while a do local x <close> = b break end", "__P.while_(function() return a end, function() local x = b "
	                                                 "return __P.pass(__P.closek(\"x\", x)(function() do "
	                                                 "return __P.BRK end end)) end)"},
	    {"repeat local x <close> = a until x",
	     "__P.repeat_(function() local x = a return __P.pass(__P.closek(\"x\", x)(function() return nil, x end)) "
	     "end)"});
}

static void test_varargs(void **state)
{
	(void)state;
	ROWS({"return ...", "return ..."}, {"f(..., (...))", "__P.call(1, f)(..., (...))"},
	     {"if a then f(...) end return {...}",
	      "local __va = __P.pack(...) __P.if_(a, function() __P.call(1, f)(__P.unpack(__va)) end) "
	      "return __P.tab{...}"},
	     {"t = a or ...", "local __va = __P.pack(...) t = __P.or_(a, function() return (__P.unpack(__va)) end)"},
	     {"if ... then return ... end return select('#', ...)",
	      "local __va = __P.pack(...) return __P.done(__P.ifk(..., function() do return __P.RET, __P.unpack(__va) "
	      "end end)(function() do return __P.RET, __P.tcall(1, select)('#', __P.unpack(__va)) end end))"},
	     {"while a do f(function(...) return ... end) end",
	      "__P.while_(function() return a end, function() __P.call(1, f)(__P.fn(2, function(...) return ... end)) "
	      "end)"});
}

/* The form for libraries that overload control flow: assignments of fields and globals tell of their table, loops that
   a break may leave are marked, and a returned operator is no tail call. */
static void test_overload(void **state)
{
	(void)state;
	static const struct row r[] = {
	    {"t.x = 1", "__P.w(1, t).x = 1"},
	    {"t.x.y, o[a] = f()", "__P.w(1, t.x).y, __P.w(2, o)[a] = __P.call(3, f)()"},
	    {"a, undefined = b", "a, __P.w(0, _ENV).undefined = b"},
	    {"function t.a:m() end", "__P.w(1, t.a).m = __P.fn(2, function(self) end)"},
	    {"function undefined() end", "__P.w(0, _ENV).undefined = __P.fn(2, function() end)"},
	    {"function f() end", "f = __P.fn(2, function() end)"},
	    {"while a do break end", "__P.while_(function() return a end, function() do return __P.BRK end end, true)"},
	    {"while a do for i = 1, 2 do break end end",
	     "__P.while_(function() return a end, function() __P.for_(1, 2, 1, function(i) do return __P.BRK end end, "
	     "true) end)"},
	    {"for i = 1, 2 do do break end end",
	     "__P.for_(1, 2, 1, function(i) return __P.ifk(true, function() do return __P.BRK end end)() end, true)"},
	    {"for k in f do break end", "__P.each(f)(function(k) do return __P.BRK end end, true)"},
	    {"repeat break until a", "__P.repeat_(function() do return __P.BRK end return nil, a end, true)"},
	    {"return a < b", "return (__P.lt(a, b))"},
	    {"return not a", "return (__P.not_(a))"},
	    {"return a < b, a", "return __P.lt(a, b), a"},
	};
	rows(r, COUNT_OF(r), STAGED_OVERLOAD);
}

static void test_comments_and_lines(void **state)
{
	(void)state;
	ROWS({"if a -- why\nthen -- x\n f() -- y\nend -- z\n",
	      "__P.if_(a -- why\n, function() -- x\n __P.call(1, f)() -- y\nend) -- z\n"},
	     {"f --[[c]] {a} --[[d]]", "__P.call(1, f) --[[c]] (__P.tab{a}) --[[d]]"},
	     {"o -- a\n : -- b\n m -- c\n (x)", "__P.at(3, __P.bind, 1, o -- a\n ,  -- b\n \"m\") -- c\n (x)"},
	     {"return o -- a\n < -- b\n x", "return __P.at(3, __P.lt, o -- a\n , -- b\n x)"},
	     {"if o\n .x then elseif a\n .x then end",
	      "__P.if_(__P.at(2, __P.truth, o\n .x), function() end, function() return "
	      "__P.at(3, __P.truth, a\n .x) end, function() end)"},
	     {"while f(\n) do end",
	      "__P.while_(function() return __P.at(2, __P.truth, __P.call(1, f)(\n)) end, function() end)"},
	     {"t = a --\n and --\n b --\n", "t = __P.and_(a --\n , function() return --\n b end) --\n"},
	     {"return -- x\n a", "return -- x\n a"},
	     {"if a then return -- x\n b -- y\nend\nf()",
	      "return __P.done(__P.ifk(a, function() do return __P.RET, -- x\n b end -- y\nend)(function()\n"
	      "__P.call(1, f)() end))"},
	     {"for\ni\n=\n1\n,\n2\ndo\nend", "__P.for_(\n\n\n1\n,\n2, 1\n, function(i)\nend)"},
	     {"for k\r\n, v\r\nin a do end", "\r\n \r\n__P.each(a)(function(k, v) end)"},
	     {"function\nt\n.x\n(a)\nend", "\nt\n.x = __P.fn(2, function\n(a)\nend)"},
	     {"while a do goto\nc\n::\nc\n::\nend",
	      "__P.while_(function() return a end, function() do return __P.CONT end\n\n\n\n\nend)"},
	     {"t = [[\n]] < '\\\n'", "t = __P.at(3, __P.lt, [[\n]], '\\\n')"},
	     {"if a then return end\n-- last words\n",
	      "return __P.done(__P.ifk(a, function() do return __P.RET end end)())\n-- last words\n"});
}

static void test_wrapper(void **state)
{
	(void)state;
	whole("f()", 0, "local __P = ... local _ENV return function(...) __P.call(1, f)() end");
	whole("", 0, "local __P = ... local _ENV return function(...) end");
	whole("-- only words", 0, "local __P = ... local _ENV return function(...) end-- only words");
	whole("if ... then return 1 end f() -- words", 0,
	      "local __P = ... local _ENV return function(...) return __P.done(__P.ifk(..., function() do return "
	      "__P.RET, 1 end end)(function() __P.call(1, f)() end)) end -- words");
	whole("\n\nlocal a, b, c\nlocal function f(x)\n return b, x, a\nend", 1,
	      "\n\n\nlocal __P = ... local b, a return function(x)\n return b, x, a\nend");
	whole("return function (x) return x end", 1, "local __P = ... return function (x) return x end");
	whole("function a.b.c(x) end", 1, "local __P = ... return function(x) end");
	whole("function a.b:c(x) return self end", 1, "local __P = ... return function(self, x) return self end");
	whole("function a:c() return self, print end", 1,
	      "local __P = ... local _ENV return function(self) return self, print end");
	whole("local function f\n(x\n)\nend", 1, "local __P = ... return function\n(x\n)\nend");
	whole("function a\n.b\n(x)\nend", 1, "local __P = ... return function(\n\nx)\nend");
	whole("local __P, __va = 1 return function(...) return ... and __P or ... end", 1,
	      "local __P1 = ... local __P return function(...) local __va1 = __P1.pack(...) return __P1.or_(__P1.and_("
	      "..., function() return __P end), function() return (__P1.unpack(__va1)) end) end");
	whole("local function f(_ENV) return function() return x end end", 2,
	      "local __P = ... local _ENV return function() return x end");
	whole("local function f(_ENV) return x end", 1, "local __P = ... return function(_ENV) return x end");
	whole("function f(a) local function g() return function() return a, b end end end", 2,
	      "local __P = ... local a, _ENV return function() return __P.fn(3, function() return a, b end) end");
}

static void test_constants(void **state)
{
	(void)state;
	whole("local K <const> = 0x10 return function() return K end", 1,
	      "local __P = ... local K <const> = 0x10 return function() return K end");
	whole("local K <const>, S <const> = 1, 'a\\\nb\"\\0' return function() return S end", 1,
	      "\nlocal __P = ... local S <const> = \"a\\nb\\\"\\000\" return function() return S end");
	whole("local A <const> = 3 local B <const> = A * -2 return function() return B end", 1,
	      "local __P = ... local B <const> = -6 return function() return B end");
	whole("local A <const> = 1 // 0.25 + 0.5 return function() return A end", 1,
	      "local __P = ... local A <const> = 4.5 return function() return A end");
	whole("local A <const> = 2^53 return function() return A end", 1,
	      "local __P = ... local A <const> = 9007199254740992.0 return function() return A end");
	whole("local A <const> = -1e308 * 10 return function() return A end", 1,
	      "local __P = ... local A <const> = -1e9999 return function() return A end");
	whole("local A <const> = 1 << 63 return function() return A end", 1,
	      "local __P = ... local A <const> = 0x8000000000000000 return function() return A end");
	whole("local N <const> = nil local T <const> = true return function() return function() return N, T end end", 1,
	      "local __P = ... local N <const> = nil local T <const> = true return function() return __P.fn(2, "
	      "function() "
	      "return N, T end) end");
	/* Of several, only the last is a constant for Lua; a table never is. */
	whole("local A <const>, B <const> = 1, 2 local T <const> = {} return function() return A, B, T end", 1,
	      "local __P = ... local A, T local B <const> = 2 return function() return A, B, T end");
	whole("return function() local K <const> = 1 return function() return K end end", 1,
	      "local __P = ... return function() local K <const> = 1 return __P.fn(2, function() return K end) end");
}

static void test_sites(void **state)
{
	(void)state;
	static const struct {
		const char *call, *what;
	} cases[] = {
	    {"g()", "global 'g'"},
	    {"up()", "upvalue 'up'"},
	    {"loc()", "local 'loc'"},
	    {"par()", "local 'par'"},
	    {"up.x()", "field 'x'"},
	    {"g.x.y()", "field 'y'"},
	    {"up['a b']()", "field 'a b'"},
	    {"up[K]()", "field 'key'"},
	    {"up[1]()", "field 'integer index'"},
	    {"up[256]()", "field '?'"},
	    {"up[loc]()", "field '?'"},
	    {"_ENV.g()", "global 'g'"},
	    {"_ENV[loc]()", "global '?'"},
	    {"up:m()", "method 'm'"},
	    {"(up)()", "upvalue 'up'"},
	    {"(up or g)()", ""},
	    {"('s')()", "constant 's'"},
	    {"K()", "constant 'key'"},
	    {"({})()", ""},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct staged_form f;
		struct err e;
		char text[200];
		int n = snprintf(text, sizeof text,
		                 "local K <const> = 'key'\nlocal up\nreturn function(par)\nlocal loc\n%s\nend",
		                 cases[i].call);
		struct chunk *c = chunk_parse(&mem, "=test", text, (size_t)n, &e);
		assert_non_null(c);
		assert_true(lang_staged(c, 1, STAGED_TRACE, &f, &e));
		assert_int_equal(f.site.n, 1);
		assert_int_equal(f.site.at[0].line, 5);
		assert_string_equal(f.site.at[0].what, cases[i].what);
		assert_string_equal(f.pname, "__P");
		staged_form_free(&f);
		chunk_free(c);
	}
}

static void refused(const char *text, size_t len, int ordinal, int line, const char *part)
{
	struct err e = {0};
	struct buf b = staged(text, len, ordinal, STAGED_TRACE, &e);
	if (b.s) fail_msg("not refused: %s", b.s);
	assert_int_equal(e.kind, ERR_CONVERT);
	assert_int_equal(e.line, line);
	if (!strstr(e.msg, part)) fail_msg("'%s' says nothing of '%s'", e.msg, part);
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line;
		const char *part;
	} cases[] = {
	    {"if a then goto on end\n::back:: f()\n::on:: g()\nif b then\ngoto back end", 5, "another goto jumps into"},
	    {"repeat\n::back:: f()\nif a then goto back end until b", 3, "the condition of the repeat"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		refused(cases[i].text, strlen(cases[i].text), 0, cases[i].line, cases[i].part);
	/* An inner function is not the form's business. */
	whole("return function() goto e ::e:: end", 0,
	      "local __P = ... local _ENV return function(...) return __P.fn(1, function() goto e ::e:: end) end");
	struct err e;
	struct staged_form f;
	struct chunk *c = chunk_parse(&mem, "=test", "", 0, &e);
	assert_false(lang_staged(c, 1, STAGED_TRACE, &f, &e));
	assert_int_equal(e.kind, ERR_RUN);
	staged_form_free(&f);
	chunk_free(c);
}

/* Lua reads a local that is the left operand after the right one's call; the form would read it before. */
static void test_operands_read_late(void **state)
{
	(void)state;
	static const char before[] = "local n, t = 0, {} local function inc() n = n + 1 return n end ";
	static const struct {
		const char *text;
		bool refused;
	} cases[] = {
	    {"f(n < inc())", true},
	    {"f((n) == t.x + inc())", true},
	    {"if f then f(n + inc()) end", true},
	    {"f(a and n - inc())", true},
	    {"while f do t[n] = inc() end", true},
	    {"while f do f{[n] = t:inc()} end", true},
	    {"f(n + inc())", false}, /* n is still a local here */
	    {"t[n] = inc()", false},
	    {"f(n < 1, n < t.x, inc() < n, n, inc())", false},
	    {"if f then f(inc() + n, n .. inc(), -n + inc(), t[n] + inc(), n + 1) end", false},
	    {"if f then t.x, t[inc()] = inc(), n end", false},
	    {"local m = n f(m < inc())", false}, /* nobody else writes m */
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err e = {0};
		struct buf text, b;
		buf_init(&text, &mem);
		buf_printf(&text, "%s\n%s", before, cases[i].text);
		if (cases[i].refused) {
			refused(text.s, text.n, 0, 2, "'n' can't be staged here");
		} else {
			b = staged(text.s, text.n, 0, STAGED_TRACE, &e);
			if (!b.s) fail_msg("%s in: %s", e.msg, cases[i].text);
			buf_free(&b);
		}
		buf_free(&text);
	}
}

static void repeat(struct buf *b, int n, const char *text)
{
	for (int i = 0; i < n; i++) buf_printf(b, text, i);
}

/* The form of a text made of a head, n numbered pieces and a tail: refused at `line`, or given. */
static void limit(const char *head, int n, const char *piece, const char *tail, int ordinal, int line, const char *part)
{
	struct buf b;
	buf_init(&b, &mem);
	buf_puts(&b, head);
	repeat(&b, n, piece);
	buf_puts(&b, tail);
	if (part) {
		refused(b.s, b.n, ordinal, line, part);
	} else {
		struct err e = {0};
		struct buf out = staged(b.s, b.n, ordinal, STAGED_TRACE, &e);
		if (!out.s) fail_msg("%d: %s", e.line, e.msg);
		buf_free(&out);
	}
	buf_free(&b);
}

static void test_limits(void **state)
{
	(void)state;
	/* `local __va` is one more local */
	limit("\nlocal function f(...)\n", 200, "local l%d ", "return 1 end", 1, 0, NULL);
	limit("\nlocal function f(...)\n", 199, "local l%d ", "return a or ... end", 1, 0, NULL);
	limit("\nlocal function f(...)\n", 200, "local l%d ", "return a or ... end", 1, 3, "local variables");
	/* guards nest as continuations, chains of `and` as arguments */
	limit("", 50, "if a then return %d end\n", "f()", 0, 0, NULL);
	limit("", 80, "if a then return %d end\n", "f()", 0, 65, "C stack overflow");
	limit("x = a", 150, " and b%d", "", 0, 0, NULL);
	limit("x = a", 250, " and b%d", "", 0, 1, "C stack overflow");
	limit("x = 1", 20000, " + %d", "", 0, 0, NULL);
	/* the library is one more upvalue; more than 190 are declared in nested functions */
	struct buf text;
	buf_init(&text, &mem);
	for (int n = 189; n <= 255; n += 22) {
		buf_clear(&text);
		buf_puts(&text, "local function f() ");
		repeat(&text, 150, "local u%d ");
		buf_puts(&text, "local function g() ");
		for (int i = 150; i < n; i++) buf_printf(&text, "local u%d ", i);
		buf_puts(&text, "return function()\nu0 = u1 < u2 ");
		for (int i = 0; i < n; i++) buf_printf(&text, "u%d = 1 ", i);
		buf_puts(&text, "end end end");
		if (n == 255) {
			refused(text.s, text.n, 3, 2, "upvalues");
		} else {
			struct err e = {0};
			struct buf out = staged(text.s, text.n, 3, STAGED_TRACE, &e);
			if (!out.s) fail_msg("%d: %s", e.line, e.msg);
			assert_int_equal(strstr(out.s, " return (function() local ") != NULL, n >= 190);
			buf_free(&out);
		}
	}
	buf_free(&text);
}

/* Memory that fails at the n-th request: the failure is reported and nothing leaks. */
struct failing {
	long left;
};
static void *fail_later(void *ud, void *p, size_t old, size_t size)
{
	struct failing *f = ud;
	(void)old;
	if (!size) {
		free(p);
		return NULL;
	}
	return f->left-- > 0 ? realloc(p, size) : NULL;
}

static void test_out_of_memory(void **state)
{
	(void)state;
	static const char text[] =
	    "local K <const> = 'k' return function(...) for i = 1, f(K) do if i == 2 then return {...} "
	    "end if K then goto done end ::back:: local x <close> = f() if i == 1 then goto back end end ::done:: end";
	bool done = false;
	for (long n = 0; !done; n++) {
		struct failing f = {1000000};
		struct mem m;
		struct err e;
		struct staged_form form;
		mem_init(&m, fail_later, &f);
		struct chunk *c = chunk_parse(&m, "=test", text, sizeof text - 1, &e);
		assert_non_null(c);
		f.left = n;
		done = lang_staged(c, 1, STAGED_TRACE, &form, &e);
		if (!done) assert_int_equal(e.kind, ERR_MEMORY);
		staged_form_free(&form);
		chunk_free(c);
		assert_int_equal(m.used, 0);
		assert_true(n < 10000);
	}
}

static int begin(void **state)
{
	(void)state;
	mem_init(&mem, NULL, NULL);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	return mem.used != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_operators),
	    cmocka_unit_test(test_calls),
	    cmocka_unit_test(test_tables_and_functions),
	    cmocka_unit_test(test_plain_statements),
	    cmocka_unit_test(test_abrupt_statements),
	    cmocka_unit_test(test_break_and_continue),
	    cmocka_unit_test(test_jumps),
	    cmocka_unit_test(test_close),
	    cmocka_unit_test(test_varargs),
	    cmocka_unit_test(test_overload),
	    cmocka_unit_test(test_comments_and_lines),
	    cmocka_unit_test(test_wrapper),
	    cmocka_unit_test(test_constants),
	    cmocka_unit_test(test_sites),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_operands_read_late),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, begin, finish);
}
