/* Layout: views that share bytes when strides can express them, and joining, stacking, padding. */
#include "op/run.h"
#include <string.h>

/* Strides of a reshape, dim by dim of the result against runs of the source that step as one. */
static bool reshape_strides(const struct tensor *in, struct tensor *out)
{
	if (in->contiguous) {
		for (int64_t i = out->rank - 1, n = 1; i >= 0; n *= out->dim[i--]) out->stride[i] = n;
		return true;
	}
	int o = out->rank - 1;
	int64_t step = in->stride[in->rank - 1], have = 1, given = 1;
	for (int i = in->rank - 1; i >= 0; i--) {
		have *= in->dim[i];
		if (i > 0 && (in->dim[i - 1] == 1 || in->stride[i - 1] == have * step)) continue;
		while (o >= 0 && (given < have || out->dim[o] == 1)) {
			out->stride[o] = given * step;
			given *= out->dim[o--];
		}
		if (given != have) return false;
		if (i > 0) step = in->stride[i - 1], have = given = 1;
	}
	return o < 0;
}

bool op_shares(enum op op, const struct tensor *in, const int64_t *attr, int nattr, struct tensor *out)
{
	struct tensor v = {.dtype = in->dtype, .rank = in->rank};
	int64_t first = 0;
	switch (op) {
	case OP_reshape:
		v.rank = (uint8_t)nattr;
		if (nattr) memcpy(v.dim, attr, (size_t)nattr * sizeof *attr);
		if (!reshape_strides(in, &v)) return false;
		break;
	case OP_permute:
		for (int i = 0; i < nattr; i++) {
			v.dim[i] = in->dim[attr[i]];
			v.stride[i] = in->stride[attr[i]];
		}
		break;
	case OP_expand:
		v.rank = (uint8_t)nattr;
		for (int i = 0; i < nattr; i++) {
			int own = i - (nattr - in->rank);
			v.dim[i] = attr[i];
			v.stride[i] = own < 0 || in->dim[own] == 1 ? 0 : in->stride[own];
		}
		break;
	case OP_narrow:
		memcpy(v.dim, in->dim, sizeof v.dim);
		memcpy(v.stride, in->stride, sizeof v.stride);
		v.dim[attr[0]] = attr[2];
		v.stride[attr[0]] *= attr[3];
		if (attr[2] > 0) first = in->stride[attr[0]] * attr[1];
		break;
	case OP_select:
		v.rank = 0;
		for (int i = 0; i < in->rank; i++) {
			if (i == attr[0]) continue;
			v.dim[v.rank] = in->dim[i];
			v.stride[v.rank++] = in->stride[i];
		}
		first = in->stride[attr[0]] * attr[1];
		break;
	case OP_window:
		v.rank = (uint8_t)(nattr / 2);
		for (int i = 0; i < v.rank; i++) {
			v.dim[i] = attr[1 + i];
			v.stride[i] = attr[1 + v.rank + i] * in->stride[0];
		}
		first = attr[0] * in->stride[0];
		break;
	default: return false;
	}
	tensor_layout(&v);
	v.data = in->data + first * dtype_size[in->dtype];
	v.st = out->st;
	*out = v;
	return true;
}

/* With bytes given the result is a copy; else a view. */
bool run_view(const struct call *c)
{
	struct tensor view = {.st = NULL}, flat;
	const struct tensor *in = c->in[0];
	if (!c->out->data) {
		if (op_shares(c->op, in, c->attr, c->nattr, c->out)) return true;
		return fail(c->e, "%s: the result cannot share the operand's bytes", op_info[c->op].name);
	}
	if (op_shares(c->op, in, c->attr, c->nattr, &view)) {
		tensor_copy(c->out, &view);
		return true;
	}
	/* only a reshape cannot share: the elements in order, whatever the result's shape */
	flat = *in;
	flat.data = c->out->data;
	for (int64_t i = in->rank - 1, n = 1; i >= 0; n *= in->dim[i--]) flat.stride[i] = n;
	flat.contiguous = true;
	tensor_copy(&flat, in);
	return true;
}

bool run_contiguous(const struct call *c)
{
	tensor_copy(c->out, c->in[0]);
	return true;
}

/* Puts operand i into its window of the result: `rows` rows of dim attr[0], the first at attr[1]. A packed
   operand goes there in runs; for any other the window is the view that `op` and attr describe. */
static void place(const struct call *c, int i, int64_t rows, enum op op, const int64_t *attr, int nattr)
{
	const struct tensor *in = c->in[i];
	const int64_t d = attr[0], start = attr[1];
	struct tensor part = {.st = NULL};
	if (!in->contiguous) {
		op_shares(op, c->out, attr, nattr, &part);
		tensor_copy(&part, in);
		return;
	}
	const int64_t row = c->out->stride[d] * dtype_size[in->dtype], line = row * c->out->dim[d], run = row * rows;
	char *to = c->out->data + start * row;
	const char *from = in->data, *end = from + in->numel * dtype_size[in->dtype];
	for (; from < end; from += run, to += line) memcpy(to, from, (size_t)run);
}

bool run_cat(const struct call *c)
{
	int64_t start = 0;
	for (int i = 0; i < c->nin; i++) {
		const int64_t attr[4] = {c->attr[0], start, c->in[i]->dim[c->attr[0]], 1};
		place(c, i, attr[2], OP_narrow, attr, 4);
		start += attr[2];
		if (call_stopped(c)) return call_interrupt(c);
	}
	return true;
}

bool run_stack(const struct call *c)
{
	for (int i = 0; i < c->nin; i++) {
		const int64_t attr[2] = {c->attr[0], i};
		place(c, i, 1, OP_select, attr, 2);
		if (call_stopped(c)) return call_interrupt(c);
	}
	return true;
}

bool run_pad(const struct call *c)
{
	const int64_t attr[4] = {c->attr[0], c->attr[1], c->in[0]->dim[c->attr[0]], c->attr[3]};
	struct tensor part = {.st = NULL};
	memset(c->out->data, 0, tensor_bytes(c->out));
	op_shares(OP_narrow, c->out, attr, 4, &part);
	tensor_copy(&part, c->in[0]);
	return true;
}

/* The window of `base` that starts at the offset and `at`, which the run knows; dims and strides are given. */
static bool window_of(const struct call *c, const struct tensor *base, int rank, const int64_t *dim,
                      const int64_t *stride, struct tensor *out)
{
	int64_t first = c->attr[0] + tensor_get_i(c->in[c->nin - 1], 0), last = first;
	*out = (struct tensor){.dtype = base->dtype, .rank = (uint8_t)rank};
	for (int i = 0; i < rank; i++) {
		out->dim[i] = dim[i];
		out->stride[i] = stride[i] * base->stride[0];
		last += (dim[i] - 1) * stride[i];
	}
	tensor_layout(out);
	if (out->numel && (first < 0 || last >= base->numel))
		return fail(c->e, "%s: the window lies outside of %lld elements", op_info[c->op].name,
		            (long long)base->numel);
	out->data = base->data + first * base->stride[0] * dtype_size[base->dtype];
	return true;
}

bool run_window_at(const struct call *c)
{
	struct tensor view;
	const int rank = c->nattr / 2;
	if (!window_of(c, c->in[0], rank, c->attr + 1, c->attr + 1 + rank, &view)) return false;
	if (c->out->numel) tensor_copy(c->out, &view);
	return true;
}

bool run_set_window(const struct call *c)
{
	const struct tensor *v = c->in[1];
	struct tensor view;
	if (c->out->data != c->in[0]->data) tensor_copy(c->out, c->in[0]);
	if (!window_of(c, c->out, v->rank, v->dim, c->attr + 1, &view)) return false;
	if (v->numel) tensor_copy(&view, v);
	return true;
}
