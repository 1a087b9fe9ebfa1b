/* Unknown lengths: number * times + plus, packed into one word so that equal words are equal lengths. */
#include "tensor/tensor.h"
#include <stdio.h>

enum { PLUS_BITS = 21, TIMES_BITS = 16 };
#define PLUS_MOST ((int64_t)1 << (PLUS_BITS - 1))

struct length length_parts(int64_t dim)
{
	if (!length_unknown(dim)) return (struct length){.plus = dim};
	int64_t w = dim - LENGTH_UNKNOWN;
	return (struct length){(int)(w >> (PLUS_BITS + TIMES_BITS)), w >> PLUS_BITS & ((1 << TIMES_BITS) - 1),
	                       (w & (2 * PLUS_MOST - 1)) - PLUS_MOST};
}

bool length_make(struct length l, int64_t *out)
{
	*out = l.plus;
	if (l.times == 0) return !length_unknown(l.plus);
	if (l.times < 0 || l.times >= 1 << TIMES_BITS || l.plus < -PLUS_MOST || l.plus >= PLUS_MOST) return false;
	*out = LENGTH_UNKNOWN + (((int64_t)l.number << TIMES_BITS | l.times) << PLUS_BITS | (l.plus + PLUS_MOST));
	return true;
}

int64_t length_number(int number)
{
	int64_t out;
	length_make((struct length){number, 1, 0}, &out);
	return out;
}

static bool sum(struct length x, struct length y, int64_t *out)
{
	if (x.times && y.times && x.number != y.number) return false;
	if (!x.times) x.number = y.number;
	x.times += y.times;
	return !__builtin_add_overflow(x.plus, y.plus, &x.plus) && length_make(x, out);
}

bool length_add(int64_t a, int64_t b, int64_t *out) { return sum(length_parts(a), length_parts(b), out); }

bool length_sub(int64_t a, int64_t b, int64_t *out)
{
	struct length y = length_parts(b);
	if (y.plus == INT64_MIN) return false;
	y.times = -y.times;
	y.plus = -y.plus;
	return sum(length_parts(a), y, out);
}

bool length_mul(int64_t a, int64_t b, int64_t *out)
{
	struct length x = length_parts(a), y = length_parts(b);
	if (x.times && y.times) return false;
	if (!x.times) x.number = y.number;
	/* one of both is a number */
	int64_t times;
	if (__builtin_mul_overflow(x.times ? x.times : y.times, x.times ? y.plus : x.plus, &times) ||
	    __builtin_mul_overflow(x.plus, y.plus, &x.plus))
		return false;
	x.times = times;
	return length_make(x, out);
}

int64_t length_atom(int64_t dim, int64_t *times)
{
	struct length l = length_parts(dim);
	*times = 1;
	if (!l.times) return *times = dim, 1;
	int64_t a = l.times, b = l.plus < 0 ? -l.plus : l.plus;
	while (b) { /* their greatest common divisor */
		const int64_t rest = a % b;
		a = b;
		b = rest;
	}
	*times = a;
	l.times /= a;
	l.plus /= a;
	length_make(l, &dim);
	return dim;
}

int64_t length_value(int64_t dim, const int64_t *known)
{
	struct length l = length_parts(dim);
	return l.times ? known[l.number] * l.times + l.plus : dim;
}

int length_text(char s[LENGTH_TEXT], int64_t dim)
{
	struct length l = length_parts(dim);
	if (!l.times) return snprintf(s, LENGTH_TEXT, "%lld", (long long)dim);
	int n = snprintf(s, LENGTH_TEXT, "?%d", l.number + 1);
	if (l.times != 1) n += snprintf(s + n, (size_t)(LENGTH_TEXT - n), "*%lld", (long long)l.times);
	if (l.plus) n += snprintf(s + n, (size_t)(LENGTH_TEXT - n), "%+lld", (long long)l.plus);
	return n;
}
