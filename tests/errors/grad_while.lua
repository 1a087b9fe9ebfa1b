-- run: --staged -O0
-- run: --staged -O2
-- error: can't stage the gradient of the loop at line 9: give it plain bounds
local ms = require "moonstage"

local f = ms.stage(function(x)
	return (ms.grad(function(y)
		local z = y
		while z:sum() < 100 do
			z = z * 2
		end
		return z:sum()
	end)(x))
end)
f(ms.ones(2))
