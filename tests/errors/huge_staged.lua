-- error: tests/errors/huge_staged.lua:
-- error: not enough memory
local ms = require "moonstage"
local f = ms.stage(function(n)
	return ms.zeros(1000000, 1000000):sum() + n
end)
f(1)
