-- Recursive functions that return tables and functions that each call makes.
-- stock
local ms = require "moonstage"

local function minmax(n)
	if n <= 1 then return { min = 1, max = 1, sum = 1 } end
	local r = minmax(n // 2)
	local other = minmax(n - n // 2 - 1)
	r.sum = r.sum + other.sum
	if n > r.max then r.max = n end
	return { min = r.min, max = r.max, sum = r.sum + n }
end
local spread = ms.stage(function(n)
	local r = minmax(n)
	return r.min, r.max, r.sum
end)
print(spread(1)) print(spread(2)) print(spread(9)) print(spread(30))

-- with a metatable, and a table in a table
local Vec = {}
Vec.__index = Vec
function Vec.__add(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Vec) end
function Vec:norm() return self.x * self.x + self.y * self.y end
local function walk(n)
	if n == 0 then return setmetatable({ x = 0, y = 0 }, Vec), { at = { 1, 2 } } end
	local v, last = walk(n - 1)
	last.at[1] = last.at[1] + n
	if n % 2 == 0 then return v + { x = n, y = 1 }, last end
	return v + { x = -1, y = n }, { at = { last.at[2], last.at[1] } }
end
local walked = ms.stage(function(n)
	local v, last = walk(n)
	return v.x, v.y, v:norm(), last.at[1], last.at[2], getmetatable(v) == Vec
end)
print(walked(0)) print(walked(1)) print(walked(6)) print(walked(7))

-- one table twice
local function both(n)
	if n <= 0 then
		local t = { v = n }
		return t, t
	end
	local a, b = both(n - 2)
	return a, b
end
local same = ms.stage(function(n)
	local a, b = both(n)
	return a.v, b.v
end)
print(same(0)) print(same(5))

-- given back from the staged function
local function build(n) if n <= 0 then return { depth = 0 } end local t = build(n - 1) return { depth = t.depth + 1 } end
local built = ms.stage(function(n) return build(n) end)
print(built(0).depth, built(5).depth)

-- functions
local function adder(n)
	if n == 0 then return function(v) return v end end
	local total = n * 10
	return function(v) return v + total end
end
local function chosen(n) if n > 5 then return chosen(n - 5) end return adder(n) end
local added = ms.stage(function(n) return chosen(n)(1) end)
print(added(0), added(3), added(8), added(10))

-- a table whose fields are written after the call, for an element at a symbolic key
local list = { 1, 2, 3 }
local function record(p, left)
	if p < 1 or left <= 0 then return { v = p, w = 1 } end
	local t = record(p - 1, left - 1)
	t.v = t.v + p
	return t
end
local written = ms.stage(function(b) list[b + 1] = record(b, 2).v return list[1], list[2], list[3] end)
print(written(0)) print(written(2)) print(written(1))
