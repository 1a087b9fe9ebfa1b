/* Nanoseconds for one addition of 16 floats through an indirect call, with malloc and free of the
   result: what an eager engine cannot do without. */
#include "bench.h"
#include <string.h>

enum { N = 16, CHAIN = 1000 };
typedef void (*kernel)(float *restrict, const float *restrict, const float *restrict, long);

__attribute__((noinline)) static void add(float *restrict o, const float *restrict p, const float *restrict q, long n)
{
	for (long i = 0; i < n; i++) o[i] = p[i] + q[i];
}
static volatile kernel table[2] = {add, add};

static void chain(void *arg)
{
	const float *q = arg;
	float *s = need(malloc(N * sizeof *s));
	memset(s, 0, N * sizeof *s);
	for (int i = 0; i < CHAIN; i++) {
		float *d = need(malloc(N * sizeof *d));
		table[i & 1](d, s, q, N);
		free(s);
		s = d;
	}
	free(s);
}

int main(void)
{
	float q[N];
	for (int i = 0; i < N; i++) q[i] = 1e-6f * (float)i;
	printf("%.3f\n", seconds_per_call(chain, q, 0.1) / CHAIN * 1e9);
	return 0;
}
