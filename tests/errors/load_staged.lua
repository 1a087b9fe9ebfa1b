-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/load_staged.lua:7:
-- error: can't stage ms.load
local ms = require "moonstage"
local f = ms.stage(function(x)
	return x + ms.load("/nowhere/never-there.npz")
end)
f(ms.ones(2))
