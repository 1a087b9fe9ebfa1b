-- Comparisons of what is nil on some paths, and what tests of loops and negated conditions tell about it.
-- stock
local ms = require "moonstage"
local kinds = ms.stage(function(n)
	local v
	if n == 1 then v = true elseif n == 2 then v = false elseif n == 4 then v = 1 end
	return v == nil, nil == v, v ~= nil, nil ~= v, v == false, false ~= v, v == true, v == 1, not v, v and 1 or 2
end)
for n = 1, 5 do print(kinds(n)) end

local ends = ms.stage(function(n, how)
	local v, w, s = n, nil, 0
	while v ~= nil do
		s = s + v
		if w == nil then s = s + 100 end
		w = v > 3 and v or nil
		if not (w == nil) then s = s + 1000 * w end
		if v > 1 then v = v - 1 else v = nil end
		if how == v then return s, "left", v end
	end
	if not not v then s = -s end
	return s, w, v
end)
for n = 1, 6 do print(ends(n, 2)) print(ends(n, 20)) end

local negated = ms.stage(function(n)
	local v = nil
	if not (n > 2) then v = n end
	if not v then return "none" end
	if not not v then v = v + 1 end
	local w = n > 1 and v or false
	if w == false then return v, "false" end
	return v, w
end)
for n = 0, 4 do print(negated(n)) end
-- expect: false	false	true	true	false	true	true	false	false	1
-- expect: false	false	true	true	true	false	false	false	true	2
-- expect: true	true	false	false	false	true	false	false	true	2
-- expect: false	false	true	true	false	true	false	true	false	1
-- expect: true	true	false	false	false	true	false	false	true	2
-- expect: 101	nil	nil
-- expect: 101	nil	nil
-- expect: 203	nil	nil
-- expect: 203	nil	nil
-- expect: 103	left	2
-- expect: 306	nil	nil
-- expect: 4107	left	2
-- expect: 4310	nil	nil
-- expect: 9112	left	2
-- expect: 9315	nil	nil
-- expect: 15118	left	2
-- expect: 15321	nil	nil
-- expect: 1	false
-- expect: 2	false
-- expect: 3	3
-- expect: none
-- expect: none
