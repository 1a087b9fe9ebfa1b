/* The loop that runs a plan's instructions. Lua arithmetic is done here for the common
   operations, by the same C expressions as op_lua; the rest, and every failure, goes through op_lua. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include "exec/plan.h"
#include "kernels/scalar.h"

static inline int64_t add(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
static inline int64_t sub(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
static inline int64_t mul(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }
static inline int64_t floordiv(int64_t a, int64_t b) /* b is neither 0 nor -1 */
{
	int64_t q = a / b;
	return q - ((a ^ b) < 0 && q * b != a);
}
static inline int64_t floormod(int64_t a, int64_t b)
{
	int64_t r = a % b;
	return r != 0 && (r ^ b) < 0 ? r + b : r;
}

static bool lua_op(enum op op, union word b, union word c, union word *out, struct err *e)
{
	union word in[2] = {b, c};
	return op_lua(op, in, NULL, out, e);
}

static union word item(const struct tensor *t)
{
	union word w = {0};
	switch (t->dtype) {
	case F32: w.f = *(const float *)t->data; break;
	case F64: w.f = *(const double *)t->data; break;
	case I64: w.i = *(const int64_t *)t->data; break;
	default: w.i = *(const uint8_t *)t->data != 0;
	}
	return w;
}

static size_t words(size_t bytes) { return (bytes + sizeof(union word) - 1) / sizeof(union word); }

/* Room for so many words more. */
static bool more_stack(struct plan *p, union word **sp, union word **end, size_t need, struct err *e)
{
	size_t used = (size_t)(*sp - p->stack), n = p->nstack ? 2 * p->nstack : 256;
	while (n < used + need) n *= 2;
	union word *at = mem_resize(p->mem, p->stack, p->nstack * sizeof *at, n * sizeof *at);
	if (!at) return fail_memory(e, n * sizeof *at);
	p->stack = at;
	p->nstack = n;
	*sp = at + used;
	*end = at + n;
	return true;
}

bool run_program(struct plan *p, struct run_env *env, struct fault *f)
{
	static const void *const label[X_COUNT] = {
#define X(name) [X_##name] = &&name,
	    EXEC_OPS(X)
#undef X
	};
	static const _Atomic bool never = false;
	const _Atomic bool *cancel = env->op.cancel ? env->op.cancel : &never;
	const struct ins *code = p->code.at, *i = code;
	union word *R = p->reg;
	struct slot *const *slot = p->slot.at;
	const struct call *call = p->call.at, *k;
	const struct each *each = p->each.at, *x;
	const struct effect *effect = p->effect.at;
	const struct frame *frame = p->frame.at, *saved;
	union word *sp = p->stack, *end = sp + p->nstack;
	uint64_t calls = env->calls ? env->calls : CALLS_MOST;
	struct list *list = p->list.at, *l;
	enum op lua;

#define NEXT goto *label[i->op]
#define DONE          \
	do {          \
		i++;  \
		NEXT; \
	} while (0)
#define A R[i->a]
#define B R[i->b]
#define C R[i->c]
#define POLL \
	if (__builtin_expect(atomic_load_explicit(cancel, memory_order_relaxed), 0)) goto cancelled
#define PAIR(name, test)                              \
	name##_T : i = test ? code + i->c : i + 1;    \
	NEXT;                                         \
	name##_F : i = test ? i + 1 : code + i->c;    \
	NEXT;                                         \
	L##name##_T : i = test ? code + i->c : i + 1; \
	POLL;                                         \
	NEXT;                                         \
	L##name##_F : i = test ? i + 1 : code + i->c; \
	POLL;                                         \
	NEXT;
#define DO(name, statement) \
	name:               \
	statement;          \
	DONE;
	NEXT;

	PAIR(JB, (A.i))
	PAIR(JILT, (A.i < B.i))
	PAIR(JILE, (A.i <= B.i))
	PAIR(JIEQ, (A.i == B.i))
	PAIR(JFLT, (A.f < B.f))
	PAIR(JFLE, (A.f <= B.f))
	PAIR(JFEQ, (A.f == B.f))
	PAIR(JBIT, ((A.i & B.i) == i->n))
JMP:
	i = code + i->c;
	NEXT;
LOOP:
	i = code + i->c;
	POLL;
	NEXT;
END:
	return true;
TRAP:
	fail(&f->e, "internal error: a dead end was reached");
	goto failed;
	DO(MOV, A = B)
	DO(IADD, A.i = add(B.i, C.i))
	DO(ISUB, A.i = sub(B.i, C.i))
	DO(IMUL, A.i = mul(B.i, C.i))
	DO(IDIVK, A.i = floordiv(B.i, C.i))
	DO(IMODK, A.i = floormod(B.i, C.i))
	DO(SAR, A.i = B.i >> C.i)
	DO(INEG, A.i = sub(0, B.i))
	DO(IAND, A.i = B.i & C.i)
	DO(IOR, A.i = B.i | C.i)
	DO(IXOR, A.i = B.i ^ C.i)
	DO(FADD, A.f = s_add_f64(B.f, C.f))
	DO(FSUB, A.f = B.f - C.f)
	DO(FMUL, A.f = s_mul_f64(B.f, C.f))
	DO(FDIV, A.f = B.f / C.f)
	DO(FNEG, A.f = -B.f)
	DO(FSQRT, A.f = sqrt(B.f))
	DO(FABS, A.f = fabs(B.f))
	DO(FFLOOR, A.f = floor(B.f))
	DO(ITOF, A.f = (double)B.i)
	DO(ILT, A.i = B.i < C.i)
	DO(ILE, A.i = B.i <= C.i)
	DO(IEQ, A.i = B.i == C.i)
	DO(FLT, A.i = B.f < C.f)
	DO(FLE, A.i = B.f <= C.f)
	DO(FEQ, A.i = B.f == C.f)
	DO(NOT, A.i = !B.i)
	DO(AND, A.i = B.i & C.i)
	DO(OR, A.i = B.i | C.i)
IDIV:
	if (__builtin_expect(C.u + 1 <= 1, 0)) {
		lua = OP_idiv;
		goto general;
	}
	A.i = floordiv(B.i, C.i);
	DONE;
IMOD:
	if (__builtin_expect(C.u + 1 <= 1, 0)) {
		lua = OP_imod;
		goto general;
	}
	A.i = floormod(B.i, C.i);
	DONE;
	LUA:
	lua = i->n;
general:
	if (!lua_op(lua, B, C, &A, &f->e)) goto failed;
	DONE;
CALL:
	k = &call[i->a];
	if (!op_run(k->op, k->in, k->nin, k->attr, k->nattr, k->out, &env->op, &f->e)) goto failed;
	DONE;
	DO(EACH1, x = &each[i->a]; x->k.one(x->n, x->out->data, x->in[0]->data, x->step[0]))
	DO(EACH2, x = &each[i->a]; x->k.two(x->n, x->out->data, x->in[0]->data, x->step[0], x->in[1]->data, x->step[1]))
	DO(EACH3, x = &each[i->a]; x->k.three(x->n, x->out->data, x->in[0]->data, x->step[0], x->in[1]->data,
	                                      x->step[1], x->in[2]->data, x->step[2]))
	DO(COPY, tensor_copy(&slot[i->a]->t, &slot[i->b]->t))
	DO(ITEM, A = item(&slot[i->b]->t))
	DO(LIFT, run_lift(i->n, B, &slot[i->a]->t))
PRINT:
	if (!run_print(p, &effect[i->a], env, &f->e)) goto failed;
	DONE;
WRITE:
	if (!run_write(p, &effect[i->a], &f->e)) goto failed;
	DONE;
	DO(APART, p->write[i->a].follows = false)
FOLLOW:
	if (!run_follow(p, &effect[i->a], &call[i->b], env, &f->e)) goto failed;
	DONE;
HOST:
	if (!run_host(p, &effect[i->a], env, &f->e)) goto failed;
	DONE;
SAVE:
	saved = &frame[i->a];
	if (__builtin_expect((size_t)(end - sp) < saved->words, 0) && !more_stack(p, &sp, &end, saved->words, &f->e))
		goto failed;
	for (uint32_t n = 0; n < saved->nreg; n++) *sp++ = R[saved->reg[n]];
	for (uint32_t n = 0; n < saved->nspan; n++) {
		memcpy(sp, p->base + saved->span[n].off, saved->span[n].bytes);
		sp += words(saved->span[n].bytes);
	}
	DONE;
RESTORE:
	saved = &frame[i->a];
	for (uint32_t n = saved->nspan; n-- > 0;) {
		sp -= words(saved->span[n].bytes);
		memcpy(p->base + saved->span[n].off, sp, saved->span[n].bytes);
	}
	for (uint32_t n = saved->nreg; n-- > 0;) R[saved->reg[n]] = *--sp;
	DONE;
INVOKE:
	if (__builtin_expect(sp == end, 0) && !more_stack(p, &sp, &end, 1, &f->e)) goto failed;
	if (__builtin_expect(calls-- == 0, 0)) {
		fail(&f->e, "stack overflow (more calls in one another than the option 'depth' allows)");
		goto failed;
	}
	sp++->i = i + 1 - code;
	i = code + i->c;
	POLL;
	NEXT;
RETURN:
	i = code + (--sp)->i;
	calls++;
	NEXT;
	DO(LNEW, list[i->a].n = 0; list[i->a].changes++)
	DO(LLEN, A.i = list[i->b].n)
	DO(LPOP, l = &list[i->a]; l->n -= l->n > 0; l->changes++)
LPUSH:
	l = &list[i->a];
	if (__builtin_expect(l->n == l->cap, 0) && !list_reserve(p->mem, l, &f->e)) goto failed;
	((union word *)l->at)[l->n++] = B;
	l->changes++;
	DONE;
LSET:
	l = &list[i->a];
	l->changes++;
	if (B.u - 1 < (uint64_t)l->n) {
		((union word *)l->at)[B.i - 1] = C;
	} else if (B.i == l->n + 1) {
		if (!list_reserve(p->mem, l, &f->e)) goto failed;
		((union word *)l->at)[l->n++] = C;
	}
	DONE;
LGET:
	l = &list[i->b];
	A = C.u - 1 < (uint64_t)l->n ? ((union word *)l->at)[C.i - 1] : (union word){0};
	DONE;
LINS:
	l = &list[i->a];
	if (B.u - 1 <= (uint64_t)l->n) {
		char *gap = list_open(p->mem, l, B.i - 1, &f->e);
		if (!gap) goto failed;
		*(union word *)gap = C;
	}
	DONE;
LREM:
	l = &list[i->a];
	if (B.u - 1 < (uint64_t)l->n) list_close(l, B.i - 1);
	DONE;
LCOPY:
	if (!list_copy(p->mem, &list[i->a], &list[i->b], &f->e)) goto failed;
	DONE;
	DO(LSWAP, list_swap(p, i->a, i->b))
LKEEP:
	if (!list_keep(p, i->a, i->n, &f->e)) goto failed;
	DONE;
LBACK:
	if (!list_back(p, i->a, &f->e)) goto failed;
	DONE;
LPUSHT:
	l = &list[i->a];
	if (!list_reserve(p->mem, l, &f->e)) goto failed;
	list_put(l, l->at + (size_t)l->n++ * l->each, &slot[i->b]->t);
	l->changes++;
	DONE;
LSETT:
	l = &list[i->a];
	l->changes++;
	if (B.u - 1 > (uint64_t)l->n) DONE;
	if (B.i > l->n) {
		if (!list_reserve(p->mem, l, &f->e)) goto failed;
		l->n++;
	}
	list_put(l, l->at + (size_t)(B.i - 1) * l->each, &slot[i->c]->t);
	DONE;
	DO(LGETT, list_take(&list[i->b], &slot[i->a]->t, C.u - 1 < (uint64_t)INT64_MAX ? C.i - 1 : -1))
	DO(LALL, list_all(&list[i->b], &slot[i->a]->t))
LINST:
	l = &list[i->a];
	if (B.u - 1 <= (uint64_t)l->n) {
		char *gap = list_open(p->mem, l, B.i - 1, &f->e);
		if (!gap) goto failed;
		list_put(l, gap, &slot[i->c]->t);
	}
	DONE;
RAISE:
	return run_raise(p, &effect[i->a], p->site.at[i - code], f);
cancelled:
	return fail_kind(&f->e, ERR_CANCEL, 0, "interrupted");
failed:
	return run_fail(p, p->site.at[i - code], f);
}
