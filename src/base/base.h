/* What every folder shares: memory through one hook, errors as values, arenas,
   text buffers, growing arrays and hashing. Nothing here prints, exits or jumps. */
#ifndef BASE_BASE_H
#define BASE_BASE_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT_OF(a) (sizeof(a) / sizeof *(a))

/* mem.c: the one allocation hook of a context, with a cap and a count of bytes in use. */
typedef void *(*mem_fn)(void *ud, void *ptr, size_t osize, size_t nsize);
struct mem {
	mem_fn fn; /* like lua_Alloc: nsize 0 frees and returns NULL */
	void *ud;
	_Atomic size_t used; /* bytes handed out now */
	_Atomic size_t cap;  /* requests that would pass this fail; 0 = no cap */
};
void *mem_plain(void *ud, void *ptr, size_t osize, size_t nsize); /* the hook that is malloc and free */
void mem_init(struct mem *m, mem_fn fn, void *ud);                /* fn NULL: mem_plain */
void *mem_new(struct mem *m, size_t n);                           /* uninitialised; NULL when out of memory */
void *mem_zero(struct mem *m, size_t n);
void *mem_resize(struct mem *m, void *p, size_t osize, size_t nsize);
void mem_free(struct mem *m, void *p, size_t n); /* p may be NULL */

/* err.c: errors are values; fail() formats into e and returns false. */
enum err_kind { ERR_RUN, ERR_MEMORY, ERR_CANCEL, ERR_SYNTAX, ERR_CONVERT, ERR_STAGE };
#define ERR_PLACED (-1)
struct err {
	enum err_kind kind;
	int line; /* line of the user's file, 0 when not known here, ERR_PLACED: msg begins with file and line */
	char msg[1000];
};
bool fail(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool fail_kind(struct err *e, enum err_kind kind, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool fail_memory(struct err *e, size_t bytes); /* "not enough memory (N bytes asked for)" */

/* arena.c: memory freed all at once; blocks come from a struct mem. */
struct arena {
	struct mem *mem;
	struct arena_block *top;
	char *at, *end;
};
struct arena_mark {
	struct arena_block *top;
	char *at;
};
void arena_init(struct arena *a, struct mem *m);
void *arena_new(struct arena *a, size_t n);                 /* zeroed, 16-byte aligned; NULL when out of memory */
char *arena_copy(struct arena *a, const char *s, size_t n); /* adds a final NUL */
struct arena_mark arena_mark(struct arena *a);
void arena_release(struct arena *a, struct arena_mark m);
void arena_free(struct arena *a);

/* buf.c: growing text. A failed growth sets `bad`; later calls do nothing. */
struct buf {
	struct mem *mem;
	char *s; /* NUL-terminated once anything was put */
	size_t n, cap;
	bool bad;
};
void buf_init(struct buf *b, struct mem *m);
void buf_put(struct buf *b, const char *s, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
/* as Lua prints a float: %.14g, ".0" added when it looks like an integer; locale-free */
void buf_number(struct buf *b, double v);
void buf_float32(struct buf *b, float v); /* shortest text that reads back to the same float, ".0" added likewise */
void buf_integer(struct buf *b, int64_t v);
/* by one conversion of printf for a double, as "%8.3f" */
void buf_format_float(struct buf *b, const char *spec, double v);
void buf_format_integer(struct buf *b, const char *spec, int64_t v); /* by one conversion for an int, as "%5d" */
/* the whole of s, as strtod reads it in the C locale; needs no final NUL */
bool text_double(struct mem *m, const char *s, size_t n, double *v);
void buf_clear(struct buf *b);
void buf_free(struct buf *b);

/* hash.c */
uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);

/* A typed growing array: VEC(int) v; vec_push(m, &v, x) is false when out of memory. */
#define VEC(T)                   \
	struct {                 \
		T *at;           \
		uint32_t n, cap; \
	}
bool vec_grow(struct mem *m, void **at, uint32_t *cap, uint32_t need, size_t size);
#define vec_reserve(m, v, extra)                   \
	((v)->n + (uint32_t)(extra) <= (v)->cap || \
	 vec_grow(m, (void **)&(v)->at, &(v)->cap, (v)->n + (uint32_t)(extra), sizeof *(v)->at))
#define vec_push(m, v, x) (vec_reserve(m, v, 1) ? ((v)->at[(v)->n++] = (x), true) : false)
#define vec_free(m, v) (mem_free(m, (v)->at, (v)->cap * sizeof *(v)->at), (v)->at = NULL, (v)->n = (v)->cap = 0)
#endif
