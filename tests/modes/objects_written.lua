-- Fields of objects that the staged function writes.
local ms = require "moonstage"

local function list(...)
	local head
	for i = select("#", ...), 1, -1 do head = { v = (select(i, ...)), next = head } end
	return ms.object(head)
end
local function show(node)
	local out, seen = {}, {}
	while node and not seen[node] do
		seen[node] = true
		local keys = {}
		for k, v in pairs(node) do
			if type(v) ~= "table" then keys[#keys + 1] = tostring(k) .. "=" .. tostring(v) end
		end
		table.sort(keys)
		out[#out + 1] = table.concat(keys, " ")
		node = node.next
	end
	return table.concat(out, ", ") .. (node and " and so on" or "")
end

-- a list turned round, numbered, summed, cut
local reversed = ms.stage(function(node)
	local before = nil
	while node do
		local next = node.next
		node.next = before
		before, node = node, next
	end
	return before
end)
for n = 1, 4 do
	local t = {}
	for i = 1, n do t[i] = i end
	print(show(reversed(list(table.unpack(t)))))
end
local numbered = ms.stage(function(node, from)
	local s = 0
	while node do
		from = from + 1
		node.at = from
		s = s + node.at * node.v
		node.old, node.v = node.v, s / 2
		if s > 10 then node.note = "much" .. from elseif s > 3 then node.note = "some" end
		node.odd = from % 2 == 1
		if node.v > 20 then
			node.next = nil
			node.cut = true
		end
		node = node.next
	end
	return s
end)
for _, l in ipairs { list(1, 2, 3, 4), list(0.5), list(5, 6, 7, 8) } do
	print(numbered(l, 0), show(l))
	print(numbered(l, 2), show(l))
end

-- what has been seen is marked, in a graph with cycles, by a recursive function
local function visit(node)
	if not node or node.seen then return 0 end
	node.seen = true
	return 1 + visit(node.next) + visit(node.other)
end
local count = ms.stage(function(node) return visit(node) end)
local a, b, c = { v = 1 }, { v = 2 }, { v = 3 }
a.next, b.next, c.next, a.other, c.other = b, c, a, c, c
print(count(ms.object(a)), count(ms.object(b)), a.seen and b.seen and c.seen)
print(count(ms.object { next = { other = {} } }))

-- by a key that is chosen, a read after it, on some paths, in order with prints
local chosen = ms.stage(function(node, x)
	local before = node.v
	node[x > 0 and "v" or "w"] = x
	print(before, node.v, node.w)
	if x > 1 then node.v = nil end
	node[1], node[2] = node[1] or x, "two"
	return node.v, node[1], node[2], #node
end)
local o = ms.object { v = 5 }
for x = -1, 3 do print(chosen(o, x)) end

-- errors: what was written before stays
local failing = ms.stage(function(node)
	while true do
		node.done = true
		node = node.next
	end
end)
local l = list(1, 2)
print(pcall(failing, l))
print(show(l))
print(pcall(ms.stage(function(node) node[nil] = 1 end), l))
print(pcall(ms.stage(function(node) node[0 / 0] = 1 end), l))

-- functions and other objects
local function f(x) return x + 1 end
local linked = ms.stage(function(p, q)
	p.f, q.mate, p.mate = f, p, q
	return p.mate.mate == p, q.mate.f(1), p.mate == p
end)
local p, q = ms.object {}, ms.object {}
print(linked(p, q))
print(p.mate == q, q.mate == p, p.f == f)
print(linked(p, p))
-- expect: v=1
-- expect: v=2, v=1
-- expect: v=3, v=2, v=1
-- expect: v=4, v=3, v=2, v=1
-- expect: 30	at=1 odd=true old=1 v=0.5, at=2 note=some odd=false old=2 v=2.5, at=3 note=much3 odd=true old=3 v=7.0, at=4 note=much4 odd=false old=4 v=15.0
-- expect: 46.5	at=3 odd=true old=0.5 v=0.75, at=4 note=much4 odd=false old=2.5 v=5.75, at=5 cut=true note=much5 odd=true old=7.0 v=23.25
-- expect: 0.5	at=1 odd=true old=0.5 v=0.25
-- expect: 0.75	at=3 odd=true old=0.25 v=0.375
-- expect: 70	at=1 note=some odd=true old=5 v=2.5, at=2 note=much2 odd=false old=6 v=8.5, at=3 note=much3 odd=true old=7 v=19.0, at=4 cut=true note=much4 odd=false old=8 v=35.0
-- expect: 41.5	at=3 note=some odd=true old=2.5 v=3.75, at=4 cut=true note=much4 odd=false old=8.5 v=20.75
-- expect: 3	0	true
-- expect: 3
-- expect: 5	5	-1
-- expect: 5	-1	two	2
-- expect: 5	5	0
-- expect: 5	-1	two	2
-- expect: 5	1	0
-- expect: 1	-1	two	2
-- expect: 1	2	0
-- expect: nil	-1	two	2
-- expect: nil	3	0
-- expect: nil	-1	two	2
-- expect: false	tests/modes/objects_written.lua:88: attempt to index a nil value (local 'node')
-- expect: done=true v=1, done=true v=2
-- expect: false	tests/modes/objects_written.lua:95: table index is nil
-- expect: false	tests/modes/objects_written.lua:96: table index is NaN
-- expect: true	2	false
-- expect: true	true	true
-- expect: true	2	true
