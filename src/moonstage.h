/* moonstage.h: run Lua tensor scripts from C, eagerly or staged into dataflow graphs.

   Rules that hold for every function here:
   - A context is used by one thread at a time (moon_cancel excepted). Contexts share nothing,
     so different contexts may run on different threads at once.
   - Nothing exits, aborts, prints or installs a signal handler. Functions that can fail return
     a status: MOON_OK (0) or one of the codes below; moon_message() then has the text. Running
     out of memory is a status like the others, at every step.
   - Text is UTF-8 or plain bytes; `const char *` parameters end with a NUL byte and are copied.
     Pointers to a context must not be NULL unless said otherwise.
   - Values live on the context's value stack. Index 1 is its bottom, -1 its top. A function that
     fails leaves the stack as it was, except that moon_call, moon_load_* and moon_run_* have
     taken their function and arguments away.
   - Dimensions are in elements, sizes of memory in bytes, tensor bytes row-major (the last
     dimension varies fastest) in the machine's byte order.

   Link with -lmoonstage (pkg-config moonstage); examples/embed.c is a whole program. */
#ifndef MOONSTAGE_H
#define MOONSTAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOON_VERSION_MAJOR 0
#define MOON_VERSION_MINOR 1
#define MOON_VERSION_PATCH 0
#define MOON_VERSION "0.1.0"

#define MOON_API __attribute__((visibility("default")))

struct lua_State;
typedef struct moon_context moon_context;

enum moon_status {
	MOON_OK,
	MOON_ERROR,    /* the script raised an error, or a call here was wrong */
	MOON_SYNTAX,   /* the text is no Lua program */
	MOON_MEMORY,   /* out of memory, or past the option "memory" */
	MOON_CANCELED, /* moon_cancel or moon_interrupt stopped the call */
	MOON_FILE,     /* a file can't be opened or read */
	MOON_WARNING   /* only given to the error callback: the text of Lua's warn() */
};

enum moon_dtype { MOON_F32, MOON_F64, MOON_I64, MOON_BOOL }; /* 4, 8, 8, 1 bytes; bool is 0 or 1 */

enum moon_type { MOON_NONE, MOON_NIL, MOON_BOOLEAN, MOON_INTEGER, MOON_NUMBER, MOON_STRING, MOON_TENSOR, MOON_OTHER };

#define MOON_MAX_RANK 8
#define MOON_ALL (-1) /* as a number of results: all there are */

/* Works as malloc, realloc and free in one: `ptr` is NULL or a block of `osize` bytes; nsize 0
   frees it and returns NULL; otherwise returns a block of nsize bytes that begins with the old
   bytes, or NULL when there is no memory (the old block then stays good). When ptr is NULL,
   osize means nothing. Called from the context's own thread, and from its worker threads. */
typedef void *(*moon_alloc_fn)(void *ud, void *ptr, size_t osize, size_t nsize);

/* Receives output of print and io.write, `n` bytes, no final NUL. Returns false when it could
   not take them; the script then gets an error. May not call back into the context. */
typedef bool (*moon_output_fn)(void *ud, const char *text, size_t n);

/* Receives each failure as it is about to be returned, and each warning: once per failed call,
   after the stack was unwound. `text` is good during the call. May not call back into the context. */
typedef void (*moon_error_fn)(void *ud, int status, const char *text);

/* Called when the library no longer uses the borrowed bytes `data`. May not call back. */
typedef void (*moon_release_fn)(void *ud, void *data);

/* ---- Contexts ---- */

/* The version of the library that runs, as opposed to MOON_VERSION: "major.minor.patch". */
MOON_API const char *moon_version(void);

/* Makes a context and stores it in *out.
   alloc  all memory of tensors, graphs and our own state comes from it, with `ud` as its first
          argument; when L is NULL, Lua's memory too. NULL: malloc and free. BLAS keeps buffers
          of its own.
   L      NULL: the context makes a Lua state with all standard libraries and owns it. Else a
          Lua 5.4 state of the caller's with the standard libraries open: the module is put into
          package.preload; load, loadfile, dofile, the searcher for Lua files, string.dump, assert,
          ipairs, tonumber, math.*, string.format, table.sort and debug.* are replaced by functions that
          take tensors too and otherwise behave the same; the value stack is L's stack, and L must be
          its main thread. A second call for the same state gives the same context.
   On failure *out is NULL (no memory for the context itself), or a context that is good only
   for moon_message and moon_close. */
MOON_API int moon_open(moon_context **out, moon_alloc_fn alloc, void *ud, struct lua_State *L);

/* Ends a context. An own Lua state is closed, every pointer got from the context becomes
   invalid, and all memory goes back. For a caller's state: callbacks are dropped and the pointer
   must not be used again; the module's memory goes when the caller closes the state. NULL is allowed. */
MOON_API void moon_close(moon_context *ctx);

/* The text of the last failure: "" when there was none. Good until the next failing call of the
   context or moon_close. NULL gives "not enough memory". */
MOON_API const char *moon_message(const moon_context *ctx);

/* Sets an option, both as text. MOON_ERROR for an unknown name (the message lists them) or value.
   mode       "eager" (default), "staged"; "auto": run as graphs what can be, of functions that nobody marked, too,
              that were called with tensors three times ("auto:N": N times; "auto:0": try everything at once)
   level      "0", "2" (default): passes over staged graphs; results are the same bits
   roll       a positive integer, "8" by default: loops over plain values that make nodes in each of so many trips
              become loops of the graph; results are the same
   same       "256" by default: after so many calls with the same numbers or lengths, where these decide conditions,
              a graph is made for them; "0": never. Results are the same
   seed       a non-negative integer: seeds the tensors' random numbers and math.random
   memory     cap on the context's bytes, a number with an optional K, M or G; "0": none.
              Default: three quarters of the machine's memory
   depth      how many calls of recursive functions a graph may have in one another, a number as for "memory".
              Default: 10000000
   traceback  "on", "off" (default): messages of failed calls end with the Lua call stack
   dump       "none" (default), "code", "graph": print each function's staged form, or its graph,
              as it is staged; must be set before the script runs
   explain    "on", "off" (default): staged functions are kept until the end, so that ms.explain() tells of all;
              must be set before the script runs
   Mode and level count for functions that ms.stage makes, and chunks that are loaded, afterwards. */
MOON_API int moon_set(moon_context *ctx, const char *name, const char *value);

/* Where print and io.write go; io.write only while io.output() is the standard output. fn NULL
   (the default): C's stdout. With a caller's Lua state: only output of staged code, and print and
   io.write stay what they are. */
MOON_API void moon_set_output(moon_context *ctx, moon_output_fn fn, void *ud);

/* A function told of every failure and warning. fn NULL (the default): none. */
MOON_API void moon_set_error(moon_context *ctx, moon_error_fn fn, void *ud);

/* Sets the global table `arg` as the lua program does: argv[i] becomes arg[i - script].
   0 <= script <= argc. */
MOON_API int moon_set_args(moon_context *ctx, int argc, const char *const *argv, int script);

/* Asks the running call, or the next one when none runs, to stop with MOON_CANCELED. From any
   thread, at any time before moon_close begins. Graphs, kernels and tensor operations notice within
   milliseconds; a loop of plain Lua without tensors does not. The request is gone once a call returned. */
MOON_API void moon_cancel(moon_context *ctx);

/* The same, also for plain Lua: the running script gets the error "interrupted!". Only from the
   thread that runs the context: from a callback, or from a signal handler on that thread
   (async-signal-safe). */
MOON_API void moon_interrupt(moon_context *ctx);

/* ---- Loading and calling ---- */

/* Push a function: the script in a file (NULL: the standard input), or in `n` bytes of text. A
   first line that begins with '#' is skipped in files. `name` is what messages call the text, by
   Lua's rule: "@file.lua", "=title", else the text itself. MOON_SYNTAX, MOON_FILE, MOON_MEMORY. */
MOON_API int moon_load_file(moon_context *ctx, const char *path);
MOON_API int moon_load_text(moon_context *ctx, const char *name, const char *text, size_t n);

/* Calls a function with the `nargs` values on top of the stack, which it takes away, and pushes
   `nresults` values (padded with nil, cut; MOON_ALL: all). `name` is a global variable or a path
   through tables ("model.step"); NULL: the function was pushed below the arguments and is taken
   away as well. A function made by ms.stage runs staged when the mode says so. */
MOON_API int moon_call(moon_context *ctx, const char *name, int nargs, int nresults);

/* Loads and calls without arguments and results. */
MOON_API int moon_run_file(moon_context *ctx, const char *path);
MOON_API int moon_run_text(moon_context *ctx, const char *name, const char *text, size_t n);

/* Pushes a string, for inspection: what = "ast" the syntax tree of the text, "eager" the text as it
   is run eagerly. MOON_SYNTAX when it is no Lua program. */
MOON_API int moon_show(moon_context *ctx, const char *what, const char *name, const char *text, size_t n);

/* Keep the value on top in *handle (> 0) and take it off the stack; push it again; let it go. A
   handle is good until moon_drop or moon_close. Handle 0 is ignored by moon_drop. */
MOON_API int moon_keep(moon_context *ctx, int *handle);
MOON_API int moon_push_kept(moon_context *ctx, int handle);
MOON_API void moon_drop(moon_context *ctx, int handle);

/* ---- Values ---- */

/* The number of values on the stack; take `n` values off the top (at most that many). */
MOON_API int moon_top(moon_context *ctx);
MOON_API void moon_pop(moon_context *ctx, int n);

/* Push a value. Strings are copied. */
MOON_API int moon_push_nil(moon_context *ctx);
MOON_API int moon_push_bool(moon_context *ctx, bool v);
MOON_API int moon_push_integer(moon_context *ctx, int64_t v);
MOON_API int moon_push_number(moon_context *ctx, double v);
MOON_API int moon_push_string(moon_context *ctx, const char *s, size_t n);

/* Push a new tensor with rank (0 to 8) dimensions dim[0..rank-1], all >= 0; dim may be NULL when
   rank is 0. `data` has as many elements as the product of the dimensions and is copied; NULL:
   the tensor is filled with zeros. */
MOON_API int moon_push_tensor(moon_context *ctx, int dtype, int rank, const int64_t *dim, const void *data);

/* The same without copying: the tensor reads and writes the caller's bytes, which must stay until
   release(ud, data) is called (once the last tensor that uses them is collected, or at the latest
   when the Lua state is closed). On failure release is not called. release may be NULL. */
MOON_API int moon_push_borrowed(moon_context *ctx, int dtype, int rank, const int64_t *dim, void *data,
                                moon_release_fn release, void *ud);

/* Push the value of a global variable or a path through tables; set a global variable or a field
   to the value on top, which is taken away; push element `i` (from 1) of the table at idx. */
MOON_API int moon_push_global(moon_context *ctx, const char *path);
MOON_API int moon_set_global(moon_context *ctx, const char *path);
MOON_API int moon_push_item(moon_context *ctx, int idx, int64_t i);
MOON_API int moon_push_field(moon_context *ctx, int idx, const char *name);

/* What a value is: enum moon_type; MOON_NONE when there is no value at idx. */
MOON_API int moon_type(moon_context *ctx, int idx);

/* Read a value into *out. MOON_ERROR when it is of another kind. Numbers and tensors of one
   element convert to each other's types when the value is exact: 3.0 is an integer, 3.5 is not.
   moon_to_bool takes Lua booleans and bool tensors. */
MOON_API int moon_to_bool(moon_context *ctx, int idx, bool *out);
MOON_API int moon_to_integer(moon_context *ctx, int idx, int64_t *out);
MOON_API int moon_to_number(moon_context *ctx, int idx, double *out);

/* The bytes of a Lua string, NUL-terminated, good while it is on the stack; *n (n may be NULL) is
   their number. NULL when the value is no string. */
MOON_API const char *moon_to_string(moon_context *ctx, int idx, size_t *n);

/* Of the tensor at idx: its enum moon_dtype, its rank, its number of elements, dimension d
   (0 <= d < rank). -1 when there is no tensor at idx, or no such dimension. */
MOON_API int moon_dtype(moon_context *ctx, int idx);
MOON_API int moon_rank(moon_context *ctx, int idx);
MOON_API int64_t moon_numel(moon_context *ctx, int idx);
MOON_API int64_t moon_dim(moon_context *ctx, int idx, int d);

/* Copy the tensor at idx out to, or in from, the caller's buffer. dtype must be the tensor's, and
   `bytes` the size of all its elements: a mismatch is MOON_ERROR and copies nothing. Writing changes
   the tensor in place, for everyone who holds it. */
MOON_API int moon_read(moon_context *ctx, int idx, int dtype, void *out, size_t bytes);
MOON_API int moon_write(moon_context *ctx, int idx, int dtype, const void *in, size_t bytes);

/* ---- As a Lua module ---- */

/* What `require "moonstage"` calls in a stock Lua 5.4: leaves the module's table on L's stack. Functions
   that ms.stage marks run staged (mode "staged"); their text is read from the file they were loaded from,
   or is the string they were loaded from. Code loaded before the module has no eager form: a comparison
   of tensors in it is an error, except in staged functions. */
MOON_API int luaopen_moonstage(struct lua_State *L);

#ifdef __cplusplus
}
#endif
#endif
