/* Timing for the yardsticks: one figure per process, on standard output. The harness runs the
   processes in turn and takes medians; here only warming up and a long enough measurement. */
#ifndef BENCH_H
#define BENCH_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifndef BENCH_CLOCK
#define BENCH_CLOCK CLOCK_MONOTONIC
#endif

static inline double now(void)
{
	struct timespec t;
	clock_gettime(BENCH_CLOCK, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds per call of fn(arg), measured over at least `least` seconds. */
static inline double seconds_per_call(void (*fn)(void *), void *arg, double least)
{
	long n = 1;
	fn(arg);
	for (;;) {
		double t = now();
		for (long i = 0; i < n; i++) fn(arg);
		t = now() - t;
		if (t >= least) return t / (double)n;
		n = t > 0 ? (long)((double)n * least / t * 1.2) + 1 : n * 10;
	}
}

static inline void *need(void *p)
{
	if (!p) {
		perror("bench");
		exit(1);
	}
	return p;
}
static inline void *buffer(size_t bytes) { return need(aligned_alloc(64, (bytes + 63) & ~(size_t)63)); }
#endif
