-- Order by metatables: results become booleans, <= falls back on __lt, handlers come and go with the metatable.
-- stock
local ms = require "moonstage"
local C = { __lt = function(a, b) return a.v < b.v and "yes" end, __add = function(a, b) return 1 end, __eq = function() return 3 end }
local D = { __lt = C.__lt }
local function new(v, m) return setmetatable({ v = v }, m or C) end
local p, q = new(1), new(2)
local f = ms.stage(function(x)
	local r = new(x)
	return p < q, q < p, p <= q, q <= p, p > q, p >= q, r < q, r <= q, q <= r, r >= q, r == q, p ~= q
end)
print(f(1)) print(f(2)) print(f(3))
local g = ms.stage(function(x)
	local r = new(x)
	local before = r + 1
	setmetatable(r, {})
	return r + 1
end)
print(pcall(g, 1))
local g = ms.stage(function(x)
	local r = new(x)
	setmetatable(r, { __lt = C.__lt })
	return r <= p, pcall(function() return r + 1 end)
end)
print(pcall(g, 1))
print(pcall(ms.stage(function(x) return new(x, {}) <= p end), 3))
print(pcall(ms.stage(function(x) return p <= 3, p <= nil end), 3))
print(pcall(ms.stage(function(x) return x <= p end), 3))
