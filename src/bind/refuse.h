/* What a graph may come to that it can't do. */
#ifndef BIND_REFUSE_H
#define BIND_REFUSE_H
#include "bind/trace.h"

void refuse_open(lua_State *L, moon_context *c); /* functions into the table at the top */
#endif
