/* The staged form: the function's head, and the wrapper that declares its upvalues and the
   compile-time constants of the functions around it; then the check of Lua's limits. */
#include "lang/staging.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRAPPER_NAMES = 190 }; /* names declared in one function of the wrapper: Lua allows 200 locals */

/* From `function` to the parameters: the name goes. Lua takes the line of the parenthesis for the
   line of the function, except in `function a.b()`, where it takes that of the keyword. */
static void head(struct staging *s)
{
	struct ast *n = s->f->node;
	if (!s->f->parent) {
		form_put(s, "function(...)");
		return;
	}
	s->cur = n->beg;
	bool named = form_token(s, n->beg + 8) != n->at;
	if (!named) {
		form_copy(s, n->at + 1);
	} else if (form_line_of(s->c, n->beg) == s->f->line) {
		form_put(s, "function(");
		form_drop(s, n->at + 1);
	} else {
		form_put(s, "function");
		form_drop(s, n->at);
		form_copy(s, n->at + 1);
	}
	if (s->f->method) form_put(s, s->f->nparams > 1 || s->f->vararg ? "self, " : "self");
	form_copy(s, n->kid[0]->end + 1);
}

static void whole_function(struct staging *s, uint32_t *params_end)
{
	struct ast *n = s->f->node, *b = n->kid[1];
	head(s);
	*params_end = (uint32_t)s->b.n;
	if (!s->f->parent && b->nkids) form_set_off(s);
	form_block(s, b, false);
	if (s->f->parent) {
		form_copy(s, b->end);
		form_ends(s, 0);
		form_copy(s, n->end);
		return;
	}
	/* A comment may end the text: the function ends before it. */
	form_put(s, " ");
	form_ends(s, 0);
	form_put(s, "end");
	form_copy(s, (uint32_t)s->c->len);
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
	if (!outer_constants(s, &konst)) form_memory(s);
	for (int i = form_line_of(s->c, f->node->beg); f->parent && i > 1; i--) buf_putc(b, '\n');
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
		if (s->b.n > params_end && !form_space(s->b.s[params_end])) buf_putc(b, ' ');
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
	if (!p) form_memory(s);
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
	s->out->at = form_line_at(s->c, line);
	return fail_kind(s->e, ERR_CONVERT, line,
	                 "this function can't be staged: its staged form would cross a limit of Lua (%.200s); "
	                 "move a part of it to a function of its own",
	                 e.msg);
}

bool lang_staged(struct chunk *c, int ordinal, enum staged_for why, struct staged_form *out, struct err *e)
{
	struct staging s = {.c = c, .out = out, .e = e, .overload = why == STAGED_OVERLOAD};
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
	if (!s.failed && (!form_find_written(&s) || !form_find_jumps(&s))) form_memory(&s);
	if (!s.failed) whole_function(&s, &params_end);
	if (!s.failed) wrap(&s, params_end);
	if (s.b.bad || out->text.bad) form_memory(&s);
	buf_free(&s.b);
	vec_free(c->mem, &s.spine);
	vec_free(c->mem, &s.written);
	vec_free(c->mem, &s.jumps);
	vec_free(c->mem, &s.ends);
	return !s.failed && within_limits(&s);
}

void staged_form_free(struct staged_form *f)
{
	vec_free(f->arena.mem, &f->site);
	buf_free(&f->text);
	arena_free(&f->arena);
}
