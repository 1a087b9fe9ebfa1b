-- ms.host: functions of the script that are called for real, in order, with arguments of every kind and results of every
-- declared type; their errors; calls that come back to the staged function that waits.
local ms = require "moonstage"

local given = {}
local give = ms.host(function() return table.unpack(given, 1, 6) end, "int", "float", "bool", "number", "int?", "f32[2]")
local results = ms.stage(function(x)
	local a, b, c, d, e, t = give()
	if e == nil then e = -1 end
	if c then a = a + 1 end
	return a * x, b * x, c, d * x, e + x, t * x, math.type(d)
end)
local pair = ms.tensor { 1.0, 2.0 }
given = { 1, 2.5, true, 3, nil, pair }
print(results(2))
given = { 1, 2.5, false, 3.5, 7, pair }
print(results(2))
for _, wrong in ipairs {
	{ 1.5, 2.5, true, 1, 1, pair }, { 1, 2, true, 1, 1, pair }, { 1, 2.5, nil, 1, 1, pair }, { 1, 2.5, true, "x", 1, pair },
	{ 1, 2.5, true, 1, 1.5, pair }, { 1, 2.5, true, 1, 1, ms.zeros(3) }, {},
} do
	given = wrong
	print(pcall(results, 1))
end

-- Tables are passed as they are, also those made in the staged function; tensors are copied.
local seen = {}
local take = ms.host(function(...)
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		seen[#seen + 1] = v
		if type(v) ~= "table" then print(i, math.type(v) or type(v), type(v) ~= "function" and v) end
		for k, x in ms.pairs(type(v) == "table" and v or {}) do print(i, k, x) end
	end
end)
local outer = { 5, 6 }
local arguments = ms.stage(function(x, t)
	local made = { x, t:sum() }
	take(x, "s" .. x, nil, t, t * 2, outer, true, x > 1, print == nil, print)
	take(made)
	made[3] = x
	take(made)
	return made, made[1]
end)
local made = arguments(2, ms.tensor { 1.0, 3.0 })
print(made == seen[#seen], made == seen[#seen - 1], seen[#seen - 5] == true, made[3], #seen)
local kept
local keep = ms.host(function(t)
	kept = t
	return t
end, "f32[2]")
local same, given_back = ms.stage(function(x) return rawequal(x, keep(x)), keep(x) end)(pair)
print(same, given_back, rawequal(given_back, kept), rawequal(kept, pair))

-- Errors are f's own, whatever they are; what came before is real.
local boom = ms.host(function(x)
	if x > 2 then error("boom " .. x, 2) end
	if x > 1 then error("boom " .. x) end
	if x > 0 then error({ x }) end
	error()
end)
local fails = ms.stage(function(x)
	print "before"
	State = x
	boom(x)
	print "after"
end)
for i = 0, 3 do
	local ok, e = pcall(fails, i)
	print(ok, type(e) == "table" and e[1] or e, State)
end

local factorial
local again = ms.host(function(n) return factorial(n) end, "int")
factorial = ms.stage(function(n)
	if n <= 1 then return 1 end
	return n * again(n - 1)
end)
print(factorial(10), factorial(3), factorial(20))

for _, wrong in ipairs { { 3 }, { print, "text" }, { print, 3 }, { print, "f32[2x]" }, { print, "f32[2x3]", "f8[]" } } do
	print(pcall(ms.host, table.unpack(wrong)))
end
