-- A loop over plain values that a symbolic condition leaves is unrolled: each trip lies in what follows the one before.
-- Deep in there, nodes and messages still name their lines.
local ms = require "moonstage"

local function half(x, i)
	if x < -50 then error("too small at " .. i, 2) end
	return x / (i > 60 and 2 or 1)
end
local search = ms.stage(function(x, limit)
	local seen = {}
	for i = 1, 80 do
		seen[i] = x
		x = half(x, i) + 1.5
		if x > limit then break end
		if x == 20.0 then
			local t = i > 1 and i or seen[i]
			x = x + t // (limit - limit % 7)
		end
	end
	return x, #seen
end)
for _, args in ipairs { { 1.0, 10.0 }, { 0.5, 1000.0 }, { 0.5, 5 }, { -51, 10 } } do
	print(pcall(search, args[1], args[2]))
end
print(select(2, pcall(search, 20.0 - 1.5 * 40, 6)))
-- expect: true	11.5	7
-- expect: true	3.0000834465027	80
-- expect: true	6.5	4
-- expect: false	tests/modes/long_unrolled.lua:13: too small at 1
-- expect: 6.5	31
