/* The staged form: statements. Those that a `return`, `break` or `goto` may leave take the rest of
   their block as a continuation; the closing `end)` of all continuations of a block stand where
   the block ends. Nested functions are copied, not entered. */
#include "lang/staging.h"

enum { LEAVES_LOOP = 1, LEAVES_FUNCTION = 2 };

/* What n may leave by a return, break or goto of its own: LEAVES_ bits. */
static int leaves(const struct ast *n)
{
	int bits = 0;
	switch (n->kind) {
	case AST_RETURN: return LEAVES_FUNCTION;
	case AST_BREAK:
	case AST_GOTO: return LEAVES_LOOP;
	case AST_IF:
	case AST_ARM:
	case AST_DO:
	case AST_BLOCK:
	case AST_WHILE:
	case AST_REPEAT:
	case AST_FORNUM:
	case AST_FORIN:
		for (uint32_t i = 0; i < n->nkids; i++)
			if (n->kid[i]) bits |= leaves(n->kid[i]);
		break;
	default: break;
	}
	bool loop = n->kind == AST_WHILE || n->kind == AST_REPEAT || n->kind == AST_FORNUM || n->kind == AST_FORIN;
	return loop ? bits & LEAVES_FUNCTION : bits;
}

static bool compound(const struct ast *n)
{
	return n->kind == AST_IF || n->kind == AST_DO || n->kind == AST_WHILE || n->kind == AST_REPEAT ||
	       n->kind == AST_FORNUM || n->kind == AST_FORIN;
}

static bool empty(const struct ast *n) { return n->kind == AST_EMPTY || n->kind == AST_LABEL; }

/* How a compound statement ends. */
enum tail {
	TAIL_NONE, /* nothing in it leaves it */
	TAIL_LAST, /* abrupt, and its block ends with it */
	TAIL_REST, /* abrupt, followed by the rest of its block */
};

static void open(struct staging *s, enum tail tail, const char *plain, const char *abrupt)
{
	if (tail == TAIL_NONE) form_put(s, "%s.%s(", s->p, plain);
	else if (s->closure) form_put(s, "return %s.%s(", s->p, abrupt);
	else form_put(s, "return %s.done(%s.%s(", s->p, s->p, abrupt);
}

/* May a `break` of its own leave the loop around n? */
static bool breaks(const struct ast *n)
{
	if (n->kind == AST_BREAK) return true;
	bool found = false;
	if (n->kind == AST_IF || n->kind == AST_ARM || n->kind == AST_DO || n->kind == AST_BLOCK)
		for (uint32_t i = 0; i < n->nkids && !found; i++) found = n->kid[i] && breaks(n->kid[i]);
	return found;
}

/* A library that overloads loops is told by a last argument when a break may leave the loop; `return` shows by the
   rest of the block. */
static const char *break_mark(const struct staging *s, const struct ast *b, enum tail tail)
{
	return s->overload && tail == TAIL_NONE && breaks(b) ? ", true" : "";
}

/* The body of an added function that ends where its keyword stands: `n` more bytes are replaced by `text`. */
static void body(struct staging *s, struct ast *b, uint32_t n, const char *text)
{
	bool was = s->closure;
	s->closure = true;
	uint32_t open_rests = form_block(s, b, false);
	form_copy(s, b->end);
	while (open_rests--) form_put(s, "end) ");
	form_put(s, "%s", text);
	s->cur += n;
	s->closure = was;
}

static void loop_body(struct staging *s, struct ast *loop, struct ast *b, enum tail tail)
{
	struct ast *outer = s->loop;
	s->loop = loop;
	body(s, b, 3, "end");
	form_put(s, "%s", break_mark(s, b, tail));
	s->loop = outer;
}

static void if_statement(struct staging *s, struct ast *n, enum tail tail)
{
	open(s, tail, "if_", "ifk");
	for (uint32_t i = 0; i < n->nkids; i++) {
		struct ast *arm = n->kid[i];
		bool last = i + 1 == n->nkids, otherwise = arm->nkids == 1;
		if (i == 0) {
			s->cur += 2;
			form_close_up(s, arm->kid[0]->beg);
			form_condition(s, arm->kid[0], false);
		} else if (otherwise) {
			form_put(s, ", function()");
			s->cur += 4;
		} else {
			form_put(s, ", function() return");
			s->cur += 6;
			form_condition(s, arm->kid[0], true);
		}
		if (!otherwise) {
			form_close_up(s, arm->at);
			form_put(s, i ? " end, function()" : ", function()");
			s->cur += 4;
		}
		body(s, arm->kid[arm->nkids - 1], last ? 3 : 0, "end");
	}
}

static void do_statement(struct staging *s, struct ast *n, enum tail tail)
{
	if (tail == TAIL_NONE) {
		form_block(s, n->kid[0], false);
		return;
	}
	open(s, tail, "", "ifk");
	form_put(s, "true, function()");
	s->cur += 2;
	body(s, n->kid[0], 3, "end");
}

static void while_statement(struct staging *s, struct ast *n, enum tail tail)
{
	open(s, tail, "while_", "whilek");
	form_put(s, "function() return");
	s->cur += 5;
	form_condition(s, n->kid[0], true);
	form_close_up(s, n->at);
	form_put(s, " end, function()");
	s->cur += 2;
	loop_body(s, n, n->kid[1], tail);
}

static void repeat_statement(struct staging *s, struct ast *n, enum tail tail)
{
	bool was = s->closure;
	struct ast *outer = s->loop;
	open(s, tail, "repeat_", "repeatk");
	form_put(s, "function()");
	s->cur += 6;
	s->closure = true;
	s->loop = n;
	uint32_t open_rests = form_block(s, n->kid[0], true);
	form_copy(s, n->at);
	form_put(s, "return nil,");
	s->cur += 5;
	form_set_off(s);
	form_expr(s, n->kid[1]);
	while (open_rests--) form_put(s, " end)");
	form_put(s, " end%s", break_mark(s, n->kid[0], tail));
	s->loop = outer;
	s->closure = was;
}

static void numeric_for(struct staging *s, struct ast *n, enum tail tail)
{
	open(s, tail, "for_", "fork");
	form_drop(s, n->kid[1]->beg);
	form_bound(s, n->kid[1], n->kid[2], n->kid[3]);
	form_bound(s, n->kid[2], n->kid[3], NULL);
	if (n->kid[3]) form_expr(s, n->kid[3]);
	else form_put(s, ", 1");
	form_close_up(s, n->at);
	form_put(s, ", function(");
	form_put_name(s, n->kid[0]->name);
	form_put(s, ")");
	s->cur += 2;
	loop_body(s, n, n->kid[4], tail);
}

static void generic_for(struct staging *s, struct ast *n, enum tail tail)
{
	struct ast *names = n->kid[0], *list = n->kid[1];
	open(s, tail, "each", "eachk");
	form_drop(s, list->beg);
	form_exprs(s, list->kid, list->nkids);
	form_close_up(s, n->at);
	form_put(s, ")(function(");
	for (uint32_t i = 0; i < names->nkids; i++) {
		if (i) form_put(s, ", ");
		form_put_name(s, names->kid[i]->name);
	}
	form_put(s, ")");
	s->cur += 2;
	loop_body(s, n, n->kid[2], tail);
}

static void compound_statement(struct staging *s, struct ast *n, enum tail tail)
{
	bool outermost = !s->closure;
	switch (n->kind) {
	case AST_IF: if_statement(s, n, tail); break;
	case AST_DO: do_statement(s, n, tail); break;
	case AST_WHILE: while_statement(s, n, tail); break;
	case AST_REPEAT: repeat_statement(s, n, tail); break;
	case AST_FORNUM: numeric_for(s, n, tail); break;
	default: generic_for(s, n, tail); break;
	}
	bool branches = n->kind == AST_IF || n->kind == AST_DO;
	if (tail == TAIL_REST) form_put(s, branches ? ")(function()" : ", function()");
	else if (tail == TAIL_LAST) form_put(s, "%s%s", branches ? ")()" : ")", outermost ? ")" : "");
	else if (n->kind != AST_DO) form_put(s, ")");
	form_copy(s, n->end);
}

static void goto_statement(struct staging *s, struct ast *n)
{
	struct ast *loop = s->loop, *b = loop ? loop->kid[loop->nkids - 1] : NULL;
	if (loop && loop->kind == AST_REPEAT) b = loop->kid[0];
	uint32_t i = b ? b->nkids : 0;
	while (i && empty(b->kid[i - 1]) && b->kid[i - 1] != n->u.node) i--;
	if (!i || b->kid[i - 1] != n->u.node)
		form_refuse(s, n,
		            "goto '%s' can't be staged: only a jump to the end of the innermost loop's body can; "
		            "write it with if, break or return",
		            n->name->s);
	else if (loop->kind == AST_REPEAT)
		form_refuse(s, n,
		            "goto '%s' can't be staged inside repeat: put the statements it jumps over into an if, "
		            "or write the loop with while",
		            n->name->s);
	form_put(s, "do return %s.CONT end", s->p);
	form_drop(s, n->end);
}

static void return_statement(struct staging *s, struct ast *n)
{
	struct ast *list = n->kid[0];
	if (s->closure) {
		form_put(s, "do return %s.RET%s", s->p, list->nkids ? "," : "");
		s->cur += 6;
		if (list->nkids) form_set_off(s);
	}
	/* an event that is called in tail position would not see the user's line */
	bool keep = s->overload && !s->closure && list->nkids == 1 && form_is_call(list->kid[0]);
	if (keep) {
		form_copy(s, list->kid[0]->beg);
		form_put(s, "(");
	}
	form_exprs(s, list->kid, list->nkids);
	if (keep) form_put(s, ")");
	if (s->closure) form_put(s, " end");
}

static void local_statement(struct staging *s, struct ast *n)
{
	struct ast *names = n->kid[0];
	for (uint32_t i = 0; i < names->nkids; i++)
		if (names->kid[i]->u.var->attrib == VAR_CLOSE)
			form_refuse(s, n,
			            "local '%s' <close> can't be staged: call what closes it at the end of the block, "
			            "or keep the block in a function that is not staged",
			            names->kid[i]->name->s);
	form_exprs(s, n->kid[1]->kid, n->kid[1]->nkids);
}

/* `local function f` and `function a.b:m`: an assignment of a function that is copied from its parenthesis on. */
static void function_statement(struct staging *s, struct ast *n)
{
	struct ast *target = n->kid[0], *fn = n->kid[1];
	struct func *f = fn->u.func;
	form_copy(s, fn->beg);
	form_drop(s, fn->beg + 8);
	form_close_up(s, target->beg);
	if (n->kind == AST_LOCALFUNC) {
		form_copy(s, target->end);
		form_put(s, "; ");
		form_put_name(s, target->name);
	} else {
		form_write_begin(s, target);
		if (target->kind != AST_NAME) {
			form_copy(s, target->kid[0]->end);
			form_write_end(s, target);
			form_copy(s, target->at);
		}
		if (n->op) { /* the colon of a method */
			form_put(s, ".");
			s->cur++;
		}
		form_copy(s, target->end);
	}
	form_put(s, " = %s.fn(%u, function", s->p, f->ordinal);
	if (f->method) {
		form_copy(s, fn->at + 1);
		form_put(s, f->nparams > 1 || f->vararg ? "self, " : "self");
	}
	form_copy(s, fn->end);
	form_put(s, ")");
}

static void statement(struct staging *s, struct ast *n)
{
	switch (n->kind) {
	case AST_LOCAL: local_statement(s, n); break;
	case AST_LOCALFUNC:
	case AST_FUNCSTAT: function_statement(s, n); break;
	case AST_ASSIGN:
		form_check_targets(s, n);
		for (uint32_t i = 0; i < n->kid[0]->nkids; i++) form_target(s, n->kid[0]->kid[i]);
		form_exprs(s, n->kid[1]->kid, n->kid[1]->nkids);
		break;
	case AST_CALLSTAT: form_expr(s, n->kid[0]); break;
	case AST_RETURN: return_statement(s, n); break;
	case AST_BREAK:
		form_put(s, "do return %s.BRK end", s->p);
		s->cur = n->end;
		break;
	case AST_GOTO: goto_statement(s, n); break;
	case AST_LABEL: form_drop(s, n->end); break;
	default: break;
	}
	form_copy(s, n->end);
}

uint32_t form_block(struct staging *s, struct ast *b, bool more)
{
	uint32_t opened = 0;
	bool ended = false; /* after a `return` that must stay the last statement */
	for (uint32_t i = 0; i < b->nkids; i++) {
		struct ast *n = b->kid[i];
		form_copy(s, n->beg);
		if (ended) {
			form_drop(s, n->end);
			continue;
		}
		/* What went before may end in a call now. */
		if (i && n->kind == AST_ASSIGN && s->c->text[n->beg] == '(') form_put(s, ";");
		if (!compound(n)) {
			statement(s, n);
			continue;
		}
		uint32_t next = i + 1;
		while (next < b->nkids && empty(b->kid[next])) next++;
		enum tail tail = !leaves(n) ? TAIL_NONE : next < b->nkids || more ? TAIL_REST : TAIL_LAST;
		compound_statement(s, n, tail);
		ended = tail == TAIL_LAST;
		if (tail != TAIL_REST) continue;
		opened++;
		s->closure = true;
	}
	return opened;
}
