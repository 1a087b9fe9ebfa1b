/* Graphs as text. Values are numbered in the order of printing, so two equal graphs have equal
   text whatever passes or rolled-back rounds left in their arrays. One node a line:

     %3: f32[2x3] = add %1, %2 @ file.lua:4        attributes follow as [words]
     %3: f32[?1x3] = add %1, %2                     ?1: a length that only a run knows; also ?1*2+3
     %4: float = const 0.1                         exact: decimal when it reads back, else hexadecimal
     %5: int, %6: int = while %1, %2 { param ... yield %cond, ... } do { param ... yield ... }
     print "x = ", %5, "\n"
     raise at "message ", %5     (at: with position; else "raise plain ...")     raise value 3 %5
     write 2 = %5                write 2 = constant 1

   A region ends with yield or dead. Functions follow the graph, in the order of their numbers:

     function 0 { param ... yield ... }              %3: int = call %1, %2 [0]

   parse.c reads this. */
#include <string.h>
#include "graph/graph.h"

struct printer {
	const struct graph *g;
	struct buf *b;
	uint32_t *number; /* by value */
	uint32_t count;
};

static void indent(struct printer *p, int depth)
{
	for (int i = 0; i < depth; i++) buf_puts(p->b, "  ");
}

static void quoted(struct buf *b, const char *s, size_t n)
{
	buf_putc(b, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\') buf_putc(b, '\\'), buf_putc(b, (char)c);
		else if (c == '\n') buf_puts(b, "\\n");
		else if (c == '\t') buf_puts(b, "\\t");
		else if (c < 32 || c == 127) buf_printf(b, "\\x%02x", c);
		else buf_putc(b, (char)c);
	}
	buf_putc(b, '"');
}

/* Decimal with m / 10^d == v exactly rounded when m < 2^53: then reading it back is exact in any locale. */
static bool decimal(struct buf *b, double v)
{
	static const double ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
	for (int d = 0; d < (int)COUNT_OF(ten); d++) {
		double scaled = v * ten[d];
		if (scaled >= 9007199254740992.0) return false;
		uint64_t m = (uint64_t)(scaled + 0.5), unit = (uint64_t)ten[d];
		if ((double)m / ten[d] != v) continue;
		buf_integer(b, (int64_t)(m / unit));
		buf_putc(b, '.');
		if (d == 0) buf_putc(b, '0');
		for (uint64_t rest = m % unit; d > 0; d--) {
			unit /= 10;
			buf_putc(b, (char)('0' + rest / unit));
			rest %= unit;
		}
		return true;
	}
	return false;
}

static void put_float(struct buf *b, union word w)
{
	if (w.f != w.f) {
		buf_printf(b, "nan(0x%016llx)", (unsigned long long)w.u);
		return;
	}
	if (w.u >> 63) buf_putc(b, '-');
	w.u &= ~(UINT64_C(1) << 63);
	uint64_t mantissa = w.u & ((UINT64_C(1) << 52) - 1);
	int exponent = (int)(w.u >> 52);
	if (exponent == 0x7ff) buf_puts(b, "inf");
	else if (w.u == 0) buf_puts(b, "0.0");
	else if (!decimal(b, w.f)) /* by hand: %a would follow the locale */
		buf_printf(b, "0x%d.%013llxp%d", exponent != 0, (unsigned long long)mantissa,
		           exponent ? exponent - 1023 : -1022);
}

static void put_value(struct printer *p, ref v) { buf_printf(p->b, "%%%u", v < p->g->value.n ? p->number[v] : 0); }

static void put_values(struct printer *p, const ref *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i) buf_puts(p->b, ", ");
		put_value(p, v[i]);
	}
}

static void put_defs(struct printer *p, const ref *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i) buf_puts(p->b, ", ");
		p->number[v[i]] = ++p->count;
		buf_printf(p->b, "%%%u: ", p->count);
		type_put(p->b, graph_type(p->g, v[i]));
	}
}

static void put_pieces(struct printer *p, const struct node *n, uint32_t from)
{
	uint32_t next = 0;
	for (uint32_t i = from; i < n->nattr; i++) {
		int64_t w = node_attr(p->g, n, i);
		buf_puts(p->b, i > from ? ", " : " ");
		if (w < -1) {
			buf_puts(p->b, "format ");
			quoted(p->b, p->g->string.at[-2 - w], p->g->string_len.at[-2 - w]);
			buf_putc(p->b, ' ');
		}
		if (w < 0) put_value(p, node_in(p->g, n, next++));
		else quoted(p->b, p->g->string.at[w], p->g->string_len.at[w]);
	}
}

static void put_site(struct printer *p, uint32_t id, const char *mark)
{
	if (!id) return;
	const struct site *s = &p->g->site.at[id];
	const char *name = p->g->string.at[s->file];
	size_t len = p->g->string_len.at[s->file];
	bool simple = len && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+") == len;
	buf_puts(p->b, mark);
	if (s->closes) {
		quoted(p->b, p->g->string.at[s->closes - 1], p->g->string_len.at[s->closes - 1]);
		buf_putc(p->b, ' ');
	}
	if (simple) buf_put(p->b, name, len);
	else quoted(p->b, name, len);
	buf_printf(p->b, ":%d", s->line);
	if (s->pcall) put_site(p, s->pcall, p->g->site.at[s->pcall].closes ? " close " : " pcall ");
}

static void put_const(struct printer *p, const struct node *n)
{
	union word w = {.i = node_attr(p->g, n, 0)};
	buf_putc(p->b, ' ');
	switch (graph_type(p->g, n->out)->kind) {
	case K_INT: buf_integer(p->b, w.i); break;
	case K_BOOL: buf_puts(p->b, w.i ? "true" : "false"); break;
	default: put_float(p->b, w);
	}
}

static void put_region(struct printer *p, uint32_t r, int depth);

static void put_node(struct printer *p, const struct node *n, int depth)
{
	const struct graph *g = p->g;
	indent(p, depth);
	/* The results of a node with regions are named at its head but numbered first all the same. */
	if (n->nout) {
		ref out[16];
		for (uint32_t i = 0; i < n->nout; i += COUNT_OF(out)) {
			uint32_t k = n->nout - i < COUNT_OF(out) ? n->nout - i : COUNT_OF(out);
			for (uint32_t j = 0; j < k; j++) out[j] = n->out + i + j;
			if (i) buf_puts(p->b, ", ");
			put_defs(p, out, k);
		}
		buf_puts(p->b, " = ");
	}
	buf_puts(p->b, op_info[n->op].name);
	switch (n->op) {
	case OP_const: put_const(p, n); break;
	case OP_print: put_pieces(p, n, 0); break;
	case OP_write:
		buf_printf(p->b, " %lld = ", (long long)node_attr(g, n, 0));
		if (n->nin) put_value(p, node_in(g, n, 0));
		else buf_printf(p->b, "constant %lld", (long long)node_attr(g, n, 1));
		break;
	case OP_raise:
		if (node_attr(g, n, 0)) {
			buf_printf(p->b, " value %lld", (long long)node_attr(g, n, 0));
			if (n->nin) buf_putc(p->b, ' ');
			put_values(p, g->edge.at + n->in, n->nin);
		} else {
			buf_puts(p->b, node_attr(g, n, 1) ? " at" : " plain");
			put_pieces(p, n, 2);
		}
		break;
	default:
		if (n->nin) buf_putc(p->b, ' ');
		put_values(p, g->edge.at + n->in, n->nin);
		for (uint32_t i = 0; i < n->nattr; i++) {
			int64_t w = node_attr(g, n, i);
			char text[LENGTH_TEXT];
			length_text(text, w);
			bool unknown = (int64_t)i >= op_first_length(n->op) && length_unknown(w);
			buf_puts(p->b, i ? ", " : " [");
			if (unknown) buf_puts(p->b, text);
			else buf_integer(p->b, w);
		}
		if (n->nattr) buf_putc(p->b, ']');
	}
	put_site(p, n->site, " @ ");
	if (n->sub[0]) {
		put_region(p, n->sub[0], depth);
		buf_puts(p->b, n->op == OP_if ? " else" : " do");
		put_region(p, n->sub[1], depth);
	}
	buf_putc(p->b, '\n');
}

static void put_region(struct printer *p, uint32_t r, int depth)
{
	const struct region *reg = &p->g->region.at[r];
	buf_puts(p->b, " {\n");
	if (reg->params.n) {
		indent(p, depth + 1);
		buf_puts(p->b, "param ");
		put_defs(p, reg->params.at, reg->params.n);
		buf_putc(p->b, '\n');
	}
	for (uint32_t i = reg->params.n; i < reg->nodes.n; i++)
		put_node(p, &p->g->node.at[reg->nodes.at[i]], depth + 1);
	indent(p, depth + 1);
	buf_puts(p->b, reg->dead ? "dead" : reg->yields.n ? "yield " : "yield");
	put_values(p, reg->yields.at, reg->yields.n);
	buf_putc(p->b, '\n');
	indent(p, depth);
	buf_putc(p->b, '}');
}

void graph_print(const struct graph *g, struct buf *b)
{
	size_t bytes = g->value.n * sizeof(uint32_t);
	struct printer p = {.g = g, .b = b, .number = mem_zero(g->mem, bytes)};
	if (!p.number) {
		b->bad = true;
		return;
	}
	buf_puts(b, "graph");
	put_region(&p, 1, 0);
	buf_putc(b, '\n');
	for (uint32_t i = 0; i < g->func.n; i++) {
		buf_printf(b, "function %u", i);
		put_region(&p, g->func.at[i], 0);
		buf_putc(b, '\n');
	}
	mem_free(g->mem, p.number, bytes);
}
