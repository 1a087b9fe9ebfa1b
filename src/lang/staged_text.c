/* The staged form: writing its text. */
#include "lang/staging.h"
#include <stdio.h>

void form_memory(struct staging *s)
{
	if (!s->failed) fail_memory(s->e, 0);
	s->failed = true;
}

void form_refuse(struct staging *s, const struct ast *n, const char *fmt, ...)
{
	char msg[sizeof s->e->msg];
	if (s->failed) return;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	s->out->at = n->beg;
	s->failed = true;
	fail_kind(s->e, ERR_CONVERT, (int)n->line, "%s", msg);
}

static bool wordy(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Two words that were apart in the source, or are new, must not grow together. */
static void apart(struct staging *s, char next)
{
	if (s->b.n && wordy(s->b.s[s->b.n - 1]) && wordy(next)) buf_putc(&s->b, ' ');
}

void form_copy(struct staging *s, uint32_t to)
{
	if (to <= s->cur) return;
	if (!s->copied) apart(s, s->c->text[s->cur]);
	buf_put(&s->b, s->c->text + s->cur, to - s->cur);
	s->cur = to;
	s->copied = true;
}

void form_put(struct staging *s, const char *fmt, ...)
{
	char piece[64];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(piece, sizeof piece, fmt, ap);
	va_end(ap);
	apart(s, piece[0]);
	buf_put(&s->b, piece, (size_t)n);
	s->copied = false;
}

void form_put_name(struct staging *s, const struct str *name)
{
	apart(s, name->s[0]);
	buf_put(&s->b, name->s, name->len);
	s->copied = false;
}

/* Drops the text up to `to`, but not its newlines. Newlines that were apart stay apart, since
   "\r\n" counts as one. */
void form_drop(struct staging *s, uint32_t to)
{
	bool gap = false;
	for (; s->cur < to; s->cur++) {
		char c = s->c->text[s->cur];
		if (!form_newline(c)) {
			gap = true;
			continue;
		}
		char last = s->b.n ? s->b.s[s->b.n - 1] : 0;
		if (gap && form_newline(last) && last != c) buf_putc(&s->b, ' ');
		buf_putc(&s->b, c);
		gap = false;
	}
	s->copied = false;
}

void form_skip(struct staging *s, uint32_t to)
{
	s->cur = to;
	s->copied = false;
}

/* Puts the newlines that are between the byte `at` and the next token; there they are to be left out. */
void form_move_lines(struct staging *s, uint32_t at)
{
	uint32_t cur = s->cur;
	s->cur = at;
	form_drop(s, form_token(s, at));
	s->cur = cur;
	s->moved = at;
}

/* To `to`: space between two tokens goes when that is all there is, else the text is kept. */
void form_close_up(struct staging *s, uint32_t to)
{
	const char *t = s->c->text;
	uint32_t i = s->cur;
	while (i < to && (t[i] == ' ' || t[i] == '\t')) i++;
	if (i == to) form_drop(s, to);
	else form_copy(s, to);
}

/* A space, unless the text has one next. */
void form_set_off(struct staging *s)
{
	if (!form_space(s->c->text[s->cur])) form_put(s, " ");
}

/* The byte where the token at or after `i` begins. */
uint32_t form_token(const struct staging *s, uint32_t i)
{
	const char *t = s->c->text;
	uint32_t n = (uint32_t)s->c->len;
	for (;;) {
		while (i < n && form_space(t[i])) i++;
		if (i + 1 >= n || t[i] != '-' || t[i + 1] != '-') return i;
		i += 2;
		uint32_t level = 0, k = i + 1;
		if (i < n && t[i] == '[')
			for (; k < n && t[k] == '='; k++) level++;
		if (i < n && t[i] == '[' && k < n && t[k] == '[') {
			for (k++; k < n; k++) {
				if (t[k] != ']') continue;
				uint32_t q = k + 1;
				while (q < n && t[q] == '=') q++;
				if (q < n && t[q] == ']' && q - k - 1 == level) {
					k = q + 1;
					break;
				}
			}
			i = k;
		} else {
			while (i < n && !form_newline(t[i])) i++;
		}
	}
}

/* The line of a byte, as Lua counts: "\r\n" and "\n\r" end one line. */
int form_line_of(const struct chunk *c, uint32_t at)
{
	const char *t = c->text;
	int line = 1;
	for (uint32_t i = 0; i < at; i++) {
		if (!form_newline(t[i])) continue;
		if (i + 1 < at && form_newline(t[i + 1]) && t[i + 1] != t[i]) i++;
		line++;
	}
	return line;
}

/* The first token of a line. */
uint32_t form_line_at(const struct chunk *c, int line)
{
	const char *t = c->text;
	uint32_t i = 0, n = (uint32_t)c->len;
	for (int l = 1; i < n && l < line; i++) {
		if (!form_newline(t[i])) continue;
		if (i + 1 < n && form_newline(t[i + 1]) && t[i + 1] != t[i]) i++;
		l++;
	}
	while (i < n && (t[i] == ' ' || t[i] == '\t')) i++;
	return i;
}
