-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/symbolic.lua:6:
local ms = require "moonstage"
local f = ms.stage(function(x)
	return ("="):rep(x:sum():item())
end)
f(ms.ones(3))
