/* One array in NumPy's .npy format: magic, version, a header that is a Python dict as text,
   then the elements. The header is parsed by hand and believed only as far as the number of bytes
   that are there bears it out. */
#include "io/io.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "elements are read and written as they lie in memory");

#define MAGIC "\x93NUMPY"
#define HEADER_MAX 65536

/* ---- the header ---- */

struct header {
	char descr[32];
	bool fortran, seen[3];
	int rank;
	int64_t dim[MAX_RANK];
};
struct text {
	const char *s, *end;
	struct err *e;
};

static char peek(struct text *p)
{
	while (p->s < p->end && (*p->s == ' ' || *p->s == '\n' || *p->s == '\t' || *p->s == '\r')) p->s++;
	return p->s < p->end ? *p->s : 0;
}

static bool take(struct text *p, char c)
{
	if (peek(p) != c || !c) return false;
	p->s++;
	return true;
}

static bool word(struct text *p, const char *w)
{
	size_t n = strlen(w);
	peek(p);
	if ((size_t)(p->end - p->s) < n || memcmp(p->s, w, n)) return false;
	p->s += n;
	return true;
}

static bool malformed(struct text *p) { return fail(p->e, "malformed .npy header"); }

static bool string(struct text *p, char *out, size_t size)
{
	char quote = peek(p);
	size_t n = 0;

	if (quote != '\'' && quote != '"') return malformed(p);
	for (p->s++; p->s < p->end && *p->s != quote; p->s++) {
		if (*p->s < ' ' || *p->s > '~' || *p->s == '\\' || n + 1 >= size) return malformed(p);
		out[n++] = *p->s;
	}
	out[n] = 0;
	return take(p, quote) || malformed(p);
}

static bool shape(struct text *p, struct header *h)
{
	if (!take(p, '(')) return malformed(p);
	for (h->rank = 0; !take(p, ')'); h->rank++) {
		int64_t v = 0;
		if (peek(p) < '0' || *p->s > '9') return malformed(p);
		for (; p->s < p->end && *p->s >= '0' && *p->s <= '9'; p->s++)
			if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *p->s - '0', &v))
				return fail(p->e, "a dim of the .npy header is too large");
		if (h->rank == MAX_RANK) return fail(p->e, "an array of more than %d dims", MAX_RANK);
		h->dim[h->rank] = v;
		take(p, 'L'); /* Python 2 wrote long integers so */
		if (!take(p, ',') && peek(p) != ')') return malformed(p);
	}
	return true;
}

static bool pair(struct text *p, struct header *h)
{
	static const char *const name[] = {"descr", "fortran_order", "shape"};
	char key[32];
	size_t k = 0;

	if (!string(p, key, sizeof key)) return false;
	while (k < COUNT_OF(name) && strcmp(key, name[k])) k++;
	if (k == COUNT_OF(name) || h->seen[k] || !take(p, ':')) return malformed(p);
	h->seen[k] = true;
	if (k == 2) return shape(p, h);
	if (k == 1) {
		h->fortran = word(p, "True");
		return h->fortran || word(p, "False") || malformed(p);
	}
	if (peek(p) == '[') return fail(p->e, "arrays of records cannot be read");
	return string(p, h->descr, sizeof h->descr);
}

static bool parse(const char *s, size_t n, struct header *h, struct err *e)
{
	struct text p = {s, s + n, e};

	memset(h, 0, sizeof *h);
	if (!take(&p, '{')) return malformed(&p);
	while (!take(&p, '}')) {
		if (!pair(&p, h)) return false;
		if (!take(&p, ',') && peek(&p) != '}') return malformed(&p);
	}
	if (peek(&p) || p.s != p.end || !h->seen[0] || !h->seen[1] || !h->seen[2]) return malformed(&p);
	return true;
}

/* ---- element types ---- */

static float from_half(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, bits = h & 1023;
	float f;

	if (exponent == 0) { /* zero and what lies below the least exponent: bits * 2^-24 */
		f = (float)bits * 0x1p-24f;
		return sign ? -f : f;
	}
	exponent = exponent == 31 ? 255 : exponent + 112;
	bits = sign | exponent << 23 | bits << 13;
	memcpy(&f, &bits, sizeof f);
	return f;
}

#define WIDEN(name, from, to, expr)                                            \
	static void name(void *out, const void *in, size_t n)                  \
	{                                                                      \
		to *o = out;                                                   \
		for (size_t i = 0; i < n; i++) {                               \
			from v;                                                \
			memcpy(&v, (const char *)in + i * sizeof v, sizeof v); \
			o[i] = (expr);                                         \
		}                                                              \
	}
WIDEN(widen_i1, int8_t, int64_t, v)
WIDEN(widen_i2, int16_t, int64_t, v)
WIDEN(widen_i4, int32_t, int64_t, v)
WIDEN(widen_u1, uint8_t, int64_t, v)
WIDEN(widen_u2, uint16_t, int64_t, v)
WIDEN(widen_u4, uint32_t, int64_t, v)
WIDEN(widen_f2, uint16_t, float, from_half(v))
WIDEN(widen_b1, uint8_t, uint8_t, v != 0)

static const struct element {
	const char *code; /* descr without byte order */
	uint8_t size, dtype;
	void (*widen)(void *out, const void *in, size_t n); /* NULL: as it is */
} elements[] = {
    {"f4", 4, F32, NULL},     {"f8", 8, F64, NULL},     {"i8", 8, I64, NULL},     {"b1", 1, BOOL, widen_b1},
    {"f2", 2, F32, widen_f2}, {"i1", 1, I64, widen_i1}, {"i2", 2, I64, widen_i2}, {"i4", 4, I64, widen_i4},
    {"u1", 1, I64, widen_u1}, {"u2", 2, I64, widen_u2}, {"u4", 4, I64, widen_u4},
};

static const struct element *element_of(const char *descr, struct err *e)
{
	bool order = *descr == '<' || *descr == '|' || *descr == '=';

	for (size_t i = 0; i < COUNT_OF(elements); i++)
		if (!strcmp(descr + order, elements[i].code)) return &elements[i];
	fail(e, "arrays of dtype '%s' cannot be read, only little-endian f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 and bool",
	     descr);
	return NULL;
}

/* ---- reading ---- */

static bool get(const struct npy_source *s, void *to, size_t n, struct err *e)
{
	int64_t got = s->read(s->ud, to, n, e);
	return got >= 0 && ((uint64_t)got == n || fail(e, "the array's data ends too early"));
}

static bool read_header(const struct npy_source *s, struct mem *m, struct header *h, uint64_t *used, struct err *e)
{
	unsigned char pre[12];
	uint32_t n;
	char *text;
	bool ok;

	if (s->size < 10) return fail(e, "not a .npy array");
	if (!get(s, pre, 8, e)) return false;
	if (memcmp(pre, MAGIC, 6)) return fail(e, "not a .npy array");
	if (pre[6] < 1 || pre[6] > 3) return fail(e, ".npy format version %d cannot be read", pre[6]);
	*used = pre[6] == 1 ? 10 : 12;
	if (!get(s, pre + 8, *used - 8, e)) return false;
	n = pre[8] | (uint32_t)pre[9] << 8;
	if (pre[6] > 1) n |= (uint32_t)pre[10] << 16 | (uint32_t)pre[11] << 24;
	if (n > HEADER_MAX || n > s->size - *used) return fail(e, "malformed .npy header");
	*used += n;
	text = mem_new(m, n + 1);
	if (!text) return fail_memory(e, n);
	ok = get(s, text, n, e) && parse(text, n, h, e);
	mem_free(m, text, n + 1);
	return ok;
}

static bool read_elements(const struct npy_source *s, const struct element *el, struct tensor *t, struct err *e)
{
	char chunk[8192];
	size_t left = (size_t)t->numel, most = sizeof chunk / el->size, wide = dtype_size[el->dtype];
	char *to = t->data;

	if (!el->widen) return get(s, to, left * wide, e);
	for (size_t n; left; left -= n, to += n * wide) {
		n = left < most ? left : most;
		if (!get(s, chunk, n * el->size, e)) return false;
		el->widen(to, chunk, n);
	}
	return true;
}

/* Column-major data is read as it lies and put into rows after. */
static bool to_rows(struct mem *m, struct tensor *t, struct err *e)
{
	struct tensor columns = *t;
	int64_t step = 1;

	for (int i = 0; i < t->rank; i++) {
		columns.stride[i] = step;
		step *= t->dim[i];
	}
	tensor_layout(&columns);
	t->st = NULL;
	t->data = NULL;
	bool ok = tensor_alloc(m, t, e);
	if (ok) tensor_copy(t, &columns);
	storage_unref(columns.st);
	return ok;
}

bool npy_read(const struct npy_source *s, struct mem *m, struct tensor *out, struct err *e)
{
	struct header h;
	const struct element *el;
	struct tensor t;
	uint64_t used = 0;
	char extra;

	if (!read_header(s, m, &h, &used, e) || !(el = element_of(h.descr, e))) return false;
	if (!tensor_shape(&t, el->dtype, h.rank, h.dim, e)) return false;
	if ((s->size - used) % el->size || (s->size - used) / el->size != (uint64_t)t.numel)
		return fail(e, "the header asks for %lld elements of %d bytes, the data has %llu bytes",
		            (long long)t.numel, el->size, (unsigned long long)(s->size - used));
	if (!tensor_alloc(m, &t, e)) return false;
	if (read_elements(s, el, &t, e)) {
		int64_t more = s->read(s->ud, &extra, 1, e); /* the end: where an archive finds a wrong checksum */
		if (more == 0) {
			if (h.fortran && t.rank > 1 && !to_rows(m, &t, e)) return false;
			*out = t;
			return true;
		}
		if (more > 0) fail(e, "data after the array's end");
	}
	storage_unref(t.st);
	return false;
}

/* ---- writing ---- */

void npy_header(struct buf *b, const struct tensor *t)
{
	static const char *const descr[DTYPE_COUNT] = {[F32] = "<f4", [F64] = "<f8", [I64] = "<i8", [BOOL] = "|b1"};
	size_t start = b->n, n;

	buf_put(b, MAGIC "\1\0\0\0", 10);
	buf_printf(b, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr[t->dtype]);
	for (int i = 0; i < t->rank; i++) buf_printf(b, i + 1 < t->rank ? "%lld, " : "%lld", (long long)t->dim[i]);
	buf_puts(b, t->rank == 1 ? ",), }" : "), }");
	while ((b->n - start + 1) % 64 && !b->bad) buf_putc(b, ' ');
	buf_putc(b, '\n');
	if (b->bad) return;
	n = b->n - start - 10;
	b->s[start + 8] = (char)(n & 255);
	b->s[start + 9] = (char)(n >> 8);
}

static bool write_all(FILE *f, struct mem *m, const struct tensor *t, struct err *e)
{
	struct tensor rows = *t;
	struct buf b;
	bool ok;

	if (!t->contiguous) {
		if (!tensor_shape(&rows, t->dtype, t->rank, t->dim, e) || !tensor_alloc(m, &rows, e)) return false;
		tensor_copy(&rows, t);
	}
	buf_init(&b, m);
	npy_header(&b, t);
	ok = !b.bad || fail_memory(e, 128);
	if (ok &&
	    (fwrite(b.s, 1, b.n, f) != b.n || fwrite(rows.data, 1, tensor_bytes(&rows), f) != tensor_bytes(&rows)))
		ok = fail(e, "%s", strerror(errno));
	buf_free(&b);
	if (!t->contiguous) storage_unref(rows.st);
	return ok;
}

bool io_target(const char *path, char real[IO_PATH], struct err *e)
{
	struct stat st;
	char *found = realpath(path, NULL);

	if (!found && errno != ENOENT) return fail(e, "%s", strerror(errno));
	bool fits = snprintf(real, IO_PATH, "%s", found ? found : path) < IO_PATH;
	bool regular = !found || (!stat(found, &st) && S_ISREG(st.st_mode));
	free(found);
	if (!fits) return fail(e, "the path is too long");
	return regular || fail(e, "not a regular file");
}

static bool save_at(const char *real, char *temp, size_t size, struct mem *m, const struct tensor *t, struct err *e)
{
	int fd = -1;

	for (unsigned i = 0; fd < 0 && i < 100; i++) {
		snprintf(temp, size, "%s.%lx-%u", real, (unsigned long)getpid(), i);
		fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST) break;
	}
	if (fd < 0) return fail(e, "%s", strerror(errno));
	FILE *f = fdopen(fd, "wb");
	bool ok = f ? write_all(f, m, t, e) : fail(e, "%s", strerror(errno));
	if ((f ? fclose(f) : close(fd)) && ok) ok = fail(e, "%s", strerror(errno));
	if (ok && rename(temp, real)) ok = fail(e, "%s", strerror(errno));
	if (!ok) unlink(temp);
	return ok;
}

/* A new file beside the old one, which is renamed over it at the end. */
bool npy_save(struct mem *m, const char *path, const struct tensor *t, struct err *e)
{
	char real[IO_PATH], temp[IO_PATH + 32];
	struct err why;

	if (io_target(path, real, &why) && save_at(real, temp, sizeof temp, m, t, &why)) return true;
	return fail_kind(e, why.kind, 0, "%.400s: %.500s", path, why.msg);
}
