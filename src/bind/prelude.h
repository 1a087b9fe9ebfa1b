/* The Lua files of lua/, as text in the library, and as the Lua that it was built with compiles them (lua/prelude.c).
 */
#ifndef BIND_PRELUDE_H
#define BIND_PRELUDE_H
#include <stddef.h>
struct prelude_file {
	const char *name, *text;
	size_t len;
	const char *code;
	size_t code_len;
};
extern const struct prelude_file prelude_files[]; /* ends with a NULL name */
#endif
