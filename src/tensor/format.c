/* Tensors as text. Rank 0 prints as Lua prints a number of that value; higher ranks as nested
   brackets, a row a line, elements right-aligned; above 1000 elements only 3 at each edge of a dim. */
#include "tensor/tensor.h"
#include <string.h>

enum { ELIDE_ABOVE = 1000, EDGE = 3, LINE = 80 };

struct layout {
	const struct tensor *t;
	struct buf *out, one; /* `one`: the text of an element */
	size_t width;         /* of the longest element shown; 0 while measuring */
	bool elide;
};

static void put_element(struct buf *b, enum dtype dt, const char *p)
{
	switch (dt) {
	case F32: buf_float32(b, *(const float *)(const void *)p); break;
	case F64: buf_number(b, *(const double *)(const void *)p); break;
	case I64: buf_integer(b, *(const int64_t *)(const void *)p); break;
	default: buf_puts(b, *p ? "true" : "false");
	}
}

/* -1 stands for the dots; the walk over a dim goes first..next(i).. */
static int64_t shown(const struct layout *f, int dim, int64_t i)
{
	bool cut = f->elide && f->t->dim[dim] > 2 * EDGE;
	return cut && i == EDGE - 1 ? f->t->dim[dim] - EDGE : i + 1;
}

static void measure(struct layout *f, int dim, const char *p)
{
	const struct tensor *t = f->t;
	if (dim == t->rank) {
		buf_clear(&f->one);
		put_element(&f->one, t->dtype, p);
		if (f->one.n > f->width) f->width = f->one.n;
		return;
	}
	for (int64_t i = 0; i < t->dim[dim]; i = shown(f, dim, i))
		measure(f, dim + 1, p + i * t->stride[dim] * dtype_size[t->dtype]);
}

static void spaces(struct buf *b, size_t n)
{
	while (n-- > 0) buf_putc(b, ' ');
}

static void newline(struct layout *f, int n, int indent)
{
	while (n-- > 0) buf_putc(f->out, '\n');
	spaces(f->out, (size_t)indent);
}

/* A row of numbers: broken into lines of LINE columns. */
static void put_row(struct layout *f, const char *p, int indent)
{
	const struct tensor *t = f->t;
	const int d = t->rank - 1;
	const int64_t stride = t->stride[d] * dtype_size[t->dtype];
	size_t per_line = LINE > indent + 1 ? ((size_t)LINE - (size_t)indent - 1) / (f->width + 2) : 1, count = 0;
	if (per_line == 0) per_line = 1;
	for (int64_t i = 0, last = -1; i < t->dim[d]; last = i, i = shown(f, d, i)) {
		if (i) buf_putc(f->out, ',');
		if (i && i != last + 1) {
			if (count++ % per_line == 0) newline(f, 1, indent + 1);
			else buf_putc(f->out, ' ');
			buf_puts(f->out, "...,");
		}
		if (count && count % per_line == 0) newline(f, 1, indent + 1);
		else if (i) buf_putc(f->out, ' ');
		count++;
		buf_clear(&f->one);
		put_element(&f->one, t->dtype, p + i * stride);
		spaces(f->out, f->width - f->one.n);
		buf_put(f->out, f->one.s, f->one.n);
	}
}

static void put_block(struct layout *f, int dim, const char *p, int indent)
{
	const struct tensor *t = f->t;
	buf_putc(f->out, '[');
	if (dim == t->rank - 1) {
		put_row(f, p, indent);
	} else {
		for (int64_t i = 0, last = -1; i < t->dim[dim]; last = i, i = shown(f, dim, i)) {
			if (i) {
				buf_putc(f->out, ',');
				newline(f, t->rank - 1 - dim, indent + 1);
				if (i != last + 1) {
					buf_puts(f->out, "...,");
					newline(f, t->rank - 1 - dim, indent + 1);
				}
			}
			put_block(f, dim + 1, p + i * t->stride[dim] * dtype_size[t->dtype], indent + 1);
		}
	}
	buf_putc(f->out, ']');
}

void tensor_format(struct buf *b, const struct tensor *t)
{
	if (t->rank == 0) {
		put_element(b, t->dtype, t->data);
		return;
	}
	buf_puts(b, "tensor(");
	if (t->numel == 0) {
		buf_puts(b, "[]");
		if (t->rank > 1) {
			buf_puts(b, ", shape=");
			shape_put(b, t->rank, t->dim);
		}
		if (t->dtype != F32) buf_printf(b, ", dtype=%s", dtype_name[t->dtype]);
	} else {
		struct layout f = {.t = t, .out = b, .elide = t->numel > ELIDE_ABOVE};
		buf_init(&f.one, b->mem);
		measure(&f, 0, t->data);
		put_block(&f, 0, t->data, (int)strlen("tensor("));
		if (f.one.bad) b->bad = true;
		buf_free(&f.one);
		if (t->dtype == F64) buf_puts(b, ", dtype=f64");
	}
	buf_putc(b, ')');
}
