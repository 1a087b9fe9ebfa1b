/* OpenBLAS, loaded when the first product needs it: its pool of threads starts with the library and keeps a core
   busy for a while, which scripts without products should not pay for. The functions never change once found. */
#include "kernels/blas.h"
#include <dlfcn.h>
#include <threads.h>

static once_flag once = ONCE_FLAG_INIT;
static struct blas found;

static void *symbol(void *library, const char *name)
{
	return library ? dlsym(library, name) : NULL;
}

static void load(void)
{
	void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
	*(void **)&found.sgemm = symbol(library, "cblas_sgemm");
	*(void **)&found.dgemm = symbol(library, "cblas_dgemm");
	*(void **)&found.threads = symbol(library, "openblas_get_num_threads");
	*(void **)&found.set_threads = symbol(library, "openblas_set_num_threads");
}

const struct blas *k_blas(void)
{
	call_once(&once, load);
	return found.sgemm && found.dgemm && found.threads && found.set_threads ? &found : NULL;
}
