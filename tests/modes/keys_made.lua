-- Keys that a staged call makes: tensors and tables, on some paths and in loops.
local ms = require "moonstage"
local X = ms.tensor { 1, 2 }
local o = {}
local function show(...)
	print(...)
	local list = {}
	for k, v in pairs(o) do list[#list + 1] = (type(k) == "table" and "table" or tostring(k)) .. "=" .. v end
	table.sort(list)
	print(table.concat(list, " "))
	o = {}
end

-- one tensor again and again, in a loop that is traced more than once
local repeated = ms.stage(function(a, x)
	x = x:relu()
	local k = 0
	repeat
		k = k + 1
		o[x] = x:max():item() + k
	until k >= 4 or a == k
	return a
end)
show(repeated(1, X))
show(repeated(3, X))

local again = ms.stage(function(a, x)
	x = x:relu()
	if a > 1 then o[x] = 5 end
	o[x] = (o[x] or 6) + 1
	return a
end)
show(again(1, X), again(2, X))

-- a tensor that one path makes is the same key after it
local one_path = ms.stage(function(a, x)
	local y
	if a > 1 then
		y = x * 2
		o[y] = 5
	end
	if y then return o[y], rawequal(y, y) end
	return 0
end)
show(one_path(1, X))
show(one_path(2, X))

-- a new one in every trip, and in a table of the call
local trips = ms.stage(function(a, x)
	for i = 1, a do
		x = x:relu()
		o[x] = i
	end
	return a
end)
show(trips(1, X), trips(3, X))
local made = ms.stage(function(a, x)
	local t, s = {}, 0
	if a > 1 then t[x * 2], t[{ x * 3 }] = 5, 7 end
	for k, v in pairs(t) do s = s + (type(k) == "table" and k[1] or k):sum():item() * v end
	return s
end)
show(made(1, X), made(2, X))
