/* Functions, blocks, locals, upvalues, labels: resolved while parsing, in the order and with
   the checks and limits of stock's compiler. Each interned name points at the variable it
   means just now; what it meant before is kept in p->active and put back at the block's end. */
#include "lang/parse.h"

enum { MAX_LOCALS = 200, MAX_UPVALUES = 255 };

void *scope_alloc(struct parser *p, size_t n)
{
	void *q = arena_new(&p->c->arena, n);
	if (!q) lex_memory(p);
	return q;
}

static void limit(struct parser *p, int most, const char *what)
{
	struct func *f = p->fs->f;
	if (!f->parent) lex_error(p, "too many %s (limit is %d) in main function", what, most);
	else lex_error(p, "too many %s (limit is %d) in function at line %d", what, most, f->line);
}

/* Variables. */

static void push_active(struct parser *p, struct active a)
{
	struct funcstate *fs = p->fs;
	uint32_t n = p->active.n + 1 - fs->first_active;
	if (n > MAX_LOCALS) limit(p, MAX_LOCALS, "local variables");
	if (n > fs->f->maxlocals) fs->f->maxlocals = n;
	if (!p->bad && !vec_push(p->mem, &p->active, a)) lex_memory(p);
}

struct var *scope_declare(struct parser *p, struct str *name, enum var_role role, struct ast *decl)
{
	struct var *v = scope_alloc(p, sizeof *v);
	if (!v || !name) return NULL;
	*v = (struct var){.name = name, .func = p->fs->f, .decl = decl, .id = p->c->nvars++, .role = (uint8_t)role};
	push_active(p, (struct active){.name = name, .var = v});
	if (decl) {
		decl->name = name;
		decl->u.var = v;
	}
	return v;
}

void scope_hidden(struct parser *p, int n)
{
	while (n-- > 0) push_active(p, (struct active){0});
}

void scope_activate(struct parser *p, int n)
{
	struct funcstate *fs = p->fs;
	for (; n > 0 && fs->first_active + fs->nactive < p->active.n; n--) {
		struct active *a = &p->active.at[fs->first_active + fs->nactive++];
		if (!a->name) continue;
		a->outer = a->name->meaning;
		a->name->meaning = a->var;
	}
}

/* Ends the scope of all but the first n locals of the function. */
static void deactivate(struct parser *p, uint32_t n)
{
	struct funcstate *fs = p->fs;
	uint32_t visible = fs->first_active + fs->nactive;
	while (p->active.n > fs->first_active + n) {
		struct active *a = &p->active.at[--p->active.n];
		if (a->name && p->active.n < visible) a->name->meaning = a->outer;
	}
	fs->nactive = n;
}

/* Makes v an upvalue of the function of fs and of those around it that lack it, outermost first. */
static void need_upvalue(struct parser *p, struct funcstate *fs, struct str *name, struct var *v)
{
	struct func *f = fs->f;
	if (v ? v->func == f : !f->parent) return; /* at home */
	for (uint32_t i = 0; i < f->nupvalues; i++)
		if (f->upvalue[i].var == v) return;
	need_upvalue(p, fs->up, name, v);
	if (p->bad) return;
	if (f->nupvalues == MAX_UPVALUES) {
		struct funcstate *here = p->fs;
		p->fs = fs;
		limit(p, MAX_UPVALUES, "upvalues");
		p->fs = here;
		return;
	}
	if (f->nupvalues == fs->capups) {
		uint32_t cap = fs->capups ? fs->capups * 2 : 4;
		struct upvalue *up = scope_alloc(p, cap * sizeof *up);
		if (!up) return;
		for (uint32_t i = 0; i < f->nupvalues; i++) up[i] = f->upvalue[i];
		f->upvalue = up;
		fs->capups = cap;
	}
	f->upvalue[f->nupvalues++] = (struct upvalue){name, v};
}

static void use(struct parser *p, struct str *name, struct var *v)
{
	if (v && (v->constant || v->func == p->fs->f)) return;
	if (v) v->captured = true;
	need_upvalue(p, p->fs, name, v);
}

void scope_name(struct parser *p, struct ast *n)
{
	if (!n->name || p->bad) return;
	struct var *v = n->name->meaning;
	n->u.var = v;
	if (v || n->name == p->env) use(p, n->name, v);
	else use(p, p->env, p->env->meaning); /* a global is a field of _ENV */
}

void scope_assign(struct parser *p, struct ast *target)
{
	struct var *v = target->kind == AST_NAME ? target->u.var : NULL;
	if (!v) return;
	if (v->attrib != VAR_PLAIN) lex_fail(p, "attempt to assign to const variable '%s'", v->name->s);
	v->assigned = true;
}

/* Blocks and labels. */

static const char *local_name(struct parser *p, uint32_t n)
{
	struct active *a = &p->active.at[p->fs->first_active + n];
	return a->name ? a->name->s : "(for state)";
}

/* The gotos of this block that wait for the label are served. */
static void solve_gotos(struct parser *p, struct jump label)
{
	uint32_t kept = p->fs->scope->first_goto;
	for (uint32_t i = kept; i < p->gotos.n; i++) {
		struct jump *g = &p->gotos.at[i];
		if (g->name != label.name) {
			p->gotos.at[kept++] = *g;
			continue;
		}
		if (g->nactive < label.nactive)
			lex_fail(p, "<goto %s> at line %d jumps into the scope of local '%s'",
			         g->name ? g->name->s : "break", g->line, local_name(p, g->nactive));
		g->node->u.node = label.node;
	}
	p->gotos.n = kept;
}

void scope_open(struct parser *p, struct scope *s, bool loop)
{
	*s = (struct scope){p->fs->scope, p->fs->nactive, p->labels.n, p->gotos.n, loop};
	p->fs->scope = s;
}

void scope_close(struct parser *p)
{
	struct scope *s = p->fs->scope;
	if (s->loop) solve_gotos(p, (struct jump){.nactive = p->fs->nactive});
	p->fs->scope = s->up;
	deactivate(p, s->nactive);
	p->labels.n = s->first_label;
	if (s->up) {
		for (uint32_t i = s->first_goto; i < p->gotos.n; i++) p->gotos.at[i].nactive = s->nactive;
	} else if (s->first_goto < p->gotos.n && !p->bad) {
		struct jump *g = &p->gotos.at[s->first_goto];
		if (g->name) lex_fail(p, "no visible label '%s' for <goto> at line %d", g->name->s, g->line);
		else lex_fail(p, "break outside loop at line %d", g->line);
	}
}

static struct jump *find_label(struct parser *p, struct str *name)
{
	for (uint32_t i = p->fs->first_label; i < p->labels.n; i++)
		if (p->labels.at[i].name == name) return &p->labels.at[i];
	return NULL;
}

void scope_goto(struct parser *p, struct ast *node, int line)
{
	struct jump *label = node->name ? find_label(p, node->name) : NULL;
	if (label) {
		node->u.node = label->node;
		return;
	}
	struct jump g = {node->name, node, line, p->fs->nactive};
	if (!p->bad && !vec_push(p->mem, &p->gotos, g)) lex_memory(p);
}

void scope_label(struct parser *p, struct ast *node, int line, bool last)
{
	if (!node->name) return;
	struct jump *old = find_label(p, node->name);
	if (old) lex_fail(p, "label '%s' already defined on line %d", node->name->s, old->line);
	struct jump l = {node->name, node, line, last ? p->fs->scope->nactive : p->fs->nactive};
	if (p->bad) return;
	if (!vec_push(p->mem, &p->labels, l)) lex_memory(p);
	else solve_gotos(p, l);
}

/* Functions. */

void func_open(struct parser *p, struct funcstate *fs, struct func *f)
{
	*fs = (struct funcstate){.up = p->fs, .f = f, .first_active = p->active.n, .first_label = p->labels.n};
	f->parent = p->fs ? p->fs->f : NULL;
	f->ordinal = p->funcs.n;
	if (!p->bad && !vec_push(p->mem, &p->funcs, f)) lex_memory(p);
	p->fs = fs;
}

void func_close(struct parser *p) { p->fs = p->fs->up; }
