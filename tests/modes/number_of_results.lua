-- How many values the functions of Lua's library give at the end of a walk; rawequal of values of several kinds.
local ms = require "moonstage"
local X = ms.tensor { 1, 2, 3 }
local function try(name, f, ...) print(name, pcall(ms.stage(f), ...)) end

try("next", function(t) return select("#", next(t)), select("#", next(t, "x")) end, { x = 1 })
try("next, a field that may be nil", function(t, a)
	if a > 1 then t.x = nil end
	local k, v = next(t)
	return k, v
end, { x = 1 }, 2)
try("the step of ipairs", function(t)
	local step, s = ipairs(t)
	return select("#", step(s, 5)), select("#", step(s, 0))
end, { 7 })
try("the step of ipairs over rows", function(t)
	local step, s = ipairs(t)
	return select("#", step(s, 5)), select("#", step(s, 0))
end, X)
try("rows of a number", function(x) for i, v in ipairs(x) do print(i, v) end end, ms.tensor(3))

try("rawequal", function(x, y, z)
	return rawequal(x, y), rawequal(y, x), rawequal(x, z), rawequal(x > 1, y), rawequal(y, y), rawequal(y > 2, true),
		rawequal(x, "a"), rawequal(y, "a"), rawequal(x > 1, x > 1), rawequal(z, 2), rawequal(z, nil), rawequal(0 / 0 * x, x)
end, 2, X, 2.0)
try("rawequal of a choice", function(x, y, z)
	local t = x > 1 and y or z
	return rawequal(t, y), rawequal(t, x), rawequal(t, z), rawequal(t, nil)
end, 2, X, 2.0)

-- expect: next	true	2	1
-- expect: next, a field that may be nil	true	nil	nil
-- expect: the step of ipairs	true	1	2
-- expect: the step of ipairs over rows	true	0	2
-- expect: rows of a number	false	tests/modes/number_of_results.lua:20: ipairs: a tensor of rank 0 has no rows
-- expect: rawequal	true	false	false	true	false	true	false	false	false	true	true	false	false
-- expect: rawequal of a choice	true	true	false	false	false

-- functions of the libraries get as many as there are
local function few_or_many(x)
	if x > 0 then return "a", 2, x end
	return "b"
end
local list = {}
local given = ms.stage(function(x)
	print(pcall(table.insert, list, few_or_many(x)))
	io.write("<", few_or_many(x))
	io.write(">\n")
	print(few_or_many(x))
	return #list, tostring(few_or_many(x)), math.max(1, select("#", few_or_many(x)))
end)
print(pcall(given, ms.tensor(-1)))
print(list[1])
local insert = ms.stage(function(x)
	table.insert(list, few_or_many(x))
	return #list
end)
print(pcall(insert, ms.tensor(-1)))
print((select(2, pcall(insert, ms.tensor(1)))))
-- expect: true
-- expect: <b>
-- expect: b
-- expect: true	1	b	1
-- expect: b
-- expect: true	2
-- expect: tests/modes/number_of_results.lua:55: wrong number of arguments to 'insert'
