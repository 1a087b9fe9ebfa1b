/* The eager form. An expression is walked in one of four roles, which say what becomes of its
   value: kept as it is (VALUE), only asked whether it is true (COND), left operand of `or` (PICK:
   the value when true, any false value otherwise), left operand of `and` (KEEP: exactly nil or
   false when false, any true value otherwise). Rules that all forms below keep:

   - an operand's text appears twice only if it is evaluated once, or is a local or upvalue. Text
     that stands twice behind SOME has no calls, so SOME cannot change while it is evaluated;
   - the sentinels stand on the left of == so that theirs is the __eq Lua asks;
   - a raw == that is true still asks whether its operands are overloaded: one NaN is raw equal to itself;
   - no form is a bare comparison where the text had none: stock 5.4.4 miscompiles u[a<b] for an upvalue u. */
#include "lang/eager.h"
#include "lang/edit.h"
#include <stdio.h>
#include <string.h>

enum role { VALUE, COND, PICK, KEEP };
enum { MOST_UPVALUES = 255 - 1 - EAGER_AUTO - 1, LONGEST_TWICE = 100 };
enum { MOST_PARAMS = 50, MOST_LINES = 100 }; /* of functions that ask AUTO */

struct rewrite {
	const struct chunk *c;
	const struct infer *in;
	struct eager_names *names;
	struct edits ed;
	bool autos;
};

#define NAME(r, which) ((r)->names->s[EAGER_##which])
#define TEXT(r, e) (int)((e)->end - (e)->beg), (r)->c->text + (e)->beg

static void expression(struct rewrite *r, const struct ast *e, enum role role);
static void children(struct rewrite *r, const struct ast *e);

/* What EQ, NE and TAKE are told to give. */
static const char *how(enum role role) { return role == VALUE ? "" : role == PICK ? ", 2" : ", 1"; }

static bool any(struct rewrite *r, const struct ast *e) { return infer(r->in, e) & CAN_ANY; }

/* A local or an upvalue: reading it twice is reading it once. */
static bool is_variable(const struct ast *e) { return e->kind == AST_NAME && e->u.var; }

/* No calls, no edits inside, nothing but names, literals, fields and arithmetic. */
static bool simple(const struct ast *e)
{
	switch (e->kind) {
	case AST_NIL:
	case AST_TRUE:
	case AST_FALSE:
	case AST_INTEGER:
	case AST_FLOAT:
	case AST_STRING:
	case AST_NAME: return true;
	case AST_BINOP:
		if (e->op >= OPR_CONCAT) return false;
		break;
	case AST_UNOP:
		if (e->op == OPR_NOT) return false;
		break;
	case AST_PAREN:
	case AST_INDEX:
	case AST_FIELD: break;
	default: return false;
	}
	for (uint32_t i = 0; i < e->nkids; i++)
		if (!simple(e->kid[i])) return false;
	return true;
}

bool eager_twice(const struct chunk *c, const struct ast *e)
{
	if (e->end - e->beg > LONGEST_TWICE || !simple(e)) return false;
	for (uint32_t i = e->beg; i < e->end; i++) {
		char t = c->text[i];
		if (t == '\n' || t == '\r' || (t == '-' && i + 1 < e->end && c->text[i + 1] == '-')) return false;
	}
	return true;
}

/* a < b or STASH and TAKE(STASH): a tensor's __lt leaves its mask in the stash and says false. */
static void order(struct rewrite *r, const struct ast *e, enum role role)
{
	edit_insert(&r->ed, e->beg, "(");
	children(r, e);
	edit_insert(&r->ed, e->end, " or %s and %s(%s%s))", NAME(r, STASH), NAME(r, TAKE), NAME(r, STASH), how(role));
}

/* What follows EQ(a, b): the comparison of operands with an __eq of the user's, which is to see the user's function
   as its caller. */
static void or_pending(struct rewrite *r, const struct ast *e)
{
	edit_insert(&r->ed, e->end, " or %s and %s(%s %s %s))", NAME(r, PENDING), NAME(r, DONE), NAME(r, LEFT),
	            e->op == OPR_EQ ? "==" : "~=", NAME(r, RIGHT));
}

/* EQ or NE of the operands' texts, at the end of e. */
static void ask(struct rewrite *r, const struct ast *e, enum role role)
{
	edit_insert(&r->ed, e->end, "(%s(%.*s, %.*s%s)", e->op == OPR_EQ ? NAME(r, EQ) : NAME(r, NE),
	            TEXT(r, e->kid[0]), TEXT(r, e->kid[1]), how(role));
	or_pending(r, e);
}

/* a == b with at least one operand that may be overloaded. The text from the end of a to the
   beginning of b (operator, blanks, line ends, comments) is kept where it is. */
static void equality(struct rewrite *r, const struct ast *e, enum role role)
{
	const struct ast *a = e->kid[0], *b = e->kid[1];
	const char *s = NAME(r, SENTINEL), *some = NAME(r, SOME);
	bool any_a = any(r, a), any_b = any(r, b), eq = e->op == OPR_EQ;
	if (!eager_twice(r->c, a) || !eager_twice(r->c, b)) {
		edit_insert(&r->ed, e->beg, "(%s(", eq ? NAME(r, EQ) : NAME(r, NE));
		expression(r, a, VALUE);
		edit_replace(&r->ed, e->at, e->at + 2, ",");
		expression(r, b, VALUE);
		edit_insert(&r->ed, e->end, "%s)", how(role));
		or_pending(r, e);
		return;
	}
	struct ast *one = any_a ? e->kid[0] : e->kid[1];
	edit_insert(&r->ed, e->beg, "(");
	if (any_a && any_b && is_variable(a) && is_variable(b)) {
		/* raw == of two tensors is false here, unless they are one object */
		edit_insert(&r->ed, e->end, " and (not %s or %s ~= %.*s", some, s, TEXT(r, a));
		if (!eq) edit_insert(&r->ed, e->end, " and %s ~= %.*s", s, TEXT(r, b));
		edit_insert(&r->ed, e->end, " or ");
		ask(r, e, role);
		if (eq)
			edit_insert(&r->ed, e->end, ") or %s and (%s == %.*s or %s == %.*s)", some, s, TEXT(r, a), s,
			            TEXT(r, b));
		else edit_insert(&r->ed, e->end, ") or %s and %s == %.*s", some, s, TEXT(r, a));
		edit_insert(&r->ed, e->end, " and ");
		ask(r, e, role);
		edit_insert(&r->ed, e->end, ")");
	} else if (!(any_a && any_b) && is_variable(one)) {
		/* no tensor is raw equal to a plain value */
		if (eq) edit_insert(&r->ed, e->end, " or %s == %.*s and ", s, TEXT(r, one));
		else edit_insert(&r->ed, e->end, " and (%s ~= %.*s or ", s, TEXT(r, one));
		ask(r, e, role);
		edit_insert(&r->ed, e->end, eq ? ")" : "))");
	} else if (eq) { /* mostly false: one look at SOME */
		edit_insert(&r->ed, e->beg, "(%s or ", some);
		edit_insert(&r->ed, e->end, ") and (not %s or ", some);
		ask(r, e, role);
		edit_insert(&r->ed, e->end, "))");
	} else {
		edit_insert(&r->ed, e->beg, "not %s and ", some);
		edit_insert(&r->ed, e->end, " or %s and ", some);
		ask(r, e, role);
		edit_insert(&r->ed, e->end, ")");
	}
}

static void comparison(struct rewrite *r, const struct ast *e, enum role role)
{
	if (infer_plain_compare(r->in, e)) children(r, e);
	else if (e->op == OPR_EQ || e->op == OPR_NE) equality(r, e, role);
	else order(r, e, role);
}

/* The truth of an operand that may be overloaded, and the operand itself where the role wants it. */
static void truth(struct rewrite *r, const struct ast *e, enum role role)
{
	const char *q = NAME(r, TRUTH), *some = NAME(r, SOME), *pick = NAME(r, PICK);
	if (is_variable(e)) {
		edit_insert(&r->ed, e->beg, "(");
		edit_insert(&r->ed, e->end, " and %s ~= %.*s%s%.*s)", q, TEXT(r, e), role == PICK ? " and " : "",
		            role == PICK ? (int)(e->end - e->beg) : 0, r->c->text + e->beg);
	} else if (role == COND) {
		edit_insert(&r->ed, e->beg, "(%s ~= (", q);
		expression(r, e, VALUE);
		edit_insert(&r->ed, e->end, " or %s))", q);
	} else if (!eager_twice(r->c, e)) {
		edit_insert(&r->ed, e->beg, " %s(", pick);
		expression(r, e, VALUE);
		edit_insert(&r->ed, e->end, ")");
	} else if (role == PICK) {
		edit_insert(&r->ed, e->beg, "(not %s and ", some);
		edit_insert(&r->ed, e->end, " or %s and %s(%.*s))", some, pick, TEXT(r, e));
	} else {
		edit_insert(&r->ed, e->beg, "((%s or ", some);
		edit_insert(&r->ed, e->end, ") and (not %s or %s(%.*s)))", some, pick, TEXT(r, e));
	}
}

static void negation(struct rewrite *r, const struct ast *e, enum role role)
{
	const struct ast *a = e;
	while (a->kind == AST_PAREN || (a->kind == AST_UNOP && a->op == OPR_NOT)) a = a->kid[0];
	bool compares =
	    !is_variable(a) && !(a->kind == AST_BINOP && a->op >= OPR_EQ) && any(r, a); /* TRUTH ~= (a or TRUTH) */
	if (role == VALUE && compares) edit_insert(&r->ed, e->beg, "(");
	expression(r, e->kid[0], COND);
	if (role == VALUE && compares) edit_insert(&r->ed, e->end, " or false)");
}

static void expression(struct rewrite *r, const struct ast *e, enum role role)
{
	if (e->kind == AST_PAREN) {
		expression(r, e->kid[0], role);
		return;
	}
	if (e->kind == AST_UNOP && e->op == OPR_NOT) {
		negation(r, e, role);
		return;
	}
	if (e->kind == AST_BINOP && e->op == OPR_AND) {
		expression(r, e->kid[0], role == COND || role == PICK ? COND : KEEP);
		expression(r, e->kid[1], role);
		return;
	}
	if (e->kind == AST_BINOP && e->op == OPR_OR) {
		expression(r, e->kid[0], role == COND || role == KEEP ? COND : PICK);
		expression(r, e->kid[1], role);
		return;
	}
	if (e->kind == AST_BINOP && e->op >= OPR_EQ) comparison(r, e, role);
	else if (role != VALUE && any(r, e)) truth(r, e, role);
	else children(r, e);
}

/* NUMBER round a bound of a numeric for. */
static void bound(struct rewrite *r, const struct ast *e)
{
	if (!e || !any(r, e)) {
		if (e) expression(r, e, VALUE);
	} else if (eager_twice(r->c, e)) {
		edit_insert(&r->ed, e->beg, "(%s and %s(%.*s) or ", NAME(r, SOME), NAME(r, NUMBER), TEXT(r, e));
		edit_insert(&r->ed, e->end, ")");
	} else {
		edit_insert(&r->ed, e->beg, " %s(", NAME(r, NUMBER));
		expression(r, e, VALUE);
		edit_insert(&r->ed, e->end, ")");
	}
}

bool eager_full(const struct func *f)
{
	for (; f; f = f->parent)
		if (f->nupvalues > MOST_UPVALUES) return true;
	return false;
}

/* Does the first instruction of a function's body have a line near to the function's own? That of a function in it has
   the line of its `end`. */
static bool begins_near(const struct chunk *c, const struct func *f, const struct ast *first)
{
	uint32_t lines = first->line - (uint32_t)f->line;
	bool early =
	    first->kind == AST_IF || first->kind == AST_WHILE || first->kind == AST_FORNUM || first->kind == AST_FORIN;
	for (uint32_t i = first->beg; i < first->end && !early; i++) lines += c->text[i] == '\n' || c->text[i] == '\r';
	return lines <= MOST_LINES;
}

/* The function begins by asking whether a graph runs this call. The answer is kept in variables of a block of their
   own, which are gone before the first statement. They say which instructions the loader gives that statement's line.
 */
static void ask_auto(struct rewrite *r, const struct ast *e)
{
	const struct func *f = e->u.func;
	const struct ast *body = e->kid[1];
	const char *run = NAME(r, RUN), *value = NAME(r, VALUE);
	if (!f->parent || !body->nkids || f->nparams + f->vararg == 0 || f->nparams > MOST_PARAMS) return;
	uint32_t at = body->kid[0]->beg;
	if (!begins_near(r->c, f, body->kid[0])) return;
	edit_insert(&r->ed, at, " if %s then local %s, %s = %s[%u] if %s then %s, %s = %s(%u", NAME(r, SOME), run,
	            value, NAME(r, AUTO), f->ordinal, run, run, value, run, f->ordinal);
	for (uint32_t i = 0; i < f->nparams; i++)
		edit_insert(&r->ed, at, ", %.*s", (int)f->param[i]->name->len, f->param[i]->name->s);
	if (f->vararg) edit_insert(&r->ed, at, ", ...");
	edit_insert(&r->ed, at, ") if %s then if %s == true then return %s end return %s(%s) end end end ", run, run,
	            value, NAME(r, RESULTS), run);
}

/* The kids in their own roles; e itself needs no edit. */
static void children(struct rewrite *r, const struct ast *e)
{
	uint32_t i = 0;
	switch (e->kind) {
	case AST_FUNCTION:
		if (eager_full(e->u.func)) return;
		if (r->autos) ask_auto(r, e);
		i = 1; /* parameters are no expressions */
		break;
	case AST_WHILE:
	case AST_ARM:
		if (e->nkids < 2) break;
		expression(r, e->kid[0], COND);
		i = 1;
		break;
	case AST_REPEAT:
		children(r, e->kid[0]);
		expression(r, e->kid[1], COND);
		return;
	case AST_FORNUM:
		for (i = 1; i < 4; i++) bound(r, e->kid[i]);
		break;
	default: break;
	}
	for (; i < e->nkids; i++)
		if (e->kid[i]) expression(r, e->kid[i], VALUE);
}

/* A suffix under which none of the names occurs in the chunk. */
static void choose_names(const struct chunk *c, struct eager_names *names)
{
	static const char *const stem[EAGER_NAMES] = {
	    "__S",       "__Q",    "__some",  "__stash", "__take",    "__eq",   "__ne",  "__pick", "__number",
	    "__pending", "__left", "__right", "__done",  "__results", "__auto", "__run", "__value"};
	bool clash = true;
	for (int n = 0; clash; n++) {
		clash = false;
		for (int i = 0; i < EAGER_NAMES; i++) {
			if (n) snprintf(names->s[i], sizeof names->s[i], "%s%d", stem[i], n);
			else snprintf(names->s[i], sizeof names->s[i], "%s", stem[i]);
			clash = clash || chunk_find(c, names->s[i], strlen(names->s[i]));
		}
	}
}

static void wrap(struct eager_names *names, struct edits *ed)
{
	edit_insert(ed, 0, "local ");
	for (int i = 0; i <= EAGER_AUTO; i++) edit_insert(ed, 0, "%s%s", i ? ", " : "", names->s[i]);
	edit_insert(ed, 0, " return function(...) do local _ = _ENV end "); /* _ENV is to be the first upvalue */
}

bool eager_rewrite(struct mem *m, const struct chunk *c, bool autos, struct eager_names *names, struct buf *out,
                   bool *edited, struct err *e)
{
	struct infer in;
	struct rewrite r = {.c = c, .in = &in, .names = names, .autos = autos};
	const struct ast *main = c->func[0]->node;
	bool ok = true;
	*edited = false;
	choose_names(c, names);
	if (main->depth <= AST_DEPTH) {
		edits_init(&r.ed, m);
		ok = infer_open(&in, m, c);
		if (ok) wrap(names, &r.ed);
		uint32_t wrapped = r.ed.list.n;
		if (ok) children(&r, main);
		*edited = r.ed.list.n > wrapped;
		edit_insert(&r.ed, c->last, " end"); /* on the line of the last token, before any comment */
		if (*edited) ok = edits_apply(&r.ed, c->text, c->len, out);
		else ok = ok && !r.ed.bad;
		edits_free(&r.ed);
		infer_close(&in);
	}
	if (ok && !*edited) buf_put(out, c->text, c->len);
	return (ok && !out->bad) || fail_memory(e, c->len);
}
