-- error: tests/errors/inside.lua:8: went below zero
-- expect: 2
-- expect: 1
-- expect: 0
local ms = require "moonstage"
local f = ms.stage(function(x)
	while x < 100 do
		if x < 0 then error("went below zero") end
		print(x)
		x = x - 1
	end
end)
f(ms.tensor(2))
