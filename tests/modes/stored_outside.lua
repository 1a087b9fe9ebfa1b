-- Elements of tables from outside that are written at keys which only the run knows: one graph serves for all keys.
local ms = require "moonstage"

local losses = {}
local record = ms.stage(function(epoch, loss) losses[epoch] = loss end)
for epoch = 1, 40 do record(epoch, epoch / 2) end
print(#losses, losses[1], losses[40]) -- expect: 40	0.5	20.0
record(-3, "negative") record(1000, true) record(7, nil)
print(losses[-3], losses[1000], losses[7], losses[8]) -- expect: negative	true	nil	4.0

-- in the order of the text, also before an error and beside plain keys
local t = {}
local order = ms.stage(function(a, b, n)
	t[a] = "first"
	t[b] = "second"
	t[3] = "third"
	if n > 5 then
		t[a] = nil
		error("at " .. n)
	end
	t[n] = a + b
end)
local function show(...) print(pcall(order, ...)) print(t[1], t[2], t[3], t[4]) end
show(1, 2, 4) -- expect: true
-- expect: first	second	third	3
show(2, 2, 3) -- expect: true
-- expect: first	second	4	3
show(3, 1, 6) -- expect: false	tests/modes/stored_outside.lua:19: at 6
-- expect: second	second	nil	3
show(1, 4, 2) -- expect: true
-- expect: first	5	third	second

-- what is read again is the element that was stored: a graph for each key
local cells = { 10, 20, 30 }
local add = ms.stage(function(i, v)
	cells[i] = v
	return cells[1] + cells[2] + cells[3], #cells
end)
print(add(1, 1)) -- expect: 51	3
print(add(3, 1)) -- expect: 22	3
print(add(2, 5)) -- expect: 7	3

-- on one path only, and in a loop
local marks = {}
local mark = ms.stage(function(i, n)
	if i % 2 == 0 then marks[i] = "even" end
	for k = 1, n do marks[100 + k] = k * i end
end)
for i = 1, 10 do mark(i, 2) end
print(marks[2], marks[3], marks[10], marks[101], marks[102]) -- expect: even	nil	even	10	20

-- the walk after it, an element counted in a host's function, and a table that hears of new keys
local names = {}
local walk = ms.stage(function(i, v)
	names[i] = v
	local n = 0
	for _ in pairs(names) do n = n + 1 end
	return n
end)
print(walk(1, "a"), walk(2, "b"), walk(2, "c")) -- expect: 1	2	2

local count = ms.host(function(list) return #list end, "int")
local list = {}
local counted = ms.stage(function(i) list[i] = i return count(list) end)
print(counted(1), counted(2), counted(3), counted(3)) -- expect: 1	2	3	3

local heard = {}
local proxy = setmetatable({}, { __newindex = function(_, k, v) heard[k] = v end })
local tell = ms.stage(function(k, v) proxy[k] = v end)
for k = 1, 10 do tell(k, k * k) end
print(rawget(proxy, 10), heard[10]) -- expect: nil	100
