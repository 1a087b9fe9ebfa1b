/* When values are live, and which share a place. The graph is structured, so live ranges come
   exactly from the tree of regions: a value used in one branch only is free in the other, one from
   outside a loop lives as long as the loop. Joined values (results of an `if`, variables of a
   `while`) want one place with what is moved into them; an element-wise result wants the place of an
   operand that dies there. Places are merged greedily as long as the ranges stay disjoint. */
#include <stdlib.h>
#include <string.h>
#include "exec/plan.h"

bool live_is_undef(const struct graph *g, ref v) { return graph_node_of(g, v)->op == OP_undef; }

/* --- order and uses --- */

struct walk {
	struct live *l;
	uint32_t pos, nrec, caprec;
	struct rec {
		ref v;
		struct use use;
	} * rec; /* in ascending position */
	uint32_t *count;
	bool ok;
};

static void use(struct walk *w, ref v, uint32_t region, uint32_t pos)
{
	if (w->nrec == w->caprec && !vec_grow(w->l->mem, (void **)&w->rec, &w->caprec, w->nrec + 1, sizeof *w->rec)) {
		w->ok = false;
		return;
	}
	w->rec[w->nrec++] = (struct rec){v, {region, pos}};
}

static void count_uses(const struct graph *g, uint32_t r, uint32_t *count)
{
	const struct region *reg = &g->region.at[r];
	for (uint32_t i = 0; i < reg->nodes.n; i++) {
		const struct node *n = &g->node.at[reg->nodes.at[i]];
		for (uint32_t k = 0; k < n->nin; k++) count[node_in(g, n, k)]++;
		for (int k = 0; k < 2; k++)
			if (n->sub[k]) count_uses(g, n->sub[k], count);
	}
	for (uint32_t i = 0; i < reg->yields.n; i++) count[reg->yields.at[i]]++;
}

static bool power_of_two(int64_t v) { return v > 0 && !(v & (v - 1)); }

/* ieq(imod(x, 2^k), c) as one test of bits */
static bool bit_test(struct live *l, const struct node *eq, const uint32_t *count, uint32_t region)
{
	const struct graph *g = l->g;
	union word m, c;
	const struct node *mod = graph_node_of(g, node_in(g, eq, 0));
	return mod->op == OP_imod && mod->region == region && count[mod->out] == 1 &&
	       graph_is_const(g, node_in(g, mod, 1), &m) && power_of_two(m.i) &&
	       graph_is_const(g, node_in(g, eq, 1), &c) && c.i >= 0 && c.i <= UINT16_MAX;
}

/* Comparisons used only by the conditional jump that follows become part of it. */
static void fuse(struct live *l, ref cond, uint32_t region, const uint32_t *count)
{
	const struct graph *g = l->g;
	for (;;) {
		const struct node *n = graph_node_of(g, cond);
		if (count[cond] != 1 || n->region != region) return;
		switch (n->op) {
		case OP_bnot1: break;
		case OP_ieq:
			if (bit_test(l, n, count, region)) l->fused[g->value.at[node_in(g, n, 0)].node] = true;
			/* fall through */
		case OP_ilt:
		case OP_ile:
		case OP_flt:
		case OP_fle:
		case OP_feq: l->fused[g->value.at[cond].node] = true; return;
		default: return;
		}
		l->fused[g->value.at[cond].node] = true;
		cond = node_in(g, n, 0);
	}
}

/* Reads of a condition: those of the comparisons fused into it happen at the jump. */
static void use_cond(struct walk *w, ref v, uint32_t region, uint32_t pos)
{
	const struct graph *g = w->l->g;
	uint32_t id = g->value.at[v].node;
	const struct node *n = &g->node.at[id];
	if (!w->l->fused[id]) use(w, v, region, pos);
	else
		for (uint32_t i = 0; i < n->nin; i++) use_cond(w, node_in(g, n, i), region, pos);
}

static void walk_region(struct walk *w, uint32_t r)
{
	struct live *l = w->l;
	const struct graph *g = l->g;
	const struct region *reg = &g->region.at[r];
	bool is_test =
	    reg->owner && g->node.at[reg->owner].op == OP_while && g->node.at[reg->owner].sub[0] == r && !reg->dead;
	l->rbegin[r] = w->pos++;
	if (is_test) fuse(l, reg->yields.at[0], r, w->count);
	for (uint32_t i = 0; i < reg->nodes.n; i++) { /* before the nodes that may be fused are met */
		const struct node *n = &g->node.at[reg->nodes.at[i]];
		if (n->op == OP_if) fuse(l, node_in(g, n, 0), r, w->count);
	}
	for (uint32_t i = 0; i < reg->nodes.n; i++) {
		uint32_t id = reg->nodes.at[i];
		const struct node *n = &g->node.at[id];
		uint32_t at = l->begin[id] = w->pos++;
		l->order[l->norder++] = id;
		if (n->op == OP_if) use_cond(w, node_in(g, n, 0), r, at);
		else if (!l->fused[id])
			for (uint32_t k = 0; k < n->nin; k++) use(w, node_in(g, n, k), r, at);
		for (int k = 0; k < 2; k++)
			if (n->sub[k]) walk_region(w, n->sub[k]);
		l->end[id] = n->sub[0] ? w->pos++ : at;
	}
	l->rend[r] = w->pos++;
	for (uint32_t i = 0; i < reg->yields.n; i++) {
		if (is_test && i == 0) use_cond(w, reg->yields.at[0], r, l->rend[r]);
		else use(w, reg->yields.at[i], r, l->rend[r]);
	}
}

static bool order(struct live *l, struct err *e)
{
	const struct graph *g = l->g;
	struct walk w = {.l = l, .pos = 1, .ok = true};
	w.count = arena_new(l->scratch, g->value.n * sizeof *w.count);
	if (!w.count) return fail_memory(e, g->value.n * sizeof *w.count);
	count_uses(g, 1, w.count);
	for (uint32_t i = 0; i < g->func.n; i++) count_uses(g, g->func.at[i], w.count);
	walk_region(&w, 1);
	for (uint32_t i = 0; i < g->func.n; i++) walk_region(&w, g->func.at[i]);
	l->use = arena_new(l->scratch, (w.nrec + 1) * sizeof *l->use);
	if (!w.ok || !l->use) {
		mem_free(l->mem, w.rec, w.caprec * sizeof *w.rec);
		return fail_memory(e, w.nrec * sizeof *w.rec);
	}
	for (uint32_t i = 0; i < w.nrec; i++) l->nuse[w.rec[i].v]++;
	uint32_t at = 0;
	for (ref v = 1; v < g->value.n; v++) {
		l->use_at[v] = at;
		at += l->nuse[v];
		l->nuse[v] = 0;
	}
	for (uint32_t i = 0; i < w.nrec; i++) {
		ref v = w.rec[i].v;
		l->use[l->use_at[v] + l->nuse[v]++] = w.rec[i].use;
	}
	mem_free(l->mem, w.rec, w.caprec * sizeof *w.rec);
	return true;
}

/* --- layouts --- */

static bool const_tensor(struct live *l, const struct node *n)
{
	const struct graph *g = l->g;
	const struct type *t = graph_type(g, n->out);
	int64_t numel = 1;
	if (n->op != OP_lift && n->op != OP_full && n->op != OP_arange) return false;
	for (int i = 0; i < t->rank; i++) numel *= t->dim[i];
	if (numel > 1024) return false;
	if (!n->nin) return true;
	ref x = node_in(g, n, 0);
	return n->op == OP_lift ? graph_is_const(g, x, NULL) : l->constant[g->value.at[x].node];
}

static bool layouts(struct live *l, struct err *e)
{
	const struct graph *g = l->g;
	for (uint32_t o = 0; o < l->norder; o++) {
		uint32_t id = l->order[o];
		const struct node *n = &g->node.at[id];
		for (uint32_t i = 0; i < n->nout; i++) {
			ref v = n->out + i;
			const struct type *t = graph_type(g, v);
			l->root[v] = l->class[v] = v;
			if (t->kind != K_TENSOR) continue;
			if (!tensor_shape(&l->view[v], t->dtype, t->rank, t->dim, e)) return false;
			l->view[v].data = VIEW_BASE;
			l->cls[v].bytes = tensor_bytes(&l->view[v]);
		}
		if (n->nout == 1 && graph_type(g, n->out)->kind == K_TENSOR) l->constant[id] = const_tensor(l, n);
		if (!(op_info[n->op].flags & OF_VIEW)) continue;
		ref x = node_in(g, n, 0);
		struct tensor t = l->view[n->out];
		if (live_is_undef(g, x) || !op_shares(n->op, &l->view[x], g->word.at + n->attr, (int)n->nattr, &t))
			continue;
		l->view[n->out] = t;
		l->root[n->out] = l->root[x];
	}
	return true;
}

/* --- ranges --- */

struct ranges {
	VEC(struct range) list;
	bool ok;
};

static void add_range(struct live *l, struct ranges *rs, ref v, uint32_t from, uint32_t to)
{
	struct range r = {from, to, v};
	if (!vec_push(l->mem, &rs->list, r)) rs->ok = false;
}

/* v is live from time `from` in region r, where uses [lo, hi) lie in r or within it. */
static void live_in(struct live *l, struct ranges *rs, ref v, uint32_t r, uint32_t from, uint32_t lo, uint32_t hi)
{
	const struct graph *g = l->g;
	const struct use *last = &l->use[hi - 1];
	if (last->region == r) {
		add_range(l, rs, v, from, 2 * last->pos);
		return;
	}
	uint32_t s = last->region;
	while (g->region.at[s].parent != r) s = g->region.at[s].parent;
	uint32_t id = g->region.at[s].owner;
	const struct node *n = &g->node.at[id];
	if (n->op == OP_while) {
		add_range(l, rs, v, from, 2 * l->end[id]);
		return;
	}
	uint32_t a = n->sub[0], b = n->sub[1], mid = hi, first;
	while (mid > lo && l->use[mid - 1].pos >= l->rbegin[b]) mid--;
	first = mid;
	while (first > lo && l->use[first - 1].pos >= l->rbegin[a]) first--;
	add_range(l, rs, v, from, 2 * l->begin[id]);
	if (first < mid) live_in(l, rs, v, a, 2 * l->rbegin[a], first, mid);
	if (mid < hi) live_in(l, rs, v, b, 2 * l->rbegin[b], mid, hi);
}

static uint32_t def_time(const struct live *l, ref v)
{
	const struct graph *g = l->g;
	uint32_t id = g->value.at[v].node;
	const struct node *n = &g->node.at[id];
	if (n->op == OP_param) {
		const struct region *reg = &g->region.at[n->region];
		if (!reg->owner) return n->region == 1 ? 0 : 2 * l->rbegin[n->region];
		const struct node *w = &g->node.at[reg->owner];
		return 2 * (w->sub[0] == n->region ? l->begin[reg->owner] : l->rend[w->sub[0]]) + 1;
	}
	if (n->sub[0]) return 2 * l->end[id] + 1;
	return graph_type(g, v)->kind == K_TENSOR ? 2 * l->begin[id] : 2 * l->begin[id] + 1;
}

static int by_from(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	return x->from != y->from ? (x->from < y->from ? -1 : 1) : (x->to > y->to) - (x->to < y->to);
}

static bool joined(const struct node *n) { return n->op == OP_param || n->op == OP_if || n->op == OP_while; }

static bool ranges(struct live *l, struct err *e)
{
	const struct graph *g = l->g;
	struct ranges rs = {.ok = true};
	bool ok = true;
	for (ref v = 1; v < g->value.n; v++) {
		uint32_t id = g->value.at[v].node;
		const struct node *n = &g->node.at[id];
		if (!l->begin[id] || l->fused[id] || live_is_undef(g, v)) continue;
		struct class *c = &l->cls[l->root[v]];
		rs.list.n = 0;
		if (l->nuse[v]) live_in(l, &rs, v, n->region, def_time(l, v), l->use_at[v], l->use_at[v] + l->nuse[v]);
		else if (!joined(n) && l->root[v] == v) add_range(l, &rs, v, def_time(l, v), 2 * l->begin[id] + 1);
		if (n->op == OP_const || l->constant[id] ||
		    (n->op == OP_param && n->region == 1 && graph_type(g, v)->kind == K_TENSOR))
			c->fixed = true;
		uint32_t total = c->n + rs.list.n, kept = 0;
		if (!c->n && total <= 1) { /* the usual case */
			if (total && !(c->range = arena_new(l->scratch, sizeof *c->range))) rs.ok = false;
			if (!rs.ok) break;
			if (total) c->range[0] = rs.list.at[0];
			c->n = total;
			continue;
		}
		struct range *all = arena_new(l->scratch, (total + 1) * sizeof *all);
		if (!all || !rs.ok) {
			ok = fail_memory(e, total * sizeof *all);
			break;
		}
		if (c->n) memcpy(all, c->range, c->n * sizeof *all);
		if (rs.list.n) memcpy(all + c->n, rs.list.at, rs.list.n * sizeof *all);
		qsort(all, total, sizeof *all, by_from);
		for (uint32_t i = 0; i < total; i++) { /* a view prolongs its root's life */
			if (kept && all[i].from <= all[kept - 1].to) {
				if (all[i].to > all[kept - 1].to) all[kept - 1].to = all[i].to;
			} else {
				all[kept++] = all[i];
			}
		}
		c->range = all;
		c->n = kept;
	}
	vec_free(l->mem, &rs.list);
	return ok && (rs.ok || fail_memory(e, sizeof(struct range)));
}

/* --- sharing --- */

static uint32_t find(struct live *l, ref v)
{
	while (l->class[v] != v) v = l->class[v] = l->class[l->class[v]];
	return v;
}
uint32_t live_class(struct live *l, ref v) { return find(l, l->root[v]); }

/* May the result of an op lie over its operand i? */
static bool takes(uint16_t op, uint32_t i)
{
	return op_info[op].flags & OF_ELEM || (op_info[op].flags & OF_UPDATE && i == 0);
}

/* May v be written over the operands of its own op that lie in class c? */
static bool in_place(struct live *l, ref v, uint32_t c)
{
	const struct graph *g = l->g;
	const struct node *n = graph_node_of(g, v);
	for (uint32_t i = 0; i < n->nin; i++) {
		ref x = node_in(g, n, i);
		if (live_class(l, x) == c &&
		    (!takes(n->op, i) || l->root[x] != x || !type_equal(graph_type(g, x), graph_type(g, v))))
			return false;
	}
	return true;
}

/* The first range that ends at `time` or later. */
static uint32_t ending_at(const struct class *c, uint32_t time)
{
	uint32_t low = 0, high = c->n;
	while (low < high) {
		uint32_t mid = (low + high) / 2;
		if (c->range[mid].to < time) low = mid + 1;
		else high = mid;
	}
	return low;
}

static bool apart(struct live *l, uint32_t ca, uint32_t cb)
{
	const struct class *a = &l->cls[ca], *b = &l->cls[cb];
	for (uint32_t i = ending_at(a, b->range[0].from), j = ending_at(b, a->range[0].from); i < a->n && j < b->n;) {
		const struct range *x = &a->range[i], *y = &b->range[j];
		bool meet = x->to >= y->from && y->to >= x->from;
		if (meet && !(x->to == y->from && in_place(l, y->v, ca)) &&
		    !(y->to == x->from && in_place(l, x->v, cb)))
			return false;
		if (x->to <= y->to) i++;
		else j++;
	}
	return true;
}

/* The ranges of both classes become a's: those of the shorter list are put into the longer one, from the end. Chains of
   operations merge one range at a time into a long list, near its end: that takes constant time. */
static bool unite(struct live *l, struct class *a, struct class *b, struct err *e)
{
	struct class big = a->n >= b->n ? *a : *b, small = a->n >= b->n ? *b : *a;
	uint32_t n = a->n + b->n, i = big.n, j = small.n;
	if (n > big.cap) {
		struct range *all = arena_new(l->scratch, 2 * n * sizeof *all);
		if (!all) return fail_memory(e, 2 * n * sizeof *all);
		memcpy(all, big.range, big.n * sizeof *all);
		big.range = all;
		big.cap = 2 * n;
	}
	for (uint32_t k = n; j; k--)
		big.range[k - 1] =
		    i && by_from(&big.range[i - 1], &small.range[j - 1]) > 0 ? big.range[--i] : small.range[--j];
	a->range = big.range;
	a->cap = big.cap;
	a->n = n;
	return true;
}

/* One place for two values, when their lives allow it. */
static bool share(struct live *l, ref x, ref y, struct err *e)
{
	const struct graph *g = l->g;
	if (live_is_undef(g, x) || live_is_undef(g, y) || l->root[x] != x || l->root[y] != y) return true;
	if (!type_equal(graph_type(g, x), graph_type(g, y))) return true;
	uint32_t a = find(l, x), b = find(l, y);
	struct class *ca = &l->cls[a], *cb = &l->cls[b];
	if (a == b || ca->fixed || cb->fixed || !ca->n || !cb->n || !apart(l, a, b)) return true;
	if (!unite(l, ca, cb, e)) return false;
	l->class[b] = a;
	return true;
}

static bool share_joins(struct live *l, uint32_t r, struct err *e)
{
	const struct graph *g = l->g;
	const struct region *reg = &g->region.at[r];
	for (uint32_t i = 0; i < reg->nodes.n; i++) {
		const struct node *n = &g->node.at[reg->nodes.at[i]];
		if (!n->sub[0]) continue;
		if (!share_joins(l, n->sub[0], e) || !share_joins(l, n->sub[1], e)) return false;
		const struct region *a = &g->region.at[n->sub[0]], *b = &g->region.at[n->sub[1]];
		for (uint32_t k = 0; k < n->nout; k++) {
			ref out = n->out + k;
			bool ok = true;
			if (n->op == OP_if) {
				if (!a->dead) ok = share(l, out, a->yields.at[k], e);
				if (ok && !b->dead) ok = share(l, out, b->yields.at[k], e);
			} else {
				if (!a->dead) ok = share(l, b->params.at[k], a->yields.at[k + 1], e);
				if (ok && !a->dead) ok = share(l, a->params.at[k], a->yields.at[k + 1], e);
				if (ok && !b->dead) ok = share(l, a->params.at[k], b->yields.at[k], e);
				if (ok && !a->dead) ok = share(l, out, a->yields.at[k + 1], e);
				if (ok) ok = share(l, a->params.at[k], node_in(g, n, k), e);
			}
			if (!ok) return false;
		}
	}
	return true;
}

/* Operands of a function's calls of itself and its parameters, their results and what it yields. (The places of
   different functions are kept apart.) */
static bool share_calls(struct live *l, const uint32_t *home, struct err *e)
{
	const struct graph *g = l->g;
	bool ok = true;
	for (uint32_t o = 0; ok && o < l->norder; o++) {
		const struct node *n = &g->node.at[l->order[o]];
		if (n->op != OP_call || home[n->region] != g->func.at[node_attr(g, n, 0)]) continue;
		const struct region *f = &g->region.at[home[n->region]];
		for (uint32_t i = 0; ok && i < n->nin; i++) ok = share(l, f->params.at[i], node_in(g, n, i), e);
		for (uint32_t i = 0; ok && i < n->nout && !f->dead; i++) ok = share(l, n->out + i, f->yields.at[i], e);
	}
	return ok;
}

static bool share_operands(struct live *l, struct err *e)
{
	const struct graph *g = l->g;
	for (uint32_t o = 0; o < l->norder; o++) {
		uint32_t id = l->order[o];
		const struct node *n = &g->node.at[id];
		if (l->constant[id]) continue;
		for (uint32_t k = 0; k < n->nin; k++)
			if (takes(n->op, k) && !share(l, n->out, node_in(g, n, k), e)) return false;
	}
	return true;
}

bool live_analyse(struct live *l, const uint32_t *home, const ref *still, struct err *e)
{
	const struct graph *g = l->g;
	uint32_t nn = g->node.n, nv = g->value.n, nr = g->region.n;
	struct {
		void *at;
		size_t each;
		uint32_t n;
	} want[] = {
	    {&l->order, sizeof *l->order, nn},       {&l->begin, sizeof *l->begin, nn},
	    {&l->end, sizeof *l->end, nn},           {&l->rbegin, sizeof *l->rbegin, nr},
	    {&l->rend, sizeof *l->rend, nr},         {&l->fused, sizeof *l->fused, nn},
	    {&l->constant, sizeof *l->constant, nn}, {&l->root, sizeof *l->root, nv},
	    {&l->view, sizeof *l->view, nv},         {&l->class, sizeof *l->class, nv},
	    {&l->cls, sizeof *l->cls, nv},           {&l->nuse, sizeof *l->nuse, nv},
	    {&l->use_at, sizeof *l->use_at, nv},
	};
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		void *p = arena_new(l->scratch, want[i].each * want[i].n);
		if (!p) return fail_memory(e, want[i].each * want[i].n);
		memcpy(want[i].at, &p, sizeof p);
	}
	if (!order(l, e) || !layouts(l, e) || !ranges(l, e)) return false;
	for (ref v = 1; v < nv; v++) { /* one place for ever */
		if (!still[v]) continue;
		struct class *c = &l->cls[still[v]], *own = &l->cls[v];
		if (!c->n) c->range = own->range, c->n = own->n;
		c->fixed = own->fixed = true;
		l->class[v] = still[v];
	}
	if (!share_joins(l, 1, e)) return false;
	for (uint32_t i = 0; i < g->func.n; i++)
		if (!share_joins(l, g->func.at[i], e)) return false;
	return share_calls(l, home, e) && share_operands(l, e);
}

/* --- the arena of tensors --- */

struct block {
	uint32_t from, to, cls;
	size_t off, bytes;
};

static int by_start(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	return x->from != y->from ? (x->from < y->from ? -1 : 1) : (x->cls > y->cls) - (x->cls < y->cls);
}

/* Best fit among the blocks live now; a class counts as live from its first range to its last. Each function has bytes
   of its own, past those of what comes before it: a call of it leaves what its caller has there alone. */
bool live_arena(struct live *l, size_t *bytes, struct err *e)
{
	const struct graph *g = l->g;
	struct block *b = arena_new(l->scratch, g->value.n * sizeof *b),
	             *now = arena_new(l->scratch, g->value.n * sizeof *now);
	if (!b || !now) return fail_memory(e, g->value.n * sizeof *b);
	uint32_t nb = 0, nnow = 0;
	size_t top = *bytes;
	for (ref v = 1; v < g->value.n; v++) {
		struct class *c = &l->cls[v];
		if (!l->root[v] || live_class(l, v) != v || graph_type(g, v)->kind != K_TENSOR || c->placed || !c->n)
			continue;
		size_t size = (c->bytes + 63) & ~(size_t)63;
		if (c->fixed) { /* constants stay */
			c->off = top;
			c->placed = true;
			top += size;
			continue;
		}
		uint32_t to = 0;
		for (uint32_t i = 0; i < c->n; i++)
			if (c->range[i].to > to) to = c->range[i].to;
		b[nb++] = (struct block){c->range[0].from, to, v, 0, size};
	}
	qsort(b, nb, sizeof *b, by_start);
	size_t base = top;
	uint32_t func = 0;
	for (uint32_t i = 0; i < nb; i++) {
		uint32_t kept = 0, at;
		for (; func < g->func.n && b[i].from >= 2 * l->rbegin[g->func.at[func]]; func++) {
			nnow = 0;
			base = top;
		}
		for (uint32_t k = 0; k < nnow; k++)
			if (now[k].to >= b[i].from) now[kept++] = now[k];
		nnow = kept;
		size_t gap = base, best = SIZE_MAX, off = 0;
		uint32_t where = 0;
		for (at = 0; at <= nnow; at++) { /* `now` ascends by offset */
			size_t room = at < nnow ? now[at].off - gap : SIZE_MAX - 1;
			if (room >= b[i].bytes && room < best) {
				best = room;
				off = gap;
				where = at;
			}
			if (at < nnow) gap = now[at].off + now[at].bytes;
		}
		b[i].off = off;
		memmove(now + where + 1, now + where, (nnow - where) * sizeof *now);
		now[where] = b[i];
		nnow++;
		if (off + b[i].bytes > top) top = off + b[i].bytes;
		l->cls[b[i].cls].off = off;
		l->cls[b[i].cls].placed = true;
	}
	*bytes = top;
	return true;
}
