/* The grammar of Lua 5.4, one function per symbol. What it accepts, the order of its checks and
   the line of an error follow stock's parser. Children wait in p->kids until their parent is made. */
#include "lang/parse.h"
#include <string.h>

enum { MAX_LEVELS = 200 }; /* stock counts some levels of its caller too, so it refuses a little earlier */

static void expr(struct parser *p);
static void statement(struct parser *p);
static void block_to(struct parser *p, uint32_t beg);

/* Nodes. */

static struct ast *node(struct parser *p, enum ast_kind kind, uint32_t beg, uint32_t nkids)
{
	struct ast *n = p->bad ? NULL : scope_alloc(p, sizeof *n + nkids * sizeof *n->kid);
	if (!n) {
		n = &p->oops;
		nkids = 0;
	}
	n->kind = (uint8_t)kind;
	n->beg = beg;
	n->end = p->prevend;
	n->depth = 1;
	n->nkids = nkids;
	n->kid = nkids ? (struct ast **)(n + 1) : NULL;
	return n;
}

static void push(struct parser *p, struct ast *n)
{
	if (!vec_push(p->mem, &p->kids, n)) lex_memory(p);
}

static struct ast *pop(struct parser *p) { return p->kids.n && !p->bad ? p->kids.at[--p->kids.n] : &p->oops; }
static struct ast *top(struct parser *p) { return p->kids.n && !p->bad ? p->kids.at[p->kids.n - 1] : &p->oops; }

/* A node over the children pushed since there were `from`; takes their place. */
static struct ast *reduce(struct parser *p, enum ast_kind kind, uint32_t beg, uint32_t from)
{
	uint32_t n = p->kids.n > from ? p->kids.n - from : 0;
	struct ast *e = node(p, kind, beg, n);
	for (uint32_t i = 0; i < e->nkids; i++) {
		e->kid[i] = p->kids.at[from + i];
		if (e->kid[i] && e->kid[i]->depth >= e->depth)
			e->depth = e->kid[i]->depth + (e->kid[i]->depth < UINT16_MAX);
	}
	if (p->kids.n > from) p->kids.n = from;
	push(p, e);
	return e;
}

static struct ast *leaf(struct parser *p, enum ast_kind kind)
{
	struct ast *n = node(p, kind, p->tok.beg, 0);
	n->line = (uint32_t)p->tok.line;
	lex_next(p);
	n->end = p->prevend;
	push(p, n);
	return n;
}

/* Tokens. */

static bool enter(struct parser *p)
{
	if (++p->level >= MAX_LEVELS) lex_fail(p, "C stack overflow");
	return !p->bad;
}

static void leave(struct parser *p) { p->level--; }

static bool accept(struct parser *p, int kind)
{
	if (p->tok.kind != kind) return false;
	lex_next(p);
	return true;
}

static void expected(struct parser *p, int kind)
{
	char text[32];
	lex_token_text(kind, text, sizeof text);
	lex_error(p, "%s expected", text);
}

static void expect(struct parser *p, int kind)
{
	if (!accept(p, kind)) expected(p, kind);
}

static void match(struct parser *p, int what, int who, int line)
{
	char a[32], b[32];
	if (accept(p, what)) return;
	lex_token_text(what, a, sizeof a);
	lex_token_text(who, b, sizeof b);
	if (line == p->line) lex_error(p, "%s expected", a);
	else lex_error(p, "%s expected (to close %s at line %d)", a, b, line);
}

/* A name as a NAME node that is not resolved. */
static struct ast *name(struct parser *p)
{
	struct str *s = p->tok.s;
	if (p->tok.kind != TK_NAME) {
		expected(p, TK_NAME);
		s = NULL;
	}
	struct ast *n = leaf(p, AST_NAME);
	n->name = p->bad ? NULL : s;
	return n;
}

static bool block_follow(const struct parser *p, bool until)
{
	switch (p->tok.kind) {
	case TK_ELSE:
	case TK_ELSEIF:
	case TK_END:
	case TK_EOS: return true;
	case TK_UNTIL: return until;
	default: return false;
	}
}

/* Expressions. */

static void explist(struct parser *p)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	do expr(p);
	while (accept(p, ','));
	reduce(p, AST_LIST, beg, from);
}

static void empty_list(struct parser *p)
{
	struct ast *n = node(p, AST_LIST, p->prevend, 0);
	push(p, n);
}

/* [expr] '=' or name '=', then expr */
static void pair(struct parser *p)
{
	uint32_t from = p->kids.n, beg = p->tok.beg, at = 0;
	bool named = p->tok.kind == TK_NAME;
	if (named) {
		struct str *s = p->tok.s;
		leaf(p, AST_STRING)->name = s;
	} else {
		lex_next(p);
		expr(p);
		expect(p, ']');
	}
	at = p->tok.beg;
	expect(p, '=');
	expr(p);
	struct ast *n = reduce(p, AST_PAIR, beg, from);
	n->op = named;
	n->at = at;
}

/* '{' [field {(',' | ';') field} [',' | ';']] '}' */
static void constructor(struct parser *p)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	int line = p->line, start = p->tok.line;
	expect(p, '{');
	while (p->tok.kind != '}' && !p->bad) {
		if (p->tok.kind == '[' || (p->tok.kind == TK_NAME && lex_peek(p) == '=')) pair(p);
		else expr(p);
		if (!accept(p, ',') && !accept(p, ';')) break;
	}
	match(p, '}', '{', line);
	reduce(p, AST_TABLE, beg, from)->line = (uint32_t)start;
}

/* parameters and body up to the `end`; pushes the FUNCTION. `line` is where stock says it begins. */
static void body(struct parser *p, uint32_t beg, bool method, int line)
{
	struct funcstate fs;
	struct scope s;
	struct func *f = scope_alloc(p, sizeof *f);
	if (!f) return;
	func_open(p, &fs, f);
	scope_open(p, &s, false);
	f->line = line;
	f->method = method;
	uint32_t from = p->kids.n, at = p->tok.beg, declared = p->active.n;
	expect(p, '(');
	uint32_t pbeg = p->prevend;
	if (method) {
		scope_declare(p, p->self, ROLE_PARAM, NULL);
		scope_activate(p, 1);
	}
	if (p->tok.kind != ')') {
		do {
			if (p->tok.kind == TK_NAME) {
				struct ast *n = name(p);
				scope_declare(p, n->name, ROLE_PARAM, n);
			} else if (p->tok.kind == TK_DOTS) {
				leaf(p, AST_VARARG);
				f->vararg = true;
			} else lex_error(p, "<name> or '...' expected");
		} while (!f->vararg && accept(p, ','));
	}
	f->nparams = p->active.n > declared ? p->active.n - declared : 0;
	scope_activate(p, (int)(f->nparams - method));
	f->param = scope_alloc(p, f->nparams * sizeof *f->param);
	for (uint32_t i = 0; f->param && i < f->nparams; i++) f->param[i] = p->active.at[declared + i].var;
	struct ast *params = reduce(p, AST_LIST, pbeg, from);
	params->end = p->tok.beg;
	expect(p, ')');
	block_to(p, p->prevend);
	f->lastline = p->line;
	match(p, TK_END, TK_FUNCTION, line);
	struct ast *n = reduce(p, AST_FUNCTION, beg, from);
	n->line = (uint32_t)line;
	n->at = at;
	n->u.func = f;
	f->node = n;
	scope_close(p);
	func_close(p);
}

static void primary(struct parser *p)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	int line = p->line;
	if (p->tok.kind == TK_NAME) {
		struct ast *n = name(p);
		scope_name(p, n);
	} else if (accept(p, '(')) {
		expr(p);
		match(p, ')', '(', line);
		reduce(p, AST_PAREN, beg, from)->line = (uint32_t)line;
	} else lex_error(p, "unexpected symbol");
}

/* The callee (and the method's name) are on p->kids from `from`; the arguments follow. */
static void call(struct parser *p, uint32_t from, int line, struct str *method, uint32_t colon)
{
	uint32_t beg = top(p)->beg, at = p->tok.beg;
	int style = CALL_PARENS;
	switch (p->tok.kind) {
	case '(':
		lex_next(p);
		if (p->tok.kind != ')') {
			do expr(p);
			while (accept(p, ','));
		}
		match(p, ')', '(', line);
		break;
	case '{':
		style = CALL_TABLE;
		constructor(p);
		break;
	case TK_STRING: {
		struct str *s = p->tok.s;
		style = CALL_STRING;
		leaf(p, AST_STRING)->name = s;
		break;
	}
	default: lex_error(p, "function arguments expected");
	}
	struct ast *n = reduce(p, method ? AST_METHOD : AST_CALL, beg, from);
	n->op = (uint8_t)style;
	n->line = (uint32_t)line;
	n->at = at;
	n->at2 = colon;
	n->name = method;
}

/* '.' name or ':' name after the expression on top; makes a FIELD. */
static void field(struct parser *p)
{
	uint32_t at = p->tok.beg, beg = top(p)->beg, line = top(p)->line;
	lex_next(p);
	struct str *s = name(p)->name;
	pop(p);
	struct ast *n = reduce(p, AST_FIELD, beg, p->kids.n ? p->kids.n - 1 : 0);
	n->name = s;
	n->at = at;
	n->line = line;
}

/* primary {'.' name | '[' expr ']' | ':' name args | args} */
static void suffixed(struct parser *p)
{
	uint32_t from = p->kids.n, at = 0;
	int line = p->line;
	primary(p);
	while (!p->bad) {
		uint32_t beg = top(p)->beg;
		switch (p->tok.kind) {
		case '.': field(p); break;
		case '[': {
			at = p->tok.beg;
			lex_next(p);
			expr(p);
			expect(p, ']');
			struct ast *n = reduce(p, AST_INDEX, beg, from);
			n->at = at;
			n->line = (uint32_t)line;
			break;
		}
		case ':': {
			at = p->tok.beg;
			lex_next(p);
			struct str *s = name(p)->name;
			pop(p);
			call(p, from, line, s, at);
			break;
		}
		case '(':
		case '{':
		case TK_STRING: call(p, from, line, NULL, 0); break;
		default: return;
		}
	}
}

static void simple(struct parser *p)
{
	switch (p->tok.kind) {
	case TK_FLOAT: {
		double v = p->tok.n;
		leaf(p, AST_FLOAT)->u.n = v;
		return;
	}
	case TK_INTEGER: {
		int64_t v = p->tok.i;
		leaf(p, AST_INTEGER)->u.i = v;
		return;
	}
	case TK_STRING: {
		struct str *s = p->tok.s;
		leaf(p, AST_STRING)->name = s;
		return;
	}
	case TK_NIL: leaf(p, AST_NIL); return;
	case TK_TRUE: leaf(p, AST_TRUE); return;
	case TK_FALSE: leaf(p, AST_FALSE); return;
	case TK_DOTS:
		if (!p->fs->f->vararg) lex_error(p, "cannot use '...' outside a vararg function");
		p->fs->f->uses_vararg = true;
		leaf(p, AST_VARARG);
		return;
	case '{': constructor(p); return;
	case TK_FUNCTION: {
		uint32_t beg = p->tok.beg;
		lex_next(p);
		body(p, beg, false, p->line);
		return;
	}
	default: suffixed(p);
	}
}

static int unary_op(int token)
{
	switch (token) {
	case TK_NOT: return OPR_NOT;
	case '-': return OPR_NEG;
	case '~': return OPR_BNOT;
	case '#': return OPR_LEN;
	default: return -1;
	}
}

static int binary_op(int token)
{
	switch (token) {
	case '+': return OPR_ADD;
	case '-': return OPR_SUB;
	case '*': return OPR_MUL;
	case '%': return OPR_MOD;
	case '^': return OPR_POW;
	case '/': return OPR_DIV;
	case TK_IDIV: return OPR_IDIV;
	case '&': return OPR_BAND;
	case '|': return OPR_BOR;
	case '~': return OPR_BXOR;
	case TK_SHL: return OPR_SHL;
	case TK_SHR: return OPR_SHR;
	case TK_CONCAT: return OPR_CONCAT;
	case TK_EQ: return OPR_EQ;
	case '<': return OPR_LT;
	case TK_LE: return OPR_LE;
	case TK_NE: return OPR_NE;
	case '>': return OPR_GT;
	case TK_GE: return OPR_GE;
	case TK_AND: return OPR_AND;
	case TK_OR: return OPR_OR;
	default: return -1;
	}
}

/* Priorities, left and right; right below left binds to the right. */
static const struct {
	uint8_t left, right;
} priority[] = {
    [OPR_ADD] = {10, 10}, [OPR_SUB] = {10, 10},  [OPR_MUL] = {11, 11},  [OPR_MOD] = {11, 11}, [OPR_POW] = {14, 13},
    [OPR_DIV] = {11, 11}, [OPR_IDIV] = {11, 11}, [OPR_BAND] = {6, 6},   [OPR_BOR] = {4, 4},   [OPR_BXOR] = {5, 5},
    [OPR_SHL] = {7, 7},   [OPR_SHR] = {7, 7},    [OPR_CONCAT] = {9, 8}, [OPR_EQ] = {3, 3},    [OPR_LT] = {3, 3},
    [OPR_LE] = {3, 3},    [OPR_NE] = {3, 3},     [OPR_GT] = {3, 3},     [OPR_GE] = {3, 3},    [OPR_AND] = {2, 2},
    [OPR_OR] = {1, 1},
};
enum { UNARY = 12 };

/* (simple | unop sub) {binop sub}, as long as the operators bind tighter than `above`. */
static void sub(struct parser *p, int above)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	if (enter(p)) {
		int op = unary_op(p->tok.kind), line = p->line;
		if (op >= 0) {
			lex_next(p);
			sub(p, UNARY);
			struct ast *n = reduce(p, AST_UNOP, beg, from);
			n->op = (uint8_t)op;
			n->at = beg;
			n->line = (uint32_t)line;
		} else simple(p);
		while ((op = binary_op(p->tok.kind)) >= 0 && priority[op].left > above) {
			uint32_t at = p->tok.beg;
			line = p->line;
			lex_next(p);
			sub(p, priority[op].right);
			struct ast *n = reduce(p, AST_BINOP, beg, from);
			n->op = (uint8_t)op;
			n->at = at;
			n->line = (uint32_t)line;
		}
	}
	leave(p);
}

static void expr(struct parser *p) { sub(p, 0); }

/* Statements. Each leaves one node on p->kids. */

/* statements until the block ends; BLOCK with the given beginning */
static void statements(struct parser *p, uint32_t beg)
{
	uint32_t from = p->kids.n;
	while (!block_follow(p, true)) {
		bool last = p->tok.kind == TK_RETURN;
		statement(p);
		if (last) break;
	}
	reduce(p, AST_BLOCK, beg, from)->end = p->tok.beg;
}

static void block_to(struct parser *p, uint32_t beg) { statements(p, beg); }

static void block(struct parser *p)
{
	struct scope s;
	scope_open(p, &s, false);
	statements(p, p->prevend);
	scope_close(p);
}

static struct ast *finish(struct parser *p, enum ast_kind kind, uint32_t beg, uint32_t from, int line)
{
	struct ast *n = reduce(p, kind, beg, from);
	n->line = (uint32_t)line;
	return n;
}

/* (if | elseif) cond then block, or else block */
static void arm(struct parser *p, bool cond)
{
	uint32_t from = p->kids.n, beg = p->tok.beg, at = 0;
	int line = p->tok.line;
	lex_next(p);
	if (cond) {
		expr(p);
		at = p->tok.beg;
		expect(p, TK_THEN);
	}
	block(p);
	struct ast *n = finish(p, AST_ARM, beg, from, line);
	n->end = p->tok.beg;
	n->at = at;
}

static void if_statement(struct parser *p, int line)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	arm(p, true);
	while (p->tok.kind == TK_ELSEIF) arm(p, true);
	if (p->tok.kind == TK_ELSE) arm(p, false);
	match(p, TK_END, TK_IF, line);
	finish(p, AST_IF, beg, from, line);
}

static void while_statement(struct parser *p, int line)
{
	struct scope s;
	uint32_t from = p->kids.n, beg = p->tok.beg;
	lex_next(p);
	expr(p);
	scope_open(p, &s, true);
	uint32_t at = p->tok.beg;
	expect(p, TK_DO);
	block(p);
	match(p, TK_END, TK_WHILE, line);
	scope_close(p);
	finish(p, AST_WHILE, beg, from, line)->at = at;
}

static void repeat_statement(struct parser *p, int line)
{
	struct scope loop, inner;
	uint32_t from = p->kids.n, beg = p->tok.beg;
	scope_open(p, &loop, true);
	scope_open(p, &inner, false);
	lex_next(p);
	statements(p, p->prevend);
	uint32_t at = p->tok.beg;
	match(p, TK_UNTIL, TK_REPEAT, line);
	expr(p);
	scope_close(p);
	scope_close(p);
	finish(p, AST_REPEAT, beg, from, line)->at = at;
}

/* do block, for the kinds of for; the last n declared locals become visible in it */
static uint32_t for_body(struct parser *p, int hidden, int n)
{
	struct scope s;
	uint32_t at = p->tok.beg;
	scope_activate(p, hidden);
	expect(p, TK_DO);
	scope_open(p, &s, false);
	scope_activate(p, n);
	block(p);
	scope_close(p);
	return at;
}

static void for_statement(struct parser *p, int line)
{
	struct scope s;
	uint32_t from = p->kids.n, beg = p->tok.beg, at, at2 = p->prevend;
	enum ast_kind kind = AST_FORIN;
	scope_open(p, &s, true);
	lex_next(p);
	uint32_t nbeg = p->tok.beg;
	struct ast *first = name(p);
	if (p->tok.kind == '=') {
		kind = AST_FORNUM;
		scope_hidden(p, 3);
		scope_declare(p, first->name, ROLE_FORNUM, first);
		at2 = p->tok.beg;
		lex_next(p);
		expr(p);
		expect(p, ',');
		expr(p);
		if (accept(p, ',')) expr(p);
		else push(p, NULL);
		at = for_body(p, 3, 1);
	} else if (p->tok.kind == ',' || p->tok.kind == TK_IN) {
		int n = 1;
		scope_hidden(p, 4);
		scope_declare(p, first->name, ROLE_FORIN, first);
		while (accept(p, ',')) {
			struct ast *more = name(p);
			scope_declare(p, more->name, ROLE_FORIN, more);
			n++;
		}
		reduce(p, AST_LIST, nbeg, from);
		at2 = p->tok.beg;
		expect(p, TK_IN);
		explist(p);
		p->fs->f->closes = true;
		at = for_body(p, 4, n);
	} else {
		lex_error(p, "'=' or 'in' expected");
		at = 0;
	}
	match(p, TK_END, TK_FOR, line);
	scope_close(p);
	struct ast *n = finish(p, kind, beg, from, line);
	n->at = at;
	n->at2 = at2;
}

static void function_statement(struct parser *p, int line)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	lex_next(p);
	struct ast *n = name(p);
	scope_name(p, n);
	while (p->tok.kind == '.') field(p);
	bool method = p->tok.kind == ':';
	if (method) field(p);
	struct ast *target = top(p);
	body(p, beg, method, line);
	scope_assign(p, target);
	finish(p, AST_FUNCSTAT, beg, from, line)->op = method;
}

static void local_function(struct parser *p, uint32_t beg, int line)
{
	uint32_t from = p->kids.n, fbeg = p->tok.beg;
	lex_next(p);
	struct ast *n = name(p);
	struct var *v = scope_declare(p, n->name, ROLE_LOCALFUNC, n);
	scope_activate(p, 1);
	body(p, fbeg, false, p->line);
	if (v) v->init = top(p);
	finish(p, AST_LOCALFUNC, beg, from, line);
}

static enum var_attrib attribute(struct parser *p)
{
	if (!accept(p, '<')) return VAR_PLAIN;
	struct str *s = name(p)->name;
	pop(p);
	expect(p, '>');
	if (!s || p->bad) return VAR_PLAIN;
	if (!strcmp(s->s, "const")) return VAR_CONST;
	if (!strcmp(s->s, "close")) return VAR_CLOSE;
	lex_fail(p, "unknown attribute '%s'", s->s);
	return VAR_PLAIN;
}

static void local_statement(struct parser *p, uint32_t beg, int line)
{
	uint32_t from = p->kids.n, nbeg = p->tok.beg, first = p->active.n, at = 0;
	bool closes = false;
	int n = 0;
	do {
		struct ast *decl = name(p);
		struct var *v = scope_declare(p, decl->name, ROLE_LOCAL, decl);
		enum var_attrib attrib = attribute(p);
		if (attrib == VAR_CLOSE && closes) lex_fail(p, "multiple to-be-closed variables in local list");
		closes = closes || attrib == VAR_CLOSE;
		if (v) v->attrib = (uint8_t)attrib;
		n++;
	} while (accept(p, ','));
	reduce(p, AST_LIST, nbeg, from);
	if (p->tok.kind == '=') {
		at = p->tok.beg;
		lex_next(p);
		explist(p);
	} else empty_list(p);
	struct ast *values = top(p);
	for (int i = 0; !p->bad && i < n && (uint32_t)i < values->nkids; i++)
		p->active.at[first + (uint32_t)i].var->init = values->kid[i];
	if (!p->bad && (uint32_t)n == values->nkids) { /* only the last one can be a compile-time constant */
		struct var *v = p->active.at[first + (uint32_t)n - 1].var;
		if (v->attrib == VAR_CONST) v->konst = fold_constant(p, v->init);
		v->constant = v->konst != NULL;
	}
	p->fs->f->closes = p->fs->f->closes || closes;
	scope_activate(p, n);
	finish(p, AST_LOCAL, beg, from, line)->at = at;
}

static void return_statement(struct parser *p, int line)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	lex_next(p);
	if (block_follow(p, true) || p->tok.kind == ';') empty_list(p);
	else explist(p);
	accept(p, ';');
	finish(p, AST_RETURN, beg, from, line);
}

static void label_statement(struct parser *p, int line)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	lex_next(p);
	struct str *s = name(p)->name;
	pop(p);
	expect(p, TK_DBCOLON);
	struct ast *n = finish(p, AST_LABEL, beg, from, line);
	n->name = s;
	while (p->tok.kind == ';' || p->tok.kind == TK_DBCOLON) statement(p);
	scope_label(p, n, line, block_follow(p, false));
}

static void check_target(struct parser *p, struct ast *t)
{
	if (t->kind != AST_NAME && t->kind != AST_INDEX && t->kind != AST_FIELD) lex_error(p, "syntax error");
	else scope_assign(p, t);
}

/* suffixed {',' suffixed} '=' explist, or a call */
static void expression_statement(struct parser *p, int line)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	suffixed(p);
	if (p->tok.kind != '=' && p->tok.kind != ',') {
		enum ast_kind kind = top(p)->kind;
		if (kind != AST_CALL && kind != AST_METHOD) lex_error(p, "syntax error");
		finish(p, AST_CALLSTAT, beg, from, line);
		return;
	}
	int deeper = 0;
	check_target(p, top(p));
	while (accept(p, ',')) {
		suffixed(p);
		enter(p);
		deeper++;
		check_target(p, top(p));
	}
	reduce(p, AST_LIST, beg, from);
	uint32_t at = p->tok.beg;
	expect(p, '=');
	explist(p);
	p->level -= deeper;
	finish(p, AST_ASSIGN, beg, from, line)->at = at;
}

static void goto_statement(struct parser *p, int line)
{
	uint32_t from = p->kids.n, beg = p->tok.beg;
	lex_next(p);
	int at = p->line; /* stock's messages name the line of the label's name */
	struct str *s = name(p)->name;
	pop(p);
	struct ast *n = finish(p, AST_GOTO, beg, from, line);
	n->name = s;
	if (s) scope_goto(p, n, at);
}

static void statement(struct parser *p)
{
	int line = p->line;
	uint32_t beg = p->tok.beg, from = p->kids.n;
	if (enter(p)) {
		switch (p->tok.kind) {
		case ';': leaf(p, AST_EMPTY); break;
		case TK_IF: if_statement(p, line); break;
		case TK_WHILE: while_statement(p, line); break;
		case TK_DO:
			lex_next(p);
			block(p);
			match(p, TK_END, TK_DO, line);
			finish(p, AST_DO, beg, from, line);
			break;
		case TK_FOR: for_statement(p, line); break;
		case TK_REPEAT: repeat_statement(p, line); break;
		case TK_FUNCTION: function_statement(p, line); break;
		case TK_LOCAL:
			lex_next(p);
			if (p->tok.kind == TK_FUNCTION) local_function(p, beg, line);
			else local_statement(p, beg, line);
			break;
		case TK_DBCOLON: label_statement(p, line); break;
		case TK_RETURN: return_statement(p, line); break;
		case TK_BREAK: scope_goto(p, leaf(p, AST_BREAK), line); break;
		case TK_GOTO: goto_statement(p, line); break;
		default: expression_statement(p, line);
		}
	}
	leave(p);
}

/* The whole text is the body of a vararg function with the upvalue _ENV. */
static void chunk(struct parser *p)
{
	struct funcstate fs;
	struct scope s;
	struct func *f = scope_alloc(p, sizeof *f);
	struct upvalue *env = scope_alloc(p, sizeof *env);
	if (!f || !env) return;
	func_open(p, &fs, f);
	scope_open(p, &s, false);
	env->name = p->env;
	f->upvalue = env;
	f->nupvalues = fs.capups = 1;
	f->vararg = true;
	lex_next(p);
	struct ast *dots = node(p, AST_VARARG, 0, 0);
	push(p, dots);
	reduce(p, AST_LIST, 0, 0);
	statements(p, 0);
	p->c->root = top(p);
	p->c->last = p->prevend;
	if (p->tok.kind != TK_EOS) expected(p, TK_EOS);
	struct ast *n = reduce(p, AST_FUNCTION, 0, 0);
	n->u.func = f;
	f->node = n;
	n->end = p->c->root->end = (uint32_t)p->c->len;
	scope_close(p);
	func_close(p);
	p->c->lines = (uint32_t)p->line;
}

struct chunk *chunk_parse(struct mem *m, const char *name, const char *text, size_t len, struct err *e)
{
	if (len >= UINT32_MAX / 2) return fail_kind(e, ERR_SYNTAX, 0, "chunk is too long"), NULL;
	struct chunk *c = mem_zero(m, sizeof *c);
	if (!c) return fail_memory(e, sizeof *c), NULL;
	struct parser p = {.c = c, .mem = m, .err = e};
	c->mem = m;
	arena_init(&c->arena, m);
	buf_init(&p.text, m);
	c->name = arena_copy(&c->arena, name, strlen(name));
	c->text = arena_copy(&c->arena, text, len);
	c->len = len;
	if (!c->name || !c->text) lex_memory(&p);
	else lex_init(&p);
	if (!p.bad) chunk(&p);
	c->nfuncs = p.funcs.n;
	c->func = p.bad ? NULL : scope_alloc(&p, p.funcs.n * sizeof *c->func);
	if (c->func) memcpy(c->func, p.funcs.at, p.funcs.n * sizeof *c->func);
	vec_free(m, &p.kids);
	vec_free(m, &p.active);
	vec_free(m, &p.labels);
	vec_free(m, &p.gotos);
	vec_free(m, &p.funcs);
	buf_free(&p.text);
	if (!p.bad) return c;
	chunk_free(c);
	return NULL;
}

void chunk_free(struct chunk *c)
{
	if (!c) return;
	mem_free(c->mem, c->strs, c->capstrs * sizeof *c->strs);
	arena_free(&c->arena);
	mem_free(c->mem, c, sizeof *c);
}
