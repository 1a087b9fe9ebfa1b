-- Numbers that are the same in call after call are plain in a graph of their own: nothing tells, also when they change.
local ms = require "moonstage"

local calls = 0
local step = ms.stage(function(x, n, scale, verbose)
	calls = calls + 1
	local y = x
	for i = 1, n do
		y = y * scale
		if verbose > 0 and i == n then print("call", calls, y:sum()) end
	end
	if scale < 0 then error("a negative scale: " .. scale, 0) end
	local parts = {}
	for i = 1, n do parts[i] = i * scale end
	return y, #parts, parts[n], n // 2
end)
local x = ms.tensor { 1.0, -2.0 }
for i = 1, 300 do
	if i % 100 == 0 then print(step(x, 3, 0.5, 0)) else step(x, 3, 0.5, 0) end
end
print(step(x, 3, 0.5, 1))
print(step(x, 4, 0.5, 0))
for _ = 1, 300 do step(x, 2, 0.25, 0) end
print(step(x, 2, 0.25, 0))
print(pcall(step, x, 2, -0.25, 0))
for _ = 1, 300 do pcall(step, x, 1, -1.5, 0) end
print(pcall(step, x, 1, -1.5, 1))
print(calls)

-- integers and floats, zeros of both signs, NaN
local tells = ms.stage(function(v) return v == 0 and "zero" or v ~= v and "nan" or "more", 1 / v, v // 1 end)
for _, v in ipairs { 0.0, -0.0, 0, 2, 2.0, 0 / 0 } do
	for _ = 1, 300 do tells(v) end
	print(tells(v) == tells(v), select(2, tells(v)) == 1 / 0, tells(-0.0), tells(2))
end

-- a state outside, in-place writes and random numbers go on as before
local total, seen = ms.zeros(2), {}
local gather = ms.stage(function(k)
	if k > 1 then total:add_(k) else total:sub_(1) end
	seen.n = (seen.n or 0) + k
	return math.random(100)
end)
math.randomseed(5)
local sum = 0
for i = 1, 700 do sum = sum + gather(i == 500 and 1 or 2) end
print(total, seen.n, sum)

-- a number that decides how deep a function recurses, how long plain Lua computes
local fib
function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
local deep = ms.stage(function(n, x)
	local k = n
	while k < 100000 do k = k + 1 end
	return fib(n) + k, x * n
end)
for i = 1, 280 do deep(12, 1.5) end
print(deep(12, 1.5))
print(deep(11, 2))

-- numbers of fields, globals and variables that changed and then stayed, one after the other
local function settles(from, values, f)
	local out = {}
	for i = 1, #values * 300 do
		local v = values[(i + 299) // 300]
		if i <= 4 then v = from[i] end
		local results = table.pack(f(v, i))
		if i % 300 == 0 or i % 300 == 1 then
			for k = 1, results.n do out[#out + 1] = tostring(results[k]) end
		end
	end
	print(table.concat(out, " "))
end
local layer = { n = 1, on = 1, gain = 0.5, w = ms.tensor { { 0.5, -1.0 }, { 1.0, 0.25 } } }
local depth = 1
rate = 1
local forward = ms.stage(function(v)
	for _ = 1, layer.n + depth do
		v = v:matmul(layer.w) * rate
		if layer.on > 0 then v = v + layer.gain end
	end
	layer.calls = (layer.calls or 0) + layer.n
	return v:sum(), layer.calls
end)
settles({ 5, 4, 3, 2 }, { 2, 3, 2, 2 }, function(n) layer.n = n return forward(x) end)
settles({ 5, 4, 0, 2 }, { 1, 0, 1, 0 }, function(on) layer.on = on return forward(x) end)
settles({ 5, 4, 3, 2 }, { 1, 2, 2, 3 }, function(d) depth = d return forward(x) end)
settles({ 5, 0.5, 3, 2 }, { 1, 1.0, 2, 0.25 }, function(r) rate = r return forward(x) end)
settles({ 5, 4, 3, 2 }, { 1, 2, 3, 1 }, function(n, i)
	layer.n, layer.on = n, i // 450
	return forward(x)
end)

-- lengths
local steps = ms.stage(function(v, w)
	local h = ms.zeros(2)
	for t = 1, #v do h = (h + v[t]) * 0.5 end
	if #w > #v then h = h + w:sum() end
	return h, #v + #w
end)
settles({ 5, 4, 3, 2 }, { 4, 2, 4, 6, 1 }, function(n) return steps(ms.ones(n, 2), ms.ones(3)) end)
settles({ 5, 4, 3, 2 }, { 4, 4, 2, 5 }, function(n, i) return steps(ms.ones(i % 7 + 1, 2), ms.ones(n)) end)

-- a type that changes; a trip count that a call writes; an error half way of a count that is known
local counter = { n = 7, last = 2.0 }
local count_down = ms.stage(function(v)
	local y = v
	for _ = 1, counter.n do y = y + counter.last end
	if counter.n > 1 then counter.n = counter.n - 1 end
	return y
end)
settles({ 1, 2, 1, 1 }, { 0.5, 1, 1, 0.5 }, function(v, i)
	if i == 400 then counter.n = 5 end
	counter.last = i < 600 and 2.0 or 3
	return count_down(v)
end)
local log = {}
local fails = ms.stage(function(v, list)
	for i = 1, layer.n do
		log.n = (log.n or 0) + 1
		if not list[i] then error("no element " .. i) end
		v = v * list[i]
	end
	return v
end)
local list = { 2, 3, 0.5 }
settles({ 3, 2, 1, 3 }, { 2, 4, 2, 3 }, function(n)
	layer.n = n
	local ok, v = pcall(fails, x, list)
	return ok, ok and v:sum() or v, log.n
end)

-- elements that change, of a list that a known count of them is read of
local total_of = ms.stage(function(items, n)
	local s = 0
	for i = 1, n do s = s + items[i] end
	return s
end)
settles({ 3, 2, 1, 3 }, { 2, 2, 3, 3 }, function(n, i) return total_of({ i, i / 2, 7 - i }, n) end)
