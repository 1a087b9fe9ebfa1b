-- The math library on tensors: one element counts as its number, several are an error, also where they are not used.
local ms = require "moonstage"
for _, name in ipairs { "max", "min", "abs", "floor", "sqrt", "fmod", "ult", "atan", "log", "type", "exp" } do
	local f = math[name]
	local one = ms.stage(function(x) return f(x) end)
	local two = ms.stage(function(x) return f(1, x) end)
	for _, x in ipairs { ms.tensor(4), ms.tensor { 2.0 }, ms.ones(3), ms.tensor(true), ms.tensor { true, false } } do
		print(name, pcall(one, x))
		print(name, pcall(two, x))
	end
end
