/* For corpus.sh: parses each file named on the command line, skipping a byte order mark and a
   first line with # as stock's loader does. Prints "FILE ok" or "FILE LINE MESSAGE".
   -w DIR: write each file printed from its tree and, where it differs from the text, its eager form, and print a line
   "FILE EAGER PRINTED" with their names ("-": no eager form). -t: parse and rewrite everything several times and print
   megabytes per second instead. */
#include "lang/ast.h"
#include "lang/eager.h"
#include "reprint.h"
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
			if (!eager_rewrite(m, c, false, &names, &out, &edited, &e))
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

/* Writes what reprint() or, if it differs from the text, the eager form gives to DIR/NUMBER.SUFFIX. */
static bool write_file(const char *dir, int number, const char *suffix, const struct buf *b)
{
	char path[600];
	snprintf(path, sizeof path, "%s/%d.%s", dir, number, suffix);
	FILE *f = b->bad ? NULL : fopen(path, "wb");
	if (!f) return false;
	bool good = fwrite(b->s, 1, b->n, f) == b->n;
	return fclose(f) == 0 && good;
}

static int write_forms(struct mem *m, const char *dir, int n, char **path)
{
	int bad = 0;
	for (int i = 0; i < n; i++) {
		size_t len;
		struct err e = {.msg = "cannot write it"};
		struct buf out, tree;
		struct eager_names names;
		bool edited = false, good = false;
		char *all = slurp(path[i], &len), *s = all;
		if (s) skip_start(&s, &len);
		struct chunk *c = s ? chunk_parse(m, path[i], s, len, &e) : NULL;
		buf_init(&out, m);
		buf_init(&tree, m);
		if (c && eager_rewrite(m, c, false, &names, &out, &edited, &e)) {
			reprint(&tree, c);
			good = write_file(dir, i, "print", &tree) && (!edited || write_file(dir, i, "eager", &out));
			if (good && !edited && (out.n != len || memcmp(out.s, s, len)))
				fail(&e, "not identical"), good = false;
		}
		if (good && edited) printf("%s %s/%d.eager %s/%d.print\n", path[i], dir, i, dir, i);
		else if (good) printf("%s - %s/%d.print\n", path[i], dir, i);
		else fprintf(stderr, "%s: %s\n", path[i], e.msg), bad = 1;
		buf_free(&out);
		buf_free(&tree);
		chunk_free(c);
		free(all);
	}
	return bad;
}

int main(int argc, char **argv)
{
	struct mem m;
	mem_init(&m, NULL, NULL);
	if (argc > 1 && !strcmp(argv[1], "-t")) return speed(&m, argc - 2, argv + 2);
	if (argc > 2 && !strcmp(argv[1], "-w")) return write_forms(&m, argv[2], argc - 3, argv + 3);
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
