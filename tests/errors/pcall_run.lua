-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/pcall_run.lua:12: can't stage an error that comes up when the graph runs and that the 'pcall' or coroutine of tests/errors/pcall_run.lua:10 would catch: tests/errors/pcall_run.lua:12: index 3 is out of range for dim 1 of length 2
-- expect: 1
-- expect: 	true
-- expect: 2
-- expect: 	true
-- A pcall can't catch what an operation of the graph itself finds wrong: the run stops and names both lines; nothing of
-- it is left.
local f = require "moonstage".stage(function(x, i) return pcall(function()
	print(i)
	return x[i] + 1
end) end)
local x = require "moonstage".ones(2)
for i = 1, 5 do print("\t" .. tostring(f(x, i))) end
