/* OpenBLAS, loaded when the first product needs it, so that scripts without products need not wait for it. Its pool
   of threads starts with the library and keeps a core busy for a while; products run on one thread, so the
   pool is stopped again, unless another part of the program brought the library in (OpenBLAS starts
   the pool anew if it is ever wanted). The functions never change once found. */
#include "kernels/blas.h"
#include <dlfcn.h>
#include <threads.h>

static once_flag once = ONCE_FLAG_INIT;
static struct blas found;

static void *symbol(void *library, const char *name) { return library ? dlsym(library, name) : NULL; }

static void load(void)
{
	static const char name[] = "libopenblas.so.0";
	void *other = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD), *library = other;
	if (!library) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	*(void **)&found.sgemm = symbol(library, "cblas_sgemm");
	*(void **)&found.dgemm = symbol(library, "cblas_dgemm");
	*(void **)&found.threads = symbol(library, "openblas_get_num_threads");
	*(void **)&found.set_threads = symbol(library, "openblas_set_num_threads");
	int (*stop_pool)(void);
	*(void **)&stop_pool = symbol(library, "blas_thread_shutdown_");
	if (!other && found.set_threads) {
		found.set_threads(1);
		if (stop_pool) stop_pool();
	}
}

const struct blas *k_blas(void)
{
	call_once(&once, load);
	return found.sgemm && found.dgemm && found.threads && found.set_threads ? &found : NULL;
}
