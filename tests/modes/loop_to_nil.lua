-- Variables and fields that a staged loop sets to nil, or to another type, on any of its trips.
-- stock
local ms = require "moonstage"
local u, w, v, q = 2.5, 3, "s", 1
local t = { x = 1 }
local f = ms.stage(function(a)
	local z = 1
	for i = a % 4, 5 do
		u, w, v, t.x, z, q = nil, "x", 7, nil, nil, tonumber("s")
	end
	return z
end)
for _, a in ipairs { 3, 7.0, 0.5, 2 } do
	u, w, v, t.x, q = 1, 2, 3, 4, 5
	print(f(a), u, w, v, t.x, q)
end

local g = ms.stage(function(a)
	local k, seen = 0, "none"
	while k < a do
		k = k + 1
		if u == nil then seen = k end
		u = nil
	end
	return u, seen
end)
for _, a in ipairs { 0, 1, 3 } do
	u = 1.5
	print(g(a))
end
