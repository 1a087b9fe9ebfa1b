#!/bin/sh
# The traceback of a staged call that fails names the calls inside of it, as eagerly: the same lines, without the
# library's own frames. Prints TAP.
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
n=0
# same NAME: the script on standard input fails in every mode with the same traceback, C functions and tail calls apart
same() {
	n=$((n + 1))
	cat >"$T/s.lua"
	: >"$T/diff"
	for flags in --eager "--staged -O0" "--staged -O2"; do
		# shellcheck disable=SC2086
		"$MOONSTAGE" $flags "$T/s.lua" >/dev/null 2>"$T/err"
		grep -vE 'tail calls\.\.\.|\[C\]: ' "$T/err" >"$T/now"
		[ "$flags" = --eager ] && cp "$T/now" "$T/eager"
		diff "$T/eager" "$T/now" >>"$T/diff"
	done
	if [ -s "$T/eager" ] && [ ! -s "$T/diff" ]; then echo "ok $n - $1"; else
		echo "not ok $n - $1"
		sed 's/^/# /' "$T/diff"
	fi
}

same "error in nested calls" <<'X'
local ms = require "moonstage"
local function inner(x)
  if x:sum() > 2 then
    error("too big")
  end
  return x
end
local function outer(x)
  local y = inner(x + 1)
  return y
end
local f = ms.stage(function(x)
  local z = outer(x)
  return z
end)
local function main()
  f(ms.ones(3))
  return 1
end
main()
X
same "methods, globals, loops and branches" <<'X'
local ms = require "moonstage"
local class = {}
class.__index = class
function class:step(n)
  for i = 1, 3 do
    if n > i then n = n / self.none end
  end
  return n
end
function global_one(o, n)
  while n < 10 do
    n = o:step(n) + 1
  end
  return n
end
local f = ms.stage(function(o, n)
  local r = global_one(o, n)
  return r
end)
f(setmetatable({}, class), 2)
X
same "what only the run knows" <<'X'
local ms = require "moonstage"
local function divide(a, b)
  local q = math.abs(a) // b
  return q
end
local f = ms.stage(function(n)
  local q = divide(7, n - 1)
  return q
end)
f(1)
X
same "an error value" <<'X'
local ms = require "moonstage"
local meta = { __tostring = function() return "an object" end }
local function check(n)
  if n < 5 then error(setmetatable({}, meta)) end
end
local f = ms.stage(function(n)
  check(n)
  return n
end)
f(1)
X
same "an index out of range" <<'X'
local ms = require "moonstage"
local function pick(x, i)
  local row = x[i]
  return row
end
local f = ms.stage(function(x, i)
  local row = pick(x, i + 1)
  return row
end)
f(ms.ones(2), 2)
X
same "tail calls in branches and loops" <<'X'
local ms = require "moonstage"
local function last(n) local v = n .. nil return v end
local function middle(n) for i = 1, n do return last(i) end end
local f = ms.stage(function(n)
  if n > 1 then return middle(n) end
  return 1
end)
local r = f(3)
X
same "after a tail call of the main chunk" <<'X'
local ms = require "moonstage"
local f = ms.stage(function(n)
  local larger = n > 2
  return larger
end)
return f("a")
X
echo "1..$n"
