-- Trees of Lua tables, walked by recursive functions: any shape through one graph.
local ms = require "moonstage"

-- A tree LSTM: words at the leaves, two children elsewhere.
ms.manual_seed(3)
local D = 4
local P = { words = ms.randn(6, D), W = ms.randn(2 * D, 5 * D) * 0.3, b = ms.zeros(5 * D), out = ms.randn(D) }
local function cell(node)
	if node.word then return P.words[node.word], ms.zeros(D) end
	local hl, cl = cell(node.left)
	local hr, cr = cell(node.right)
	local z = ms.cat({ hl, hr }, 1):reshape(1, 2 * D):matmul(P.W):reshape(5 * D) + P.b
	local i, fl, fr = z[{ { 1, D } }]:sigmoid(), z[{ { D + 1, 2 * D } }]:sigmoid(), z[{ { 2 * D + 1, 3 * D } }]:sigmoid()
	local o, u = z[{ { 3 * D + 1, 4 * D } }]:sigmoid(), z[{ { 4 * D + 1, 5 * D } }]:tanh()
	local c = i * u + fl * cl + fr * cr
	return o * c:tanh(), c
end
local score = ms.stage(function(tree)
	local h = cell(tree)
	return (h * P.out):sum()
end)
local function leaf(w) return { word = w } end
local function pair(a, b) return { left = a, right = b } end
local shared = pair(leaf(1), leaf(2))
for _, tree in ipairs {
	leaf(3), pair(leaf(1), leaf(2)), pair(pair(leaf(1), leaf(4)), leaf(6)), pair(shared, pair(shared, leaf(5))),
	pair(leaf(1), pair(leaf(2), pair(leaf(3), pair(leaf(4), leaf(5))))),
} do
	print(score(ms.object(tree)))
end

-- An evaluator: the kind of a node is a string, what else it has hangs on that.
local eval
local steps = 0
function eval(e, x)
	steps = steps + 1
	if e.op == "num" then return e.value end
	if e.op == "var" then return x end
	if e.op == "neg" then return -eval(e[1], x) end
	local a, b = eval(e[1], x), eval(e[2], x)
	if e.op == "+" then return a + b end
	if e.op == "*" then return a * b end
	if e.op == "if" then return a > 0 and b or eval(e[3], x) end
	error("what is " .. e.op .. "?")
end
local run = ms.stage(function(e, x) return eval(e, x) end)
local function num(v) return { op = "num", value = v } end
local x = { op = "var" }
local square = { op = "*", x, x }
for _, e in ipairs {
	num(5), { op = "+", num(1), x }, { op = "neg", square }, { op = "*", square, { op = "neg", { op = "+", num(2), square } } },
	{ op = "if", x, num(1), { op = "+", x, x } },
} do
	print(run(ms.object(e), 3.0), run(e, -2.0))
end
print(pcall(run, ms.object { op = "+", num(1), { op = "?", num(1), num(2) } }, 1.0))
print(steps)

-- Methods of a class, with a field of its metatable; two functions that call each other; any number of children.
local Node = { weight = 2 }
Node.__index = Node
local function node(v, ...) return setmetatable({ v = v, n = select("#", ...), ... }, Node) end
function Node:total()
	local s = self.v * self.weight
	for i = 1, self.n do s = s + self[i]:total() end
	return s
end
local function odd_levels(t) end
local function even_levels(t)
	local s = 0
	for i = 1, #t do s = s + odd_levels(t[i]) end
	return s
end
function odd_levels(t)
	local s = t.v
	for i = 1, #t do s = s + even_levels(t[i]) end
	return s
end
local levels = ms.stage(function(t) return t:total(), odd_levels(t), even_levels(t) end)
print(levels(ms.object(node(1))))
print(levels(ms.object(node(1, node(2), node(3, node(4), node(5), node(6))))))
print(levels(ms.object(node(7, node(1, node(1, node(1)))))))

-- A search that gives a node back, and what it passes on the way down; errors from deep inside.
local function find(t, v, path)
	if not t then return nil, 0 end
	if t.v == v then return t, path end
	local left, at = find(t.left, v, path * 2)
	if left then return left, at end
	return find(t.right, v, path * 2 + 1)
end
local search = ms.stage(function(t, v) return find(t, v, 1) end)
local tree = ms.object { v = 1, left = { v = 2, right = { v = 5 } }, right = { v = 3, left = { v = 6 } } }
for v = 0, 6 do
	local at, path = search(tree, v)
	print(v, at and at.v, path, at == tree.right)
end
local function deep(t) return t.v + deep(t.next) end
print(pcall(ms.stage(function(t) return deep(t) end), ms.object { v = 1, next = { v = 2, next = { v = 3 } } }))
