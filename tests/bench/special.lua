-- Nanoseconds for one call of a staged function whose argument is how many layers it applies, the same in every call:
--   special.lua CASE           in the graph for that number
--   special.lua CASE general   in the graph for any number
-- CASE: layers (each has parameters of its own), cell (all have the same: nothing is gained).
local ms = require "moonstage"
local clock = os.clock
local LAYERS = 6
local layers = {}
for i = 1, 2 * LAYERS do layers[i] = { w = ms.full({ 8, 8 }, 0.01 * i), b = ms.ones(8) } end
local cases = {
	layers = function(x, n)
		for i = 1, n do x = (x:matmul(layers[i].w) + layers[i].b):tanh() end
		return x
	end,
	cell = function(x, n)
		for _ = 1, n do x = (x:matmul(layers[1].w) + layers[1].b):tanh() end
		return x
	end,
}
local f = ms.stage(cases[arg[1]])
local x = ms.ones(8)
local function run(n)
	local t = clock()
	for _ = 1, n do f(x, LAYERS) end
	return (clock() - t) / n
end
run(300)
if arg[2] == "general" then f(x, LAYERS - 1) end -- from here on the number is not taken for granted
run(2000)
print(("%.1f"):format(run(100000) * 1e9))
