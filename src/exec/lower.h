/* Making a plan: state shared by lower.c (nodes), control.c (branches, loops, moves) and
   place.c (registers and slots). Inside src/exec only. */
#ifndef EXEC_LOWER_H
#define EXEC_LOWER_H
#include "exec/plan.h"

struct preset {
	uint32_t reg;
	union word w;
};
struct lower {
	struct plan *p;
	const struct graph *g;
	struct err *e;
	struct arena scratch;
	struct live l;
	uint32_t *reg; /* by class: its register (of a list its number + 1), 0 = none yet. Register 0 is always zero */
	struct slot **slot; /* by value */
	uint32_t *origin;   /* by value: register with the number of the input a tensor is; 0 = it is none */
	VEC(struct preset) preset;
	size_t swap_off, swap_bytes; /* bytes for moves that go round in a circle */
	size_t zero_off, zero_bytes; /* bytes of values nobody set */
	uint32_t site;
	uint32_t
	    *follows;   /* by node, of updates in loops and writes: the write that is done with the update (follow.c) */
	uint32_t *home; /* by region: the top region or the function it is in */
	bool *reach;    /* by function and function: may a call of the one lead to a call of the other? */
	uint32_t *number; /* by function's region: its number */
	uint32_t *entry;  /* by function: where its code begins */
	ref *still;       /* by value: see live_analyse */
	struct lent {
		uint32_t to, from;
	} * lent; /* lists that changed places for the call being lowered */
	uint32_t nlent;
};
/* How a list is moved: nobody needs it where it is (TAKE), or nobody before it is given back (LEND). */
enum move_how { MOVE_COPY, MOVE_TAKE, MOVE_LEND };

/* place.c */
uint32_t place_reg(struct lower *w, ref v);          /* register of a Lua value; NO_REG without memory */
uint32_t place_const(struct lower *w, int64_t bits); /* a register that holds this and is never written */
struct slot *place_slot(struct lower *w, ref v);     /* of a tensor; NULL without memory */
uint32_t place_list(struct lower *w, ref v);         /* the number of a list; NO_REG without memory */
uint32_t place_list_like(struct lower *w, ref like); /* another list of that type */
struct slot *place_swap(struct lower *w, ref like,
                        bool another); /* where to put a tensor of this type aside; another: besides the one in use */
bool place_origins(struct lower *w);   /* which tensors may be inputs, and registers to say which */
bool place_used(const struct lower *w, ref v); /* does anything read it? */
bool place_bytes(struct lower *w);             /* gets the arena and points the slots into it */

/* lower.c */
bool lower_emit(struct lower *w, unsigned op, unsigned n, uint32_t a, uint32_t b, uint32_t c);
bool lower_region(struct lower *w, uint32_t r);

/* control.c */
bool control_if(struct lower *w, const struct node *n);
bool control_while(struct lower *w, const struct node *n);
/* to[i] = from[i], all at once. how: of the lists among them, NULL: all are copied */
bool control_move(struct lower *w, const ref *to, const ref *from, const uint8_t *how, uint32_t n);
void control_thread(struct plan *p); /* jumps to jumps */

/* follow.c: to be called where a loop begins */
bool follow_loop(struct lower *w, const struct node *loop);

/* frames.c */
bool frames_analyse(struct lower *w); /* which functions call each other */
bool frames_call(struct lower *w, uint32_t id);
bool frames_lower(struct lower *w); /* the code of the functions that the plan calls */
#endif
