-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/pcall_run.lua:13: can't stage an error that comes up when the graph runs and that the 'pcall' or coroutine of tests/errors/pcall_run.lua:11 would catch: tests/errors/pcall_run.lua:13: 3 is too much
-- expect: 1
-- expect: 	true
-- expect: 2
-- expect: 	true
-- expect: 3
-- A pcall can't catch what fails under a condition that only the run knows: the run stops and names both lines.
local ms = require "moonstage"
local f = ms.stage(function(x) return pcall(function()
	print(x)
	if x > 2 then error(x .. " is too much") end
end) end)
for i = 1, 5 do print("\t" .. tostring(f(i))) end
