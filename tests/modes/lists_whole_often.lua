-- A line that takes lists whole in many unrolled trips: they are taken to be of one length at first, so that a few runs
-- find it out.
local ms = require "moonstage"

local spread = ms.stage(function(x)
	local sum = 0
	for i = 1, 7 do
		for j = 1, 5 do
			for k = 1, 2 do
				local t = {}
				for n = 1, x:sum():item() // 1 | 0 do t[#t + 1] = n * i + j - k end
				local first, second = table.unpack(t)
				sum = sum + first - second + select("#", table.unpack(t))
			end
		end
	end
	return sum
end)
print(spread(ms.ones(3))) -- expect: -70
print(spread(ms.ones(4))) -- expect: 0
print(spread(ms.ones(3))) -- expect: -70
