/* The moonstage program: what the lua program does, on a context. The first Ctrl-C stops the
   script with an error and a traceback, the second kills. */
#include "host/host.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static moon_context *signal_target; /* a signal handler has no other way to it */

void host_message(const char *text)
{
	fprintf(stderr, "moonstage: %s\n", text);
	fflush(stderr);
}

static void on_failure(void *ud, int status, const char *text)
{
	(void)ud;
	if (status != MOON_WARNING) {
		host_message(text);
		return;
	}
	fprintf(stderr, "Lua warning: %s\n", text);
	fflush(stderr);
}

static void on_interrupt(int sig)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigaction(sig, &dfl, NULL);
	moon_interrupt(signal_target);
}

int host_call(moon_context *c, int nargs, int nresults)
{
	struct sigaction act = {.sa_handler = on_interrupt}, dfl = {.sa_handler = SIG_DFL};
	signal_target = c;
	sigaction(SIGINT, &act, NULL);
	int status = moon_call(c, NULL, nargs, nresults);
	sigaction(SIGINT, &dfl, NULL);
	return status;
}

static bool call(moon_context *c, int nargs, int nresults) { return host_call(c, nargs, nresults) == MOON_OK; }

static bool run_text(moon_context *c, const char *name, const char *text)
{
	return moon_load_text(c, name, text, strlen(text)) == MOON_OK && call(c, 0, 0);
}

/* -l mod, -l global=mod */
static bool run_library(moon_context *c, const char *spec)
{
	char name[256];
	const char *eq = strchr(spec, '='), *mod = eq ? eq + 1 : spec;
	size_t n = eq ? (size_t)(eq - spec) : strlen(spec);
	if (n >= sizeof name) {
		host_message("the name after -l is too long");
		return false;
	}
	memcpy(name, spec, n);
	name[n] = 0;
	return moon_push_global(c, "require") == MOON_OK && moon_push_string(c, mod, strlen(mod)) == MOON_OK &&
	       call(c, 1, 1) && moon_set_global(c, name) == MOON_OK;
}

static bool run_init(moon_context *c)
{
	const char *name = "LUA_INIT_5_4", *init = getenv(name);
	if (!init) init = getenv(name = "LUA_INIT");
	if (!init) return true;
	if (*init == '@') return moon_load_file(c, init + 1) == MOON_OK && call(c, 0, 0);
	return run_text(c, name[8] ? "=LUA_INIT_5_4" : "=LUA_INIT", init);
}

/* The options that act, in their order. */
static bool run_options(moon_context *c, const struct options *o)
{
	for (int i = 1; i < o->script; i++) {
		const char *a = o->argv[i];
		if (!strcmp(a, "--seed")) i++;
		if (a[1] == 'W' && !run_text(c, "=(command line)", "warn('@on')")) return false;
		if (a[1] != 'e' && a[1] != 'l') continue;
		const char *extra = a[2] ? a + 2 : o->argv[++i];
		if (!(a[1] == 'e' ? run_text(c, "=(command line)", extra) : run_library(c, extra))) return false;
	}
	return true;
}

static bool run_script(moon_context *c, const struct options *o)
{
	const char *path = o->argv[o->script];
	if (!strcmp(path, "-") && strcmp(o->argv[o->script - 1], "--") != 0) path = NULL;
	if (moon_load_file(c, path) != MOON_OK) return false;
	for (int i = o->script + 1; i < o->argc; i++)
		if (moon_push_string(c, o->argv[i], strlen(o->argv[i])) != MOON_OK) return false;
	return call(c, o->argc - o->script - 1, 0);
}

static bool set_options(moon_context *c, const struct options *o)
{
	bool traced = o->dump && (!strcmp(o->dump, "code") || !strcmp(o->dump, "graph"));
	static const char no_env[] = "debug.getregistry().LUA_NOENV = true"; /* C modules ask for it */
	if (!o->env && moon_run_text(c, "=-E", no_env, sizeof no_env - 1) != MOON_OK) return false;
	const char *mode = o->mode ? o->mode : o->staged || o->explain || traced ? "staged" : "eager";
	return moon_set(c, "mode", mode) == MOON_OK && moon_set(c, "traceback", "on") == MOON_OK &&
	       moon_set(c, "level", o->level ? "2" : "0") == MOON_OK &&
	       (!o->explain || moon_set(c, "explain", "on") == MOON_OK) &&
	       (!traced || moon_set(c, "dump", o->dump) == MOON_OK) &&
	       (!o->seed || moon_set(c, "seed", o->seed) == MOON_OK) &&
	       moon_set_args(c, o->argc, (const char *const *)o->argv, o->script < o->argc ? o->script : 0) == MOON_OK;
}

/* -E: Lua reads these when it starts. They come back, scripts may ask for them. */
static moon_context *open_context(const struct options *o)
{
	static const char *const names[] = {"LUA_PATH", "LUA_PATH_5_4", "LUA_CPATH", "LUA_CPATH_5_4"};
	char *was[4] = {NULL};
	moon_context *c;
	for (int i = 0; i < 4 && !o->env; i++) {
		const char *v = getenv(names[i]);
		was[i] = v ? strdup(v) : NULL;
		unsetenv(names[i]);
	}
	int status = moon_open(&c, NULL, NULL, NULL);
	for (int i = 0; i < 4; i++) {
		if (was[i]) setenv(names[i], was[i], 1);
		free(was[i]);
	}
	if (status == MOON_OK) return c;
	host_message(moon_message(c));
	moon_close(c);
	return NULL;
}

static void print_version(void)
{
	printf("moonstage %s (Lua 5.4)\n", moon_version());
	fflush(stdout);
}

/* --explain: also after a run that failed, which it may help to understand */
static bool explain(moon_context *c)
{
	static const char text[] = "io.stderr:write(require 'moonstage'.explain(), '\\n')";
	return moon_load_text(c, "=explain", text, sizeof text - 1) == MOON_OK && moon_call(c, NULL, 0, 0) == MOON_OK;
}

int host_run(const struct options *o)
{
	if (o->version) print_version();
	moon_context *c = open_context(o);
	if (!c) return EXIT_FAILURE;
	moon_set_error(c, on_failure, NULL);
	bool good = set_options(c, o) && (!o->env || run_init(c)) && run_options(c, o);
	if (good && o->script < o->argc) good = run_script(c, o);
	bool idle = o->script == o->argc && !o->code && !o->version, terminal = idle && isatty(STDIN_FILENO);
	if (good && terminal) print_version();
	if (good && (o->interactive || terminal)) host_repl(c);
	else if (good && idle) good = moon_load_file(c, NULL) == MOON_OK && call(c, 0, 0);
	if (o->explain) good = explain(c) && good;
	moon_close(c);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- Texts instead of runs ---- */

static char *read_all(FILE *f, size_t *n)
{
	char *s = NULL;
	size_t cap = 0, got = 1;
	*n = 0;
	while (got) {
		if (cap - *n < 4096) {
			char *more = realloc(s, cap = cap * 2 + 8192);
			if (!more) return free(s), NULL;
			s = more;
		}
		*n += got = fread(s + *n, 1, cap - *n, f);
	}
	if (!ferror(f)) return s;
	free(s);
	return NULL;
}

/* --dump=ast, --dump=eager: of the script, else of the -e texts */
static bool show(moon_context *c, const struct options *o, const char *name, const char *text, size_t n)
{
	size_t len = 0;
	if (moon_show(c, o->dump, name, text, n) != MOON_OK) return false;
	const char *s = moon_to_string(c, -1, &len);
	if (s) fwrite(s, 1, len, stdout);
	if (s && len && s[len - 1] != '\n') putchar('\n');
	moon_pop(c, 1);
	return true;
}

static bool show_script(moon_context *c, const struct options *o)
{
	const char *path = o->argv[o->script];
	bool in = !strcmp(path, "-");
	char name[4096];
	FILE *f = in ? stdin : fopen(path, "rb");
	size_t n;
	char *s = f ? read_all(f, &n) : NULL;
	bool good = s != NULL;
	if (!s) {
		snprintf(name, sizeof name, "cannot %s %s: %s", f ? "read" : "open", path, strerror(errno));
		host_message(name);
	} else {
		snprintf(name, sizeof name, in ? "=stdin" : "@%s", path);
		good = show(c, o, name, s, n);
	}
	if (f && !in) fclose(f);
	free(s);
	return good;
}

static int show_all(const struct options *o)
{
	moon_context *c = open_context(o);
	if (!c) return EXIT_FAILURE;
	moon_set_error(c, on_failure, NULL);
	bool good = moon_set(c, "mode", o->mode ? o->mode : "eager") == MOON_OK;
	if (good && o->script < o->argc) {
		good = show_script(c, o);
	} else {
		for (int i = 1; i < o->script && good; i++) {
			const char *a = o->argv[i];
			if (!strcmp(a, "--seed")) i++;
			if (a[1] != 'e' && a[1] != 'l') continue;
			const char *extra = a[2] ? a + 2 : o->argv[++i];
			if (a[1] == 'e') good = show(c, o, "=(command line)", extra, strlen(extra));
		}
	}
	moon_close(c);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int help(const struct options *o)
{
	static const char text[] = "local s = require 'moonstage'.help(...) if s then print(s) end";
	if (!*o->help) return options_usage(false), EXIT_SUCCESS;
	moon_context *c = open_context(o);
	if (!c) return EXIT_FAILURE;
	moon_set_error(c, on_failure, NULL);
	bool good = moon_load_text(c, "=help", text, sizeof text - 1) == MOON_OK &&
	            moon_push_string(c, o->help, strlen(o->help)) == MOON_OK && moon_call(c, NULL, 1, 0) == MOON_OK;
	moon_close(c);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct options o;
	if (!options_parse(&o, argc, argv)) return EXIT_FAILURE;
	if (o.help) return help(&o);
	if (o.compare) return host_compare(&o);
	if (o.dump && (!strcmp(o.dump, "ast") || !strcmp(o.dump, "eager"))) return show_all(&o);
	return host_run(&o);
}
