/* Types of lists, and of the results of the ops on them. */
#include <string.h>
#include "op/run.h"

struct type type_elem(const struct type *list)
{
	struct type t = *list;
	t.kind = list->elem;
	t.elem = 0;
	return t;
}

struct type type_list(const struct type *elem)
{
	struct type t = *elem;
	t.kind = K_LIST;
	t.elem = elem->kind;
	return t;
}

bool infer_list_new(const struct infer *f)
{
	struct type elem = {0};
	if (!infer_attrs(f, 2)) return false;
	int64_t kind = f->attr[0];
	struct infer of = *f;
	of.out = &elem;
	if (kind == K_TENSOR) {
		if (f->attr[1] < 0 || f->attr[1] >= DTYPE_COUNT) return infer_fail(f, "no such dtype");
		if (f->nattr - 2 >= MAX_RANK)
			return infer_fail(f, "elements of %d dims: at most %d", f->nattr - 2, MAX_RANK - 1);
		if (!infer_shape(&of, (enum dtype)f->attr[1], f->nattr - 2, f->attr + 2)) return false;
	} else if (kind != K_INT && kind != K_FLOAT && kind != K_BOOL) {
		return infer_fail(f, "no such kind of elements");
	}
	elem.kind = (uint8_t)kind;
	*f->out = type_list(&elem);
	return true;
}

static bool is_list(const struct infer *f) { return f->in->kind == K_LIST || infer_fail(f, "operand 1 is not a list"); }

static bool position(const struct infer *f)
{
	return is_list(f) && (f->in[1].kind == K_INT || infer_fail(f, "the position is not an integer"));
}

/* Operand i is an element; the result is the list. */
static bool holds(const struct infer *f, int i)
{
	struct type elem = type_elem(f->in);
	if (!type_equal(&elem, &f->in[i])) return infer_fail(f, "the value is of another type than the elements");
	*f->out = *f->in;
	return true;
}

bool infer_list_same(const struct infer *f) { return is_list(f) && (*f->out = *f->in, true); }

bool infer_list_len(const struct infer *f) { return is_list(f) && (*f->out = (struct type){.kind = K_INT}, true); }

bool infer_list_get(const struct infer *f) { return position(f) && (*f->out = type_elem(f->in), true); }

bool infer_list_stack(const struct infer *f)
{
	int64_t dim[MAX_RANK] = {0}, n = f->nattr == 2 ? f->attr[0] : -1;
	const int rank = f->in->rank;
	if (!infer_attrs(f, 2) || !is_list(f)) return false;
	if (f->in->elem != K_TENSOR) return infer_fail(f, "the elements are no tensors");
	const bool joined = f->attr[1] != 0;
	if (n < 1 && !length_unknown(n)) return infer_fail(f, "no such length");
	if (joined && rank == 0) return infer_fail(f, "the elements have no dims");
	memcpy(dim + !joined, f->in->dim, (size_t)rank * sizeof *dim);
	dim[0] = n;
	if (joined && !length_mul(n, f->in->dim[0], dim)) return infer_fail(f, "the length is not known");
	return infer_shape(f, (enum dtype)f->in->dtype, rank + !joined, dim);
}

bool infer_list_remove(const struct infer *f) { return position(f) && (*f->out = *f->in, true); }

bool infer_list_set(const struct infer *f) { return position(f) && holds(f, 2); }

bool infer_list_push(const struct infer *f) { return is_list(f) && holds(f, 1); }
