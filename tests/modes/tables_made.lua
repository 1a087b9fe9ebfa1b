-- Tables made in the trace: joined in branches, carried by loops, nested, aliased, returned.
-- stock
local ms = require "moonstage"
local function show(t, seen)
	if type(t) ~= "table" then return tostring(t) end
	seen = seen or {}
	if seen[t] then return "again" end
	seen[t] = true
	local keys, out = {}, {}
	for k in pairs(t) do keys[#keys + 1] = k end
	table.sort(keys, function(x, y) return tostring(x) < tostring(y) end)
	for i, k in ipairs(keys) do out[i] = tostring(k) .. "=" .. show(t[k], seen) end
	return "{" .. table.concat(out, " ") .. "}"
end

local make = ms.stage(function(x)
	local t = { x, x + 1, name = "t", deep = { v = x * 2 } }
	t.self = t
	t[#t + 1] = -x
	return t, t.deep, #t
end)
local t, deep, n = make(4)
print(show(t), show(deep), n, t.deep == deep, t.self == t)

local branch = ms.stage(function(x)
	local t
	if x > 0 then t = { sign = "pos", v = x } else t = { sign = "neg", v = -x } end
	t.twice = t.v * 2
	return t
end)
print(show(branch(3)), show(branch(-4)))

local changed = ms.stage(function(x)
	local t = { a = 1, b = { c = 2 } }
	local same = t.b
	if x > 0 then t.a = x; t.b.c = x + 1 else t.b.c = -1 end
	return t, same.c, same == t.b
end)
print(show((changed(3))), select(2, changed(-3)))

local carried = ms.stage(function(n)
	local acc = { sum = 0, prod = 1, hist = { 0, 0 } }
	for i = 1, n do
		acc.sum = acc.sum + i
		acc.prod = acc.prod * i
		if i % 2 == 0 then acc.hist[1] = acc.hist[1] + 1 else acc.hist[2] = acc.hist[2] + 1 end
	end
	return acc
end)
for _, k in ipairs { 0, 1, 6 } do print(show(carried(k))) end

local list = ms.stage(function(a, b)
	local l = {}
	for i = 1, 5 do l[i] = a * i end
	table.insert(l, b)
	table.insert(l, 1, -b)
	local removed = table.remove(l)
	local first = table.remove(l, 1)
	local s = 0
	for _, v in ipairs(l) do s = s + v end
	return l, removed, first, s, table.unpack(l, 2, 3)
end)
local l, r, f, s, u, v = list(2, 9)
print(show(l), r, f, s, u, v)

local pick = ms.stage(function(x)
	local p, q = { n = 1 }, { n = 2 }
	local which
	if x > 0 then which = p else which = q end
	which.n = which.n + 10
	return p.n, q.n, which.n
end)
print(pick(1)) print(pick(-1))

local fields = ms.stage(function(x)
	local t = { a = x }
	if x > 1 then t.b = 5 end
	if x > 2 then t.a = nil end
	return t.a, t.b, t.c, next(t) ~= nil
end)
for i = 1, 3 do print(fields(i)) end
