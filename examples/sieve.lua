-- The sieve of Eratosthenes, over a list and over a tensor.
-- expect: 2 3 5 7 11 13 17 19 23 29 31 37 41 43 47
-- expect: 25
-- expect: 1229	2 9973
-- expect: tensor([ 2,  3,  5,  7, 11, 13, 17, 19, 23, 29])
-- expect: 168
local ms = require "moonstage"

-- One graph for every limit: the lists grow in its loops.
local primes = ms.stage(function(limit)
	local composite, found = {}, {}
	for i = 1, limit do composite[i] = false end
	for i = 2, limit do
		if not composite[i] then
			found[#found + 1] = i
			local multiple = i * i
			while multiple <= limit do
				composite[multiple] = true
				multiple = multiple + i
			end
		end
	end
	return found
end)

-- The same over a mask; its positions are written in place.
local sieve = ms.stage(function(mask)
	local limit = #mask
	mask[1] = false
	for i = 2, limit do
		if mask[i] then
			local multiple = i * i
			while multiple <= limit do
				mask[multiple] = false
				multiple = multiple + i
			end
		end
	end
	return mask
end)

print(table.concat(primes(50), " "))
print(#primes(100))
local many = primes(10000)
print(#many, many[1] .. " " .. many[#many])

local numbers = ms.arange(1, 31)
print(numbers[sieve(ms.ones(30, "bool"))])
print(sieve(ms.ones(1000, "bool")):sum())
