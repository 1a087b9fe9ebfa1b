-- Linked lists: tables that only the run knows.
local ms = require "moonstage"

local function list(...)
	local head
	for i = select("#", ...), 1, -1 do head = { v = (select(i, ...)), next = head } end
	return head
end

-- by ms.object
local sum = ms.stage(function(node)
	local s = 0
	while node do
		s = s + node.v
		node = node.next
	end
	return s
end)
for n = 0, 5 do
	local t = {}
	for i = 1, n + 1 do t[i] = i * i end
	print(sum(ms.object(list(table.unpack(t)))))
end
-- found out: the third structure makes it one
local total = ms.stage(function(node)
	local s = 0
	while node do
		s = s + node.v
		node = node.next
	end
	return s
end)
for n = 0, 9 do
	local t = {}
	for i = 1, n + 1 do t[i] = i * 0.5 end
	print(total(list(table.unpack(t))))
end

-- integers, floats and both; none
print(sum(ms.object(list(1, 2.5, 3))), sum(ms.object(list(0.5))), sum(nil), sum(ms.object(list(7))))

-- fields that are not there, booleans, strings, functions, tables in tables
local function twice(x) return 2 * x end
local function half(x) return x / 2 end
local mixed = ms.object {
	kind = "number", v = 1, on = true, f = twice, inner = { v = 10 },
	next = { kind = "text", v = "a", on = false, f = half, inner = { v = 20 },
		next = { kind = "number", v = 2.5, f = twice, inner = { v = 30 } } },
}
local walk = ms.stage(function(node)
	local count, s, last = 0, 0, "none"
	repeat
		count = count + 1
		if node.kind == "number" then s = s + node.f(node.v) end
		if node.on then s = s + 100 end
		if node.on == nil then s = s + 1000 end
		s = s + node.inner.v
		last = node.kind
		node = node.next
	until not node
	return count, s, last
end)
print(walk(mixed))
print(walk(mixed.next))
print(walk(ms.object(mixed.next.next)))

-- an object given back, kept, compared, in a table, given to the host
local kept
local host = ms.host(function(node) return node.v * 2 end, "number")
local last = ms.stage(function(node)
	local before, n = nil, 0
	while node.next do
		before = node
		node = node.next
		n = n + 1
	end
	kept = before
	return node, before, n, { node = node, before = before }, before == node, node == node, host(node)
end)
for _, t in ipairs { list(1, 2, 3), list(4, 5), list(6), list(7, 8) } do
	local node, before, n, both, same, itself, twice_v = last(ms.object(t))
	print(node.v, before and before.v, n, both.node == node, both.before == before, same, itself, twice_v, kept == before)
	print(node.next, rawequal(node, t), before and before.next == node)
end

-- cycles and shared tables
local a, b = { v = 1 }, { v = 2 }
a.next, b.next = b, a
local around = ms.stage(function(node, n)
	local start, s, met = node, 0, 0
	while n > 0 do
		s = s + node.v
		node = node.next
		if node == start then met = met + 1 end
		n = n - 1
	end
	return s, met
end)
print(around(ms.object(a), 5))
print(around(ms.object(b), 4))

-- numbers as keys, lengths
local rows = ms.object { { 1, 2, 3 }, { 4 }, {}, { 5, 6.5 } }
local grand = ms.stage(function(t)
	local s, n = 0, 0
	for i = 1, #t do
		local row = t[i]
		for k = 1, #row do
			s = s + row[k]
			n = n + 1
		end
	end
	return s, n, t[1][1], t[9]
end)
print(grand(rows))
print(grand(ms.object { { 7 }, { 8, 9 } }))

-- classes: fields and methods through __index
local Node = {}
Node.__index = Node
Node.weight = 2
function Node.weighed(self) return self.v * self.weight end
local function node(v, next) return setmetatable({ v = v, next = next }, Node) end
local chain = ms.stage(function(n)
	local s = 0
	while n ~= nil do
		s = s + n:weighed()
		n = n.next
	end
	return s
end)
print(chain(ms.object(node(1, node(2, node(3))))), chain(ms.object(node(4))))

-- tensors in fields
local tensors = ms.stage(function(n, w)
	local s = ms.zeros(2)
	while n do
		s = s + n.x * w
		n = n.next
	end
	return s
end)
local function tlist(k) return k > 0 and { x = ms.full({ 2 }, k), next = tlist(k - 1) } or nil end
print(tensors(ms.object(tlist(3)), 2.0), tensors(ms.object(tlist(5)), 1.0))

-- errors are Lua's
print(pcall(sum, ms.object(list(1, {}, 2))))
print(pcall(sum, ms.object { v = 1, next = 7 }))
print(pcall(sum, ms.object { next = { v = 1 } }))
-- a loop that is done with before the error
print(pcall(ms.stage(function(n) return n.next.next.v end), ms.object(list(1, 2))))
-- names that mean something to the library
local named = ms.stage(function(n) return n.number, n.reads, n.cond, n.yes, n.next.number end)
print(named(ms.object { number = "a", reads = 1, cond = 2, yes = 3, next = { number = "b" } }))
-- expect: 1
-- expect: 5
-- expect: 14
-- expect: 30
-- expect: 55
-- expect: 91
-- expect: 0.5
-- expect: 1.5
-- expect: 3.0
-- expect: 5.0
-- expect: 7.5
-- expect: 10.5
-- expect: 14.0
-- expect: 18.0
-- expect: 22.5
-- expect: 27.5
-- expect: 6.5	0.5	0	7
-- expect: 3	1167.0	number
-- expect: 2	1055.0	number
-- expect: 1	1035.0	number
-- expect: 3	2	2	true	true	false	true	6	true
-- expect: nil	false	true
-- expect: 5	4	1	true	true	false	true	10	true
-- expect: nil	false	true
-- expect: 6	nil	0	true	true	false	true	12	true
-- expect: nil	true	nil
-- expect: 8	7	1	true	true	false	true	16	true
-- expect: nil	false	true
-- expect: 7	2
-- expect: 6	2
-- expect: 21.5	6	1	nil
-- expect: 24	3	7	nil
-- expect: 12	8
-- expect: tensor([12.0, 12.0])	tensor([15.0, 15.0])
-- expect: false	tests/modes/objects.lua:14: attempt to perform arithmetic on a table value (field 'v')
-- expect: false	tests/modes/objects.lua:14: attempt to index a number value (local 'node')
-- expect: false	tests/modes/objects.lua:14: attempt to perform arithmetic on a nil value (field 'v')
-- expect: false	tests/modes/objects.lua:151: attempt to index a nil value (field 'next')
-- expect: a	1	2	3	b
