-- Recursive functions of many kinds: closures, functions as arguments, texts, metamethods, searches, loops around them.
-- stock
local ms = require "moonstage"

-- closures
local function make()
	local calls = 0
	local function rec(n) calls = calls + 1 if n <= 0 then return calls end return rec(n - 1) end
	return rec, function() return calls end
end
local c = ms.stage(function(n)
	local r1, c1 = make()
	local r2, c2 = make()
	return r1(n), r2(n + 1), r1(1), c1(), c2()
end)
print(c(3)) print(c(0))
-- passing itself
local function Y(f, n) if n == 0 then return 1 end return n * f(f, n - 1) end
print(ms.stage(function(n) return Y(Y, n) end)(6))
-- higher order: plain functions as arguments
local function reduce(f, n, acc) if n == 0 then return acc end return reduce(f, n - 1, f(acc, n)) end
local h = ms.stage(function(n) return reduce(function(a, b) return a + b end, n, 0), reduce(math.max, n, 0), reduce(function(a, b) return a * 2 end, n, 1) end)
print(h(5))
-- text accumulators
local function bin(n) if n < 2 then return tostring(n) end return bin(n // 2) .. n % 2 end
local b = ms.stage(function(n) return bin(n), #bin(n) end)
print(b(10)) print(b(1)) print(b(255))
-- varargs
local function vsum(n, ...) if n == 0 then return select("#", ...), ... end return vsum(n - 1, ...) end
print(ms.stage(function(n) return vsum(n, 1, n, "x") end)(3))
-- metamethod recursion
local M = {} M.__call = function(self, n) if n <= 0 then return self.base end return self(n - 1) + 1 end
local m = setmetatable({ base = 10 }, M)
print(ms.stage(function(n) return m(n) end)(4))
M.__index = function(t, k) if k <= 0 then return 0 end return t[k - 1] + k end
print(ms.stage(function(n) return m[n * 1.0] end)(4))
-- goto/loops, return in loops
local function search(lo, hi, x) if lo > hi then return nil end local mid = (lo + hi) // 2 if mid * mid == x then return mid elseif mid * mid < x then return search(mid + 1, hi, x) else return search(lo, mid - 1, x) end end
local s = ms.stage(function(x) return search(0, 1000, x) end)
print(s(144), s(145), s(1000000))
-- break in a loop around recursion, recursion in repeat
local function perm(n, used) local total = 0 repeat if n == 0 then total = total + 1 break end total = total + perm(n - 1) n = n - 1 until n < 0 return total end
print(ms.stage(function(n) return perm(n) end)(4))
-- hanoi with prints
local function hanoi(n, a, b, c) if n == 0 then return 0 end local k = hanoi(n - 1, a, c, b) if n > 2 then print(a .. "->" .. c) end return k + 1 + hanoi(n - 1, b, a, c) end
print(ms.stage(function(n) return hanoi(n, "A", "B", "C") end)(4))
