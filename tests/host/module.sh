#!/bin/sh
# The shared library as a module of stock lua5.4: scripts that compare tensors only in staged functions print what
# `moonstage --staged` prints. Prints TAP.
M=${MOONSTAGE:-build/moonstage}
case $M in /*) ;; *) M=$(pwd)/$M ;; esac
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
so=$(dirname "$M")/moonstage.so
preload=$(ldd "$so" | sed -n 's/.*=> \(.*libasan[^ ]*\).*/\1/p') # the sanitizer must come first; lua5.4 does not bring it
unset LUA_INIT LUA_INIT_5_4 LUA_PATH LUA_PATH_5_4 LUA_CPATH_5_4
LUA_CPATH="$(dirname "$M")/?.so;;"
export LUA_CPATH
n=0
stock() { LD_PRELOAD=$preload timeout 60 lua5.4 "$@"; }
verdict() { # verdict NAME: passes when the file diff is empty
	n=$((n + 1))
	if [ ! -s "$D/diff" ]; then echo "ok $n - $1"; else
		echo "not ok $n - $1"
		head -n 30 "$D/diff" | sed 's/^/# /'
	fi
}
for f in tests/modes/calls_and_closures.lua tests/modes/kept_variables.lua tests/modes/kept_kinds.lua tests/modes/error_levels.lua tests/modes/loop_types.lua \
	tests/modes/outer_state.lua tests/modes/return_anywhere.lua tests/modes/tables_made.lua \
	tests/modes/while_loops.lua tests/modes/coroutines.lua examples/collatz.lua examples/gcd.lua examples/huber.lua examples/nested.lua \
	examples/newton.lua; do
	"$M" --staged "$f" >"$D/o1" 2>"$D/e1"
	c1=$?
	stock "$f" >"$D/o2" 2>"$D/e2"
	c2=$?
	{ [ $c1 = $c2 ] || { echo "exit codes $c1 $c2"; cat "$D/e2"; }; diff -a "$D/o1" "$D/o2"; } >"$D/diff"
	verdict "$f"
done

cat >"$D/later.lua" <<'L'
local function double(n) while n < 100 do n = n * 2 end return n end
return double
L
cat >"$D/script.lua" <<'L'
local dir = ...
local double = dofile(dir .. "/later.lua")
local ms = require "moonstage"
local main = ms.stage(function(x) if x:sum() > 1 then return x * 2 end return x end)
print(main(ms.tensor{ 1.0, 2.0 }), ms.stage(double)(3), ms == require "moonstage")
package.path = dir .. "/?.lua"
print(ms.stage((require "later"))(5))
print(pcall(function(t) if t > 1 then return "bigger" end end, ms.tensor(2.0)))
local other = loadfile(dir .. "/later.lua")
local f = io.open(dir .. "/later.lua", "w")
f:write("-- another text\nlocal function double(n) return n end\nreturn double\n")
f:close()
print(ms.stage(double)(3)) -- its text was read before
print((ms.stage(other())(4)))
L
cat >"$D/expected" <<'L'
tensor([2.0, 4.0])	192	true
160
false	script.lua:8: attempt to compare number with tensor in a function that moonstage did not load: use ms.lt, ms.le, ms.gt or ms.ge
192
128
L
stock "$D/script.lua" "$D" >"$D/o2" 2>"$D/e2"
{
	[ $? = 0 ] || cat "$D/e2"
	sed "s|$D/||g" "$D/o2" | diff "$D/expected" -
} >"$D/diff"
verdict "functions of the main script, of files loaded before and after"

cat >"$D/changed.lua" <<'L'
local f = dofile(arg[1] .. "/text.lua")
local out = io.open(arg[1] .. "/text.lua", "w")
out:write("return function(n) return n + 2 end\n")
out:close()
local ok, m = pcall(require "moonstage".stage(f), 1)
print(ok, (m:gsub("\n.*", "")))
os.remove(arg[1] .. "/text.lua")
ok, m = pcall(require "moonstage".stage(f), 1)
print(ok, (m:gsub("\n.*", "")))
os.exit(7, true)
L
echo "return function(n) return n + 1 end" >"$D/text.lua"
stock "$D/changed.lua" "$D" >"$D/o2" 2>"$D/e2"
{
	[ $? = 7 ] || { echo "exit code"; cat "$D/e2"; }
	grep -q 'text.lua does not hold it as it was loaded' "$D/o2" || cat "$D/o2"
	grep -q 'its text is not known: cannot open .*text.lua: No such file' "$D/o2" || cat "$D/o2"
} >"$D/diff"
verdict "a file that changed, or is gone, is found out"
echo "1..$n"
