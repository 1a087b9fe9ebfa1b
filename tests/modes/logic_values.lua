-- and / or / not return operands, are lazy, and give defaults for nil.
-- stock
local ms = require "moonstage"
local function each(f, ...)
	local s = ms.stage(f)
	for _, x in ipairs { ... } do print(x, s(x)) end
end

each(function(x) return x > 2 and "big" or "small" end, 1, 3)
each(function(x) return x > 2 and x * 10 or -x end, 1, 3)
each(function(x) return x > 2 and 1.5 or 7 end, 1, 3)
each(function(x) return not (x > 2), not x, not nil, not (x > 2) == true end, 1, 3)
each(function(x) return x > 1 and x < 4, x < 1 or x > 4, x > 1 and x < 4 and x ~= 3 end, 0, 2, 3, 5)
each(function(x) return x and x + 1, nil or x, false or x > 1, nil and x, false and x end, 1, 3)
each(function(x, w)
	w = w or 5
	local v = nil
	v = v or (x > 2 and 7) or 9
	return w + v
end, 1, 3)

-- what is not reached does not happen
each(function(x)
	local calls = 0
	local function touch(r) calls = calls + 1; return r end
	local a = x > 2 and touch(true)
	local b = x > 2 or touch(false)
	local c = touch(x > 0) and touch(x > 1) and touch(x > 2)
	local d = x > 0 and (touch(x) > 1 or touch(x) > 0)
	return a, b, c, d, calls
end, 0, 1, 2, 3)

each(function(x)
	local safe = x ~= 0 and 100 // x or "no"
	local q = x == 0 or 100 // x > 20
	return safe, q
end, 0, 3, 7)

each(function(x)
	local t = x > 2
	local u = x > 3
	return t == u, t ~= u, t == true, u == false, t == nil, t == 1
end, 2, 3, 4)
local opt = ms.stage(function(a, b) return a or b, a and b, a == nil, b ~= nil end)
print(opt(nil, 2)) print(opt(1, nil)) print(opt(false, 3)) print(opt(nil, nil)) print(opt(2.5, true))
