#!/bin/sh
# Trains examples/charlm.lua eagerly and staged, with one seed and one number of steps, and prints
# both final losses, both speeds and their ratio. Fails when the losses differ in any digit.
#   sh tests/demo.sh [BUILD [STEPS]]
M=${1:-build}/moonstage
STEPS=${2:-600}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
for mode in eager staged; do
	echo "== moonstage --$mode examples/charlm.lua --steps $STEPS"
	"$M" --$mode --seed 1 examples/charlm.lua --steps "$STEPS" >$D/$mode.out 2>$D/$mode.err || {
		cat $D/$mode.out $D/$mode.err >&2
		exit 1
	}
	cat $D/$mode.out
	cat $D/$mode.err >&2
done
cmp -s $D/eager.out $D/staged.out && same="the same bytes" || same="DIFFERENT"
value() { sed -n "s/.*$2[ :=]*\([0-9][0-9.e+]*\).*/\1/p" "$1" | tail -n 1; }
speed() { sed -n 's/.*[^0-9.]\([0-9][0-9.]*\) characters per second.*/\1/p;s/^\([0-9][0-9.]*\) characters per second.*/\1/p' "$1" | tail -n 1; }
le=$(value $D/eager.out loss) ls=$(value $D/staged.out loss)
se=$(speed $D/eager.err) ss=$(speed $D/staged.err)
echo
printf '%-8s %22s %26s\n' mode "final loss" "characters per second"
printf '%-8s %22s %26s\n' eager "$le" "$se" staged "$ls" "$ss"
awk -v a="$se" -v b="$ss" -v s="$same" 'BEGIN { printf "staged is %.2f times as fast; the outputs are %s\n", b / a, s }'
[ -n "$ls" ] && [ "$le" = "$ls" ] && [ "$same" != DIFFERENT ]
