-- Milliseconds for the doubly recursive Fibonacci number of 25. The same text runs under stock Lua with tests/stub.
local ms = require "moonstage"
local function fib(n)
	if n < 2 then return n end
	return fib(n - 1) + fib(n - 2)
end
local staged = ms.stage(function(n) return fib(n) end)
staged(10)
local TIMES = 20
local t = os.clock()
for _ = 1, TIMES do assert(staged(25) == 75025) end
print(("%.4f"):format((os.clock() - t) / TIMES * 1e3))
