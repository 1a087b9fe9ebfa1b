-- Functions that call themselves under conditions that only the run knows.
-- stock
local ms = require "moonstage"

-- two calls in an expression, the recursive path last, or first
local function fib(n)
	if n < 2 then return n end
	return fib(n - 1) + fib(n - 2)
end
local function fact(n)
	if n > 1 then
		return n * fact(n - 1)
	else
		return 1
	end
end
local both = ms.stage(function(n) return fib(n), fact(n) end)
print(both(0)) print(both(1)) print(both(15)) print(both(20))
print(both(6.0)) print(both(2.5))

-- the staged function itself, a global function
local sum
sum = ms.stage(function(n)
	local function go(k) return k == 0 and 0 or k + go(k - 1) end
	return go(n)
end)
print(sum(0), sum(10), sum(1000), sum(20000))
function depth_of(n) if n <= 1 then return 0 end return 1 + depth_of(n // 2) end
local depth = ms.stage(function(n) return depth_of(n) end)
print(depth(1), depth(1024), depth(1000000))
depth_of = nil

-- calls of each other
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
local parity = ms.stage(function(n) return even(n), odd(n) end)
print(parity(0)) print(parity(7)) print(parity(10))

-- calls as arguments
local function ack(m, n)
	if m == 0 then return n + 1 end
	if n == 0 then return ack(m - 1, 1) end
	return ack(m - 1, ack(m, n - 1))
end
local ackermann = ms.stage(function(m, n) return ack(m, n) end)
print(ackermann(0, 0), ackermann(1, 3), ackermann(2, 3), ackermann(3, 4))

-- several results, and none
local function divide(n, d)
	if n < d then return 0, n end
	local q, r = divide(n - d, d)
	return q + 1, r
end
local function count_down(n)
	if n == 0 then return end
	print("at", n)
	count_down(n - 1)
	print("back", n)
end
local several = ms.stage(function(n, d)
	count_down(n % 4)
	return divide(n, d)
end)
print(several(17, 5)) print(several(3, 5)) print(several(20, 4))

-- types that turn up late: a float on some paths
local function mix(n) if n == 0 then return 1 elseif n % 2 == 0 then return mix(n - 1) + 0.5 else return mix(n - 1) end end
local mixed = ms.stage(function(n) return mix(n) end)
print(mixed(0), mixed(1), mixed(2), mixed(5))
local function find(n) if n < 0 then return nil elseif n == 7 then return "seven" else return find(n - 2) end end
local found = ms.stage(function(n) return find(n), (find(n) or "none") .. "!" end)
print(found(3)) print(found(9)) print(found(8))

-- accumulators and other arguments that stay as they are
local function power(b, e, acc)
	if e == 0 then return acc end
	return power(b, e - 1, acc * b)
end
local powers = ms.stage(function(b, e) return power(b, e, 1) end)
print(powers(2, 10), powers(3, 0), powers(1.5, 2))

-- variables from outside, written inside
local calls, deepest, level = 0, 0, 0
local function walk(n)
	calls = calls + 1
	level = level + 1
	if level > deepest then deepest = level end
	if n > 1 then
		walk(n // 2)
		if n % 3 == 0 then walk(n // 3) end
	end
	level = level - 1
end
local walked = ms.stage(function(n) walk(n) return calls, deepest, level end)
print(walked(1)) print(walked(30)) print(walked(9))
print(calls, deepest, level)

-- variables of the staged function, and fields
local counts = { down = 0, up = 0 }
local tree = ms.stage(function(n)
	local leaves, steps = 0, {}
	steps.n = 0
	local function grow(k)
		counts.down = counts.down + 1
		steps.n = steps.n + 1
		if k <= 1 then leaves = leaves + 1 else grow(k - 1) grow(k - 2) end
		counts.up = counts.up + leaves
	end
	grow(n)
	return leaves, steps.n
end)
print(tree(1)) print(tree(6)) print(counts.down, counts.up)

-- methods
local Counter = {}
Counter.__index = Counter
function Counter:add(n)
	if n <= 0 then return self.total end
	self.total = self.total + n
	return self:add(n - 1)
end
local counter = setmetatable({ total = 0 }, Counter)
local add = ms.stage(function(n) return counter:add(n), counter.total end)
print(add(4)) print(add(10)) print(counter.total)
local made = ms.stage(function(n)
	local c = setmetatable({ total = 1 }, Counter)
	c:add(n)
	return c.total
end)
print(made(0), made(3))

-- loops inside, and inside of loops
local function paths(n)
	if n == 0 then return 1 end
	local all = 0
	for i = 1, n do
		if i % 2 == 1 then all = all + paths(n - i) end
	end
	return all
end
local looped = ms.stage(function(n)
	local all = 0
	local i = 0
	while i <= n do
		all = all + paths(i)
		i = i + 1
	end
	return all
end)
print(looped(0), looped(5), looped(9))

-- errors come from where they are raised, after what was done before
local log = 0
local function fall(n)
	log = log + 1
	if n == 0 then error("at the bottom") end
	return fall(n - 1) + 1
end
local falls = ms.stage(function(n) return fall(n) end)
print(pcall(falls, 3)) print(log)
local function index(n) if n > 3 then return 1 // (n - n) end return index(n + 1) end
print(pcall(ms.stage(function(n) return index(n) end), 0))

-- plain recursion inside is unrolled
local plain = ms.stage(function(x) return fact(5) + x, fact(x) end)
print(plain(3))
