-- Nanoseconds for a node of a graph, from the call that traces it to the plan that is ready to run: a recurrent cell,
-- called fifty times in a loop, with its parameters in a table outside.
local ms = require "moonstage"
local clock = os.clock
local STEPS <const>, H <const> = 50, 8
local p = {}
for _, name in ipairs { "w", "u", "wc", "uc" } do p[name] = ms.ones(H, H) * 0.1 end
for _, name in ipairs { "b", "bc" } do p[name] = ms.zeros(H) end

local function cell(x, h)
	local z = (x:matmul(p.w) + h:matmul(p.u) + p.b):sigmoid()
	local c = (x:matmul(p.wc) + (h * z):matmul(p.uc) + p.bc):tanh()
	return h * (1 - z) + c * z
end
local function forward(x)
	local h = ms.zeros(1, H)
	for _ = 1, ms.unroll(STEPS) do h = cell(x, h) end
	return h
end

local x = ms.ones(1, H)
local traced, run, nodes = math.huge, math.huge, 0
for _ = 1, 30 do
	local f = ms.stage(forward)
	local t = clock()
	f(x)
	traced = math.min(traced, clock() - t)
	t = clock()
	f(x)
	run = math.min(run, clock() - t)
	_, nodes = f:graph(x):gsub("\n", "")
end
print(("%.0f"):format((traced - run) / nodes * 1e9))
