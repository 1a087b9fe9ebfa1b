/* What context.c, entry.c, value.c and state.c share: the part of a context that the rest of the
   binding does not see, and the way from a public function into protected Lua. */
#ifndef BIND_CONTEXT_H
#define BIND_CONTEXT_H
#include "bind/bind.h"
#include "moonstage.h"
#include <signal.h>

enum dump { DUMP_NONE, DUMP_CODE, DUMP_GRAPH, DUMP_COUNT };

/* Lua's heap, when the state is ours (memory.c); counted apart: mem.used is atomic and slow. */
enum { MEMORY_SIZES = 32 };
struct pool {
	struct mem *mem; /* its cap holds for both */
	size_t bytes;    /* from the hook: slabs and large blocks */
	struct slab *slabs;
	char *at, *end;           /* what is left of the last slab */
	void *idle[MEMORY_SIZES]; /* by size: blocks given back, each with the next one's address */
};
struct more {
	struct pool pool;
	moon_alloc_fn alloc;
	void *alloc_ud;
	moon_error_fn error;
	void *error_ud;
	const char *text; /* the last failure, anchored in the registry; NULL: c->message */
	int depth;        /* entries in progress */
	int kept;         /* the last handle given out */
	bool traceback;
	bool explain;  /* staged functions are kept until the end */
	bool level_up; /* open succeeded: entries may use Lua */
	enum dump dump;
	uint32_t roll; /* from so many trips on, loops over plain values are rolled */
	uint32_t same; /* after so many calls with the same numbers a graph is made for them; 0: never */
	bool seeded;
	volatile sig_atomic_t interrupted; /* moon_interrupt came, nobody raised it yet */
	lua_State *volatile running;       /* the running coroutine, NULL: the main thread */
	bool warn_on, warn_more;           /* Lua's warn(): switched on; in the middle of a message */
	struct buf warn;
};
struct whole {
	moon_context c;
	struct more m;
};
#define more_of(ctx) ((struct more *)(ctx)->more)

/* Addresses of these are the context's keys in the registry. */
enum { KEY_CONTEXT, KEY_MODULE, KEY_CORE, KEY_MESSAGE, KEY_KEPT, KEY_FAILED, KEY_COUNT };
extern const char context_key[KEY_COUNT];

/* entry.c */
/* Calls f in protected mode with `arg` as a light userdata and the top `nargs` values, which it
   takes; its nresults values stay. Failing, the message is stored and nothing stays. Returns a status. */
int entry_run(moon_context *c, lua_CFunction f, void *arg, int nargs, int nresults);
int entry_fail(moon_context *c, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int entry_lua_fail(moon_context *c, int lua_status); /* takes the error value off the top of the stack */
int entry_failed(lua_State *L);                      /* for the prelude: failed(error, stack) */
int entry_handler(lua_State *L);                     /* the message handler; upvalue 1: context */
void entry_leave(moon_context *c);                   /* an entry is over; the outermost drops cancel requests */
void entry_interrupt_hook(lua_State *L, lua_Debug *ar);
bool entry_path(lua_State *L, const char *path); /* pushes the value at a path of names from the globals; may raise */

/* load.c, remake.c and form.c put internal functions into `core` at the top */
void bind_open_load(lua_State *L, moon_context *c);
void bind_open_remake(lua_State *L, moon_context *c);
void bind_open_form(lua_State *L, moon_context *c);
void bind_open_overload(lua_State *L, moon_context *c); /* overload.c */
int operand_names(lua_State *L);                        /* operand.c, for `core` too */

/* memory.c */
void *memory_lua(void *more, void *ptr, size_t osize, size_t nsize); /* lua_Alloc */
void memory_close(struct more *m);                                   /* once the Lua state is closed */

/* state.c: what an own Lua state has in place of stock functions */
void state_open(lua_State *L, moon_context *c);
#endif
