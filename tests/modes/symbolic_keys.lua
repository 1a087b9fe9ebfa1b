-- Lists whose elements, positions or lengths only the run knows: read, written, grown, filtered and walked.
-- stock
local ms = require "moonstage"
local unpack = table.unpack

local function show(...)
	local out = {}
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		out[i] = type(v) == "table" and "{" .. table.concat(v, " ") .. "}" or tostring(v)
	end
	print(table.concat(out, "\t"))
end

-- the greatest element's position is known only when the graph runs
local argmax = ms.stage(function(a, b, c)
	local t, best = { a, b, c }, 1
	for i = 2, #t do
		if t[i] > t[best] then best = i end
	end
	return best, t[best]
end)
show(argmax(1, 2, 3)) show(argmax(5, 2, 3)) show(argmax(1, 9, 3))

local histogram = ms.stage(function(a, b, c)
	local n = { 0, 0, 0 }
	for _, v in ipairs { a, b, c } do
		local k = v % 3 + 1
		n[k] = n[k] + 1
	end
	return n
end)
show(histogram(1, 2, 3)) show(histogram(3, 6, 9)) show(histogram(1, 1, 2))

-- a list that gets an element on some paths: its length joins, and what is not there is nil
local positive = ms.stage(function(a, b, c)
	local out = {}
	for _, v in ipairs { a, b, c } do
		if v > 0 then out[#out + 1] = v end
	end
	local digits = 0
	for _, v in ipairs(out) do digits = digits * 10 + v end
	return #out, digits, out[1], out[#out], out[#out + 1], out
end)
show(positive(1, 2, 3)) show(positive(-1, 2, 3)) show(positive(-1, -2, -3)) show(positive(1, -2, 3))

local stack = ms.stage(function(a)
	local s = {}
	table.insert(s, 1)
	if a > 0 then table.insert(s, 2) end
	local top = table.remove(s)
	if a > 1 then s[#s] = nil end
	return top, #s, table.remove(s), table.remove(s), #s
end)
for i = 0, 2 do show(stack(i)) end

-- an outside list
local kept = {}
local keep = ms.stage(function(a)
	if a > 0 then kept[#kept + 1] = a end
	if a > 2 then kept[#kept + 1] = a * 2 end
	return #kept
end)
for i = -1, 4 do show(keep(i), kept) end

-- its numbers are read at every call: other ones need no other graph
local data = { 1, 2, 3, 4 }
local sum = ms.stage(function(n)
	local s = 0
	for i = 1, n do s = s + (data[i] or 100) end
	return s
end)
show(sum(2), sum(6))
for i = 1, 40 do
	for k = 1, 4 do data[k] = i * k end
	if i % 10 == 0 then show(sum(3)) end
end
data[5] = 0.5
show(sum(5))

local queue = { 1, 2, 3 }
local turn = ms.stage(function(a)
	local first = table.remove(queue, 1)
	queue[#queue + 1] = a * first
	return first, #queue
end)
for i = 1, 4 do show(turn(i)) end
show(queue)

-- loops that build or take apart tables: how often they run is made plain
local upto = ms.stage(function(n)
	local t = {}
	for i = 1, n do t[i] = i * i end
	return #t, t[1], t[n], t
end)
show(upto(3)) show(upto(5)) show(upto(0))
local countdown = ms.stage(function(n)
	local t = {}
	while n > 0 do
		t[#t + 1] = n
		n = n - 1
	end
	return t
end)
show(countdown(3), countdown(0), countdown(7))
local digits = ms.stage(function(n)
	local d = {}
	repeat
		d[#d + 1] = n % 10
		n = n // 10
	until n == 0
	return d
end)
show(digits(1234), digits(7))
local list = ms.stage(function(n)
	local head
	for i = 1, n do head = { v = i, next = head } end
	local s = 0
	while head do
		s = s * 2 + head.v
		head = head.next
	end
	return s
end)
show(list(3), list(0), list(10))
local grid = ms.stage(function(n)
	local m, trace = {}, 0
	for i = 1, n do
		m[i] = {}
		for j = 1, n do m[i][j] = i * j end
	end
	for i = 1, n do trace = trace + m[i][i] end
	return trace
end)
show(grid(3), grid(5))
local pair = ms.stage(function(n)
	local p = { x = 0, y = 1 }
	while n > 0 do
		p = { x = p.y, y = p.x + p.y }
		n = n - 1
	end
	return p.x, p.y
end)
show(pair(3)) show(pair(0)) show(pair(10))

-- fields that are there on some paths only
local optional = ms.stage(function(a)
	local o = setmetatable({ x = 1 }, { __index = { z = 7 } })
	if a > 0 then o.y, o.z = a, a end
	local s = 0
	for _, v in pairs(o) do s = s + v end
	return (o.y or 0) + 1, o.z, s, next(o) ~= nil
end)
show(optional(2)) show(optional(-1))
local set_once = ms.stage(function(a)
	local log = 0
	local o = setmetatable({}, { __newindex = function(t, k, v)
		log = log + 1
		rawset(t, k, v * 10)
	end })
	if a > 0 then rawset(o, "z", a) end
	o.z = 5
	return o.z, log
end)
show(set_once(1)) show(set_once(-1))
local walk = ms.stage(function(n)
	local t = { 1, 2, 3, 4 }
	for k, v in pairs(t) do
		if v > n then t[k] = nil end
	end
	local s = 0
	for _, v in pairs(t) do s = s + v end
	return s
end)
show(walk(1)) show(walk(3)) show(walk(9))
local stop = ms.stage(function(n)
	local t, s = { 1, 2, 3 }, 0
	if n > 1 then t[4] = n end
	for _, v in ipairs(t) do
		if v == n then break end
		s = s + v
	end
	return s
end)
show(stop(2)) show(stop(1)) show(stop(5))

-- plain keys of changed tables
local clear = ms.stage(function(x)
	local t, left = { 1, 2, 3, 4 }, 0
	for k, v in pairs(t) do
		if v % 2 == 0 then t[k] = nil end
	end
	for _, v in pairs(t) do left = left + v end
	return left * x, next({}), unpack(t, 1, 3)
end)
show(clear(1)) show(clear(2))
local raw = setmetatable({}, { __len = function() return 99 end, __index = function() return 5 end })
local see = ms.stage(function(x)
	rawset(raw, 1, x)
	return rawlen(raw), #raw, rawget(raw, 1), rawget(raw, 2), raw[2]
end)
show(see(1)) show(see(2)) show(rawlen(raw))

-- iterators whose end only the run knows
local function squares(limit, i)
	if i < limit then return i + 1, i * i end
end
local function counter(n)
	local i = 0
	return function()
		i = i + 1
		if i <= n then return i end
	end
end
local iterate = ms.stage(function(n)
	local s = 0
	for i, sq in squares, n, 0 do
		if i > 6 then break end
		s = s + sq
	end
	for i in counter(n) do s = s + i * 100 end
	for i in counter(n) do
		if i == 3 then return "three", s end
	end
	return s
end)
show(iterate(2)) show(iterate(0)) show(iterate(9))

-- recursion over plain values, and over numbers that become so
local function fact(n)
	if n <= 1 then return 1 end
	return n * fact(n - 1)
end
local f = ms.stage(fact)
show(f(5), f(1), f(10))
local function insert(t, v)
	if not t then return { v = v } end
	if v < t.v then t.l = insert(t.l, v) else t.r = insert(t.r, v) end
	return t
end
local function flat(t, out)
	if not t then return out end
	flat(t.l, out)
	out[#out + 1] = t.v
	return flat(t.r, out)
end
local sorted = ms.stage(function(a, b, c)
	local t
	for _, v in ipairs { a, b, c } do t = insert(t, v) end
	return flat(t, {})
end)
show(sorted(2, 1, 3), sorted(3, 2, 1))

-- a comparison of objects gives a boolean whatever the metamethod returns
local V = { __lt = function(a) return a.x end, __eq = function(a) return a.x end, __le = function(a, b) return a.x < b.x end }
local function v(x) return setmetatable({ x = x }, V) end
local compare = ms.stage(function(n)
	local a, b = v(n > 2 and n or nil), v(3)
	return a < b, b > a, a == b, a ~= b, v(n) <= b
end)
show(compare(3)) show(compare(1))

-- without __le, a <= b is not (b < a)
local L = { __lt = function(a, b) return a.x < b.x end }
local order = ms.stage(function(n)
	local a, b = setmetatable({ x = n }, L), setmetatable({ x = 2 }, L)
	return a <= b, a >= b, b <= a
end)
for i = 1, 3 do show(order(i)) end

-- the key of an element that is new on one path only
local grown = { 1, 2 }
local grow = ms.stage(function(a, b)
	for _ = 1, a % 5 do
		for _ = 1, 2 do
			grown[b % 3 + 1] = 1
			b = 2
		end
	end
	return #grown
end)
print(grow(3, 0), table.unpack(grown))

-- a key that next is given
local function after(k) return pcall(next, { 5, 6 }, k) end
local staged_after = ms.stage(after)
for _, k in ipairs { 1, 2, 1, 3 } do print(staged_after(k)) end
print(staged_after(2.0))
