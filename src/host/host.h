/* The command line program, built on moonstage.h alone. */
#ifndef HOST_HOST_H
#define HOST_HOST_H
#include "moonstage.h"

struct options {
	bool eager, staged, compare, version, env; /* env: LUA_INIT and the like count */
	bool code;                                 /* there was a -e */
	bool interactive;                          /* -i */
	bool explain;
	int level;               /* 0 or 2 */
	const char *mode;        /* of the context, when --staged=... names one; else NULL */
	const char *dump, *seed; /* NULL: none */
	const char *help;        /* NULL: none; "": the usage */
	int argc;
	char **argv;
	int script; /* index in argv; argc when there is none */
};

/* options.c */
bool options_parse(struct options *o, int argc, char **argv); /* false: usage was printed on stderr */
void options_usage(bool error);

/* main.c */
int host_run(const struct options *o); /* one run in this process; the exit code */
void host_message(const char *text);   /* "moonstage: text" on stderr */
/* moon_call of a pushed function; Ctrl-C raises an error in it */
int host_call(moon_context *c, int nargs, int nresults);

/* repl.c */
void host_repl(moon_context *c); /* reads and runs lines until the input ends; takes over the error callback */

/* compare.c */
int host_compare(const struct options *o);
#endif
