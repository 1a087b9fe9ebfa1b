/* Errors as values. A message longer than its buffer ends in "...". */
#include "base/base.h"
#include <stdio.h>
#include <string.h>

static void format(struct err *e, const char *fmt, va_list ap)
{
	int n = vsnprintf(e->msg, sizeof e->msg, fmt, ap);
	if (n < 0) e->msg[0] = 0;
	if (n >= (int)sizeof e->msg) memcpy(e->msg + sizeof e->msg - 4, "...", 4);
}

bool fail(struct err *e, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	e->kind = ERR_RUN;
	e->line = 0;
	format(e, fmt, ap);
	va_end(ap);
	return false;
}

bool fail_kind(struct err *e, enum err_kind kind, int line, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	e->kind = kind;
	e->line = line;
	format(e, fmt, ap);
	va_end(ap);
	return false;
}

bool fail_memory(struct err *e, size_t bytes)
{
	return fail_kind(e, ERR_MEMORY, 0, "not enough memory (%zu bytes asked for)", bytes);
}
