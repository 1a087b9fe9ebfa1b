/* Which expressions stock's compiler (5.4) turns into a constant, and which constant: a
   `local x <const>` bound to one has neither register nor upvalue. Follows luaK_exp2const,
   constfolding and the jumps of `and` and `or`; strings are never concatenated here. */
#include "lang/parse.h"
#include <math.h>

static bool numeric(const struct ast *e) { return e->kind == AST_INTEGER || e->kind == AST_FLOAT; }
static double as_float(const struct ast *e) { return e->kind == AST_FLOAT ? e->u.n : (double)e->u.i; }

static bool as_integer(const struct ast *e, int64_t *out)
{
	if (e->kind == AST_INTEGER) return *out = e->u.i, true;
	if (!(e->u.n >= -0x1p63 && e->u.n < 0x1p63) || floor(e->u.n) != e->u.n) return false;
	return *out = (int64_t)e->u.n, true;
}

static struct ast *make(struct parser *p, const struct ast *from, enum ast_kind kind)
{
	struct ast *n = scope_alloc(p, sizeof *n);
	if (!n) return NULL;
	n->kind = (uint8_t)kind;
	n->beg = from->beg;
	n->end = from->end;
	n->line = from->line;
	return n;
}

static struct ast *make_int(struct parser *p, const struct ast *from, uint64_t v)
{
	struct ast *n = make(p, from, AST_INTEGER);
	if (n) n->u.i = (int64_t)v;
	return n;
}

static struct ast *make_float(struct parser *p, const struct ast *from, double v)
{
	if (isnan(v) || v == 0) return NULL; /* stock leaves -0.0 and NaN to run time */
	struct ast *n = make(p, from, AST_FLOAT);
	if (n) n->u.n = v;
	return n;
}

static uint64_t shift_left(uint64_t x, int64_t by)
{
	if (by <= -64 || by >= 64) return 0;
	return by >= 0 ? x << by : x >> -by;
}

static struct ast *bitwise(struct parser *p, const struct ast *e, const struct ast *a, const struct ast *b)
{
	int64_t x, y;
	if (!as_integer(a, &x) || !as_integer(b, &y)) return NULL;
	uint64_t u = (uint64_t)x, v = (uint64_t)y;
	switch (e->op) {
	case OPR_BAND: return make_int(p, e, u & v);
	case OPR_BOR: return make_int(p, e, u | v);
	case OPR_BXOR: return make_int(p, e, u ^ v);
	case OPR_SHL: return make_int(p, e, shift_left(u, y));
	case OPR_SHR: return make_int(p, e, y == INT64_MIN ? 0 : shift_left(u, -y));
	default: return make_int(p, e, ~u); /* unary */
	}
}

static struct ast *integers(struct parser *p, const struct ast *e, int64_t x, int64_t y)
{
	uint64_t u = (uint64_t)x, v = (uint64_t)y;
	switch (e->op) {
	case OPR_ADD: return make_int(p, e, u + v);
	case OPR_SUB: return make_int(p, e, u - v);
	case OPR_MUL: return make_int(p, e, u * v);
	default: break;
	}
	if (y == -1) return make_int(p, e, e->op == OPR_IDIV ? 0 - u : 0); /* would overflow in C */
	int64_t q = x / y, r = x % y;
	bool floored = r != 0 && (r ^ y) < 0;
	return e->op == OPR_IDIV ? make_int(p, e, (uint64_t)(q - floored))
	                         : make_int(p, e, (uint64_t)(floored ? r + y : r));
}

static struct ast *floats(struct parser *p, const struct ast *e, double x, double y)
{
	double r;
	switch (e->op) {
	case OPR_ADD: return make_float(p, e, x + y);
	case OPR_SUB: return make_float(p, e, x - y);
	case OPR_MUL: return make_float(p, e, x * y);
	case OPR_DIV: return make_float(p, e, x / y);
	case OPR_IDIV: return make_float(p, e, floor(x / y));
	case OPR_POW: return make_float(p, e, y == 2 ? x * x : pow(x, y));
	default:
		r = fmod(x, y);
		if (r > 0 ? y < 0 : (r < 0 && y != r && !(y < 0))) r += y;
		return make_float(p, e, r);
	}
}

static struct ast *arith(struct parser *p, const struct ast *e, const struct ast *a, const struct ast *b)
{
	if (!numeric(a) || !numeric(b)) return NULL;
	if (e->op >= OPR_BAND && e->op <= OPR_SHR) return bitwise(p, e, a, b);
	if ((e->op == OPR_DIV || e->op == OPR_IDIV || e->op == OPR_MOD) && as_float(b) == 0) return NULL;
	bool whole = a->kind == AST_INTEGER && b->kind == AST_INTEGER && e->op != OPR_DIV && e->op != OPR_POW;
	return whole ? integers(p, e, a->u.i, b->u.i) : floats(p, e, as_float(a), as_float(b));
}

struct ast *fold_constant(struct parser *p, struct ast *e)
{
	struct ast *a, *b;
	switch (e->kind) {
	case AST_NIL:
	case AST_TRUE:
	case AST_FALSE:
	case AST_INTEGER:
	case AST_FLOAT:
	case AST_STRING: return e;
	case AST_NAME: return e->u.var ? e->u.var->konst : NULL;
	case AST_PAREN: return fold_constant(p, e->kid[0]);
	case AST_UNOP:
		if (e->op == OPR_LEN || !(a = fold_constant(p, e->kid[0]))) return NULL;
		if (e->op == OPR_NOT)
			return make(p, e, a->kind == AST_NIL || a->kind == AST_FALSE ? AST_TRUE : AST_FALSE);
		if (!numeric(a)) return NULL;
		if (e->op == OPR_BNOT) return bitwise(p, e, a, a);
		return a->kind == AST_INTEGER ? make_int(p, e, 0 - (uint64_t)a->u.i) : make_float(p, e, -a->u.n);
	case AST_BINOP:
		if (e->op >= OPR_CONCAT && e->op <= OPR_GE) return NULL;
		if (!(a = fold_constant(p, e->kid[0])) || !(b = fold_constant(p, e->kid[1]))) return NULL;
		if (e->op == OPR_AND || e->op == OPR_OR) {
			bool yes = a->kind != AST_NIL && a->kind != AST_FALSE;
			return yes == (e->op == OPR_AND) ? b : NULL;
		}
		return arith(p, e, a, b);
	default: return NULL;
	}
}
