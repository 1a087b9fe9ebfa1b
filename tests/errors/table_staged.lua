-- error: (error object is a table value)
-- expect: false	table	3	2
local ms = require "moonstage"
local f = ms.stage(function(x)
	if x > 1 then error({ code = 3, x = x }) end
	return x
end)
local ok, e = pcall(f, 2)
print(ok, type(e), e.code, e.x)
f(ms.tensor(2))
