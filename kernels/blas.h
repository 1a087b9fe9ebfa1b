/* The functions of OpenBLAS that products use. */
#ifndef KERNELS_BLAS_H
#define KERNELS_BLAS_H
#include <cblas.h>

struct blas {
	__typeof__(&cblas_sgemm) sgemm;
	__typeof__(&cblas_dgemm) dgemm;
	__typeof__(&openblas_get_num_threads) threads;
	__typeof__(&openblas_set_num_threads) set_threads;
};
const struct blas *k_blas(void); /* NULL: the library is not there */
#endif
