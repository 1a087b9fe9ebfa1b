/* Drops what nobody needs: pure nodes, results of an `if`, variables of a `while`. What has an effect
   or may fail stays where it is, with what it needs; an `if` goes when nothing in it has an effect; a
   `while` stays, since nothing here proves that it ends. */
#include "pass/rebuild.h"

struct dce {
	const struct graph *g;
	struct err *e;
	bool *keep, *need;
	bool *acts; /* by region: holds something that must stay */
	VEC(ref) todo;
	bool ok;
};

static bool must_stay(const struct dce *d, const struct node *n)
{
	if (n->op == OP_if) return d->acts[n->sub[0]] || d->acts[n->sub[1]];
	return op_info[n->op].flags & OF_EFFECT || graph_may_raise(d->g, n);
}

static void find_acts(struct dce *d, uint32_t r)
{
	const struct region *reg = &d->g->region.at[r];
	bool acts = reg->dead;
	for (uint32_t i = 0; i < reg->nodes.n; i++) {
		const struct node *n = &d->g->node.at[reg->nodes.at[i]];
		for (int k = 0; k < 2; k++)
			if (n->sub[k]) find_acts(d, n->sub[k]);
		acts |= must_stay(d, n);
	}
	d->acts[r] = acts;
}

static void need(struct dce *d, ref v)
{
	if (d->need[v]) return;
	d->need[v] = true;
	if (!vec_push(d->g->mem, &d->todo, v)) d->ok = false;
}

static void keep(struct dce *d, uint32_t id)
{
	const struct node *n = &d->g->node.at[id];
	if (d->keep[id]) return;
	d->keep[id] = true;
	if (n->op == OP_while) return; /* its operands go by variable */
	for (uint32_t i = 0; i < n->nin; i++) need(d, node_in(d->g, n, i));
}

/* What stays for its own sake, in r and below. */
static void roots(struct dce *d, uint32_t r)
{
	const struct graph *g = d->g;
	const struct region *reg = &g->region.at[r];
	for (uint32_t i = 0; i < reg->nodes.n; i++) {
		uint32_t id = reg->nodes.at[i];
		const struct node *n = &g->node.at[id];
		if (!must_stay(d, n)) continue;
		keep(d, id);
		for (int k = 0; k < 2; k++)
			if (n->sub[k]) roots(d, n->sub[k]);
		const struct region *test = n->op == OP_while ? &g->region.at[n->sub[0]] : NULL;
		if (test && !test->dead) need(d, test->yields.at[0]);
	}
}

static void need_variable(struct dce *d, const struct node *n, uint32_t i)
{
	const struct graph *g = d->g;
	const struct region *a = &g->region.at[n->sub[0]], *b = &g->region.at[n->sub[1]];
	d->need[n->out + i] = d->need[a->params.at[i]] = d->need[b->params.at[i]] = true;
	need(d, node_in(g, n, i));
	if (!a->dead) need(d, a->yields.at[i + 1]);
	if (!b->dead) need(d, b->yields.at[i]);
}

static void follow(struct dce *d, ref v)
{
	const struct graph *g = d->g;
	uint32_t id = g->value.at[v].node, i = g->value.at[v].index;
	const struct node *n = &g->node.at[id];
	if (n->op == OP_param) {
		const struct region *reg = &g->region.at[n->region];
		if (reg->owner) need_variable(d, &g->node.at[reg->owner], (uint32_t)node_attr(g, n, 0));
		return;
	}
	keep(d, id);
	if (n->op == OP_while) need_variable(d, n, i);
	for (int k = 0; k < 2 && n->op == OP_if; k++)
		if (!g->region.at[n->sub[k]].dead) need(d, g->region.at[n->sub[k]].yields.at[i]);
}

/* The top region or a function. */
static void root(struct dce *d, uint32_t r)
{
	const struct region *reg = &d->g->region.at[r];
	find_acts(d, r);
	roots(d, r);
	for (uint32_t i = 0; i < reg->yields.n; i++) need(d, reg->yields.at[i]);
}

static bool analyse(struct dce *d, struct arena *a)
{
	const struct graph *g = d->g;
	d->keep = arena_new(a, g->node.n);
	d->need = arena_new(a, g->value.n);
	d->acts = arena_new(a, g->region.n);
	if (!d->keep || !d->need || !d->acts) return fail_memory(d->e, g->value.n);
	root(d, 1);
	for (uint32_t i = 0; i < g->func.n; i++) root(d, g->func.at[i]);
	while (d->todo.n && d->ok) follow(d, d->todo.at[--d->todo.n]);
	vec_free(g->mem, &d->todo);
	return d->ok || fail_memory(d->e, sizeof(ref));
}

/* Does all of r and below stay as it is? */
static bool all_stay(const struct dce *d, uint32_t r)
{
	const struct region *reg = &d->g->region.at[r];
	for (uint32_t i = reg->params.n; i < reg->nodes.n; i++) {
		uint32_t id = reg->nodes.at[i];
		const struct node *n = &d->g->node.at[id];
		if (!d->keep[id]) return false;
		for (uint32_t k = 0; k < n->nout && n->sub[0]; k++)
			if (!d->need[n->out + k]) return false;
		for (int k = 0; k < 2; k++)
			if (n->sub[k] && !all_stay(d, n->sub[k])) return false;
	}
	return true;
}

static bool without(struct rebuild *b, const struct dce *d)
{
	if (!(b->to = graph_new(b->from->mem, true, b->e))) return false;
	b->to->nofold = b->to->nocons = true;
	b->keep = d->keep;
	b->need = d->need;
	bool ok = rebuild_graph(b);
	graph_free(b->to);
	return ok;
}

bool pass_dce(struct graph *g, struct err *e)
{
	struct rebuild b = {.from = g, .e = e};
	struct dce d = {.g = g, .e = e, .ok = true};
	arena_init(&b.scratch, g->mem);
	bool ok = analyse(&d, &b.scratch);
	bool stay = ok && all_stay(&d, 1);
	for (uint32_t i = 0; stay && i < g->func.n; i++) stay = all_stay(&d, g->func.at[i]);
	ok = ok && (stay || without(&b, &d));
	arena_free(&b.scratch);
	return ok;
}
