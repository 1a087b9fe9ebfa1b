-- Numeric for: plain and symbolic bounds, negative and float steps, zero trips, the ends of the integers.
-- stock
local ms = require "moonstage"

local sum = ms.stage(function(a, b)
	local s, last = 0, 0
	for i = a, b do s = s + i; last = i end
	return s, last
end)
for _, r in ipairs { { 1, 5 }, { 3, 3 }, { 4, 1 }, { -3, 2 }, { 0, 20 } } do print(sum(r[1], r[2])) end

for _, step in ipairs { 1, 2, 3, -1, -2, 7 } do
	local count = ms.stage(function(a, b)
		local n, last = 0, 0
		for i = a, b, step do n = n + 1; last = i end
		return n, last
	end)
	print(step, count(1, 10))
	print(step, count(10, 1))
	print(step, count(5, 5))
	print(step, count(math.maxinteger - 3, math.maxinteger))
	print(step, count(math.mininteger + 4, math.mininteger))
end

local floats = ms.stage(function(a, b)
	local n, s = 0, 0.0
	for x = a, b, 0.25 do n = n + 1; s = s + x end
	for x = b, a, -0.5 do n = n + 1; s = s - x end
	return n, s
end)
print(floats(0.0, 1.0))
print(floats(1.5, 1.0))
print(floats(0.1, 2.05))

-- a plain loop; assignments to the loop variable stay in the trip
local own = ms.stage(function(n)
	local s = 0
	for i = 1, 4 do
		i = i * n
		s = s + i
	end
	for i = 3, 1 do s = s + 1000 * i end
	for i = 1.0, 2 do s = s + i end
	for i = 1, 2.9 do s = s + i end
	return s
end)
print(own(3), own(-1))

local bad = ms.stage(function(n) for i = 1, n, 0 do print(i) end end)
print(pcall(bad, 3))
local worse = ms.stage(function(n) for i = 1, "x" do print(i) end end)
print(pcall(worse, 3))
local nothing = ms.stage(function(n) for i = nil, n do print(i) end end)
print(pcall(nothing, 3))

-- bounds are evaluated once, in order
local once = ms.stage(function(n)
	local function bound(name, v) print(name, v) return v end
	local s = 0
	for i = bound("from", 1), bound("to", n), bound("step", 2) do s = s + i; n = 0 end
	return s, n
end)
print(once(7))

-- NaN: no start is beyond it, nothing comes after it
local nan = 0/0
local bounds = ms.stage(function(a, b)
	local n = 0
	for i = a, b do n = n + 1 if n > 3 then break end end
	for i = a, b, -0.5 do n = n + 10 if n > 30 then break end end
	return n
end)
for _, p in ipairs { { nan, 5 }, { 1, nan }, { nan, nan }, { 0.5, nan }, { 2.5, 1 }, { 1.5, 3 } } do print(pcall(bounds, p[1] + 0.0, p[2] + 0.0)) end
local plain = ms.stage(function(x)
	local n = 0
	for i = 0/0, 5 do n = n + 1 end
	for i = 1.0, 0/0 do n = n + 10 end
	for i = 1, 0/0 do n = n + 100 end
	for i = 1, 0/0, -1 do n = n + 1000 if n > 5000 then break end end
	for i = 1.0, 2, 0/0 do n = n + 10000 end
	for i = 2.0, 1, 0/0 do n = n + 100000 end
	return n + x
end)
print(plain(1))

-- a minus zero keeps its sign, as a bound and as a text
local zero = -0.0
print(ms.stage(function(b)
	local first, last
	for i = zero, 0, -1 do first = i end
	for i = b, 0, -1 do last = i end
	return first, last, math.sqrt("-0.0"), math.fmod(tostring(b), 1)
end)(-0.0))
