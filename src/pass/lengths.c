/* Lengths that only a run knows become known: a graph traced for any of them becomes the graph of these, by walking it
   once more with the shape rules. Passes and plans never meet an unknown length. */
#include "pass/rebuild.h"

/* Strings and sites by the numbers they have in g. */
static bool copy_names(struct graph *t, const struct graph *g, struct err *e)
{
	for (uint32_t i = 0; i < g->string.n; i++)
		if (graph_string(t, g->string.at[i], g->string_len.at[i], e) == UINT32_MAX) return false;
	for (uint32_t i = 1; i < g->site.n; i++) {
		const struct site *s = &g->site.at[i];
		t->stack = s->stack;
		if (!graph_site(t, s->file, s->line, s->pcall, e)) return false;
	}
	t->stack = 0;
	return true;
}

struct graph *pass_lengths(const struct graph *g, const int64_t *length, struct err *e)
{
	struct rebuild b = {.from = (struct graph *)(uintptr_t)g, .length = length, .e = e}; /* `from` is only read */
	if (!(b.to = graph_new(g->mem, g->plain, e))) return NULL;
	arena_init(&b.scratch, g->mem);
	bool ok = copy_names(b.to, g, e) && rebuild_into(&b);
	arena_free(&b.scratch);
	if (ok) return b.to;
	graph_free(b.to);
	return NULL;
}
