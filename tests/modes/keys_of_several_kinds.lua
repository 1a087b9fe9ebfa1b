-- Elements of tensors written at an index that is of another kind on another path.
local ms = require "moonstage"
local other = ms.tensor { 1.0, -2.0, 0.5 }

local function case(title, body)
	local staged = ms.stage(body)
	for a = 2, 3 do
		local x = ms.ones(3)
		local ok, y = pcall(staged, x, a)
		print(title, ok, (tostring(y):gsub("^.-:%d+: ", "")), x)
	end
end

case("number or tensor", function(x, a)
	local k = 1
	if a > 2 then k = ms.tensor(2) end
	x[k] = 5
	return x
end)
-- expect: number or tensor	true	tensor([5.0, 1.0, 1.0])	tensor([5.0, 1.0, 1.0])
-- expect: number or tensor	true	tensor([1.0, 5.0, 1.0])	tensor([1.0, 5.0, 1.0])

case("integer or float", function(x, a)
	local k = 1
	if a > 2 then k = 2.0 end
	x[k] = 5
	return x
end)
-- expect: integer or float	true	tensor([5.0, 1.0, 1.0])	tensor([5.0, 1.0, 1.0])
-- expect: integer or float	true	tensor([1.0, 5.0, 1.0])	tensor([1.0, 5.0, 1.0])

case("number or range", function(x, a)
	local k = { {1, 2} }
	if a > 2 then k = 3 end
	x[k] = 4
	return x
end)
-- expect: number or range	true	tensor([4.0, 4.0, 1.0])	tensor([4.0, 4.0, 1.0])
-- expect: number or range	true	tensor([1.0, 1.0, 4.0])	tensor([1.0, 1.0, 4.0])

case("one of two masks", function(x, a)
	if a > 2 then x = x * 2 end
	x[other < x] = 7
	return x
end)
-- expect: one of two masks	true	tensor([1.0, 7.0, 7.0])	tensor([1.0, 7.0, 7.0])
-- expect: one of two masks	true	tensor([7.0, 7.0, 7.0])	tensor([1.0, 1.0, 1.0])

case("number or nil", function(x, a)
	local k = 1
	if a > 2 then k = nil end
	x[k] = 5
	return x
end)
-- expect: number or nil	true	tensor([5.0, 1.0, 1.0])	tensor([5.0, 1.0, 1.0])
-- expect: number or nil	false	index: integer, list or index tensor expected, got nil	tensor([1.0, 1.0, 1.0])
