/* What a run does to the outside: printing, raising, writing, handing out values. */
#include <string.h>
#include "exec/plan.h"

/* A Lua value as a rank-0 tensor of its dtype; out of range floats give the smallest integer, as casts do. */
void run_lift(unsigned kind, union word w, struct tensor *t)
{
	bool f = kind == K_FLOAT;
	switch (t->dtype) {
	case F32: *(float *)t->data = f ? (float)w.f : (float)w.i; break;
	case F64: *(double *)t->data = f ? w.f : (double)w.i; break;
	case I64: *(int64_t *)t->data = !f ? w.i : w.f >= -0x1p63 && w.f < 0x1p63 ? (int64_t)w.f : INT64_MIN; break;
	default: *(uint8_t *)t->data = f ? w.f != 0 : w.i != 0;
	}
}

void datum_release(struct datum *d)
{
	if ((d->kind == K_TENSOR || d->kind == K_LIST) && d->out.st) {
		storage_unref(d->out.st);
		d->out.st = NULL;
		d->out.data = NULL;
	}
	d->kind = K_NONE;
}

static void put_value(struct plan *p, const struct operand *o, struct buf *b)
{
	switch (o->kind) {
	case K_INT: buf_integer(b, p->reg[o->at].i); break;
	case K_FLOAT: buf_number(b, p->reg[o->at].f); break;
	case K_BOOL: buf_puts(b, p->reg[o->at].i ? "true" : "false"); break;
	default: tensor_format(b, &p->slot.at[o->at]->t);
	}
}

static void put_formatted(struct plan *p, const char *spec, const struct operand *o, struct buf *b)
{
	if (o->kind == K_INT) buf_format_integer(b, spec, p->reg[o->at].i);
	else buf_format_float(b, spec, p->reg[o->at].f);
}

static bool put_pieces(struct plan *p, const struct effect *x, struct buf *b, struct err *e)
{
	uint32_t next = 0;
	for (uint32_t i = 0; i < x->npiece; i++) {
		if (x->piece[i] < -1) put_formatted(p, p->string[-2 - x->piece[i]].s, &x->value[next++], b);
		else if (x->piece[i] < 0) put_value(p, &x->value[next++], b);
		else buf_put(b, p->string[x->piece[i]].s, p->string[x->piece[i]].n);
	}
	return !b->bad || fail_memory(e, b->cap * 2);
}

bool run_print(struct plan *p, const struct effect *x, struct run_env *env, struct err *e)
{
	buf_clear(&p->out);
	if (!put_pieces(p, x, &p->out, e)) {
		buf_free(&p->out);
		buf_init(&p->out, p->mem);
		return false;
	}
	if (!p->out.n || !env->print || env->print(env->ud, p->out.s, p->out.n)) return true;
	return fail(e, "output failed");
}

bool run_out(struct plan *p, const struct operand *v, struct storage *reuse, struct datum *d, struct err *e)
{
	d->kind = v->kind;
	d->alias = -1;
	if (v->kind == K_LIST) return list_out(p, &p->list.at[v->at], d, e);
	if (v->kind != K_TENSOR) {
		d->w = p->reg[v->at];
		return true;
	}
	const struct tensor *t = &p->slot.at[v->at]->t;
	struct tensor *out = &d->out;
	if (v->origin) d->alias = (int32_t)(p->reg[v->origin].i - 1);
	bool own = d->alias < 0;
	if (!tensor_shape(out, t->dtype, t->rank, t->dim, e)) goto failed;
	if (own && reuse) {
		out->st = reuse;
		out->data = reuse->data;
	} else if (own && !tensor_alloc(p->mem, out, e)) {
		goto failed;
	}
	if (own) tensor_copy(out, t);
	return true;
failed:
	d->kind = K_NONE;
	d->out.st = NULL;
	return false;
}

bool run_write(struct plan *p, const struct effect *x, struct err *e)
{
	struct write_slot *s = &p->write[x->what];
	struct storage *old = s->set && s->value.kind == K_TENSOR ? s->value.out.st : NULL;
	s->set = true;
	s->when = ++p->when;
	s->constant = x->constant;
	s->pending = s->follows = false;
	if (x->constant >= 0) {
		datum_release(&s->value);
		return true;
	}
	const struct operand *v = &x->value[0];
	if (v->kind == K_LIST) {
		datum_release(&s->value);
		s->pending = true;
		s->list = v->at;
		s->changes = p->list.at[v->at].changes;
		return true;
	}
	bool fits = old && v->kind == K_TENSOR && (!v->origin || p->reg[v->origin].i == 0) &&
	            old->bytes == tensor_bytes(&p->slot.at[v->at]->t); /* a loop writes in place */
	if (!fits) datum_release(&s->value);
	if (run_out(p, v, fits ? old : NULL, &s->value, e)) return true;
	s->set = false;
	return false;
}

static bool run_read(struct plan *p, const struct effect *x, struct run_env *env, struct err *e)
{
	union word in[READ_OPERANDS], out[READ_RESULTS];
	for (uint32_t i = 0; i < x->nresult; i++) out[i].i = 0;
	for (uint32_t i = 0; i < x->nvalue; i++) in[i] = p->reg[x->value[i].at];
	if (!env->read(env->ud, x->what, in, out, e)) return false;
	for (uint32_t i = 0; i < x->nresult; i++)
		if (x->result[i].at != NO_REG) p->reg[x->result[i].at] = out[i];
	return true;
}

bool run_host(struct plan *p, const struct effect *x, struct run_env *env, struct err *e)
{
	if (x->read && env->read) return run_read(p, x, env, e);
	struct datum *in = x->data, *out = in + x->nvalue;
	if (!env->host) return fail(e, "a host call, and no host to call");
	for (uint32_t i = 0; i < x->nresult; i++) out[i].kind = K_NONE, out[i].in = NULL, out[i].w.i = 0;
	bool ok = true;
	for (uint32_t i = 0; i < x->nvalue && ok; i++) {
		const struct operand *v = &x->value[i];
		in[i].kind = v->kind;
		in[i].in = NULL;
		if (v->kind == K_TENSOR) in[i].in = &p->slot.at[v->at]->t;
		else if (v->kind == K_LIST) ok = list_out(p, &p->list.at[v->at], &in[i], e);
		else in[i].w = p->reg[v->at];
	}
	ok = ok && env->host(env->ud, x->what, in, (int)x->nvalue, x->type, out, (int)x->nresult, e);
	for (uint32_t i = 0; i < x->nvalue; i++)
		if (x->value[i].kind == K_LIST) datum_release(&in[i]);
	if (!ok) return false;
	for (uint32_t i = 0; i < x->nresult; i++) {
		const struct operand *r = &x->result[i];
		if (out[i].kind != x->type[i].kind || (out[i].kind == K_TENSOR && !run_fits(&x->type[i], &out[i])))
			return fail(e, "a host call gave a value of another type");
		if (r->at == NO_REG) continue;
		if (r->kind == K_TENSOR) tensor_copy(&p->slot.at[r->at]->t, out[i].in);
		else p->reg[r->at] = out[i].w;
	}
	return true;
}

static void position(struct plan *p, uint32_t site, struct fault *f)
{
	if (!site) return;
	const char *file = p->where[site].file;
	size_t n = strlen(file);
	if (n >= sizeof f->file) n = sizeof f->file - 1;
	memcpy(f->file, file, n);
	f->file[n] = 0;
	f->line = (uint32_t)p->where[site].line;
	f->stack = p->where[site].stack ? p->where[site].stack->s : NULL;
	f->e.line = p->where[site].line;
}

/* The message into f->e when it fits; f->text is kept when it does not, or when it holds a NUL. */
static bool settle(struct fault *f)
{
	if (f->text.bad) {
		buf_free(&f->text);
		return fail_memory(&f->e, sizeof f->e.msg);
	}
	if (f->text.n >= sizeof f->e.msg) return false;
	if (f->text.n) memcpy(f->e.msg, f->text.s, f->text.n);
	f->e.msg[f->text.n] = 0;
	if (!f->text.n || !memchr(f->text.s, 0, f->text.n)) buf_free(&f->text);
	return false;
}

/* Functions of coroutine.wrap say where they were called, the outermost first. */
static void put_wraps(struct plan *p, uint32_t wrap, struct buf *b)
{
	if (!wrap) return;
	put_wraps(p, p->where[wrap].pcall, b);
	buf_puts(b, p->where[wrap].file);
}

/* Eagerly a pcall would catch this failure, or it would close a variable, which no graph can do: it ends the run and
   says so. */
static void put_caught(struct plan *p, uint32_t site, struct fault *f, bool text)
{
	const struct place_site *at = &p->where[site], *pcall = &p->where[at->pcall];
	while (pcall != p->where && !pcall->line) pcall = &p->where[pcall->pcall];
	f->caught = pcall != p->where;
	if (f->caught && pcall->closes)
		buf_printf(
		    &f->text,
		    "%s:%d: can't stage an error that comes up when the graph runs and that would close the variable "
		    "'%s' of %s:%d; let what may fail come after its block: ",
		    at->file, at->line, pcall->closes, pcall->file, pcall->line);
	else if (f->caught)
		buf_printf(&f->text,
		           "%s:%d: can't stage an error that comes up when the graph runs and that the 'pcall' or "
		           "coroutine of %s:%d "
		           "would catch: ",
		           at->file, at->line, pcall->file, pcall->line);
	else if (text) put_wraps(p, at->pcall, &f->text);
	f->prefix = f->text.n;
}

bool run_fail(struct plan *p, uint32_t site, struct fault *f)
{
	position(p, site, f);
	if (f->e.kind == ERR_CANCEL || !f->line) return false;
	if (f->e.kind == ERR_RUN) put_caught(p, site, f, true);
	buf_printf(&f->text, "%s:%u: %s", p->where[site].file, f->line, f->e.msg);
	return settle(f);
}

bool run_raise(struct plan *p, const struct effect *x, uint32_t site, struct fault *f)
{
	position(p, site, f);
	f->raised = x->what;
	f->e.kind = ERR_RUN;
	f->e.msg[0] = 0;
	put_caught(p, site, f, !x->what);
	if (x->what && f->caught) {
		buf_puts(&f->text, "an error value that is no text");
		return settle(f);
	}
	if (x->what) {
		f->value_number = x->what;
		f->values = p->raised;
		for (uint32_t i = 0; i < x->nvalue; i++) {
			if (!run_out(p, &x->value[i], NULL, &p->raised[i], &f->e)) return false;
			f->nvalues = (int)(p->nraised = i + 1);
		}
		return false;
	}
	if (x->constant && site) buf_printf(&f->text, "%s:%u: ", p->where[site].file, f->line);
	if (put_pieces(p, x, &f->text, &f->e)) return settle(f);
	buf_free(&f->text);
	return false;
}
