/* What tests of plans share: a heap that counts, a plan, and what its last run gave. */
#ifndef TESTS_EXEC_HELP_H
#define TESTS_EXEC_HELP_H
#include <stdatomic.h>
#include "tests/graph/help.h"
#include "exec/exec.h"
#include "pass/pass.h"

struct fix {
	struct heap h;
	_Atomic bool cancel;
	uint64_t calls;
	char out[400];
	struct plan *p;
	struct datum res[8];
	struct fault f;
};

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof *f);
	heap_init(&f->h);
	*state = f;
	return 0;
}

static void done(struct fix *f)
{
	for (size_t i = 0; i < COUNT_OF(f->res); i++) datum_release(&f->res[i]);
	if (f->f.text.mem) buf_free(&f->f.text);
	plan_free(f->p);
	f->p = NULL;
}

static int teardown(void **state)
{
	struct fix *f = *state;
	done(f);
	heap_done(&f->h);
	free(f);
	return 0;
}
#endif
