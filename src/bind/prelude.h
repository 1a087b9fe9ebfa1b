/* The Lua files of lua/, as text in the library. */
#ifndef BIND_PRELUDE_H
#define BIND_PRELUDE_H
#include <stddef.h>
struct prelude_file {
	const char *name, *text;
	size_t len;
};
extern const struct prelude_file prelude_files[]; /* ends with a NULL name */
#endif
