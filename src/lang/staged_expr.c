/* The staged form: expressions, call sites, and the operands that only a plain Lua function reads late. */
#include "lang/staging.h"
#include "lang/eager.h"
#include <stdio.h>
#include <string.h>

/* ---- call sites ---- */

static bool lazy(const struct ast *n) { return n->op == OPR_AND || n->op == OPR_OR; }

/* `nil or x` and `1 and x`, which are x to Lua's compiler, and named so in its messages: they stay as they are. */
static bool folded(const struct ast *n)
{
	if (n->kind != AST_BINOP || !lazy(n)) return false;
	const struct ast *k = ast_constant(n->kid[0]);
	return k->kind != AST_BINOP && ast_sure(k, n->op == OPR_AND);
}

/* The name Lua's debug information has for the value of an expression, if it has one. */
static const char *known_name(const struct ast *n)
{
	n = ast_constant(ast_compiled(n));
	if (n->kind == AST_NAME || n->kind == AST_FIELD || n->kind == AST_STRING) return n->name->s;
	if (n->kind != AST_INDEX) return NULL;
	const struct ast *k = ast_constant(ast_compiled(n->kid[1]));
	if (k->kind == AST_STRING) return k->name->s;
	return k->kind == AST_INTEGER && k->u.i >= 0 && k->u.i <= 255 ? "integer index" : "?";
}

static const char *known_kind(const struct staging *s, const struct ast *n)
{
	n = ast_constant(ast_compiled(n));
	if (n->kind == AST_STRING) return "constant";
	if (n->kind == AST_NAME) return !n->u.var ? "global" : n->u.var->func == s->f ? "local" : "upvalue";
	if (n->kind == AST_INDEX && !strcmp(known_name(n), "integer index")) return "field";
	const char *table = known_name(n->kid[0]);
	return table && !strcmp(table, "_ENV") ? "global" : "field";
}

static uint32_t site(struct staging *s, const struct ast *n)
{
	struct staged_site at = {(int)n->line, ""};
	const char *name = n->kind == AST_METHOD ? n->name->s : known_name(n->kid[0]);
	if (name) {
		const char *kind = n->kind == AST_METHOD ? "method" : known_kind(s, n->kid[0]);
		size_t len = strlen(kind) + strlen(name) + 4;
		char *what = arena_new(&s->out->arena, len);
		if (what) snprintf(what, len, "%s '%s'", kind, name);
		else form_memory(s);
		at.what = what;
	}
	if (!vec_push(s->c->mem, &s->out->site, at)) form_memory(s);
	return s->out->site.n;
}

/* ---- operands read late ---- */

/* In `n + f()` Lua reads a local n of the same function after the call, so it sees what f did to
   n. In an added function n is an upvalue and is read before, as is an argument of the library. What
   inner functions assign must not stand there; anything else has the same value either way. */

typedef VEC(struct ast *) ast_vec;

static bool push_kids(struct mem *m, ast_vec *todo, const struct ast *n)
{
	bool good = true;
	for (uint32_t i = 0; good && i < n->nkids; i++)
		if (n->kid[i]) good = vec_push(m, todo, n->kid[i]);
	return good;
}

static bool note_written(struct staging *s, const struct ast *target)
{
	struct var *v = target->kind == AST_NAME ? target->u.var : NULL;
	return !v || v->func != s->f || vec_push(s->c->mem, &s->written, v);
}

bool form_find_written(struct staging *s)
{
	struct mem *m = s->c->mem;
	ast_vec own = {0}, inner = {0};
	bool good = push_kids(m, &own, s->f->node);
	while (good && own.n) {
		struct ast *n = own.at[--own.n];
		good = push_kids(m, n->kind == AST_FUNCTION ? &inner : &own, n);
	}
	while (good && inner.n) {
		struct ast *n = inner.at[--inner.n];
		good = push_kids(m, &inner, n);
		if (good && n->kind == AST_FUNCSTAT) good = note_written(s, n->kid[0]);
		if (n->kind != AST_ASSIGN) continue;
		for (uint32_t i = 0; good && i < n->kid[0]->nkids; i++) good = note_written(s, n->kid[0]->kid[i]);
	}
	vec_free(m, &own);
	vec_free(m, &inner);
	return good;
}

/* Does evaluating n call anything by its own text? */
static bool calls(struct staging *s, struct ast *n)
{
	struct mem *m = s->c->mem;
	ast_vec todo = {0};
	bool found = false, good = vec_push(m, &todo, n);
	while (good && !found && todo.n) {
		n = todo.at[--todo.n];
		found = n->kind == AST_CALL || n->kind == AST_METHOD;
		if (n->kind != AST_FUNCTION) good = push_kids(m, &todo, n);
	}
	vec_free(m, &todo);
	if (!good) form_memory(s);
	return found;
}

/* `early` would be read before `rest` is evaluated, where Lua reads it after. */
static void check_late(struct staging *s, const struct ast *early, struct ast *rest)
{
	early = ast_inside(early);
	if (!s->written.n || early->kind != AST_NAME || !early->u.var) return;
	uint32_t i = 0;
	while (i < s->written.n && s->written.at[i] != early->u.var) i++;
	if (i < s->written.n && calls(s, rest))
		form_refuse(s, early,
		            "'%s' can't be staged here: an inner function assigns it, and Lua reads it only after the "
		            "call that follows; put the result of that call into a local first",
		            early->name->s);
}

void form_check_targets(struct staging *s, const struct ast *n)
{
	struct ast *targets = n->kid[0], *values = n->kid[1];
	for (uint32_t i = 0; i < targets->nkids; i++) {
		struct ast *t = targets->kid[i];
		if (s->overload && t->kind != AST_NAME) check_late(s, t->kid[0], values);
		if (!s->closure || t->kind != AST_INDEX) continue;
		check_late(s, t->kid[0], values);
		check_late(s, t->kid[1], values);
	}
}

/* ---- expressions ---- */

static bool spans_lines(const struct staging *s, uint32_t beg, uint32_t end)
{
	while (beg < end && !form_newline(s->c->text[beg])) beg++;
	return beg < end;
}

static const char *const operator_name[OPR_COUNT] = {
    [OPR_LT] = "lt", [OPR_LE] = "le", [OPR_GT] = "gt",    [OPR_GE] = "ge",
    [OPR_EQ] = "eq", [OPR_NE] = "ne", [OPR_AND] = "and_", [OPR_OR] = "or_",
};

bool form_is_call(const struct ast *n)
{
	return (n->kind == AST_BINOP && operator_name[n->op] && !folded(n)) ||
	       (n->kind == AST_UNOP && n->op == OPR_NOT);
}

static bool has_left(const struct ast *n)
{
	return n->kind == AST_BINOP || n->kind == AST_INDEX || n->kind == AST_FIELD || n->kind == AST_CALL ||
	       n->kind == AST_METHOD;
}

/* The one value of n as the result of an added function: `return` was put already. A call or `...`
   gets parentheses: one value, and no tail call, which would hide the user's line. */
void form_result(struct staging *s, struct ast *n)
{
	bool many = n->kind == AST_CALL || n->kind == AST_METHOD || n->kind == AST_VARARG;
	bool was = s->closure;
	s->closure = true;
	form_copy(s, n->beg);
	if (many) form_put(s, "(");
	form_expr(s, n);
	if (many) form_put(s, ")");
	s->closure = was;
}

/* A bound of a numeric for. A tensor is read before what comes next is evaluated, which may change it. */
void form_bound(struct staging *s, struct ast *n, struct ast *next, struct ast *last)
{
	bool early = !s->overload && ast_inside(n)->kind != AST_INTEGER && ast_inside(n)->kind != AST_FLOAT &&
	             ((next && calls(s, next)) || (last && calls(s, last)));
	form_copy(s, n->beg);
	if (early) form_put(s, "%s.bound(", s->p);
	form_expr(s, n);
	if (early) form_put(s, ")");
}

void form_exprs(struct staging *s, struct ast **n, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) form_expr(s, n[i]);
}

/* With STAGED_OVERLOAD `t.x = v` is `__P.w(site, t).x = v`, and the global g is `__P.w(0, _ENV).g`. */
void form_write_begin(struct staging *s, struct ast *n)
{
	if (!s->overload) return;
	if (n->kind == AST_NAME && !n->u.var && strcmp(n->name->s, "_ENV") != 0) form_put(s, "%s.w(0, _ENV).", s->p);
	else if (n->kind != AST_NAME) form_put(s, "%s.w(%u, ", s->p, site(s, n));
}

void form_write_end(struct staging *s, const struct ast *n)
{
	if (s->overload && n->kind != AST_NAME) form_put(s, ")");
}

void form_target(struct staging *s, struct ast *n)
{
	form_copy(s, n->beg);
	form_write_begin(s, n);
	if (n->kind == AST_NAME) return;
	form_expr(s, n->kid[0]);
	form_write_end(s, n);
	if (n->kind == AST_INDEX) form_expr(s, n->kid[1]);
}

/* For an item of a table Lua looks a token ahead when it begins with a name, and has the line of that token for the
   calls that begin there. Their staged form begins on that line. */
static void item_line(struct staging *s, const struct ast *n)
{
	bool called = false;
	for (; has_left(n); n = n->kid[0]) called = called || n->kind == AST_CALL || n->kind == AST_METHOD;
	if (!called || n->kind != AST_NAME || !spans_lines(s, n->end, form_token(s, n->end))) return;
	form_copy(s, n->beg);
	form_move_lines(s, n->end);
}

static void table(struct staging *s, struct ast *n)
{
	form_copy(s, n->beg);
	form_put(s, "%s.tab", s->p);
	for (uint32_t i = 0; i < n->nkids; i++) {
		struct ast *k = n->kid[i];
		if (k->kind != AST_PAIR) {
			item_line(s, k);
			form_expr(s, k);
		} else {
			if (!k->op && s->closure) check_late(s, k->kid[0], k->kid[1]);
			if (!k->op) form_expr(s, k->kid[0]);
			form_expr(s, k->kid[1]);
		}
	}
	form_copy(s, n->end);
}

static void arguments(struct staging *s, struct ast *n)
{
	form_copy(s, n->at);
	if (n->op == CALL_TABLE) {
		form_put(s, "(");
		table(s, n->kid[1]);
		form_put(s, ")");
	} else if (n->op == CALL_PARENS) {
		form_exprs(s, n->kid + 1, n->nkids - 1);
	}
	form_copy(s, n->end);
}

/* The beginning of a call of the library. Lua has the line of `end` for what it does, which may begin lines before. */
static void form_call(struct staging *s, const char *name, uint32_t beg, uint32_t end)
{
	if (spans_lines(s, beg, end)) form_put(s, "%s.at(%d, %s.%s, ", s->p, form_line_of(s->c, end), s->p, name);
	else form_put(s, "%s.%s(", s->p, name);
}

static void method_call(struct staging *s, struct ast *n)
{
	form_call(s, n == s->tail ? "tbind" : "bind", n->beg, form_token(s, n->at2 + 1));
	form_put(s, "%u, ", site(s, n));
}

/* The role of the left operand of n. */
static enum form_role left_role(const struct ast *n, enum form_role role)
{
	if (!lazy(n) || n->kind != AST_BINOP) return ROLE_VALUE;
	if (role == ROLE_COND) return ROLE_COND;
	if (n->op == OPR_AND) return role == ROLE_PICK ? ROLE_COND : ROLE_KEEP;
	return role == ROLE_KEEP ? ROLE_COND : ROLE_PICK;
}

/* The byte on whose line eager code says that n can't be a condition. */
static uint32_t told_at(const struct staging *s, const struct ast *n, enum form_role role)
{
	for (n = ast_inside(n);
	     n->nkids && ((n->kind == AST_BINOP && lazy(n)) || (n->kind == AST_UNOP && n->op == OPR_NOT));
	     n = ast_inside(n->kid[n->nkids - 1]))
		if (n->kind == AST_UNOP) role = ROLE_COND;
	if (n->kind == AST_BINOP && (n->op == OPR_EQ || n->op == OPR_NE))
		return eager_twice(s->c, n->kid[0]) && eager_twice(s->c, n->kid[1]) ? n->end : n->beg;
	return n->kind == AST_NAME || role == ROLE_COND || form_is_call(n) ? n->end : n->beg;
}

static void before_lazy(struct staging *s, struct ast *n, enum form_role role)
{
	uint32_t told = told_at(s, n->kid[0], left_role(n, role));
	if (s->overload) form_put(s, "%s.%s(", s->p, operator_name[n->op]);
	else form_call(s, operator_name[n->op], n->beg, told);
}

/* n as a condition, also of a statement, where it is told at `told` that it can't be one; `thunk`: as the result of an
   added function. */
void form_condition(struct staging *s, struct ast *n, uint32_t told, bool thunk)
{
	const struct ast *in = ast_inside(n);
	bool own = (in->kind == AST_BINOP && lazy(in) && !folded(in)) ||
	           (in->kind == AST_UNOP && in->op == OPR_NOT); /* asks itself */
	uint32_t at = told_at(s, n, ROLE_COND);
	s->role = ROLE_COND;
	s->told = told;
	if (s->overload || own || !spans_lines(s, at < told ? at : told, at < told ? told : at)) {
		if (thunk) form_result(s, n);
		else form_expr(s, n);
		return;
	}
	bool was = s->closure;
	s->closure = was || thunk;
	form_copy(s, n->beg);
	form_put(s, "%s.at(%d, %s.truth, ", s->p, form_line_of(s->c, at), s->p);
	form_expr(s, n);
	form_put(s, ")");
	s->closure = was;
}

/* What comes before the leftmost operand of n. */
static void before(struct staging *s, struct ast *n, enum form_role role)
{
	form_copy(s, n->beg);
	if (n->kind == AST_BINOP && n->op != OPR_CONCAT && !lazy(n) && (s->closure || operator_name[n->op]))
		check_late(s, n->kid[0], n->kid[1]);
	if (n->kind == AST_CALL) form_put(s, "%s.%s(%u, ", s->p, n == s->tail ? "tcall" : "call", site(s, n));
	else if (n->kind == AST_METHOD) method_call(s, n);
	else if (folded(n)) return;
	else if (n->kind == AST_BINOP && lazy(n)) before_lazy(s, n, role);
	else if (n->kind == AST_BINOP && operator_name[n->op]) form_call(s, operator_name[n->op], n->beg, n->end);
}

/* What comes after the leftmost operand of n. */
static void after(struct staging *s, struct ast *n, enum form_role role, uint32_t told)
{
	struct ast *right = n->nkids > 1 ? n->kid[1] : NULL;
	if (n->kind == AST_CALL) {
		form_put(s, ")");
		arguments(s, n);
	} else if (n->kind == AST_METHOD) {
		form_close_up(s, n->at2);
		form_put(s, ", ");
		s->cur++;
		form_copy(s, form_token(s, s->cur));
		form_put(s, "\"");
		form_copy(s, s->cur + n->name->len);
		form_put(s, "\")");
		arguments(s, n);
	} else if (folded(n)) {
		s->role = role;
		s->told = told;
		form_expr(s, right);
	} else if (n->kind == AST_BINOP && operator_name[n->op]) {
		form_close_up(s, n->at);
		form_put(s, ",%s", lazy(n) ? " function() return" : "");
		s->cur += (uint32_t)strlen(ast_op_text[n->op]);
		form_set_off(s);
		if (lazy(n) && role == ROLE_COND) {
			form_condition(s, right, told, true);
		} else if (lazy(n)) {
			s->role = role;
			form_result(s, right);
		} else {
			form_expr(s, right);
		}
		form_put(s, lazy(n) ? " end)" : ")");
	} else if (right) {
		form_expr(s, right);
	}
	form_copy(s, n->end);
}

static void leaf(struct staging *s, struct ast *n, enum form_role role, uint32_t told)
{
	form_copy(s, n->beg);
	if (n->kind == AST_VARARG && s->closure) {
		form_put(s, "%s.unpack(%s)", s->p, s->va);
		s->uses_va = true;
		s->cur = n->end;
	} else if (n->kind == AST_FUNCTION) {
		form_put(s, "%s.fn(%u, ", s->p, n->u.func->ordinal);
		form_copy(s, n->end);
		form_put(s, ")");
	} else if (n->kind == AST_TABLE) {
		table(s, n);
	} else if (n->kind == AST_PAREN) {
		s->role = role;
		s->told = told;
		form_expr(s, n->kid[0]);
	} else if (n->kind == AST_UNOP) {
		if (n->op == OPR_NOT) {
			told = told_at(s, n->kid[0], ROLE_COND);
			if (s->overload) form_put(s, "%s.not_(", s->p);
			else form_call(s, "not_", n->beg, told);
			s->cur += 3;
			form_close_up(s, n->kid[0]->beg);
			s->role = ROLE_COND;
			s->told = told;
		}
		form_expr(s, n->kid[0]);
		if (n->op == OPR_NOT) form_put(s, ")");
	}
	form_copy(s, n->end);
	if (s->moved && s->moved == n->end) form_skip(s, form_token(s, n->end));
}

/* Left operands nest as deep as a chain `a + b + c ...` is long: they are a loop, not a recursion. */
void form_expr(struct staging *s, struct ast *n)
{
	uint32_t base = s->spine.n;
	enum form_role role = s->role;
	uint32_t told = s->told;
	s->role = ROLE_VALUE;
	for (; has_left(n); n = n->kid[0]) {
		struct form_spine link = {n, role, told};
		before(s, n, role);
		role = left_role(n, role);
		told = role == ROLE_VALUE ? 0 : told_at(s, n->kid[0], role);
		if (!vec_push(s->c->mem, &s->spine, link)) {
			form_memory(s);
			break;
		}
	}
	leaf(s, n, role, told);
	while (s->spine.n > base) {
		struct form_spine link = s->spine.at[--s->spine.n];
		after(s, link.n, link.role, link.told);
	}
}
