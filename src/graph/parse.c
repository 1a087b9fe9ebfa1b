/* Reads the text form of graphs (text.c). Nodes are made as they are written, without folding or
   sharing; types are checked by the shape rules on the way and the whole by the verifier at the
   end, so what this returns is a valid graph. Errors say the line and what was expected. */
#include <string.h>
#include "graph/graph.h"

struct parser {
	struct graph *g;
	struct err *e;
	const char *at, *end;
	int line;
	VEC(ref) value; /* by number in the text: the value, 0 = not defined */
	VEC(int64_t) word;
	VEC(ref) in;
	VEC(struct type) type;
	VEC(uint32_t) name; /* numbers of the results being defined */
	struct buf text;
};

static bool bad(struct parser *p, const char *what)
{
	char got[24] = "the end";
	size_t n = 0;
	while (p->at + n < p->end && n < sizeof got - 3 && (unsigned char)p->at[n] > 32 &&
	       (unsigned char)p->at[n] < 127)
		n++;
	if (n) {
		got[0] = '\'';
		memcpy(got + 1, p->at, n);
		got[n + 1] = '\'';
		got[n + 2] = 0;
	} else if (p->at < p->end) {
		strcpy(got, *p->at == '\n' ? "the end of the line" : "a strange character");
	}
	return fail_kind(p->e, ERR_SYNTAX, p->line, "graph text, line %d: %s expected near %s", p->line, what, got);
}

static bool wrong(struct parser *p, const char *what)
{
	return fail_kind(p->e, ERR_SYNTAX, p->line, "graph text, line %d: %s", p->line, what);
}

static bool memory(struct parser *p) { return fail_memory(p->e, 64); }

static void skip(struct parser *p, bool lines)
{
	for (; p->at < p->end; p->at++) {
		if (*p->at == '\n' && lines) p->line++;
		else if (*p->at != ' ' && *p->at != '\t' && *p->at != '\r') return;
	}
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Takes the token when it stands here; words must end where they end. */
static bool take(struct parser *p, const char *s)
{
	size_t n = strlen(s);
	skip(p, false);
	if ((size_t)(p->end - p->at) < n || memcmp(p->at, s, n)) return false;
	if (is_word(s[n - 1]) && p->at + n < p->end && is_word(p->at[n])) return false;
	p->at += n;
	return true;
}

static bool need(struct parser *p, const char *s)
{
	char what[24];
	if (take(p, s)) return true;
	what[0] = '\'';
	strcpy(what + 1, s);
	strcat(what, "'");
	return bad(p, what);
}

static bool new_line(struct parser *p)
{
	skip(p, false);
	if (p->at >= p->end || *p->at != '\n') return bad(p, "the end of the line");
	skip(p, true);
	return true;
}

static bool integer(struct parser *p, int64_t *out)
{
	skip(p, false);
	const char *s = p->at;
	bool minus = s < p->end && *s == '-';
	uint64_t v = 0, top = (uint64_t)INT64_MAX + minus;
	if (minus) s++;
	if (s >= p->end || *s < '0' || *s > '9') return bad(p, "an integer");
	for (; s < p->end && *s >= '0' && *s <= '9'; s++) {
		unsigned d = (unsigned)(*s - '0');
		if (v > (top - d) / 10) return wrong(p, "an integer out of range");
		v = v * 10 + d;
	}
	*out = (int64_t)(minus ? -v : v);
	p->at = s;
	return true;
}

/* A length: an integer, or an unknown one as ?1, ?1*3, ?1-2, ?1*3+2. */
static bool length(struct parser *p, int64_t *out)
{
	struct length l = {.times = 1};
	int64_t number;
	if (!take(p, "?")) return integer(p, out);
	if (!integer(p, &number)) return false;
	l.number = (int)(number - 1);
	if (p->at < p->end && *p->at == '*' && p->at++ && !integer(p, &l.times)) return false;
	if (p->at < p->end && (*p->at == '-' || (*p->at == '+' && p->at++)) && !integer(p, &l.plus)) return false;
	return (number >= 1 && number <= LENGTHS_MOST && l.times > 0 && length_make(l, out)) ||
	       wrong(p, "no such unknown length");
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	                              : -1;
}

static bool real(struct parser *p, union word *out)
{
	skip(p, false);
	if (take(p, "nan")) {
		uint64_t v = 0;
		int digits = 0;
		if (!need(p, "(")) return false;
		if (p->end - p->at < 2 || p->at[0] != '0' || p->at[1] != 'x') return bad(p, "'0x'");
		p->at += 2;
		for (; p->at < p->end && hex(*p->at) >= 0; p->at++, digits++) v = v << 4 | (uint64_t)hex(*p->at);
		out->u = v;
		if (digits < 1 || digits > 16 || out->f == out->f) return wrong(p, "these are not the bits of a nan");
		return need(p, ")");
	}
	const char *s = p->at;
	if (s < p->end && *s == '-') s++;
	if (p->end - s >= 3 && !memcmp(s, "inf", 3)) {
		out->f = *p->at == '-' ? -__builtin_inf() : __builtin_inf();
		p->at = s + 3;
		return true;
	}
	while (s < p->end && (is_word(*s) || *s == '.' || ((*s == '-' || *s == '+') && (s[-1] == 'p' || s[-1] == 'e'))))
		s++;
	if (s == p->at || !text_double(p->g->mem, p->at, (size_t)(s - p->at), &out->f)) return bad(p, "a float");
	p->at = s;
	return true;
}

static bool string(struct parser *p, uint32_t *id)
{
	if (!need(p, "\"")) return false;
	buf_clear(&p->text);
	for (;; p->at++) {
		if (p->at >= p->end || *p->at == '\n') return bad(p, "the end of the string");
		if (*p->at == '"') break;
		if (*p->at != '\\') {
			buf_putc(&p->text, *p->at);
			continue;
		}
		if (++p->at >= p->end) return bad(p, "an escape");
		switch (*p->at) {
		case 'n': buf_putc(&p->text, '\n'); break;
		case 't': buf_putc(&p->text, '\t'); break;
		case '"':
		case '\\': buf_putc(&p->text, *p->at); break;
		case 'x':
			if (p->end - p->at < 3 || hex(p->at[1]) < 0 || hex(p->at[2]) < 0)
				return bad(p, "two hexadecimal digits");
			buf_putc(&p->text, (char)(hex(p->at[1]) << 4 | hex(p->at[2])));
			p->at += 2;
			break;
		default: return bad(p, "an escape");
		}
	}
	p->at++;
	if (p->text.bad) return memory(p);
	*id = graph_string(p->g, p->text.n ? p->text.s : "", p->text.n, p->e);
	return *id != UINT32_MAX;
}

static bool type(struct parser *p, struct type *t)
{
	memset(t, 0, sizeof *t);
	if (take(p, "list[")) {
		struct type elem;
		if (!type(p, &elem)) return false;
		if (elem.kind == K_LIST || elem.rank == MAX_RANK) return wrong(p, "no list has such elements");
		*t = type_list(&elem);
		return need(p, "]");
	}
	if (take(p, "int")) return t->kind = K_INT, true;
	if (take(p, "float")) return t->kind = K_FLOAT, true;
	skip(p, false);
	for (int d = 0; d < DTYPE_COUNT; d++) {
		char open[16];
		strcpy(open, dtype_name[d]);
		strcat(open, "[");
		if (!take(p, open)) continue;
		t->kind = K_TENSOR;
		t->dtype = (uint8_t)d;
		if (take(p, "]")) return true;
		do {
			if (t->rank == MAX_RANK) return wrong(p, "too many dimensions");
			if (!length(p, &t->dim[t->rank])) return false;
			if (t->dim[t->rank] < 0 && !length_unknown(t->dim[t->rank]))
				return wrong(p, "a negative dimension");
			t->rank++;
			/* 'x' belongs to the word that follows it */
		} while (p->at < p->end && *p->at == 'x' && p->at++);
		return need(p, "]");
	}
	if (take(p, "bool")) return t->kind = K_BOOL, true;
	return bad(p, "a type");
}

static bool number(struct parser *p, uint32_t *n)
{
	int64_t v;
	if (!need(p, "%") || !integer(p, &v)) return false;
	if (v < 1 || v > 100000000) return wrong(p, "no such number of a value");
	*n = (uint32_t)v;
	return true;
}

/* Values in scope: those of the regions now open. */
static bool value(struct parser *p, ref *v)
{
	uint32_t n;
	if (!number(p, &n)) return false;
	*v = n < p->value.n ? p->value.at[n] : 0;
	uint32_t r = p->g->at, home = *v ? graph_node_of(p->g, *v)->region : 0;
	while (r && r != home) r = p->g->region.at[r].parent;
	if (*v && r) return true;
	return fail_kind(p->e, ERR_SYNTAX, p->line, "graph text, line %d: %%%u is not defined here", p->line, n);
}

static bool values(struct parser *p)
{
	p->in.n = 0;
	skip(p, false);
	if (p->at >= p->end || *p->at != '%') return true;
	do {
		ref v;
		if (!value(p, &v)) return false;
		if (!vec_push(p->g->mem, &p->in, v)) return memory(p);
	} while (take(p, ","));
	return true;
}

static bool define(struct parser *p, uint32_t n, ref v)
{
	struct mem *m = p->g->mem;
	if (n > p->value.n + 1000000) return wrong(p, "values must be numbered in order");
	while (p->value.n <= n)
		if (!vec_push(m, &p->value, 0)) return memory(p);
	if (p->value.at[n])
		return fail_kind(p->e, ERR_SYNTAX, p->line, "graph text, line %d: %%%u is defined twice", p->line, n);
	p->value.at[n] = v;
	return true;
}

/* %1: type, %2: type */
static bool defs(struct parser *p)
{
	p->name.n = p->type.n = 0;
	do {
		uint32_t n;
		struct type t;
		if (!number(p, &n) || !need(p, ":") || !type(p, &t)) return false;
		if (!vec_push(p->g->mem, &p->name, n) || !vec_push(p->g->mem, &p->type, t)) return memory(p);
	} while (take(p, ","));
	return true;
}

static bool pieces(struct parser *p)
{
	p->in.n = 0;
	skip(p, false);
	while (p->at < p->end && (*p->at == '"' || *p->at == '%' || *p->at == 'f')) {
		uint32_t id = 0;
		ref v;
		bool format = take(p, "format");
		if (format) skip(p, false);
		bool text = p->at < p->end && *p->at == '"';
		if (text && !string(p, &id)) return false;
		if (format) skip(p, false);
		if ((!text || format) && (!value(p, &v) || (format && !text)))
			return format && !text ? wrong(p, "a format is a string") : false;
		if ((!text || format) && !vec_push(p->g->mem, &p->in, v)) return memory(p);
		if (!vec_push(p->g->mem, &p->word, format ? -2 - (int64_t)id : text ? (int64_t)id : -1))
			return memory(p);
		if (!take(p, ",")) return true;
		skip(p, false);
	}
	return true;
}

static bool push_word(struct parser *p, int64_t w) { return vec_push(p->g->mem, &p->word, w) || memory(p); }

/* What follows the name of an op: operands and attributes, by the op's own form. */
static bool arguments(struct parser *p, enum op op)
{
	union word w = {0};
	p->word.n = p->in.n = 0;
	switch (op) {
	case OP_const:
		if (p->type.n != 1) return wrong(p, "a constant has one result");
		if (p->type.at[0].kind == K_INT     ? !integer(p, &w.i)
		    : p->type.at[0].kind == K_FLOAT ? !real(p, &w)
		                                    : false)
			return false;
		if (p->type.at[0].kind == K_TENSOR || p->type.at[0].kind == K_LIST)
			return wrong(p, "a constant is a Lua number or boolean");
		if (p->type.at[0].kind == K_BOOL && !(w.i = take(p, "true")) && !take(p, "false"))
			return bad(p, "'true' or 'false'");
		return push_word(p, w.i);
	case OP_print: return pieces(p);
	case OP_raise:
		if (take(p, "value")) return integer(p, &w.i) && push_word(p, w.i) && values(p);
		w.i = take(p, "at");
		if (!w.i && !take(p, "plain")) return bad(p, "'at', 'plain' or 'value'");
		return push_word(p, 0) && push_word(p, w.i) && pieces(p);
	case OP_write:
		if (!integer(p, &w.i) || !push_word(p, w.i) || !need(p, "=")) return false;
		if (take(p, "constant")) return integer(p, &w.i) && push_word(p, w.i);
		return push_word(p, -1) && values(p);
	default: break;
	}
	if (!values(p)) return false;
	if (!take(p, "[")) return true;
	do {
		bool unknown = (int64_t)p->word.n >= op_first_length(op);
		if (!(unknown ? length(p, &w.i) : integer(p, &w.i)) || !push_word(p, w.i)) return false;
	} while (take(p, ","));
	return need(p, "]");
}

static bool place(struct parser *p, uint32_t *id, int64_t *line)
{
	skip(p, false);
	if (p->at < p->end && *p->at == '"') {
		if (!string(p, id)) return false;
	} else {
		const char *s = p->at;
		while (p->at < p->end && *p->at != ':' && *p->at > 32) p->at++;
		if ((*id = graph_string(p->g, s, (size_t)(p->at - s), p->e)) == UINT32_MAX) return false;
	}
	if (!need(p, ":") || !integer(p, line)) return false;
	return (*line >= INT32_MIN && *line <= INT32_MAX) || wrong(p, "no such line");
}

enum { MOST_PCALLS = 200 }; /* in one another: Lua has no more */

static bool site(struct parser *p)
{
	struct {
		uint32_t file, closes;
		int64_t line;
	} at[MOST_PCALLS];
	uint32_t pcall = 0;
	int n = 0;
	p->g->line_site = 0;
	if (!take(p, "@")) return true;
	bool closes = false;
	do {
		if (n == MOST_PCALLS) return wrong(p, "too many places in one another");
		at[n].closes = 0;
		if (closes) {
			if (!string(p, &at[n].closes)) return false;
			at[n].closes++;
		}
		if (!place(p, &at[n].file, &at[n].line)) return false;
		n++;
	} while ((closes = take(p, "close")) || take(p, "pcall"));
	while (n--) {
		p->g->closes = at[n].closes;
		pcall = graph_site(p->g, at[n].file, (int)at[n].line, pcall, p->e);
		p->g->closes = 0;
		if (!pcall) return false;
	}
	return true;
}

static bool region_text(struct parser *p);

/* Results of a finished node get their names; they must have the types written. */
static bool results(struct parser *p, uint32_t id, const uint32_t *name, const struct type *t, uint32_t n)
{
	const struct node *node = &p->g->node.at[id];
	if (node->nout != n) return wrong(p, "wrong number of results");
	for (uint32_t i = 0; i < n; i++) {
		if (!type_equal(&t[i], graph_type(p->g, node->out + i))) {
			struct buf b;
			buf_init(&b, p->g->mem);
			type_put(&b, graph_type(p->g, node->out + i));
			fail_kind(p->e, ERR_SYNTAX, p->line, "graph text, line %d: %s gives %s", p->line,
			          op_info[node->op].name, b.bad ? "another type" : b.s);
			buf_free(&b);
			return false;
		}
		if (!define(p, name[i], node->out + i)) return false;
	}
	return true;
}

static bool owner_text(struct parser *p, enum op op)
{
	struct graph *g = p->g;
	struct mem *m = g->mem;
	uint32_t n = p->name.n, nin = p->in.n, sub[2], at = g->line_site;
	bool ok = false;
	/* regions inside use the parser's lists */
	uint32_t *name = mem_new(m, n * sizeof *name + 1);
	struct type *t = mem_new(m, n * sizeof *t + 1);
	ref *in = mem_new(m, nin * sizeof *in + 1);
	if (!name || !t || !in) {
		memory(p);
		goto out;
	}
	if (n) memcpy(name, p->name.at, n * sizeof *name);
	if (n) memcpy(t, p->type.at, n * sizeof *t);
	if (nin) memcpy(in, p->in.at, nin * sizeof *in);
	for (int k = 0; k < 2; k++) {
		if (k && !need(p, op == OP_if ? "else" : "do")) goto out;
		if (!(sub[k] = graph_open(g, p->e)) || !region_text(p)) goto out;
	}
	g->line_site = at;
	if (op == OP_if && nin != 1) {
		wrong(p, "an if has one condition");
		goto out;
	}
	bool made;
	if (op == OP_if) graph_if(g, in[0], sub[0], sub[1], p->e, &made);
	else graph_while(g, in, (int)nin, sub[0], sub[1], p->e, &made);
	if (!made) {
		struct err why = *p->e;
		if (why.kind == ERR_RUN) wrong(p, why.msg);
		goto out;
	}
	ok = results(p, g->node.n - 1, name, t, n);
out:
	mem_free(m, name, n * sizeof *name + 1);
	mem_free(m, t, n * sizeof *t + 1);
	mem_free(m, in, nin * sizeof *in + 1);
	return ok;
}

static bool plain_node(struct parser *p, enum op op)
{
	struct graph *g = p->g;
	struct type few[8] = {0}, out[2], *t = few;
	struct err why;
	int nout = 0;
	uint32_t id = 0, nin = p->in.n;
	const struct type *made = out;
	if (op_info[op].flags & OF_CONTROL) {
		made = p->type.at;
		nout = (int)p->type.n;
	} else {
		if (op_info[op].nin >= 0 && (int)nin != op_info[op].nin) return wrong(p, "wrong number of operands");
		if (nin > COUNT_OF(few) && !(t = mem_new(g->mem, nin * sizeof *t))) return memory(p);
		for (uint32_t i = 0; i < nin; i++) t[i] = *graph_type(g, p->in.at[i]);
		bool ok = op_infer(op, t, (int)nin, p->word.at, (int)p->word.n, out, &nout, &why);
		if (t != few) mem_free(g->mem, t, nin * sizeof *t);
		if (!ok) return wrong(p, why.msg);
	}
	id = graph_add(g, op, p->in.at, (int)nin, p->word.at, (int)p->word.n, made, nout, p->e);
	return id && results(p, id, p->name.at, p->type.at, p->name.n);
}

static bool node(struct parser *p)
{
	p->name.n = p->type.n = 0;
	skip(p, false);
	if (p->at < p->end && *p->at == '%')
		if (!defs(p) || !need(p, "=")) return false;
	skip(p, false);
	char name[32];
	size_t n = 0;
	while (p->at + n < p->end && n < sizeof name - 1 && is_word(p->at[n])) name[n] = p->at[n], n++;
	name[n] = 0;
	int op = op_find(name);
	if (!n || op == OP_COUNT || op == OP_param) return bad(p, "an operation");
	p->at += n;
	if (!arguments(p, op) || !site(p)) return false;
	if (op == OP_if || op == OP_while ? !owner_text(p, op) : !plain_node(p, op)) return false;
	return new_line(p);
}

/* { param ... nodes ... yield } of the region already open, closed at the end (but for the top). */
static bool region_text(struct parser *p)
{
	struct graph *g = p->g;
	if (!need(p, "{") || !new_line(p)) return false;
	if (take(p, "param")) {
		if (!defs(p) || !new_line(p)) return false;
		for (uint32_t i = 0; i < p->name.n; i++) {
			ref v = graph_param(g, &p->type.at[i], p->e);
			if (!v || !define(p, p->name.at[i], v)) return false;
		}
	}
	for (;;) {
		bool dead = take(p, "dead");
		if (dead || take(p, "yield")) {
			p->in.n = 0;
			if ((!dead && !values(p)) || !new_line(p) || !need(p, "}")) return false;
			int n = (int)p->in.n;
			return g->at == 1 ? graph_yield(g, p->in.at, n, dead, p->e)
			                  : graph_close(g, p->in.at, n, dead, p->e);
		}
		if (!node(p)) return false;
	}
}

static bool functions(struct parser *p)
{
	struct graph *g = p->g;
	for (skip(p, true); take(p, "function"); skip(p, true)) {
		int64_t number;
		if (!integer(p, &number)) return false;
		if (number != g->func.n) return wrong(p, "functions must be numbered in order");
		uint32_t r = graph_open_function(g, p->e);
		if (!r || !region_text(p)) return false;
		g->region.at[r].parent = 0;
	}
	return true;
}

struct graph *graph_parse(struct mem *m, const char *text, struct err *e)
{
	struct parser p = {.g = graph_new(m, false, e), .e = e, .at = text, .end = text + strlen(text), .line = 1};
	if (!p.g) return NULL;
	buf_init(&p.text, m);
	skip(&p, true);
	bool ok = need(&p, "graph") && region_text(&p) && functions(&p);
	if (ok) {
		skip(&p, true);
		ok = p.at == p.end || bad(&p, "the end");
	}
	p.g->loose = true;
	ok = ok && graph_verify(p.g, true, e);
	vec_free(m, &p.value);
	vec_free(m, &p.word);
	vec_free(m, &p.in);
	vec_free(m, &p.type);
	vec_free(m, &p.name);
	buf_free(&p.text);
	p.g->line_site = 0;
	if (ok) return p.g;
	graph_free(p.g);
	return NULL;
}
