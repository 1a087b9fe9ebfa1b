-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/close_run.lua:13: can't stage an error that comes up when the graph runs and that would close the variable 'held' of tests/errors/close_run.lua:11; let what may fail come after its block: tests/errors/close_run.lua:13: attempt to divide by zero
-- expect: 1
-- expect: close 1
-- A variable can't be closed for what fails only when the graph runs: the run stops and names both lines; nothing of
-- it is left.
local ms = require "moonstage"
local f = ms.stage(function(x)
	local copy = x
	local held <close> = setmetatable({}, { __close = function() print("close " .. copy) end })
	print(x)
	return 7 // x
end)
f(1)
f(0)
