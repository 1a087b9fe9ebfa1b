-- Steps of the Collatz sequence: an integer loop with exact Lua arithmetic, no tensors at all.
-- expect: 27	111
-- expect: 97	118
-- expect: 837799	524
-- expect: 1	0
-- stock
local ms = require "moonstage"

local collatz = ms.stage(function(n)
	local steps = 0
	while n ~= 1 do
		if n % 2 == 0 then
			n = n // 2
		else
			n = 3 * n + 1
		end
		steps = steps + 1
	end
	return steps
end)

for _, n in ipairs { 27, 97, 837799, 1 } do
	print(n, collatz(n))
end
