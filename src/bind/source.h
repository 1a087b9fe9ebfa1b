/* Texts of loaded chunks, for error messages. */
#ifndef BIND_SOURCE_H
#define BIND_SOURCE_H
#include "bind/bind.h"

/* Pushes what comes below a message "NAME:LINE: text": a line end, the source line, a line end and a
   caret below what the text speaks of. "" when the line is not known, or is there already. */
void source_excerpt(lua_State *L, const char *message);

/* load.c: the text of the chunk of that short name that was loaded last; NULL: none is left. What it pushes keeps the
   text alive. */
const char *load_text(lua_State *L, const char *short_name, size_t *len);
#endif
