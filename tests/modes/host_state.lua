-- What a host call changes is seen after it: variables, globals and fields, in branches and loops, whether they were read
-- before or not; what was written before the call is real in it.
local ms = require "moonstage"
local count, flag = 0, false
local config = { rate = 0.5, n = 3, sub = { k = 1 } }
local log = {}
local tick = ms.host(function(x)
	count = count + 1
	config.rate = config.rate * 2
	flag = not flag
	log[#log + 1] = ("%s %s %s"):format(x, count, config.extra)
	return count * 10
end, "int")
local paths = ms.stage(function(x, n)
	count = count + 100
	config.extra = x
	local a = tick(x)
	print(a, count, config.rate, flag, config.extra)
	if x > 1 then
		local b = tick("in the branch " .. x)
		if flag then print("flag", b) else print("no flag", b) end
		config.sub.k = config.sub.k + b
	end
	for i = 1, n do
		tick(i)
		if count % 2 == 0 then config.rate = config.rate + 1 end
		print(i, count, config.rate, config.n)
	end
	for i = 1, config.n do print("n", i) end
	return a, count, config.rate, flag, config.sub.k
end)
print(paths(1, 2))
print(paths(2, 3))
print(paths(2.5, 0))
print(paths(0, 70))
print(count, config.rate, flag, #log, log[3], log[#log], config.extra)

-- Read for the first time after the call, in functions, branches and loops.
Late = { v = 1, w = { z = 2.5 } }
local first, second = 10, { q = 1 }
local change = ms.host(function()
	Late.v = Late.v + 1
	Late.w.z = Late.w.z * 2
	first, second.q = first + 1, second.q + 1
end)
local late = ms.stage(function(x)
	change()
	local s = Late.v + first
	if x > 0 then s = s + Late.w.z * second.q end
	for _ = 1, 3 do
		change()
		s = s + Late.w.z
	end
	local function inner() return first + second.q end
	return s, inner()
end)
print(late(1))
print(late(0))
print(late(1))

-- A number that must be plain may not change; others may.
local rows, calls = 3, 4
local other = ms.host(function() calls = calls + 1 end)
local shaped = ms.stage(function(x)
	other()
	return ms.zeros(rows) + x, calls
end)
print(shaped(1))
print(shaped(2))
rows = 2
print(shaped(3))

-- A table made in the staged function that the call changes.
local bump = ms.host(function(t) t[1] = t[1] + 1 end)
print(ms.stage(function(x)
	local t = { x, "kept" }
	for _ = 1, 3 do bump(t) end
	return t[1], t[2]
end)(5))

-- Reads through what no variable leads to.
print(ms.stage(function(x)
	other()
	return getmetatable("").__index == string, x
end)(1), calls)
