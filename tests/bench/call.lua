-- Nanoseconds for one call of a staged function that reads ten tensors from outside.
--   call.lua           that
--   call.lua graph     prints the text of its graph, for c/graph.c to run alone
local ms = require "moonstage"
local clock = os.clock
local p = { w = { ms.ones(4), ms.ones(4) }, b = ms.ones(4), c = ms.ones(4) }
local u, v, w, x, y, z = ms.ones(4), ms.ones(4), ms.ones(4), ms.ones(4), ms.ones(4), ms.ones(4)
local f = ms.stage(function() return u + v + w + x + y + z + p.w[1] + p.w[2] + p.b + p.c end)
if arg[1] == "graph" then
	io.write(f:graph())
	return
end
local function run(n)
	local t = clock()
	for _ = 1, n do f() end
	return (clock() - t) / n
end
run(20000)
print(("%.1f"):format(run(300000) * 1e9))
