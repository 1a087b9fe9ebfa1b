/* The syntax tree of a Lua 5.4 chunk. Every node carries its span in the text, because all
   rewriting is a list of edits on that text; names are resolved while parsing. A chunk owns
   one arena with everything in it. Nothing here knows of tensors or of lua.h. */
#ifndef LANG_AST_H
#define LANG_AST_H
#include "base/base.h"

/* An interned string of one chunk: equal text = same pointer. */
struct str {
	struct str *next;
	uint32_t hash, len;
	uint16_t word;       /* reserved word: its token, else 0 */
	struct var *meaning; /* while parsing: the variable in scope under this name */
	char s[];            /* NUL-terminated; may hold NUL bytes */
};

/* Operator and suffix chains (a+b+c..., f()()...) are deep trees without nesting in the text, and
   as long as the text likes: a recursive walk first asks whether chunk->func[0]->node->depth <= AST_DEPTH. */
#define AST_DEPTH 4000

/* clang-format off */
enum ast_kind {
	/* expressions */
	AST_NIL, AST_TRUE, AST_FALSE,
	AST_INTEGER,  /* u.i */
	AST_FLOAT,    /* u.n */
	AST_STRING,   /* name = the value */
	AST_VARARG,
	AST_FUNCTION, /* u.func; kid: params LIST, BLOCK. beg at `function`, at = '('; ')' is kid[0]->end */
	/* name, u.var (NULL: global, i.e. a field of the _ENV in scope; a NULL named _ENV is the chunk's upvalue
	   itself) */
	AST_NAME,
	AST_INDEX,    /* t[k]: kid t, k; at = '[' */
	AST_FIELD,    /* t.name: kid t; at = '.' */
	AST_CALL,     /* kid f, args...; op = call_style, at = '(' or where the string or table begins */
	AST_METHOD,   /* o:name(...): kid o, args...; like CALL, at2 = ':' */
	AST_PAREN,    /* kid the expression inside */
	AST_BINOP,    /* kid a, b; op, at = the operator, line = the operator's */
	AST_UNOP,     /* kid a; op, at = beg */
	AST_TABLE,    /* kids: expressions and PAIRs */
	AST_PAIR,     /* kid key, value; op 1: `name = value` (key is a STRING node over the name); at = '=' */
	/* statements */
	AST_LOCAL,     /* kid LIST of NAMEs (declarations), LIST of expressions (maybe empty); at = '=' or 0 */
	AST_LOCALFUNC, /* kid NAME, FUNCTION */
	AST_FUNCSTAT,  /* kid target (NAME or FIELD), FUNCTION; op 1: `a.b:m`, the FIELD's at is the ':' */
	AST_ASSIGN,    /* kid LIST of targets, LIST of expressions; at = '=' */
	AST_CALLSTAT,  /* kid CALL or METHOD */
	AST_DO,        /* kid BLOCK; the `end` is the last three bytes */
	AST_WHILE,     /* kid condition, BLOCK; at = `do` */
	AST_REPEAT,    /* kid BLOCK, condition; at = `until` */
	AST_IF,        /* kids ARMs; `end` is the last three bytes */
	/* if, elseif: kid condition, BLOCK, at = `then`. else: kid BLOCK. beg at the keyword; end = where the next
	   arm or `end` begins */
	AST_ARM,
	AST_FORNUM,    /* kid NAME, start, limit, step or NULL, BLOCK; at = `do`, at2 = '=' */
	AST_FORIN,     /* kid LIST of NAMEs, LIST of expressions, BLOCK; at = `do`, at2 = `in` */
	AST_RETURN,    /* kid LIST; a `;` belongs to the span */
	AST_BREAK,
	AST_GOTO,      /* name; u.node = the LABEL */
	AST_LABEL,     /* name */
	AST_EMPTY,     /* ; */
	/* groups */
	AST_BLOCK,     /* kids: statements. beg = after the opening keyword, end = where the closing one begins */
	AST_LIST,      /* kids: expressions or names; span from the first to the last (params: between the parentheses) */
	AST_KINDS
};

/* In the order of AST_BINOP's and AST_UNOP's `op`. */
enum ast_op {
	OPR_ADD, OPR_SUB, OPR_MUL, OPR_MOD, OPR_POW, OPR_DIV, OPR_IDIV,
	OPR_BAND, OPR_BOR, OPR_BXOR, OPR_SHL, OPR_SHR, OPR_CONCAT,
	OPR_EQ, OPR_LT, OPR_LE, OPR_NE, OPR_GT, OPR_GE, OPR_AND, OPR_OR,
	OPR_NEG, OPR_BNOT, OPR_NOT, OPR_LEN, OPR_COUNT
};
/* clang-format on */
extern const char *const ast_kind_name[AST_KINDS];
extern const char *const ast_op_text[OPR_COUNT]; /* "+" ... "and" "or" "-" "~" "not" "#" */

const struct ast *ast_inside(const struct ast *n);   /* without the parentheses around it */
const struct ast *ast_constant(const struct ast *n); /* the same; of a compile-time constant its value */
bool ast_sure(const struct ast *n, bool truth);      /* does Lua's compiler know that n is true (or false)? */
const struct ast *ast_compiled(const struct ast *n); /* what it compiles of n: of `nil or x` and `1 and x` only x */

enum call_style { CALL_PARENS, CALL_STRING, CALL_TABLE };

struct ast {
	uint8_t kind, op;
	uint16_t depth;    /* of the tree below, a leaf is 1; stops at 65535 */
	uint32_t beg, end; /* bytes [beg,end) of the text */
	uint32_t line;     /* of beg; binop: of the operator; call: the line stock reports for it */
	uint32_t at, at2;  /* byte positions, by kind */
	uint32_t nkids;
	struct ast **kid;
	struct str *name;
	union {
		int64_t i;
		double n;
		struct var *var;
		struct func *func;
		struct ast *node;
	} u;
};

enum var_attrib { VAR_PLAIN, VAR_CONST, VAR_CLOSE };
enum var_role { ROLE_LOCAL, ROLE_PARAM, ROLE_FORNUM, ROLE_FORIN, ROLE_LOCALFUNC };

/* A local variable. Numbered per chunk, so that an analysis can keep its own array. */
struct var {
	struct str *name;
	struct func *func; /* that declares it */
	struct ast *decl;  /* its NAME node; NULL: the implicit self of a method */
	/* the expression at its place in the list after `local`, or the FUNCTION of `local function`; NULL: none
	   there */
	struct ast *init;
	uint32_t id;
	uint8_t attrib, role;
	bool assigned; /* written after its declaration */
	bool captured; /* used by an inner function */
	bool constant; /* a compile-time constant: neither slot nor upvalue; `konst` is its value */
	/* NIL TRUE FALSE INTEGER FLOAT or STRING node; folded ones have the span of the initialiser */
	struct ast *konst;
};

struct upvalue {
	struct str *name;
	struct var *var; /* NULL: the chunk's own _ENV */
};

struct func {
	uint32_t ordinal; /* in preorder; the chunk's main function is 0 */
	struct func *parent;
	struct ast *node;   /* AST_FUNCTION, also for the main function (whose params are `...`) */
	int line, lastline; /* as debug.getinfo says; both 0 for the main function */
	struct var **param;
	uint32_t nparams;        /* with the implicit self */
	bool vararg;             /* declared with ... */
	bool method;             /* declared as function a:b() */
	bool uses_vararg;        /* mentions ... in its own text */
	bool closes;             /* has a local <close> or a generic for */
	struct upvalue *upvalue; /* in Lua's own order */
	uint32_t nupvalues;
	uint32_t maxlocals; /* most locals active at once, as Lua counts them against its limit of 200 */
};

struct chunk {
	char *name; /* as given: "@file", "=name" or the text itself */
	char *text;
	size_t len;
	uint32_t lines;
	struct func **func; /* by ordinal */
	uint32_t nfuncs, nvars;
	struct ast *root; /* the BLOCK of the main function */
	uint32_t last;    /* where the last token ends */
	struct arena arena;
	struct mem *mem;
	struct str **strs; /* intern table */
	uint32_t nstrs, capstrs;
};

/* NULL with e filled (kind ERR_SYNTAX, line, stock's message without position) when the text is
   no Lua 5.4; the text is copied. A first line starting with # is the caller's business. */
struct chunk *chunk_parse(struct mem *m, const char *name, const char *text, size_t len, struct err *e);
void chunk_free(struct chunk *c); /* NULL is allowed */
/* the interned string; NULL: the text never names it */
struct str *chunk_find(const struct chunk *c, const char *s, size_t n);
void ast_print(struct buf *b, const struct chunk *c); /* an indented, readable tree */
#endif
