-- Nested control flow over tensors: a loop with a branch and a break, a helper that is staged when it is
-- called, a running print, and state that lives outside of the staged function.
-- expect: halve	1	5.0
-- expect: step	2	6.0
-- expect: halve	3	3.0
-- expect: step	4	4.0
-- expect: stop at	4.0
-- expect: 4.0	4	1
-- expect: halve	1	2.0
-- expect: step	2	3.0
-- expect: step	3	4.0
-- expect: stop at	4.0
-- expect: 4.0	3	2
local ms = require "moonstage"

local calls = 0

local function halve(x)
	return x / 2
end

local walk = ms.stage(function(x, limit)
	calls = calls + 1
	local n = 0
	while n < limit do
		n = n + 1
		if x > 5 or (n == 1 and x > 3) then
			x = halve(x)
			print("halve", n, x)
		else
			x = x + 1
			print("step", n, x)
			if x == 4 then
				break
			end
		end
	end
	print("stop at", x)
	return x, n
end)

local x, n = walk(ms.tensor(10.0), 20)
print(x, n, calls)
x, n = walk(ms.tensor(4.0), 20)
print(x, n, calls)
