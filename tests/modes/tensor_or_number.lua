-- A variable that is a tensor on one path and a number or nil on the other, in tensor arithmetic and comparisons.
local ms = require "moonstage"
local X = ms.tensor { 1.0, -2.0, 0.5 }
local f = ms.stage(function(a, x)
	if a > 1 then x = a end
	return X / x, x - X, X < x, x >= X, X ^ x
end)
for _, a in ipairs { 0, 2, 2.5 } do
	print(f(a, ms.tensor { 4.0, 0.5, 2.0 }))
end

local none = ms.stage(function(a, x)
	if a > 1 then x = nil end
	return X * x
end)
print(none(1, X))
print(pcall(none, 2, X))
local row = ms.stage(function(a)
	local i = 1
	if a > 1 then i = "shape" end
	return X[i]
end)
print(row(1), row(2)[1])

-- the operands in messages are Lua's: a > b is asked as b < a
print(pcall(ms.stage(function(x) return X > x end), ms.ones(2)))
print(pcall(ms.stage(function(x) return X >= x end), {}))
