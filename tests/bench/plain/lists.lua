-- Linked lists and a binary search tree: walks that end at nil, comparisons of fields, removals.
local function push(list, v) return { value = v, next = list } end
local function reverse(list)
	local out = nil
	while list do
		list, list.next, out = list.next, out, list
	end
	return out
end
local function remove(list, bad)
	local before, p = nil, list
	while p do
		if p.value % 7 == bad then
			if before then before.next = p.next else list = p.next end
		else before = p end
		p = p.next
	end
	return list
end
local function insert(tree, key)
	if not tree then return { key = key, count = 1 } end
	local t = tree
	while true do
		if key == t.key then
			t.count = t.count + 1
			return tree
		elseif key < t.key then
			if not t.left then
				t.left = { key = key, count = 1 }
				return tree
			end
			t = t.left
		else
			if not t.right then
				t.right = { key = key, count = 1 }
				return tree
			end
			t = t.right
		end
	end
end
local function total(t)
	if t == nil then return 0, 0 end
	local a, da = total(t.left)
	local b, db = total(t.right)
	return a + b + t.count, (da > db and da or db) + 1
end

local n, sum = tonumber(arg and arg[1]) or 160, 0
for round = 1, n do
	local list = nil
	for i = 1, 2000 do list = push(list, (i * 7919 + round) % 2003) end
	list = remove(reverse(list), round % 7)
	local tree, p = nil, list
	while p do
		tree = insert(tree, p.value)
		p = p.next
	end
	local count, depth = total(tree)
	sum = sum + count * depth
end
print(sum)
