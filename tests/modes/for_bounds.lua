-- The bounds of a numeric for: what is no number, tensors, texts of numbers, and in which order they are looked at.
local ms = require "moonstage"
local function try(name, f, ...) print(name, pcall(ms.stage(f), ...)) end
local named = setmetatable({}, { __name = "Named" })
local function each(a, b, c)
	local n, last = 0, nil
	for i = a, b, c do n, last = n + 1, i end
	return n, last
end
local function both(name, a, b, c)
	try(name, function(x) return each(a, b, c), x end, 1)
	try(name .. ", given", each, a, b, c)
end

both("tensor of two", 1, ms.tensor { 1, 2 }, 1)
both("start of two", ms.tensor { 1, 2 }, {}, 1)
both("tensor of one", 1, ms.tensor { 2 }, 1)
both("float tensor of one", ms.tensor { 1.5 }, ms.tensor { 3.5 }, 1)
both("bool tensor", 1, ms.tensor { true }, 1)
both("named table", 1, named, 1)
both("limit first", {}, "x", 1)
both("step second", {}, 1, {})
both("start last", {}, 1, 1.0)
both("texts", "1", "2", 1)
both("text as limit", 1, "2", 1)
both("zero", 1, {}, 0)
both("zero, floats", 1.0, {}, 0)
both("zero, all numbers", 1.0, 2, 0)

-- floats compare with the limit as a float
both("large limit", 9007199254740996.0, 9007199254740995, 4)

-- a bound that is a tensor is read before the next one is evaluated
local x = ms.tensor { 1 }
try("order", function(x)
	local function grow() x:add_(2) return 4 end
	local n = 0
	for i = x, grow() do n = n + i end
	return n, x
end, x)
try("order of errors", function(x)
	local function shout() print "limit" return 4 end
	for i = x, shout() do print(i) end
end, ms.tensor { 1, 2 })


-- expect: tensor of two	false	tests/modes/for_bounds.lua:7: bound of a numeric for: a tensor of 2 elements is no number
-- expect: tensor of two, given	false	tests/modes/for_bounds.lua:7: bound of a numeric for: a tensor of 2 elements is no number
-- expect: start of two	false	tests/modes/for_bounds.lua:7: bound of a numeric for: a tensor of 2 elements is no number
-- expect: start of two, given	false	tests/modes/for_bounds.lua:7: bound of a numeric for: a tensor of 2 elements is no number
-- expect: tensor of one	true	2	1
-- expect: tensor of one, given	true	2	2
-- expect: float tensor of one	true	3	1
-- expect: float tensor of one, given	true	3	3.5
-- expect: bool tensor	false	tests/modes/for_bounds.lua:7: bad 'for' limit (number expected, got tensor)
-- expect: bool tensor, given	false	tests/modes/for_bounds.lua:7: bad 'for' limit (number expected, got tensor)
-- expect: named table	false	tests/modes/for_bounds.lua:7: bad 'for' limit (number expected, got Named)
-- expect: named table, given	false	tests/modes/for_bounds.lua:7: bad 'for' limit (number expected, got Named)
-- expect: limit first	false	tests/modes/for_bounds.lua:7: bad 'for' limit (number expected, got string)
-- expect: limit first, given	false	tests/modes/for_bounds.lua:7: bad 'for' limit (number expected, got string)
-- expect: step second	false	tests/modes/for_bounds.lua:7: bad 'for' step (number expected, got table)
-- expect: step second, given	false	tests/modes/for_bounds.lua:7: bad 'for' step (number expected, got table)
-- expect: start last	false	tests/modes/for_bounds.lua:7: bad 'for' initial value (number expected, got table)
-- expect: start last, given	false	tests/modes/for_bounds.lua:7: bad 'for' initial value (number expected, got table)
-- expect: texts	true	2	1
-- expect: texts, given	true	2	2.0
-- expect: text as limit	true	2	1
-- expect: text as limit, given	true	2	2
-- expect: zero	false	tests/modes/for_bounds.lua:7: 'for' step is zero
-- expect: zero, given	false	tests/modes/for_bounds.lua:7: 'for' step is zero
-- expect: zero, floats	false	tests/modes/for_bounds.lua:7: bad 'for' limit (number expected, got table)
-- expect: zero, floats, given	false	tests/modes/for_bounds.lua:7: bad 'for' limit (number expected, got table)
-- expect: zero, all numbers	false	tests/modes/for_bounds.lua:7: 'for' step is zero
-- expect: zero, all numbers, given	false	tests/modes/for_bounds.lua:7: 'for' step is zero
-- expect: large limit	true	1	1
-- expect: large limit, given	true	1	9.007199254741e+15
-- expect: order	true	10	tensor([3])
-- expect: order of errors	false	tests/modes/for_bounds.lua:43: bound of a numeric for: a tensor of 2 elements is no number
