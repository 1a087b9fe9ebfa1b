/* Running one op: the door every op comes through, and the small services the ops share. */
#include "op/run.h"

static run_fn *const other[OP_COUNT] = {
    [OP_sum] = run_reduce,
    [OP_mean] = run_reduce,
    [OP_amax] = run_reduce,
    [OP_amin] = run_reduce,
    [OP_any] = run_reduce,
    [OP_all] = run_reduce,
    [OP_argmax] = run_arg,
    [OP_argmin] = run_arg,
    [OP_matmul] = run_matmul,
    [OP_reshape] = run_view,
    [OP_permute] = run_view,
    [OP_expand] = run_view,
    [OP_narrow] = run_view,
    [OP_select] = run_view,
    [OP_contiguous] = run_contiguous,
    [OP_cat] = run_cat,
    [OP_stack] = run_stack,
    [OP_pad] = run_pad,
    [OP_window] = run_view,
    [OP_window_at] = run_window_at,
    [OP_set_window] = run_set_window,
    [OP_index] = run_index,
    [OP_index_add] = run_index_add,
    [OP_index_put] = run_index_put,
    [OP_softmax] = run_softmax,
    [OP_log_softmax] = run_softmax,
    [OP_cross_entropy] = run_cross_entropy,
    [OP_cross_entropy_grad] = run_cross_entropy_grad,
    [OP_full] = run_full,
    [OP_arange] = run_arange,
    [OP_rand] = run_random,
    [OP_randn] = run_random,
    [OP_multinomial] = run_multinomial,
};

bool op_run(enum op op, struct tensor *const *in, int nin, const int64_t *attr, int nattr, struct tensor *out,
            struct op_env *env, struct err *e)
{
	const struct call c = {
	    .op = op, .nin = nin, .nattr = nattr, .in = in, .attr = attr, .out = out, .env = env, .e = e};
	if (op_info[op].flags & OF_ELEM) return run_elem(&c);
	if (other[op]) return other[op](&c);
	return fail(e, "%s is not an operation on tensors", op_info[op].name);
}

bool call_stopped(const struct call *c) { return c->env->cancel && *c->env->cancel; }
bool call_interrupt(const struct call *c) { return fail_kind(c->e, ERR_CANCEL, 0, "interrupted"); }

void *call_scratch(const struct call *c, size_t bytes)
{
	void *p = mem_new(c->env->mem, bytes);
	if (!p) fail_memory(c->e, bytes);
	return p;
}

void call_drop(const struct call *c, void *scratch, size_t bytes) { mem_free(c->env->mem, scratch, bytes); }

const void *call_packed(const struct call *c, const struct tensor *t, void **scratch)
{
	*scratch = NULL;
	if (t->contiguous) return t->data;
	struct tensor copy = *t;
	for (int64_t i = t->rank - 1, n = 1; i >= 0; n *= t->dim[i--]) copy.stride[i] = n;
	tensor_layout(&copy);
	*scratch = call_scratch(c, tensor_bytes(t));
	if (!*scratch) return NULL;
	copy.data = *scratch;
	tensor_copy(&copy, t);
	return *scratch;
}

void walk_start(struct walk *w, const struct tensor *t, unsigned mask)
{
	w->rank = 0;
	w->count = 1;
	w->offset = 0;
	for (int i = 0; i < t->rank; i++) {
		if (!(mask >> i & 1)) continue;
		w->count *= t->dim[i];
		if (t->dim[i] == 1) continue;
		if (w->rank && w->stride[w->rank - 1] == t->stride[i] * t->dim[i]) {
			w->dim[w->rank - 1] *= t->dim[i];
			w->stride[w->rank - 1] = t->stride[i];
			continue;
		}
		w->dim[w->rank] = t->dim[i];
		w->stride[w->rank] = t->stride[i];
		w->at[w->rank++] = 0;
	}
}

void walk_next(struct walk *w)
{
	for (int i = w->rank - 1; i >= 0; i--) {
		w->offset += w->stride[i];
		if (++w->at[i] < w->dim[i]) return;
		w->offset -= w->stride[i] * w->dim[i];
		w->at[i] = 0;
	}
}
