/* softmax, log_softmax over any dim, and cross entropy over the last. The mean over all labels is a
   reduction like any other; of no labels it is NaN, as PyTorch says. */
#include "kernels/denormal.h"
#include "op/run.h"
#include <math.h>
#include <string.h>

static void row_kernel(enum op op, enum dtype dt, int64_t n, void *out, const void *x)
{
	if (op == OP_softmax) {
		if (dt == F32) k_softmax_f32(1, n, out, x);
		else k_softmax_f64(1, n, out, x);
	} else {
		if (dt == F32) k_log_softmax_f32(n, out, x);
		else k_log_softmax_f64(n, out, x);
	}
}

/* Rows of a dim that is not the last are brought together in scratch and taken back. */
static bool by_copy(const struct call *c, int d)
{
	const struct tensor *a = c->in[0];
	const size_t bytes = tensor_bytes(a);
	const int64_t n = a->dim[d];
	int64_t order[MAX_RANK];
	struct tensor from = {.st = NULL}, to = {.st = NULL}, rows;
	for (int i = 0, k = 0; i < a->rank; i++)
		if (i != d) order[k++] = i;
	order[a->rank - 1] = d;
	op_shares(OP_permute, a, order, a->rank, &from);
	op_shares(OP_permute, c->out, order, a->rank, &to);
	if (!tensor_shape(&rows, (enum dtype)a->dtype, from.rank, from.dim, c->e)) return false;
	char *room = call_scratch(c, bytes);
	if (!room) return false;
	rows.data = room;
	tensor_copy(&rows, &from);
	bool ok = true;
	for (char *x = room; ok && x < room + bytes; x += n * dtype_size[a->dtype]) {
		row_kernel(c->op, (enum dtype)a->dtype, n, x, x);
		if (call_stopped(c)) ok = call_interrupt(c);
	}
	if (ok) tensor_copy(&to, &rows);
	call_drop(c, room, bytes);
	return ok;
}

bool run_softmax(const struct call *c)
{
	const struct tensor *a = c->in[0];
	struct tensor *out = c->out;
	const int d = (int)c->attr[0];
	const enum dtype dt = (enum dtype)a->dtype;
	const int64_t n = a->dim[d], size = dtype_size[dt];
	struct walk from;
	if (out->numel == 0) return true;
	if (n > 1 && out->stride[d] != 1) return by_copy(c, d);
	walk_start(&from, a, ~(1u << d));
	char *y = out->data;
	for (int64_t i = 0; i < from.count; i++, walk_next(&from), y += n * size) {
		const char *x = a->data + from.offset * size;
		if (n > 1 && a->stride[d] != 1) {
			(dt == F32 ? k_copy_4 : k_copy_8)(n, y, x, a->stride[d]);
			x = y;
		}
		row_kernel(c->op, dt, n, y, x);
		if (call_stopped(c)) return call_interrupt(c);
	}
	return true;
}

static bool label_of(const struct call *c, int64_t v, int64_t classes, int64_t *at)
{
	*at = v - 1;
	if (v >= 1 && v <= classes) return true;
	return fail(c->e, "%s: label %lld is out of range for %lld classes", op_info[c->op].name, (long long)v,
	            (long long)classes);
}

struct batch {
	const char *x;
	const int64_t *label;
	void *scratch[2];
	int64_t classes, n;
	const struct tensor *logits, *labels;
};

static bool batch_begin(const struct call *c, const struct tensor *logits, const struct tensor *labels, struct batch *b)
{
	*b = (struct batch){
	    .logits = logits, .labels = labels, .classes = logits->dim[logits->rank - 1], .n = labels->numel};
	b->x = call_packed(c, logits, &b->scratch[0]);
	if (!b->x) return false;
	b->label = call_packed(c, labels, &b->scratch[1]);
	if (b->label) return true;
	call_drop(c, b->scratch[0], tensor_bytes(logits));
	return false;
}

static void batch_end(const struct call *c, struct batch *b)
{
	call_drop(c, b->scratch[0], tensor_bytes(b->logits));
	call_drop(c, b->scratch[1], tensor_bytes(b->labels));
}

enum { TOGETHER = 4096 }; /* elements of the rows that are done in one go */

static int64_t rows_together(const struct batch *b, int64_t i)
{
	int64_t rows = b->classes < 1 || b->classes > TOGETHER ? 1 : TOGETHER / b->classes;
	return rows < b->n - i ? rows : b->n - i;
}

/* Labels in range, and nobody wants to stop: before rows i and the `rows` - 1 after it. */
static bool may_go_on(const struct call *c, const struct batch *b, int64_t i, int64_t rows)
{
	int64_t at;
	for (int64_t r = i; r < i + rows; r++)
		if (!label_of(c, b->label[r], b->classes, &at)) return false;
	return !call_stopped(c) || call_interrupt(c);
}

#define LOSSES(name, T, log_sums, sum)                                                                             \
	static bool name(const struct call *c, const struct batch *b, T *loss, T *work)                            \
	{                                                                                                          \
		T top[TOGETHER], log_sum[TOGETHER];                                                                \
		const T *x = (const void *)b->x;                                                                   \
		for (int64_t i = 0, rows; i < b->n; i += rows) {                                                   \
			rows = rows_together(b, i);                                                                \
			if (!may_go_on(c, b, i, rows)) return false;                                               \
			log_sums(rows, b->classes, work, x + i * b->classes, top, log_sum);                        \
			for (int64_t r = 0; r < rows; r++)                                                         \
				loss[i + r] = x[(i + r) * b->classes + b->label[i + r] - 1] - top[r] - log_sum[r]; \
		}                                                                                                  \
		*(T *)(void *)c->out->data = b->n ? 0 - sum(b->n, loss) / (T)b->n : (T)NAN;                        \
		return true;                                                                                       \
	}

LOSSES(losses_f32, float, k_log_sums_f32, k_sum_f32)
LOSSES(losses_f64, double, k_log_sums_f64, k_sum_f64)

bool run_cross_entropy(const struct call *c)
{
	struct batch b;
	const enum dtype dt = (enum dtype)c->in[0]->dtype;
	if (!batch_begin(c, c->in[0], c->in[1], &b)) return false;
	/* the losses of the rows, then room for the exponentials of some */
	const int64_t room = b.n + (b.n ? rows_together(&b, 0) * b.classes : 0);
	const size_t bytes = (size_t)(room + 1) * dtype_size[dt];
	void *loss = call_scratch(c, bytes);
	bool ok = loss != NULL;
	if (ok && dt == F32) ok = losses_f32(c, &b, loss, (float *)loss + b.n);
	else if (ok) ok = losses_f64(c, &b, loss, (double *)loss + b.n);
	call_drop(c, loss, bytes);
	batch_end(c, &b);
	return ok;
}

#define LOSSES_GRAD(name, T, softmax, mul)                                                       \
	static bool name(const struct call *c, const struct batch *b)                            \
	{                                                                                        \
		const T *x = (const void *)b->x, scale = *(T *)(void *)c->in[0]->data / (T)b->n; \
		T *y = (void *)c->out->data;                                                     \
		const int64_t n = b->classes;                                                    \
		for (int64_t i = 0, rows; i < b->n; i += rows) {                                 \
			rows = rows_together(b, i);                                              \
			if (!may_go_on(c, b, i, rows)) return false;                             \
			softmax(rows, n, y + i * n, x + i * n);                                  \
			for (int64_t r = i; r < i + rows; r++) y[r * n + b->label[r] - 1] -= 1;  \
			const unsigned mode = denormals_flush();                                 \
			mul(rows *n, y + i * n, y + i * n, 1, &scale, 0);                        \
			denormals_restore(mode);                                                 \
		}                                                                                \
		return true;                                                                     \
	}

LOSSES_GRAD(losses_grad_f32, float, k_softmax_f32, k_mul_f32)
LOSSES_GRAD(losses_grad_f64, double, k_softmax_f64, k_mul_f64)

/* dy / n times (softmax - 1 at the label) */
bool run_cross_entropy_grad(const struct call *c)
{
	struct batch b;
	if (c->out->numel == 0) return true;
	if (!batch_begin(c, c->in[1], c->in[2], &b)) return false;
	const bool ok = c->out->dtype == F32 ? losses_grad_f32(c, &b) : losses_grad_f64(c, &b);
	batch_end(c, &b);
	return ok;
}
