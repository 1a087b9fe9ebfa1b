/* Lengths that only a run knows, as the binding has them: of inputs, as integers of the script, and computed from both.
   What can't be done with them goes through trace_exact. */
#include "bind/bind.h"
#include "bind/trace.h"

/* The unknown length of that number, n in the call that is traced. */
int64_t trace_new_length(struct trace *t, int number, int64_t n)
{
	if (n > t->longest) t->longest = n;
	if (n < t->shortest || !t->nlength) t->shortest = n;
	if (number > t->nlength) t->nlength = number;
	return length_number(number - 1);
}

/* length(number, n) -> the unknown length of that number, n now, as an integer */
static int l_length(lua_State *L)
{
	moon_context *c = bind_self(L);
	trace_push_length(L, c, trace_new_length(c->trace, (int)lua_tointeger(L, 1), lua_tointeger(L, 2)));
	return 1;
}

/* check_lengths() -> why the trace is not good for the lengths of its own call, or nil */
static int l_check_lengths(lua_State *L)
{
	moon_context *c = bind_self(L);
	struct trace *t = c->trace;
	if (t->nlength && t->longest > t->g->length_most) lua_pushliteral(L, "a length this large");
	else if (t->nlength && t->shortest < t->g->length_least) lua_pushliteral(L, "a length this small");
	else lua_pushnil(L);
	return 1;
}

/* lengths(eager tensor) -> its lengths; none when it is not contiguous */
static int l_lengths(lua_State *L)
{
	const struct tbox *b = bind_tensor(L, bind_self(L), 1);
	if (!b || !b->t.contiguous) return 0;
	for (int d = 0; d < b->t.rank; d++) lua_pushinteger(L, b->t.dim[d]);
	return b->t.rank;
}

void trace_push_length(lua_State *L, moon_context *c, int64_t dim)
{
	if (!length_unknown(dim)) lua_pushinteger(L, dim);
	else trace_push(L, c, trace_emit(L, c, OP_length, NULL, 0, &dim, 1));
}

void trace_push_numel(lua_State *L, moon_context *c, int rank, const int64_t *dim)
{
	int64_t count = 1;
	ref n = 0;
	for (int d = 0; d < rank; d++) {
		int64_t before = count;
		if (length_mul(count, dim[d], &count)) continue;
		ref in[2] = {n, trace_emit(L, c, OP_length, NULL, 0, &before, 1)};
		n = n ? trace_emit(L, c, OP_imul, in, 2, NULL, 0) : in[1];
		count = dim[d];
	}
	trace_push_length(L, c, count);
	if (!n) return;
	ref in[2] = {n, trace_ref(L, c, -1)};
	lua_pop(L, 1);
	trace_push(L, c, trace_emit(L, c, OP_imul, in, 2, NULL, 0));
}

/* Is the value a length in every run, or made of some as lengths can be? */
static bool made_of_lengths(const struct graph *g, ref v, int depth, int64_t *dim)
{
	const struct node *n = graph_node_of(g, v);
	int64_t x, y;
	switch (n->op) {
	case OP_length:
	case OP_const: return *dim = node_attr(g, n, 0), true;
	case OP_iadd:
	case OP_isub:
	case OP_imul:
		if (depth == 0 || !made_of_lengths(g, node_in(g, n, 0), depth - 1, &x) ||
		    !made_of_lengths(g, node_in(g, n, 1), depth - 1, &y))
			return false;
		return n->op == OP_iadd   ? length_add(x, y, dim)
		       : n->op == OP_isub ? length_sub(x, y, dim)
		                          : length_mul(x, y, dim);
	default: return false;
	}
}

bool trace_length(lua_State *L, moon_context *c, const struct arg *a, int64_t *dim)
{
	if (!a->sym || a->kind != K_INT) return false;
	trace_check(L, c, a->sym->serial);
	return made_of_lengths(c->trace->g, a->sym->ref, 16, dim);
}

void trace_ordered(lua_State *L, moon_context *c, int64_t a, int64_t b)
{
	int64_t rest;
	if (length_sub(b, a, &rest)) {
		if (!length_unknown(rest) && rest < 0) trace_exact(L, c, "an error of some lengths");
		graph_length_range(c->trace->g, rest, 0, INT64_MAX);
	} else if (length_sub(a, b, &rest)) { /* some length may not be too large */
		graph_length_range(c->trace->g, rest, INT64_MIN / 2, 0);
	} else {
		trace_exact(L, c, "an order of lengths");
	}
}

void trace_open_length(lua_State *L, moon_context *c)
{
	bind_reg(L, c, "length", l_length);
	bind_reg(L, c, "lengths", l_lengths);
	bind_reg(L, c, "check_lengths", l_check_lengths);
}
