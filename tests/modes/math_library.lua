-- The math library on numbers known only at run time gives the numbers Lua gives, bit for bit.
-- stock
local ms = require "moonstage"
local function show(...)
	local out = {}
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		out[i] = v ~= v and "nan" or math.type(v) == "float" and ("%a"):format(v) or tostring(v)
	end
	print(table.concat(out, " "))
end
local floats = ms.stage(function(x)
	return math.sqrt(x), math.exp(x), math.sin(x), math.cos(x), math.tan(x), math.asin(x), math.acos(x), math.atan(x),
		math.atan(x, 2), math.log(x), math.log(x, 2), math.log(x, 10), math.log(x, 3), math.abs(x)
end)
for _, x in ipairs { 0, 1, -1, 0.5, 2, 10, -0.0, 1e10, 1e-300, 1 / 0, math.mininteger, math.maxinteger } do show(floats(x)) end

local round = ms.stage(function(x) return math.floor(x), math.ceil(x), math.abs(x), math.type(x), math.max(x, 1), math.min(x, 1.0, -x) end)
for _, x in ipairs { 0, 3, -3, 2.5, -2.5, -0.5, 1e15, -0.0, math.mininteger } do show(round(x)) end

local two = ms.stage(function(a, b)
	return math.max(a, b), math.min(a, b), math.fmod(a, b), math.ult(1, 2), a ^ b, math.max(a, 2, b, 3.5), math.min(b)
end)
for _, p in ipairs { { 5, 3 }, { -5, 3 }, { 5.5, 2 }, { 1, 2.0 }, { 2.0, 2 }, { 7, -2 } } do show(two(p[1], p[2])) end

local constants = ms.stage(function(x) return x + math.pi, x < math.huge, x <= math.maxinteger, x >= math.mininteger, math.tointeger(3.0) end)
print(constants(1)) print(constants(0.5))
local unsigned = ms.stage(function(a, b) return math.ult(a, b) end)
print(unsigned(1, -1), unsigned(-1, 1), unsigned(2, 3))

-- arguments are checked in their order
local function ult(...) print(pcall(ms.stage(function(a, b) return math.ult(a, b) end), ...)) end
ult(1, 2) ult(2.0, -1) ult(1, 2.5) ult(0.5, 2.5) ult(1e300, 1) ult(1, 0/0)
for _, x in ipairs { 1, 2.0, 2.5 } do print(pcall(ms.stage(function(a) return math.ult(a) end), x)) end
for _, s in ipairs { "10", "0x10", "1e1", "x" } do
	print(pcall(ms.stage(function(a) return math.fmod(s, a), math.atan(s, a), math.ult(a, s), math.log(a, s) end), 3))
end

-- what a float holds as an integer, and its two parts
local parts = ms.stage(function(x) return math.tointeger(x), math.modf(x) end)
for _, x in ipairs { 3.0, 2.5, -2.5, -0.0, 1e300, -1e18, 1 / 0, 7 } do print(x, parts(x)) end
