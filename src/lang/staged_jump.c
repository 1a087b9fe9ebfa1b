/* The staged form: jumps. A jump on, to a label behind it, leaves the section of statements between the two, which
   becomes a function of its own; a jump back repeats what follows its label. Neither crosses the other. */
#include "lang/staging.h"

static bool empty(const struct ast *n) { return n->kind == AST_EMPTY || n->kind == AST_LABEL; }

/* Is the label among the empty statements that end the body of the loop? That of a repeat goes on with its condition.
 */
static bool ends_body(const struct ast *label, const struct ast *loop)
{
	if (!loop || loop->kind == AST_REPEAT) return false;
	const struct ast *b = loop->kid[loop->nkids - 1];
	uint32_t i = b->nkids;
	while (i && empty(b->kid[i - 1]) && b->kid[i - 1] != label) i--;
	return i && b->kid[i - 1] == label;
}

static bool find(struct staging *s, struct ast *n, const struct ast *loop)
{
	bool good = true;
	switch (n->kind) {
	case AST_GOTO: {
		struct jump j = {n, n->u.node->beg > n->beg, ends_body(n->u.node, loop)};
		return vec_push(s->c->mem, &s->jumps, j);
	}
	case AST_WHILE:
	case AST_REPEAT:
	case AST_FORNUM:
	case AST_FORIN: loop = n; break;
	case AST_IF:
	case AST_ARM:
	case AST_DO:
	case AST_BLOCK: break;
	default: return true;
	}
	for (uint32_t i = 0; good && i < n->nkids; i++)
		if (n->kid[i]) good = find(s, n->kid[i], loop);
	return good;
}

/* A label that inner loops jump to as well ends a section, for all. */
bool form_find_jumps(struct staging *s)
{
	bool good = find(s, s->f->node->kid[1], NULL);
	for (uint32_t i = 0; i < s->jumps.n; i++) {
		if (s->jumps.at[i].continues) continue;
		for (uint32_t k = 0; k < s->jumps.n; k++)
			if (s->jumps.at[k].node->u.node == s->jumps.at[i].node->u.node)
				s->jumps.at[k].continues = false;
	}
	return good;
}

const struct jump *form_jump(const struct staging *s, const struct ast *n)
{
	uint32_t i = 0;
	while (s->jumps.at[i].node != n) i++;
	return &s->jumps.at[i];
}

/* The statement of b that holds the byte. */
static uint32_t statement_at(const struct ast *b, uint32_t byte)
{
	uint32_t low = 0, high = b->nkids;
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;
		if (b->kid[mid]->beg <= byte) low = mid;
		else high = mid;
	}
	return low;
}

static bool within(const struct ast *n, const struct ast *b) { return n->beg >= b->beg && n->end <= b->end; }

uint32_t *form_sections(struct staging *s, const struct ast *b)
{
	uint32_t *start = NULL;
	for (uint32_t k = 0; k < s->jumps.n; k++) {
		const struct jump *j = &s->jumps.at[k];
		const struct ast *label = j->node->u.node;
		if (!j->on || j->continues || !within(j->node, b) || !within(label, b)) continue;
		uint32_t at = statement_at(b, label->beg), from = statement_at(b, j->node->beg);
		if (b->kid[at] != label) continue;
		if (!start) {
			start = arena_new(&s->out->arena, b->nkids * sizeof *start);
			if (!start) {
				form_memory(s);
				return NULL;
			}
			for (uint32_t i = 0; i < b->nkids; i++) start[i] = i;
		}
		if (from < start[at]) start[at] = from;
	}
	/* A section that begins inside of another, and ends behind it, begins where that does: no local is declared
	   between a jump and its label. */
	for (uint32_t at = 0; start && at < b->nkids; at++)
		for (uint32_t inner = at; start[at] < at && inner-- > start[at];)
			if (start[inner] < start[at]) start[at] = start[inner];
	return start;
}

const struct ast *form_goes_back(struct staging *s, const struct ast *b, uint32_t at, uint32_t end)
{
	const struct ast *found = NULL;
	for (uint32_t k = 0; k < s->jumps.n; k++) {
		const struct ast *n = s->jumps.at[k].node;
		if (n->u.node != b->kid[at] || s->jumps.at[k].on) continue;
		if (!found) found = n;
		if (statement_at(b, n->beg) >= end)
			form_refuse(s, n,
			            "goto '%s' can't be staged: another goto jumps into what it repeats; write the "
			            "loop with while "
			            "or repeat",
			            n->name->s);
	}
	return found;
}
