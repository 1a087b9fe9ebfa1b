/* Precompiled chunks as bytes: the dump format of Lua 5.4. */
#ifndef BIND_BYTECODE_H
#define BIND_BYTECODE_H
#include "base/base.h"

/* Copies a dump with debug information, giving every function one upvalue more, its last: a
   cell shared by all of them, named "(ORDINAL)" by the function's place in preorder (from 0). The main
   function's lines become 0, so that it is a main chunk. A function with 255 upvalues, and those in it, get none.
   guest: where a function begins with the block of a variable of this name, the block's instructions take the line of
   the one behind it; NULL: there are none. *stuck: the lines of some function could not be told so.
   false: the bytes are not of a shape we know, or memory is out (out->bad). */
bool bytecode_mark(const char *s, size_t n, const char *guest, struct buf *out, bool *stuck);
/* The dump of function `ordinal` alone, as string.dump would give it. */
bool bytecode_extract(const char *s, size_t n, uint32_t ordinal, struct buf *out);
#endif
