-- return from everywhere: branches, loops, several values, none, in the middle of blocks.
-- stock
local ms = require "moonstage"

local find = ms.stage(function(n, k)
	for i = 1, n do
		if i * i > k then return i, i * i end
		if i * i == k then return i, k end
	end
	return -1, 0
end)
print(find(10, 30), find(10, 25), find(3, 100), find(0, 5))

local early = ms.stage(function(x)
	if x < 0 then return -x, "negative" end
	do
		if x == 0 then return 0, "zero" end
		x = x + 1
	end
	if x > 100 then
		x = x - 100
		if x > 5 then return x, "large" end
	end
	return x, "rest"
end)
for _, x in ipairs { -4, 0, 7, 103, 300 } do print(early(x)) end

local nothing = ms.stage(function(x)
	if x > 3 then return end
	print("still here", x)
end)
nothing(1) nothing(5)
print(select("#", nothing(5)), select("#", nothing(1)))

local nested = ms.stage(function(n)
	local count = 0
	for i = 1, n do
		for j = i, n do
			count = count + 1
			if i * j == 12 then return i, j, count end
			if count > 30 then return 0, 0, count end
		end
	end
	return -1, -1, count
end)
for n = 1, 9, 2 do print(nested(n)) end

local in_while = ms.stage(function(n)
	while true do
		if n % 7 == 0 then return n end
		n = n + 1
	end
end)
print(in_while(1), in_while(14), in_while(50))

local in_repeat = ms.stage(function(n)
	repeat
		local m = n * 2
		if m > 50 then return m, "in" end
		n = n + 3
	until m > 20 and n % 2 == 0
	return n, "after"
end)
for n = 1, 30, 4 do print(in_repeat(n)) end

local pass = ms.stage(function(a, ...)
	if a > 0 then return a, ... end
	return -a, ...
end)
print(pass(1, 2, 3), pass(-1, 2, 3))

-- a call that gives a varying number of values, last in a list
local function some(n)
  if n > 2 then return n, n + 1, n + 2 end
  if n > 1 then return n end
end
local behind = ms.stage(function(n) return "first", some(n) end)
local nested = ms.stage(function(n)
  local function inner() return true, some(n) end
  return 1, inner()
end)
local from_loop = ms.stage(function(n)
  while n < 10 do
    if n % 4 == 3 then return -n, some(n - 5) end
    n = n + 1
  end
  return n, n, some(n - 8)
end)
for n = 1, 3 do
  print(behind(n))
  print(nested(n))
end
for n = 1, 12 do print(from_loop(n)) end

-- a number of results that hangs on the path, where it matters: in tables, calls and counts
local function several(n)
	if n > 2 then return end
	if n > 1 then return n end
	return n, n * 2
end
local function count(...) return select("#", ...), ... end
local counts = ms.stage(function(n)
	local t = { several(n) }
	print(several(n))
	return #t, t[1], select("#", several(n)), (count(several(n))), count("first", several(n))
end)
for n = 1, 3 do print(counts(n)) end
