/* Archives of arrays: NumPy's .npz, which is a zip of .npy members. libzip knows the
   container and checks the members' checksums; sizes it reports come from the file and are
   compared with the file's length before anything is allocated for them. */
#include "io/io.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#define MAGIC "\x93NUMPY"
#define DEFLATE_MOST 1032 /* deflate never expands a byte to more */

struct npz_reader {
	struct mem *mem;
	FILE *npy; /* a lone array, else NULL */
	zip_t *zip;
	uint64_t length; /* of the file */
	int64_t at, count;
	char *name; /* of the entry handed out last */
	size_t name_size;
	char path[];
};

static bool in_file(const char *path, const char *member, const struct err *why, struct err *e)
{
	if (!member || !*member) return fail_kind(e, why->kind, 0, "%.400s: %.500s", path, why->msg);
	return fail_kind(e, why->kind, 0, "%.300s: '%.200s': %.400s", path, member, why->msg);
}

static bool fail_zip(struct err *e, int code)
{
	zip_error_t z;
	zip_error_init_with_code(&z, code);
	fail(e, "%s", zip_error_strerror(&z));
	zip_error_fini(&z);
	return false;
}

/* ---- reading ---- */

static int64_t read_file(void *ud, void *to, size_t n, struct err *e)
{
	size_t got = fread(to, 1, n, ud);
	if (got == n || !ferror((FILE *)ud)) return (int64_t)got;
	fail(e, "%s", strerror(errno));
	return -1;
}

static int64_t read_member(void *ud, void *to, size_t n, struct err *e)
{
	size_t got = 0;

	while (got < n) { /* libzip may give less than is left */
		zip_int64_t k = zip_fread(ud, (char *)to + got, n - got);
		if (k < 0) {
			fail(e, "%s", zip_file_strerror(ud));
			return -1;
		}
		if (k == 0) break;
		got += (size_t)k;
	}
	return (int64_t)got;
}

static bool open_any(struct npz_reader *r, struct err *e)
{
	char magic[6] = "";
	struct stat st;
	int code;
	FILE *f = fopen(r->path, "rb");

	if (!f) return fail(e, "%s", strerror(errno));
	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode)) {
		fclose(f);
		return fail(e, "not a regular file");
	}
	r->length = (uint64_t)st.st_size;
	if (fread(magic, 1, sizeof magic, f) == sizeof magic && !memcmp(magic, MAGIC, sizeof magic)) {
		rewind(f);
		r->npy = f;
		r->count = 1;
		return true;
	}
	fclose(f);
	if (memcmp(magic, "PK", 2)) return fail(e, "neither a .npz archive nor a .npy array");
	r->zip = zip_open(r->path, ZIP_RDONLY, &code);
	if (!r->zip) return fail_zip(e, code);
	r->count = zip_get_num_entries(r->zip, 0);
	return true;
}

struct npz_reader *npz_open(struct mem *m, const char *path, struct err *e)
{
	size_t size = sizeof(struct npz_reader) + strlen(path) + 1;
	struct npz_reader *r = mem_zero(m, size);
	struct err why;

	if (!r) {
		fail_memory(e, size);
		return NULL;
	}
	r->mem = m;
	strcpy(r->path, path);
	if (open_any(r, &why)) return r;
	in_file(path, NULL, &why, e);
	npz_close(r);
	return NULL;
}

bool npz_is_lone(const struct npz_reader *r) { return r->npy != NULL; }

void npz_close(struct npz_reader *r)
{
	if (!r) return;
	if (r->npy) fclose(r->npy);
	if (r->zip) zip_discard(r->zip);
	mem_free(r->mem, r->name, r->name_size);
	mem_free(r->mem, r, sizeof *r + strlen(r->path) + 1);
}

/* A member whose stated sizes the file's length allows. */
static zip_file_t *open_member(struct npz_reader *r, int64_t i, uint64_t *size, struct err *e)
{
	const zip_uint64_t need = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
	struct zip_stat st;
	zip_file_t *f;
	bool ok;

	if (zip_stat_index(r->zip, (zip_uint64_t)i, 0, &st) || (st.valid & need) != need) {
		fail(e, "%s", zip_strerror(r->zip));
		return NULL;
	}
	if (st.comp_method == ZIP_CM_STORE) ok = st.size == st.comp_size;
	else if (st.comp_method == ZIP_CM_DEFLATE) ok = st.size / DEFLATE_MOST <= st.comp_size;
	else {
		fail(e, "compressed by method %d, only 0 (stored) and 8 (deflated) are read", st.comp_method);
		return NULL;
	}
	if (!ok || st.comp_size > r->length) {
		fail(e, "corrupt archive: impossible sizes");
		return NULL;
	}
	*size = st.size;
	f = zip_fopen_index(r->zip, (zip_uint64_t)i, 0);
	if (!f) fail(e, "%s", zip_strerror(r->zip));
	return f;
}

static bool read_entry(struct npz_reader *r, int64_t i, struct tensor *t, struct err *e)
{
	struct npy_source s = {.size = r->length};
	zip_file_t *f;
	bool ok;

	if (r->npy) {
		s.ud = r->npy;
		s.read = read_file;
		return npy_read(&s, r->mem, t, e);
	}
	f = open_member(r, i, &s.size, e);
	if (!f) return false;
	s.ud = f;
	s.read = read_member;
	ok = npy_read(&s, r->mem, t, e);
	zip_fclose(f);
	return ok;
}

static bool keep_name(struct npz_reader *r, const char *s, size_t n, struct err *e)
{
	mem_free(r->mem, r->name, r->name_size);
	r->name_size = n + 1;
	r->name = mem_new(r->mem, n + 1);
	if (!r->name) {
		r->name_size = 0;
		return fail_memory(e, n + 1);
	}
	memcpy(r->name, s, n);
	r->name[n] = 0;
	return true;
}

bool npz_next(struct npz_reader *r, struct npz_entry *x, struct err *e)
{
	struct err why;

	for (; r->at < r->count; r->at++) {
		const char *name = r->npy ? ".npy" : zip_get_name(r->zip, (zip_uint64_t)r->at, 0);
		size_t n = name ? strlen(name) : 0;
		if (n < 4 || strcmp(name + n - 4, ".npy")) continue;
		if (!keep_name(r, name, n - 4, e)) return false;
		if (!read_entry(r, r->at, &x->t, &why)) return in_file(r->path, r->name, &why, e);
		x->name = r->name;
		r->at++;
		return true;
	}
	x->name = NULL;
	return true;
}

static bool read_text(struct npz_reader *r, int64_t i, struct buf *out, struct err *e)
{
	char chunk[4096];
	uint64_t size;
	int64_t n = 1;
	zip_file_t *f = open_member(r, i, &size, e);

	if (!f) return false;
	while (n > 0 && !out->bad && (n = read_member(f, chunk, sizeof chunk, e)) > 0) buf_put(out, chunk, (size_t)n);
	zip_fclose(f);
	if (out->bad) return fail_memory(e, size);
	return n == 0;
}

bool npz_text(struct npz_reader *r, const char *name, struct buf *out, bool *found, struct err *e)
{
	struct err why;
	int64_t i = r->npy ? -1 : zip_name_locate(r->zip, name, 0);

	*found = i >= 0;
	if (i < 0 || read_text(r, i, out, &why)) return true;
	return in_file(r->path, name, &why, e);
}

/* ---- writing ---- */

struct member { /* bytes that must live until the archive is written */
	char *head;
	size_t size;
	struct storage *rows; /* a copy of what was not contiguous */
	zip_buffer_fragment_t part[2];
};
struct npz_writer {
	struct mem *mem;
	zip_t *zip;
	VEC(struct member *) member;
	char path[];
};

struct npz_writer *npz_create(struct mem *m, const char *path, struct err *e)
{
	char real[IO_PATH];
	size_t size = sizeof(struct npz_writer) + strlen(path) + 1;
	struct npz_writer *w = mem_zero(m, size);
	struct err why;
	int code;

	if (!w) {
		fail_memory(e, size);
		return NULL;
	}
	w->mem = m;
	strcpy(w->path, path);
	if (io_target(path, real, &why)) {
		w->zip =
		    zip_open(real, ZIP_CREATE | ZIP_TRUNCATE, &code); /* written beside the file and renamed over it */
		if (w->zip) return w;
		fail_zip(&why, code);
	}
	in_file(path, NULL, &why, e);
	npz_discard(w);
	return NULL;
}

void npz_discard(struct npz_writer *w)
{
	if (!w) return;
	if (w->zip) zip_discard(w->zip);
	for (uint32_t i = 0; i < w->member.n; i++) {
		struct member *x = w->member.at[i];
		mem_free(w->mem, x->head, x->size);
		storage_unref(x->rows);
		mem_free(w->mem, x, sizeof *x);
	}
	vec_free(w->mem, &w->member);
	mem_free(w->mem, w, sizeof *w + strlen(w->path) + 1);
}

static struct member *new_member(struct npz_writer *w, const char *head, size_t n, struct err *e)
{
	struct member *x = mem_zero(w->mem, sizeof *x);

	if (x && (x->head = mem_new(w->mem, n + 1)) && vec_push(w->mem, &w->member, x)) {
		x->size = n + 1;
		memcpy(x->head, head, n);
		x->part[0] = (zip_buffer_fragment_t){.data = (zip_uint8_t *)x->head, .length = n};
		return x;
	}
	if (x) mem_free(w->mem, x->head, n + 1), mem_free(w->mem, x, sizeof *x);
	fail_memory(e, n + 1);
	return NULL;
}

/* Stored, not compressed, and dated like NumPy's: equal values give equal files. */
static bool add(struct npz_writer *w, const char *name, struct member *x, int parts, struct err *e)
{
	zip_source_t *s = zip_source_buffer_fragment(w->zip, x->part, (zip_uint64_t)parts, 0);
	zip_int64_t i = s ? zip_file_add(w->zip, name, s, ZIP_FL_ENC_UTF_8) : -1;

	if (i < 0 || zip_set_file_compression(w->zip, (zip_uint64_t)i, ZIP_CM_STORE, 0) ||
	    zip_file_set_dostime(w->zip, (zip_uint64_t)i, 0, 1 << 5 | 1, 0)) {
		if (s && i < 0) zip_source_free(s);
		return fail(e, "%.300s: '%.200s': %s", w->path, name, zip_strerror(w->zip));
	}
	return true;
}

bool npz_add(struct npz_writer *w, const char *name, const struct tensor *t, struct err *e)
{
	struct tensor rows = *t;
	struct member *x;
	struct buf b, full;
	bool ok = false;

	buf_init(&b, w->mem);
	buf_init(&full, w->mem);
	npy_header(&b, t);
	buf_printf(&full, "%s.npy", name);
	if (b.bad || full.bad) {
		fail_memory(e, 128);
	} else if ((x = new_member(w, b.s, b.n, e))) {
		if (!t->contiguous && tensor_shape(&rows, t->dtype, t->rank, t->dim, e) &&
		    tensor_alloc(w->mem, &rows, e)) {
			tensor_copy(&rows, t);
			x->rows = rows.st;
		}
		x->part[1] = (zip_buffer_fragment_t){.data = (zip_uint8_t *)rows.data, .length = tensor_bytes(&rows)};
		if (t->contiguous || x->rows) ok = add(w, full.s, x, tensor_bytes(&rows) ? 2 : 1, e);
	}
	buf_free(&b);
	buf_free(&full);
	return ok;
}

bool npz_add_text(struct npz_writer *w, const char *name, const char *s, size_t n, struct err *e)
{
	struct member *x = new_member(w, s, n, e);
	return x && add(w, name, x, 1, e);
}

bool npz_finish(struct npz_writer *w, struct err *e)
{
	if (zip_close(w->zip)) return fail(e, "%.400s: %s", w->path, zip_strerror(w->zip));
	w->zip = NULL; /* closed: nothing is left to discard */
	return true;
}
