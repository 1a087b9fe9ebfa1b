/* From the text of a function to its staged form, in one walk over the tree in source order.
   The walk carries a cursor into the original text: what lies between two edits is copied, so
   comments and lines stay where they are; a span that is dropped leaves its newlines behind.
   (A cursor, not a list of edits: whether two words need a space between them depends on what
   was put so far, and most edits drop spans with line ends in them.)
   Statements that a `return`, `break` or `goto` may leave take the rest of their block as a
   continuation; the closing `end)` of all continuations of a block stand where the block ends.
   The first failure sticks, the walk goes on harmlessly. Nested functions are copied, not entered. */
#include "lang/staged.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAXLOCALS = 200, MAXUPVALUES = 255, WRAPPER_NAMES = 190 };
enum { LEAVES_LOOP = 1, LEAVES_FUNCTION = 2 };

struct staging {
	struct chunk *c;
	struct func *f;
	struct staged_form *out;
	struct err *e;
	bool failed;
	struct buf b;       /* the function itself; the wrapper is put around it at the end */
	uint32_t cur;       /* the text before this byte is done */
	bool copied;        /* the last bytes of b are the ones right before cur */
	const char *p, *va; /* names of the library and of the packed arguments */
	bool uses_va;
	bool closure;     /* inside a function the form adds */
	struct ast *loop; /* the innermost loop around */
	VEC(struct ast *) spine;
};

static void memory(struct staging *s)
{
	if (!s->failed) fail_memory(s->e, 0);
	s->failed = true;
}

static void refuse(struct staging *s, const struct ast *n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void refuse(struct staging *s, const struct ast *n, const char *fmt, ...)
{
	char msg[sizeof s->e->msg];
	if (s->failed) return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	s->out->at = n->beg;
	s->failed = true;
	fail_kind(s->e, ERR_CONVERT, (int)n->line, "%s", msg);
}

/* ---- output ---- */

static bool wordy(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
static bool newline(char c) { return c == '\n' || c == '\r'; }
static bool space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Two words that were apart in the source, or are new, must not grow together. */
static void apart(struct staging *s, char next)
{
	if (s->b.n && wordy(s->b.s[s->b.n - 1]) && wordy(next)) buf_putc(&s->b, ' ');
}

static void copy(struct staging *s, uint32_t to)
{
	if (to <= s->cur) return;
	if (!s->copied) apart(s, s->c->text[s->cur]);
	buf_put(&s->b, s->c->text + s->cur, to - s->cur);
	s->cur = to;
	s->copied = true;
}

static void put(struct staging *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(struct staging *s, const char *fmt, ...)
{
	char piece[64];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(piece, sizeof piece, fmt, ap);
	va_end(ap);
	apart(s, piece[0]);
	buf_put(&s->b, piece, (size_t)n);
	s->copied = false;
}

static void put_name(struct staging *s, const struct str *name)
{
	apart(s, name->s[0]);
	buf_put(&s->b, name->s, name->len);
	s->copied = false;
}

/* Drops the text up to `to`, but not its newlines. Newlines that were apart stay apart, since
   "\r\n" counts as one. */
static void drop(struct staging *s, uint32_t to)
{
	bool gap = false;
	for (; s->cur < to; s->cur++) {
		char c = s->c->text[s->cur];
		if (!newline(c)) {
			gap = true;
			continue;
		}
		char last = s->b.n ? s->b.s[s->b.n - 1] : 0;
		if (gap && newline(last) && last != c) buf_putc(&s->b, ' ');
		buf_putc(&s->b, c);
		gap = false;
	}
	s->copied = false;
}

/* To `to`: space between two tokens goes when that is all there is, else the text is kept. */
static void close_up(struct staging *s, uint32_t to)
{
	const char *t = s->c->text;
	uint32_t i = s->cur;
	while (i < to && (t[i] == ' ' || t[i] == '\t')) i++;
	if (i == to) drop(s, to);
	else copy(s, to);
}

/* A space, unless the text has one next. */
static void set_off(struct staging *s)
{
	if (!space(s->c->text[s->cur])) put(s, " ");
}

/* The byte where the token at or after `i` begins. */
static uint32_t token_at(const struct staging *s, uint32_t i)
{
	const char *t = s->c->text;
	uint32_t n = (uint32_t)s->c->len;
	for (;;) {
		while (i < n && space(t[i])) i++;
		if (i + 1 >= n || t[i] != '-' || t[i + 1] != '-') return i;
		i += 2;
		uint32_t level = 0, k = i + 1;
		if (i < n && t[i] == '[')
			for (; k < n && t[k] == '='; k++) level++;
		if (i < n && t[i] == '[' && k < n && t[k] == '[') {
			for (k++; k < n; k++) {
				if (t[k] != ']') continue;
				uint32_t q = k + 1;
				while (q < n && t[q] == '=') q++;
				if (q < n && t[q] == ']' && q - k - 1 == level) {
					k = q + 1;
					break;
				}
			}
			i = k;
		} else {
			while (i < n && !newline(t[i])) i++;
		}
	}
}

/* The line of a byte, as Lua counts: "\r\n" and "\n\r" end one line. */
static int line_of(const struct chunk *c, uint32_t at)
{
	const char *t = c->text;
	int line = 1;
	for (uint32_t i = 0; i < at; i++) {
		if (!newline(t[i])) continue;
		if (i + 1 < at && newline(t[i + 1]) && t[i + 1] != t[i]) i++;
		line++;
	}
	return line;
}

/* The first token of a line. */
static uint32_t line_at(const struct chunk *c, int line)
{
	const char *t = c->text;
	uint32_t i = 0, n = (uint32_t)c->len;
	for (int l = 1; i < n && l < line; i++) {
		if (!newline(t[i])) continue;
		if (i + 1 < n && newline(t[i + 1]) && t[i + 1] != t[i]) i++;
		l++;
	}
	while (i < n && (t[i] == ' ' || t[i] == '\t')) i++;
	return i;
}

/* ---- call sites ---- */

static const struct ast *inside(const struct ast *n)
{
	while (n->kind == AST_PAREN) n = n->kid[0];
	return n;
}

static const struct ast *constant(const struct ast *n)
{
	n = inside(n);
	return n->kind == AST_NAME && n->u.var && n->u.var->constant ? n->u.var->konst : n;
}

/* The name Lua's debug information has for the value of an expression, if it has one. */
static const char *known_name(const struct ast *n)
{
	n = constant(n);
	if (n->kind == AST_NAME || n->kind == AST_FIELD || n->kind == AST_STRING) return n->name->s;
	if (n->kind != AST_INDEX) return NULL;
	const struct ast *k = constant(n->kid[1]);
	if (k->kind == AST_STRING) return k->name->s;
	return k->kind == AST_INTEGER && k->u.i >= 0 && k->u.i <= 255 ? "integer index" : "?";
}

static const char *known_kind(const struct staging *s, const struct ast *n)
{
	n = constant(n);
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
		else memory(s);
		at.what = what;
	}
	if (!vec_push(s->c->mem, &s->out->site, at)) memory(s);
	return s->out->site.n;
}

/* ---- expressions ---- */

static void expr(struct staging *s, struct ast *n);

static const char *const operator_name[OPR_COUNT] = {
    [OPR_LT] = "lt", [OPR_LE] = "le", [OPR_GT] = "gt",    [OPR_GE] = "ge",
    [OPR_EQ] = "eq", [OPR_NE] = "ne", [OPR_AND] = "and_", [OPR_OR] = "or_",
};

static bool lazy(const struct ast *n) { return n->op == OPR_AND || n->op == OPR_OR; }
static bool has_left(const struct ast *n)
{
	return n->kind == AST_BINOP || n->kind == AST_INDEX || n->kind == AST_FIELD || n->kind == AST_CALL ||
	       n->kind == AST_METHOD;
}

/* The one value of n as the result of an added function: `return` was put already. A call or `...`
   gets parentheses: one value, and no tail call, which would hide the user's line. */
static void result(struct staging *s, struct ast *n)
{
	bool many = n->kind == AST_CALL || n->kind == AST_METHOD || n->kind == AST_VARARG;
	bool was = s->closure;
	s->closure = true;
	copy(s, n->beg);
	if (many) put(s, "(");
	expr(s, n);
	if (many) put(s, ")");
	s->closure = was;
}

static void exprs(struct staging *s, struct ast **n, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) expr(s, n[i]);
}

static void table(struct staging *s, struct ast *n)
{
	copy(s, n->beg);
	put(s, "%s.tab", s->p);
	for (uint32_t i = 0; i < n->nkids; i++) {
		struct ast *k = n->kid[i];
		if (k->kind != AST_PAIR) {
			expr(s, k);
		} else {
			if (!k->op) expr(s, k->kid[0]);
			expr(s, k->kid[1]);
		}
	}
	copy(s, n->end);
}

static void arguments(struct staging *s, struct ast *n)
{
	copy(s, n->at);
	if (n->op == CALL_TABLE) {
		put(s, "(");
		table(s, n->kid[1]);
		put(s, ")");
	} else if (n->op == CALL_PARENS) {
		exprs(s, n->kid + 1, n->nkids - 1);
	}
	copy(s, n->end);
}

/* What comes before the leftmost operand of n. */
static void before(struct staging *s, struct ast *n)
{
	copy(s, n->beg);
	if (n->kind == AST_CALL) put(s, "%s.call(%u, ", s->p, site(s, n));
	else if (n->kind == AST_METHOD) put(s, "%s.bind(%u, ", s->p, site(s, n));
	else if (n->kind == AST_BINOP && operator_name[n->op]) put(s, "%s.%s(", s->p, operator_name[n->op]);
}

/* What comes after the leftmost operand of n. */
static void after(struct staging *s, struct ast *n)
{
	struct ast *right = n->nkids > 1 ? n->kid[1] : NULL;
	if (n->kind == AST_CALL) {
		put(s, ")");
		arguments(s, n);
	} else if (n->kind == AST_METHOD) {
		close_up(s, n->at2);
		put(s, ", ");
		s->cur++;
		copy(s, token_at(s, s->cur));
		put(s, "\"");
		copy(s, s->cur + n->name->len);
		put(s, "\")");
		arguments(s, n);
	} else if (n->kind == AST_BINOP && operator_name[n->op]) {
		close_up(s, n->at);
		put(s, ",%s", lazy(n) ? " function() return" : "");
		s->cur += (uint32_t)strlen(ast_op_text[n->op]);
		set_off(s);
		if (lazy(n)) result(s, right);
		else expr(s, right);
		put(s, lazy(n) ? " end)" : ")");
	} else if (right) {
		expr(s, right);
	}
	copy(s, n->end);
}

static void leaf(struct staging *s, struct ast *n)
{
	copy(s, n->beg);
	if (n->kind == AST_VARARG && s->closure) {
		put(s, "%s.unpack(%s)", s->p, s->va);
		s->uses_va = true;
		s->cur = n->end;
	} else if (n->kind == AST_FUNCTION) {
		put(s, "%s.fn(%u, ", s->p, n->u.func->ordinal);
		copy(s, n->end);
		put(s, ")");
	} else if (n->kind == AST_TABLE) {
		table(s, n);
	} else if (n->kind == AST_PAREN) {
		expr(s, n->kid[0]);
	} else if (n->kind == AST_UNOP) {
		if (n->op == OPR_NOT) {
			put(s, "%s.not_(", s->p);
			s->cur += 3;
			close_up(s, n->kid[0]->beg);
		}
		expr(s, n->kid[0]);
		if (n->op == OPR_NOT) put(s, ")");
	}
	copy(s, n->end);
}

/* Left operands nest as deep as a chain `a + b + c ...` is long: they are a loop, not a recursion. */
static void expr(struct staging *s, struct ast *n)
{
	uint32_t base = s->spine.n;
	for (; has_left(n); n = n->kid[0]) {
		before(s, n);
		if (!vec_push(s->c->mem, &s->spine, n)) {
			memory(s);
			break;
		}
	}
	leaf(s, n);
	while (s->spine.n > base) after(s, s->spine.at[--s->spine.n]);
}

/* ---- statements ---- */

static uint32_t block(struct staging *s, struct ast *b, bool more);

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
	if (tail == TAIL_NONE) put(s, "%s.%s(", s->p, plain);
	else if (s->closure) put(s, "return %s.%s(", s->p, abrupt);
	else put(s, "return %s.done(%s.%s(", s->p, s->p, abrupt);
}

/* The body of an added function that ends where its keyword stands: `n` more bytes are replaced by `text`. */
static void body(struct staging *s, struct ast *b, uint32_t n, const char *text)
{
	bool was = s->closure;
	s->closure = true;
	uint32_t open_rests = block(s, b, false);
	copy(s, b->end);
	while (open_rests--) put(s, "end) ");
	put(s, "%s", text);
	s->cur += n;
	s->closure = was;
}

static void loop_body(struct staging *s, struct ast *loop, struct ast *b)
{
	struct ast *outer = s->loop;
	s->loop = loop;
	body(s, b, 3, "end");
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
			close_up(s, arm->kid[0]->beg);
			expr(s, arm->kid[0]);
		} else if (otherwise) {
			put(s, ", function()");
			s->cur += 4;
		} else {
			put(s, ", function() return");
			s->cur += 6;
			result(s, arm->kid[0]);
		}
		if (!otherwise) {
			close_up(s, arm->at);
			put(s, i ? " end, function()" : ", function()");
			s->cur += 4;
		}
		body(s, arm->kid[arm->nkids - 1], last ? 3 : 0, "end");
	}
}

static void do_statement(struct staging *s, struct ast *n, enum tail tail)
{
	if (tail == TAIL_NONE) {
		block(s, n->kid[0], false);
		return;
	}
	open(s, tail, "", "ifk");
	put(s, "true, function()");
	s->cur += 2;
	body(s, n->kid[0], 3, "end");
}

static void while_statement(struct staging *s, struct ast *n, enum tail tail)
{
	open(s, tail, "while_", "whilek");
	put(s, "function() return");
	s->cur += 5;
	result(s, n->kid[0]);
	close_up(s, n->at);
	put(s, " end, function()");
	s->cur += 2;
	loop_body(s, n, n->kid[1]);
}

static void repeat_statement(struct staging *s, struct ast *n, enum tail tail)
{
	bool was = s->closure;
	struct ast *outer = s->loop;
	open(s, tail, "repeat_", "repeatk");
	put(s, "function()");
	s->cur += 6;
	s->closure = true;
	s->loop = n;
	uint32_t open_rests = block(s, n->kid[0], true);
	copy(s, n->at);
	put(s, "return nil,");
	s->cur += 5;
	set_off(s);
	expr(s, n->kid[1]);
	while (open_rests--) put(s, " end)");
	put(s, " end");
	s->loop = outer;
	s->closure = was;
}

static void numeric_for(struct staging *s, struct ast *n, enum tail tail)
{
	open(s, tail, "for_", "fork");
	drop(s, n->kid[1]->beg);
	expr(s, n->kid[1]);
	expr(s, n->kid[2]);
	if (n->kid[3]) expr(s, n->kid[3]);
	else put(s, ", 1");
	close_up(s, n->at);
	put(s, ", function(");
	put_name(s, n->kid[0]->name);
	put(s, ")");
	s->cur += 2;
	loop_body(s, n, n->kid[4]);
}

static void generic_for(struct staging *s, struct ast *n, enum tail tail)
{
	struct ast *names = n->kid[0], *list = n->kid[1];
	open(s, tail, "each", "eachk");
	drop(s, list->beg);
	exprs(s, list->kid, list->nkids);
	close_up(s, n->at);
	put(s, ")(function(");
	for (uint32_t i = 0; i < names->nkids; i++) {
		if (i) put(s, ", ");
		put_name(s, names->kid[i]->name);
	}
	put(s, ")");
	s->cur += 2;
	loop_body(s, n, n->kid[2]);
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
	if (tail == TAIL_REST) put(s, branches ? ")(function()" : ", function()");
	else if (tail == TAIL_LAST) put(s, "%s%s", branches ? ")()" : ")", outermost ? ")" : "");
	else if (n->kind != AST_DO) put(s, ")");
	copy(s, n->end);
}

static void goto_statement(struct staging *s, struct ast *n)
{
	struct ast *loop = s->loop, *b = loop ? loop->kid[loop->nkids - 1] : NULL;
	if (loop && loop->kind == AST_REPEAT) b = loop->kid[0];
	uint32_t i = b ? b->nkids : 0;
	while (i && empty(b->kid[i - 1]) && b->kid[i - 1] != n->u.node) i--;
	if (!i || b->kid[i - 1] != n->u.node)
		refuse(s, n,
		       "goto '%s' can't be staged: only a jump to the end of the innermost loop's body can; "
		       "write it with if, break or return",
		       n->name->s);
	else if (loop->kind == AST_REPEAT)
		refuse(s, n,
		       "goto '%s' can't be staged inside repeat: put the statements it jumps over into an if, "
		       "or write the loop with while",
		       n->name->s);
	put(s, "do return %s.CONT end", s->p);
	drop(s, n->end);
}

static void return_statement(struct staging *s, struct ast *n)
{
	struct ast *list = n->kid[0];
	if (s->closure) {
		put(s, "do return %s.RET%s", s->p, list->nkids ? "," : "");
		s->cur += 6;
		if (list->nkids) set_off(s);
	}
	exprs(s, list->kid, list->nkids);
	if (s->closure) put(s, " end");
}

static void local_statement(struct staging *s, struct ast *n)
{
	struct ast *names = n->kid[0];
	for (uint32_t i = 0; i < names->nkids; i++)
		if (names->kid[i]->u.var->attrib == VAR_CLOSE)
			refuse(s, n,
			       "local '%s' <close> can't be staged: call what closes it at the end of the block, "
			       "or keep the block in a function that is not staged",
			       names->kid[i]->name->s);
	exprs(s, n->kid[1]->kid, n->kid[1]->nkids);
}

/* `local function f` and `function a.b:m`: an assignment of a function that is copied from its parenthesis on. */
static void function_statement(struct staging *s, struct ast *n)
{
	struct ast *target = n->kid[0], *fn = n->kid[1];
	struct func *f = fn->u.func;
	copy(s, fn->beg);
	drop(s, fn->beg + 8);
	close_up(s, target->beg);
	if (n->kind == AST_LOCALFUNC) {
		copy(s, target->end);
		put(s, "; ");
		put_name(s, target->name);
	} else if (n->op) {
		copy(s, target->at);
		put(s, ".");
		s->cur++;
		copy(s, target->end);
	} else {
		copy(s, target->end);
	}
	put(s, " = %s.fn(%u, function", s->p, f->ordinal);
	if (f->method) {
		copy(s, fn->at + 1);
		put(s, f->nparams > 1 || f->vararg ? "self, " : "self");
	}
	copy(s, fn->end);
	put(s, ")");
}

static void statement(struct staging *s, struct ast *n)
{
	switch (n->kind) {
	case AST_LOCAL: local_statement(s, n); break;
	case AST_LOCALFUNC:
	case AST_FUNCSTAT: function_statement(s, n); break;
	case AST_ASSIGN:
		exprs(s, n->kid[0]->kid, n->kid[0]->nkids);
		exprs(s, n->kid[1]->kid, n->kid[1]->nkids);
		break;
	case AST_CALLSTAT: expr(s, n->kid[0]); break;
	case AST_RETURN: return_statement(s, n); break;
	case AST_BREAK:
		put(s, "do return %s.BRK end", s->p);
		s->cur = n->end;
		break;
	case AST_GOTO: goto_statement(s, n); break;
	case AST_LABEL: drop(s, n->end); break;
	default: break;
	}
	copy(s, n->end);
}

/* The statements of b; `more` when text follows in the same function (the condition of a repeat).
   Returns how many continuations are open: each wants an `end)` where the block ends. */
static uint32_t block(struct staging *s, struct ast *b, bool more)
{
	uint32_t opened = 0;
	bool ended = false; /* after a `return` that must stay the last statement */
	for (uint32_t i = 0; i < b->nkids; i++) {
		struct ast *n = b->kid[i];
		copy(s, n->beg);
		if (ended) {
			drop(s, n->end);
			continue;
		}
		/* What went before may end in a call now. */
		if (i && n->kind == AST_ASSIGN && s->c->text[n->beg] == '(') put(s, ";");
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

/* ---- the function and its wrapper ---- */

/* From `function` to the parameters: the name goes. Lua takes the line of the parenthesis for the
   line of the function, except in `function a.b()`, where it takes that of the keyword. */
static void head(struct staging *s)
{
	struct ast *n = s->f->node;
	if (!s->f->parent) {
		put(s, "function(...)");
		return;
	}
	s->cur = n->beg;
	bool named = token_at(s, n->beg + 8) != n->at;
	if (!named) {
		copy(s, n->at + 1);
	} else if (line_of(s->c, n->beg) == s->f->line) {
		put(s, "function(");
		drop(s, n->at + 1);
	} else {
		put(s, "function");
		drop(s, n->at);
		copy(s, n->at + 1);
	}
	if (s->f->method) put(s, s->f->nparams > 1 || s->f->vararg ? "self, " : "self");
	copy(s, n->kid[0]->end + 1);
}

/* Closes the continuations of the function's own block; the outermost is inside `done(`. */
static void closers(struct staging *s, uint32_t opened)
{
	for (; opened; opened--) put(s, opened > 1 ? "end) " : "end)) ");
}

static void whole_function(struct staging *s, uint32_t *params_end)
{
	struct ast *n = s->f->node, *b = n->kid[1];
	head(s);
	*params_end = (uint32_t)s->b.n;
	if (!s->f->parent && b->nkids) set_off(s);
	uint32_t opened = block(s, b, false);
	if (s->f->parent) {
		copy(s, b->end);
		closers(s, opened);
		copy(s, n->end);
		return;
	}
	/* A comment may end the text: the function ends before it. */
	put(s, " ");
	closers(s, opened);
	put(s, "end");
	copy(s, (uint32_t)s->c->len);
}

typedef VEC(struct var *) var_vec;

static bool declared_outside(const struct staging *s, const struct var *v)
{
	const struct func *f = v->func;
	while (f && f != s->f) f = f->parent;
	return !f;
}

/* The compile-time constants of enclosing functions that this one mentions, inner functions included. */
static bool outer_constants(struct staging *s, var_vec *found)
{
	struct mem *m = s->c->mem;
	VEC(struct ast *) todo = {0};
	bool good = vec_push(m, &todo, s->f->node);
	while (good && todo.n) {
		struct ast *n = todo.at[--todo.n];
		for (uint32_t i = n->nkids; good && i--;)
			if (n->kid[i]) good = vec_push(m, &todo, n->kid[i]);
		struct var *v = n->kind == AST_NAME ? n->u.var : NULL;
		if (!good || !v || !v->constant || !declared_outside(s, v)) continue;
		uint32_t i = 0;
		while (i < found->n && found->at[i] != v) i++;
		if (i == found->n) good = vec_push(m, found, v);
	}
	vec_free(m, &todo);
	return good;
}

static void put_quoted(struct buf *b, const struct str *s)
{
	buf_putc(b, '"');
	for (uint32_t i = 0; i < s->len; i++) {
		unsigned char c = (unsigned char)s->s[i];
		if (c == '"' || c == '\\') buf_printf(b, "\\%c", c);
		else if (c == '\n') buf_puts(b, "\\n");
		else if (c < ' ' || c >= 127) buf_printf(b, "\\%03u", c);
		else buf_putc(b, (char)c);
	}
	buf_putc(b, '"');
}

static void put_float(struct buf *b, double v)
{
	char t[40];
	if (v - v != 0) {
		buf_puts(b, v > 0 ? "1e9999" : "-1e9999");
		return;
	}
	for (int digits = 14; digits <= 17; digits++) {
		snprintf(t, sizeof t, "%.*g", digits, v);
		if (strtod(t, NULL) == v) break;
	}
	bool integral = true;
	for (char *p = t; *p; p++) {
		bool digit = (*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || *p == 'e';
		if (!digit) *p = '.'; /* whatever the locale has */
		if (!digit || *p == 'e') integral = false;
	}
	buf_puts(b, t);
	if (integral) buf_puts(b, ".0");
}

static void put_constant(struct staging *s, const struct var *v)
{
	struct buf *b = &s->out->text;
	const struct ast *k = v->konst;
	const char *text = s->c->text + k->beg;
	size_t len = k->end - k->beg;
	buf_printf(b, " local %s <const> = ", v->name->s);
	switch (k->kind) {
	case AST_TRUE: buf_puts(b, "true"); break;
	case AST_FALSE: buf_puts(b, "false"); break;
	case AST_STRING: put_quoted(b, k->name); break;
	case AST_INTEGER:
	case AST_FLOAT:
		if (k == v->init && !memchr(text, '\n', len) && !memchr(text, '\r', len)) buf_put(b, text, len);
		else if (k->kind == AST_FLOAT) put_float(b, k->u.n);
		else if (k->u.i == INT64_MIN) buf_puts(b, "0x8000000000000000");
		else buf_integer(b, k->u.i);
		break;
	default: buf_puts(b, "nil"); break;
	}
}

/* One more name is declared: after many of them a new function, for Lua's limit of locals. */
static void declare(struct staging *s, uint32_t *names, uint32_t *nested)
{
	if (*names == WRAPPER_NAMES) {
		buf_puts(&s->out->text, " return (function()");
		++*nested;
		*names = 0;
	}
	++*names;
}

static void wrap(struct staging *s, uint32_t params_end)
{
	struct buf *b = &s->out->text;
	const struct func *f = s->f;
	var_vec konst = {0};
	uint32_t names = 1, nested = 0;
	if (!outer_constants(s, &konst)) memory(s);
	for (int i = line_of(s->c, f->node->beg); f->parent && i > 1; i--) buf_putc(b, '\n');
	buf_printf(b, "local %s = ...", s->p);
	for (uint32_t i = 0; i < f->nupvalues; i++) {
		declare(s, &names, &nested);
		buf_printf(b, "%s%s", i && names > 1 ? ", " : " local ", f->upvalue[i].name->s);
	}
	for (uint32_t i = 0; i < konst.n; i++) {
		declare(s, &names, &nested);
		put_constant(s, konst.at[i]);
	}
	buf_puts(b, " return ");
	if (s->b.s) buf_put(b, s->b.s, params_end);
	if (s->uses_va) {
		buf_printf(b, " local %s = %s.pack(...)", s->va, s->p);
		if (s->b.n > params_end && !space(s->b.s[params_end])) buf_putc(b, ' ');
	}
	if (s->b.n > params_end) buf_put(b, s->b.s + params_end, s->b.n - params_end);
	while (nested--) buf_puts(b, " end)()");
	vec_free(s->c->mem, &konst);
}

/* A name the chunk never uses: __P, __P1, ... */
static const char *fresh_name(struct staging *s, const char *stem)
{
	char name[24];
	int n = snprintf(name, sizeof name, "%s", stem);
	for (unsigned i = 1; chunk_find(s->c, name, (size_t)n); i++) n = snprintf(name, sizeof name, "%s%u", stem, i);
	char *p = arena_copy(&s->out->arena, name, (size_t)n);
	if (!p) memory(s);
	return p ? p : "";
}

/* Closures, continuations and `local __va` must not cross a limit of Lua that the function itself
   respects. Our parser counts as Lua's does, so it reads the result. */
static bool within_limits(struct staging *s)
{
	struct err e;
	const struct buf *b = &s->out->text;
	struct chunk *c = chunk_parse(s->c->mem, s->c->name, b->s, b->n, &e);
	if (c) {
		chunk_free(c);
		return true;
	}
	if (e.kind != ERR_SYNTAX) {
		*s->e = e;
		return false;
	}
	int line = e.line ? e.line : (int)s->f->node->line;
	s->out->at = line_at(s->c, line);
	return fail_kind(s->e, ERR_CONVERT, line,
	                 "this function can't be staged: its staged form would cross a limit of Lua (%.200s); "
	                 "move a part of it to a function of its own",
	                 e.msg);
}

bool lang_staged(struct chunk *c, int ordinal, struct staged_form *out, struct err *e)
{
	struct staging s = {.c = c, .out = out, .e = e};
	memset(out, 0, sizeof *out);
	arena_init(&out->arena, c->mem);
	buf_init(&out->text, c->mem);
	if (ordinal < 0 || (uint32_t)ordinal >= c->nfuncs)
		return fail(e, "no function %d in this chunk: it has %u", ordinal, c->nfuncs);
	s.f = c->func[ordinal];
	buf_init(&s.b, c->mem);
	out->pname = s.p = fresh_name(&s, "__P");
	s.va = fresh_name(&s, "__va");
	uint32_t params_end = 0;
	if (!s.failed) whole_function(&s, &params_end);
	if (!s.failed) wrap(&s, params_end);
	if (s.b.bad || out->text.bad) memory(&s);
	buf_free(&s.b);
	vec_free(c->mem, &s.spine);
	return !s.failed && within_limits(&s);
}

void staged_form_free(struct staged_form *f)
{
	vec_free(f->arena.mem, &f->site);
	buf_free(&f->text);
	arena_free(&f->arena);
}
