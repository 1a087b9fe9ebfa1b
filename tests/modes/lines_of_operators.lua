-- Errors of operators whose operands are on several lines: the line is the one eager code has for it.
local ms = require "moonstage"
local X = ms.tensor { 1, 2, 3 }
local function try(name, f, ...) print(name, pcall(ms.stage(f), ...)) end

try("comparison", function(x)
	return (function(p)
		return p
	end)
	<
	(x
	+ 1)
end, 1)
try("comparison as a condition", function(x)
	if (function(p)
		return p
	end) < x then return 2 end
end, 1)
try("comparison of a choice", function(x, k)
	local t = x > 3 and k or 1
	return t
		<
		x
end, 5, {})
try("if", function(x)
	if (function(p)
		return x >= p
	end)(2)
	then return 2 end
end, X)
try("elseif", function(x)
	if x == 2 then return 1
	elseif x == 1 and (function(p)
		return X >= p
	end)(2)
	then return 2 end
end, 1)
try("while", function(x)
	while (function(p)
		return x >= p
	end)(2) do return 2 end
end, X)
try("until", function(x, k)
	repeat
		x = x + 1
	until x >= 3 or
		X > k
end, 1, 2)
try("method", function()
	return (function()
		return 1
	end):
	relu()
end)
try("method of nil", function(_, k)
	return k
	.x
	:relu(
		1)
end, 1, {})
try("metamethod", function(x)
	local t = setmetatable({}, { __lt = function() error "no" end })
	return t
		<
		x
end, 1)

-- operands of `and`, `or` and `not` that are no condition
try("and in a condition", function(a)
	if X <
		3 and a ==
		1 then return 1 end
end, 1)
try("and in a value", function(a)
	return a >
		3 and a ==
		1 or not
		(X
		> 1)
end, 1)
try("not", function()
	return not (
		X
		> 1)
end)
try("a call and", function(a)
	local v = (function()
		return X > a
	end)() and 1
	return v
end, 1)
try("a call and in a condition", function(a)
	if (function()
		return X > a
	end)() and 1 then return 1 end
end, 1)
try("a call or", function(a)
	local v = (function()
		return X > a
	end)() or 1
	return v
end, 1)
try("a call and or", function(a)
	local v = (function()
		return X > a
	end)() and 1 or 2
	return v
end, 1)
try("until", function(a)
	repeat
		a = a + 1
	until (function()
		return X > a
	end)() or a > 3 and
		a
end, 1)
try("while not", function(a)
	while not (function()
		return X > a
	end)() do a = a + 1 end
end, 1)

-- expect: comparison	false	tests/modes/lines_of_operators.lua:12: attempt to compare function with number
-- expect: comparison as a condition	false	tests/modes/lines_of_operators.lua:17: attempt to compare function with number
-- expect: comparison of a choice	false	tests/modes/lines_of_operators.lua:23: attempt to compare table with number
-- expect: if	false	tests/modes/lines_of_operators.lua:28: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: elseif	false	tests/modes/lines_of_operators.lua:35: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: while	false	tests/modes/lines_of_operators.lua:41: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: until	false	tests/modes/lines_of_operators.lua:47: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: method	false	tests/modes/lines_of_operators.lua:53: attempt to index a function value
-- expect: method of nil	false	tests/modes/lines_of_operators.lua:58: attempt to index a nil value (field 'x')
-- expect: metamethod	false	tests/modes/lines_of_operators.lua:62: no
-- expect: and in a condition	false	tests/modes/lines_of_operators.lua:71: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: and in a value	false	tests/modes/lines_of_operators.lua:79: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: not	false	tests/modes/lines_of_operators.lua:84: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: a call and	false	tests/modes/lines_of_operators.lua:87: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: a call and in a condition	false	tests/modes/lines_of_operators.lua:95: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: a call or	false	tests/modes/lines_of_operators.lua:98: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: a call and or	false	tests/modes/lines_of_operators.lua:106: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: until	false	tests/modes/lines_of_operators.lua:114: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
-- expect: while not	false	tests/modes/lines_of_operators.lua:120: a bool tensor [3] used as a condition: write :any(), :all() or ~= nil
