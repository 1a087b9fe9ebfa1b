/* Numerals of Lua's source text, independent of the locale: decimal and hexadecimal integers
   (a hexadecimal one wraps around, a decimal one that does not fit becomes a float), floats. */
#include "lang/parse.h"
#include <ctype.h>

static bool integer(const char *s, size_t n, int64_t *out)
{
	uint64_t v = 0;
	if (n > 2 && s[0] == '0' && (s[1] | 32) == 'x') {
		for (size_t k = 2; k < n; k++) {
			int c = (unsigned char)s[k];
			if (!isxdigit(c)) return false;
			v = v * 16 + (uint64_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
		}
	} else {
		for (size_t k = 0; k < n; k++) {
			unsigned d = (unsigned)(s[k] - '0');
			if (d > 9 || v > (uint64_t)INT64_MAX / 10) return false;
			v = v * 10 + d;
			if (v > (uint64_t)INT64_MAX) return false;
		}
	}
	*out = (int64_t)v;
	return n > 0;
}

bool number_parse(struct mem *m, const char *s, size_t n, bool *isint, int64_t *i, double *d)
{
	*isint = integer(s, n, i);
	return *isint || text_double(m, s, n, d);
}
