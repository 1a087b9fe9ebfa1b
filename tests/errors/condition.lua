-- error: tests/errors/condition.lua:6:
-- error: :any()
-- error: :all()
local ms = require "moonstage"
local f = ms.stage(function(x)
	if x > 0 then
		return 1
	end
	return 0
end)
f(ms.ones(3))
