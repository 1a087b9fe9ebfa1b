-- Random tensors inside a staged function: one ordered stream for eager and staged code, drawn from only where and when a
-- draw is executed, also when nobody uses what was drawn or the draw fails.
local ms = require "moonstage"
ms.manual_seed(5)

local branches = ms.stage(function(x, n)
	local a = ms.rand(2)
	if x > 0 then print(ms.randn(3)) end
	ms.rand(5)
	local s = ms.zeros(2)
	for i = 1, n do
		s = s + ms.rand(2)
		if i % 2 == 0 then ms.rand(2) end
	end
	print(ms.multinomial(ms.tensor { 0.1, 0.5, 0.4 }, 4, true), ms.randperm(5), ms.rand_like(s), s:randn_like())
	return a, s, ms.rand(2) - ms.rand(2)
end)
print(branches(1, 3))
print(branches(-1, 2))
print(ms.rand(1))
print(branches(1, 0))

local fails = ms.stage(function(w, k)
	print "before"
	local i = ms.multinomial(w, k)
	print "after"
	return i
end)
print(pcall(fails, ms.tensor { 0.5, 0.5 }, 1))
print(pcall(fails, ms.tensor { 0.0, 0.0 }, 1))
print(pcall(fails, ms.tensor { 0.5, 0.5 }, 3))

local rolled = ms.stage(function(x)
	for _ = 1, 100 do x = x + ms.rand(1):item() end
	return x
end)
print(rolled(0.5))
local walk = ms.stage(function(n)
	local s = 0.0
	while n > 0 do
		if ms.rand(1):item() > 0.5 then s = s + ms.randn(2):sum():item() end
		n = n - 1
	end
	return s
end)
print(walk(10), walk(0), ms.rand(1))

local function masked(x) return (x * ms.rand(3)):sum() end
print(ms.stage(ms.grad(masked))(ms.tensor { 1.0, 2.0, 3.0 }))
print(ms.grad(ms.stage(masked))(ms.tensor { 1.0, 2.0, 3.0 }))
print(ms.rand(1))
