-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/save_staged.lua:7:
-- error: can't stage ms.save
local ms = require "moonstage"
local f = ms.stage(function(x)
	ms.save("/nowhere/never-written.npz", x * 2)
	return x
end)
f(ms.ones(2))
