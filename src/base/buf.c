/* Growing text, and numbers as text. Formatting goes through the C library, whose decimal
   point follows the locale: numbers are put through one function that puts back the '.'. */
#include "base/base.h"
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, struct mem *m) { *b = (struct buf){.mem = m}; }

static bool room(struct buf *b, size_t n)
{
	if (b->bad) return false;
	if (n < b->cap - b->n) return true; /* with the final NUL; cap 0 leaves no room */
	size_t cap = b->cap ? b->cap : 64;
	if (n > SIZE_MAX / 4 || b->n > SIZE_MAX / 4) return b->bad = true, false;
	while (cap <= b->n + n) cap *= 2;
	char *s = mem_resize(b->mem, b->s, b->cap, cap);
	if (!s) return b->bad = true, false;
	b->s = s;
	b->cap = cap;
	return true;
}

void buf_put(struct buf *b, const char *s, size_t n)
{
	if (!room(b, n)) return;
	if (n) memcpy(b->s + b->n, s, n);
	b->n += n;
	b->s[b->n] = 0;
}

void buf_puts(struct buf *b, const char *s) { buf_put(b, s, strlen(s)); }
void buf_putc(struct buf *b, char c) { buf_put(b, &c, 1); }

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	if (!room(b, 48)) return; /* mostly enough: one pass */
	va_copy(again, ap);
	int n = vsnprintf(b->s + b->n, b->cap - b->n, fmt, again);
	va_end(again);
	if (n >= 0 && (size_t)n >= b->cap - b->n) {
		b->s[b->n] = 0; /* what was cut is not there */
		if (!room(b, (size_t)n)) return;
		vsnprintf(b->s + b->n, (size_t)n + 1, fmt, ap);
	}
	if (n > 0) b->n += (size_t)n;
	else b->s[b->n] = 0;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

/* The locale's decimal point, whatever its bytes, becomes '.'. */
static void unlocal(char *s)
{
	const char *point = localeconv()->decimal_point;
	if (point[0] == '.' && !point[1]) return;
	char *p = *point ? strstr(s, point) : NULL;
	if (!p) return;
	*p = '.';
	memmove(p + 1, p + strlen(point), strlen(p + strlen(point)) + 1);
}

static void put_float(struct buf *b, char *s)
{
	unlocal(s);
	buf_puts(b, s);
	if (!s[strspn(s, "-0123456789")]) buf_puts(b, ".0");
}

void buf_number(struct buf *b, double v)
{
	char s[64];
	snprintf(s, sizeof s, "%.14g", v);
	put_float(b, s);
}

void buf_float32(struct buf *b, float v)
{
	char s[64];
	for (int digits = 6; digits <= 9; digits++) {
		snprintf(s, sizeof s, "%.*g", digits, (double)v);
		if (strtof(s, NULL) == v) break; /* same locale both ways */
	}
	put_float(b, s);
}

void buf_integer(struct buf *b, int64_t v) { buf_printf(b, "%lld", (long long)v); }

enum { SPEC_TEXT = 512 }; /* longer than any number in the widths that Lua allows */

void buf_format_float(struct buf *b, const char *spec, double v)
{
	char s[SPEC_TEXT];
	snprintf(s, sizeof s, spec, v);
	unlocal(s);
	buf_puts(b, s);
}

void buf_format_integer(struct buf *b, const char *spec, int64_t v)
{
	char s[SPEC_TEXT], wide[32];
	size_t n = strlen(spec);
	if (n < 2 || n > sizeof wide - 3) {
		buf_integer(b, v);
		return;
	}
	snprintf(wide, sizeof wide, "%.*sll%s", (int)n - 1, spec, spec + n - 1);
	snprintf(s, sizeof s, wide, (long long)v);
	buf_puts(b, s);
}

bool text_double(struct mem *m, const char *s, size_t n, double *v)
{
	const char *point = localeconv()->decimal_point;
	size_t np = strlen(point), k = 0;
	bool dot = !strcmp(point, "."), ok = n > 0;
	if (n > SIZE_MAX / 16) return false;
	size_t size = n * (np + 1) + 1;
	char small[256], *end, *copy = size <= sizeof small ? small : mem_new(m, size);
	if (!copy) return false;
	for (size_t i = 0; i < n; i++) {
		if (!dot && s[i] == '.') {
			memcpy(copy + k, point, np);
			k += np;
		} else {
			ok = ok && (dot || s[i] != point[0]);
			copy[k++] = s[i];
		}
	}
	copy[k] = 0;
	*v = strtod(copy, &end);
	ok = ok && end == copy + k;
	if (copy != small) mem_free(m, copy, size);
	return ok;
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->bad = false;
	if (b->s) b->s[0] = 0;
}

void buf_free(struct buf *b)
{
	mem_free(b->mem, b->s, b->cap);
	*b = (struct buf){.mem = b->mem};
}
