-- Loops that append to a table from outside whose length is another one in each call: one graph serves all lengths.
local ms = require "moonstage"

local log = {}
local halve = ms.stage(function(x)
	local before = #log
	while x > 1 do
		x = x / 2
		log[#log + 1] = x
	end
	table.insert(log, -1.0)
	return #log - before, #log
end)
for i = 1, 40 do halve(i * 1.0) end
print(halve(9)) -- expect: 5	222
print(log[1], log[2], log[3], log[218], log[222]) -- expect: -1.0	1.0	-1.0	4.5	-1.0

-- elements before the loop, on some paths only, and of a second table
local even, odd = {}, { "start" }
local sort = ms.stage(function(n)
	even[#even + 1] = 0
	for i = 1, n do
		if i % 2 == 0 then even[#even + 1] = i else odd[#odd + 1] = "odd " .. i end
	end
	return #even, #odd
end)
for n = 1, 20 do sort(n) end
print(sort(5)) -- expect: 123	114
print(even[1], even[2], even[3], even[123], odd[1], odd[2], odd[114]) -- expect: 0	0	2	4	start	odd 1	odd 5

-- an error leaves what the trips before it appended
local trail = {}
local try = ms.stage(function(n, most)
	for i = 1, n do
		if i > most then error("after " .. #trail) end
		trail[#trail + 1] = i
	end
end)
for n = 1, 20 do try(n, 100) end
print(pcall(try, 5, 3)) -- expect: false	tests/modes/appended_in_loops.lua:35: after 213
print(#trail, trail[213]) -- expect: 213	3

-- tensors, and a loop over plain values
local states = {}
local run = ms.stage(function(h)
	for _ = 1, 10 do
		h = h * 0.5
		states[#states + 1] = h
	end
	return h
end)
for i = 1, 20 do run(ms.ones(2) * i) end
print(#states, states[1], states[200]) -- expect: 200	tensor([0.5, 0.5])	tensor([0.01953125, 0.01953125])

-- what was there is read: a graph for each length
local sums = { 1 }
local grow = ms.stage(function(n)
	for i = 1, n do sums[#sums + 1] = sums[#sums] + i end
	return sums[#sums]
end)
for n = 1, 6 do grow(n) end
print(grow(2), #sums) -- expect: 60	24

local stack = {}
local fill = ms.stage(function(n)
	for i = 1, n do stack[#stack + 1] = i end
	if n > 2 then stack[#stack] = nil end
	return #stack, stack[1]
end)
for n = 1, 6 do fill(n) end
print(fill(2)) -- expect: 19	1
