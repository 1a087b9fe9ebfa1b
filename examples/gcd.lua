-- Euclid's algorithm, and a search that returns from inside nested loops.
-- expect: 12	1	35
-- expect: 3	4	5
-- expect: 8	15	17
-- stock
local ms = require "moonstage"

local gcd = ms.stage(function(a, b)
	while b ~= 0 do
		a, b = b, a % b
	end
	return a
end)

-- The first Pythagorean triple with a perimeter of n.
local triple = ms.stage(function(n)
	for a = 1, n // 3 do
		for b = a, n // 2 do
			local c = n - a - b
			if a * a + b * b == c * c then
				return a, b, c
			end
		end
	end
	return 0, 0, 0
end)

print(gcd(36, 120), gcd(17, 5), gcd(0, 35))
print(triple(12))
print(triple(40))
