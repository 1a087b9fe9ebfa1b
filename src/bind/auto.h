/* Unmarked functions that run as graphs (mode "auto"). */
#ifndef BIND_AUTO_H
#define BIND_AUTO_H
#include "bind/bind.h"

enum {
	AUTO_TABLE = 2
}; /* the user value of a chunk's record that holds the table AUTO of its functions, lang/eager.h */
enum { AUTO_AFTER = 3 }; /* calls with tensors before a function is tried, unless the mode says it */

/* Gives the chunk's function at f its table AUTO, under that name of an upvalue; `record` has it from then on. */
void auto_join(lua_State *L, moon_context *c, int record, int f, const char *name, uint32_t nfuncs);
bool auto_is_table(lua_State *L, int record, int f, int n); /* is upvalue n of f the record's table? */
bool auto_is_helper(lua_CFunction f);                       /* of edited code: hooks are not to see its calls */
int auto_results(lua_State *L);                             /* what edited code calls RESULTS */
void auto_open(lua_State *L, moon_context *c);              /* internal functions into `core` at the top */

/* run.c. Stack: the context, an object as `call` takes it, arguments: finds or traces an entry and runs it, holding
   back what it prints until it is known to succeed. Pushes true and the one result; or a table of the results; or, of a
   run that failed and left nothing behind, a text that says why. Raises what tracing raises. */
int trace_attempt(lua_State *L);
void auto_begin_trace(lua_State *L, moon_context *c, int object); /* from here on steps of Lua are counted */
void auto_stop_trace(lua_State *L, moon_context *c); /* raises, once, in a trace: the script is interrupted */
#endif
