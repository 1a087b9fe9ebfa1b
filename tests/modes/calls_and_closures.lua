-- Calls of Lua functions while staging: locals, methods, varargs, closures that share variables, recursion on plain values.
-- stock
local ms = require "moonstage"

local function add(a, b) return a + b end
local function twice(f, x) return f(f(x)) end
local function swap(a, b) return b, a end
local calls = ms.stage(function(x, y)
	local function inc(v) return v + x end
	local p, q = swap(x, y)
	return add(p, q), twice(inc, y), (swap(x, y)), select("#", swap(x, y))
end)
print(calls(1, 2)) print(calls(2.5, -1))

-- two closures over one variable, changed in branches and loops
local counter = ms.stage(function(n)
	local count = 0
	local function up(k) count = count + (k or 1) return count end
	local function get() return count end
	for i = 1, n do
		if i % 2 == 0 then up() else up(i) end
	end
	local before = get()
	count = count * 2
	return before, get(), up(), up(10)
end)
print(counter(0)) print(counter(5)) print(counter(6))

-- a closure made per trip has its own variable
local fresh = ms.stage(function(n)
	local list = {}
	for i = 1, 3 do
		local v = i * n
		list[i] = function(d) v = v + d return v end
	end
	return list[1](1), list[1](1), list[2](0), list[3](n), list[1](0)
end)
print(fresh(5)) print(fresh(-1))

-- methods and self
local Point = {}
Point.__index = Point
function Point.new(x, y) return setmetatable({ x = x, y = y }, Point) end
function Point:move(dx, dy) self.x = self.x + dx; self.y = self.y + (dy or 0) return self end
function Point:norm2() return self.x * self.x + self.y * self.y end
Point.__add = function(a, b) return Point.new(a.x + b.x, a.y + b.y) end
local methods = ms.stage(function(x, n)
	local p = Point.new(x, 1)
	for i = 1, n do
		if p:norm2() < 50 then p:move(i) else p:move(-1, 2) end
	end
	local q = p + Point.new(1, 1)
	return p.x, p.y, q:move(1):norm2()
end)
print(methods(0, 3)) print(methods(1, 8)) print(methods(0.5, 2))

-- varargs
local function sum(...)
	local s = 0
	for i = 1, select("#", ...) do s = s + (select(i, ...)) end
	return s, ...
end
local varargs = ms.stage(function(...)
	local a, b = ...
	local t = { n = select("#", ...), ... }
	if a > 2 then return t.n, (sum(...)) end
	return t.n, (sum(b, a))
end)
print(varargs(1, 2)) print(varargs(3, 4)) print(varargs(3, 4.5, 6, 7))

-- recursion on plain values
local function power(x, n)
	if n == 0 then return 1 end
	local half = power(x, n // 2)
	if n % 2 == 0 then return half * half end
	return half * half * x
end
local powers = ms.stage(function(x) return power(x, 1), power(x, 10), power(x, 13) end)
print(powers(2)) print(powers(-1.5))

-- nil arguments, missing ones, too many
local function opt(a, b, c) return a, b == nil, c end
local loose = ms.stage(function(x) return opt(x), opt(x, nil, 3, 4) end)
print(loose(1))
