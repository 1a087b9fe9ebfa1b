/* Graphs as storage: making and freeing, interned strings and sites, nodes added as they are,
   and going back to a mark. Every array keeps element 0 unused, so that 0 means "none".
   An array is reserved before anything is changed: a failed call leaves the graph as it was. */
#include <string.h>
#include "graph/cons.h"

static bool start(struct graph *g, struct err *e)
{
	struct node n0 = {0};
	struct value v0 = {0};
	struct region r0 = {0};
	struct site s0 = {0};
	if (!vec_push(g->mem, &g->node, n0) || !vec_push(g->mem, &g->value, v0) || !vec_push(g->mem, &g->region, r0) ||
	    !vec_push(g->mem, &g->region, r0) || !vec_push(g->mem, &g->site, s0))
		return fail_memory(e, sizeof *g);
	g->at = 1;
	g->region.at[1].first = 1;
	return true;
}

struct graph *graph_new(struct mem *m, bool plain, struct err *e)
{
	struct graph *g = mem_zero(m, sizeof *g);
	if (!g) {
		fail_memory(e, sizeof *g);
		return NULL;
	}
	g->mem = m;
	g->plain = plain;
	g->length_least = 2;
	g->length_most = INT64_MAX;
	g->cons = cons_new(m, e);
	if (!g->cons || !start(g, e)) {
		graph_free(g);
		return NULL;
	}
	return g;
}

static void free_region(struct graph *g, struct region *r)
{
	vec_free(g->mem, &r->nodes);
	vec_free(g->mem, &r->params);
	vec_free(g->mem, &r->yields);
}

void graph_free(struct graph *g)
{
	if (!g) return;
	struct mem *m = g->mem;
	for (uint32_t i = 0; i < g->region.n; i++) free_region(g, &g->region.at[i]);
	for (uint32_t i = 0; i < g->string.n; i++) mem_free(m, g->string.at[i], g->string_len.at[i] + 1);
	vec_free(m, &g->node);
	vec_free(m, &g->value);
	vec_free(m, &g->region);
	vec_free(m, &g->func);
	vec_free(m, &g->edge);
	vec_free(m, &g->word);
	vec_free(m, &g->site);
	vec_free(m, &g->string);
	vec_free(m, &g->string_len);
	cons_free(m, g->cons);
	mem_free(m, g, sizeof *g);
}

uint32_t graph_string(struct graph *g, const char *s, size_t n, struct err *e)
{
	uint32_t id = cons_find_string(g, s, n);
	if (id != UINT32_MAX) return id;
	char *copy = n < UINT32_MAX - 1 ? mem_new(g->mem, n + 1) : NULL;
	if (!copy || !vec_reserve(g->mem, &g->string, 1) || !vec_reserve(g->mem, &g->string_len, 1)) {
		mem_free(g->mem, copy, n + 1);
		fail_memory(e, n + 1);
		return UINT32_MAX;
	}
	memcpy(copy, s, n);
	copy[n] = 0;
	id = g->string.n;
	g->string.at[id] = copy;
	g->string_len.at[id] = (uint32_t)n;
	g->string.n = g->string_len.n = id + 1;
	if (cons_link_string(g, id, e)) return id;
	g->string.n = g->string_len.n = id;
	mem_free(g->mem, copy, n + 1);
	return UINT32_MAX;
}

uint32_t graph_site(struct graph *g, uint32_t file, int line, uint32_t pcall, struct err *e)
{
	struct site s = {.file = file, .line = line, .pcall = pcall, .closes = g->closes, .stack = g->stack};
	const struct site *last = &g->site.at[g->last_site];
	if (g->last_site && last->file == file && last->line == line && last->pcall == pcall &&
	    last->closes == s.closes && last->stack == s.stack)
		return g->line_site = g->last_site;
	uint32_t id = cons_find_site(g, &s);
	if (id == UINT32_MAX) {
		if (!vec_push(g->mem, &g->site, s)) return fail_memory(e, sizeof s);
		id = g->site.n - 1;
		if (!cons_link_site(g, id, e)) {
			g->site.n--;
			return 0;
		}
	}
	return g->line_site = g->last_site = id;
}

static uint32_t add_to(struct graph *g, uint32_t region, const struct node *model, const ref *in, const int64_t *attr,
                       const struct type *out, struct err *e)
{
	struct node n = *model;
	if (!vec_reserve(g->mem, &g->node, 1) || !vec_reserve(g->mem, &g->value, n.nout) ||
	    !vec_reserve(g->mem, &g->edge, n.nin) || !vec_reserve(g->mem, &g->word, n.nattr) ||
	    !vec_reserve(g->mem, &g->region.at[region].nodes, 1))
		return fail_memory(e, sizeof n);
	uint32_t id = g->node.n;
	n.region = region;
	n.in = g->edge.n;
	n.attr = g->word.n;
	n.out = n.nout ? g->value.n : 0;
	n.site = g->line_site;
	if (n.nin) memcpy(g->edge.at + g->edge.n, in, n.nin * sizeof *in);
	if (n.nattr) memcpy(g->word.at + g->word.n, attr, n.nattr * sizeof *attr);
	g->edge.n += n.nin;
	g->word.n += n.nattr;
	for (uint32_t i = 0; i < n.nout; i++)
		g->value.at[g->value.n++] = (struct value){.node = id, .index = i, .type = out[i]};
	g->node.at[g->node.n++] = n;
	g->region.at[region].nodes.at[g->region.at[region].nodes.n++] = id;
	return id;
}

uint32_t graph_add(struct graph *g, enum op op, const ref *in, int nin, const int64_t *attr, int nattr,
                   const struct type *out, int nout, struct err *e)
{
	if (nout > UINT16_MAX) return fail(e, "'%s' has %d results, which is too many", op_info[op].name, nout);
	struct node n = {.op = op, .nout = (uint16_t)nout, .nin = (uint32_t)nin, .nattr = (uint32_t)nattr};
	return add_to(g, g->at, &n, in, attr, out, e);
}

ref graph_add_param(struct graph *g, uint32_t region, const struct type *t, struct err *e)
{
	struct region *r = &g->region.at[region];
	int64_t number = r->params.n;
	struct node n = {.op = OP_param, .nout = 1, .nattr = 1};
	if (!vec_reserve(g->mem, &r->params, 1)) return fail_memory(e, sizeof(ref));
	uint32_t id = add_to(g, region, &n, NULL, &number, t, e);
	if (!id) return 0;
	uint32_t *at = r->nodes.at, first = r->params.n;
	memmove(at + first + 1, at + first, (r->nodes.n - 1 - first) * sizeof *at);
	at[first] = id;
	r->params.at[r->params.n++] = g->node.at[id].out;
	return g->node.at[id].out;
}

static const int64_t *const_word(const struct graph *g, ref v)
{
	const struct node *n = graph_node_of(g, v);
	return n->op == OP_const ? &g->word.at[n->attr] : NULL;
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); } /* b > 0 */

void graph_length_range(struct graph *g, int64_t dim, int64_t least, int64_t most)
{
	const struct length l = length_parts(dim);
	if (!l.times) return;
	int64_t low = -floor_div(l.plus - least, l.times),
	        high = most == INT64_MAX ? most : floor_div(most - l.plus, l.times);
	if (low > g->length_least) g->length_least = low;
	if (high < g->length_most) g->length_most = high;
}

bool graph_may_raise(const struct graph *g, const struct node *n)
{
	if (!(op_info[n->op].flags & OF_RAISES)) return false;
	const int64_t *w;
	switch (n->op) {
	case OP_idiv:
	case OP_imod:
	case OP_icmod: return !(w = const_word(g, node_in(g, n, 1))) || *w == 0;
	case OP_floordiv:
	case OP_mod:
	case OP_pow: return graph_type(g, n->out)->dtype == I64;
	case OP_amax:
	case OP_amin: return false; /* refused by their shape rule already */
	default: return true;
	}
}

struct graph_mark graph_mark(const struct graph *g)
{
	return (struct graph_mark){g->node.n, g->value.n, g->region.n, g->func.n,
	                           g->edge.n, g->word.n,  g->at,       g->region.at[g->at].nodes.n};
}

/* A region that is open again: what came after the mark leaves it. Parameters come first in
   `nodes`, the others ascend, so late parameters and late nodes are two tails. */
static void reopen(struct region *r, const struct graph_mark *m)
{
	uint32_t had = r->params.n;
	while (r->params.n && r->params.at[r->params.n - 1] >= m->value) r->params.n--;
	if (had > r->params.n)
		memmove(r->nodes.at + r->params.n, r->nodes.at + had, (r->nodes.n - had) * sizeof *r->nodes.at);
	r->nodes.n -= had - r->params.n;
	while (r->nodes.n > r->params.n && r->nodes.at[r->nodes.n - 1] >= m->node) r->nodes.n--;
	r->yields.n = 0;
	r->dead = false;
	r->owner = 0;
}

void graph_rollback(struct graph *g, struct graph_mark m)
{
	uint32_t r = g->at;
	while (r && r != m.at) r = g->region.at[r].parent;
	bool inside = r != 0; /* the mark's region never closed: the table only has to forget */
	for (r = m.at; r; r = g->region.at[r].parent) reopen(&g->region.at[r], &m);
	while (g->region.n > m.region) free_region(g, &g->region.at[--g->region.n]);
	g->func.n = m.func;
	g->node.n = m.node;
	g->value.n = m.value;
	g->edge.n = m.edge;
	g->word.n = m.word;
	g->at = m.at;
	if (inside) cons_unlink_from(g, m.node);
	else if (!cons_rebuild(g)) cons_unlink_from(g, 0); /* no memory: fewer nodes are shared, nothing else */
}
