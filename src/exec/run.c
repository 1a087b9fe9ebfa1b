/* One run of a plan: inputs are checked and bound, results get fresh storage, the program
   runs, and whatever ends it early leaves nothing behind but the fault and the writes so far. */
#include <string.h>
#include "exec/plan.h"

int plan_inputs(const struct plan *p) { return (int)p->ninput; }
int plan_results(const struct plan *p) { return (int)p->nresult; }
bool plan_calls(const struct plan *p) { return p->calls; }

struct write_slot *plan_writes(struct plan *p, int *n)
{
	*n = (int)p->nwrite;
	return p->write;
}

static void forget(struct plan *p)
{
	if (p->write)
		for (uint32_t i = 0; i < p->nwrite; i++) {
			datum_release(&p->write[i].value);
			p->write[i].set = p->write[i].pending = false;
		}
	for (uint32_t i = 0; i < p->nraised; i++) datum_release(&p->raised[i]);
	p->nraised = 0;
	p->when = 0;
}

static size_t type_bytes(const struct type *t)
{
	size_t n = dtype_size[t->dtype];
	for (int i = 0; i < t->rank; i++) n *= (size_t)t->dim[i];
	return n;
}

enum { STACK_KEPT = 1 << 16 }; /* words that stay for the next run */

static void drop_stack(struct plan *p)
{
	mem_free(p->mem, p->stack, p->nstack * sizeof *p->stack);
	p->stack = NULL;
	p->nstack = 0;
}

void plan_free(struct plan *p)
{
	if (!p) return;
	struct mem *m = p->mem;
	forget(p);
	if (p->input)
		for (uint32_t i = 0; i < p->ninput; i++)
			mem_free(m, p->input[i].copy, p->input[i].copy ? type_bytes(&p->input[i].type) : 0);
	vec_free(m, &p->code);
	vec_free(m, &p->site);
	vec_free(m, &p->slot);
	vec_free(m, &p->moving);
	vec_free(m, &p->call);
	vec_free(m, &p->each);
	vec_free(m, &p->effect);
	vec_free(m, &p->frame);
	drop_stack(p);
	list_free(p);
	vec_free(m, &p->list);
	mem_free(m, p->reg, p->reg ? p->nreg * sizeof *p->reg : 0);
	mem_free(m, p->bytes, p->bytes ? p->nbytes : 0);
	buf_free(&p->out);
	arena_free(&p->arena);
	mem_free(m, p, sizeof *p);
}

static bool wrong_input(struct plan *p, uint32_t k, const struct datum *d, struct err *e)
{
	struct buf b;
	struct type have = {.kind = d->kind};
	if (d->kind == K_TENSOR && d->in) {
		have.dtype = d->in->dtype;
		have.rank = d->in->rank;
		memcpy(have.dim, d->in->dim, sizeof have.dim);
	}
	buf_init(&b, p->mem);
	buf_puts(&b, "expected ");
	type_put(&b, &p->input[k].type);
	buf_puts(&b, ", got ");
	if (d->kind == K_NONE || (d->kind == K_TENSOR && !d->in)) buf_puts(&b, "nothing");
	else type_put(&b, &have);
	fail(e, "input %u: %s", k + 1, b.bad ? "wrong type" : b.s);
	buf_free(&b);
	return false;
}

bool run_fits(const struct type *t, const struct datum *d)
{
	if (d->kind != t->kind) return false;
	if (t->kind != K_TENSOR) return true;
	return d->in && d->in->dtype == t->dtype && d->in->rank == t->rank &&
	       !memcmp(d->in->dim, t->dim, t->rank * sizeof *t->dim);
}

/* Plans are made for contiguous inputs that stay; another one is copied, into bytes kept for the next run. */
static bool straighten(struct plan *p, struct input *in, const struct tensor *t, struct err *e)
{
	size_t bytes = tensor_bytes(t);
	struct tensor flat;
	if (!in->copy && !(in->copy = mem_new(p->mem, bytes))) return fail_memory(e, bytes);
	if (!tensor_shape(&flat, t->dtype, t->rank, t->dim, e)) return false;
	flat.data = in->copy;
	tensor_copy(&flat, t);
	in->data = in->copy;
	return true;
}

static bool bind(struct plan *p, const struct datum *in, struct err *e)
{
	for (uint32_t i = 0; i < p->ninput; i++) {
		struct input *x = &p->input[i];
		if (!run_fits(&x->type, &in[i])) return wrong_input(p, i, &in[i], e);
		if (x->type.kind == K_TENSOR) {
			x->data = in[i].in->data;
			if ((!in[i].in->contiguous || in[i].moving) && !straighten(p, x, in[i].in, e)) return false;
		} else if (x->at != NO_REG) {
			p->reg[x->at] = in[i].w;
			if (x->type.kind == K_BOOL) p->reg[x->at].i = in[i].w.i != 0;
		}
	}
	for (uint32_t i = 0; i < p->nresult; i++) {
		struct result *r = &p->result[i];
		if (r->direct && !(r->st = storage_new(p->mem, type_bytes(&r->type), e))) return false;
	}
	for (uint32_t i = 0; i < p->moving.n; i++) {
		struct slot *s = p->moving.at[i];
		/* inputs are only read, the cast away of const is safe */
		s->t.data =
		    (s->place == P_INPUT ? (char *)(uintptr_t)p->input[s->which].data : p->result[s->which].st->data) +
		    s->off;
	}
	return true;
}

static bool hand_out(struct plan *p, struct datum *out, struct err *e)
{
	for (uint32_t i = 0; i < p->nresult; i++) {
		struct result *r = &p->result[i];
		if (!r->direct) {
			if (!run_out(p, &r->v, NULL, &out[i], e)) return false;
			continue;
		}
		out[i].kind = K_TENSOR;
		out[i].out = p->slot.at[r->v.at]->t;
		if (r->v.origin) out[i].alias = (int32_t)(p->reg[r->v.origin].i - 1);
		if (out[i].alias >= 0) { /* it is an input after all */
			out[i].out.data = NULL;
			continue;
		}
		out[i].out.st = r->st;
		r->st = NULL;
	}
	return true;
}

bool plan_run(struct plan *p, struct run_env *env, const struct datum *in, struct datum *out, struct fault *f)
{
	forget(p);
	f->e.kind = ERR_RUN;
	f->e.line = 0;
	f->e.msg[0] = 0;
	f->line = 0;
	f->file[0] = 0;
	f->value_number = f->raised = 0;
	f->caught = false;
	f->prefix = 0;
	f->nvalues = 0;
	f->values = NULL;
	f->stack = NULL;
	buf_init(&f->text, p->mem);
	for (uint32_t i = 0; i < p->nresult; i++) {
		out[i].kind = K_NONE;
		out[i].alias = -1;
		out[i].out.st = NULL;
	}
	bool ok = bind(p, in, &f->e) && run_program(p, env, f) && hand_out(p, out, &f->e);
	struct err late; /* of what is handed out of a run that failed already */
	if (!plan_settle(p, ok ? &f->e : &late)) {
		if (!ok) buf_free(&f->text), f->e = late, f->value_number = 0;
		ok = false;
	}
	list_free(p);
	if (p->nstack > STACK_KEPT) drop_stack(p);
	for (uint32_t i = 0; i < p->nresult; i++) {
		storage_unref(p->result[i].st);
		p->result[i].st = NULL;
		if (!ok) datum_release(&out[i]);
	}
	return ok;
}
