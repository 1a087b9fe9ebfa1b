/* Runs that may come to what their graph can't do: they hold back what they print, and can be undone. */
#ifndef BIND_HOLD_H
#define BIND_HOLD_H
#include "bind/hostcall.h"

/* What the run is, before it begins; objects, if it has any, are not looked at yet. */
void hold_begin(lua_State *L, struct host_call *h, enum hold how);
bool hold_put(void *ud, const char *s, size_t n); /* for struct run_env; ud: a struct host_call */
bool hold_settle(struct host_call *h);            /* prints what was held back */
void hold_undo(lua_State *L, struct host_call *h);
void hold_open(lua_State *L, moon_context *c); /* functions into the table at the top */
#endif
