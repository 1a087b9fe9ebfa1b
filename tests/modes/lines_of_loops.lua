-- Errors at the head of a loop, and of library functions, inside of statements that return leaves.
local ms = require "moonstage"
local X = ms.tensor { 1, 2 }
local u = {}
local function try(name, f, ...) print(name, pcall(ms.stage(f), ...)) end

try("format", function(a) return string.format("%d %g", a, {}) end, 1)
try("format", function(a) return string.format("%d %d", a, 1.5) end, 1)
try("format", function(a) return string.format("%d %d %", a, 1.5) end, 1)
try("while in repeat", function(a)
	repeat
		local z = a
		while X ~= 3 do
			if a > 5 then return 1 end
		end
	until a
	return 2
end, 1)
try("while", function(a)
	if a > 0 then
		local z = a
		while X ~= 3 do
			if a > 5 then return 1 end
		end
	end
	return 2
end, 1)
try("numeric for", function(a)
	if a > 0 then
		local z = a
		for i = 1, X do
			if a > 5 then return 1 end
		end
	end
	return 2
end, 1)
try("for over a tensor", function(a)
	if a > 0 then
		local z = a
		for i in X do
			if a > 5 then return 1 end
		end
	end
	return 2
end, 1)
try("for over a number", function(a)
	if a > 0 then
		local z = a
		for i in 5 do
			if a > 5 then return 1 end
		end
	end
	return 2
end, 1)
try("next of a number", function(a)
	if a > 0 then
		local z = a
		for i in next, 5 do
			if a > 5 then return 1 end
		end
	end
	return 2
end, 1)
try("ipairs of a boolean", function(a)
	if a > 0 then
		local z = a
		for i in ipairs(a > 2) do
			if a > 5 then return 1 end
		end
	end
	return 2
end, 1)
try("if", function(a)
	if a > 0 then
		local z = a
		if X == 3 then
			if a > 5 then return 1 end
		end
	end
	return 2
end, 1)
try("elseif", function(a)
	if a > 0 then
		local z = a
		if z > 10 then return 2
		elseif X == 3 then
			if a > 5 then return 1 end
		end
	end
	return 2
end, 1)
try("until", function(a)
	if a > 0 then
		local z = a
		repeat
			if a > 5 then return 1 end
			z = X
		until X == z
	end
	return 2
end, 1)

-- in a function that another one calls in a loop
local function inner() return (string.format("%g", u)) end
try("format in a loop", function(a)
	for _ = 1, a % 5 do inner() end
	return a
end, 7)
try("format in a branch", function(a)
	if a > 2 then
		return string.format("%d",
			u)
	end
end, 7)

-- expect: format	false	tests/modes/lines_of_loops.lua:7: bad argument #3 to 'format' (number expected, got table)
-- expect: format	false	tests/modes/lines_of_loops.lua:8: bad argument #3 to 'format' (number has no integer representation)
-- expect: format	false	tests/modes/lines_of_loops.lua:9: bad argument #3 to 'format' (number has no integer representation)
-- expect: while in repeat	false	tests/modes/lines_of_loops.lua:13: a bool tensor [2] used as a condition: write :any(), :all() or ~= nil
-- expect: while	false	tests/modes/lines_of_loops.lua:22: a bool tensor [2] used as a condition: write :any(), :all() or ~= nil
-- expect: numeric for	false	tests/modes/lines_of_loops.lua:31: bound of a numeric for: a tensor of 2 elements is no number
-- expect: for over a tensor	false	tests/modes/lines_of_loops.lua:40: a tensor cannot be called; its rows are walked with ipairs(x)
-- expect: for over a number	false	tests/modes/lines_of_loops.lua:49: attempt to call a number value (for iterator 'for iterator')
-- expect: next of a number	false	tests/modes/lines_of_loops.lua:58: bad argument #1 to 'for iterator' (table expected, got number)
-- expect: ipairs of a boolean	false	attempt to index a boolean value
-- expect: if	false	tests/modes/lines_of_loops.lua:76: a bool tensor [2] used as a condition: write :any(), :all() or ~= nil
-- expect: elseif	false	tests/modes/lines_of_loops.lua:86: a bool tensor [2] used as a condition: write :any(), :all() or ~= nil
-- expect: until	false	tests/modes/lines_of_loops.lua:98: a bool tensor [2] used as a condition: write :any(), :all() or ~= nil
-- expect: format in a loop	false	tests/modes/lines_of_loops.lua:104: bad argument #2 to 'format' (number expected, got table)
-- expect: format in a branch	false	tests/modes/lines_of_loops.lua:111: bad argument #2 to 'format' (number expected, got table)
