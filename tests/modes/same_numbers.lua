-- Numbers that are the same in call after call are plain in a graph of their own: nothing tells, also when they change.
local ms = require "moonstage"

local calls = 0
local step = ms.stage(function(x, n, scale, verbose)
	calls = calls + 1
	local y = x
	for i = 1, n do
		y = y * scale
		if verbose > 0 and i == n then print("call", calls, y:sum()) end
	end
	if scale < 0 then error("a negative scale: " .. scale, 0) end
	local parts = {}
	for i = 1, n do parts[i] = i * scale end
	return y, #parts, parts[n], n // 2
end)
local x = ms.tensor { 1.0, -2.0 }
for i = 1, 300 do
	if i % 100 == 0 then print(step(x, 3, 0.5, 0)) else step(x, 3, 0.5, 0) end
end
print(step(x, 3, 0.5, 1))
print(step(x, 4, 0.5, 0))
for _ = 1, 300 do step(x, 2, 0.25, 0) end
print(step(x, 2, 0.25, 0))
print(pcall(step, x, 2, -0.25, 0))
for _ = 1, 300 do pcall(step, x, 1, -1.5, 0) end
print(pcall(step, x, 1, -1.5, 1))
print(calls)

-- integers and floats, zeros of both signs, NaN
local tells = ms.stage(function(v) return v == 0 and "zero" or v ~= v and "nan" or "more", 1 / v, v // 1 end)
for _, v in ipairs { 0.0, -0.0, 0, 2, 2.0, 0 / 0 } do
	for _ = 1, 300 do tells(v) end
	print(tells(v) == tells(v), select(2, tells(v)) == 1 / 0, tells(-0.0), tells(2))
end

-- a state outside, in-place writes and random numbers go on as before
local total, seen = ms.zeros(2), {}
local gather = ms.stage(function(k)
	if k > 1 then total:add_(k) else total:sub_(1) end
	seen.n = (seen.n or 0) + k
	return math.random(100)
end)
math.randomseed(5)
local sum = 0
for i = 1, 700 do sum = sum + gather(i == 500 and 1 or 2) end
print(total, seen.n, sum)

-- a number that decides how deep a function recurses, how long plain Lua computes
local fib
function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
local deep = ms.stage(function(n, x)
	local k = n
	while k < 100000 do k = k + 1 end
	return fib(n) + k, x * n
end)
for i = 1, 280 do deep(12, 1.5) end
print(deep(12, 1.5))
print(deep(11, 2))
