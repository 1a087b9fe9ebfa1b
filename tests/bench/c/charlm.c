/* Microseconds for one training step of the character model of tests/bench/charlm.lua, as a careful C
   programmer writes it: single-threaded BLAS, one product per time step for the recurrence only,
   the output layer and all weight gradients as one product over all time steps, loops that the
   compiler turns into vector code, no allocation.
     h[t] = tanh(E[x[t]] + h[t-1] W + b)     logits = h V + c     loss = mean cross-entropy
   Usage: charlm TEXT BATCH [LEAST-SECONDS [STEPS]]; with STEPS prints the loss after so many steps. */
#include "bench.h"
#include <cblas.h>
#include <math.h>
#include <string.h>

enum { T = 32, H = 64, BATCHES = 8, MAX_V = 256 };
#define RATE 0.5f
#define CLIP 0.2f

struct model {
	int v, b;            /* vocabulary, batch */
	float *e, *w, *bias; /* V x H, H x H, H */
	float *out, *c;      /* H x V, V */
	float *de, *dw, *dbias, *dout, *dc;
	float *h;   /* (T+1) x B x H, h[0] is zero */
	float *dz;  /* T x B x H */
	float *p;   /* T x B x V: logits, then their gradient */
	int *x, *y; /* BATCHES x T x B */
	int at;
	float loss;
};

/* tanh to a few ulp: an odd rational function, without a branch */
static inline float tanh_fast(float x)
{
	x = x > 7.90531f ? 7.90531f : x < -7.90531f ? -7.90531f : x;
	float s = x * x;
	float p = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
	p = s * p + -8.60467152213735e-11f;
	p = s * p + 5.12229709037114e-08f;
	p = s * p + 1.48572235717979e-05f;
	p = s * p + 6.37261928875436e-04f;
	p = s * p + 4.89352455891786e-03f;
	float q = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
	q = s * q + 2.26843463243900e-03f;
	q = s * q + 4.89352518554385e-03f;
	return x * p / q;
}

static inline float exp_fast(float x)
{
	x = x > 88.f ? 88.f : x < -87.f ? -87.f : x;
	float k = __builtin_rintf(x * 1.44269504f);
	float r = x - k * 0.693359375f + k * 2.12194440e-4f;
	float p = 1.9875691500e-4f;
	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * r * r + r + 1.f;
	union {
		int32_t i;
		float f;
	} u;
	u.i = ((int32_t)k + 127) << 23;
	return p * u.f;
}

static void product(int ta, int tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb, float beta,
                    float *c)
{
	if (m == 1 && !ta) /* one row: a matrix times a vector */
		cblas_sgemv(CblasRowMajor, tb ? CblasNoTrans : CblasTrans, tb ? n : k, tb ? k : n, 1, b, ldb, a, 1,
		            beta, c, 1);
	else
		cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, 1,
		            a, lda, b, ldb, beta, c, n);
}

static void forward(struct model *m, const int *x)
{
	int b = m->b;
	for (int t = 0; t < T; t++) {
		float *h = m->h + (size_t)(t + 1) * b * H;
		product(0, 0, b, H, H, h - b * H, H, m->w, H, 0, h);
		for (int i = 0; i < b; i++) {
			float *restrict row = h + i * H;
			const float *restrict e = m->e + (size_t)x[t * b + i] * H, *restrict bias = m->bias;
			for (int j = 0; j < H; j++) row[j] = tanh_fast(row[j] + e[j] + bias[j]);
		}
	}
	product(0, 0, T * b, m->v, H, m->h + b * H, H, m->out, m->v, 0, m->p);
}

/* Logits become their gradients; the bias is added here. */
static void loss(struct model *m, const int *y)
{
	int v = m->v, rows = T * m->b;
	float total = 0, scale = 1.f / (float)rows;
	memset(m->dc, 0, (size_t)v * sizeof *m->dc);
	for (int r = 0; r < rows; r++) {
		float *restrict p = m->p + (size_t)r * v, *restrict dc = m->dc;
		const float *restrict c = m->c;
		float max = -INFINITY, sum = 0;
		for (int j = 0; j < v; j++) {
			p[j] += c[j];
			max = p[j] > max ? p[j] : max;
		}
		float target = p[y[r]];
		for (int j = 0; j < v; j++) {
			p[j] = exp_fast(p[j] - max);
			sum += p[j];
		}
		total += logf(sum) + max - target;
		float f = scale / sum;
		for (int j = 0; j < v; j++) p[j] *= f;
		p[y[r]] -= scale;
		for (int j = 0; j < v; j++) dc[j] += p[j];
	}
	m->loss = total * scale;
}

static void backward(struct model *m, const int *x)
{
	int b = m->b, v = m->v;
	product(1, 0, H, v, T * b, m->h + b * H, H, m->p, v, 0, m->dout);
	product(0, 1, T * b, H, v, m->p, v, m->out, v, 0, m->dz);
	for (int t = T - 1; t >= 0; t--) {
		float *restrict dz = m->dz + (size_t)t * b * H;
		const float *restrict h = m->h + (size_t)(t + 1) * b * H;
		if (t < T - 1) product(0, 1, b, H, H, dz + b * H, H, m->w, H, 1, dz);
		for (int j = 0; j < b * H; j++) dz[j] *= 1 - h[j] * h[j];
	}
	product(1, 0, H, H, T * b, m->h, H, m->dz, H, 0, m->dw);
	memset(m->de, 0, (size_t)v * H * sizeof *m->de);
	memset(m->dbias, 0, H * sizeof *m->dbias);
	for (int r = 0; r < T * b; r++) {
		float *restrict de = m->de + (size_t)x[r] * H, *restrict db = m->dbias;
		const float *restrict dz = m->dz + (size_t)r * H;
		for (int j = 0; j < H; j++) {
			de[j] += dz[j];
			db[j] += dz[j];
		}
	}
}

static void update(float *restrict p, const float *restrict g, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float d = g[i] > CLIP ? CLIP : g[i] < -CLIP ? -CLIP : g[i];
		p[i] -= RATE * d;
	}
}

static void step(void *arg)
{
	struct model *m = arg;
	size_t n = (size_t)T * m->b, vh = (size_t)m->v * H;
	const int *x = m->x + m->at * n, *y = m->y + m->at * n;
	m->at = (m->at + 1) % BATCHES;
	forward(m, x);
	loss(m, y);
	backward(m, x);
	update(m->e, m->de, vh);
	update(m->w, m->dw, H * H);
	update(m->bias, m->dbias, H);
	update(m->out, m->dout, vh);
	update(m->c, m->dc, (size_t)m->v);
}

/* The text's bytes numbered in the order of their values, cut as the script cuts them: batch k,
   stream i begins at (k * B + i) * (T + 1). */
static void read_text(struct model *m, const char *path)
{
	static unsigned char s[BATCHES * 64 * (T + 1)];
	int number[256] = {0}, all[256] = {0};
	FILE *f = need(fopen(path, "rb"));
	int ch;
	size_t n = 0, want = (size_t)BATCHES * m->b * (T + 1);
	while ((ch = getc(f)) != EOF) {
		all[ch] = 1;
		if (n < want) s[n++] = (unsigned char)ch;
	}
	fclose(f);
	if (n < want) {
		fprintf(stderr, "%s is too short\n", path);
		exit(1);
	}
	for (int i = 0; i < 256; i++)
		if (all[i]) number[i] = m->v++;
	m->x = buffer((size_t)BATCHES * T * m->b * sizeof *m->x);
	m->y = buffer((size_t)BATCHES * T * m->b * sizeof *m->y);
	for (int k = 0; k < BATCHES; k++)
		for (int t = 0; t < T; t++)
			for (int i = 0; i < m->b; i++) {
				const unsigned char *at = s + (k * m->b + i) * (T + 1) + t;
				m->x[(k * T + t) * m->b + i] = number[at[0]];
				m->y[(k * T + t) * m->b + i] = number[at[1]];
			}
}

/* Weights the script can make as well: 0.1 * (i * 7919 % 2003 / 1001.5 - 1) */
static float *weights(size_t n, float scale)
{
	float *p = buffer(n * sizeof *p);
	for (size_t i = 0; i < n; i++) p[i] = scale * ((float)(i * 7919 % 2003) / 1001.5f - 1);
	return p;
}

int main(int argc, char **argv)
{
	struct model m = {.b = argc > 2 ? atoi(argv[2]) : 0};
	if (argc < 3 || m.b < 1 || m.b > 64) return fprintf(stderr, "usage: charlm TEXT BATCH [SECONDS [STEPS]]\n"), 1;
	openblas_set_num_threads(1);
	read_text(&m, argv[1]);
	size_t vh = (size_t)m.v * H, rows = (size_t)T * m.b;
	m.e = weights(vh, 0.1f), m.w = weights(H * H, 0.1f), m.bias = weights(H, 0);
	m.out = weights(vh, 0.1f), m.c = weights((size_t)m.v, 0);
	m.de = weights(vh, 0), m.dw = weights(H * H, 0), m.dbias = weights(H, 0);
	m.dout = weights(vh, 0), m.dc = weights((size_t)m.v, 0);
	m.h = weights((rows + m.b) * H, 0), m.dz = weights(rows * H, 0), m.p = weights(rows * m.v, 0);
	if (argc > 4) {
		for (int i = atoi(argv[4]); i > 0; i--) step(&m);
		printf("%.6f\n", m.loss);
		return 0;
	}
	printf("%.3f\n", seconds_per_call(step, &m, argc > 3 ? atof(argv[3]) : 0.2) * 1e6);
	return 0;
}
