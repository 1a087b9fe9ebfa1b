-- Tables from outside that each call appends to: from the third length on, their length is an input, and one graph
-- serves them at any length.
local ms = require "moonstage"
local unpack = table.unpack

local function calls(n, f, ...)
	for _ = 1, n do f(...) end
end

local losses, log = {}, {}
local step = ms.stage(function(x)
	local loss = (x * x):sum()
	losses[#losses + 1] = loss:item()
	table.insert(log, x)
	return loss
end)
local x = ms.ones(3)
calls(40, step, x)
print(#losses, losses[1], losses[40], #log, rawequal(log[1], x), rawequal(log[40], x)) -- expect: 40	3.0	3.0	40	true	true

-- on some paths only, and more than once
local even = {}
local note = ms.stage(function(n)
	if n % 2 == 0 then even[#even + 1] = n end
	local before = #even
	if n % 3 == 0 then
		even[#even + 1] = { n = n, at = #even }
		even[#even + 1] = "three"
	end
	return before, #even
end)
for n = 1, 30 do note(n) end
print(note(31)) -- expect: 35	35
print(note(36)) -- expect: 36	38
print(even[35], even[36], even[37].n, even[37].at, even[38]) -- expect: three	36	36	36	three

-- an error leaves what was appended before it
local trail = {}
local try = ms.stage(function(n)
	trail[#trail + 1] = "tried"
	if n > 17 then error("at " .. #trail) end
	trail[#trail + 1] = n
end)
for n = 1, 20 do
	local ok, message = pcall(try, n)
	if not ok then print(message, trail[#trail]) end
end
-- expect: tests/modes/appended_outside.lua:41: at 35	tried
-- expect: tests/modes/appended_outside.lua:41: at 36	tried
-- expect: tests/modes/appended_outside.lua:41: at 37	tried

-- two names of one table, and two tables
local both = ms.stage(function(a, b, v)
	a[#a + 1] = v
	b[#b + 1] = -v
	return #a, #b
end)
local s, t = {}, { 0 }
for i = 1, 5 do both(s, s, i) end
for i = 1, 20 do both(s, t, i) end
print(#s, #t, s[10], s[30], t[21]) -- expect: 30	21	-5	20	-20

-- elements that were there are read: a graph for each length
local sums = {}
local running = ms.stage(function(v)
	sums[#sums + 1] = v + (sums[#sums] or 0)
	return sums[#sums]
end)
for v = 1, 10 do running(v) end
print(running(5), #sums) -- expect: 60	11

local stack = { 1, 2, 3 }
local push_and_pop = ms.stage(function(v)
	stack[#stack + 1] = v
	local n = #stack
	if v > 2 then stack[#stack] = nil end
	return n, #stack
end)
for v = 1, 6 do push_and_pop(v) end
print(push_and_pop(7)) -- expect: 6	5

-- a hole: the length is one of several, and Lua's to choose
local gaps = {}
local append = ms.stage(function(v) gaps[#gaps + 1] = v end)
for v = 1, 5 do append(v) end
gaps[2] = nil
local ok, message = pcall(append, 6)
print(ok or message:match "holes", gaps[1], gaps[3], gaps[5]) -- expect: true	1	3	5
gaps[2] = 2
append(7)
print(unpack(gaps)) -- expect: 1	2	3	4	5	6	7

-- only the length
local queue = {}
local room = ms.stage(function(size) return size - #queue, #queue > 3 and "long" or "short" end)
for i = 1, 20 do
	room(100)
	queue[i] = i
end
print(room(100)) -- expect: 80	long

-- a function of the host's sees what was appended, and may append, too
local seen = {}
local look = ms.host(function() return #seen end, "int")
local watched = ms.stage(function(v)
	seen[#seen + 1] = v
	return look() + #seen
end)
for v = 1, 8 do watched(v) end
print(watched(9)) -- expect: 18
