-- Objects in all that programs do: branches, nested loops, returns, tables, texts, host calls, coroutines, errors.
local ms = require "moonstage"

local function list(...)
	local head
	for i = select("#", ...), 1, -1 do head = { v = (select(i, ...)), next = head } end
	return ms.object(head)
end

-- found in a loop and returned from inside
local find = ms.stage(function(node, wanted)
	while node do
		if node.v == wanted then return node, "found" end
		node = node.next
	end
	return nil, "none"
end)
for i = 1, 5 do
	local l = list(1, 2, 3)
	local at, said = find(l, i)
	print(at and at.v, said, rawequal(at, l))
end

-- nested loops, break, continue, two lists at once
local pairs_of = ms.stage(function(a, b)
	local n, s = 0, 0
	while a do
		local other = b
		while other do
			if other.v > 10 then break end
			if other.v % 2 == 1 then goto continue end
			n = n + 1
			s = s + a.v * other.v
			::continue::
			other = other.next
		end
		a = a.next
	end
	return n, s
end)
print(pairs_of(list(1, 2, 3), list(2, 3, 4, 11, 6)))
print(pairs_of(list(5), list(20)))
local same = list(2, 4)
print(pairs_of(same, same))
local is_same = ms.stage(function(a, b) return a == b, a ~= b, a.next == b.next, rawequal(a, b), a == nil, a == 1, a == "a" end)
print(is_same(same, same))
print(is_same(same, list(2, 4)))

-- in tables of the call, and in variables of its functions
local through = ms.stage(function(node)
	local state = { at = node, seen = 0 }
	local function step()
		state.at = state.at.next
		state.seen = state.seen + 1
		return state.at ~= nil
	end
	while step() do end
	local best, at = nil, node
	while at do
		if not best or at.v > best.v then best = at end
		at = at.next
	end
	return state.seen, best.v, best, state
end)
local l = list(3, 9, 4)
local seen, v, best, state = through(l)
print(seen, v, best == l.next, state.at, state.seen)
print((select(2, through(list(1, 2, 3, 4, 7, 5)))))

-- strings: a few, many
local names = ms.stage(function(node)
	local s, n = "", 0
	while node do
		s = s .. node.name .. (node.next and "," or ".")
		if node.name == "b" then n = n + 1 end
		if node.name ~= "b" and node.name < "c" then n = n + 10 end
		n = n + 100 * #node.name
		node = node.next
	end
	return s, n
end)
local printed = ms.stage(function(node)
	while node do
		print(node.name, node.name == "b" and "b" or #node.name)
		node = node.next
	end
end)
local function named(...)
	local head
	for i = select("#", ...), 1, -1 do head = { name = (select(i, ...)), next = head } end
	return ms.object(head)
end
print(names(named("a", "b")))
print(names(named("b", "a", "b")))
print(names(named("a", "b", "c", "d", "e", "f", "g", "h", "b", "with spaces")))
print(names(named("zz")))
printed(named("a", "b"))
printed(named("b"))

-- what a key is chosen from
local chosen = ms.stage(function(node, x)
	local key = x > 0 and "v" or "next"
	local t = node[key]
	return type(t), t == node.v, type(node[x]), math.type(node[x])
end)
print(chosen(ms.object { v = 1, 10, 20.5 }, 1))
print(chosen(ms.object { v = 1, 10, 20.5 }, 2))
print(chosen(ms.object { v = 1, 10, 20.5 }, 3))
print(chosen(ms.object { v = 1, 10, 20.5 }, -1))

print(ms.stage(function(o, x) return o[nil], o[0 / 0], o.v, o[2.0] end)(ms.object { 5, 6, v = 7 }))

-- numbers of all kinds
local kinds = ms.stage(function(t)
	local ints, floats, others = 0, 0, 0
	for i = 1, #t do
		local x = t[i]
		if math.type(x) == "integer" then ints = ints + x
		elseif type(x) == "number" then floats = floats + (x == x and x or 1000)
		else others = others + 1 end
	end
	return ints, floats, others
end)
print(kinds(ms.object { 1, 2.5, 0 / 0, math.maxinteger, "x", true, false, {}, -0.0 }))
print(kinds(ms.object {}))

-- walked over by ipairs
local walked = ms.stage(function(t)
	local s = 0
	for i, x in ipairs(t) do s = s + i * x end
	return s
end)
print(walked(ms.object { 1, 2, 3 }), walked(ms.object { 1, 2, 3, 4, 5, 6, 7, 8, 9 }), walked(ms.object {}))

-- the host changes what is read after it
local change = ms.host(function(node) node.v = node.v + 1 end)
local changed = ms.stage(function(node)
	local s = 0
	while node do
		s = s + node.v
		change(node)
		s = s * 100 + node.v
		node = node.next
	end
	return s
end)
print(changed(list(1, 2)), changed(list(5)))

-- of a variable outside, in a table of one, made one inside
local outside = { head = list(1, 2, 3), inner = { head = { v = 5, next = { v = 6 } } } }
local up = list(4, 5)
local around = ms.stage(function()
	local s = 0
	for _, node in ipairs { up, outside.head, ms.object(outside.inner.head) } do
		local at = node
		while at do
			s = s * 10 + at.v
			at = at.next
		end
	end
	return s
end)
print(around())
outside.head, up = list(7), list(8)
outside.inner.head = { v = 9 }
print(around())

-- kept outside: in a variable, in fields, on some paths
local kept, log = nil, {}
local three = list(1, 2, 3)
local keep_last = ms.stage(function(node)
	while node do
		if node.v > 1 then kept = node end
		log.last = node
		node = node.next
	end
	return kept
end)
print(keep_last(three) == three.next.next, kept == three.next.next, log.last == kept)

-- coroutines, and pcall
local made = ms.stage(function(node)
	local co = coroutine.wrap(function()
		coroutine.yield(node.v)
		coroutine.yield(node.next.v)
	end)
	local a, b = co(), co()
	local ok, e = pcall(function() return node.next.next.next.v end)
	return a, b, ok, e
end)
print(made(list(1, 2, 3)))
print(made(list(1, 2, 3, 4)))
print(pcall(made, list(1)))

-- a staged function called again by a function that its graph calls
local again
local depth = 0
local inner = ms.host(function(node)
	depth = depth + 1
	return node and again(node) or 0
end, "number")
again = ms.stage(function(node) return node.v + inner(node.next) * 10 end)
print(again(list(1, 2, 3)), depth)

-- functions in fields
local calls = ms.stage(function(node)
	local s = 0
	while node do
		s = node.f(s)
		node = node.next
	end
	return s
end)
local function add(x) return x + 1 end
local function double(x) return x * 2 end
print(calls(ms.object { f = add, next = { f = double, next = { f = double } } }))
print(calls(ms.object { f = math.abs }))

-- errors: of fields, of arithmetic, of calls
local wrong = ms.stage(function(node, how)
	if how == 1 then return node.missing.v end
	if how == 2 then return node.next + 1 end
	if how == 3 then return node.next.f() end
	if how == 4 then return node < node.next end
	if how == 5 then return node .. "x" end
	if how == 6 then return -node end
	if how == 7 then return node() end
	if how == 8 then return node.next.next.next end
	if how == 9 then return #node.v end
	for i = 1, node.next do print(i) end
end)
for how = 1, 10 do print(how, pcall(wrong, list(1, 2), how)) end
-- expect: 1	found	true
-- expect: 2	found	false
-- expect: 3	found	false
-- expect: nil	none	false
-- expect: nil	none	false
-- expect: 6	36
-- expect: 0	0
-- expect: 4	36
-- expect: true	false	true	true	false	false	false
-- expect: false	true	false	false	false	false	false
-- expect: 3	9	true	nil	3
-- expect: 7
-- expect: a,b.	211
-- expect: b,a,b.	312
-- expect: a,b,c,d,e,f,g,h,b,with spaces.	2012
-- expect: zz.	200
-- expect: a	1
-- expect: b	b
-- expect: b	b
-- expect: number	true	number	integer
-- expect: number	true	number	float
-- expect: number	true	nil	nil
-- expect: nil	false	nil	nil
-- expect: nil	nil	7	6
-- expect: -9223372036854775808	1002.5	4
-- expect: 0	0	0
-- expect: 14	285	0
-- expect: 10403	506
-- expect: 4512356
-- expect: 879
-- expect: true	true	true
-- expect: 1	2	false	tests/modes/objects_used.lua:188: attempt to index a nil value (field 'next')
-- expect: 1	2	true	4
-- expect: false	tests/modes/objects_used.lua:187: tests/modes/objects_used.lua:185: attempt to index a nil value (field 'next')
-- expect: 321	3
-- expect: 4
-- expect: 0
-- expect: 1	false	tests/modes/objects_used.lua:221: attempt to index a nil value (field 'missing')
-- expect: 2	false	tests/modes/objects_used.lua:222: attempt to perform arithmetic on a table value (field 'next')
-- expect: 3	false	tests/modes/objects_used.lua:223: attempt to call a nil value (field 'f')
-- expect: 4	false	tests/modes/objects_used.lua:224: attempt to compare two table values
-- expect: 5	false	tests/modes/objects_used.lua:225: attempt to concatenate a table value (local 'node')
-- expect: 6	false	tests/modes/objects_used.lua:226: attempt to perform arithmetic on a table value (local 'node')
-- expect: 7	false	tests/modes/objects_used.lua:227: attempt to call a table value (local 'node')
-- expect: 8	false	tests/modes/objects_used.lua:228: attempt to index a nil value (field 'next')
-- expect: 9	false	tests/modes/objects_used.lua:229: attempt to get length of a number value (field 'v')
-- expect: 10	false	tests/modes/objects_used.lua:230: bad 'for' limit (number expected, got table)
