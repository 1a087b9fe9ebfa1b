-- Microseconds to trace a training loop that is written plainly.
--   rolled.lua STEPS          that
--   rolled.lua STEPS nodes    the nodes of its graph
local ms = require "moonstage"
local clock = os.clock
local steps = math.tointeger(arg[1])

local function train(x, y)
	local net = { w = ms.ones(8, 1) * 0.1, b = ms.zeros(1) }
	local rate, last = 0.05, nil
	local step = ms.value_and_grad(function(p)
		local d = x:matmul(p.w):tanh() + p.b - y
		return (d * d):mean()
	end)
	for i = 1, steps do
		local loss, g = step(net)
		for k, v in ms.pairs(net) do net[k] = v - g[k] * rate end
		rate = rate * 0.999
		if i % 100 == 0 then print(i, loss) end
		last = loss
	end
	return last, net
end

local x, y = ms.ones(4, 8), ms.zeros(4, 1)
local best, nodes = math.huge, 0
for _ = 1, 30 do
	local f = ms.stage(train)
	local t = clock()
	local text = f:graph(x, y)
	best = math.min(best, clock() - t)
	_, nodes = text:gsub("\n", "")
end
print(arg[2] == "nodes" and nodes or ("%.0f"):format(best * 1e6))
