/* Files of tensors. Errors name the file; a corrupt file is an error, never a crash or
   an allocation larger than the file can account for. */
#ifndef IO_IO_H
#define IO_IO_H
#include "tensor/tensor.h"

/* npy.c: one array, NumPy's format (versions 1 to 3, C and Fortran order). Read are little-endian f2 f4
   f8, i1 i2 i4 i8, u1 u2 u4 and bool; what we have no dtype for is widened to f32 or i64. */
struct npy_source {
	void *ud;
	/* Bytes read, fewer than n only at the end; -1: failed with e filled. */
	int64_t (*read)(void *ud, void *to, size_t n, struct err *e);
	uint64_t size; /* bytes there are */
};
/* fresh contiguous storage */
bool npy_read(const struct npy_source *s, struct mem *m, struct tensor *out, struct err *e);
void npy_header(struct buf *b, const struct tensor *t); /* what precedes the bytes of a contiguous tensor */
enum { IO_PATH = 4096 };
/* the file a new one replaces: behind links, and none but a regular one */
bool io_target(const char *path, char real[IO_PATH], struct err *e);
/* replaces path only when all went well */
bool npy_save(struct mem *m, const char *path, const struct tensor *t, struct err *e);

/* npz.c: many arrays in a zip archive. Memory inside libzip is its own, not struct mem's. */
struct npz_reader;
struct npz_entry {
	const char *name; /* without .npy; valid until the next call; NULL: there are no more */
	struct tensor t;  /* the caller owns t.st */
};
/* a plain .npy file will do: one entry named "" */
struct npz_reader *npz_open(struct mem *m, const char *path, struct err *e);
bool npz_is_lone(const struct npz_reader *r);                            /* it is a .npy file */
bool npz_next(struct npz_reader *r, struct npz_entry *x, struct err *e); /* entries in the order of the file */
/* the bytes of a member that is no array; arrays are skipped by npz_next when not named *.npy */
bool npz_text(struct npz_reader *r, const char *name, struct buf *out, bool *found, struct err *e);
void npz_close(struct npz_reader *r);

struct npz_writer;
struct npz_writer *npz_create(struct mem *m, const char *path, struct err *e);
/* a contiguous tensor's bytes must stay as they are until npz_finish */
bool npz_add(struct npz_writer *w, const char *name, const struct tensor *t, struct err *e);
/* copied; no .npy is appended to the name */
bool npz_add_text(struct npz_writer *w, const char *name, const char *s, size_t n, struct err *e);
bool npz_finish(struct npz_writer *w, struct err *e); /* writes and replaces path, which stays as it was on failure */
void npz_discard(struct npz_writer *w);               /* frees it, finished or not; NULL is allowed */
#endif
