/* Constructors, random draws, and the step between Lua values and rank-0 tensors.
   The stream advances by: rand, randn: rng_blocks(dtype, elements); multinomial: one f64 draw a sample
   with replacement, one a weight without. A draw that fails leaves it where it was. */
#include "op/run.h"
#include <math.h>
#include <string.h>

enum { STRETCH = 1 << 18 }; /* elements between looks at the cancel flag; whole Philox blocks */

bool run_full(const struct call *c)
{
	const struct tensor *v = c->in[0];
	struct tensor *out = c->out;
	if (dtype_size[v->dtype] == 8) k_fill_8(out->numel, out->data, v->data);
	else if (dtype_size[v->dtype] == 4) k_fill_4(out->numel, out->data, v->data);
	else k_fill_1(out->numel, out->data, v->data);
	return true;
}

/* Element i is start + i * step, computed in f64 for both float dtypes. */
bool run_arange(const struct call *c)
{
	const int64_t n = c->out->numel;
	union word start = {.i = c->attr[1]}, step = {.i = c->attr[2]};
	void *out = c->out->data;
	if (c->out->dtype == I64)
		for (int64_t i = 0; i < n; i++) ((int64_t *)out)[i] = (int64_t)(start.u + (uint64_t)i * step.u);
	else if (c->out->dtype == F32)
		for (int64_t i = 0; i < n; i++) ((float *)out)[i] = (float)(start.f + (double)i * step.f);
	else
		for (int64_t i = 0; i < n; i++) ((double *)out)[i] = start.f + (double)i * step.f;
	return true;
}

bool run_random(const struct call *c)
{
	const struct rng before = *c->env->rng;
	struct tensor part = *c->out;
	for (int64_t at = 0; at < c->out->numel; at += STRETCH) {
		if (call_stopped(c)) {
			*c->env->rng = before;
			return call_interrupt(c);
		}
		part.data = c->out->data + at * dtype_size[part.dtype];
		part.numel = c->out->numel - at < STRETCH ? c->out->numel - at : STRETCH;
		if (c->op == OP_rand) rng_uniform(c->env->rng, &part);
		else rng_normal(c->env->rng, &part);
	}
	return true;
}

/* Running sums of a row's weights; false: the row cannot be drawn from. */
static bool row_weights(const struct call *c, const double *w, int64_t classes, int64_t count, double *sums)
{
	double total = 0;
	int64_t some = 0;
	for (int64_t i = 0; i < classes; i++) {
		if (!(w[i] >= 0 && w[i] < INFINITY)) {
			double v = w[i];
			const char *what = v != v ? "NaN" : v < 0 ? "negative" : "infinite";
			return fail(c->e, "multinomial: weight %lld is %s", (long long)i + 1, what);
		}
		total += w[i];
		sums[i] = total;
		some += w[i] > 0;
	}
	if (count == 0) return true;
	if (!(total > 0)) return fail(c->e, "multinomial: the weights are all zero");
	if (total == INFINITY) return fail(c->e, "multinomial: the weights add up to infinity");
	if (!c->attr[1] && some < count)
		return fail(c->e, "multinomial: %lld samples without replacement of %lld weights above zero",
		            (long long)count, (long long)some);
	return true;
}

/* The first class whose running sum passes u * total; classes of weight 0 are never it. */
static int64_t pick(const double *sums, int64_t classes, double u)
{
	double goal = u * sums[classes - 1];
	int64_t lo = 0, hi = classes - 1;
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		if (sums[mid] > goal) hi = mid;
		else lo = mid + 1;
	}
	while (lo > 0 && sums[lo] == sums[lo - 1]) lo--; /* rounding up to the total may end on a zero weight */
	return lo;
}

/* Without replacement: the `count` least of -log(u) / w, least first; key is used up. */
static void race(const double *w, double *key, int64_t classes, int64_t count, int64_t *out)
{
	for (int64_t i = 0; i < classes; i++) key[i] = 1 - key[i]; /* (0,1] */
	k_log_f64(classes, key, key, 1);
	for (int64_t i = 0; i < classes; i++) key[i] = w[i] > 0 ? -key[i] / w[i] : NAN;
	for (int64_t k = 0; k < count; k++) {
		int64_t best = -1;
		for (int64_t i = 0; i < classes; i++)
			if (key[i] == key[i] && (best < 0 || key[i] < key[best])) best = i;
		out[k] = best + 1;
		key[best] = NAN;
	}
}

bool run_multinomial(const struct call *c)
{
	const struct tensor *a = c->in[0];
	const int64_t classes = a->dim[a->rank - 1], count = c->attr[0], rows = classes ? a->numel / classes : 0;
	const int64_t draws = rows * (c->attr[1] ? count : classes);
	int64_t *out = (int64_t *)(void *)c->out->data;
	struct tensor w, u;
	bool ok = true;
	if (c->out->numel == 0) return true;
	if (classes == 0) return fail(c->e, "multinomial: there are no weights");
	/* one piece of scratch: the weights as f64, the running sums of all rows, the draws */
	const size_t bytes = (size_t)(2 * a->numel + draws) * sizeof(double);
	double *weight = call_scratch(c, bytes), *sums, *draw;
	if (!weight) return false;
	sums = weight + a->numel;
	draw = sums + a->numel;
	if (!tensor_shape(&w, F64, a->rank, a->dim, c->e) || !tensor_shape(&u, F64, 1, &draws, c->e)) ok = false;
	if (ok) {
		const int64_t to = F64;
		struct tensor *const in[] = {c->in[0]};
		struct call cast = {
		    .op = OP_cast, .nin = 1, .nattr = 1, .in = in, .attr = &to, .out = &w, .env = c->env, .e = c->e};
		w.data = (char *)weight;
		u.data = (char *)draw;
		ok = run_elem(&cast);
	}
	for (int64_t i = 0; ok && i < rows; i++)
		ok = row_weights(c, weight + i * classes, classes, count, sums + i * classes);
	if (ok) rng_uniform(c->env->rng, &u);
	for (int64_t i = 0; ok && i < rows; i++) {
		if (c->attr[1])
			for (int64_t k = 0; k < count; k++)
				out[i * count + k] = pick(sums + i * classes, classes, draw[i * count + k]) + 1;
		else race(weight + i * classes, draw + i * classes, classes, count, out + i * count);
		if (call_stopped(c)) ok = call_interrupt(c);
	}
	call_drop(c, weight, bytes);
	return ok;
}

void op_lift(enum kind k, union word w, struct tensor *out)
{
	const int64_t to = out->dtype;
	struct op_kernel cast;
	uint8_t b = w.i != 0;
	op_kernel(OP_cast, k == K_INT ? I64 : k == K_FLOAT ? F64 : BOOL, &to, &cast);
	cast.one(1, out->data, k == K_BOOL ? (void *)&b : (void *)&w, 1);
}

enum kind op_item(const struct tensor *t, union word *out)
{
	switch (t->dtype) {
	case I64: memcpy(&out->i, t->data, 8); return K_INT;
	case BOOL: out->i = *t->data != 0; return K_BOOL;
	default: out->f = tensor_get_f(t, 0); return K_FLOAT;
	}
}
