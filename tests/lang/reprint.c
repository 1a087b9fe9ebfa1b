#include "reprint.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

struct printer {
	struct buf *out;
	const struct chunk *c;
	const uint32_t *line; /* where each line begins */
	uint32_t nlines, now;
};

static uint32_t line_of(const struct printer *p, uint32_t at)
{
	uint32_t lo = 0, hi = p->nlines;
	while (hi - lo > 1) {
		uint32_t mid = (lo + hi) / 2;
		if (p->line[mid] <= at) lo = mid;
		else hi = mid;
	}
	return lo;
}

/* The token `s` on the line of byte `at`. */
static void put(struct printer *p, uint32_t at, const char *s)
{
	for (uint32_t want = line_of(p, at); p->now < want; p->now++) buf_putc(p->out, '\n');
	buf_putc(p->out, ' ');
	buf_puts(p->out, s);
}

/* A token without a place in the tree: searched from byte `at` on, over blanks and comments. */
static uint32_t find(const struct printer *p, uint32_t at, char ch)
{
	const char *s = p->c->text;
	for (; at < p->c->len && s[at] != ch; at++) {
		if (s[at] != '-' || s[at + 1] != '-') continue;
		uint32_t eq = at + 3;
		if (s[at + 2] == '[')
			while (s[eq] == '=') eq++;
		if (s[at + 2] == '[' && s[eq] == '[') {
			uint32_t level = eq - at - 3;
			for (at = eq; at < p->c->len; at++)
				if (s[at] == ']' && s[at + level + 1] == ']' && strspn(s + at + 1, "=") == level) break;
			at += level + 1;
		} else {
			while (at < p->c->len && s[at] != '\n' && s[at] != '\r') at++;
		}
	}
	return at;
}

static void expression(struct printer *p, const struct ast *e);
static void block(struct printer *p, const struct ast *b);

static void comma(struct printer *p, const struct ast *before) { put(p, find(p, before->end, ','), ","); }

static void expressions(struct printer *p, struct ast *const *kid, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i) comma(p, kid[i - 1]);
		expression(p, kid[i]);
	}
}

/* Its line ends are \n; the lines that the token has in the text follow a \z. */
static void string(struct printer *p, const struct ast *e)
{
	put(p, e->beg, "\"");
	for (uint32_t i = 0; i < e->name->len; i++) buf_printf(p->out, "\\%03d", (unsigned char)e->name->s[i]);
	uint32_t last = line_of(p, e->end - 1);
	if (p->now < last) buf_puts(p->out, "\\z");
	for (; p->now < last; p->now++) buf_putc(p->out, '\n');
	buf_putc(p->out, '"');
}

static void number(struct printer *p, const struct ast *e)
{
	char s[64];
	if (e->kind == AST_INTEGER) snprintf(s, sizeof s, "0x%llx", (unsigned long long)e->u.i);
	else if (isinf(e->u.n)) strcpy(s, "1e9999");
	else snprintf(s, sizeof s, "%a", e->u.n);
	put(p, e->beg, s);
}

static void function_rest(struct printer *p, const struct ast *e)
{
	const struct ast *params = e->kid[0];
	put(p, e->at, "(");
	expressions(p, params->kid, params->nkids);
	put(p, params->end, ")");
	block(p, e->kid[1]);
	put(p, e->end - 3, "end");
}

static void call(struct printer *p, const struct ast *e)
{
	expression(p, e->kid[0]);
	if (e->kind == AST_METHOD) {
		put(p, e->at2, ":");
		put(p, find(p, e->at2 + 1, e->name->s[0]), e->name->s);
	}
	if (e->op == CALL_PARENS) put(p, e->at, "(");
	expressions(p, e->kid + 1, e->nkids - 1);
	if (e->op == CALL_PARENS) put(p, e->end - 1, ")");
}

static void table(struct printer *p, const struct ast *e)
{
	put(p, e->beg, "{");
	for (uint32_t i = 0; i < e->nkids; i++) {
		const struct ast *k = e->kid[i];
		if (i) {
			uint32_t from = e->kid[i - 1]->end, a = find(p, from, ','), b = find(p, from, ';');
			put(p, a < b ? a : b, ",");
		}
		if (k->kind != AST_PAIR) {
			expression(p, k);
			continue;
		}
		if (k->op) {
			put(p, k->beg, k->kid[0]->name->s);
		} else {
			put(p, k->beg, "[");
			expression(p, k->kid[0]);
			put(p, find(p, k->kid[0]->end, ']'), "]");
		}
		put(p, k->at, "=");
		expression(p, k->kid[1]);
	}
	put(p, e->end - 1, "}");
}

static void expression(struct printer *p, const struct ast *e)
{
	switch (e->kind) {
	case AST_NIL:
	case AST_TRUE:
	case AST_FALSE: put(p, e->beg, ast_kind_name[e->kind]); break;
	case AST_INTEGER:
	case AST_FLOAT: number(p, e); break;
	case AST_STRING: string(p, e); break;
	case AST_VARARG: put(p, e->beg, "..."); break;
	case AST_FUNCTION:
		put(p, e->beg, "function");
		function_rest(p, e);
		break;
	case AST_NAME: put(p, e->beg, e->name->s); break;
	case AST_INDEX:
		expression(p, e->kid[0]);
		put(p, e->at, "[");
		expression(p, e->kid[1]);
		put(p, e->end - 1, "]");
		break;
	case AST_FIELD:
		expression(p, e->kid[0]);
		put(p, e->at, ".");
		put(p, e->end - 1, e->name->s);
		break;
	case AST_CALL:
	case AST_METHOD: call(p, e); break;
	case AST_PAREN:
		put(p, e->beg, "(");
		expression(p, e->kid[0]);
		put(p, e->end - 1, ")");
		break;
	case AST_BINOP:
		put(p, e->beg, "(");
		expression(p, e->kid[0]);
		put(p, e->at, ast_op_text[e->op]);
		expression(p, e->kid[1]);
		put(p, e->end - 1, ")");
		break;
	case AST_UNOP:
		put(p, e->beg, "(");
		put(p, e->at, ast_op_text[e->op]);
		expression(p, e->kid[0]);
		put(p, e->end - 1, ")");
		break;
	default: table(p, e); break;
	}
}

static void local(struct printer *p, const struct ast *s)
{
	static const char *const attrib[] = {"", "<const>", "<close>"};
	put(p, s->beg, "local");
	for (uint32_t i = 0; i < s->kid[0]->nkids; i++) {
		const struct ast *n = s->kid[0]->kid[i];
		if (i) comma(p, s->kid[0]->kid[i - 1]);
		put(p, n->beg, n->name->s);
		if (n->u.var->attrib) put(p, n->end - 1, attrib[n->u.var->attrib]);
	}
	if (!s->kid[1]->nkids) return;
	put(p, s->at, "=");
	expressions(p, s->kid[1]->kid, s->kid[1]->nkids);
}

static void arms(struct printer *p, const struct ast *s)
{
	for (uint32_t i = 0; i < s->nkids; i++) {
		const struct ast *a = s->kid[i];
		if (a->nkids == 1) {
			put(p, a->beg, "else");
			block(p, a->kid[0]);
			continue;
		}
		put(p, a->beg, i ? "elseif" : "if");
		expression(p, a->kid[0]);
		put(p, a->at, "then");
		block(p, a->kid[1]);
	}
	put(p, s->end - 3, "end");
}

static void loop(struct printer *p, const struct ast *s)
{
	if (s->kind == AST_WHILE) {
		put(p, s->beg, "while");
		expression(p, s->kid[0]);
	} else if (s->kind == AST_FORIN) {
		put(p, s->beg, "for");
		expressions(p, s->kid[0]->kid, s->kid[0]->nkids);
		put(p, s->at2, "in");
		expressions(p, s->kid[1]->kid, s->kid[1]->nkids);
	} else {
		put(p, s->beg, "for");
		expression(p, s->kid[0]);
		put(p, s->at2, "=");
		expressions(p, s->kid + 1, s->kid[3] ? 3 : 2);
	}
	put(p, s->at, "do");
	block(p, s->kid[s->nkids - 1]);
	put(p, s->end - 3, "end");
}

static void statement(struct printer *p, const struct ast *s)
{
	switch (s->kind) {
	case AST_LOCAL: local(p, s); break;
	case AST_LOCALFUNC:
		put(p, s->beg, "local");
		put(p, s->kid[1]->beg, "function");
		put(p, s->kid[0]->beg, s->kid[0]->name->s);
		function_rest(p, s->kid[1]);
		break;
	case AST_FUNCSTAT:
		put(p, s->beg, "function");
		if (s->op) { /* a.b:m, whose last part is a FIELD */
			expression(p, s->kid[0]->kid[0]);
			put(p, s->kid[0]->at, ":");
			put(p, s->kid[0]->end - 1, s->kid[0]->name->s);
		} else {
			expression(p, s->kid[0]);
		}
		function_rest(p, s->kid[1]);
		break;
	case AST_ASSIGN:
		expressions(p, s->kid[0]->kid, s->kid[0]->nkids);
		put(p, s->at, "=");
		expressions(p, s->kid[1]->kid, s->kid[1]->nkids);
		break;
	case AST_CALLSTAT: expression(p, s->kid[0]); break;
	case AST_DO:
		put(p, s->beg, "do");
		block(p, s->kid[0]);
		put(p, s->end - 3, "end");
		break;
	case AST_REPEAT:
		put(p, s->beg, "repeat");
		block(p, s->kid[0]);
		put(p, s->at, "until");
		expression(p, s->kid[1]);
		break;
	case AST_IF: arms(p, s); break;
	case AST_WHILE:
	case AST_FORNUM:
	case AST_FORIN: loop(p, s); break;
	case AST_RETURN:
		put(p, s->beg, "return");
		expressions(p, s->kid[0]->kid, s->kid[0]->nkids);
		if (p->c->text[s->end - 1] == ';') put(p, s->end - 1, ";");
		break;
	case AST_BREAK: put(p, s->beg, "break"); break;
	case AST_GOTO:
		put(p, s->beg, "goto");
		put(p, s->end - 1, s->name->s);
		break;
	case AST_LABEL:
		put(p, s->beg, "::");
		put(p, s->beg, s->name->s);
		put(p, s->end - 1, "::");
		break;
	default: put(p, s->beg, ";"); break;
	}
}

static void block(struct printer *p, const struct ast *b)
{
	for (uint32_t i = 0; i < b->nkids; i++) {
		const struct ast *s = b->kid[i];
		statement(p, s);
		/* a statement never ends in the middle of the next: without this, `f` and `(g)()` would be one call */
		if (i + 1 < b->nkids && s->kind != AST_RETURN && s->kind != AST_EMPTY &&
		    b->kid[i + 1]->kind != AST_LABEL)
			put(p, s->end - 1, ";");
	}
}

void reprint(struct buf *out, const struct chunk *c)
{
	VEC(uint32_t) line = {0};
	struct printer p = {.out = out, .c = c};
	const char *s = c->text;
	bool good = vec_push(c->mem, &line, 0);
	for (uint32_t i = 0; i < c->len && good; i++) {
		if (s[i] != '\n' && s[i] != '\r') continue;
		if ((s[i + 1] == '\n' || s[i + 1] == '\r') && s[i + 1] != s[i] && i + 1 < c->len) i++;
		good = vec_push(c->mem, &line, i + 1);
	}
	p.line = line.at, p.nlines = line.n;
	if (good) block(&p, c->root);
	else out->bad = true;
	buf_putc(out, '\n');
	vec_free(c->mem, &line);
}
