/* Runs a Lua script in stock Lua, with a function that runs program texts in every mode of Moonstage:
     driver SCRIPT [ARGS]
   The script finds the globals start(list [, timeout]) -> job and finish(job) -> list of results. An item of the list
   is { text = ..., stock = boolean }; its result { eager = output, O0 = output, O2 = output, auto = output
   [, stock = output] [, bad = "crash in O2: signal 11"], longest = milliseconds of the processor, longest_mode = "O2"
   }, without the outputs that were not reached. An output ends with a line "!message" when the program failed to load
   or raised an error. Programs run in a child process that holds fresh contexts, many one after another; when one
   crashes or takes more than `timeout` seconds (10) of the processor in a mode, the rest goes on in a new child. Jobs
   that were started run side by side. */
#include "moonstage.h"
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_LIMIT ((size_t)1 << 20)

enum mode { EAGER, O0, O2, AUTO, STOCK, MODES };
static const char *const mode_name[MODES] = {"eager", "O0", "O2", "auto", "stock"};

/* What the child writes for each run: this, then `n` bytes; n is STARTED when a run starts. */
struct head {
	uint32_t item, mode, n, ms;
};
#define STARTED UINT32_MAX

struct program {
	const char *text;
	size_t n;
	bool stock;
};

/* A userdata, whose user value is the list of the texts. */
struct job {
	pid_t pid;
	int from;  /* what the child writes */
	int n, ms; /* programs, limit for each mode of one */
	struct program list[];
};
#define PIPE_SIZE (1 << 20)

struct text {
	char *s;
	size_t n, size;
};

static moon_context *context[STOCK];
static lua_State *stock_state;

static bool append(struct text *t, const char *s, size_t n)
{
	if (t->n + n > OUTPUT_LIMIT) n = OUTPUT_LIMIT - t->n;
	if (t->n + n > t->size) {
		size_t size = (t->n + n) * 2;
		char *p = realloc(t->s, size);
		if (!p) return false;
		t->s = p;
		t->size = size;
	}
	if (n) memcpy(t->s + t->n, s, n);
	t->n += n;
	return true;
}

static bool on_output(void *ud, const char *s, size_t n) { return append(ud, s, n); }

static void failure(struct text *out, const char *message)
{
	append(out, "!", 1);
	append(out, message, strlen(message));
	append(out, "\n", 1);
}

/* ---- The child ---- */

static void write_all(int fd, const void *data, size_t n)
{
	for (const char *p = data; n;) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno == EINTR) continue;
		if (k <= 0) _exit(1);
		p += k;
		n -= (size_t)k;
	}
}

static void run_staging(int mode, const struct program *p, struct text *out)
{
	moon_context *c = context[mode];
	moon_set_output(c, on_output, out);
	moon_set(c, "seed", "1");
	if (moon_run_text(c, "@fuzz.lua", p->text, p->n) != MOON_OK) failure(out, moon_message(c));
}

/* Stock Lua writes to C's stdout, which is the memory file `fd` here. */
static void run_stock(int fd, const struct program *p, struct text *out)
{
	lua_State *L = stock_state;
	char bytes[4096];
	ssize_t k;
	bool good = luaL_loadbuffer(L, p->text, p->n, "@fuzz.lua") == LUA_OK && lua_pcall(L, 0, 0, 0) == LUA_OK;
	fflush(stdout);
	lseek(fd, 0, SEEK_SET);
	while ((k = read(fd, bytes, sizeof bytes)) > 0) append(out, bytes, (size_t)k);
	if (ftruncate(fd, 0) != 0) _exit(1);
	lseek(fd, 0, SEEK_SET);
	if (!good) failure(out, luaL_tolstring(L, -1, NULL));
	lua_settop(L, 0);
}

/* SIGPROF ends the process when the time is up. Returns the milliseconds that were left of the time before. */
static int limit_time(int ms)
{
	struct itimerval t = {.it_value = {ms / 1000, (ms % 1000) * 1000}}, before;
	setitimer(ITIMER_PROF, &t, &before);
	return (int)(before.it_value.tv_sec * 1000 + before.it_value.tv_usec / 1000);
}

_Noreturn static void child(int to, const struct program *list, int from, int n, int ms)
{
	struct text out = {0};
	int fd = memfd_create("stdout", 0);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) _exit(1);
	for (int i = from; i < n; i++) {
		for (int mode = 0; mode < (list[i].stock ? MODES : STOCK); mode++) {
			struct head h = {(uint32_t)i, (uint32_t)mode, STARTED, 0};
			write_all(to, &h, sizeof h);
			out.n = 0;
			limit_time(ms);
			if (mode == STOCK) run_stock(fd, &list[i], &out);
			else run_staging(mode, &list[i], &out);
			int left = limit_time(ms);
			h.ms = left < ms ? (uint32_t)(ms - left) : 0; /* the clock may tick late */
			h.n = (uint32_t)out.n;
			write_all(to, &h, sizeof h);
			write_all(to, out.s, out.n);
		}
	}
	_exit(0);
}

/* ---- The parent ---- */

/* n bytes; false at the end of the file or, with *late, when nothing comes for `ms` milliseconds (a child that waits).
 */
static bool read_all(int fd, void *data, size_t n, int ms, bool *late)
{
	for (char *p = data; n;) {
		struct pollfd f = {.fd = fd, .events = POLLIN};
		int ready = poll(&f, 1, ms);
		if (ready < 0 && errno == EINTR) continue;
		if (ready == 0) {
			*late = true;
			return false;
		}
		ssize_t k = read(fd, p, n);
		if (k < 0 && errno == EINTR) continue;
		if (k <= 0) return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* Receives results from a child into the table on top; false when it ended before its work was done.
 *item and *mode say what ran last. */
static bool receive(lua_State *L, int from, int ms, int *item, int *mode, bool *late)
{
	struct head h;
	while (read_all(from, &h, sizeof h, ms, late)) {
		*item = (int)h.item;
		*mode = (int)h.mode;
		if (h.n == STARTED) continue;
		char *s = malloc(h.n + 1);
		if (!s || !read_all(from, s, h.n, ms, late)) {
			free(s);
			return false;
		}
		lua_rawgeti(L, -1, (int)h.item + 1);
		lua_pushlstring(L, s, h.n);
		lua_setfield(L, -2, mode_name[h.mode]);
		lua_getfield(L, -1, "longest");
		if (lua_tointeger(L, -1) <= h.ms) {
			lua_pushinteger(L, h.ms);
			lua_setfield(L, -3, "longest");
			lua_pushstring(L, mode_name[h.mode]);
			lua_setfield(L, -3, "longest_mode");
		}
		lua_pop(L, 2);
		free(s);
	}
	return !*late;
}

/* Starts a child for the items from `first` on. */
static void launch(lua_State *L, struct job *j, int first)
{
	int ends[2];
	if (pipe(ends) != 0) luaL_error(L, "no pipe: %s", strerror(errno));
	(void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE); /* so that it need not wait for us */
	fflush(NULL);
	j->pid = fork();
	if (j->pid < 0) luaL_error(L, "no process: %s", strerror(errno));
	if (j->pid == 0) {
		close(ends[0]);
		child(ends[1], j->list, first, j->n, j->ms);
	}
	close(ends[1]);
	j->from = ends[0];
}

/* Waits for the child that was started with item `first`; returns the first item that was not run. */
static int collect(lua_State *L, struct job *j, int first)
{
	int status, item = first, mode = 0;
	bool late = false;
	receive(L, j->from, j->ms > INT_MAX / 30 ? INT_MAX : j->ms * 30, &item, &mode, &late);
	close(j->from);
	if (late) kill(j->pid, SIGKILL);
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR) {}
	if (!late && WIFEXITED(status) && WEXITSTATUS(status) == 0) return j->n;
	late = late || (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF);
	lua_rawgeti(L, -1, item + 1);
	if (late) lua_pushfstring(L, "hang in %s", mode_name[mode]);
	else if (WIFSIGNALED(status)) lua_pushfstring(L, "crash in %s: signal %d", mode_name[mode], WTERMSIG(status));
	else lua_pushfstring(L, "crash in %s: exit code %d", mode_name[mode], WEXITSTATUS(status));
	lua_setfield(L, -2, "bad");
	lua_pop(L, 1);
	return item + 1;
}

static int l_start(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	int ms = (int)(luaL_optnumber(L, 2, 10) * 1000), n = (int)luaL_len(L, 1);
	struct job *j = lua_newuserdatauv(L, sizeof *j + sizeof *j->list * (size_t)n, 1);
	j->n = n;
	j->ms = ms;
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	for (int i = 0; i < n; i++) {
		lua_geti(L, 1, i + 1);
		lua_getfield(L, -1, "stock");
		j->list[i].stock = lua_toboolean(L, -1);
		lua_getfield(L, -2, "text"); /* the list keeps it alive */
		j->list[i].text = luaL_checklstring(L, -1, &j->list[i].n);
		lua_pop(L, 3);
	}
	launch(L, j, 0);
	return 1;
}

static int l_finish(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TUSERDATA);
	struct job *j = lua_touserdata(L, 1);
	lua_createtable(L, j->n, 0);
	for (int i = 0; i < j->n; i++) {
		lua_createtable(L, 0, MODES);
		lua_rawseti(L, -2, i + 1);
	}
	int next = collect(L, j, 0);
	while (next < j->n) {
		launch(L, j, next);
		next = collect(L, j, next);
	}
	return 1;
}

/* ---- Setting up ---- */

/* What every program loads is there before the first child. */
static const char preload[] = "require 'moonstage' require 'tests.fuzz.reach'";

static bool open_modes(void)
{
	/* the loops of random programs are short, their calls few: loops are unrolled in one mode, rolled in the
	   others, and in one two calls with the same numbers make a graph for them */
	static const char *const option[STOCK][4] = {
	    {"eager", "2", "8", "0"}, {"staged", "0", "8", "0"}, {"staged", "2", "3", "1"}, {"auto:0", "2", "5", "0"}};
	for (int i = 0; i < STOCK; i++) {
		/* what shows the state is no part of the programs, and always runs eagerly */
		if (moon_open(&context[i], NULL, NULL, NULL) != MOON_OK ||
		    moon_set(context[i], "memory", "512M") != MOON_OK ||
		    moon_run_text(context[i], "=driver", preload, strlen(preload)) != MOON_OK ||
		    moon_set(context[i], "mode", option[i][0]) != MOON_OK ||
		    moon_set(context[i], "level", option[i][1]) != MOON_OK ||
		    moon_set(context[i], "roll", option[i][2]) != MOON_OK ||
		    moon_set(context[i], "same", option[i][3]) != MOON_OK) {
			fprintf(stderr, "driver: %s\n", moon_message(context[i]));
			return false;
		}
	}
	lua_State *L = stock_state = luaL_newstate();
	if (!L) return false;
	luaL_openlibs(L);
	return luaL_dostring(L, "package.preload.moonstage = assert(loadfile 'tests/stub/moonstage.lua')") == LUA_OK &&
	       luaL_dostring(L, preload) == LUA_OK;
}

int main(int argc, char **argv)
{
	if (argc < 2 || !open_modes()) {
		fprintf(stderr, "usage: driver SCRIPT [ARGS], in the project's top folder\n");
		return 1;
	}
	lua_State *L = luaL_newstate();
	if (!L) return 1;
	luaL_openlibs(L);
	lua_register(L, "start", l_start);
	lua_register(L, "finish", l_finish);
	lua_createtable(L, argc, 0);
	for (int i = 1; i < argc; i++) {
		lua_pushstring(L, argv[i]);
		lua_rawseti(L, -2, i - 1);
	}
	lua_setglobal(L, "arg");
	bool good = luaL_dofile(L, argv[1]) == LUA_OK;
	if (!good) fprintf(stderr, "driver: %s\n", luaL_tolstring(L, -1, NULL));
	lua_close(L);
	lua_close(stock_state);
	for (int i = 0; i < STOCK; i++) moon_close(context[i]);
	return good ? 0 : 1;
}
