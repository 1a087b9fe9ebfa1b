#!/bin/sh
# moonstage --staged=auto: which functions run as graphs, and what is said of them. That nothing else changes is what
# tests/modes, tests/plain and tests/fuzz see.
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
explained() { # explained FLAGS: what is said of a.lua, a line for each function
	# shellcheck disable=SC2086
	timeout 60 "$MOONSTAGE" $1 --explain a.lua >out 2>err
	grep -E '^the (staged )?function' err
}

cat >a.lua <<'END'
local ms = require "moonstage"
local x = ms.ones(4)
local function hot(v) return ((v * 2 + 1):exp() - 1):sum() end
local function seldom(v) return ((v * 2 + 1):exp() - 1):sum() end
local function small(v) return v + 1 end
local function plain(n) return n + 1 end
local function lookup(net) return ((net.w * net.w + net.w * 2):exp() - net.w):tanh() end
local function clock(v) return (v * 2 + v * 3):sum(), os.time() end
local function told(v) return (v * 2 + v * 3):sum(), debug.getinfo(1, "l").currentline end
local function yields(v) coroutine.yield(v) return (v * 2 + v * 3):sum() end
local function fails(v) v = ((v * 2 + v * 3):exp() - v):tanh() * v + 1 if v:sum() > 3 then error("big") end return v end
local function kinds(v, s) return (((v * 2 + v * 3):exp() - v):tanh() * v):sum(), s .. s end
local function shouts(v) while v:sum() < 40 do v = v * 2 + v * 3 print("x") end return v end
local function never() return x end
local marked = ms.stage(function(n) return n * 2 end)
for i = 1, 100 do
	hot(x)
	if i > 98 then seldom(x) end
	small(x)
	plain(i)
	lookup { w = x }
	clock(x)
	told(x)
	pcall(fails, x)
	kinds(x, "kind " .. i)
	shouts(x)
	marked(i)
	local co = coroutine.wrap(yields)
	co(x)
	co()
end
END
check "the functions" "the staged function of a.lua:15: 1 graph of at most 16
the function of a.lua:3, unmarked, staged at call 3: 1 graph of at most 16
the function of a.lua:4 stays eager: 2 of 2 calls gave it tensors
the function of a.lua:5 stays eager: its graph has 1 operation on tensors, too few to gain anything
the function of a.lua:6 stays eager: no tensors were given to it in 64 calls
the function of a.lua:7, unmarked, staged at call 3: 1 graph of at most 16
the function of a.lua:8 stays eager: its graph calls functions of the host
the function of a.lua:9 stays eager: a.lua:9: can't stage a call of a C function that has no staged counterpart; call it outside of the staged function and pass in what it gives
the function of a.lua:10 stays eager: a.lua:10: can't stage a 'coroutine.yield' to outside of the staged function; return the value, and let the caller yield it
the function of a.lua:11 stays eager: 8 of its runs failed, the last one: a.lua:11: big
the function of a.lua:12 stays eager: it has 16 graphs; argument 2 was \"kind 18\", is \"kind 19\"
the function of a.lua:13 stays eager: its graph prints in a loop, and prints are held back until it is over" "$(explained --staged=auto)"
cp out first
check "after one call" "the function of a.lua:3, unmarked, staged at call 1: 1 graph of at most 16
the function of a.lua:4, unmarked, staged at call 1: 1 graph of at most 16" "$(explained --staged=auto:1 | grep -E 'a.lua:[34][ ,]')"
check "everything at once" "the function of a.lua:5, unmarked, staged at call 1: 1 graph of at most 16
the function of a.lua:6, unmarked, staged at call 1: 1 graph of at most 16" "$(explained --staged=auto:0 | grep -E 'a.lua:[56][ ,]')"
check "the same output" "" "$(cmp first out 2>&1)"

cat >a.lua <<'END'
local ms = require "moonstage"
local x = ms.ones(4)
local function long(v)
	local s = 0
	for i = 1, 30000000 do s = s + (i & 1) end
	return v * 2 + v * 3 + v * s
end
for _ = 1, 3 do long(x) end
END
check "a function that takes long to stage" "can't stage this many steps at once" \
	"$(explained --staged=auto | sed -n "s/.*\(can't stage this many steps at once\).*/\1/p")"

cat >a.lua <<'END'
local ms = require "moonstage"
local x = ms.ones(4)
print("started") io.stdout:flush()
local function endless(v)
	while v:sum() > 0 do v = v * 1 + v * 0 end
	return v
end
endless(x)
END
perl -e '$SIG{INT} = "DEFAULT"; alarm 20; exec @ARGV' "$MOONSTAGE" --staged=auto:1 a.lua >out 2>err &
pid=$!
tries=0
while ! grep -q started out && [ $tries -lt 100 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
sleep 0.3
kill -INT $pid
wait $pid
check "an interrupt: exit code" 1 $?
check "an interrupt: message" "moonstage: a.lua:5: interrupted!" "$(head -n 1 err)"
check "in the usage" 1 "$("$MOONSTAGE" --help | grep -c -- '--staged=auto ')"
"$MOONSTAGE" --staged=other a.lua >out 2>err
check "another word: exit code" 1 $?
check "another word" "moonstage: unrecognized option '--staged=other'" "$(head -n 1 err)"
echo "1..$n"
