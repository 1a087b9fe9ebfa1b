/* Nanoseconds for one run of a graph alone, as the executor runs it for a staged function: no Lua, no guards.
   Usage: graph FILE. The graph's text is what f:graph() gives; inputs are zeros, results are freed. */
#include "bench.h"
#include <string.h>
#include "exec/exec.h"

struct job {
	struct mem mem;
	struct plan *plan;
	struct datum *in, *out;
};

static char *read_file(const char *path)
{
	static char text[1 << 20];
	FILE *f = need(fopen(path, "rb"));
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	fclose(f);
	return text;
}

static void run(void *arg)
{
	struct job *j = arg;
	struct run_env env = {.op = {.mem = &j->mem}};
	struct fault f = {.line = 0};
	if (!plan_run(j->plan, &env, j->in, j->out, &f)) {
		fprintf(stderr, "%s\n", f.e.msg);
		exit(1);
	}
	for (int i = 0; i < plan_results(j->plan); i++) datum_release(&j->out[i]);
	buf_free(&f.text);
}

int main(int argc, char **argv)
{
	static struct job j;
	static struct tensor zero[64];
	static struct datum in[64], out[64];
	struct err e;
	if (argc != 2) return 1;
	mem_init(&j.mem, NULL, NULL);
	struct graph *g = graph_parse(&j.mem, read_file(argv[1]), &e);
	j.plan = g ? plan_new(&j.mem, g, &e) : NULL;
	if (!j.plan || plan_inputs(j.plan) > 64 || plan_results(j.plan) > 64) {
		fprintf(stderr, "%s\n", j.plan ? "too many inputs or results" : e.msg);
		return 1;
	}
	for (int i = 0; i < plan_inputs(j.plan); i++) {
		const struct type *t = graph_type(g, g->region.at[1].params.at[i]);
		in[i].kind = t->kind;
		if (t->kind != K_TENSOR) continue;
		in[i].in = &zero[i];
		if (!tensor_shape(&zero[i], t->dtype, t->rank, t->dim, &e) || !tensor_alloc(&j.mem, &zero[i], &e))
			return 1;
		memset(zero[i].data, 0, tensor_bytes(&zero[i]));
	}
	j.in = in, j.out = out;
	printf("%.1f\n", seconds_per_call(run, &j, 0.2) * 1e9);
	return 0;
}
