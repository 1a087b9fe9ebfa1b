/* What lexer, parser and scope resolution share; private to them. Errors are sticky: the first
   one is kept in p->err, from then on every token is the end of file, so all loops unwind. */
#ifndef LANG_PARSE_H
#define LANG_PARSE_H
#include "lang/ast.h"

/* clang-format off */
enum token_kind { /* single characters stand for themselves */
	TK_AND = 257, TK_BREAK, TK_DO, TK_ELSE, TK_ELSEIF, TK_END, TK_FALSE, TK_FOR, TK_FUNCTION, TK_GOTO, TK_IF, TK_IN,
	TK_LOCAL, TK_NIL, TK_NOT, TK_OR, TK_REPEAT, TK_RETURN, TK_THEN, TK_TRUE, TK_UNTIL, TK_WHILE,
	TK_IDIV, TK_CONCAT, TK_DOTS, TK_EQ, TK_GE, TK_LE, TK_NE, TK_SHL, TK_SHR, TK_DBCOLON,
	TK_EOS, TK_FLOAT, TK_INTEGER, TK_NAME, TK_STRING
};
/* clang-format on */

struct token {
	int kind;
	int line; /* of its first byte */
	uint32_t beg, end;
	struct str *s;
	int64_t i;
	double n;
};

/* A local in scope, or declared and not yet visible. */
struct active {
	struct str *name;
	struct var *var;   /* NULL: one of the hidden locals of a for loop */
	struct var *outer; /* what the name meant before */
};

struct jump {             /* a pending goto or break, or a label */
	struct str *name; /* NULL: break */
	struct ast *node;
	int line;
	uint32_t nactive;
};

struct scope { /* a block */
	struct scope *up;
	uint32_t nactive, first_label, first_goto;
	bool loop;
};

struct funcstate { /* a function being parsed */
	struct funcstate *up;
	struct func *f;
	struct scope *scope;
	uint32_t first_active, nactive; /* nactive: in scope, counted from first_active */
	uint32_t first_label;
	uint32_t capups;
};

typedef VEC(struct ast *) ast_vec;

struct parser {
	struct chunk *c;
	struct mem *mem;
	struct err *err;
	bool bad;
	const char *at, *stop; /* next byte, end of the text */
	int line;              /* of the last byte read, as stock counts */
	struct token tok, ahead;
	uint32_t prevend; /* where the token before tok ended */
	int level;        /* nesting, as stock counts C levels */
	struct funcstate *fs;
	ast_vec kids; /* children waiting for their parent */
	VEC(struct active) active;
	VEC(struct jump) labels, gotos;
	VEC(struct func *) funcs;
	struct buf text; /* a string being unescaped */
	struct ast oops; /* what allocation gives when memory is out */
	struct str *env, *self;
};

/* lex.c */
void lex_next(struct parser *p);
int lex_peek(struct parser *p); /* the kind of the token after the current one */
void lex_init(struct parser *p);
void lex_error(struct parser *p, const char *msg, ...)
    __attribute__((format(printf, 2, 3))); /* ... near the current token */
void lex_fail(struct parser *p, const char *msg, ...) __attribute__((format(printf, 2, 3))); /* without "near" */
void lex_memory(struct parser *p);
void lex_token_text(int kind, char *out, size_t n); /* "'end'", "'+'", "<name>" */

/* scope.c */
void *scope_alloc(struct parser *p, size_t n); /* zeroed, from the chunk's arena; NULL after lex_memory */
void func_open(struct parser *p, struct funcstate *fs, struct func *f);
void func_close(struct parser *p);
void scope_open(struct parser *p, struct scope *s, bool loop);
void scope_close(struct parser *p);
struct var *scope_declare(struct parser *p, struct str *name, enum var_role role,
                          struct ast *decl);                   /* not yet visible */
void scope_hidden(struct parser *p, int n);                    /* the unnamed locals of a for loop */
void scope_activate(struct parser *p, int n);                  /* the last n declared become visible */
void scope_name(struct parser *p, struct ast *name);           /* resolves a NAME */
void scope_assign(struct parser *p, struct ast *target);       /* a write; refuses const */
void scope_goto(struct parser *p, struct ast *node, int line); /* GOTO or BREAK */
void scope_label(struct parser *p, struct ast *node, int line, bool last);
struct ast *fold_constant(struct parser *p,
                          struct ast *e); /* the constant node e folds to, as stock's compiler does; else NULL */

/* number.c */
bool number_parse(struct mem *m, const char *s, size_t n, bool *isint, int64_t *i, double *d); /* a Lua numeral */
#endif
