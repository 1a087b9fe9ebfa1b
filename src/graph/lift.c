/* Functions are built inside of the region that calls them first, and use what is visible there. Here every value from
   outside of a function becomes a parameter of it and an operand of each call, also of those in the functions that it
   stands in or that stand in it; then functions are regions of their own. */
#include <string.h>
#include "graph/graph.h"

struct lift {
	struct graph *g;
	struct arena scratch;
	struct err *e;
	uint32_t *home; /* by region: the function it is in, as number + 1; 0: none */
	uint32_t *up;   /* by function: likewise, of the region that it was opened in */
	uint64_t **use; /* by function: a bit for each value from outside that it uses */
	uint32_t words;
	ref *param; /* by value: what stands for it in the function being changed */
	bool more;
};

static void *table(struct lift *l, size_t n, size_t size)
{
	void *p = arena_new(&l->scratch, (n + 1) * size);
	if (!p) fail_memory(l->e, n * size);
	return p;
}

/* Is `inner` the function `outer`, or in it? Everything is in function 0, which is none. */
static bool within(const struct lift *l, uint32_t inner, uint32_t outer)
{
	while (inner && inner != outer) inner = l->up[inner - 1];
	return inner == outer;
}

/* Function f, or what it is in, uses v: it is from outside of all those up to the one that makes it. */
static void use(struct lift *l, uint32_t f, ref v)
{
	uint32_t home = l->home[graph_node_of(l->g, v)->region];
	for (; f && !within(l, home, f); f = l->up[f - 1]) {
		uint64_t *word = &l->use[f - 1][v / 64], bit = UINT64_C(1) << v % 64;
		if (*word & bit) continue;
		*word |= bit;
		l->more = true;
	}
}

/* What a call uses is what its function does. */
static void use_call(struct lift *l, uint32_t f, const struct node *n)
{
	const uint64_t *used = l->use[node_attr(l->g, n, 0)];
	for (uint32_t i = 0; i < l->words; i++)
		for (uint64_t bits = used[i]; bits; bits &= bits - 1)
			use(l, f, i * 64 + (uint32_t)__builtin_ctzll(bits));
}

static void use_region(struct lift *l, uint32_t r, bool calls)
{
	const struct graph *g = l->g;
	const struct region *reg = &g->region.at[r];
	uint32_t f = l->home[r];
	for (uint32_t i = 0; i < reg->nodes.n; i++) {
		const struct node *n = &g->node.at[reg->nodes.at[i]];
		if (n->op == OP_call && calls) use_call(l, f, n);
		for (uint32_t k = 0; k < n->nin && !calls; k++) use(l, f, node_in(g, n, k));
	}
	for (uint32_t i = 0; i < reg->yields.n && !calls; i++) use(l, f, reg->yields.at[i]);
}

static bool find_uses(struct lift *l)
{
	struct graph *g = l->g;
	l->words = g->value.n / 64 + 1;
	l->home = table(l, g->region.n, sizeof *l->home);
	l->up = table(l, g->func.n, sizeof *l->up);
	l->use = table(l, g->func.n, sizeof *l->use);
	l->param = table(l, l->words * 64, sizeof *l->param);
	if (!l->home || !l->up || !l->use || !l->param) return false;
	for (uint32_t f = 0; f < g->func.n; f++)
		if (!(l->use[f] = table(l, l->words, sizeof **l->use))) return false;
	for (uint32_t f = 0; f < g->func.n; f++) l->home[g->func.at[f]] = f + 1;
	for (uint32_t r = 2; r < g->region.n; r++) { /* a region comes after the one around it */
		uint32_t around = l->home[g->region.at[r].parent];
		if (l->home[r]) l->up[l->home[r] - 1] = around;
		else l->home[r] = around;
	}
	for (uint32_t r = 1; r < g->region.n; r++) use_region(l, r, false);
	do {
		l->more = false;
		for (uint32_t r = 1; r < g->region.n; r++) use_region(l, r, true);
	} while (l->more);
	return true;
}

/* Every call of the region gets what its function uses as further operands: values as they were before lifting. */
static bool extend_calls(struct lift *l, uint32_t r)
{
	struct graph *g = l->g;
	for (uint32_t i = 0; i < g->region.at[r].nodes.n; i++) {
		struct node *n = &g->node.at[g->region.at[r].nodes.at[i]];
		if (n->op != OP_call) continue;
		const uint64_t *used = l->use[node_attr(g, n, 0)];
		uint32_t extra = 0, at = g->edge.n;
		for (uint32_t k = 0; k < l->words; k++) extra += (uint32_t)__builtin_popcountll(used[k]);
		if (!extra) continue;
		if (!vec_reserve(g->mem, &g->edge, n->nin + extra)) return fail_memory(l->e, extra * sizeof(ref));
		for (uint32_t k = 0; k < n->nin; k++) g->edge.at[g->edge.n++] = g->edge.at[n->in + k];
		for (uint32_t k = 0; k < l->words; k++)
			for (uint64_t bits = used[k]; bits; bits &= bits - 1)
				g->edge.at[g->edge.n++] = k * 64 + (uint32_t)__builtin_ctzll(bits);
		n->in = at;
		n->nin += extra;
	}
	return true;
}

static void replace(struct lift *l, uint32_t r)
{
	struct graph *g = l->g;
	struct region *reg = &g->region.at[r];
	for (uint32_t i = 0; i < reg->nodes.n; i++) {
		const struct node *n = &g->node.at[reg->nodes.at[i]];
		for (uint32_t k = 0; k < n->nin; k++) {
			ref *x = &g->edge.at[n->in + k];
			if (l->param[*x]) *x = l->param[*x];
		}
	}
	for (uint32_t i = 0; i < reg->yields.n; i++)
		if (l->param[reg->yields.at[i]]) reg->yields.at[i] = l->param[reg->yields.at[i]];
}

static bool lift_function(struct lift *l, uint32_t f)
{
	struct graph *g = l->g;
	uint32_t r = g->func.at[f];
	for (uint32_t k = 0; k < l->words; k++)
		for (uint64_t bits = l->use[f][k]; bits; bits &= bits - 1) {
			ref v = k * 64 + (uint32_t)__builtin_ctzll(bits);
			struct type t = *graph_type(g, v);
			g->line_site = graph_node_of(g, v)->site;
			if (!(l->param[v] = graph_add_param(g, r, &t, l->e))) return false;
		}
	for (uint32_t i = 1; i < g->region.n; i++)
		if (l->home[i] == f + 1) replace(l, i);
	memset(l->param, 0, l->words * 64 * sizeof *l->param);
	g->region.at[r].parent = 0;
	return true;
}

bool graph_lift(struct graph *g, struct err *e)
{
	struct lift l = {.g = g, .e = e};
	uint32_t site = g->line_site;
	if (!g->func.n) return true;
	arena_init(&l.scratch, g->mem);
	bool ok = find_uses(&l);
	for (uint32_t r = 1; ok && r < g->region.n; r++) ok = extend_calls(&l, r);
	for (uint32_t f = 0; ok && f < g->func.n; f++) ok = lift_function(&l, f);
	arena_free(&l.scratch);
	g->line_site = site;
	return ok;
}
