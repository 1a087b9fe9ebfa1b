/* exp, log, tanh, sigmoid, sin and cos of one element, for f32 and f64, at most 2 ulp off. Branch-free
   on the normal path so that a compiler turns a loop over them into SIMD code; no contraction is relied
   on: fused steps are written fma. The same text is compiled into every mode. Angles beyond vm_*_far
   take the library's function, by element, so a far neighbour changes nothing.
   Compile with -ffp-contract=off -fno-trapping-math -fno-math-errno. */
#ifndef KERNELS_VMATH_H
#define KERNELS_VMATH_H
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t vm_bits_f32(float x)
{
	uint32_t u;
	memcpy(&u, &x, sizeof u);
	return u;
}
static inline float vm_from_f32(uint32_t u)
{
	float x;
	memcpy(&x, &u, sizeof x);
	return x;
}
static inline uint64_t vm_bits_f64(double x)
{
	uint64_t u;
	memcpy(&u, &x, sizeof u);
	return u;
}
static inline double vm_from_f64(uint64_t u)
{
	double x;
	memcpy(&x, &u, sizeof x);
	return x;
}

/* 2^k for k in [-126, 127] and [-1022, 1023], as unsigned words: a NaN's k may be anything */
static inline float vm_two_f32(uint32_t k) { return vm_from_f32((k + 127) << 23); }
static inline double vm_two_f64(uint64_t k) { return vm_from_f64((k + 1023) << 52); }

/* x = k ln 2 + r, |r| <= ln 2 / 2; e^r by its series; 2^k in two factors, so that
   results may be denormal. Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits. */
static inline float vm_exp_f32(float v)
{
	float x = v > 90 ? 90 : v < -106 ? -106 : v; /* NaN passes */
	float t = __builtin_fmaf(x, 0x1.715476p0f, 0x1.8p23f), k = t - 0x1.8p23f;
	uint32_t e = vm_bits_f32(t) - vm_bits_f32(0x1.8p23f), e1 = ((e + 512) >> 1) - 256, e2 = e - e1;
	float t0 = __builtin_fmaf(k, -0x1.62e4p-1f, x); /* exact: the product has 23 bits */
	float r = __builtin_fmaf(k, -0x1.7f7d1cp-20f, t0), low = __builtin_fmaf(k, -0x1.7f7d1cp-20f, t0 - r);
	float p = 0x1.a01a02p-13f;
	p = __builtin_fmaf(p, r, 0x1.6c16c2p-10f);
	p = __builtin_fmaf(p, r, 0x1.111112p-7f);
	p = __builtin_fmaf(p, r, 0x1.555556p-5f);
	p = __builtin_fmaf(p, r, 0x1.555556p-3f);
	p = __builtin_fmaf(p, r, 0.5f);
	float one = 1 + r;
	p = one + (r - (one - 1) + __builtin_fmaf(p, r * r, low));
	return p * vm_two_f32(e1) * vm_two_f32(e2);
}

static inline double vm_exp_f64(double v)
{
	double x = v > 710 ? 710 : v < -750 ? -750 : v;
	double t = __builtin_fma(x, 0x1.71547652b82fep0, 0x1.8p52), k = t - 0x1.8p52;
	uint64_t e = vm_bits_f64(t) - vm_bits_f64(0x1.8p52), e1 = ((e + 4096) >> 1) - 2048, e2 = e - e1;
	double t0 = __builtin_fma(k, -6.93147180369123816490e-01, x); /* exact: 32 bits by 11 */
	double r = __builtin_fma(k, -1.90821492927058770002e-10, t0);
	double low = __builtin_fma(k, -1.90821492927058770002e-10, t0 - r);
	double p = 0x1.6124613a86d09p-33;
	p = __builtin_fma(p, r, 0x1.1eed8eff8d898p-29);
	p = __builtin_fma(p, r, 0x1.ae64567f544e4p-26);
	p = __builtin_fma(p, r, 0x1.27e4fb7789f5cp-22);
	p = __builtin_fma(p, r, 0x1.71de3a556c734p-19);
	p = __builtin_fma(p, r, 0x1.a01a01a01a01ap-16);
	p = __builtin_fma(p, r, 0x1.a01a01a01a01ap-13);
	p = __builtin_fma(p, r, 0x1.6c16c16c16c17p-10);
	p = __builtin_fma(p, r, 0x1.1111111111111p-7);
	p = __builtin_fma(p, r, 0x1.5555555555555p-5);
	p = __builtin_fma(p, r, 0x1.5555555555555p-3);
	p = __builtin_fma(p, r, 0.5);
	double one = 1 + r;
	p = one + (r - (one - 1) + __builtin_fma(p, r * r, low));
	return p * vm_two_f64(e1) * vm_two_f64(e2);
}

/* x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt 2); log(1 + f) by s = f / (2 + f). */
static inline float vm_log_f32(float v)
{
	int small = v < 0x1p-126f;
	float x = small ? v * 0x1p25f : v;
	uint32_t u = vm_bits_f32(x) + (0x3f800000 - 0x3f3504f3);
	float k = (float)((int32_t)(u >> 23) - 127 - (small ? 25 : 0));
	float f = vm_from_f32((u & 0x007fffff) + 0x3f3504f3) - 1;
	float s = f / (2 + f), z = s * s, h = 0.5f * f * f;
	float q = __builtin_fmaf(z, 0xf89e26.0p-26f, 0x91e9ee.0p-25f);
	q = __builtin_fmaf(z, q, 0xccce13.0p-25f);
	q = z * __builtin_fmaf(z, q, 0xaaaaaa.0p-24f);
	float y = __builtin_fmaf(k, 0x1.7f7d1cp-20f, s * (h + q)) - h + f;
	y = __builtin_fmaf(k, 0x1.62e4p-1f, y);
	y = v == INFINITY ? v : y;
	y = v == 0 ? -INFINITY : y;
	return v >= 0 ? y : (v != v ? v : NAN);
}

static inline double vm_log_f64(double v)
{
	int small = v < 0x1p-1022;
	double x = small ? v * 0x1p54 : v;
	uint64_t u = vm_bits_f64(x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
	/* the exponent as a double without a conversion instruction: its bits under 2^52's */
	double k = vm_from_f64((u >> 52) | 0x4330000000000000) - (0x1p52 + 1023) - (small ? 54 : 0);
	double f = vm_from_f64((u & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd) - 1;
	double s = f / (2 + f), z = s * s, h = 0.5 * f * f;
	double q = __builtin_fma(z, 1.479819860511658591e-01, 1.531383769920937332e-01);
	q = __builtin_fma(z, q, 1.818357216161805012e-01);
	q = __builtin_fma(z, q, 2.222219843214978396e-01);
	q = __builtin_fma(z, q, 2.857142874366239149e-01);
	q = __builtin_fma(z, q, 3.999999999940941908e-01);
	q = z * __builtin_fma(z, q, 6.666666666666735130e-01);
	double y = __builtin_fma(k, 1.90821492927058770002e-10, s * (h + q)) - h + f;
	y = __builtin_fma(k, 6.93147180369123816490e-01, y);
	y = v == INFINITY ? v : y;
	y = v == 0 ? -INFINITY : y;
	return v >= 0 ? y : (v != v ? v : NAN);
}

/* Near 0 an odd polynomial keeps the relative precision; elsewhere 1 - 2 / (e^2x + 1). */
static inline float vm_tanh_f32(float x)
{
	float a = __builtin_fabsf(x), z = x * x;
	float p = -5.70498872745e-3f;
	p = __builtin_fmaf(p, z, 2.06390887954e-2f);
	p = __builtin_fmaf(p, z, -5.37397155531e-2f);
	p = __builtin_fmaf(p, z, 1.33314422036e-1f);
	p = __builtin_fmaf(p, z, -3.33332819422e-1f);
	float near = __builtin_fmaf(p * z, a, a);
	float far = 1 - 2 / (vm_exp_f32(2 * a) + 1);
	return x != x ? x : __builtin_copysignf(a < 0.625f ? near : far, x);
}

static inline double vm_tanh_f64(double x)
{
	double a = __builtin_fabs(x), z = x * x;
	double p = __builtin_fma(-9.64399179425052238628e-1, z, -9.92877231001918586564e1);
	p = __builtin_fma(p, z, -1.61468768441708447952e3);
	double q = __builtin_fma(1.0, z, 1.12811678491632931402e2);
	q = __builtin_fma(q, z, 2.23548839060100448583e3);
	q = __builtin_fma(q, z, 4.84406305325125486048e3);
	double near = __builtin_fma(z * (p / q), a, a);
	double far = 1 - 2 / (vm_exp_f64(2 * a) + 1);
	return x != x ? x : __builtin_copysign(a < 0.625 ? near : far, x);
}

/* e^-|x| never overflows, and small results stay exact to the last denormal. The quotient's error and that of
   1 + e are made up for with a rough 1 / s. */
static inline float vm_sigmoid_f32(float x)
{
	float e = vm_exp_f32(-__builtin_fabsf(x)), n = x >= 0 ? 1 : e;
	float s = 1 + e, low = e - (s - 1), q = n / s;
	float rest = __builtin_fmaf(-q, low, __builtin_fmaf(-q, s, n));
	return __builtin_fmaf(rest, 1.457f - 0.5f * s, q);
}

static inline double vm_sigmoid_f64(double x)
{
	double e = vm_exp_f64(-__builtin_fabs(x)), n = x >= 0 ? 1 : e;
	double s = 1 + e, low = e - (s - 1), q = n / s;
	double rest = __builtin_fma(-q, low, __builtin_fma(-q, s, n));
	return __builtin_fma(rest, 1.457 - 0.5 * s, q);
}

/* Angles: x = k pi/2 + r. f32 is reduced and evaluated in f64. */
#define vm_far_f32 0x1p24f
#define vm_far_f64 0x1p19
static inline int vm_is_far_f32(float x) { return !(__builtin_fabsf(x) < vm_far_f32); }
static inline int vm_is_far_f64(double x) { return !(__builtin_fabs(x) < vm_far_f64); }

static inline float vm_angle_f32(float v, uint64_t turn)
{
	double x = v;
	double t = __builtin_fma(x, 0x1.45f306dc9c883p-1, 0x1.8p52), k = t - 0x1.8p52;
	uint64_t q = vm_bits_f64(t) + turn;
	double r = __builtin_fma(k, -0x1.921fb54442d18p0, x);
	r = __builtin_fma(k, -0x1.1a62633145c07p-54, r);
	double z = r * r;
	double s = __builtin_fma(z, 0x16cd878c3b46a7.0p-71, -0x1a00f9e2cae774.0p-65);
	s = __builtin_fma(z, s, 0x111110896efbb2.0p-59);
	s = __builtin_fma(z, s, -0x15555554cbac77.0p-55);
	s = __builtin_fma(z * s, r, r);
	double c = __builtin_fma(z, 0x199342e0ee5069.0p-68, -0x16c087e80f1e27.0p-62);
	c = __builtin_fma(z, c, 0x155553e1053a42.0p-57);
	c = __builtin_fma(z, c, -0x1ffffffd0c5e81.0p-54);
	c = __builtin_fma(z, c, 1.0);
	double y = q & 1 ? c : s;
	return (float)(q & 2 ? -y : y);
}

/* pi/2 in parts of 33 bits: products with k < 2^20 are exact, and each difference's rounding error is
   kept, so r + lo is good to 2^-100 however close x is to a multiple. */
static inline double vm_angle_f64(double x, uint64_t turn)
{
	double t = __builtin_fma(x, 0x1.45f306dc9c883p-1, 0x1.8p52), k = t - 0x1.8p52;
	uint64_t q = vm_bits_f64(t) + turn;
	double a = x - k * 1.57079632673412561417e+00; /* exact */
	double b = k * 6.07710050630396597660e-11, r1 = a - b, v1 = r1 - a, e1 = (a - (r1 - v1)) - (b + v1);
	double c = k * 2.02226624871116645580e-21, r2 = r1 - c, v2 = r2 - r1, e2 = (r1 - (r2 - v2)) - (c + v2);
	double lo = __builtin_fma(k, -8.47842766036889956997e-32, e1 + e2);
	double r = r2 + lo;
	lo = (r2 - r) + lo;
	double z = r * r;
	double s = __builtin_fma(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08);
	s = __builtin_fma(z, s, 2.75573137070700676789e-06);
	s = __builtin_fma(z, s, -1.98412698298579493134e-04);
	s = __builtin_fma(z, s, 8.33333333332248946124e-03);
	double w = z * r;
	s = r - ((z * (0.5 * lo - w * s) - lo) - w * -1.66666666666666324348e-01);
	double d = __builtin_fma(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09);
	d = __builtin_fma(z, d, -2.75573143513906633035e-07);
	d = __builtin_fma(z, d, 2.48015872894767294178e-05);
	d = __builtin_fma(z, d, -1.38888888888741095749e-03);
	d = z * __builtin_fma(z, d, 4.16666666666666019037e-02);
	double h = 0.5 * z, one = 1 - h;
	d = one + (((1 - one) - h) + (z * d - r * lo));
	double y = q & 1 ? d : s;
	return q & 2 ? -y : y;
}

static inline float vm_near_sin_f32(float x) { return x == 0 ? x : vm_angle_f32(x, 0); }
static inline float vm_near_cos_f32(float x) { return vm_angle_f32(x, 1); }
static inline double vm_near_sin_f64(double x) { return x == 0 ? x : vm_angle_f64(x, 0); }
static inline double vm_near_cos_f64(double x) { return vm_angle_f64(x, 1); }

static inline float vm_sin_f32(float x) { return vm_is_far_f32(x) ? (float)sin((double)x) : vm_near_sin_f32(x); }
static inline float vm_cos_f32(float x) { return vm_is_far_f32(x) ? (float)cos((double)x) : vm_near_cos_f32(x); }
static inline double vm_sin_f64(double x) { return vm_is_far_f64(x) ? sin(x) : vm_near_sin_f64(x); }
static inline double vm_cos_f64(double x) { return vm_is_far_f64(x) ? cos(x) : vm_near_cos_f64(x); }
#endif
