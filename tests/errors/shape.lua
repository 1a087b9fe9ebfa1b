-- error: tests/errors/shape.lua:6:
-- error: [2x3]
-- error: [4]
local ms = require "moonstage"
local f = ms.stage(function(x, y)
	return x + y
end)
f(ms.zeros(2, 3), ms.zeros(4))
