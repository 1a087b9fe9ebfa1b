/* The command line: the lua program's flags with their meaning, and ours. -e, -l and -W act in
   the order they come, so they are only checked here and carried out by host_run. */
#include "host/host.h"
#include <stdio.h>
#include <string.h>

void options_usage(bool error)
{
	static const char text[] =
	    "usage: moonstage [options] [script [args]]\n"
	    "  --eager          run ms.stage'd functions op by op (default)\n"
	    "  --staged         run them as dataflow graphs\n"
	    "  --staged=auto    run as graphs what can be, of unmarked functions too that are called with\n"
	    "                   tensors three times (auto:N: N times; auto:0: try everything at once)\n"
	    "  -O0, -O2         without, with (default) passes over the graphs; the results are the same\n"
	    "  --compare        run in every mode and report the first difference\n"
	    "  --dump=WHAT      ast, eager: print the script's tree, or its text as it runs eagerly\n"
	    "                   code, graph: run staged and print the form, or the graph, of what is staged\n"
	    "  --explain        run staged (or --staged=auto), then say on stderr which graphs were made and\n"
	    "                   why, what was staged or unrolled, what each graph reads and writes outside\n"
	    "  --seed N         seed the random numbers, math.random's too\n"
	    "  --help [NAME]    this text, or the documentation of a function\n"
	    "  --version, -v    print the version\n"
	    "  -e stat          execute string 'stat'\n"
	    "  -l mod           require library 'mod' into global 'mod'\n"
	    "  -l g=mod         require library 'mod' into global 'g'\n"
	    "  -i               enter interactive mode after executing 'script'\n"
	    "  -E               ignore environment variables\n"
	    "  -W               turn warnings on\n"
	    "  --               stop handling options\n"
	    "  -                stop handling options and execute stdin\n";
	fputs(text, error ? stderr : stdout);
}

static bool refuse(const char *option, const char *why)
{
	fprintf(stderr, why ? "moonstage: '%s' %s\n" : "moonstage: unrecognized option '%s'\n", option, why);
	options_usage(true);
	return false;
}

static bool is_count(const char *s) { return *s && strlen(s) <= 19 && strspn(s, "0123456789") == strlen(s); }

static bool is_dump(const char *s)
{
	static const char *const known[] = {"ast", "eager", "code", "graph"};
	for (int i = 0; i < 4; i++)
		if (!strcmp(s, known[i])) return true;
	return false;
}

/* --staged=auto, --staged=auto:N */
static bool is_auto(const char *s)
{
	if (strncmp(s, "--staged=auto", 13) != 0) return false;
	return !s[13] || (s[13] == ':' && is_count(s + 14) && strlen(s + 14) < 10);
}

/* A long option at argv[*i], which moves past an argument it takes. */
static bool long_option(struct options *o, int *i)
{
	const char *a = o->argv[*i], *next = *i + 1 < o->argc ? o->argv[*i + 1] : NULL;
	if (!strcmp(a, "--eager")) o->eager = true;
	else if (!strcmp(a, "--staged")) o->staged = true;
	else if (is_auto(a)) o->staged = true, o->mode = a + 9;
	else if (!strcmp(a, "--compare")) o->compare = true;
	else if (!strcmp(a, "--explain")) o->explain = true;
	else if (!strcmp(a, "--version")) o->version = true;
	else if (!strncmp(a, "--dump=", 7)) o->dump = a + 7;
	else if (!strncmp(a, "--seed=", 7)) o->seed = a + 7;
	else if (!strcmp(a, "--seed")) {
		if (!next) return refuse(a, "needs argument");
		o->seed = next;
		++*i;
	} else if (!strcmp(a, "--help")) {
		o->help = next ? next : "";
		*i += next != NULL;
	} else {
		return refuse(a, NULL);
	}
	if (o->dump && !is_dump(o->dump)) return refuse(a, "asks for an unknown form (known: ast eager code graph)");
	if (o->seed && !is_count(o->seed)) return refuse(a, "needs a non-negative integer");
	return true;
}

static bool short_option(struct options *o, int *i)
{
	const char *a = o->argv[*i];
	switch (a[1]) {
	case 'O':
		if (strcmp(a, "-O0") != 0 && strcmp(a, "-O2") != 0) return refuse(a, NULL);
		o->level = a[2] - '0';
		return true;
	case 'e': o->code = true; /* fall through */
	case 'l':
		if (a[2]) return true;
		++*i;
		if (*i < o->argc && o->argv[*i][0] != '-') return true;
		return refuse(a, "needs argument");
	case 'i': /* implies -v */
	case 'v':
	case 'E':
	case 'W':
		if (a[2]) return refuse(a, NULL);
		if (a[1] == 'i') o->interactive = true;
		if (a[1] == 'v' || a[1] == 'i') o->version = true;
		if (a[1] == 'E') o->env = false;
		return true;
	default: return refuse(a, NULL);
	}
}

bool options_parse(struct options *o, int argc, char **argv)
{
	*o = (struct options){.level = 2, .env = true, .argc = argc, .argv = argv};
	int i = 1;
	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (!(argv[i][1] == '-' ? long_option(o, &i) : short_option(o, &i))) return false;
		if (o->help) break;
	}
	o->script = i < argc ? i : argc;
	if (o->eager && o->staged) return refuse("--eager", "and --staged exclude each other");
	if (o->eager && o->explain) return refuse("--eager", "and --explain exclude each other");
	if (o->compare && (o->eager || o->staged || o->explain || o->dump))
		return refuse("--compare", "runs every mode by itself");
	if (o->compare && o->interactive) return refuse("--compare", "and -i exclude each other");
	return true;
}
