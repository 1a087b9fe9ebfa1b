-- What a trip, or a call, writes into a table that the one before has kept outside is seen there after an error.
-- stock
local ms = require "moonstage"
kept, f = {}, nil
local function show(...) print(...) print(kept.t and kept.t.x, kept.t and kept.t.y, f and f()) kept, f = {}, nil end

local loop = ms.stage(function(n)
	local t = { x = 100 }
	while n >= 0 do
		t.x = n
		if n == 2 then error("at two") end
		kept.t = t
		n = n - 1
	end
	return n
end)
show(pcall(loop, 5)) show(pcall(loop, 1))

local nested = ms.stage(function(n, m)
	local t, count = { x = 0, y = 0 }, 0
	local function get() return count end
	for i = 1, n do
		t.x, count = i, i * 10
		for k = 1, m do
			t.y = k
			if i * k == 6 then error("six") end
			if k == 2 then kept.t = t end
			if k == 3 then f = get end
		end
	end
end)
show(pcall(nested, 2, 2)) show(pcall(nested, 4, 3)) show(pcall(nested, 3, 1)) show(pcall(nested, 6, 1))

local function go(n, t)
	t.x = n
	if n == 2 then error("at two") end
	kept.t = t
	if n == 0 then return 0 end
	return 1 + go(n - 1, t)
end
local recursive = ms.stage(function(n) return go(n, { x = 100 }) end)
show(pcall(recursive, 5)) show(pcall(recursive, 1)) show(pcall(recursive, 2))
