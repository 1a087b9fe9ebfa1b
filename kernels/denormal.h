/* Denormal operands and results count as zero in products of matrices and in softmax: each would cost the
   processor a hundred times an ordinary number, and the probabilities of a trained model are full of them. */
#ifndef KERNELS_DENORMAL_H
#define KERNELS_DENORMAL_H
#ifdef __SSE__
#include <xmmintrin.h>
static inline unsigned denormals_flush(void)
{
	const unsigned old = _mm_getcsr();
	_mm_setcsr(old | 0x8040); /* flush to zero, denormals are zero */
	return old;
}
static inline void denormals_restore(unsigned old) { _mm_setcsr(old); }
#else
static inline unsigned denormals_flush(void) { return 0; }
static inline void denormals_restore(unsigned old) { (void)old; }
#endif
#endif
