-- A table without elements has no key that a run could find, so the key of its first one is made plain.
-- stock
local ms = require "moonstage"

-- the trips until a value comes again
local period = ms.stage(function(a)
	local seen, n, v = {}, 0, a % 17
	while not seen[v] do
		seen[v] = true
		v = (v * v + 1) % 17
		n = n + 1
	end
	return n, v
end)
print(period(3)) -- expect: 7	10
print(period(4)) -- expect: 9	2
print(period(3)) -- expect: 7	10

local calls = 0
local memoized = ms.stage(function(n)
	local memo = {}
	local function fib(k)
		if k < 2 then return k end
		if memo[k] then return memo[k] end
		calls = calls + 1
		local v = fib(k - 1) + fib(k - 2)
		memo[k] = v
		return v
	end
	return fib(n)
end)
print(memoized(20), calls) -- expect: 6765	19
print(memoized(30), calls) -- expect: 832040	48
