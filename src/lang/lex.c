/* Lua's tokens, one at a time with one token of lookahead. Accepts and refuses what stock's
   lexer does, with its messages and its idea of the current line (p->line is the line of the
   last byte read). Names and strings are interned in the chunk. */
#include "lang/parse.h"
#include <stdio.h>
#include <string.h>

enum { ALPHA = 1, DIGIT = 2, HEX = 4, BLANK = 8, NEWLINE = 16 };
#define L ALPHA
#define X (ALPHA | HEX)
#define D (DIGIT | HEX)
static const uint8_t class[256] = {
    ['\t'] = BLANK,
    ['\v'] = BLANK,
    ['\f'] = BLANK,
    [' '] = BLANK,
    ['\n'] = NEWLINE,
    ['\r'] = NEWLINE,
    ['0'] = D,
    D,
    D,
    D,
    D,
    D,
    D,
    D,
    D,
    D,
    ['A'] = X,
    X,
    X,
    X,
    X,
    X,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    ['_'] = L,
    ['a'] = X,
    X,
    X,
    X,
    X,
    X,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
    L,
};
#undef L
#undef X
#undef D

static const char *const token_text[] = {
    "and",   "break", "do",    "else",     "elseif",    "end",    "false",    "for",    "function", "goto",
    "if",    "in",    "local", "nil",      "not",       "or",     "repeat",   "return", "then",     "true",
    "until", "while", "//",    "..",       "...",       "==",     ">=",       "<=",     "~=",       "<<",
    ">>",    "::",    "<eof>", "<number>", "<integer>", "<name>", "<string>",
};
enum { WORDS = TK_WHILE - TK_AND + 1 };

static int byte(const struct parser *p) { return p->at < p->stop ? (unsigned char)*p->at : -1; }
static int class_of(const struct parser *p) { return p->at < p->stop ? class[(unsigned char)*p->at] : 0; }
static uint32_t pos(const struct parser *p) { return (uint32_t)(p->at - p->c->text); }

void lex_token_text(int kind, char *out, size_t n)
{
	if (kind >= TK_EOS) snprintf(out, n, "%s", token_text[kind - TK_AND]);
	else if (kind >= TK_AND) snprintf(out, n, "'%s'", token_text[kind - TK_AND]);
	else if (kind < 32 || kind >= 127) snprintf(out, n, "'<\\%d>'", kind);
	else snprintf(out, n, "'%c'", kind);
}

static void report(struct parser *p, const char *near, size_t nnear, const char *msg, va_list ap)
{
	if (p->bad) return;
	p->bad = true;
	char text[700];
	vsnprintf(text, sizeof text, msg, ap);
	if (near) fail_kind(p->err, ERR_SYNTAX, p->line, "%s near %.*s", text, nnear > 250 ? 250 : (int)nnear, near);
	else fail_kind(p->err, ERR_SYNTAX, p->line, "%s", text);
	p->tok.kind = p->ahead.kind = TK_EOS;
}

void lex_error(struct parser *p, const char *msg, ...)
{
	char near[300];
	if (p->tok.kind >= TK_FLOAT)
		snprintf(near, sizeof near, "'%.*s'",
		         (int)(p->tok.end - p->tok.beg > 250 ? 250 : p->tok.end - p->tok.beg), p->c->text + p->tok.beg);
	else lex_token_text(p->tok.kind, near, sizeof near);
	va_list ap;
	va_start(ap, msg);
	report(p, near, strlen(near), msg, ap);
	va_end(ap);
}

void lex_fail(struct parser *p, const char *msg, ...)
{
	va_list ap;
	va_start(ap, msg);
	report(p, NULL, 0, msg, ap);
	va_end(ap);
}

void lex_memory(struct parser *p)
{
	if (!p->bad) fail_memory(p->err, p->c->len);
	p->bad = true;
	p->tok.kind = p->ahead.kind = TK_EOS;
}

/* An error inside a token: the text from beg to here is what it is near. */
static void token_error(struct parser *p, const char *beg, const char *msg, ...) __attribute__((format(printf, 3, 4)));
static void token_error(struct parser *p, const char *beg, const char *msg, ...)
{
	char near[300];
	int n = p->at - beg > 250 ? 250 : (int)(p->at - beg);
	if (beg) snprintf(near, sizeof near, "'%.*s'", n, beg);
	else snprintf(near, sizeof near, "<eof>");
	va_list ap;
	va_start(ap, msg);
	report(p, near, strlen(near), msg, ap);
	va_end(ap);
}

static bool grow_table(struct parser *p)
{
	struct chunk *c = p->c;
	uint32_t cap = c->capstrs ? c->capstrs * 2 : 256;
	struct str **t = mem_zero(p->mem, cap * sizeof *t);
	if (!t) return lex_memory(p), false;
	for (uint32_t i = 0; i < c->capstrs; i++) {
		for (struct str *s = c->strs[i], *next; s; s = next) {
			next = s->next;
			s->next = t[s->hash & (cap - 1)];
			t[s->hash & (cap - 1)] = s;
		}
	}
	mem_free(p->mem, c->strs, c->capstrs * sizeof *t);
	c->strs = t;
	c->capstrs = cap;
	return true;
}

static struct str *lex_intern(struct parser *p, const char *s, size_t n)
{
	struct chunk *c = p->c;
	uint32_t h = (uint32_t)hash_bytes(s, n, 0);
	if (c->nstrs >= c->capstrs && !grow_table(p)) return NULL;
	struct str **slot = &c->strs[h & (c->capstrs - 1)];
	for (struct str *i = *slot; i; i = i->next)
		if (i->hash == h && i->len == n && !memcmp(i->s, s, n)) return i;
	struct str *i = arena_new(&c->arena, sizeof *i + n + 1);
	if (!i) return lex_memory(p), NULL;
	memcpy(i->s, s, n);
	i->hash = h;
	i->len = (uint32_t)n;
	i->next = *slot;
	*slot = i;
	c->nstrs++;
	return i;
}

struct str *chunk_find(const struct chunk *c, const char *s, size_t n)
{
	uint32_t h = (uint32_t)hash_bytes(s, n, 0);
	for (struct str *i = c->capstrs ? c->strs[h & (c->capstrs - 1)] : NULL; i; i = i->next)
		if (i->hash == h && i->len == n && !memcmp(i->s, s, n)) return i;
	return NULL;
}

void lex_init(struct parser *p)
{
	p->at = p->c->text;
	p->stop = p->at + p->c->len;
	p->line = 1;
	for (int i = 0; i < WORDS; i++) {
		struct str *s = lex_intern(p, token_text[i], strlen(token_text[i]));
		if (!s) return;
		s->word = (uint16_t)(TK_AND + i);
	}
	p->env = lex_intern(p, "_ENV", 4);
	p->self = lex_intern(p, "self", 4);
}

/* \n, \r, \r\n and \n\r count as one line end. */
static void newline(struct parser *p)
{
	char c = *p->at++;
	if (p->at < p->stop && (*p->at == '\n' || *p->at == '\r') && *p->at != c) p->at++;
	p->line++;
}

/* At a [ or ]: how many = follow, when the same bracket closes the row; -1: a lone bracket, -2: malformed. */
static int bracket_level(const struct parser *p)
{
	const char *s = p->at + 1;
	while (s < p->stop && *s == '=') s++;
	if (s < p->stop && *s == *p->at) return (int)(s - p->at - 1);
	return s == p->at + 1 ? -1 : -2;
}

/* A long string or comment from its first [; the text is put into p->text when keep is set. */
static void long_bracket(struct parser *p, int level, bool keep, const char *what)
{
	int line = p->line;
	p->at += level + 2;
	if (p->at < p->stop && class[(unsigned char)*p->at] & NEWLINE) newline(p);
	for (;;) {
		const char *from = p->at;
		while (p->at < p->stop && *p->at != ']' && !(class[(unsigned char)*p->at] & NEWLINE)) p->at++;
		if (keep) buf_put(&p->text, from, (size_t)(p->at - from));
		if (p->at >= p->stop) {
			token_error(p, NULL, "unfinished long %s (starting at line %d)", what, line);
			return;
		}
		if (*p->at != ']') {
			newline(p);
			if (keep) buf_putc(&p->text, '\n');
		} else if (bracket_level(p) == level) {
			p->at += level + 2;
			return;
		} else {
			if (keep) buf_putc(&p->text, ']');
			p->at++;
		}
	}
}

static int hexval(int c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }

static void escape_error(struct parser *p, const char *beg, const char *msg)
{
	if (p->at < p->stop) p->at++; /* the message shows the byte at fault */
	token_error(p, beg, "%s", msg);
}

static void put_utf8(struct buf *b, uint32_t x)
{
	char s[8];
	int n = 1;
	if (x < 0x80) s[7] = (char)x;
	else {
		uint32_t first = 0x3f; /* largest that fits in the first byte */
		do {
			s[8 - n++] = (char)(0x80 | (x & 0x3f));
			x >>= 6;
			first >>= 1;
		} while (x > first);
		s[8 - n] = (char)((~first << 1) | x);
	}
	buf_put(b, s + 8 - n, (size_t)n);
}

static void escape_unicode(struct parser *p, const char *beg)
{
	uint32_t v = 0;
	p->at++;
	if (byte(p) != '{') {
		escape_error(p, beg, "missing '{'");
		return;
	}
	p->at++;
	if (!(class_of(p) & HEX)) {
		escape_error(p, beg, "hexadecimal digit expected");
		return;
	}
	while (class_of(p) & HEX) {
		if (v > 0x7FFFFFFu) {
			escape_error(p, beg, "UTF-8 value too large");
			return;
		}
		v = v * 16 + (uint32_t)hexval(*p->at++);
	}
	if (byte(p) != '}') {
		escape_error(p, beg, "missing '}'");
		return;
	}
	p->at++;
	put_utf8(&p->text, v);
}

static void escape_decimal(struct parser *p, const char *beg)
{
	int v = 0;
	for (int i = 0; i < 3 && class_of(p) & DIGIT; i++) v = v * 10 + (*p->at++ - '0');
	if (v > 255) escape_error(p, beg, "decimal escape too large");
	else buf_putc(&p->text, (char)v);
}

/* After the backslash. */
static void escape(struct parser *p, const char *beg)
{
	static const char from[] = "abfnrtv\\\"'", to[] = "\a\b\f\n\r\t\v\\\"'";
	int c = byte(p), v = 0;
	const char *plain = c > 0 ? strchr(from, c) : NULL;
	if (plain) {
		buf_putc(&p->text, to[plain - from]);
		p->at++;
	} else if (c == '\n' || c == '\r') {
		newline(p);
		buf_putc(&p->text, '\n');
	} else if (c == 'z') {
		p->at++;
		while (class_of(p) & (BLANK | NEWLINE)) {
			if (class_of(p) & NEWLINE) newline(p);
			else p->at++;
		}
	} else if (c == 'x') {
		p->at++;
		for (int i = 0; i < 2; i++) {
			if (!(class_of(p) & HEX)) {
				escape_error(p, beg, "hexadecimal digit expected");
				return;
			}
			v = v * 16 + hexval(*p->at++);
		}
		buf_putc(&p->text, (char)v);
	} else if (c == 'u') escape_unicode(p, beg);
	else if (c >= '0' && c <= '9') escape_decimal(p, beg);
	else if (c >= 0) escape_error(p, beg, "invalid escape sequence");
	/* at the end of the text the string is found to be unfinished */
}

static void short_string(struct parser *p, struct token *t)
{
	const char *beg = p->at;
	char quote = *p->at++;
	const char *from = p->at;
	while (p->at < p->stop && *p->at != quote && *p->at != '\\' && !(class[(unsigned char)*p->at] & NEWLINE))
		p->at++;
	if (p->at < p->stop && *p->at == quote) { /* no escapes: straight from the text */
		t->s = lex_intern(p, from, (size_t)(p->at++ - from));
		return;
	}
	buf_clear(&p->text);
	buf_put(&p->text, from, (size_t)(p->at - from));
	while (!p->bad && byte(p) != quote) {
		if (p->at >= p->stop) token_error(p, NULL, "unfinished string");
		else if (class_of(p) & NEWLINE) token_error(p, beg, "unfinished string");
		else if (*p->at == '\\') {
			p->at++;
			escape(p, beg);
		} else buf_putc(&p->text, *p->at++);
	}
	if (p->bad) return;
	p->at++;
	if (p->text.bad) lex_memory(p);
	else t->s = lex_intern(p, p->text.s ? p->text.s : "", p->text.n);
}

static void numeral(struct parser *p, struct token *t)
{
	const char *beg = p->at;
	char expo = 'e';
	if (*p->at == '.') p->at++;
	if (*p->at++ == '0' && (byte(p) | 32) == 'x') {
		expo = 'p';
		p->at++;
	}
	for (;;) {
		int c = byte(p);
		if (c >= 0 && (c | 32) == expo) {
			p->at++;
			if (byte(p) == '+' || byte(p) == '-') p->at++;
		} else if (c == '.' || class_of(p) & HEX) p->at++;
		else break;
	}
	if (class_of(p) & ALPHA) p->at++; /* touching a letter: makes it malformed */
	bool isint = false;
	if (!number_parse(p->mem, beg, (size_t)(p->at - beg), &isint, &t->i, &t->n))
		token_error(p, beg, "malformed number");
	t->kind = isint ? TK_INTEGER : TK_FLOAT;
}

static void name(struct parser *p, struct token *t)
{
	const char *beg = p->at;
	while (class_of(p) & (ALPHA | DIGIT)) p->at++;
	t->s = lex_intern(p, beg, (size_t)(p->at - beg));
	t->kind = t->s && t->s->word ? t->s->word : TK_NAME;
}

/* One character c, or with `second` behind it the token `both`. */
static int maybe(struct parser *p, char second, int both)
{
	int c = (unsigned char)*p->at++;
	if (byte(p) != (unsigned char)second) return c;
	p->at++;
	return both;
}

static int dots(struct parser *p, struct token *t)
{
	if (p->stop - p->at > 1 && class[(unsigned char)p->at[1]] & DIGIT) return numeral(p, t), t->kind;
	int n = 1;
	while (n < 3 && p->stop - p->at > n && p->at[n] == '.') n++;
	p->at += n;
	return n == 1 ? '.' : n == 2 ? TK_CONCAT : TK_DOTS;
}

/* At "--". */
static void comment(struct parser *p)
{
	p->at += 2;
	if (byte(p) == '[') {
		int level = bracket_level(p);
		if (level >= 0) {
			long_bracket(p, level, false, "comment");
			return;
		}
	}
	while (p->at < p->stop && !(class[(unsigned char)*p->at] & NEWLINE)) p->at++;
}

static int angle(struct parser *p, int shift, int equal)
{
	int c = (unsigned char)*p->at++, d = byte(p);
	if (d != '=' && d != c) return c;
	p->at++;
	return d == '=' ? equal : shift;
}

static void skip_blank(struct parser *p)
{
	while (p->at < p->stop && !p->bad) {
		int k = class[(unsigned char)*p->at];
		if (k & BLANK) p->at++;
		else if (k & NEWLINE) newline(p);
		else if (*p->at == '-' && p->stop - p->at > 1 && p->at[1] == '-') comment(p);
		else return;
	}
}

static void square(struct parser *p, struct token *t)
{
	int level = bracket_level(p);
	if (level == -1) {
		t->kind = '[';
		p->at++;
		return;
	}
	if (level < 0) {
		const char *beg = p->at++;
		while (byte(p) == '=') p->at++;
		token_error(p, beg, "invalid long string delimiter");
		return;
	}
	buf_clear(&p->text);
	long_bracket(p, level, true, "string");
	t->kind = TK_STRING;
	if (p->text.bad) lex_memory(p);
	else if (!p->bad) t->s = lex_intern(p, p->text.s ? p->text.s : "", p->text.n);
}

static void scan(struct parser *p, struct token *t)
{
	skip_blank(p);
	t->beg = pos(p);
	t->line = p->line;
	int c = p->bad ? -1 : byte(p);
	if (c < 0) t->kind = TK_EOS;
	else if (class[c] & ALPHA) name(p, t);
	else if (class[c] & DIGIT) numeral(p, t);
	else {
		switch (c) {
		case '"':
		case '\'':
			t->kind = TK_STRING;
			short_string(p, t);
			break;
		case '[': square(p, t); break;
		case '.': t->kind = dots(p, t); break;
		case '=': t->kind = maybe(p, '=', TK_EQ); break;
		case '<': t->kind = angle(p, TK_SHL, TK_LE); break;
		case '>': t->kind = angle(p, TK_SHR, TK_GE); break;
		case '/': t->kind = maybe(p, '/', TK_IDIV); break;
		case '~': t->kind = maybe(p, '=', TK_NE); break;
		case ':': t->kind = maybe(p, ':', TK_DBCOLON); break;
		default: t->kind = c; p->at++;
		}
	}
	t->end = pos(p);
	if (p->bad) t->kind = TK_EOS;
}

void lex_next(struct parser *p)
{
	p->prevend = p->tok.end;
	if (p->ahead.kind && !p->bad) {
		p->tok = p->ahead;
		p->ahead.kind = 0;
	} else scan(p, &p->tok);
}

int lex_peek(struct parser *p)
{
	if (!p->ahead.kind) scan(p, &p->ahead);
	return p->ahead.kind;
}
