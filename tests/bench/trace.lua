-- Nanoseconds for a node of a graph that is traced: a chain of layers on parameters from outside, with everything from
-- the call to the plan that is ready to run.
local ms = require "moonstage"
local clock = os.clock
local DEPTH <const> = 500
local layers = {}
for i = 1, DEPTH do layers[i] = { w = ms.ones(8, 8), b = ms.ones(8), scale = ms.tensor(0.5) } end
local function layer(p, x)
	local y = x:matmul(p.w) + p.b
	y = (y * p.scale):tanh()
	return x + y
end
local function forward(x)
	for _, p in ipairs(layers) do x = layer(p, x) end
	return x
end

local x = ms.ones(1, 8)
local best = math.huge
for _ = 1, 10 do
	local f = ms.stage(forward)
	local t = clock()
	f(x)
	best = math.min(best, clock() - t)
end
local run = math.huge
local f = ms.stage(forward)
local _, nodes = f:graph(x):gsub("\n", "")
for _ = 1, 10 do
	local t = clock()
	f(x)
	run = math.min(run, clock() - t)
end
print(("%.0f"):format((best - run) / nodes * 1e9))
io.stderr:write(nodes, " nodes\n")
