#!/bin/sh
# moonstage --explain: the script's output as it is, then the explanations of all staged functions on stderr, also
# when the run fails.
n=0
check() { # check NAME EXPECTED GOT
	n=$((n + 1))
	if [ "$2" = "$3" ]; then echo "ok $n - $1"; else
		echo "not ok $n - $1"
		printf '%s\n' "expected:" "$2" "got:" "$3" | sed 's/^/# /'
	fi
}
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
cat >a.lua <<'END'
local ms = require "moonstage"
local f = ms.stage(function(x) return x + 1 end)
print(f(1), f(2))
for i = 1, 2 do
	local g = ms.stage(function(x) if x > 1 then error("big") end return x end)
	g(i)
end
END
"$MOONSTAGE" --explain a.lua >out 2>err
check "exit code" 1 $?
check "standard output" "2	3" "$(cat out)"
check "the explanations" "the staged function of a.lua:2: 1 graph of at most 16
graph 1: first call
  inputs    argument 1: an integer

the staged function of a.lua:5: 1 graph of at most 16
graph 1: first call
  inputs    argument 1: an integer
  staged    a.lua:5: a branch of the graph

the staged function of a.lua:5: 1 graph of at most 16
graph 1: first call
  inputs    argument 1: an integer
  staged    a.lua:5: a branch of the graph" "$(sed -n '/^the staged/,$p' err)"
check "the error comes first" "moonstage: a.lua:5: big" "$(head -n 1 err)"
"$MOONSTAGE" --explain --eager a.lua >out 2>err
check "not with --eager: exit code" 1 $?
check "not with --eager" "moonstage: '--eager' and --explain exclude each other" "$(head -n 1 err)"
check "in the usage" 1 "$("$MOONSTAGE" --help | grep -c -- '--explain ')"
echo "1..$n"
