-- run: --staged -O0
-- run: --staged -O2
-- error: can't stage the gradient of the 'if' at line 9: choose the value with ms.where(condition, a, b)
local ms = require "moonstage"

local f = ms.stage(function(x)
	return (ms.grad(function(y)
		local z = y
		if y:sum() > 1 then
			z = y * 2
		end
		return z:sum()
	end)(x))
end)
f(ms.ones(2))
