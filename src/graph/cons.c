/* Hash-consing: chains of equal-hash ids, newest first. A table holds exactly the nodes that
   are visible at the end of the open region: a closed region's nodes are unlinked. As ids are
   linked in ascending order, unlinking from the newest down only ever pops chain heads, which
   is what makes rolling back cheap. Strings and sites are interned in two more tables. */
#include <string.h>
#include "graph/cons.h"

struct item {
	uint32_t hash, next;
	bool linked;
};
struct table {
	VEC(struct item) item; /* by id */
	uint32_t *head;
	uint32_t nhead, nlinked; /* nhead: a power of two */
};
struct cons {
	struct table node, string, site;
};

#define NONE UINT32_MAX
#define FIRST_HEADS 64u

static bool table_init(struct mem *m, struct table *t)
{
	memset(t, 0, sizeof *t);
	t->head = mem_new(m, FIRST_HEADS * sizeof *t->head);
	if (!t->head) return false;
	memset(t->head, 0xff, FIRST_HEADS * sizeof *t->head);
	t->nhead = FIRST_HEADS;
	return true;
}

static void table_free(struct mem *m, struct table *t)
{
	vec_free(m, &t->item);
	mem_free(m, t->head, t->nhead * sizeof *t->head);
}

static void push(struct table *t, uint32_t id)
{
	uint32_t *h = &t->head[t->item.at[id].hash & (t->nhead - 1)];
	t->item.at[id].next = *h;
	*h = id;
}

static bool table_link(struct mem *m, struct table *t, uint32_t id, uint32_t hash, struct err *e)
{
	if (t->nlinked >= t->nhead) {
		uint32_t n = t->nhead * 2, *head = mem_new(m, n * sizeof *head);
		if (!head) return fail_memory(e, n * sizeof *head);
		memset(head, 0xff, n * sizeof *head);
		mem_free(m, t->head, t->nhead * sizeof *t->head);
		t->head = head;
		t->nhead = n;
		for (uint32_t i = 0; i < t->item.n; i++)
			if (t->item.at[i].linked) push(t, i);
	}
	if (id >= t->item.n) {
		if (!vec_reserve(m, &t->item, id + 1 - t->item.n)) return fail_memory(e, sizeof *t->item.at * (id + 1));
		memset(t->item.at + t->item.n, 0, (id + 1 - t->item.n) * sizeof *t->item.at);
		t->item.n = id + 1;
	}
	t->item.at[id].hash = hash;
	t->item.at[id].linked = true;
	t->nlinked++;
	push(t, id);
	return true;
}

static void table_unlink_from(struct table *t, uint32_t first)
{
	while (t->item.n > first) {
		uint32_t id = --t->item.n;
		if (!t->item.at[id].linked) continue;
		t->head[t->item.at[id].hash & (t->nhead - 1)] = t->item.at[id].next;
		t->nlinked--;
	}
}

struct cons *cons_new(struct mem *m, struct err *e)
{
	struct cons *c = mem_zero(m, sizeof *c);
	if (c && table_init(m, &c->node) && table_init(m, &c->string) && table_init(m, &c->site)) return c;
	cons_free(m, c);
	fail_memory(e, sizeof *c);
	return NULL;
}

void cons_free(struct mem *m, struct cons *c)
{
	if (!c) return;
	table_free(m, &c->node);
	table_free(m, &c->string);
	table_free(m, &c->site);
	mem_free(m, c, sizeof *c);
}

bool cons_pure(enum op op)
{
	if (op == OP_const || op == OP_undef) return true;
	return !(op_info[op].flags & (OF_EFFECT | OF_CONTROL | OF_FRESH));
}

static uint64_t mix(uint64_t h, uint64_t w)
{
	h = (h ^ w) * 0x9E3779B97F4A7C15u;
	return h ^ h >> 32;
}

static uint32_t hash_key(const struct cons_key *k)
{
	uint64_t h = mix((uint64_t)k->op << 32 | (uint32_t)k->nin, (uint64_t)k->nattr);
	for (int i = 0; i < k->nin; i++) h = mix(h, k->in[i]);
	for (int i = 0; i < k->nattr; i++) h = mix(h, (uint64_t)k->attr[i]);
	if (!k->type) return (uint32_t)h;
	h = mix(h, k->type->kind);
	if (k->type->kind != K_TENSOR && k->type->kind != K_LIST) return (uint32_t)h;
	h = mix(h, k->type->elem);
	h = mix(h, (uint64_t)k->type->dtype << 8 | k->type->rank);
	for (int i = 0; i < k->type->rank; i++) h = mix(h, (uint64_t)k->type->dim[i]);
	return (uint32_t)h;
}

static bool same(const struct graph *g, const struct node *n, const struct cons_key *k)
{
	return n->op == k->op && n->nin == (uint32_t)k->nin && n->nattr == (uint32_t)k->nattr &&
	       (k->nin == 0 || !memcmp(g->edge.at + n->in, k->in, n->nin * sizeof *k->in)) &&
	       (k->nattr == 0 || !memcmp(g->word.at + n->attr, k->attr, n->nattr * sizeof *k->attr)) &&
	       (!k->type || type_equal(k->type, graph_type(g, n->out)));
}

uint32_t cons_find(const struct graph *g, struct cons_key *k)
{
	const struct table *t = &g->cons->node;
	uint32_t hash = k->hash = hash_key(k);
	uint32_t from = g->region.at[g->at].from;
	for (uint32_t id = t->head[hash & (t->nhead - 1)]; id != NONE && id >= from; id = t->item.at[id].next)
		if (t->item.at[id].hash == hash && same(g, &g->node.at[id], k)) return id;
	return 0;
}

static bool typed(enum op op) { return op == OP_const || op == OP_undef; }

bool cons_link(struct graph *g, uint32_t id, uint32_t hash, struct err *e)
{
	return table_link(g->mem, &g->cons->node, id, hash, e);
}

static bool relink(struct graph *g, uint32_t id, struct err *e)
{
	const struct node *n = &g->node.at[id];
	struct cons_key k = {n->op,
	                     g->edge.at + n->in,
	                     (int)n->nin,
	                     g->word.at + n->attr,
	                     (int)n->nattr,
	                     typed(n->op) ? graph_type(g, n->out) : NULL,
	                     0};
	return cons_link(g, id, hash_key(&k), e);
}

void cons_unlink_from(struct graph *g, uint32_t first) { table_unlink_from(&g->cons->node, first); }

bool cons_rebuild(struct graph *g)
{
	struct err e;
	table_unlink_from(&g->cons->node, 0);
	if (g->plain || g->nocons) return true;
	for (uint32_t id = 1; id < g->node.n; id++) {
		const struct node *n = &g->node.at[id];
		uint32_t r = g->at;
		while (r && r != n->region) r = g->region.at[r].parent;
		if (r && !n->dead && n->nout && cons_pure(n->op) && !relink(g, id, &e)) return false;
	}
	return true;
}

static uint32_t hash_site(const struct site *s)
{
	uint32_t k[5] = {s->file, (uint32_t)s->line, s->pcall, s->closes, s->stack};
	return (uint32_t)hash_bytes(k, sizeof k, 7);
}

uint32_t cons_find_string(const struct graph *g, const char *s, size_t n)
{
	const struct table *t = &g->cons->string;
	uint32_t hash = (uint32_t)hash_bytes(s, n, 3);
	for (uint32_t id = t->head[hash & (t->nhead - 1)]; id != NONE; id = t->item.at[id].next)
		if (g->string_len.at[id] == n && !memcmp(g->string.at[id], s, n)) return id;
	return NONE;
}

uint32_t cons_find_site(const struct graph *g, const struct site *s)
{
	const struct table *t = &g->cons->site;
	uint32_t hash = hash_site(s);
	for (uint32_t id = t->head[hash & (t->nhead - 1)]; id != NONE; id = t->item.at[id].next) {
		const struct site *x = &g->site.at[id];
		if (x->file == s->file && x->line == s->line && x->pcall == s->pcall && x->closes == s->closes &&
		    x->stack == s->stack)
			return id;
	}
	return NONE;
}

bool cons_link_string(struct graph *g, uint32_t id, struct err *e)
{
	return table_link(g->mem, &g->cons->string, id, (uint32_t)hash_bytes(g->string.at[id], g->string_len.at[id], 3),
	                  e);
}

bool cons_link_site(struct graph *g, uint32_t id, struct err *e)
{
	return table_link(g->mem, &g->cons->site, id, hash_site(&g->site.at[id]), e);
}
