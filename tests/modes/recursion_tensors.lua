-- Recursive functions that are given, return and write tensors.
local ms = require "moonstage"

-- halving until it is small
local function shrink(x, n)
	if x:sum() < 1 then return x, n end
	return shrink(x * 0.5, n + 1)
end
local shrunk = ms.stage(function(x) return shrink(x, 0) end)
print(shrunk(ms.tensor { 4.0, 8.0 }))
print(shrunk(ms.tensor { 0.1, 0.2 }))
local small = ms.tensor { 0.25, 0.5 }
print(rawequal((shrunk(small)), small))

-- exponentiation by squaring of a matrix, with locals that outlive the call
local function power(m, n)
	if n == 0 then return ms.tensor { { 1.0, 0.0 }, { 0.0, 1.0 } } end
	local half = power(m, n // 2)
	local square = half:matmul(half)
	if n % 2 == 1 then return square:matmul(m) end
	return square
end
local powered = ms.stage(function(m, n) return power(m, n) end)
local fibs = ms.tensor { { 1.0, 1.0 }, { 1.0, 0.0 } }
for n = 0, 10 do print(n, powered(fibs, n):tolist()[1][2]) end

-- tensors in every frame
local function tree(x, depth)
	if depth <= 0 then return x end
	local left = tree(x + depth, depth - 1)
	local right = tree(x * 2, depth - 2)
	return left - right + x
end
local grown = ms.stage(function(x, d) return tree(x, d) end)
for d = 0, 6 do print(grown(ms.tensor { 1.0, -2.0, 3.0 }, d)) end

-- a tensor from outside that is read, and one that a variable holds
local weights, best = ms.tensor { 0.5, 2.0, 1.0 }, ms.zeros(3)
local function climb(x, steps)
	best = ms.maximum(best, x)
	if steps == 0 then return 0 end
	return 1 + climb(x * weights, steps - 1)
end
local climbed = ms.stage(function(x, n) return climb(x, n), best end)
print(climbed(ms.ones(3), 3)) print(best)
print(climbed(ms.ones(3), 0)) print(best)

-- elements written while going down and up again
local board = ms.zeros(8)
local count = 0
local function place(i)
	if i > 4 then count = count + 1 return end
	for k = 1, 2 do
		board[i] = k
		if i == 1 or board[i - 1]:item() ~= k or k == 1 then place(i + 1) end
		board[i] = 0
	end
end
local placed = ms.stage(function(i) place(i) return count end)
print(placed(1)) print(board)
print(placed(3)) print(board)
local marks = ms.zeros(6)
local function mark(i)
	if i > 6 then return 0 end
	marks[i] = marks:sum() + i
	return mark(i + 2) + marks[i]:item()
end
local marked = ms.stage(function(i) return mark(i) end)
print(marked(1)) print(marks)
print(marked(4)) print(marks)

-- one that is given back as it came, on some paths
local function pick(a, b, n)
	if n == 0 then return a end
	if n < 0 then return a + b end
	return pick(b, a, n - 1)
end
local picked = ms.stage(function(a, b, n) return pick(a, b, n) end)
local p, q = ms.tensor { 1.0 }, ms.tensor { 2.0 }
print(rawequal(picked(p, q, 0), p), rawequal(picked(p, q, 1), q), rawequal(picked(p, q, 4), p), picked(p, q, -1))
