-- Library functions with answers of their own are called when the graph runs, in program order, as often as the eager run
-- calls them: random numbers, clocks. Their errors are the eager ones, and what came before stays.
-- stock
local ms = require "moonstage"
math.randomseed(7)

local f = ms.stage(function(x, n)
	print(math.random())
	if x > 0 then print("positive", math.random(10), math.random(5, x + 100)) end
	local s = 0
	for i = 1, n do
		s = s + math.random(i)
		if s % 3 == 0 then math.random() end
	end
	for i = 1, 80 do s = s + math.random(i) * x end
	return s, math.random(0)
end)
print(f(1, 4))
print(f(-1, 100))
print(math.random(100))
print(f(2, 0))

local seeded = ms.stage(function(n)
	print "before"
	Seed = n
	math.randomseed(n)
	print(math.random(1, n))
	return math.random(n, 1)
end)
print(pcall(seeded, 1))
print(pcall(seeded, 0), Seed)
print(pcall(seeded, 5), Seed)
print(math.random(1000))

print(pcall(ms.stage(function(n) return math.random(n) end), 2.5))
print(pcall(ms.stage(function(n) return math.random("x", n) end), 2.5))
print(pcall(ms.stage(function(n) return math.random(1, 2, n) end), 2.5))
print(pcall(ms.stage(function(n) local r = math.random; return r(n, 1) end), 2))

local clock = ms.stage(function(n)
	local start, day = os.clock(), os.time({ year = 2020, month = 1, day = n, hour = 12 })
	local s = 0.0
	for i = 1, 1000 do s = s + i end
	local took = os.clock() - start
	return math.type(took), took >= 0, os.difftime(os.time({ year = 2020, month = 1, day = n + 1, hour = 12 }), day), s,
		os.time() > 1e9
end)
print(clock(2))
print(clock(28))
print(pcall(ms.stage(function(n) return os.time({ month = 1, day = n }) end), 2))
