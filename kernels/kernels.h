/* Kernels: plain loops on pointers, element counts and strides (in elements). They know
   no tensors, allocate nothing and keep no state. What a kernel computes for an element depends
   on that element's operands only, never on its position, alignment or the vector width. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H
#include <stdbool.h>
#include <stdint.h>

/* THE reduction tree, the same for every layout of the input. Element i of a reduction belongs to block
   i / K_BLOCK and there to lane i % K_LANES; a lane folds its elements in order, starting with the
   identity; the lanes of a block fold pairwise (l with l + K_LANES/2, then K_LANES/4 ...), and the blocks
   fold pairwise as a binary counter carries. */
enum { K_LANES = 32, K_BLOCK = 1024, K_TILE = 64, K_NARROW = 32 };

/* Rows of a product handed to BLAS at a time; part of what decides the bits, so a constant. */
enum { K_PANEL = 512 };

/* Element-wise: out is contiguous; an operand's stride may be anything, 0 repeats one element. out may be
   an operand when the element sizes agree and that operand's stride is 1. */
typedef void k1_fn(int64_t n, void *out, const void *a, int64_t sa);
typedef void k2_fn(int64_t n, void *out, const void *a, int64_t sa, const void *b, int64_t sb);
typedef void k3_fn(int64_t n, void *out, const void *a, int64_t sa, const void *b, int64_t sb, const void *c,
                   int64_t sc);

/* binary.c */
k2_fn k_add_f32, k_add_f64, k_add_i64, k_sub_f32, k_sub_f64, k_sub_i64, k_mul_f32, k_mul_f64, k_mul_i64;
k2_fn k_div_f32, k_div_f64, k_floordiv_f32, k_floordiv_f64, k_floordiv_i64, k_mod_f32, k_mod_f64, k_mod_i64;
k2_fn k_pow_f32, k_pow_f64, k_pow_i64;
k2_fn k_maximum_f32, k_maximum_f64, k_maximum_i64, k_minimum_f32, k_minimum_f64, k_minimum_i64;
k2_fn k_lt_f32, k_lt_f64, k_lt_i64, k_lt_bool, k_le_f32, k_le_f64, k_le_i64, k_le_bool;
k2_fn k_gt_f32, k_gt_f64, k_gt_i64, k_gt_bool, k_ge_f32, k_ge_f64, k_ge_i64, k_ge_bool;
k2_fn k_eq_f32, k_eq_f64, k_eq_i64, k_eq_bool, k_ne_f32, k_ne_f64, k_ne_i64, k_ne_bool;
k2_fn k_and_i64, k_and_bool, k_or_i64, k_or_bool, k_xor_i64, k_xor_bool;
bool k_has_zero_i64(int64_t n, const int64_t *a, int64_t sa); /* what the integer // and % must not meet */
bool k_has_negative_i64(int64_t n, const int64_t *a, int64_t sa);

/* unary.c */
k1_fn k_neg_f32, k_neg_f64, k_neg_i64, k_abs_f32, k_abs_f64, k_abs_i64, k_sign_f32, k_sign_f64, k_sign_i64;
k1_fn k_relu_f32, k_relu_f64, k_relu_i64, k_floor_f32, k_floor_f64, k_ceil_f32, k_ceil_f64, k_sqrt_f32, k_sqrt_f64;
k1_fn k_not_i64, k_not_bool;
k1_fn k_copy_1, k_copy_4, k_copy_8; /* by element size */
k1_fn k_f32_to_f64, k_f32_to_i64, k_f32_to_bool, k_f64_to_f32, k_f64_to_i64, k_f64_to_bool;
k1_fn k_i64_to_f32, k_i64_to_f64, k_i64_to_bool, k_bool_to_f32, k_bool_to_f64, k_bool_to_i64;
k3_fn k_where_1, k_where_4, k_where_8; /* first operand: bool */
void k_fill_1(int64_t n, void *out, const void *value);
void k_fill_4(int64_t n, void *out, const void *value);
void k_fill_8(int64_t n, void *out, const void *value);

/* transpose.c: out[i * so + j] = in[j * si + i], by element size; no overlap */
void k_transpose_4(int64_t rows, int64_t cols, void *out, int64_t so, const void *in, int64_t si);
void k_transpose_8(int64_t rows, int64_t cols, void *out, int64_t so, const void *in, int64_t si);

/* maths.c: vmath.h over arrays */
k1_fn k_exp_f32, k_exp_f64, k_log_f32, k_log_f64, k_tanh_f32, k_tanh_f64, k_sigmoid_f32, k_sigmoid_f64;
k1_fn k_sin_f32, k_sin_f64, k_cos_f32, k_cos_f64;

/* reduce.c: one block of the tree. rows: n <= K_BLOCK elements one after the other to *acc.
   cols: w <= K_TILE reductions side by side, element i of reduction j at row[i] + j * step elements. */
typedef void k_rows_fn(void *acc, const void *x, int64_t n);
typedef void k_cols_fn(void *acc, const void *const *row, int64_t n, int64_t w, int64_t step);
k_rows_fn k_sum_rows_f32, k_sum_rows_f64, k_sum_rows_i64, k_sum_rows_bool; /* bool: acc is int64 */
k_cols_fn k_sum_cols_f32, k_sum_cols_f64, k_sum_cols_i64, k_sum_cols_bool;
k_rows_fn k_amax_rows_f32, k_amax_rows_f64, k_amax_rows_i64, k_amin_rows_f32, k_amin_rows_f64, k_amin_rows_i64;
k_cols_fn k_amax_cols_f32, k_amax_cols_f64, k_amax_cols_i64, k_amin_cols_f32, k_amin_cols_f64, k_amin_cols_i64;
k_rows_fn k_any_rows_f32, k_any_rows_f64, k_any_rows_i64, k_any_rows_bool; /* acc is bool */
k_cols_fn k_any_cols_f32, k_any_cols_f64, k_any_cols_i64, k_any_cols_bool;
k_rows_fn k_all_rows_f32, k_all_rows_f64, k_all_rows_i64, k_all_rows_bool;
k_cols_fn k_all_cols_f32, k_all_cols_f64, k_all_cols_i64, k_all_cols_bool;
float k_sum_f32(int64_t n, const float *x); /* the whole tree over contiguous elements */
double k_sum_f64(int64_t n, const double *x);
float k_amax_f32(int64_t n, const float *x);
double k_amax_f64(int64_t n, const double *x);
/* 0-based position of the greatest or least; the first of equals, the first NaN before all; n >= 1 */
typedef int64_t k_arg_fn(int64_t n, const void *x, int64_t sx);
k_arg_fn k_argmax_f32, k_argmax_f64, k_argmax_i64, k_argmax_bool;
k_arg_fn k_argmin_f32, k_argmin_f64, k_argmin_i64, k_argmin_bool;

/* loss.c: rows of n contiguous elements, one after the other; out may be x. */
void k_softmax_f32(int64_t rows, int64_t n, float *out, const float *x);
void k_softmax_f64(int64_t rows, int64_t n, double *out, const double *x);
void k_log_softmax_f32(int64_t n, float *out, const float *x); /* one row */
void k_log_softmax_f64(int64_t n, double *out, const double *x);
/* log_softmax is x - top - log_sum: the greatest element of each row, and the logarithm of its sum of
   exponentials; work holds rows * n elements and is not x */
void k_log_sums_f32(int64_t rows, int64_t n, float *work, const float *x, float *top, float *log_sum);
void k_log_sums_f64(int64_t rows, int64_t n, double *work, const double *x, double *top, double *log_sum);

/* product.c: c[m x n] = a[m x k] b[k x n], c row-major with rows of n; rs and cs are the strides of rows and
   columns of a and b. f32 and f64 need cs or rs of 1 for each (k_product_direct), and cs of 1 for both where
   packed_only says so; then the bits depend on m, n, k and the type alone. `cancel`, when given, is looked
   at between panels: false = stopped. */
bool k_product_direct(int64_t rows, int64_t cols, int64_t rs, int64_t cs);
bool k_product_packed_only(int64_t m, int64_t n, int64_t k);
bool k_product_f32(int64_t m, int64_t n, int64_t k, const float *a, int64_t ars, int64_t acs, const float *b,
                   int64_t brs, int64_t bcs, float *c, const _Atomic bool *cancel);
bool k_product_f64(int64_t m, int64_t n, int64_t k, const double *a, int64_t ars, int64_t acs, const double *b,
                   int64_t brs, int64_t bcs, double *c, const _Atomic bool *cancel);
bool k_product_i64(int64_t m, int64_t n, int64_t k, const int64_t *a, int64_t ars, int64_t acs, const int64_t *b,
                   int64_t brs, int64_t bcs, int64_t *c, const _Atomic bool *cancel);

/* philox.c: Philox4x32-10; one block, and many at counters offset .. offset + blocks - 1, four words each. */
void k_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
void k_philox(uint64_t seed, uint64_t offset, int64_t blocks, uint32_t *out);
void k_uniform_f32(int64_t n, float *out, const uint32_t *words);     /* one word each, [0,1) */
void k_uniform_f64(int64_t n, double *out, const uint32_t *words);    /* two words each */
void k_normal_f32(int64_t pairs, float *out, const uint32_t *words);  /* two words make two values */
void k_normal_f64(int64_t pairs, double *out, const uint32_t *words); /* four words make two values */
#endif
