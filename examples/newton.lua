-- Square roots by Newton's method, on Lua floats and on a tensor; then a minimum by gradient descent, where
-- ms.grad is taken inside of the staged loop body.
-- expect: 1.4142135623731	5
-- expect: 3.1622776601684	6
-- expect: true
-- expect: 3.0	true
local ms = require "moonstage"

local sqrt = ms.stage(function(a, eps)
	local x, n = a, 0
	while math.abs(x * x - a) > eps do
		x = (x + a / x) / 2
		n = n + 1
	end
	return x, n
end)

local sqrt_all = ms.stage(function(a, eps)
	local x = a
	while ((x * x - a):abs() > eps):any() do
		x = (x + a / x) / 2
	end
	return x
end)

local minimise = ms.stage(function(x, rate, trips)
	local slope = ms.grad(function(v) return ((v - 3) * (v - 3)):sum() end)
	for _ = 1, trips do
		x = x - rate * slope(x)
	end
	return x
end)

print(sqrt(2.0, 1e-12))
print(sqrt(10.0, 1e-12))
local a = ms.tensor({ 1, 4, 9, 16 }, "f64")
print((sqrt_all(a, 1e-9) - ms.tensor({ 1, 2, 3, 4 }, "f64")):abs():max():item() < 1e-6)
local x = minimise(ms.tensor(0.0), 0.25, 60)
print(x, x:item() == 3)
