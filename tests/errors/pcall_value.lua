-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/pcall_value.lua:7: can't stage an error that comes up when the graph runs and that the 'pcall' or coroutine of tests/errors/pcall_value.lua:9 would catch: an error value that is no text
-- An error value that a pcall can't catch because the test of a loop that only the run knows raises it.
local ms = require "moonstage"
ms.stage(function(x)
	local function below(n) if n > 2 then error(n) end return n < x:item() end
	local n = 0
	print(pcall(function() while below(n) do n = n + 1 end end))
end)(ms.tensor(5))
