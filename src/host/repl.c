/* The prompt of -i, as in the lua program: a line is tried as an expression, then as statements; one
   that only lacks its end goes on with the next line. Editing and history come from the readline
   library (or libedit), loaded when it is there and the input is a terminal, else lines are plain. */
#include "host/host.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct prompt {
	moon_context *c;
	int text;                        /* handle of the function that gives the prompt's text */
	void *library;                   /* NULL: no editing */
	char *(*readline)(const char *); /* its result is to be freed */
	void (*remember)(const char *);  /* adds to the history */
};

static void on_failure(void *ud, int status, const char *text)
{
	(void)ud;
	if (status == MOON_WARNING) fprintf(stderr, "Lua warning: %s\n", text);
}

static void complain(const char *text)
{
	fflush(stdout);
	fprintf(stderr, "%s\n", text);
	fflush(stderr);
}

static bool find(void *library, const char *name, void *function)
{
	void *p = dlsym(library, name);
	memcpy(function, &p, sizeof p); /* ISO C has no cast from object to function pointers */
	return p != NULL;
}

static void open_editor(struct prompt *p)
{
	static const char *const names[] = {"libreadline.so.8", "libreadline.so.7", "libreadline.so", "libedit.so.2"};
	const char **program;
	for (size_t i = 0; i < sizeof names / sizeof *names && !p->library; i++)
		p->library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!p->library) return;
	if (find(p->library, "rl_readline_name", &program)) *program = "moonstage"; /* for conditions in inputrc */
	if (find(p->library, "readline", &p->readline) && find(p->library, "add_history", &p->remember)) return;
	p->readline = NULL;
	p->remember = NULL;
}

/* The user's _PROMPT or _PROMPT2 as `tostring` shows it, else the usual text; stays on the stack. */
static const char *prompt_text(struct prompt *p, bool first)
{
	const char *name = first ? "_PROMPT" : "_PROMPT2", *usual = first ? "> " : ">> ";
	if (moon_push_kept(p->c, p->text) != MOON_OK || moon_push_string(p->c, name, strlen(name)) != MOON_OK)
		return usual;
	if (moon_call(p->c, NULL, 1, 1) != MOON_OK) {
		complain(moon_message(p->c));
		return usual;
	}
	const char *s = moon_to_string(p->c, -1, NULL);
	return s ? s : usual;
}

/* A line without its end, to be freed; NULL when there is none. */
static char *read_line(struct prompt *p, bool first)
{
	int top = moon_top(p->c);
	const char *prompt = prompt_text(p, first);
	char *line = NULL;
	size_t cap = 0;
	if (p->readline) {
		line = p->readline(prompt);
	} else {
		fputs(prompt, stdout);
		fflush(stdout);
		ssize_t n = getline(&line, &cap, stdin);
		if (n > 0 && line[n - 1] == '\n') line[n - 1] = 0;
		if (n < 0) {
			free(line);
			line = NULL;
		}
	}
	moon_pop(p->c, moon_top(p->c) - top);
	return line;
}

/* a, then b, then c, in memory to be freed; NULL when there is none. */
static char *join(const char *a, const char *b, const char *c)
{
	size_t n = strlen(a), k = strlen(b), l = strlen(c);
	char *s = malloc(n + k + l + 1);
	if (!s) return NULL;
	memcpy(s, a, n);
	memcpy(s + n, b, k);
	memcpy(s + n + k, c, l + 1);
	return s;
}

static int load(struct prompt *p, const char *text) { return moon_load_text(p->c, "=stdin", text, strlen(text)); }

/* Did loading fail only because the text ends too early? */
static bool incomplete(struct prompt *p, int status)
{
	static const char mark[] = "<eof>";
	const char *s = moon_message(p->c);
	size_t n = strlen(s);
	return status == MOON_SYNTAX && n >= sizeof mark - 1 && !strcmp(s + n - (sizeof mark - 1), mark);
}

/* Loads the statement that begins with *line, which grows by the lines it needs. */
static int load_statement(struct prompt *p, char **line)
{
	for (;;) {
		int status = load(p, *line);
		if (!incomplete(p, status)) return status;
		char *more = read_line(p, false);
		if (!more) return status;
		char *whole = join(*line, "\n", more);
		free(more);
		if (!whole) return MOON_MEMORY;
		free(*line);
		*line = whole;
	}
}

/* Reads, loads and keeps in the history one statement: its function is pushed. false: the input is over. */
static bool next_statement(struct prompt *p, int *status)
{
	char *line = read_line(p, true);
	if (!line) return false;
	if (*line == '=') { /* as versions before 5.3 had it */
		char *whole = join("return ", line + 1, "");
		free(line);
		if (!(line = whole)) {
			*status = MOON_MEMORY;
			return true;
		}
	}
	char *value = join("return ", line, "");
	*status = value ? load(p, value) : MOON_MEMORY;
	free(value);
	if (*status != MOON_OK) *status = load_statement(p, &line);
	if (*line && p->remember) p->remember(line);
	free(line);
	return true;
}

static void print_results(struct prompt *p, int n)
{
	moon_set(p->c, "traceback", "off");
	if (moon_call(p->c, "print", n, 0) != MOON_OK) {
		char *s = join("error calling 'print' (", moon_message(p->c), ")");
		if (s) complain(s);
		free(s);
	}
	moon_set(p->c, "traceback", "on");
}

void host_repl(moon_context *c)
{
	static const char texts[] = "local text, globals = tostring, _G\n"
	                            "return function(name)\n"
	                            "  if globals[name] ~= nil then return text(globals[name]) end\n"
	                            "end";
	struct prompt p = {.c = c};
	int status;
	moon_set_error(c, on_failure, NULL);
	if (moon_load_text(c, "=prompt", texts, sizeof texts - 1) == MOON_OK && moon_call(c, NULL, 0, 1) == MOON_OK)
		moon_keep(c, &p.text);
	if (isatty(STDIN_FILENO)) open_editor(&p);
	int base = moon_top(c);
	while (next_statement(&p, &status)) {
		if (status == MOON_OK) status = host_call(c, 0, MOON_ALL);
		if (status != MOON_OK) complain(status == MOON_MEMORY ? "not enough memory" : moon_message(c));
		else if (moon_top(c) > base) print_results(&p, moon_top(c) - base);
		moon_pop(c, moon_top(c) - base);
	}
	putchar('\n');
	fflush(stdout);
	if (p.library) dlclose(p.library);
}
