/* Lua 5.4's arithmetic on plain words: lvm.c, lobject.c and lmathlib.c restated, with the library calls Lua
   makes, so that folding, the executor and native code agree with the interpreter to the bit. */
#include "op/run.h"
#include "kernels/scalar.h"
#include <math.h>

static int64_t shift_left(int64_t x, int64_t y)
{
	if (y <= -64 || y >= 64) return 0;
	return y < 0 ? (int64_t)((uint64_t)x >> -y) : (int64_t)((uint64_t)x << y);
}

/* Is an integer exact as a float? Then comparing floats is comparing numbers. */
static bool exact(int64_t i) { return i >= -((int64_t)1 << 53) && i <= (int64_t)1 << 53; }

/* i < f: i < ceil(f) when that fits. NaN is false, beyond the integers the sign decides. */
static bool int_less(int64_t i, double f)
{
	if (exact(i)) return (double)i < f;
	double up = ceil(f);
	if (up >= -0x1p63 && up < 0x1p63) return i < (int64_t)up;
	return f > 0;
}

static bool int_less_equal(int64_t i, double f)
{
	if (exact(i)) return (double)i <= f;
	double down = floor(f);
	if (down >= -0x1p63 && down < 0x1p63) return i <= (int64_t)down;
	return f > 0;
}

static bool float_less(double f, int64_t i)
{
	if (exact(i)) return f < (double)i;
	double down = floor(f);
	if (down >= -0x1p63 && down < 0x1p63) return (int64_t)down < i;
	return f < 0;
}

static bool float_less_equal(double f, int64_t i)
{
	if (exact(i)) return f <= (double)i;
	double up = ceil(f);
	if (up >= -0x1p63 && up < 0x1p63) return (int64_t)up <= i;
	return f < 0;
}

static bool fits(double f) { return f >= -0x1p63 && f < 0x1p63 && floor(f) == f; }

static bool integer(enum op op, int64_t a, int64_t b, int64_t *r, struct err *e)
{
	const uint64_t x = (uint64_t)a, y = (uint64_t)b;
	switch (op) {
	case OP_iadd: *r = (int64_t)(x + y); return true;
	case OP_isub: *r = (int64_t)(x - y); return true;
	case OP_imul: *r = (int64_t)(x * y); return true;
	case OP_idiv:
		if (b == 0) return fail(e, "attempt to divide by zero");
		*r = s_floordiv_i64(a, b);
		return true;
	case OP_imod:
		if (b == 0) return fail(e, "attempt to perform 'n%%0'");
		*r = s_mod_i64(a, b);
		return true;
	case OP_icmod:
		if (b == 0) return fail(e, "bad argument #2 to 'fmod' (zero)");
		*r = b == -1 ? 0 : a % b;
		return true;
	case OP_ineg: *r = (int64_t)(0 - x); return true;
	case OP_iabs: *r = (int64_t)(a < 0 ? 0 - x : x); return true;
	case OP_iband: *r = (int64_t)(x & y); return true;
	case OP_ibor: *r = (int64_t)(x | y); return true;
	case OP_ibxor: *r = (int64_t)(x ^ y); return true;
	case OP_ibnot: *r = (int64_t)~x; return true;
	case OP_ishl: *r = shift_left(a, b); return true;
	case OP_ishr: *r = b == INT64_MIN ? 0 : shift_left(a, -b); return true;
	case OP_ilt: *r = a < b; return true;
	case OP_ile: *r = a <= b; return true;
	case OP_ieq:
	case OP_beq: *r = a == b; return true;
	case OP_iult: *r = x < y; return true;
	case OP_band2: *r = a && b; return true;
	case OP_bor2: *r = a || b; return true;
	case OP_bnot1: *r = !a; return true;
	default: return fail(e, "%s is not an operation on Lua values", op_info[op].name);
	}
}

bool op_lua(enum op op, const union word *in, const int64_t *attr, union word *out, struct err *e)
{
	(void)attr;
	const double a = in[0].f, b = op_info[op].nin > 1 ? in[1].f : 0;
	switch (op) {
	case OP_fadd: out->f = s_add_f64(a, b); return true;
	case OP_fsub: out->f = a - b; return true;
	case OP_fmul: out->f = s_mul_f64(a, b); return true;
	case OP_fdiv: out->f = a / b; return true;
	case OP_fidiv: out->f = floor(a / b); return true;
	case OP_fmod: out->f = s_mod_f64(a, b); return true;
	case OP_fpow: out->f = b == 2 ? a * a : pow(a, b); return true;
	case OP_fneg: out->f = -a; return true;
	case OP_itof: out->f = (double)in[0].i; return true;
	case OP_ftoi:
		if (!fits(a)) return fail(e, "number has no integer representation");
		out->i = (int64_t)a;
		return true;
	case OP_ffits: out->i = fits(a); return true;
	case OP_flt: out->i = a < b; return true;
	case OP_fle: out->i = a <= b; return true;
	case OP_feq: out->i = a == b; return true;
	case OP_iflt: out->i = int_less(in[0].i, b); return true;
	case OP_ifle: out->i = int_less_equal(in[0].i, b); return true;
	case OP_filt: out->i = float_less(a, in[1].i); return true;
	case OP_file: out->i = float_less_equal(a, in[1].i); return true;
	case OP_ifeq: out->i = fits(b) && in[0].i == (int64_t)b; return true;
	case OP_fsqrt: out->f = sqrt(a); return true;
	case OP_fexp: out->f = exp(a); return true;
	case OP_flog: out->f = log(a); return true;
	case OP_flog2: out->f = log2(a); return true;
	case OP_flog10: out->f = log10(a); return true;
	case OP_fsin: out->f = sin(a); return true;
	case OP_fcos: out->f = cos(a); return true;
	case OP_ftan: out->f = tan(a); return true;
	case OP_fasin: out->f = asin(a); return true;
	case OP_facos: out->f = acos(a); return true;
	case OP_fatan2: out->f = atan2(a, b); return true;
	case OP_fabs: out->f = fabs(a); return true;
	case OP_fcmod: out->f = fmod(a, b); return true;
	case OP_ffloor: out->f = floor(a); return true;
	case OP_fceil: out->f = ceil(a); return true;
	default: return integer(op, in[0].i, op_info[op].nin > 1 ? in[1].i : 0, &out->i, e);
	}
}
