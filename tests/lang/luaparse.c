/* For corpus.sh: parses each file named on the command line, skipping a byte order mark and a
   first line with # as stock's loader does. Prints "FILE ok" or "FILE LINE MESSAGE".
   -e: print the eager form of one file. -t: parse and rewrite everything several times and print megabytes per second
   instead. */
#include "lang/ast.h"
#include "lang/eager.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *slurp(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	if (!f) return NULL;
	size_t cap = 1 << 16, got;
	char *s = malloc(cap);
	for (*n = 0; s && (got = fread(s + *n, 1, cap - *n, f)) > 0; *n += got)
		if (*n + got == cap) s = realloc(s, cap *= 2);
	fclose(f);
	return s;
}

/* What stock's file loader does not give to the compiler. */
static void skip_start(char **s, size_t *len)
{
	if (*len >= 3 && !memcmp(*s, "\xEF\xBB\xBF", 3)) *s += 3, *len -= 3;
	if (*len && **s == '#')
		while (*len && **s != '\n') ++*s, --*len;
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int speed(struct mem *m, int n, char **path)
{
	double bytes = 0, parse = 0, rewrite = 0;
	for (int i = 0; i < n; i++) {
		size_t len;
		struct err e;
		char *all = slurp(path[i], &len), *s = all;
		if (!s) continue;
		skip_start(&s, &len);
		for (int round = 0; round < 3; round++) {
			double t0 = seconds();
			struct chunk *c = chunk_parse(m, path[i], s, len, &e);
			double t1 = seconds();
			if (!c) break;
			struct buf out;
			struct eager_names names;
			bool edited;
			buf_init(&out, m);
			if (!eager_rewrite(m, c, &names, &out, &edited, &e))
				fprintf(stderr, "%s: %s\n", path[i], e.msg);
			buf_free(&out);
			double t2 = seconds();
			chunk_free(c);
			bytes += (double)len;
			parse += t1 - t0;
			rewrite += t2 - t1;
		}
		free(all);
	}
	printf("%.1f MB: parse %.1f MB/s, parse and rewrite %.1f MB/s\n", bytes / 1e6, bytes / 1e6 / parse,
	       bytes / 1e6 / (parse + rewrite));
	return 0;
}

static int eager(struct mem *m, const char *path)
{
	size_t len;
	struct err e;
	struct buf out;
	struct eager_names names;
	bool edited;
	char *all = slurp(path, &len), *s = all;
	if (s) skip_start(&s, &len);
	struct chunk *c = s ? chunk_parse(m, path, s, len, &e) : NULL;
	buf_init(&out, m);
	if (c && eager_rewrite(m, c, &names, &out, &edited, &e)) fwrite(out.s, 1, out.n, stdout);
	else fprintf(stderr, "%s: %s\n", path, s ? e.msg : "cannot read it");
	buf_free(&out);
	bool ok = c != NULL;
	chunk_free(c);
	free(all);
	return !ok;
}

int main(int argc, char **argv)
{
	struct mem m;
	mem_init(&m, NULL, NULL);
	if (argc > 1 && !strcmp(argv[1], "-t")) return speed(&m, argc - 2, argv + 2);
	if (argc > 2 && !strcmp(argv[1], "-e")) return eager(&m, argv[2]);
	for (int i = 1; i < argc; i++) {
		size_t len;
		struct err e;
		char *all = slurp(argv[i], &len), *s = all;
		if (!s) continue;
		skip_start(&s, &len);
		struct chunk *c = chunk_parse(&m, argv[i], s, len, &e);
		if (c) printf("%s ok\n", argv[i]);
		else printf("%s %d %s\n", argv[i], e.line, e.msg);
		chunk_free(c);
		free(all);
	}
	return 0;
}
