/* Reading and rewriting dumps. A function's bytes: source, lines, counts, code, constants,
   upvalues (three bytes each), inner functions, then debug information whose last part is
   the upvalues' names. Integers are groups of seven bits, the highest first, the last one marked. */
#include "bind/bytecode.h"
#include <lua.h>
#include <stdio.h>
#include <string.h>

enum {
	HEADER = 31,
	NIL = 0,
	FALSE = 1,
	TRUE = 17,
	INTEGER = 3,
	FLOAT = 19,
	SHORT_STRING = 4,
	LONG_STRING = 20,
	MOST = 255
};

struct reader {
	const char *at, *end;
	bool bad;
	uint32_t ordinal;       /* of the next function */
	uint32_t want;          /* bytecode_extract: the ordinal looked for */
	const char *beg, *stop; /* its bytes */
	struct buf *out;        /* NULL: only look */
	const char *guest;      /* bytecode_mark: the variable of instructions that take the next one's line; or NULL */
	bool stuck;             /* they can't */
};

static const char *skip(struct reader *r, size_t n)
{
	const char *s = r->at;
	if (r->bad || n > (size_t)(r->end - r->at)) {
		r->bad = true;
		return r->at = r->end;
	}
	r->at += n;
	return s;
}

static void copy(struct reader *r, const char *from)
{
	if (r->out && !r->bad) buf_put(r->out, from, (size_t)(r->at - from));
}

static size_t number(struct reader *r)
{
	size_t v = 0;
	for (int i = 0; i < 10; i++) {
		unsigned char c = (unsigned char)*skip(r, 1);
		if (r->bad) return 0;
		v = v << 7 | (c & 0x7f);
		if (c & 0x80) return v;
	}
	r->bad = true;
	return 0;
}

static void put_number(struct reader *r, size_t v)
{
	char s[10];
	size_t n = sizeof s;
	s[--n] = (char)(v & 0x7f) | (char)0x80;
	while (v >>= 7) s[--n] = (char)(v & 0x7f);
	if (r->out) buf_put(r->out, s + n, sizeof s - n);
}

static void string(struct reader *r)
{
	size_t n = number(r);
	if (n) skip(r, n - 1);
}

static void items(struct reader *r, size_t size)
{
	size_t n = number(r);
	if (n > (size_t)(r->end - r->at)) r->bad = true;
	else skip(r, n * size);
}

static void constants(struct reader *r)
{
	for (size_t n = number(r); n > 0 && !r->bad; n--) {
		switch (*skip(r, 1)) {
		case NIL:
		case FALSE:
		case TRUE: break;
		case INTEGER: skip(r, sizeof(lua_Integer)); break;
		case FLOAT: skip(r, sizeof(lua_Number)); break;
		case SHORT_STRING:
		case LONG_STRING: string(r); break;
		default: r->bad = true;
		}
	}
}

enum { NO_DIFFERENCE = -128, MOST_GUESTS = 100 }; /* a line that stands elsewhere; Lua puts one after 128 anyway */

/* Copies the lines of n instructions; those before `host` take its line, but for a vararg function's first. */
static void lines(struct reader *r, const char *from, size_t n, size_t moved, size_t host, bool vararg)
{
	int sum = 0;
	size_t first = vararg;
	if (!r->out || !n || r->bad) return;
	for (size_t i = first; i <= host && host; i++) {
		int d = (signed char)from[i];
		if (d == NO_DIFFERENCE || host >= n || host > MOST_GUESTS) {
			r->stuck = true;
			return;
		}
		sum += d;
	}
	if (sum <= NO_DIFFERENCE || sum > -NO_DIFFERENCE - 1) {
		r->stuck = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		int d = (signed char)from[i];
		if (host && i >= first && i <= host) d = i == first ? sum : 0;
		buf_putc(r->out, (char)(i ? d : d + (int)moved));
	}
}

/* Lines are differences from one instruction to the next, the first one from the function's own line. */
static void positions(struct reader *r, size_t moved, bool vararg)
{
	size_t n = number(r), host = 0;
	put_number(r, n);
	const char *line = skip(r, n), *from = r->at;
	for (size_t k = number(r); k > 0 && !r->bad; k--) {
		number(r);
		number(r);
	}
	for (size_t k = number(r); k > 0 && !r->bad; k--) {
		size_t len = number(r);
		const char *name = len ? skip(r, len - 1) : "";
		number(r);
		size_t end = number(r);
		if (r->guest && len == strlen(r->guest) + 1 && !memcmp(name, r->guest, len - 1)) host = end;
	}
	lines(r, line, n, moved, host, vararg);
	copy(r, from);
}

/* `outer`: index of the mark among the enclosing function's upvalues, -1: it has none. */
static void function(struct reader *r, int outer, bool main)
{
	uint32_t ordinal = r->ordinal++;
	const char *beg = r->at, *from = r->at;
	string(r);
	copy(r, from);
	from = r->at;
	size_t line = number(r);
	number(r);
	if (main && r->out) {
		put_number(r, 0);
		put_number(r, 0);
	} else copy(r, from);
	from = r->at;
	const char *head = skip(r, 3);
	bool vararg = !r->bad && head[1];
	items(r, 4); /* instructions */
	constants(r);
	copy(r, from);
	size_t nups = number(r);
	bool mark = (main || outer >= 0) && nups < MOST;
	if (nups > MOST) r->bad = true;
	put_number(r, nups + mark);
	from = skip(r, nups * 3);
	copy(r, from);
	if (mark && r->out) {
		char up[3] = {main, main ? 0 : (char)outer, 0};
		buf_put(r->out, up, 3);
	}
	size_t n = number(r);
	put_number(r, n);
	for (; n > 0 && !r->bad; n--) function(r, mark ? (int)nups : -1, false);
	positions(r, main ? line : 0, vararg);
	n = number(r);
	if (r->out && n != nups) r->bad = true; /* no debug information */
	put_number(r, n + mark);
	from = r->at;
	for (; n > 0 && !r->bad; n--) string(r);
	copy(r, from);
	if (mark && r->out) {
		char name[16];
		int len = snprintf(name, sizeof name, "(%u)", ordinal);
		put_number(r, (size_t)len + 1);
		buf_put(r->out, name, (size_t)len);
	}
	if (ordinal == r->want) {
		r->beg = beg;
		r->stop = r->at;
	}
}

static struct reader open(const char *s, size_t n)
{
	struct reader r = {.at = s, .end = s + n, .want = UINT32_MAX};
	const char *h = skip(&r, HEADER);
	if (!r.bad && (memcmp(h, LUA_SIGNATURE, 4) != 0 || h[4] != 0x54 || h[5] != 0)) r.bad = true;
	return r;
}

bool bytecode_mark(const char *s, size_t n, const char *guest, struct buf *out, bool *stuck)
{
	struct reader r = open(s, n);
	unsigned char nups = (unsigned char)*skip(&r, 1);
	*stuck = false;
	if (r.bad || nups == MOST) return false;
	r.out = out;
	r.guest = guest;
	buf_put(out, s, HEADER);
	buf_putc(out, (char)(nups + 1));
	function(&r, -1, true);
	*stuck = r.stuck;
	return !r.bad && r.at == r.end && !out->bad;
}

bool bytecode_extract(const char *s, size_t n, uint32_t ordinal, struct buf *out)
{
	struct reader r = open(s, n);
	skip(&r, 1);
	r.want = ordinal;
	const char *source = r.at;
	string(&r);
	const char *source_end = r.at;
	r.at = source;
	if (!r.bad) function(&r, -1, true);
	if (r.bad || !r.beg) return false;
	struct reader f = {.at = r.beg, .end = r.stop};
	string(&f); /* empty when the function shares its parent's */
	const char *rest = f.at;
	number(&f);
	number(&f);
	skip(&f, 3);
	items(&f, 4);
	constants(&f);
	size_t nups = number(&f);
	if (f.bad) return false;
	buf_put(out, s, HEADER);
	buf_putc(out, (char)nups);
	buf_put(out, source, (size_t)(source_end - source));
	buf_put(out, rest, (size_t)(r.stop - rest));
	return !out->bad;
}
