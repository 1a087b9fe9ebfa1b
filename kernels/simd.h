/* What GCC and clang spell differently: IVDEP says that a loop's iterations do not depend on each other through
   memory, UNROLL(n) repeats the body of a loop whose trip count is known, so that arrays can live in registers. */
#ifndef KERNELS_SIMD_H
#define KERNELS_SIMD_H
#define SIMD_PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpass-failed" /* not every loop becomes SIMD code */
#define IVDEP SIMD_PRAGMA(clang loop vectorize(assume_safety))
#define UNROLL(n) SIMD_PRAGMA(clang loop unroll(full))
#else
#define IVDEP SIMD_PRAGMA(GCC ivdep)
#define UNROLL(n) SIMD_PRAGMA(GCC unroll n)
#endif
#endif
