/* What the parts of the staged form share; private to them. The walk over the tree goes in source
   order and carries a cursor into the original text: what lies between two edits is copied, so
   comments and lines stay where they are; a span that is dropped leaves its newlines behind.
   (A cursor, not a list of edits: whether two words need a space between them depends on what
   was put so far, and most edits drop spans with line ends in them.)
   The first failure sticks, the walk goes on harmlessly. */
#ifndef LANG_STAGING_H
#define LANG_STAGING_H
#include "lang/staged.h"

struct jump {
	struct ast *node;   /* the GOTO */
	bool on, continues; /* on: the label follows it; continues: and ends the innermost loop's body */
};

/* What asks for the truth of an expression, as in eager code. */
enum form_role { ROLE_VALUE, ROLE_COND, ROLE_KEEP, ROLE_PICK };

struct form_spine {
	struct ast *n;
	enum form_role role;
	uint32_t told;
};

struct staging {
	struct chunk *c;
	struct func *f;
	struct staged_form *out;
	struct err *e;
	bool failed, overload; /* overload: the form for STAGED_OVERLOAD */
	struct buf b;          /* the function itself; the wrapper is put around it at the end */
	uint32_t cur;          /* the text before this byte is done */
	bool copied;           /* the last bytes of b are the ones right before cur */
	uint32_t moved;        /* the newlines between this byte and the next token were put before; 0: nowhere */
	const char *p, *va;    /* names of the library and of the packed arguments */
	bool uses_va;
	bool closure;           /* inside a function the form adds */
	bool kept;              /* Lua makes no tail calls here: a block around has something to close */
	const struct ast *tail; /* the call that is one */
	enum form_role role;    /* of the next expression */
	uint32_t told; /* a condition: the byte on whose line it is told that the next expression can't be one */
	VEC(struct form_spine) spine;
	VEC(struct jump) jumps;    /* of the function, in the order of the text */
	VEC(const char *) ends;    /* of the functions that hold the rest of a block: they stand where the block ends */
	VEC(struct var *) written; /* locals of the function that inner functions assign */
};

static inline bool form_newline(char c) { return c == '\n' || c == '\r'; }
static inline bool form_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* staged_text.c */
void form_memory(struct staging *s);
void form_refuse(struct staging *s, const struct ast *n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void form_copy(struct staging *s, uint32_t to);
void form_put(struct staging *s, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* short pieces */
void form_put_name(struct staging *s, const struct str *name);
void form_drop(struct staging *s, uint32_t to); /* all but the newlines */
void form_skip(struct staging *s, uint32_t to);
void form_move_lines(struct staging *s, uint32_t at);
void form_close_up(struct staging *s,
                   uint32_t to);      /* drops space between tokens when that is all there is, else copies */
void form_set_off(struct staging *s); /* a space, unless the text has one next */
uint32_t form_token(const struct staging *s, uint32_t i); /* where the token at or after i begins */
int form_line_of(const struct chunk *c, uint32_t at);
uint32_t form_line_at(const struct chunk *c, int line); /* the first token of a line */

/* staged_expr.c */
void form_expr(struct staging *s, struct ast *n);
void form_bound(struct staging *s, struct ast *n, struct ast *next, struct ast *last);
void form_exprs(struct staging *s, struct ast **n, uint32_t count);
void form_result(struct staging *s, struct ast *n);
void form_condition(struct staging *s, struct ast *n, uint32_t told, bool thunk);
void form_target(struct staging *s, struct ast *n); /* of an assignment */
void form_write_begin(struct staging *s,
                      struct ast *n); /* before a target: the call that tells of the write; its table follows */
void form_write_end(struct staging *s, const struct ast *n); /* after the target's table */
bool form_is_call(const struct ast *n);                      /* n is an operator that becomes a call of the library */
bool form_find_written(struct staging *s);                   /* fills s->written; false: out of memory */
void form_check_targets(struct staging *s, const struct ast *n); /* of an assignment */

/* staged_jump.c */
bool form_find_jumps(struct staging *s); /* fills s->jumps; false: out of memory */
const struct jump *form_jump(const struct staging *s, const struct ast *n);
/* Where the sections of b begin: for each statement that is a label, the statement with the first jump on to it, for
   others their own number. Sections nest or lie apart. NULL: no label of b is jumped on to. */
uint32_t *form_sections(struct staging *s, const struct ast *b);
/* The first jump back to the label b->kid[at], if there is one. What follows the label up to statement `end` is a loop
   then: jumps to it from behind are refused. */
const struct ast *form_goes_back(struct staging *s, const struct ast *b, uint32_t at, uint32_t end);

/* staged.c */
/* The statements of b; `more` when text follows in the same function (the condition of a repeat). What is left in
   s->ends goes where the block ends. */
void form_block(struct staging *s, struct ast *b, bool more);
void form_ends(struct staging *s, uint32_t base); /* all after the first `base` */
#endif
