-- Recursion over tables that only the run knows: one graph for trees of any shape.
local ms = require "moonstage"

local function tree(n)
	if n == 0 then return nil end
	return { v = n, left = tree(n - 1), right = n % 2 == 0 and tree(n - 2) or nil }
end
local function sum(t)
	if t == nil then return 0 end
	return t.v + sum(t.left) + sum(t.right)
end
local summed = ms.stage(function(t) return sum(t) end)
for i = 0, 10 do print(i, summed(tree(i))) end

local function find(t, v, depth)
	if t == nil then return nil end
	if t.v == v then return depth, "found" end
	return find(t.left, v, depth + 1)
end
local found = ms.stage(function(t, v) return find(ms.object(t), v, 0) end)
print(found(tree(6), 4)) print(found(tree(3), 3)) print(found(tree(5), 9))

-- a list, written nowhere, counted and printed on the way back
local function show(node)
	if node == nil then return 0 end
	local n = show(node.next)
	print(n, node.name)
	return n + 1
end
local shown = ms.stage(function(list) return show(list) end)
local list
for _, name in ipairs { 3, 2.5, 1 } do
	list = { name = name, next = list }
	print(shown(list))
end
list = { name = 0, next = { name = 7, next = list } }
print(shown(list))
