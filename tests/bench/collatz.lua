-- Nanoseconds for one round of the Collatz loop, over all numbers up to a limit. The same text
-- runs under stock Lua with tests/stub. Prints the time, and the rounds on standard error.
local ms = require "moonstage"
local rounds = ms.stage(function(limit)
	local total = 0
	local k = 1
	while k <= limit do
		local m = k
		while m ~= 1 do
			if m % 2 == 0 then
				m = m // 2
			else
				m = 3 * m + 1
			end
			total = total + 1
		end
		k = k + 1
	end
	return total
end)
rounds(10)
rounds(11)
local limit = tonumber(arg and arg[1]) or 30000
local t = os.clock()
local n = rounds(limit)
t = os.clock() - t
print(("%.4f"):format(t / n * 1e9))
io.stderr:write(n, " rounds\n")
