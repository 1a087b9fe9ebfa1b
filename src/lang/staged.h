/* The staged form of one function: the same text, on the same lines, with control flow,
   comparisons, calls, tables and nested functions handed to a dispatch library. A trace sees
   writes of fields by itself; other libraries get the form for overloading, which hands them these too. */
#ifndef LANG_STAGED_H
#define LANG_STAGED_H
#include "lang/ast.h"

/* A call in the text, as Lua would word it: "attempt to call a nil value (global 'f')". */
struct staged_site {
	int line;
	const char *what; /* global 'f', local 'f', upvalue 'f', field 'f', method 'f', constant 'f', or "" */
};

enum staged_for { STAGED_TRACE, STAGED_OVERLOAD };

struct staged_form {
	struct buf text;
	const char *pname;            /* the name of the dispatch library in the text */
	VEC(struct staged_site) site; /* site i of the text is at[i - 1] */
	struct arena arena;           /* of the strings */
	uint32_t at;                  /* after a failure: the byte of the chunk's text that is to blame */
};

/* The text of function `ordinal`: a chunk that takes the dispatch library and returns a closure
   of the form, whose upvalues are to be joined by name. False with e filled (ERR_CONVERT with the
   line, or ERR_MEMORY) when there is none. The form is to be freed in both cases. */
bool lang_staged(struct chunk *c, int ordinal, enum staged_for why, struct staged_form *out, struct err *e);
void staged_form_free(struct staged_form *f);
#endif
