-- Values that are nil on some paths, joined over and over: they stay small.
local ms = require "moonstage"

local best_of = ms.stage(function(x, y)
	local best, log = nil, {}
	for i = 1, 40 do
		if (x > i):all() then
			if (y > i):all() then best = x * i end
			if (y > 2 * i):all() then log[i] = y end
		elseif best == nil then
			log[i] = x
		end
	end
	return best, log[1], log[40]
end)
print(best_of(ms.tensor { 3.5, 5.0 }, ms.tensor(4.0))) -- expect: tensor([10.5, 15.0])	4.0	nil
print(best_of(ms.tensor { 0.5, 5.0 }, ms.tensor(4.0))) -- expect: nil	tensor([0.5, 5.0])	tensor([0.5, 5.0])

-- the alternatives in the other order on the other path
local pick = ms.stage(function(a, b)
	local v
	if a > 0 then
		if b > 0 then v = a * 2 else v = nil end
	else
		if b > 0 then v = nil else v = b * 3 end
	end
	local w = v
	if b > 1 then w = false end
	return v, w, v == nil, w == nil
end)
print(pick(1, 1)) -- expect: 2	2	false	false
print(pick(1, -1)) -- expect: nil	nil	true	true
print(pick(-1, 2)) -- expect: nil	false	true	false
print(pick(-1, -2)) -- expect: -6	-6	false	false

-- a text that may have grown in every trip: the number that decides is made plain
local grown = ms.stage(function(n)
	local s = ""
	for i = 1, 20 do
		if n % i == 0 then s = s .. i .. "." end
	end
	return s
end)
print(grown(12)) -- expect: 1.2.3.4.6.12.
print(grown(15)) -- expect: 1.3.5.15.
