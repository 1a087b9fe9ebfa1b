/* Megabytes of Lua text per second through the front end: parsing and the eager form's edits.
   Usage: front [parse] FILE... Prints the rate over all files; "parse": of parsing alone. */
#define BENCH_CLOCK CLOCK_PROCESS_CPUTIME_ID /* one thread, no waiting: a busy machine does not count */
#include "bench.h"
#include <string.h>
#include "lang/eager.h"

struct job {
	int n;
	char *text[512];
	size_t len[512];
	struct mem mem;
	bool parse_only;
};

static char *read_file(const char *path, size_t *n)
{
	FILE *f = need(fopen(path, "rb"));
	fseek(f, 0, SEEK_END);
	*n = (size_t)ftell(f);
	rewind(f);
	char *s = need(malloc(*n + 1));
	if (fread(s, 1, *n, f) != *n) exit(1);
	s[*n] = 0;
	fclose(f);
	return s;
}

static void front(void *arg)
{
	struct job *j = arg;
	struct err e;
	for (int i = 0; i < j->n; i++) {
		struct eager_names names;
		struct buf out;
		bool edited;
		struct chunk *c = chunk_parse(&j->mem, "@bench", j->text[i], j->len[i], &e);
		buf_init(&out, &j->mem);
		if (!c || (!j->parse_only && !eager_rewrite(&j->mem, c, false, &names, &out, &edited, &e))) {
			fprintf(stderr, "file %d: line %d: %s\n", i + 1, e.line, e.msg);
			exit(1);
		}
		buf_free(&out);
		chunk_free(c);
	}
}

int main(int argc, char **argv)
{
	static struct job j;
	size_t total = 0;
	mem_init(&j.mem, NULL, NULL);
	j.parse_only = argc > 1 && !strcmp(argv[1], "parse");
	for (int i = 1 + j.parse_only; i < argc && j.n < 512; i++, j.n++) {
		j.text[j.n] = read_file(argv[i], &j.len[j.n]);
		total += j.len[j.n];
	}
	if (!j.n) return fprintf(stderr, "usage: front [parse] FILE...\n"), 1;
	printf("%.3f\n", (double)total / seconds_per_call(front, &j, 0.2) / 1e6);
	return 0;
}
