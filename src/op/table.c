/* The op table as data, types, and the door of shape inference: what every rule may take for granted
   (number and kind of operands) is checked here. */
#include "op/run.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

const struct op_info op_info[OP_COUNT] = {
#define OP(name, nin, infer, flags) [OP_##name] = {#name, nin, flags,
#define LUA(method, event) \
	method, event      \
	}                  \
	,
#include "op/ops.def"
};

static infer_fn *const rule[OP_COUNT] = {
#define OP(name, nin, infer, flags) [OP_##name] = infer_##infer,
#include "op/ops.def"
};

int op_find(const char *name)
{
	int i = 0;
	while (i < OP_COUNT && strcmp(op_info[i].name, name) != 0) i++;
	return i;
}

bool type_unknown(const struct type *t)
{
	if (t->kind != K_TENSOR && t->kind != K_LIST) return false;
	for (int i = 0; i < t->rank; i++)
		if (length_unknown(t->dim[i])) return true;
	return false;
}

int op_first_length(enum op op)
{
	switch (op) {
	case OP_reshape:
	case OP_expand:
	case OP_list_stack:
	case OP_length: return 0;
	case OP_full:
	case OP_rand:
	case OP_randn:
	case OP_select:
	case OP_narrow:
	case OP_pad: return 1;
	case OP_list_new: return 2;
	case OP_arange: return 3;
	default: return INT_MAX;
	}
}

bool type_equal(const struct type *a, const struct type *b)
{
	if (a->kind != b->kind || (a->kind == K_LIST && a->elem != b->elem)) return false;
	if ((a->kind == K_LIST ? a->elem : a->kind) != K_TENSOR) return true;
	if (a->dtype != b->dtype || a->rank != b->rank) return false;
	for (int i = 0; i < a->rank; i++)
		if (a->dim[i] != b->dim[i]) return false;
	return true;
}

void type_put(struct buf *b, const struct type *t)
{
	static const char *const kinds[] = {"none", "tensor", "int", "float", "bool"};
	if (t->kind == K_LIST) {
		struct type elem = type_elem(t);
		buf_puts(b, "list[");
		type_put(b, &elem);
		buf_putc(b, ']');
	} else if (t->kind == K_TENSOR) {
		buf_puts(b, dtype_name[t->dtype]);
		shape_put(b, t->rank, t->dim);
	} else {
		buf_puts(b, kinds[t->kind]);
	}
}

bool infer_fail(const struct infer *f, const char *fmt, ...)
{
	char text[800];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return fail(f->e, "%s: %s", op_info[f->op].name, text);
}

bool infer_attrs(const struct infer *f, int least)
{
	return f->nattr >= least || infer_fail(f, "needs %d attribute words, not %d", least, f->nattr);
}

bool infer_dim(const struct infer *f, int64_t dim, int rank)
{
	if (dim >= 0 && dim < rank) return true;
	return infer_fail(f, "dim %lld is out of range for a tensor of %d dims", one_based(dim), rank);
}

bool infer_shape(const struct infer *f, enum dtype dt, int rank, const int64_t *dim)
{
	struct tensor t;
	struct err low;
	int64_t known[MAX_RANK] = {0}; /* the product of unknown lengths is checked once they are known */
	for (int i = 0; i < rank && i < MAX_RANK; i++) known[i] = length_unknown(dim[i]) ? 1 : dim[i];
	if (!tensor_shape(&t, dt, rank, known, &low)) {
		infer_fail(f, "%s", low.msg);
		f->e->kind = low.kind;
		return false;
	}
	f->out->kind = K_TENSOR;
	f->out->dtype = (uint8_t)dt;
	f->out->rank = (uint8_t)rank;
	for (int i = 0; i < rank; i++) f->out->dim[i] = dim[i];
	return true;
}

bool op_infer(enum op op, const struct type *in, int nin, const int64_t *attr, int nattr, struct type *out, int *nout,
              struct err *e)
{
	const struct infer f = {.op = op, .in = in, .nin = nin, .nattr = nattr, .attr = attr, .out = out, .e = e};
	const struct op_info *info = &op_info[op];
	*nout = 1;
	if (info->nin >= 0 && nin != info->nin)
		return infer_fail(&f, "takes %d operand%s, not %d", info->nin, info->nin == 1 ? "" : "s", nin);
	if (!(info->flags & (OF_LUA | OF_CONTROL | OF_LIST)) && op != OP_lift)
		for (int i = 0; i < nin; i++)
			if (in[i].kind != K_TENSOR) return infer_fail(&f, "operand %d is not a tensor", i + 1);
	return rule[op](&f);
}
