-- Tensors of the staged call as keys of outer tables, kept on one path or in the rounds of a loop.
local ms = require "moonstage"
local x = ms.tensor { 1.0, 2.0 }
local function show(q) for k, v in pairs(q) do if type(k) == "userdata" then print(k, v) end end end
for _, sign in ipairs { 1, -1 } do
	local q = {}
	ms.stage(function(c)
		local y = ms.ones(3) * 2
		if c:sum() > 0 then q[y] = 1 else q[y] = 2 end
	end)(x * sign)
	show(q)
end
local q = {}
local f = ms.stage(function(a, b)
	local y = ms.ones(3)
	if 1 == a then return y end
	local k = 0
	while k < a do
		k = k + 1
		q[y] = true
		if not b then return 1 end
	end
	return a
end)
f(2.5, 1)
show(q)
