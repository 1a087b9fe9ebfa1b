/* Which values an expression can have, so that the eager form leaves alone what cannot be a
   tensor. Flow-insensitive: a variable can be whatever any `local` or assignment in the chunk gives
   it. Sets only grow, from empty, until nothing changes; a variable nobody follows is CAN_ANY. */
#include "lang/eager.h"
#include <string.h>

enum { ROUNDS = 20 };

static bool literal(const struct ast *e)
{
	while (e->kind == AST_PAREN) e = e->kid[0];
	return e->kind == AST_NIL || e->kind == AST_TRUE || e->kind == AST_FALSE || e->kind == AST_STRING;
}

bool infer_plain_compare(const uint8_t *var, const struct ast *e)
{
	if (literal(e->kid[0]) || literal(e->kid[1])) return true;
	return !((infer(var, e->kid[0]) | infer(var, e->kid[1])) & CAN_ANY);
}

uint8_t infer_true(const uint8_t *var, const struct ast *e)
{
	while (e->kind == AST_PAREN) e = e->kid[0];
	if (e->kind == AST_BINOP && e->op == OPR_AND) return infer_true(var, e->kid[1]);
	if (e->kind == AST_BINOP && e->op == OPR_OR) return infer_true(var, e->kid[0]) | infer_true(var, e->kid[1]);
	return infer(var, e) & (uint8_t)~CAN_NIL;
}

static uint8_t binop(const uint8_t *var, const struct ast *e)
{
	uint8_t a, b;
	switch (e->op) {
	case OPR_AND: /* a false operand comes back as nil or false */
		a = infer(var, e->kid[0]);
		if (a & CAN_ANY) a = CAN_NIL | CAN_BOOL;
		return (a & (CAN_NIL | CAN_BOOL)) | infer(var, e->kid[1]);
	case OPR_OR: return infer_true(var, e->kid[0]) | infer(var, e->kid[1]);
	case OPR_EQ:
	case OPR_NE:
	case OPR_LT:
	case OPR_LE:
	case OPR_GT:
	case OPR_GE: return infer_plain_compare(var, e) ? CAN_BOOL : CAN_ANY;
	case OPR_CONCAT:
		a = infer(var, e->kid[0]) | infer(var, e->kid[1]);
		return a & (CAN_ANY | CAN_OBJECT) ? CAN_ANY : CAN_STRING;
	default: /* strings and objects may have metamethods; nil and booleans raise */
		b = infer(var, e->kid[0]) | infer(var, e->kid[1]);
		return b & (CAN_ANY | CAN_OBJECT | CAN_STRING) ? CAN_ANY : CAN_NUMBER;
	}
}

uint8_t infer(const uint8_t *var, const struct ast *e)
{
	switch (e->kind) {
	case AST_NIL: return CAN_NIL;
	case AST_TRUE:
	case AST_FALSE: return CAN_BOOL;
	case AST_INTEGER:
	case AST_FLOAT: return CAN_NUMBER;
	case AST_STRING: return CAN_STRING;
	case AST_FUNCTION:
	case AST_TABLE: return CAN_OBJECT;
	case AST_PAREN: return infer(var, e->kid[0]);
	case AST_NAME: return e->u.var ? var[e->u.var->id] : CAN_ANY;
	case AST_BINOP: return binop(var, e);
	case AST_UNOP:
		if (e->op == OPR_NOT) return CAN_BOOL;
		if (e->op == OPR_LEN) return CAN_NUMBER;
		return infer(var, e->kid[0]) & (CAN_ANY | CAN_OBJECT | CAN_STRING) ? CAN_ANY : CAN_NUMBER;
	default: return CAN_ANY;
	}
}

/* Definitions: variable gets expression; a NULL expression is nil, `any` an unknown value. */
struct def {
	uint32_t var;
	const struct ast *e;
};
struct defs {
	struct mem *mem;
	uint8_t *var;
	VEC(struct def) list;
	bool bad;
};

static bool many(const struct ast *e) { return e->kind == AST_CALL || e->kind == AST_METHOD || e->kind == AST_VARARG; }

static void define(struct defs *d, const struct ast *target, const struct ast *values, uint32_t i)
{
	const struct var *v = target->kind == AST_NAME ? target->u.var : NULL;
	if (!v) return;
	if (i < values->nkids) {
		struct def def = {v->id, values->kid[i]};
		if (!vec_push(d->mem, &d->list, def)) d->bad = true;
	} else d->var[v->id] |= values->nkids && many(values->kid[values->nkids - 1]) ? CAN_ANY : CAN_NIL;
}

static void collect(struct defs *d, const struct ast *e)
{
	switch (e->kind) {
	case AST_LOCAL:
	case AST_ASSIGN:
		for (uint32_t i = 0; i < e->kid[0]->nkids; i++) define(d, e->kid[0]->kid[i], e->kid[1], i);
		break;
	case AST_LOCALFUNC:
	case AST_FUNCSTAT:
		if (e->kid[0]->kind == AST_NAME && e->kid[0]->u.var) d->var[e->kid[0]->u.var->id] |= CAN_OBJECT;
		break;
	case AST_FORNUM: d->var[e->kid[0]->u.var->id] |= CAN_NUMBER; break;
	case AST_FORIN:
		for (uint32_t i = 0; i < e->kid[0]->nkids; i++) d->var[e->kid[0]->kid[i]->u.var->id] = CAN_ANY;
		break;
	case AST_FUNCTION:
		for (uint32_t i = 0; i < e->u.func->nparams; i++) d->var[e->u.func->param[i]->id] = CAN_ANY;
		break;
	default: break;
	}
	for (uint32_t i = 0; i < e->nkids; i++)
		if (e->kid[i]) collect(d, e->kid[i]);
}

uint8_t *infer_variables(struct mem *m, const struct chunk *c)
{
	struct defs d = {.mem = m, .var = mem_zero(m, c->nvars)};
	if (!d.var) return NULL;
	collect(&d, c->func[0]->node);
	bool more = !d.bad;
	for (int round = 0; more; round++) {
		more = false;
		for (uint32_t i = 0; i < d.list.n; i++) {
			struct def *def = &d.list.at[i];
			uint8_t was = d.var[def->var];
			if (was & CAN_ANY) continue;
			uint8_t now = was | infer(d.var, def->e);
			if (now != was && round >= ROUNDS) now = CAN_ANY;
			d.var[def->var] = now;
			more |= now != was;
		}
	}
	vec_free(m, &d.list);
	if (!d.bad) return d.var;
	mem_free(m, d.var, c->nvars);
	return NULL;
}
