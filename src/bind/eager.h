/* What the files of the eager form share: the cells of edited code, the loader's functions, and
   the stock functions that are replaced so that edited code leaves no trace. */
#ifndef BIND_EAGER_H
#define BIND_EAGER_H
#include "bind/bind.h"
#include "lang/eager.h"
#include <stdio.h>

/* eager.c */
bool eager_is_overloaded(lua_State *L, moon_context *c,
                         int idx); /* a tensor, a symbolic value, or a userdata with a __truth or __equal event */
bool eager_number(lua_State *L, moon_context *c, int idx,
                  const char *what);   /* a tensor at idx becomes its number; false: it is no numeric tensor. `what`
                                          begins the error for several elements */
bool eager_is_helper(lua_CFunction f); /* of edited code: hooks are not to see its calls */
void eager_join(lua_State *L, moon_context *c, int f,
                const struct eager_names *names); /* ties the upvalues of the edited function at f */

bool eager_truth(lua_State *L, moon_context *c, int idx); /* of any value, by the truth rule or its __truth */
int eager_give_order(lua_State *L, moon_context *c); /* the last act of an __lt: gives what is on top to edited code,
                                                        its truth to other code */

/* Memory of ours that Lua's collector frees, also when an error passes. */
struct load_box {
	struct buf b;
	FILE *file;
};

/* load.c */
struct load_box *load_push_box(lua_State *L, moon_context *c);
int load_write_box(lua_State *L, const void *p, size_t n, void *box); /* lua_Writer */
bool load_read_file(struct load_box *x, const char *path,
                    const char **what);          /* path NULL: stdin; false: what failed, errno why */
void load_skip_start(const char **s, size_t *n); /* what files may begin with and is no Lua */
bool load_push_record(lua_State *L, moon_context *c, const char *name, const char *text, size_t len); /* true */
const char *load_record_text(lua_State *L, int idx, const char **name, size_t *n); /* of the record at idx */
int load_compile(lua_State *L, moon_context *c, int record,
                 const char *mode); /* pushes the function of the record's chunk, or a message; returns a status */
void load_open(lua_State *L,
               moon_context *c); /* replaces load, loadfile, dofile, the searcher, string.dump in the global tables */
bool load_mark(lua_State *L, int f, int *n, uint32_t *ordinal); /* is the Lua function at f one of ours? Pushes its
                                                                   record then; n: the index of its last upvalue */

/* Pushes the record of the text of a Lua function, whoever loaded it; false: pushes nothing. */
bool load_find(lua_State *L, moon_context *c, int f, uint32_t *ordinal);

/* origin.c */
/* Pushes the record of the Lua function at f, which stock loaded; false: pushes why there is none. */
bool origin_find(lua_State *L, moon_context *c, int f, uint32_t *ordinal);

/* accept.c */
void accept_open(lua_State *L, moon_context *c); /* assert, ipairs, tonumber, math.*, string.format, table.sort */
/* sort.c */
void sort_open(lua_State *L, moon_context *c); /* table.sort */
/* hide.c */
bool hide_is_cell(lua_State *L, moon_context *c, const void *id); /* an upvalue that edits added */
void hide_open(lua_State *L,
               moon_context *c); /* debug.*: upvalues that edited code adds are not seen; hooks keep the stash */

/* A replacement calls the stock function in its own frame, so that messages name the same function:
   upvalue 1 is the stock function's first upvalue (or nil), 2 the context, 3 the stock function. */
#define eager_context(L) ((moon_context *)lua_touserdata(L, lua_upvalueindex(2)))
#define eager_stock(L) (lua_tocfunction(L, lua_upvalueindex(3))(L))
void eager_replace(lua_State *L, moon_context *c, const char *table, const char *name,
                   lua_CFunction f); /* table NULL: a global; nothing happens when it is no C function */
#endif
