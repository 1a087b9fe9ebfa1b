/* What a graph may come to that it can't do, and whether it may have done what can't be undone (a call of the host) by
   then. A run that only comes to it before can be undone (hold.c). */
#include "bind/refuse.h"

enum { MISFITS = 1, LASTING }; /* stack indexes of sets: numbers of constants that are raised, of calls of the host */
struct walk {
	lua_State *L;
	const struct graph *g;
	uint32_t first, after; /* nodes: the first that may refuse; the first after a call that lasts; 0: none */
	bool functions_last;
	uint32_t functions_refuse;
};

static bool is_in(lua_State *L, int set, int64_t number)
{
	bool is = lua_rawgeti(L, set, number) == LUA_TBOOLEAN && lua_toboolean(L, -1);
	lua_pop(L, 1);
	return is;
}

/* The site of the pcall, or <close> variable, that would meet what fails at the site; 0: none */
static uint32_t catching(const struct graph *g, uint32_t site)
{
	do site = g->site.at[site].pcall;
	while (site && !g->site.at[site].line);
	return site;
}

static bool may_refuse(const struct walk *w, const struct node *n)
{
	if (n->op == OP_raise && node_attr(w->g, n, 0) > 0 && is_in(w->L, MISFITS, node_attr(w->g, n, 0))) return true;
	if (!catching(w->g, n->site)) return false;
	return n->op == OP_raise || n->op == OP_call || graph_may_raise(w->g, n);
}

/* Looks at the nodes of a region; lasts: may a call that lasts have come before? -> may one before its end? */
static bool walk(struct walk *w, uint32_t region, bool lasts)
{
	const struct region *r = &w->g->region.at[region];
	for (uint32_t i = 0; i < r->nodes.n; i++) {
		const struct node *n = &w->g->node.at[r->nodes.at[i]];
		uint32_t refuses = may_refuse(w, n) ? r->nodes.at[i] : 0;
		bool before = lasts;
		if (n->dead) continue;
		switch (n->op) {
		case OP_host: lasts = lasts || is_in(w->L, LASTING, node_attr(w->g, n, 0)); break;
		case OP_call:
			if (!refuses) refuses = w->functions_refuse;
			lasts = lasts || w->functions_last;
			break;
		case OP_if: lasts = walk(w, n->sub[1], before) | walk(w, n->sub[0], before); break;
		case OP_while:
			lasts = walk(w, n->sub[1], walk(w, n->sub[0], before));
			if (lasts && !before) walk(w, n->sub[1], walk(w, n->sub[0], true));
			break;
		default: break;
		}
		if (refuses && !w->first) w->first = refuses;
		if (refuses && before && !w->after) w->after = refuses;
	}
	return lasts && !r->dead;
}

static void push_place(lua_State *L, const struct graph *g, uint32_t site)
{
	const struct site *s = &g->site.at[site];
	lua_pushfstring(L, "%s:%d", site ? g->string.at[s->file] : "?", site ? s->line : 0);
}

/* refusals({constant = true}, {call = true}) -> may a run of the trace's graph refuse something? After such a call:
   then the number of the constant that it raises; or false, its place, that of the pcall. */
static int l_refusals(lua_State *L)
{
	struct walk w = {.L = L, .g = trace_active(L, bind_self(L))->g};
	const struct graph *g = w.g;
	lua_settop(L, 2);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < g->func.n; i++) {
			w.functions_last = walk(&w, g->func.at[i], w.functions_last) || w.functions_last;
			w.functions_refuse = w.first;
		}
	walk(&w, 1, false);
	lua_pushboolean(L, w.first != 0);
	if (!w.after) return 1;
	const struct node *n = &g->node.at[w.after];
	if (n->op == OP_raise && node_attr(g, n, 0) > 0 && is_in(L, MISFITS, node_attr(g, n, 0))) {
		lua_pushinteger(L, node_attr(g, n, 0));
		return 2;
	}
	lua_pushboolean(L, 0);
	push_place(L, g, n->site);
	push_place(L, g, catching(g, n->site));
	return 4;
}

void refuse_open(lua_State *L, moon_context *c) { bind_reg(L, c, "refusals", l_refusals); }
