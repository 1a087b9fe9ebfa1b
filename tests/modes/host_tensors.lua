-- Host calls and tensors: writes in place of the staged function are real before a call; no gradient goes through one.
local ms = require "moonstage"
local weights, sum = ms.tensor { 1.0, 2.0, 3.0 }, 0.0
local look = ms.host(function()
	sum = weights:sum():item()
	print("in the call", weights)
	return sum
end, "float")
local writes = ms.stage(function(x)
	local old, first = weights:clone(), weights[1]
	local before = weights * 2
	weights:add_(x)
	local a = look()
	local between = weights * 2
	first:mul_(10)
	local b = look()
	for i = 1, 3 do
		weights[2] = i
		look()
	end
	return old, weights, before, between, a, b, sum, weights[1], first
end)
print(writes(1))
print(writes(2))
print(weights)

local triple = ms.host(function(t) return t * 3 end, "f32[3]")
local function loss(p) return (p * triple(p)):sum() end
print(ms.stage(ms.grad(loss))(weights))
print(ms.grad(loss)(weights))
print(ms.grad(ms.stage(loss))(weights))
