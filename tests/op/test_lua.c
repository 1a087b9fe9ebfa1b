/* op_lua against the Lua library itself: every number row on every pair of awkward operands must give the
   interpreter's value, subtype and bits, and its message. */
#include "case.h"
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>

static const int64_t ints[] = {0,
                               1,
                               -1,
                               2,
                               -2,
                               3,
                               -3,
                               7,
                               10,
                               62,
                               63,
                               64,
                               65,
                               -63,
                               -64,
                               -65,
                               1000000007,
                               (int64_t)1 << 53,
                               ((int64_t)1 << 53) + 1,
                               -((int64_t)1 << 53) - 1,
                               INT64_MAX,
                               INT64_MAX - 1,
                               INT64_MIN,
                               INT64_MIN + 1};
static const double floats[] = {0.0,      -0.0,
                                1,        -1,
                                0.5,      -0.5,
                                2,        3,
                                -3,       5.5,
                                -5.5,     1e15,
                                0x1p53,   0x1p53 + 2,
                                0x1p62,   0x1p63,
                                -0x1p63,  0x1p64,
                                -0x1p64,  1e300,
                                -1e300,   1e-310,
                                INFINITY, -INFINITY,
                                NAN,      9007199254740993.0};

static const struct row {
	enum op op;
	const char *types, *code; /* operand kinds, and the Lua text that means the op */
	char result;
} rows[] = {
    {OP_iadd, "ii", "a+b", 'i'},
    {OP_isub, "ii", "a-b", 'i'},
    {OP_imul, "ii", "a*b", 'i'},
    {OP_idiv, "ii", "a//b", 'i'},
    {OP_imod, "ii", "a%b", 'i'},
    {OP_ineg, "i", "-a", 'i'},
    {OP_iband, "ii", "a&b", 'i'},
    {OP_ibor, "ii", "a|b", 'i'},
    {OP_ibxor, "ii", "a~b", 'i'},
    {OP_ishl, "ii", "a<<b", 'i'},
    {OP_ishr, "ii", "a>>b", 'i'},
    {OP_ibnot, "i", "~a", 'i'},
    {OP_fadd, "ff", "a+b", 'f'},
    {OP_fsub, "ff", "a-b", 'f'},
    {OP_fmul, "ff", "a*b", 'f'},
    {OP_fdiv, "ff", "a/b", 'f'},
    {OP_fidiv, "ff", "a//b", 'f'},
    {OP_fmod, "ff", "a%b", 'f'},
    {OP_fpow, "ff", "a^b", 'f'},
    {OP_fneg, "f", "-a", 'f'},
    {OP_itof, "i", "a+0.0", 'f'},
    {OP_ftoi, "f", "a|0", 'i'},
    {OP_ilt, "ii", "a<b", 'b'},
    {OP_ile, "ii", "a<=b", 'b'},
    {OP_ieq, "ii", "a==b", 'b'},
    {OP_flt, "ff", "a<b", 'b'},
    {OP_fle, "ff", "a<=b", 'b'},
    {OP_feq, "ff", "a==b", 'b'},
    {OP_iflt, "if", "a<b", 'b'},
    {OP_ifle, "if", "a<=b", 'b'},
    {OP_filt, "fi", "a<b", 'b'},
    {OP_file, "fi", "a<=b", 'b'},
    {OP_ifeq, "if", "a==b", 'b'},
    {OP_beq, "bb", "a==b", 'b'},
    {OP_band2, "bb", "a and b", 'b'},
    {OP_bor2, "bb", "a or b", 'b'},
    {OP_bnot1, "b", "not a", 'b'},
    {OP_fsqrt, "f", "math.sqrt(a)", 'f'},
    {OP_fexp, "f", "math.exp(a)", 'f'},
    {OP_flog, "f", "math.log(a)", 'f'},
    {OP_flog2, "f", "math.log(a, 2)", 'f'},
    {OP_flog10, "f", "math.log(a, 10)", 'f'},
    {OP_fsin, "f", "math.sin(a)", 'f'},
    {OP_fcos, "f", "math.cos(a)", 'f'},
    {OP_ftan, "f", "math.tan(a)", 'f'},
    {OP_fasin, "f", "math.asin(a)", 'f'},
    {OP_facos, "f", "math.acos(a)", 'f'},
    {OP_fatan2, "ff", "math.atan(a, b)", 'f'},
    {OP_fabs, "f", "math.abs(a)", 'f'},
    {OP_fcmod, "ff", "math.fmod(a, b)", 'f'},
    {OP_icmod, "ii", "math.fmod(a, b)", 'i'},
    {OP_ffloor, "f", "math.floor(a) + 0.0", 'f'},
    {OP_fceil, "f", "math.ceil(a) + 0.0", 'f'},
    {OP_ffits, "f", "math.tointeger(a) ~= nil", 'b'},
    {OP_iult, "ii", "math.ult(a, b)", 'b'},
    {OP_iabs, "i", "math.abs(a)", 'i'},
};

static size_t count(char type) { return type == 'i' ? COUNT_OF(ints) : type == 'f' ? COUNT_OF(floats) : 2; }

static union word push(lua_State *L, char type, size_t at)
{
	union word w;
	switch (type) {
	case 'i': lua_pushinteger(L, w.i = ints[at]); break;
	case 'f': lua_pushnumber(L, w.f = floats[at]); break;
	default: lua_pushboolean(L, (int)(w.i = (int64_t)at));
	}
	return w;
}

static void compare(lua_State *L, const struct row *r, bool ok, const union word *got, const struct err *e, bool ran)
{
	if (!ran) { /* the text after "place: ", where a variable may be named */
		assert_false(ok);
		const char *said = lua_tostring(L, -1), *colon = strstr(said, ": ");
		if (r->op == OP_ftoi) assert_non_null(strstr(said, "has no integer representation"));
		else assert_string_equal(e->msg, colon && strncmp(said, "bad", 3) != 0 ? colon + 2 : said);
		return;
	}
	assert_true(ok);
	if (r->result == 'b') {
		assert_int_equal(got->i, lua_toboolean(L, -1));
	} else if (r->result == 'i') {
		assert_true(lua_isinteger(L, -1));
		assert_int_equal(got->i, lua_tointeger(L, -1));
	} else {
		const double want = lua_tonumber(L, -1);
		if (want != want) assert_true(got->f != got->f);
		else if (want == 0 && (r->op == OP_ffloor || r->op == OP_fceil))
			assert_true(got->f == 0); /* Lua's is an integer 0 */
		else assert_memory_equal(&want, &got->f, sizeof want);
	}
}

static void words_are_lua_s(void **state)
{
	(void)state;
	lua_State *L = luaL_newstate();
	assert_non_null(L);
	luaL_openlibs(L);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *r = &rows[i];
		const bool two = r->types[1] != 0;
		char code[100];
		snprintf(code, sizeof code, "local a, b = ... return %s", r->code);
		assert_int_equal(luaL_loadstring(L, code), LUA_OK);
		assert_int_equal(op_info[r->op].nin, two ? 2 : 1);
		for (size_t a = 0; a < count(r->types[0]); a++)
			for (size_t b = 0; b < (two ? count(r->types[1]) : 1); b++) {
				union word in[2], out = {.i = 0};
				struct err e = {.kind = ERR_RUN};
				lua_pushvalue(L, -1);
				in[0] = push(L, r->types[0], a);
				if (two) in[1] = push(L, r->types[1], b);
				const bool ran = lua_pcall(L, two ? 2 : 1, 1, 0) == LUA_OK;
				const bool ok = op_lua(r->op, in, NULL, &out, &e);
				compare(L, r, ok, &out, &e, ran);
				lua_pop(L, 1);
			}
		lua_pop(L, 1);
	}
	lua_close(L);
}

static void every_number_row_is_compared(void **state)
{
	(void)state;
	for (int op = 0; op < OP_COUNT; op++) {
		size_t i = 0;
		if (!(op_info[op].flags & OF_LUA)) continue;
		while (i < COUNT_OF(rows) && rows[i].op != (enum op)op) i++;
		if (i == COUNT_OF(rows)) fail_msg("%s is not compared", op_info[op].name);
	}
}

/* The kinds that op_infer asks for are the ones compared above. */
static void types_of_number_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct type in[2] = {{0}}, out;
		struct err e;
		int nout;
		const int n = op_info[rows[i].op].nin;
		for (int k = 0; k < n; k++)
			in[k].kind = rows[i].types[k] == 'i' ? K_INT : rows[i].types[k] == 'f' ? K_FLOAT : K_BOOL;
		assert_true(op_infer(rows[i].op, in, n, NULL, 0, &out, &nout, &e));
		assert_int_equal(out.kind, rows[i].result == 'i' ? K_INT : rows[i].result == 'f' ? K_FLOAT : K_BOOL);
		in[0].kind = K_TENSOR;
		assert_false(op_infer(rows[i].op, in, n, NULL, 0, &out, &nout, &e));
		assert_false(op_infer(rows[i].op, in, n + 1, NULL, 0, &out, &nout, &e));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_lua_s),
	    cmocka_unit_test(every_number_row_is_compared),
	    cmocka_unit_test(types_of_number_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
