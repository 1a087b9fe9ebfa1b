/* Rewriting as a list of edits on the original text: bytes nobody edits are copied. */
#ifndef LANG_EDIT_H
#define LANG_EDIT_H
#include "base/base.h"

struct edit {
	uint32_t beg, end, seq; /* bytes [beg,end) are replaced; beg == end inserts */
	uint32_t at, len;       /* of the new text, in `text` */
};
struct edits {
	struct mem *mem;
	VEC(struct edit) list;
	struct buf text;
	bool bad; /* out of memory */
};
void edits_init(struct edits *e, struct mem *m);
void edits_free(struct edits *e);

/* Edits at one place come out in the order they were made: open outer before inner, close inner
   before outer. Replaced spans must not overlap, nor hold a line end. */
void edit_replace(struct edits *e, uint32_t beg, uint32_t end, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void edit_insert(struct edits *e, uint32_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool edits_apply(struct edits *e, const char *text, size_t len,
                 struct buf *out); /* appends to out; false: out of memory */
#endif
