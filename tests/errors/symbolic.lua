-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/symbolic.lua:6: argument 1 of 'string.char' must be known while staging
local ms = require "moonstage"
local f = ms.stage(function(x)
	local line = string.char(x:sum():item())
	return line
end)
f(ms.ones(3))
