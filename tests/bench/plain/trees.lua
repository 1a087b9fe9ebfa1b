-- Binary trees: many small tables, tests of fields for nil.
local function bottom_up(depth)
	if depth > 0 then
		depth = depth - 1
		return { bottom_up(depth), bottom_up(depth) }
	else
		return {}
	end
end

local function check(tree)
	if tree[1] then
		return 1 + check(tree[1]) + check(tree[2])
	else
		return 1
	end
end

local n = tonumber(arg and arg[1]) or 14
local min = 4
local stretch = n + 1
print(("stretch tree of depth %d\t check: %d"):format(stretch, check(bottom_up(stretch))))
local long_lived = bottom_up(n)
for depth = min, n, 4 do
	local iterations = 1 << (n - depth + min)
	local sum = 0
	for _ = 1, iterations do sum = sum + check(bottom_up(depth)) end
	print(("%d\t trees of depth %d\t check: %d"):format(iterations, depth, sum))
end
print(("long lived tree of depth %d\t check: %d"):format(n, check(long_lived)))
