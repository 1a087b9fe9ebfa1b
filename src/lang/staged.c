/* The staged form: statements. Those that a `return`, `break` or `goto` may leave take the rest of
   their block as a continuation, as <close> variables and jumps do; the closing `end)` of all continuations of a block
   stand where the block ends. Nested functions are copied, not entered. */
#include "lang/staging.h"

enum { LEAVES_LOOP = 1, LEAVES_FUNCTION = 2 };

/* What n may leave by a break of its own, and by a return, or a goto to a label outside of the bytes [beg, end):
   LEAVES_ bits. A goto to `label` does not count. */
static int leaves(const struct ast *n, uint32_t beg, uint32_t end, const struct ast *label)
{
	int bits = 0;
	switch (n->kind) {
	case AST_RETURN: return LEAVES_FUNCTION;
	case AST_BREAK: return LEAVES_LOOP;
	case AST_GOTO:
		if (n->u.node == label || (n->u.node->beg >= beg && n->u.node->beg < end)) return 0;
		return LEAVES_FUNCTION;
	case AST_IF:
	case AST_ARM:
	case AST_DO:
	case AST_BLOCK:
	case AST_WHILE:
	case AST_REPEAT:
	case AST_FORNUM:
	case AST_FORIN:
		for (uint32_t i = 0; i < n->nkids; i++)
			if (n->kid[i]) bits |= leaves(n->kid[i], beg, end, label);
		break;
	default: break;
	}
	bool loop = n->kind == AST_WHILE || n->kind == AST_REPEAT || n->kind == AST_FORNUM || n->kind == AST_FORIN;
	return loop ? bits & LEAVES_FUNCTION : bits;
}

/* Statements [i, end) of b, likewise. */
static int some_leave(const struct ast *b, uint32_t i, uint32_t end, const struct ast *label)
{
	int bits = 0;
	for (uint32_t k = i; k < end; k++) bits |= leaves(b->kid[k], b->kid[i]->beg, b->kid[end - 1]->end, label);
	return bits;
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

/* What is abrupt is returned. `keep`: a call that may fail, or look for its place, by itself is no tail call, so that
   the user's line is on the stack. */
static void open(struct staging *s, enum tail tail, const char *plain, const char *abrupt, bool keep)
{
	if (tail == TAIL_NONE) form_put(s, "%s.%s(", s->p, plain);
	else if (!s->closure) form_put(s, "return %s.done(%s.%s(", s->p, s->p, abrupt);
	else if (keep) form_put(s, "return %s.pass(%s.%s(", s->p, s->p, abrupt);
	else form_put(s, "return %s.%s(", s->p, abrupt);
}

static void put_quoted(struct staging *s, const struct str *name)
{
	form_put(s, "\"");
	form_put_name(s, name);
	form_put(s, "\"");
}

/* What follows is inside an added function, up to the end of the block, as open() began it. */
static void rest_opens(struct staging *s, bool abrupt, bool keep)
{
	if (!vec_push(s->c->mem, &s->ends, abrupt && (!s->closure || keep) ? "end))" : "end)")) form_memory(s);
	s->closure = true;
}

void form_ends(struct staging *s, uint32_t base)
{
	while (s->ends.n > base) {
		form_put(s, "%s", s->ends.at[--s->ends.n]);
		form_put(s, " ");
	}
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
	uint32_t base = s->ends.n;
	s->closure = true;
	form_block(s, b, false);
	form_copy(s, b->end);
	form_ends(s, base);
	form_put(s, "%s", text);
	s->cur += n;
	s->closure = was;
}

static void loop_body(struct staging *s, struct ast *b, enum tail tail)
{
	body(s, b, 3, "end");
	form_put(s, "%s", break_mark(s, b, tail));
}

static void if_statement(struct staging *s, struct ast *n, enum tail tail)
{
	open(s, tail, "if_", "ifk", false);
	for (uint32_t i = 0; i < n->nkids; i++) {
		struct ast *arm = n->kid[i];
		bool last = i + 1 == n->nkids, otherwise = arm->nkids == 1;
		if (i == 0) {
			uint32_t told = s->cur;
			s->cur += 2;
			form_close_up(s, arm->kid[0]->beg);
			form_condition(s, arm->kid[0], told, false);
		} else if (otherwise) {
			form_put(s, ", function()");
			s->cur += 4;
		} else {
			form_put(s, ", function() return");
			s->cur += 6;
			form_condition(s, arm->kid[0], s->cur, true);
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
		bool was = s->closure;
		uint32_t base = s->ends.n;
		form_block(s, n->kid[0], false);
		form_copy(s, n->kid[0]->end);
		form_ends(s, base);
		s->closure = was;
		return;
	}
	open(s, tail, "", "ifk", false);
	form_put(s, "true, function()");
	s->cur += 2;
	body(s, n->kid[0], 3, "end");
}

static void while_statement(struct staging *s, struct ast *n, enum tail tail)
{
	open(s, tail, "while_", "whilek", true);
	form_put(s, "function() return");
	s->cur += 5;
	form_condition(s, n->kid[0], s->cur, true);
	form_close_up(s, n->at);
	form_put(s, " end, function()");
	s->cur += 2;
	loop_body(s, n->kid[1], tail);
}

static void repeat_statement(struct staging *s, struct ast *n, enum tail tail)
{
	bool was = s->closure;
	uint32_t base = s->ends.n;
	open(s, tail, "repeat_", "repeatk", true);
	form_put(s, "function()");
	s->cur += 6;
	s->closure = true;
	form_block(s, n->kid[0], true);
	form_copy(s, n->at);
	form_put(s, "return nil,");
	s->cur += 5;
	form_set_off(s);
	form_condition(s, n->kid[1], n->kid[1]->end, false);
	form_put(s, " ");
	form_ends(s, base);
	form_put(s, "end%s", break_mark(s, n->kid[0], tail));
	s->closure = was;
}

static void numeric_for(struct staging *s, struct ast *n, enum tail tail)
{
	open(s, tail, "for_", "fork", true);
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
	loop_body(s, n->kid[4], tail);
}

static void generic_for(struct staging *s, struct ast *n, enum tail tail)
{
	struct ast *names = n->kid[0], *list = n->kid[1];
	form_drop(s, list->beg); /* to whose line errors of the iterator belong */
	open(s, tail, "each", "eachk", true);
	form_exprs(s, list->kid, list->nkids);
	form_close_up(s, n->at);
	form_put(s, ")(function(");
	for (uint32_t i = 0; i < names->nkids; i++) {
		if (i) form_put(s, ", ");
		form_put_name(s, names->kid[i]->name);
	}
	form_put(s, ")");
	s->cur += 2;
	bool kept = s->kept;
	s->kept = true; /* the closing value */
	loop_body(s, n->kid[2], tail);
	s->kept = kept;
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
	else if (tail == TAIL_LAST) form_put(s, "%s%s", branches ? ")()" : ")", outermost || !branches ? ")" : "");
	else if (n->kind != AST_DO) form_put(s, ")");
	form_copy(s, n->end);
}

static void goto_statement(struct staging *s, struct ast *n)
{
	const struct jump *j = form_jump(s, n);
	if (j->continues) {
		form_put(s, "do return %s.CONT end", s->p);
	} else {
		form_put(s, "do return %s.GOTO, ", s->p);
		put_quoted(s, n->name);
		if (!j->on) form_put(s, ", %d", (int)n->line); /* for an error that names its place */
		form_put(s, " end");
	}
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
	const struct ast *only = list->nkids == 1 ? list->kid[0] : NULL;
	if (only && s->closure && !s->overload && !s->kept && (only->kind == AST_CALL || only->kind == AST_METHOD))
		s->tail = only;
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

static struct ast *closed(const struct ast *n)
{
	struct ast *names = n->kind == AST_LOCAL ? n->kid[0] : NULL;
	for (uint32_t i = 0; names && i < names->nkids; i++)
		if (names->kid[i]->u.var->attrib == VAR_CLOSE) return names->kid[i];
	return NULL;
}

/* A <close> variable loses the mark; it is no constant then, which inner functions would not find among their upvalues.
 */
static void local_statement(struct staging *s, struct ast *n)
{
	struct ast *name = closed(n);
	if (name) {
		form_copy(s, name->end);
		uint32_t word = form_token(s, form_token(s, name->end) + 1);
		form_drop(s, form_token(s, word + 5) + 1);
	}
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

static void statements(struct staging *s, struct ast *b, const uint32_t *section, uint32_t i, uint32_t end, bool more);

/* The last label before `end` whose section begins with statement i, or i. */
static uint32_t section_end(const uint32_t *section, uint32_t i, uint32_t end)
{
	uint32_t at = section ? end - 1 : i;
	while (at > i && section[at] != i) at--;
	return at;
}

static void section_statement(struct staging *s, struct ast *b, const uint32_t *section, uint32_t i, uint32_t at,
                              enum tail tail)
{
	bool was = s->closure;
	uint32_t base = s->ends.n;
	open(s, tail, "jump", "jumpk", false);
	put_quoted(s, b->kid[at]->name);
	form_put(s, ", function() ");
	s->closure = true;
	statements(s, b, section, i, at, false);
	form_put(s, " ");
	form_ends(s, base);
	form_put(s, "end");
	s->closure = was;
	if (tail == TAIL_REST) form_put(s, ")(function()");
	else if (tail == TAIL_LAST) form_put(s, ")()%s", was ? "" : ")");
	else form_put(s, ")");
}

/* Where a jump leads back to the label: the rest of the statements as the loop that it repeats. */
static void repeated(struct staging *s, const struct ast *b, uint32_t at, uint32_t end, bool more)
{
	const struct ast *label = b->kid[at], *jump = form_goes_back(s, b, at, end);
	if (!jump) return;
	bool abrupt = at + 1 < end && some_leave(b, at + 1, end, label);
	if (more)
		form_refuse(
		    s, jump,
		    "goto '%s' can't be staged: the condition of the repeat sees the locals of what it repeats; put "
		    "that into a block, do ... end",
		    label->name->s);
	open(s, abrupt ? TAIL_LAST : TAIL_NONE, "again", "againk", false);
	put_quoted(s, label->name);
	form_put(s, ", function()");
	rest_opens(s, abrupt, false);
}

/* The rest of the statements as a function at whose end the variable is closed. */
static void closing(struct staging *s, const struct ast *b, const struct ast *name, uint32_t i, uint32_t end, bool more)
{
	bool abrupt = more || (i < end && some_leave(b, i, end, NULL));
	form_put(s, " ");
	open(s, abrupt ? TAIL_LAST : TAIL_NONE, "close", "closek", true);
	put_quoted(s, name->name);
	form_put(s, ", ");
	form_put_name(s, name->name);
	form_put(s, ")(function()");
	rest_opens(s, abrupt, true);
}

/* Statements [i, end) of b. */
static void statements(struct staging *s, struct ast *b, const uint32_t *section, uint32_t i, uint32_t end, bool more)
{
	bool ended = false; /* after a `return` that must stay the last statement */
	bool kept = s->kept;
	for (uint32_t first = i; i < end; i++) {
		struct ast *n = b->kid[i];
		form_copy(s, n->beg);
		if (ended) {
			form_drop(s, n->end);
			continue;
		}
		/* What went before may end in a call now. */
		if (i > first && n->kind == AST_ASSIGN && s->c->text[n->beg] == '(') form_put(s, ";");
		uint32_t at = section_end(section, i, end), next = at > i ? at : i + 1;
		bool left;
		while (next < end && empty(b->kid[next])) next++;
		if (at > i) {
			left = some_leave(b, i, at, b->kid[at]);
		} else if (compound(n)) {
			left = leaves(n, n->beg, n->end, NULL);
		} else {
			statement(s, n);
			if (n->kind == AST_LABEL) repeated(s, b, i, end, more);
			else if (closed(n)) closing(s, b, closed(n), i + 1, end, more);
			if (closed(n)) s->kept = true;
			continue;
		}
		enum tail tail = !left ? TAIL_NONE : next < end || more ? TAIL_REST : TAIL_LAST;
		bool was = s->closure;
		if (at > i) section_statement(s, b, section, i, at, tail);
		else compound_statement(s, n, tail);
		ended = tail == TAIL_LAST;
		s->closure = was;
		if (tail == TAIL_REST) rest_opens(s, true, at == i && n->kind != AST_IF && n->kind != AST_DO);
		if (at > i) i = at - 1;
	}
	s->kept = kept;
}

void form_block(struct staging *s, struct ast *b, bool more)
{
	statements(s, b, form_sections(s, b), 0, b->nkids, more);
}
