-- In-place ops inside staged functions: what they write is seen by the caller, by views on both sides and through every
-- name of the tensor.
local ms = require "moonstage"

-- an argument, and views of it
local x = ms.tensor { 1, 2, 3 }
local tail = x:narrow(1, 2, 2)
local add = ms.stage(function(a)
	a:add_(1)
	return a * 2
end)
print(add(x), x, tail)
print(add(tail), x, tail)
print(rawequal(ms.stage(function(a) return a:mul_(2) end)(x), x), x)

-- every way to write
local m = ms.zeros(3, 4)
local ways = ms.stage(function(a, mask)
	a[1] = 7
	a[2][3] = -1
	a[{ {}, 2 }] = ms.tensor { 1.0, 2, 3 }
	a[{ { 2, 3 }, { 3, 4 } }] = a[{ { 1, 2 }, { 1, 2 } }]
	a[ms.tensor { 1, 3 }] = a[2]
	a[mask] = 0.5
	a[3]:copy_(a[1]):mul_(2):sub_(1):div_(4)
	a:t()[4]:fill_(9)
	a:reshape(12):narrow(1, 1, 2):zero_()
	return a:sum()
end)
print(ways(m, m:gt(100)), m)
print(ways(m, m:gt(1)), m)
ms.manual_seed(3)
print(ms.stage(function(a)
	a[1]:uniform_(2, 3)
	a[2]:normal_()
	return a
end)(m))

-- a tensor made inside, its views, and overlapping operands
print(ms.stage(function(n)
	local a = ms.zeros(2, 3)
	local row, column, all = a[1], a:t()[2], a:reshape(6)
	row:add_(n)
	all[5] = 4
	local copy = a:clone()
	column:mul_(10)
	a:add_(a[1])
	all:narrow(1, 2, 5):copy_(all:narrow(1, 1, 5))
	return a, row, column, all, copy
end)(3))

-- one storage under two names: a tensor given twice, a view of another argument, fields and upvalues
local both = ms.stage(function(a, b)
	a:add_(1)
	b:mul_(2)
	return a:sum(), b:sum(), rawequal(a, b)
end)
local p, q = ms.ones(3), ms.ones(3)
print(both(p, q), p, q)
print(both(p, p), p)
print(both(p, p:narrow(1, 1, 2)), p)
print(both(q:narrow(1, 1, 2), q:narrow(1, 2, 2)), q)
print(both(p, q), p, q)
local state = { w = p, part = p:narrow(1, 1, 1) }
shared = state.part
local up = p
local names = ms.stage(function()
	state.w:add_(1)
	state.part:add_(10)
	shared:mul_(2)
	up[3] = -5
	return up:sum()
end)
print(names(), p)
state.w = q
print(names(), p, q)

-- text is made of what a tensor holds when it is made; a copy stays; an expanded tensor refuses
local texts = ms.stage(function(a)
	local before, copy = "a is " .. tostring(a), a:clone()
	a:add_(1)
	print(before, a, copy)
	a:expand(2, 3):add_(1)
end)
print(pcall(texts, ms.zeros(3)))

-- writes up to an error stay, the others do not happen
local part = ms.stage(function(a, b)
	a:add_(1)
	if b:sum() > 2 then error("too much") end
	b:add_(a)
end)
for _ = 1, 3 do print(pcall(part, p, q)) print(p, q) end

-- wrong operands: the same errors
for _, f in ipairs {
	function(a) a:add_(ms.ones(2)) end, function(a) a[4] = 1 end, function(a) a[ms.tensor { 1, 9 }] = 1 end,
	function(a) a:copy_({}) end, function(a) a:long():add_(1.5) end, function(a) a.x = 1 end, function(a) a[{ 1, 2 }] = 1 end,
} do print(pcall(ms.stage(f), ms.zeros(3))) end
