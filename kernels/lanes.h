/* Vectors of the machine's width, by GCC's and clang's vector extension, for loops that a compiler
   does not turn into SIMD code by itself. */
#ifndef KERNELS_LANES_H
#define KERNELS_LANES_H
#include "kernels/simd.h"
#include <stdint.h>
#include <string.h>
#ifdef __FMA__
#include <immintrin.h>
#endif

#ifdef __AVX512F__
#define LANES_BYTES 64
#else
#define LANES_BYTES 32
#endif
enum { LANES_F32 = LANES_BYTES / 4, LANES_F64 = LANES_BYTES / 8 };

typedef float lanes_f32 __attribute__((vector_size(LANES_BYTES)));
typedef int32_t index_f32 __attribute__((vector_size(LANES_BYTES)));
typedef double lanes_f64 __attribute__((vector_size(LANES_BYTES)));
typedef int64_t index_f64 __attribute__((vector_size(LANES_BYTES)));

static inline index_f32 numbers_f32(void)
{
	index_f32 v;
	for (int i = 0; i < LANES_F32; i++) v[i] = i;
	return v;
}
static inline index_f64 numbers_f64(void)
{
	index_f64 v;
	for (int i = 0; i < LANES_F64; i++) v[i] = i;
	return v;
}

/* Loads and stores at any address; *_some: the first n elements only, zeros after them. */
static inline lanes_f32 load_f32(const float *p)
{
	lanes_f32 v;
	memcpy(&v, p, sizeof v);
	return v;
}
static inline lanes_f64 load_f64(const double *p)
{
	lanes_f64 v;
	memcpy(&v, p, sizeof v);
	return v;
}
static inline lanes_f32 some_f32(const float *p, int64_t n)
{
	lanes_f32 v;
	for (int i = 0; i < LANES_F32; i++) v[i] = i < n ? p[i] : 0;
	return v;
}
static inline lanes_f64 some_f64(const double *p, int64_t n)
{
	lanes_f64 v;
	for (int i = 0; i < LANES_F64; i++) v[i] = i < n ? p[i] : 0;
	return v;
}

/* Lane l gets what lane l + by has, counted round. */
static inline lanes_f32 turn_f32(lanes_f32 v, int by)
{
#ifdef __clang__
	lanes_f32 r;
	for (int i = 0; i < LANES_F32; i++) r[i] = v[(i + by) % LANES_F32];
	return r;
#else
	return __builtin_shuffle(v, numbers_f32() + by);
#endif
}
static inline lanes_f64 turn_f64(lanes_f64 v, int by)
{
#ifdef __clang__
	lanes_f64 r;
	for (int i = 0; i < LANES_F64; i++) r[i] = v[(i + by) % LANES_F64];
	return r;
#else
	return __builtin_shuffle(v, numbers_f64() + by);
#endif
}

/* The last n elements of a run that has at least a vector's, zeros after them. */
static inline lanes_f32 rest_f32(const float *p, int64_t n)
{
	const index_f32 v = (index_f32)turn_f32(load_f32(p + n - LANES_F32), (int)(LANES_F32 - n));
	return (lanes_f32)(v & (numbers_f32() < (int)n));
}
static inline lanes_f64 rest_f64(const double *p, int64_t n)
{
	const index_f64 v = (index_f64)turn_f64(load_f64(p + n - LANES_F64), (int)(LANES_F64 - n));
	return (lanes_f64)(v & (numbers_f64() < n));
}

/* a * b + c, rounded once: by name where compilers would take the loop apart */
static inline lanes_f32 fma_f32(lanes_f32 a, lanes_f32 b, lanes_f32 c)
{
#ifdef __AVX512F__
	return (lanes_f32)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined __FMA__
	return (lanes_f32)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
	for (int i = 0; i < LANES_F32; i++) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
	return c;
#endif
}
static inline lanes_f64 fma_f64(lanes_f64 a, lanes_f64 b, lanes_f64 c)
{
#ifdef __AVX512F__
	return (lanes_f64)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined __FMA__
	return (lanes_f64)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
	for (int i = 0; i < LANES_F64; i++) c[i] = __builtin_fma(a[i], b[i], c[i]);
	return c;
#endif
}
#endif
