-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/symbolic.lua:6:
local ms = require "moonstage"
local f = ms.stage(function(x)
	local line = ("="):rep(x:sum():item())
	return line
end)
f(ms.ones(3))
