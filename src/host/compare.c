/* --compare: the same script in every mode, each in a process of its own, with the same standard
   input and the same seeds; then the first difference in standard output, exit code or error text.
   The processes are forks taken before any context exists, so that even `arg` is the same in all. */
#include "host/host.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct run {
	const char *name;
	bool staged;
	const char *mode; /* as in struct options */
	int level;
	int out, err, status; /* files the child wrote, its exit code (128 + signal) */
};

static bool trouble(const char *what)
{
	char text[200];
	snprintf(text, sizeof text, "--compare: %s: %s", what, strerror(errno));
	host_message(text);
	return false;
}

static bool write_all(int fd, const char *s, size_t n)
{
	while (n) {
		ssize_t k = write(fd, s, n);
		if (k < 0 && errno == EINTR) continue;
		if (k <= 0) return false;
		s += k;
		n -= (size_t)k;
	}
	return true;
}

/* A file that holds the standard input, or -1. A terminal gives nothing unless it is the script. */
static int keep_input(const struct options *o)
{
	struct stat st;
	bool script = o->script == o->argc ? !o->code : !strcmp(o->argv[o->script], "-");
	if (fstat(STDIN_FILENO, &st) || (isatty(STDIN_FILENO) && !script)) return open("/dev/null", O_RDONLY);
	if (S_ISREG(st.st_mode)) return dup(STDIN_FILENO);
	int fd = memfd_create("input", 0);
	char piece[1 << 14];
	ssize_t n;
	while (fd >= 0 && (n = read(STDIN_FILENO, piece, sizeof piece)) != 0) {
		if (n < 0 && errno == EINTR) continue;
		if (n < 0 || !write_all(fd, piece, (size_t)n)) return close(fd), -1;
	}
	return fd;
}

/* Where the input begins for us: a file may have been read in part before we were started; what was
   copied begins at its start. */
static off_t keep_offset(int input)
{
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	return input >= 0 && at > 0 ? at : 0;
}

static bool run_mode(struct run *r, const struct options *o, const char *seed, int input, off_t start)
{
	r->out = memfd_create("out", 0);
	r->err = memfd_create("err", 0);
	if (r->out < 0 || r->err < 0) return trouble("no file for the output");
	lseek(input, start, SEEK_SET);
	pid_t pid = fork();
	if (pid < 0) return trouble("no process");
	if (!pid) {
		struct options mine = *o;
		mine.compare = false;
		mine.staged = r->staged;
		mine.mode = r->mode;
		mine.level = r->level;
		mine.seed = seed;
		if (dup2(input, 0) < 0 || dup2(r->out, 1) < 0 || dup2(r->err, 2) < 0) _exit(125);
		exit(host_run(&mine));
	}
	int st;
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR) return trouble("no exit code");
	r->status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
	return true;
}

struct view {
	const char *s;
	size_t n;
};

static bool view(int fd, struct view *v)
{
	struct stat st;
	*v = (struct view){"", 0};
	if (fstat(fd, &st)) return false;
	if (!st.st_size) return true;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED) return false;
	*v = (struct view){p, (size_t)st.st_size};
	return true;
}

static void unview(struct view *v)
{
	if (v->n) munmap((void *)(uintptr_t)v->s, v->n);
}

/* The line of v that begins at `at`. */
static int line_of(struct view v, size_t at)
{
	const char *e = at < v.n ? memchr(v.s + at, '\n', v.n - at) : NULL;
	size_t n = at < v.n ? (e ? (size_t)(e - v.s) - at : v.n - at) : 0;
	return n > 2000 ? 2000 : (int)n;
}

static void show_lines(const struct run *a, struct view va, size_t ia, const struct run *b, struct view vb, size_t ib)
{
	fprintf(stderr, "  %-10s  %.*s%s\n", a->name, line_of(va, ia), va.s + ia, ia >= va.n ? "(nothing)" : "");
	fprintf(stderr, "  %-10s  %.*s%s\n", b->name, line_of(vb, ib), vb.s + ib, ib >= vb.n ? "(nothing)" : "");
}

static void heading(const struct run *a, const struct run *b, const char *seed, const char *what)
{
	fprintf(stderr, "moonstage: %s and %s differ in %s (--seed %s)\n", a->name, b->name, what, seed);
}

static bool same_output(const struct run *a, const struct run *b, const char *seed)
{
	struct view va, vb;
	char what[100];
	if (!view(a->out, &va) || !view(b->out, &vb)) return trouble("output can't be read");
	size_t n = va.n < vb.n ? va.n : vb.n, i = 0, start = 0, line = 1;
	bool same = va.n == vb.n && !memcmp(va.s, vb.s, n);
	if (!same) {
		for (; i < n && va.s[i] == vb.s[i]; i++)
			if (va.s[i] == '\n') start = i + 1, line++;
		snprintf(what, sizeof what, "standard output, line %zu", line);
		heading(a, b, seed, what);
		show_lines(a, va, start, b, vb, start);
	}
	unview(&va);
	unview(&vb);
	return same;
}

/* Where the last line begins that the host wrote as an error; the text's end when there is none. */
static size_t error_line(struct view v)
{
	static const char mark[] = "moonstage: ";
	size_t found = v.n;
	for (size_t i = 0; i + sizeof mark - 1 <= v.n; i++)
		if ((!i || v.s[i - 1] == '\n') && !memcmp(v.s + i, mark, sizeof mark - 1)) found = i;
	return found;
}

static bool same_error(const struct run *a, const struct run *b, const char *seed)
{
	struct view va, vb;
	if (!view(a->err, &va) || !view(b->err, &vb)) return trouble("standard error can't be read");
	size_t ia = error_line(va), ib = error_line(vb);
	bool failed = a->status || b->status, same = true;
	if (a->status != b->status) {
		char what[100];
		snprintf(what, sizeof what, "exit code: %d, %d", a->status, b->status);
		heading(a, b, seed, what);
		same = false;
	} else if (failed &&
	           (line_of(va, ia) != line_of(vb, ib) || memcmp(va.s + ia, vb.s + ib, (size_t)line_of(va, ia)))) {
		heading(a, b, seed, "their error");
		same = false;
	}
	if (!same) show_lines(a, va, ia, b, vb, ib);
	unview(&va);
	unview(&vb);
	return same;
}

static void print_once(const struct run *r)
{
	struct view v;
	if (view(r->out, &v)) fwrite(v.s, 1, v.n, stdout), unview(&v);
	fflush(stdout);
	if (view(r->err, &v)) fwrite(v.s, 1, v.n, stderr), unview(&v);
}

int host_compare(const struct options *o)
{
	struct run runs[] = {{.name = "eager", .level = 2, .out = -1, .err = -1},
	                     {.name = "staged -O0", .staged = true, .level = 0, .out = -1, .err = -1},
	                     {.name = "staged -O2", .staged = true, .level = 2, .out = -1, .err = -1},
	                     {.name = "auto", .staged = true, .mode = "auto", .level = 2, .out = -1, .err = -1}};
	enum { N = sizeof runs / sizeof *runs };
	char seed[24];
	int input = keep_input(o), code = EXIT_FAILURE;
	bool good = input >= 0 || trouble("the standard input can't be read");
	off_t start = keep_offset(input);
	snprintf(seed, sizeof seed, "%s", o->seed ? o->seed : "");
	if (!o->seed) snprintf(seed, sizeof seed, "%lld", (long long)time(NULL));
	for (int i = 0; i < N && good; i++) good = run_mode(&runs[i], o, seed, input, start);
	for (int i = 1; i < N && good; i++)
		good = same_output(&runs[0], &runs[i], seed) && same_error(&runs[0], &runs[i], seed);
	if (good) {
		print_once(&runs[0]);
		code = runs[0].status;
	}
	for (int i = 0; i < N; i++) {
		if (runs[i].out >= 0) close(runs[i].out);
		if (runs[i].err >= 0) close(runs[i].err);
	}
	if (input >= 0) close(input);
	return code;
}
