-- Closures: counters, composition, maps and folds over lists, generators.
local function map(f, t)
	local out = {}
	for i = 1, #t do out[i] = f(t[i]) end
	return out
end
local function filter(f, t)
	local out = {}
	for i = 1, #t do
		if f(t[i]) then out[#out + 1] = t[i] end
	end
	return out
end
local function fold(f, a, t)
	for i = 1, #t do a = f(a, t[i]) end
	return a
end
local function compose(f, g) return function(x) return f(g(x)) end end
local function counter(step)
	local n = 0
	return function()
		n = n + step
		if n > 1000 then n = 0 end
		return n
	end
end
local function range(n)
	local i = 0
	return function()
		if i < n then
			i = i + 1
			return i
		end
	end
end

local list = {}
for i in range(100) do list[i] = i end
local n, sum = tonumber(arg and arg[1]) or 25000, 0
for round = 1, n do
	local next = counter(round % 5 + 1)
	local add = function(x) return x + round end
	local double = function(x) return x * 2 end
	local t = map(compose(add, double), list)
	t = filter(function(x) return x % 3 ~= 0 end, t)
	sum = sum + fold(function(a, b) return a + b end, 0, t) % 1000
	for _ = 1, 20 do sum = sum + next() end
end
print(sum)
