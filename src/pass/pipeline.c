/* The passes in order, and what each relies on. A state is a promise about the graph; a pass
   needs some, makes one and breaks others, so a wrong order is caught here and not by its results. */
#include "pass/pass.h"

enum state {
	FOLDED = 1, /* no arithmetic, branch or loop test on constants is left */
	SHARED = 2, /* no two equal pure nodes see each other (constants of joins aside) */
	NEEDED = 4  /* everything is used or has an effect */
};

static const struct pass {
	const char *name;
	bool (*run)(struct graph *g, struct err *e);
	int level; /* the lowest that runs it */
	unsigned needs, makes, breaks;
} pipeline[] = {
    {"fold", pass_fold, 1, 0, FOLDED | SHARED, NEEDED},
    {"dce", pass_dce, 1, SHARED, NEEDED, 0},
    {"pack", pass_pack, 1, SHARED | NEEDED, 0, 0},
    {"hoist", pass_hoist, 1, SHARED | NEEDED, 0, 0},
};

/* What the builder promises already: without regions there is nothing that it could not know. */
static unsigned built(const struct graph *g) { return g->loose || g->region.n > 2 ? 0 : FOLDED | SHARED; }

bool pass_run(struct graph *g, int level, struct err *e)
{
	unsigned state = built(g);
	for (size_t i = 0; i < COUNT_OF(pipeline); i++) {
		const struct pass *p = &pipeline[i];
		if (p->level > level || (p->makes && (state & p->makes) == p->makes)) continue;
		if ((state & p->needs) != p->needs) return fail(e, "pass %s runs too early", p->name);
		if (!p->run(g, e)) return false;
		state = (state | p->makes) & ~p->breaks;
#ifdef MOON_VERIFY
		if (!graph_verify(g, true, e)) return false;
#endif
	}
	return true;
}
