/* A C program that runs a Lua script staged, feeds it a buffer and reads the result: samples that are
   drawn towards their mean until they settle, by a loop that becomes part of the graph.

   Build and run, in the top folder after `make all`:
   gcc -o build/embed examples/embed.c -Isrc build/libmoonstage.a $(pkg-config --libs lua5.4 openblas libzip) -lm
   -lpthread && build/embed
*/
#include "moonstage.h"
#include <stdio.h>

static const char script[] = "local ms = require 'moonstage'\n"
                             "settle = ms.stage(function(x, limit)\n"
                             "  local rounds = 0\n"
                             "  local spread = (x - x:mean()):abs():max()\n"
                             "  while spread > limit do\n"
                             "    x = x * 0.5 + x:mean() * 0.5\n"
                             "    spread = (x - x:mean()):abs():max()\n"
                             "    rounds = rounds + 1\n"
                             "  end\n"
                             "  print('settled after ' .. rounds .. ' rounds')\n"
                             "  return x, rounds\n"
                             "end)\n";

static bool to_stderr(void *ud, const char *text, size_t n)
{
	return fprintf(stderr, "%s: %.*s", (const char *)ud, (int)n, text) >= 0;
}

static int run(moon_context *ctx)
{
	float in[2][4] = {{1, 2, 3, 4}, {5, 6, 7, 8}}, out[2][4];
	int64_t dim[] = {2, 4}, rounds;

	moon_set_output(ctx, to_stderr, "script");
	if (moon_set(ctx, "mode", "staged") != MOON_OK) return 1;
	if (moon_run_text(ctx, "=settle", script, sizeof script - 1) != MOON_OK) return 1;

	/* settle(x, 0.01): two arguments, two results */
	if (moon_push_tensor(ctx, MOON_F32, 2, dim, in) != MOON_OK) return 1;
	if (moon_push_number(ctx, 0.01) != MOON_OK) return 1;
	if (moon_call(ctx, "settle", 2, 2) != MOON_OK) return 1;

	if (moon_read(ctx, -2, MOON_F32, out, sizeof out) != MOON_OK) return 1;
	if (moon_to_integer(ctx, -1, &rounds) != MOON_OK) return 1;
	moon_pop(ctx, 2);

	printf("%lld rounds\n", (long long)rounds);
	for (int i = 0; i < 2; i++) printf("%.4f %.4f %.4f %.4f\n", out[i][0], out[i][1], out[i][2], out[i][3]);
	return 0;
}

int main(void)
{
	moon_context *ctx;
	int failed = moon_open(&ctx, NULL, NULL, NULL) != MOON_OK || run(ctx);
	if (failed) fprintf(stderr, "embed: %s\n", moon_message(ctx));
	moon_close(ctx);
	return failed;
}
