-- A table from outside that is walked, gets new elements, and is walked again.
local ms = require "moonstage"
local t = { 1, 2, 3 }
local function list(p, walk)
	local s = 0
	for k, v in walk(p) do s = s * 10 + k + v end
	return s
end
for _, walk in ipairs { pairs, ipairs, ms.pairs } do
	local twice = ms.stage(function(x)
		local before = list(t, walk)
		t[#t + 1] = x
		local after = list(t, walk)
		t[#t] = nil
		return before, after, list(t, walk)
	end)
	print(twice(5))
	print(twice(1))
end
print(#t)
