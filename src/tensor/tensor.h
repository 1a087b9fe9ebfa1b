/* Tensors: a dtype, a shape and strides over bytes that somebody else keeps alive.
   In Lua the bytes of a small tensor lie in its userdata; in plans and results they
   lie in counted storage. Views share bytes. Nothing here knows of Lua. */
#ifndef TENSOR_TENSOR_H
#define TENSOR_TENSOR_H
#include "base/base.h"

#define MAX_RANK 8

/* A length that only a run knows, in the types and attributes of a graph; no tensor has one. It is a word beyond all
   lengths that says which of the unknown lengths it is made of, times a number, plus a number. As a length it is 2 or
   more. */
#define LENGTH_UNKNOWN (INT64_MIN + ((int64_t)1 << 50))
enum { LENGTHS_MOST = 256, LENGTH_TEXT = 24 };
struct length {
	int number; /* from 0 */
	int64_t times, plus;
};
static inline bool length_unknown(int64_t dim)
{
	return dim >= LENGTH_UNKNOWN && dim < LENGTH_UNKNOWN + ((int64_t)1 << 45);
}
struct length length_parts(int64_t dim);         /* times 0: it is known */
bool length_make(struct length l, int64_t *out); /* false: there is no word for it; times 0 gives the number */
int64_t length_number(int number);               /* the unknown length itself */
/* of lengths, known or not; false: there is no word for the result */
bool length_add(int64_t a, int64_t b, int64_t *out);
bool length_sub(int64_t a, int64_t b, int64_t *out);
bool length_mul(int64_t a, int64_t b, int64_t *out);
/* dim = atom * times, atom 1 for a known one; products of atoms are compared one by one */
int64_t length_atom(int64_t dim, int64_t *times);
int64_t length_value(int64_t dim, const int64_t *known); /* known: by number */
int length_text(char s[LENGTH_TEXT], int64_t dim);       /* "7" "?1" "?1*3-2"; returns how many characters */

enum dtype { F32, F64, I64, BOOL, DTYPE_COUNT };  /* bool: one byte, 0 or 1 */
extern const char *const dtype_name[DTYPE_COUNT]; /* "f32" "f64" "i64" "bool" */
extern const uint8_t dtype_size[DTYPE_COUNT];
bool dtype_parse(const char *s, enum dtype *out); /* also "float32" "float" "double" "int64" "long" ... */

struct storage {
	struct mem *mem;
	void *block; /* what mem gave; the struct lies in it, aligned */
	_Atomic int refs;
	size_t bytes;
	_Alignas(64) char data[];
};
struct storage *storage_new(struct mem *m, size_t bytes, struct err *e); /* one reference; bytes uninitialised */
void storage_ref(struct storage *s);
void storage_unref(struct storage *s); /* NULL is allowed */

struct tensor {
	uint8_t dtype, rank;
	bool contiguous; /* row-major without gaps; kept true to dim/stride by tensor_layout */
	int64_t numel;
	char *data;         /* first element */
	struct storage *st; /* NULL: the bytes belong to someone else (a userdata, a C caller) */
	int64_t dim[MAX_RANK];
	int64_t stride[MAX_RANK]; /* in elements; only the first `rank` of both are set */
};

/* tensor.c */
/* row-major; checks rank, negative dims, overflow; data and st NULL */
bool tensor_shape(struct tensor *t, enum dtype dt, int rank, const int64_t *dim, struct err *e);
void tensor_layout(struct tensor *t);                              /* recompute numel and contiguous */
size_t tensor_bytes(const struct tensor *t);                       /* numel * element size */
bool tensor_alloc(struct mem *m, struct tensor *t, struct err *e); /* gives a shaped tensor fresh storage */
bool tensor_same_shape(const struct tensor *a, const struct tensor *b);
/* do the stretches from first to last element meet? */
bool tensor_overlap(const struct tensor *a, const struct tensor *b);
void tensor_copy(struct tensor *dst, const struct tensor *src);     /* same shape and dtype, any strides */
enum { SHAPE_TEXT = 200 };                                          /* room for any shape's text */
char *shape_text(char s[SHAPE_TEXT], int rank, const int64_t *dim); /* the same without memory; returns s */
void shape_put(struct buf *b, int rank, const int64_t *dim);        /* "[2x3]", rank 0: "[]"; unknown lengths as ?1 */
/* false: not compatible */
bool broadcast_shape(int ra, const int64_t *da, int rb, const int64_t *db, int *rank, int64_t *dim);
double tensor_get_f(const struct tensor *t, int64_t i); /* logical row-major index, any dtype */
int64_t tensor_get_i(const struct tensor *t, int64_t i);

/* format.c: text for print; rank 0 prints as Lua prints a number of that value. */
void tensor_format(struct buf *b, const struct tensor *t);

/* random.c: Philox4x32-10; one ordered stream, each draw advances it by an amount its shape fixes. */
struct rng {
	uint64_t seed, offset;
};
void rng_seed(struct rng *r, uint64_t seed);
/* A block is one Philox counter, 4 words. f32: a block per 4 elements begun; f64: per 2. */
int64_t rng_blocks(enum dtype dt, int64_t n);
void rng_uniform(struct rng *r, struct tensor *out); /* [0,1); f32 or f64, contiguous */
void rng_normal(struct rng *r, struct tensor *out);
double rng_double(struct rng *r); /* one uniform double; advances by one block */
#endif
