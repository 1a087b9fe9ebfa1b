#!/bin/sh
# Trains examples/charlm.lua eagerly and staged, with one seed and the same steps, and prints
# both final losses, both speeds and their ratio. Fails when the losses differ in any digit.
#   sh tests/demo.sh [BUILD [ARGUMENTS of charlm.lua...]]
M=${1:-build}/moonstage
[ $# -gt 0 ] && shift
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
for mode in eager staged; do
	echo "== moonstage --$mode examples/charlm.lua $*"
	"$M" --$mode --seed 1 examples/charlm.lua "$@" >$D/$mode.out 2>$D/$mode.err || {
		cat $D/$mode.out $D/$mode.err >&2
		exit 1
	}
	cat $D/$mode.out
	cat $D/$mode.err >&2
done
cmp -s $D/eager.out $D/staged.out && same="the same bytes" || same="DIFFERENT"
loss() { sed -n "s/^final loss \([0-9.e+-]*\).*/\1/p" "$1"; }
speed() { sed -n "s:^\([0-9.]*\) characters/s\$:\1:p" "$1"; }
le=$(loss $D/eager.out) ls=$(loss $D/staged.out)
se=$(speed $D/eager.err) ss=$(speed $D/staged.err)
echo
printf '%-8s %22s %26s\n' mode "final loss" "characters per second"
printf '%-8s %22s %26s\n' eager "$le" "$se" staged "$ls" "$ss"
awk -v a="$se" -v b="$ss" -v s="$same" 'BEGIN { printf "staged is %.2f times as fast; the outputs are %s\n", b / a, s }'
[ -n "$ls" ] && [ "$le" = "$ls" ] && [ "$same" != DIFFERENT ]
