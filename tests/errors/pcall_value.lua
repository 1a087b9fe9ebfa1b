-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/pcall_value.lua:7: can't stage an error that comes up when the graph runs and that the 'pcall' or coroutine of tests/errors/pcall_value.lua:8 would catch: an error value that is no text
-- An error value that a pcall can't catch because only the run raises it.
local ms = require "moonstage"
ms.stage(function(x)
	local function inner() if x > 2 then error({ x }) end end
	print(pcall(inner))
end)(3)
