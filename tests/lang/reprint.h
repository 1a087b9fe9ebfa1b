/* For corpus.sh: a chunk printed from its tree alone, every token on its line. */
#ifndef TESTS_LANG_REPRINT_H
#define TESTS_LANG_REPRINT_H
#include "lang/ast.h"

/* Names, numbers, strings and structure come from the tree, only the lines of separators from the
   text; every operator stands in parentheses of its own. Stock Lua makes the same code of it as of
   the chunk's text exactly when the tree is what stock parses. */
void reprint(struct buf *out, const struct chunk *c);
#endif
