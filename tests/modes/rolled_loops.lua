-- Loops over plain values that go on making nodes are rolled into loops of the graph; nothing tells it from their
-- results. Where a value that they make must be plain, they are unrolled.
local ms = require "moonstage"

-- a training loop: parameters in tables, gradients, a falling rate, prints now and then, the last loss kept
local function train(steps)
	local net, seen = { w = ms.full({ 3, 1 }, 0.5), b = ms.zeros(1) }, 0
	local x = ms.tensor { { 1.0, 2.0, 3.0 }, { -1.0, 0.5, 2.0 }, { 0.0, 1.0, -2.0 }, { 2.0, 2.0, 1.0 } }
	local y = ms.tensor { { 1.0 }, { 0.0 }, { -1.0 }, { 2.0 } }
	local function loss_of(p)
		local d = x:matmul(p.w) + p.b - y
		return (d * d):mean()
	end
	local run = ms.stage(function()
		local gradient = ms.value_and_grad(loss_of)
		local rate, first, last = 0.05, nil, nil
		for i = 1, steps do
			local loss, g = gradient(net)
			for _, name in ipairs { "w", "b" } do net[name] = net[name] - g[name] * rate end
			rate = rate * 0.99
			seen = seen + 4
			first = first or loss
			last = loss
			if i % 10 == 0 then print(i, loss) end
		end
		return first, last, rate
	end)
	print(run())
	print(net.w, net.b, seen)
	print(run())
end
train(10)
train(45)

-- in-place updates by methods; a loss that is a number first
local Net = {}
Net.__index = Net
function Net:forward(x) return x * self.k + self.c end
function Net:update(g, rate)
	self.k:sub_(g.k * rate)
	self.c:sub_(g.c * rate)
	self.count = self.count + 1
end
local fit = ms.stage(function(net, x, y, n)
	local total = 0
	for _ = 1, 30 do
		local loss, g = ms.value_and_grad(function(p)
			local d = p.k * x + p.c - y
			return (d * d):sum()
		end)({ k = net.k, c = net.c })
		net:update(g, 0.1 / n)
		total = total + loss
	end
	return total, net:forward(x)
end)
local net = setmetatable({ k = ms.tensor(0.5), c = ms.tensor(0.0), count = 0 }, Net)
print(fit(net, ms.tensor { 1.0, 2.0, -1.0 }, ms.tensor { 2.0, 5.0, -3.0 }, 4))
print(net.k, net.c, net.count)

-- while and repeat; accumulators of both subtypes, a text, the one before
local mixed = ms.stage(function(x)
	local i, s, sum, before, text = 0, 1, 0, nil, ""
	while i < 12 do
		i = i + 1
		s = s * 0.5
		sum = sum + i
		before = x
		x = x * 1.5 + s
		text = text .. i % 3
	end
	repeat
		i = i - 1
		x = x + i
		if i == 4 then x = -x end
	until i <= 0
	return x, i, s, sum, before, text
end)
print(mixed(ms.tensor { 1.0, 2.0 }))

-- one that leaves from inside, by a plain and by a symbolic condition
local leaves = ms.stage(function(x, most)
	for i = 1, 20 do
		x = x + i
		if i == 15 then return "at 15", x end
		if x:sum() > most then break end
	end
	return "broke", x
end)
print(leaves(ms.zeros(2), 1000.0))
print(leaves(ms.zeros(2), 100.0))

-- values that must be plain: keys, sizes, texts as keys; tables that grow
local plain = ms.stage(function(x)
	local list, n, key = {}, 0, ""
	for i = 1, 10 do
		x = x + i
		list[i] = x
		n = n + 1
		key = "k" .. n
	end
	local t = { k10 = "found" }
	return t[key], #list, list[3], ms.ones(n):sum(), x
end)
print(plain(ms.zeros(2)))
local before_that = ms.stage(function(x)
	local t = { 1, 2, 3, 5, 8, 13, 21, 34, 55, 89 }
	for i = 2, 9 do x = x * (t[i - 1] + t[i + 1]) / t[i] end
	return x
end)
print(before_that(ms.ones(2)))

-- loops in loops; the inner one indexes a table by what it counts
local nested = ms.stage(function(x)
	local w = {}
	for i = 1, 9 do w[i] = ms.full({ 2 }, i * 0.25) end
	for _ = 1, 20 do
		for i = 1, 9 do x = (x + w[i]) * 0.5 end
		for i = 10, 1, -1 do x = x - i * 0.125 end
	end
	return x
end)
print(nested(ms.zeros(2)))

-- tables rebuilt in every trip, and tables kept by identity
local states = ms.stage(function(x)
	local state = { h = x, c = x * 2, n = 0 }
	local same = state
	for i = 1, 12 do state = { h = state.h * 0.5 + state.c, c = state.c - i, n = state.n + 1 } end
	same.h = "old"
	return state.h, state.c, state.n, same.h, same == state
end)
print(states(ms.ones(2)))

-- functions made in the loop, called and dropped; varargs; several results
local closures = ms.stage(function(x, ...)
	local n = select("#", ...)
	local a, b = x, x
	for i = 1, 9 do
		local function twice(f, v) return f(f(v)) end
		a, b = twice(function(v) return v + i end, b), a * n
	end
	return a, b
end)
print(closures(ms.ones(2), "x", "y"))

-- errors: at their trip, after what came before
local fails = ms.stage(function(x, limit)
	for i = 1, 20 do
		x = x + i
		if i % 5 == 0 then print("at", i) end
		if i == 12 then x = x + ("no number" + limit) end
	end
	return x
end)
print(pcall(fails, ms.zeros(2), 1))
local caught = ms.stage(function(x)
	local n = 0
	for i = 1, 16 do
		local ok, e = pcall(function()
			x = x * 2
			if i % 4 == 0 then error("trip " .. i, 0) end
		end)
		if not ok then
			n = n + 1
			print(e)
		end
	end
	return x, n
end)
print(caught(ms.ones(1)))

-- float steps, counting down, bounds that are floats
local steps = ms.stage(function(x)
	for v = 0, 1, 0.1 do x = x + v end
	for i = 20, 1.5, -2 do x = x - i end
	for i = math.maxinteger - 9, math.maxinteger do x = x + (math.maxinteger - i) end
	return x
end)
print(steps(ms.zeros(1)))

-- rows of a tensor
local rows = ms.stage(function(m)
	local sum = 0
	for i, row in ipairs(m) do sum = sum + row * i end
	return sum
end)
print(rows(ms.ones(12, 2)))

-- random numbers are drawn in order, and host functions called
local draws = ms.stage(function()
	local sum = ms.zeros(2)
	for _ = 1, 10 do sum = sum * 0.5 + ms.rand(2) + math.random(3) end
	return sum
end)
ms.manual_seed(7)
math.randomseed(7)
local a = draws()
ms.manual_seed(7)
math.randomseed(7)
local b = ms.zeros(2)
for _ = 1, 10 do b = b * 0.5 + ms.rand(2) + math.random(3) end
print((a == b):all())

-- said in the header
local said = ms.stage(function(x, n)
	local k = 0
	for i = 1, ms.loop(3) do x = x * i end
	for i = 1, ms.unroll(n) do
		x = x + i
		k = k + 1
	end
	local i = 0
	while ms.unroll(i < 10) do
		i = i + 1
		x = x * 1.5
	end
	while ms.loop(i > 5) do
		i = i - 1
		x = x - 1
	end
	i = 5
	repeat
		i = i + 1
		x = x + i
	until ms.unroll(i >= 8)
	for j, row in ms.loop(ipairs(x)) do x = x + row * j end
	for _, v in ms.unroll(ipairs { 1, 2 }) do x = x + v end
	return x, ms.ones(k), i, (ms.loop(1, 2, nil))
end)
print(said(ms.ones(2), 2))
print(said(ms.ones(2), 12))
print(select("#", ms.loop(1, nil, nil)), select("#", ms.unroll()))
