-- Upvalues, globals and fields of outer tables: read at every call, written in order, also before an error.
-- stock
local ms = require "moonstage"

local count, log = 0, {}
total = 0
local state = { n = 0, inner = { best = -1 } }
local step = ms.stage(function(x)
	count = count + 1
	total = total + x
	state.n = state.n + 1
	if x > state.inner.best then
		state.inner.best = x
		state.when = count
	end
	return state.n
end)
for _, x in ipairs { 3, 1, 7, 7, 9 } do print(step(x), count, total, state.n, state.inner.best, state.when) end
count, state.inner = 100, { best = 1000 }
print(step(5), count, state.inner.best, state.when)
total = 0.5
print(step(5), total)

-- partial writes before an error
local a, b = 0, 0
local part = ms.stage(function(x)
	a = a + 1
	state.before = x
	if x < 0 then
		b = x
		error("negative")
	end
	a = a + 10
	state.after = x
	return a
end)
for _, x in ipairs { 1, -2, 3 } do print(pcall(part, x)) print(a, b, state.before, state.after) end

-- loops that write outside
local sums = { 0, 0, 0 }
local spread = ms.stage(function(n)
	for i = 1, n do
		local k = 1
		if i % 3 == 0 then sums[1] = sums[1] + i elseif i % 3 == 1 then sums[2] = sums[2] + i else sums[3] = sums[3] - i end
		k = k + 1
		if sums[2] > 20 then sums[2] = 0 break end
	end
	last = n
end)
for _, n in ipairs { 0, 4, 10, 3 } do spread(n) print(sums[1], sums[2], sums[3], last) end

-- fields that come and go
local bag = {}
local toggle = ms.stage(function(x)
	if x > 0 then bag.item = x else bag.item = nil end
	local seen = bag.item == nil
	bag.count = (bag.count or 0) + 1
	return seen, bag.count
end)
print(toggle(1)) print(bag.item) print(toggle(-1)) print(bag.item) print(toggle(4)) print(bag.item, bag.count)

-- a table read by two names is one table
local one = { v = 1 }
local alias = ms.stage(function(p, q, x)
	p.v = p.v + x
	q.v = q.v * 2
	return p.v, q.v, p == q
end)
print(alias(one, one, 5)) print(one.v)
print(alias(one, { v = 3 }, 1)) print(one.v)

-- writes are seen by functions called later, and by the caller
local level = 1
local function double() level = level * 2 end
local nested = ms.stage(function(x)
	if x > 1 then double() level = level + x end
	double()
	return level
end)
print(nested(1), level) print(nested(2), level) print(nested(3), level)
