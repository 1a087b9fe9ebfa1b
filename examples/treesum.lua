-- Sums over trees: Lua tables of any shape through one graph, and the same tree as index tensors.
-- expect: 500500	10	1000	true
-- expect: 28	3	7	true
-- expect: 3	1	3	true
-- expect: 1275	50	50	false
-- expect: 17	3	7	false
-- expect: 10.5	7.5
local ms = require "moonstage"

-- A tree of tables: which nodes there are only the run knows. ms.object says so; without it the third structure does.
local function sum(node)
	if not node then return 0 end
	return node.v + sum(node.left) + sum(node.right)
end
local total = ms.stage(sum)

-- How deep it is, and its largest value with the node that holds it.
local function look(node, depth)
	if not node then return depth, nil, nil end
	local a, best, at = look(node.left, depth + 1)
	local b, other, where = look(node.right, depth + 1)
	if not best or other and other > best then best, at = other, where end
	if not best or node.v > best then best, at = node.v, node end
	return math.max(a, b), best, at
end
local deepest = ms.stage(function(node) return look(node, 0) end)

local function tree(from, to)
	if from > to then return nil end
	local middle = (from + to) // 2
	return { v = middle, left = tree(from, middle - 1), right = tree(middle + 1, to) }
end

local comb -- all to the left
for i = 1, 50 do comb = { v = i, left = comb } end
local shared = { v = 7, left = { v = 1 } } -- a part that two nodes have
for _, t in ipairs { tree(1, 1000), tree(1, 7), { v = 3 }, comb, { v = 1, left = shared, right = shared } } do
	local depth, most, at = deepest(ms.object(t))
	print(total(t), depth, most, at.left == nil)
end

-- The same over index tensors: 0 is no node.
local at_index = ms.stage(function(values, left, right, root)
	local function from(i)
		if i == 0 then return 0.0 end
		return values[i]:item() + from(left[i]:item()) + from(right[i]:item())
	end
	return from(root)
end)
local values, left, right = ms.tensor { 1.0, 2.0, 3.5, 4.0 }, ms.tensor { 2, 0, 4, 0 }, ms.tensor { 3, 0, 0, 0 }
print(at_index(values, left, right, 1), at_index(values, left, right, 3))
