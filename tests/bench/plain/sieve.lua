-- Sieve of Eratosthenes: tests of table elements.
local n = tonumber(arg and arg[1]) or 1000000
local count
for _ = 1, 6 do
	local flags = {}
	for i = 2, n do flags[i] = true end
	count = 0
	for i = 2, n do
		if flags[i] then
			count = count + 1
			for k = i * i, n, i do flags[k] = false end
		end
	end
end
print(count)
