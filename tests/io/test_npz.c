/* npy and npz: what is written is read back bit for bit, what NumPy writes is understood, and no
   damaged file crashes, leaks or makes the reader allocate more than the file can hold. */
#include "io/io.h"
#include <setjmp.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/moon-npz-XXXXXX";
static struct mem mem;

/* An allocator that fails from its n-th request on (n < 0: never) and remembers the largest. */
static long fail_at = -1, asked;
static size_t largest;
static void *hook(void *ud, void *p, size_t osize, size_t nsize)
{
	(void)ud;
	if (nsize == 0) {
		free(p);
		return NULL;
	}
	if (nsize > osize || !p) {
		if (fail_at >= 0 && asked++ >= fail_at) return NULL;
		if (nsize > largest) largest = nsize;
	}
	return realloc(p, nsize);
}

static const char *path_of(const char *name)
{
	static char path[2][200];
	static int which;
	which = !which;
	snprintf(path[which], sizeof path[which], "%s/%s", dir, name);
	return path[which];
}

static void write_file(const char *path, const void *s, size_t n)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(s, 1, n, f), n);
	fclose(f);
}

static size_t read_file(const char *path, char *s, size_t room)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t n = fread(s, 1, room, f);
	fclose(f);
	return n;
}

static struct tensor make(enum dtype dt, int rank, const int64_t *dim)
{
	struct tensor t;
	struct err e;
	assert_true(tensor_shape(&t, dt, rank, dim, &e));
	assert_true(tensor_alloc(&mem, &t, &e));
	for (int64_t i = 0; i < t.numel; i++) switch (dt) {
		case F32: ((float *)t.data)[i] = (float)i * 0.3f - 1; break;
		case F64: ((double *)t.data)[i] = (double)i / 7 - 1; break;
		case I64: ((int64_t *)t.data)[i] = i * 1000000007 - 5; break;
		default: t.data[i] = i % 3 == 0;
		}
	return t;
}

static void assert_same(const struct tensor *a, const struct tensor *b)
{
	assert_int_equal(a->dtype, b->dtype);
	assert_true(tensor_same_shape(a, b));
	for (int64_t i = 0; i < a->numel; i++) {
		assert_true(tensor_get_f(a, i) == tensor_get_f(b, i));
		assert_int_equal(tensor_get_i(a, i), tensor_get_i(b, i));
	}
}

/* The array of a .npy file made of a header text and data. */
static bool load(const char *dict, int version, const void *data, size_t n, struct tensor *t, struct err *e)
{
	char file[4096];
	size_t head = strlen(dict), pre = version == 1 ? 10 : 12;
	const char *path = path_of("made.npy");

	memcpy(file, "\x93NUMPY", 6);
	file[6] = (char)version;
	file[7] = file[10] = file[11] = 0;
	file[8] = (char)(head & 255);
	file[9] = (char)(head >> 8);
	memcpy(file + pre, dict, head);
	if (n) memcpy(file + pre + head, data, n);
	write_file(path, file, pre + head + n);
	struct npz_reader *r = npz_open(&mem, path, e);
	if (!r) return false;
	struct npz_entry x = {.name = NULL};
	bool ok = npz_next(r, &x, e);
	if (ok) {
		assert_true(npz_is_lone(r));
		assert_string_equal(x.name, "");
		*t = x.t;
		assert_true(npz_next(r, &x, e));
		assert_null(x.name);
	}
	npz_close(r);
	return ok;
}

static void refused(const char *dict, int version, size_t bytes, const char *why)
{
	static const char zeros[1024];
	struct tensor t;
	struct err e = {.msg = ""};
	if (load(dict, version, zeros, bytes, &t, &e)) fail_msg("accepted: %s", dict);
	if (!strstr(e.msg, why) || !strstr(e.msg, "made.npy")) fail_msg("%s: said: %s", dict, e.msg);
	assert_int_equal(mem.used, 0);
}

static void test_round_trip(void **state)
{
	static const int64_t shapes[][MAX_RANK] = {{0}, {5}, {2, 3}, {0, 4}, {2, 1, 3}, {1, 1, 1, 1, 1, 1, 2, 2}};
	static const int ranks[] = {0, 1, 2, 2, 3, 8};
	struct err e;
	(void)state;

	for (int dt = 0; dt < DTYPE_COUNT; dt++)
		for (size_t i = 0; i < COUNT_OF(ranks); i++) {
			struct tensor t = make(dt, ranks[i], shapes[i]);
			struct npz_entry x;
			const char *path = path_of("one.npy");
			assert_true(npy_save(&mem, path, &t, &e));
			struct npz_reader *r = npz_open(&mem, path, &e);
			assert_non_null(r);
			assert_true(npz_next(r, &x, &e));
			assert_same(&x.t, &t);
			assert_true(x.t.contiguous);
			storage_unref(x.t.st);
			npz_close(r);
			storage_unref(t.st);
		}
	assert_int_equal(mem.used, 0);
}

static struct npz_writer *start(const char *path, const struct tensor *a, const struct tensor *b, struct err *e)
{
	struct npz_writer *w = npz_create(&mem, path, e);
	if (w && npz_add(w, "a", a, e) && npz_add_text(w, "note.txt", "a text", 6, e) && npz_add(w, "deep/b", b, e))
		return w;
	npz_discard(w);
	return NULL;
}

static void test_archive(void **state)
{
	const char *path = path_of("two.npz");
	struct tensor a = make(F64, 2, (int64_t[]){3, 4}), b = make(I64, 1, (int64_t[]){6}), turned = a;
	struct npz_entry x;
	struct buf text;
	struct err e;
	bool found;
	(void)state;

	turned.dim[0] = 4, turned.dim[1] = 3, turned.stride[0] = 1, turned.stride[1] = 4;
	tensor_layout(&turned);
	for (int round = 0; round < 2; round++) { /* the second replaces the first */
		struct npz_writer *w = start(path, round ? &a : &turned, &b, &e);
		assert_non_null(w);
		assert_true(npz_finish(w, &e));
		npz_discard(w);
		struct npz_reader *r = npz_open(&mem, path, &e);
		assert_non_null(r);
		assert_false(npz_is_lone(r));
		assert_true(npz_next(r, &x, &e));
		assert_string_equal(x.name, "a");
		assert_same(&x.t, round ? &a : &turned);
		storage_unref(x.t.st);
		assert_true(npz_next(r, &x, &e));
		assert_string_equal(x.name, "deep/b");
		assert_same(&x.t, &b);
		storage_unref(x.t.st);
		assert_true(npz_next(r, &x, &e));
		assert_null(x.name);
		buf_init(&text, &mem);
		assert_true(npz_text(r, "note.txt", &text, &found, &e) && found);
		assert_int_equal(text.n, 6);
		assert_memory_equal(text.s, "a text", 6);
		assert_true(npz_text(r, "nothing", &text, &found, &e) && !found);
		buf_free(&text);
		npz_close(r);
	}
	storage_unref(a.st);
	storage_unref(b.st);
	assert_int_equal(mem.used, 0);
}

static void test_foreign(void **state)
{
	static const float f4[] = {1.5f, -2, 0.25f, 8, 16, 32};
	static const uint16_t f2[] = {0x3c00, 0xc000, 0x0001, 0x7c00, 0x8000, 0x7bff};
	static const double f2_is[] = {1, -2, 0x1p-24, INFINITY, 0, 65504};
	static const unsigned char raw[] = {0xfe, 0xff, 0xff, 0xff, 1, 0, 0, 0};
	static const struct {
		const char *descr;
		int count;
		int64_t first;
	} whole[] = {{"<i4", 2, -2}, {"<u4", 2, 4294967294}, {"<i2", 4, -2}, {"<u2", 4, 65534},
	             {"|i1", 8, -2}, {"|u1", 8, 254},        {"u1", 8, 254}, {"<i8", 1, 0x1fffffffe}};
	struct tensor t;
	struct err e;
	char dict[200];
	(void)state;

	/* column-major, keys in another order, format version 2, quotes, no final comma */
	assert_true(load("{\"shape\": (2L, 3L), 'fortran_order': True, 'descr': '<f4'}\n", 2, f4, sizeof f4, &t, &e));
	assert_int_equal(t.dtype, F32);
	assert_true(t.contiguous && t.dim[0] == 2 && t.dim[1] == 3);
	const float rows[] = {1.5f, 0.25f, 16, -2, 8, 32};
	assert_memory_equal(t.data, rows, sizeof rows);
	storage_unref(t.st);

	assert_true(load("{'descr': '<f2', 'fortran_order': False, 'shape': (6,), }", 3, f2, sizeof f2, &t, &e));
	assert_int_equal(t.dtype, F32);
	for (int i = 0; i < 6; i++) assert_true(tensor_get_f(&t, i) == f2_is[i]);
	storage_unref(t.st);

	assert_true(load("{'descr': '|b1', 'fortran_order': False, 'shape': (2, 4)}", 1, raw, 8, &t, &e));
	assert_memory_equal(t.data, "\1\1\1\1\1\0\0\0", 8); /* a bool is 0 or 1 whatever the file says */
	storage_unref(t.st);

	for (size_t i = 0; i < COUNT_OF(whole); i++) {
		snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (%d,)}", whole[i].descr,
		         whole[i].count);
		assert_true(load(dict, 1, raw, 8, &t, &e));
		assert_int_equal(t.dtype, I64);
		assert_int_equal(tensor_get_i(&t, 0), whole[i].first);
		storage_unref(t.st);
	}
	assert_int_equal(mem.used, 0);
}

static void test_refused(void **state)
{
	(void)state;
	refused("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", 1, 8, "'>f4'");
	refused("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 1, 8, "'<c8'");
	refused("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 1, 8, "'|O'");
	refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 1, 4, "records");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 1, 8,
	        "3 elements of 4 bytes, the data has 8");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", 1, 8,
	        "1 elements of 4 bytes, the data has 8");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }", 1, 8,
	        "1000000000000 elements");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }", 1, 8, "");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 1, 8, "too large");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", 1, 4, "more than 8 dims");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 1, 4, "malformed");
	refused("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }", 1, 4, "malformed");
	refused("{'descr': '<f4', 'fortran_order': False, }", 1, 4, "malformed");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}", 1, 4, "malformed");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'extra': 1}", 1, 4, "malformed");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1 1), }", 1, 4, "malformed");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", 1, 4, "malformed");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,", 1, 4, "malformed");
	refused("{'descr': '<f4", 1, 0, "malformed");
	refused("", 1, 0, "malformed");
	refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", 4, 4, "version 4");
}

static void test_missing(void **state)
{
	struct tensor t = make(F32, 1, (int64_t[]){3});
	struct err e;
	(void)state;

	assert_null(npz_open(&mem, path_of("none.npz"), &e));
	assert_non_null(strstr(e.msg, "none.npz: No such file"));
	assert_null(npz_open(&mem, dir, &e));
	assert_non_null(strstr(e.msg, "not a regular file"));
	write_file(path_of("text"), "hello world", 11);
	assert_null(npz_open(&mem, path_of("text"), &e));
	assert_non_null(strstr(e.msg, "neither"));
	write_file(path_of("empty"), "", 0);
	assert_null(npz_open(&mem, path_of("empty"), &e));
	assert_false(npy_save(&mem, path_of("no/such/folder.npy"), &t, &e));
	assert_non_null(strstr(e.msg, "folder.npy"));
	assert_false(npy_save(&mem, dir, &t, &e));
	assert_false(npy_save(&mem, "/dev/null", &t, &e));
	assert_null(npz_create(&mem, "/dev/null", &e));
	struct npz_writer *w = npz_create(&mem, path_of("no/such/folder.npz"), &e);
	if (w) {
		assert_true(npz_add(w, "t", &t, &e));
		assert_false(npz_finish(w, &e));
		npz_discard(w);
	}
	assert_non_null(strstr(e.msg, "folder.npz"));
	storage_unref(t.st);
	assert_int_equal(mem.used, 0);
}

/* Temporary files have the name of what they become, a dot and more. */
static void assert_no_temporary(void)
{
	DIR *d = opendir(dir);
	struct dirent *x;
	assert_non_null(d);
	while ((x = readdir(d)))
		if (strstr(x->d_name, ".npz.") || strstr(x->d_name, ".npy.")) fail_msg("left behind: %s", x->d_name);
	closedir(d);
}

/* A save that fails or is given up leaves the old file and nothing beside it; a link stays a link. */
static void test_replaces(void **state)
{
	struct tensor t = make(F32, 1, (int64_t[]){3});
	char path[200], before[2000], after[2000];
	struct stat st;
	struct err e;
	(void)state;

	snprintf(path, sizeof path, "%s", path_of("kept.npz"));
	struct npz_writer *w = start(path, &t, &t, &e);
	assert_true(npz_finish(w, &e));
	npz_discard(w);
	size_t n = read_file(path, before, sizeof before);
	w = npz_create(&mem, path, &e);
	assert_true(npz_add(w, "other", &t, &e));
	npz_discard(w);
	assert_int_equal(read_file(path, after, sizeof after), n);
	assert_memory_equal(before, after, n);

	char link[200];
	snprintf(link, sizeof link, "%s", path_of("link.npy"));
	assert_true(npy_save(&mem, path_of("real.npy"), &t, &e));
	assert_int_equal(symlink("real.npy", link), 0);
	struct tensor u = make(I64, 1, (int64_t[]){4});
	assert_true(npy_save(&mem, link, &u, &e));
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	char folder[200];
	snprintf(folder, sizeof folder, "%s", path_of("folder.npy"));
	assert_int_equal(mkdir(folder, 0777), 0);
	assert_false(npy_save(&mem, folder, &t, &e));
	fail_at = 0, asked = 0; /* the copy of a tensor that is not contiguous cannot be made */
	u.contiguous = false;
	assert_false(npy_save(&mem, link, &u, &e));
	fail_at = -1;
	assert_int_equal(read_file(link, after, sizeof after), 128 + 4 * 8);
	assert_no_temporary();
	storage_unref(u.st);
	storage_unref(t.st);
	assert_int_equal(mem.used, 0);
}

/* Reads all there is of a damaged file; how many entries were fine. */
static int read_all(const char *path)
{
	struct npz_entry x;
	struct err e = {.msg = ""};
	struct npz_reader *r = npz_open(&mem, path, &e);
	int n = 0;
	bool found;

	if (!r) {
		assert_true(*e.msg);
		return -1;
	}
	while (npz_next(r, &x, &e)) {
		if (!x.name) {
			struct buf text;
			buf_init(&text, &mem);
			if (!npz_text(r, "note.txt", &text, &found, &e)) n = -1;
			buf_free(&text);
			npz_close(r);
			return n;
		}
		storage_unref(x.t.st);
		n++;
	}
	assert_true(*e.msg);
	npz_close(r);
	return -1;
}

static void damage(const char *whole, size_t n, int entries)
{
	char bad[2000];
	char target[200];
	int survived = 0;

	snprintf(target, sizeof target, "%s", path_of("damaged"));
	for (size_t i = 0; i < n; i++) {
		write_file(target, whole, i);
		largest = 0;
		assert_int_equal(read_all(target), -1);
		assert_true(largest < 100000);
		assert_int_equal(mem.used, 0);
	}
	for (size_t i = 0; i < n * 2; i++) { /* one bit of each byte, and all of it */
		memcpy(bad, whole, n);
		bad[i / 2] ^= i % 2 ? '\xff' : (char)(1 << i / 2 % 8);
		write_file(target, bad, n);
		largest = 0;
		if (read_all(target) == entries) survived++;
		assert_true(largest < 100000);
		assert_int_equal(mem.used, 0);
	}
	/* harmless bits exist (names, dates, values without a checksum), but a reader that accepts all is none */
	assert_true(survived < (int)n * 3 / 2);
}

static void test_damaged(void **state)
{
	struct tensor a = make(F32, 2, (int64_t[]){3, 4}), b = make(BOOL, 1, (int64_t[]){6});
	char whole[2000];
	struct err e;
	(void)state;

	const char *path = path_of("whole.npz");
	struct npz_writer *w = start(path, &a, &b, &e);
	assert_true(npz_finish(w, &e));
	npz_discard(w);
	size_t n = read_file(path, whole, sizeof whole);
	assert_true(n < sizeof whole);
	assert_true(npy_save(&mem, path_of("whole.npy"), &a, &e));
	storage_unref(a.st);
	storage_unref(b.st);
	damage(whole, n, 2);
	n = read_file(path_of("whole.npy"), whole, sizeof whole);
	damage(whole, n, 1);
}

/* Every request fails once, reading and writing: an error, nothing leaked. */
static void test_no_memory(void **state)
{
	struct tensor a = make(F64, 2, (int64_t[]){3, 4}), b = make(I64, 1, (int64_t[]){6}), turned = a;
	const char *path = path_of("memory.npz");
	size_t before = mem.used;
	struct err e;
	int failures = 0;
	bool ok = false;
	(void)state;

	turned.dim[0] = 4, turned.dim[1] = 3, turned.stride[0] = 1, turned.stride[1] = 4;
	tensor_layout(&turned);
	for (long n = 0; !ok; n++) {
		fail_at = n, asked = 0;
		struct npz_writer *w = start(path, &turned, &b, &e);
		ok = w && npz_finish(w, &e);
		if (!ok) assert_int_equal(e.kind, ERR_MEMORY), failures++;
		npz_discard(w);
		assert_int_equal(mem.used, before);
	}
	ok = false;
	for (long n = 0; !ok; n++) {
		fail_at = n, asked = 0;
		ok = read_all(path) == 2;
		if (!ok) failures++;
		assert_int_equal(mem.used, before);
	}
	ok = false;
	for (long n = 0; !ok; n++) {
		fail_at = n, asked = 0;
		ok = npy_save(&mem, path_of("memory.npy"), &turned, &e);
		if (!ok) assert_int_equal(e.kind, ERR_MEMORY), failures++;
		assert_int_equal(mem.used, before);
	}
	fail_at = -1;
	assert_true(failures > 15);
	storage_unref(a.st);
	storage_unref(b.st);
}

static int setup(void **state)
{
	(void)state;
	mem_init(&mem, hook, NULL);
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[100];
	(void)state;
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_archive),
	                                   cmocka_unit_test(test_foreign),    cmocka_unit_test(test_refused),
	                                   cmocka_unit_test(test_missing),    cmocka_unit_test(test_replaces),
	                                   cmocka_unit_test(test_damaged),    cmocka_unit_test(test_no_memory)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
