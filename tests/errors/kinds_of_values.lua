-- run: --staged -O0
-- run: --staged -O2
-- error: tests/errors/kinds_of_values.lua:13: variable 'v' can't be read here: at tests/errors/kinds_of_values.lua:9: it is nil on one path and a coroutine on the other; give it one kind of value on every path
-- error: 	print(v)
-- error: 	      ^
local ms = require "moonstage"
local f = ms.stage(function(x)
	local v, n = nil, x:item()
	while n > 0 do
		v = coroutine.create(print)
		n = n - 1
	end
	print(v)
end)
f(ms.tensor(3))
