-- Tensors of the graph as keys of tables outside: kept with their elements, wherever they became keys.
local ms = require "moonstage"

local function shown(t)
	local out = {}
	for k, v in pairs(t) do out[#out + 1] = tostring(k) .. " = " .. tostring(v) end
	table.sort(out)
	return table.concat(out, ", ")
end

local function case(title, body)
	local staged = ms.stage(body)
	for a = 0, 2 do
		local o = {}
		print(title, staged(o, a, ms.tensor { 1.0, -2.0 }), shown(o))
	end
end

case("at the top", function(o, a, x)
	x = x * 2
	o[x] = a
	return x:abs()
end)
-- expect: at the top	tensor([2.0, 4.0])	tensor([ 2.0, -4.0]) = 0
-- expect: at the top	tensor([2.0, 4.0])	tensor([ 2.0, -4.0]) = 1
-- expect: at the top	tensor([2.0, 4.0])	tensor([ 2.0, -4.0]) = 2

case("in branches", function(o, a, x)
	x = x * 2
	if a > 1 then o[x] = 5 elseif a > 0 then o[x] = a end
	return x:abs()
end)
-- expect: in branches	tensor([2.0, 4.0])	
-- expect: in branches	tensor([2.0, 4.0])	tensor([ 2.0, -4.0]) = 1
-- expect: in branches	tensor([2.0, 4.0])	tensor([ 2.0, -4.0]) = 5

case("in a loop", function(o, a, x)
	x = x * 2
	local i = 0
	while i < a do
		i = i + 1
		if x[1] > 0 then o[x] = i end
	end
	return x:abs()
end)
-- expect: in a loop	tensor([2.0, 4.0])	
-- expect: in a loop	tensor([2.0, 4.0])	tensor([ 2.0, -4.0]) = 1
-- expect: in a loop	tensor([2.0, 4.0])	tensor([ 2.0, -4.0]) = 2

case("in a loop and after it", function(o, a, x)
	local y = x + a
	for i = 1, a do o[y] = i end
	o[y] = (o[y] or 0) + 10
	return y
end)
-- expect: in a loop and after it	tensor([ 1.0, -2.0])	tensor([ 1.0, -2.0]) = 10
-- expect: in a loop and after it	tensor([ 2.0, -1.0])	tensor([ 2.0, -1.0]) = 11
-- expect: in a loop and after it	tensor([3.0, 0.0])	tensor([3.0, 0.0]) = 12
