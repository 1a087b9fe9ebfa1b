/* Which values an expression can have, so that the eager form leaves alone what cannot be a
   tensor. Flow-insensitive: a variable can be whatever any `local`, assignment or, for a parameter
   of a local function that is only ever called, any call gives it; sets only grow, from empty,
   until nothing changes. Elements of tables are followed while every use of the table is in sight:
   made by a constructor, held by local variables, indexed, measured, passed to such functions. Any
   other use lets it escape, and then its elements are anything. */
#include "lang/eager.h"
#include <string.h>

enum { ROUNDS = 20 };

static bool literal(const struct ast *e)
{
	e = ast_inside(e);
	return e->kind == AST_NIL || e->kind == AST_TRUE || e->kind == AST_FALSE || e->kind == AST_STRING;
}

static bool many(const struct ast *e) { return e->kind == AST_CALL || e->kind == AST_METHOD || e->kind == AST_VARARG; }

static const struct var *variable(const struct ast *e) { return e->kind == AST_NAME ? e->u.var : NULL; }

/* The function a variable always holds, when it is only called. */
static const struct func *called(const struct infer *in, const struct ast *e)
{
	const struct var *v = variable(e);
	if (!v || v->assigned || !v->init || in->escapes[v->id]) return NULL;
	return v->init->kind == AST_FUNCTION && (v->role == ROLE_LOCAL || v->role == ROLE_LOCALFUNC) ? v->init->u.func
	                                                                                             : NULL;
}

static uint32_t root(const struct infer *in, uint32_t v)
{
	while (in->root[v] != v) v = in->root[v];
	return v;
}

bool infer_plain_compare(const struct infer *in, const struct ast *e)
{
	if (literal(e->kid[0]) || literal(e->kid[1])) return true;
	return !((infer(in, e->kid[0]) | infer(in, e->kid[1])) & CAN_ANY);
}

/* What e can be when it is true. */
static uint8_t infer_true(const struct infer *in, const struct ast *e)
{
	e = ast_inside(e);
	if (e->kind == AST_BINOP && e->op == OPR_AND) return infer_true(in, e->kid[1]);
	if (e->kind == AST_BINOP && e->op == OPR_OR) return infer_true(in, e->kid[0]) | infer_true(in, e->kid[1]);
	return infer(in, e) & (uint8_t)~CAN_NIL;
}

static uint8_t binop(const struct infer *in, const struct ast *e)
{
	uint8_t a;
	switch (e->op) {
	case OPR_AND: /* a false operand comes back as nil or false */
		a = infer(in, e->kid[0]);
		if (a & CAN_ANY) a = CAN_NIL | CAN_BOOL;
		return (a & (CAN_NIL | CAN_BOOL)) | infer(in, e->kid[1]);
	case OPR_OR: return infer_true(in, e->kid[0]) | infer(in, e->kid[1]);
	case OPR_EQ:
	case OPR_NE:
	case OPR_LT:
	case OPR_LE:
	case OPR_GT:
	case OPR_GE: return infer_plain_compare(in, e) ? CAN_BOOL : CAN_ANY;
	case OPR_CONCAT:
		a = infer(in, e->kid[0]) | infer(in, e->kid[1]);
		return a & (CAN_ANY | CAN_OBJECT) ? CAN_ANY : CAN_STRING;
	default: /* strings and objects may have metamethods; nil and booleans raise */
		a = infer(in, e->kid[0]) | infer(in, e->kid[1]);
		return a & (CAN_ANY | CAN_OBJECT | CAN_STRING) ? CAN_ANY : CAN_NUMBER;
	}
}

static uint8_t call(const struct infer *in, const struct ast *e)
{
	const struct ast *f = e->kid[0];
	const struct func *known = called(in, f);
	if (known) return in->result[known->ordinal] | CAN_NIL;
	bool number = f->kind == AST_NAME && !f->u.var && !in->env && !strcmp(f->name->s, "tonumber");
	return number ? CAN_NUMBER | CAN_NIL : CAN_ANY;
}

uint8_t infer(const struct infer *in, const struct ast *e)
{
	const struct var *v;
	switch (e->kind) {
	case AST_NIL: return CAN_NIL;
	case AST_TRUE:
	case AST_FALSE: return CAN_BOOL;
	case AST_INTEGER:
	case AST_FLOAT: return CAN_NUMBER;
	case AST_STRING: return CAN_STRING;
	case AST_FUNCTION:
	case AST_TABLE: return CAN_OBJECT;
	case AST_PAREN: return infer(in, e->kid[0]);
	case AST_NAME: return e->u.var ? in->var[e->u.var->id] : CAN_ANY;
	case AST_INDEX:
	case AST_FIELD:
		v = variable(ast_inside(e->kid[0]));
		if (!v || in->var[v->id] & ~(CAN_NIL | CAN_OBJECT)) return CAN_ANY;
		return in->elem[root(in, v->id)] | CAN_NIL;
	case AST_CALL: return call(in, e);
	case AST_BINOP: return binop(in, e);
	case AST_UNOP:
		if (e->op == OPR_NOT) return CAN_BOOL;
		if (e->op == OPR_LEN) return CAN_NUMBER;
		return infer(in, e->kid[0]) & (CAN_ANY | CAN_OBJECT | CAN_STRING) ? CAN_ANY : CAN_NUMBER;
	default: return CAN_ANY;
	}
}

/* Equations "this set contains what that expression can be". */
struct def {
	uint8_t *set;
	const struct ast *e;
	const struct var *v; /* the variable that gets it, for the elements of a table that comes along */
};
struct walk {
	struct infer *in;
	VEC(struct def) list;
	const struct func *f; /* the function walked */
	bool bad;
};

static void add(struct walk *w, uint8_t *set, const struct ast *e, const struct var *v)
{
	struct def d = {set, e, v};
	if (!vec_push(w->in->mem, &w->list, d)) w->bad = true;
}

static void escape(struct walk *w, const struct var *v) { w->in->elem[root(w->in, v->id)] = CAN_ANY; }

static void share(struct walk *w, const struct var *a, const struct var *b)
{
	uint32_t x = root(w->in, a->id), y = root(w->in, b->id);
	if (x == y) return;
	w->in->elem[y] |= w->in->elem[x];
	w->in->root[x] = y;
}

static void use(struct walk *w, const struct ast *e);

/* e where its elements stay out of reach: indexed, measured, tested, compared. */
static void look(struct walk *w, const struct ast *e)
{
	if (!variable(ast_inside(e))) use(w, ast_inside(e));
}

/* v gets e. */
static void give(struct walk *w, const struct var *v, const struct ast *e)
{
	const struct var *from = variable(ast_inside(e));
	add(w, &w->in->var[v->id], e, v);
	if (from) share(w, v, from);
	else use(w, e);
}

/* The i-th target of an assignment or `local`, or parameter, gets the i-th value of a list that begins at `values`. */
static void assign(struct walk *w, const struct ast *target, const struct var *v, struct ast *const *values, uint32_t n,
                   uint32_t i)
{
	uint8_t *set = v ? &w->in->var[v->id] : NULL;
	const struct var *table = NULL;
	if (!v && target && (target->kind == AST_INDEX || target->kind == AST_FIELD))
		table = variable(ast_inside(target->kid[0]));
	if (table) set = &w->in->elem[root(w->in, table->id)];
	if (i < n && v) give(w, v, values[i]);
	else if (i < n) {
		use(w, values[i]);
		if (set) add(w, set, values[i], table);
	} else if (n && many(values[n - 1])) {
		if (set) *set |= CAN_ANY;
		if (v) escape(w, v);
	} else if (set) *set |= CAN_NIL;
}

static void uses(struct walk *w, struct ast *const *kid, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (kid[i]) use(w, kid[i]);
}

static void use_call(struct walk *w, const struct ast *e)
{
	const struct func *f = called(w->in, e->kid[0]);
	uint32_t n = e->nkids - 1;
	if (!f) {
		uses(w, e->kid, e->nkids);
		return;
	}
	for (uint32_t i = 0; i < f->nparams; i++) assign(w, NULL, f->param[i], e->kid + 1, n, i);
	if (n > f->nparams) uses(w, e->kid + 1 + f->nparams, n - f->nparams);
}

static void use_function(struct walk *w, const struct ast *e, bool known)
{
	const struct func *outer = w->f;
	w->f = e->u.func;
	if (!known) {
		for (uint32_t i = 0; i < w->f->nparams; i++) {
			w->in->var[w->f->param[i]->id] = CAN_ANY;
			escape(w, w->f->param[i]);
		}
	}
	use(w, e->kid[1]);
	w->f = outer;
}

static void use_assignment(struct walk *w, const struct ast *e)
{
	const struct ast *targets = e->kid[0], *values = e->kid[1];
	for (uint32_t i = 0; i < targets->nkids; i++) {
		const struct ast *t = targets->kid[i];
		const struct func *f = i < values->nkids && e->kind == AST_LOCAL ? called(w->in, t) : NULL;
		if (t->kind == AST_INDEX || t->kind == AST_FIELD) {
			look(w, t->kid[0]);
			if (t->kind == AST_INDEX) use(w, t->kid[1]);
		}
		if (f) {
			w->in->var[t->u.var->id] |= CAN_OBJECT;
			use_function(w, values->kid[i], true);
		} else assign(w, t, variable(t), values->kid, values->nkids, i);
	}
	if (values->nkids > targets->nkids) uses(w, values->kid + targets->nkids, values->nkids - targets->nkids);
}

/* e in a place where its value goes out of sight. */
static void use(struct walk *w, const struct ast *e)
{
	switch (e->kind) {
	case AST_NAME:
		if (e->u.var) escape(w, e->u.var);
		return;
	case AST_FUNCTION: use_function(w, e, false); return;
	case AST_INDEX:
		look(w, e->kid[0]);
		use(w, e->kid[1]);
		return;
	case AST_FIELD: look(w, e->kid[0]); return;
	case AST_CALL: use_call(w, e); return;
	case AST_UNOP:
		if (e->op == OPR_LEN || e->op == OPR_NOT) look(w, e->kid[0]);
		else use(w, e->kid[0]);
		return;
	case AST_BINOP:
		if (e->op == OPR_EQ || e->op == OPR_NE) {
			look(w, e->kid[0]);
			look(w, e->kid[1]);
		} else uses(w, e->kid, 2);
		return;
	case AST_LOCAL:
	case AST_ASSIGN: use_assignment(w, e); return;
	case AST_LOCALFUNC:
		w->in->var[e->kid[0]->u.var->id] |= CAN_OBJECT;
		use_function(w, e->kid[1], called(w->in, e->kid[0]) != NULL);
		return;
	case AST_FUNCSTAT:
		if (variable(e->kid[0])) w->in->var[variable(e->kid[0])->id] |= CAN_OBJECT;
		else if (e->kid[0]->kind == AST_FIELD && variable(e->kid[0]->kid[0]))
			w->in->elem[root(w->in, variable(e->kid[0]->kid[0])->id)] |= CAN_OBJECT;
		if (e->kid[0]->kind == AST_FIELD) look(w, e->kid[0]->kid[0]);
		use_function(w, e->kid[1], false);
		return;
	case AST_ARM:
	case AST_WHILE:
		if (e->nkids == 2) look(w, e->kid[0]);
		use(w, e->kid[e->nkids - 1]);
		return;
	case AST_REPEAT:
		use(w, e->kid[0]);
		look(w, e->kid[1]);
		return;
	case AST_FORNUM:
		w->in->var[e->kid[0]->u.var->id] |= CAN_NUMBER;
		uses(w, e->kid + 1, e->nkids - 1);
		return;
	case AST_FORIN:
		for (uint32_t i = 0; i < e->kid[0]->nkids; i++) {
			w->in->var[e->kid[0]->kid[i]->u.var->id] = CAN_ANY;
			escape(w, e->kid[0]->kid[i]->u.var);
		}
		uses(w, e->kid + 1, 2);
		return;
	case AST_RETURN:
		if (e->kid[0]->nkids) add(w, &w->in->result[w->f->ordinal], e->kid[0]->kid[0], NULL);
		uses(w, e->kid, 1);
		return;
	default: uses(w, e->kid, e->nkids);
	}
}

/* Which function variables are used otherwise than by calling them; is there a local _ENV? */
static void find_escapes(struct infer *in, const struct ast *e)
{
	uint32_t i = 0;
	const struct var *v = variable(e);
	if (v && v->decl != e) in->escapes[v->id] = 1;
	if (v && *v->name->s == '_' && !strcmp(v->name->s, "_ENV")) { /* globals are its elements */
		in->env = true;
		in->elem[v->id] = CAN_ANY;
	}
	if (e->kind == AST_CALL && variable(e->kid[0])) i = 1;
	for (; i < e->nkids; i++)
		if (e->kid[i]) find_escapes(in, e->kid[i]);
}

/* What the elements of the table e can be. */
static uint8_t items(const struct infer *in, const struct ast *e)
{
	uint8_t set = 0;
	for (uint32_t i = 0; i < e->nkids && !(set & CAN_ANY); i++) {
		const struct ast *k = e->kid[i];
		if (i + 1 == e->nkids && many(k)) return CAN_ANY;
		set |= infer(in, k->kind == AST_PAIR ? k->kid[1] : k);
	}
	return set;
}

static bool grow(uint8_t *set, uint8_t by, int round)
{
	if (!(by & ~*set)) return false;
	*set = round < ROUNDS ? *set | by : CAN_ANY;
	return true;
}

static void solve(struct walk *w)
{
	struct infer *in = w->in;
	bool more = true;
	for (int round = 0; more; round++) {
		more = false;
		for (uint32_t i = 0; i < w->list.n; i++) {
			const struct def *d = &w->list.at[i];
			const struct ast *e = ast_inside(d->e);
			bool to_elem = d->set >= in->elem && d->set < in->elem + in->c->nvars;
			uint8_t *set = to_elem ? &in->elem[root(in, (uint32_t)(d->set - in->elem))] : d->set,
			        got = infer(in, e);
			more |= grow(set, got, round);
			if (to_elem || !d->v || variable(e)) continue; /* a variable's tables share its root */
			uint8_t *elem = &in->elem[root(in, d->v->id)];
			if (e->kind == AST_TABLE) more |= grow(elem, items(in, e), round);
			else if (got & (CAN_OBJECT | CAN_ANY)) more |= grow(elem, CAN_ANY, round);
		}
	}
}

bool infer_open(struct infer *in, struct mem *m, const struct chunk *c)
{
	*in = (struct infer){.mem = m, .c = c};
	in->var = mem_zero(m, c->nvars * 3);
	in->result = mem_zero(m, c->nfuncs);
	in->root = mem_new(m, c->nvars * sizeof *in->root);
	if (!in->var || !in->result || !in->root) return false;
	in->elem = in->var + c->nvars;
	in->escapes = in->elem + c->nvars;
	for (uint32_t i = 0; i < c->nvars; i++) in->root[i] = i;
	struct walk w = {.in = in, .f = c->func[0]};
	find_escapes(in, c->func[0]->node);
	use(&w, c->root);
	if (!w.bad) solve(&w);
	vec_free(m, &w.list);
	return !w.bad;
}

void infer_close(struct infer *in)
{
	mem_free(in->mem, in->var, in->c->nvars * 3);
	mem_free(in->mem, in->result, in->c->nfuncs);
	mem_free(in->mem, in->root, in->c->nvars * sizeof *in->root);
}
