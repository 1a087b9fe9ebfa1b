-- Nanoseconds for one node of a sum over a tree of 1,000 Lua tables. The same text runs under stock Lua with
-- tests/stub. Prints the time, and the sum on standard error.
local ms = require "moonstage"
local function sum(node)
	if not node then return 0 end
	return node.v + sum(node.left) + sum(node.right)
end
local total = ms.stage(sum)

local nodes = 1000
local function tree(from, to)
	if from > to then return nil end
	local middle = (from + to) // 2
	return { v = middle, left = tree(from, middle - 1), right = tree(middle + 1, to) }
end
local root = ms.object(tree(1, nodes))
local rounds, s = tonumber(arg and arg[1]) or 500, 0
total(root)
local t = os.clock()
for _ = 1, rounds do s = s + total(root) end
t = os.clock() - t
print(("%.4f"):format(t / rounds / nodes * 1e9))
io.stderr:write(s, "\n")
