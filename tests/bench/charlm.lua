-- Microseconds for one training step of a character model; tests/bench/c/charlm.c is the same model
-- by hand. The step (32 characters forward, the gradient, the update) is one staged function.
--   charlm.lua TEXT BATCH [SECONDS [STEPS]]    with STEPS prints the loss after so many steps
local ms = require "moonstage"
local T, H, BATCHES, RATE, CLIP = 32, 64, 8, 0.5, 0.2
local path, B, seconds, steps = arg[1], tonumber(arg[2]), tonumber(arg[3] or 0.2), tonumber(arg[4])

local file = assert(io.open(path, "rb"))
local text = file:read("a")
file:close()
local number, V = {}, 0
for byte = 0, 255 do
	if text:find(string.char(byte), 1, true) then
		number[byte] = V + 1
		V = V + 1
	end
end

-- Batch k, stream i begins at (k * B + i) * (T + 1), both from 0.
local xs, ys = {}, {}
for k = 0, BATCHES - 1 do
	local x, y = {}, {}
	for t = 0, T - 1 do
		x[t + 1] = {}
		for i = 0, B - 1 do
			local at = (k * B + i) * (T + 1) + t
			x[t + 1][i + 1] = number[text:byte(at + 1)]
			y[#y + 1] = number[text:byte(at + 2)]
		end
	end
	xs[k + 1], ys[k + 1] = ms.tensor(x), ms.tensor(y)
end

local function weights(rows, cols, scale)
	local w = {}
	for i = 0, rows * cols - 1 do w[i + 1] = scale * (i * 7919 % 2003 / 1001.5 - 1) end
	return ms.tensor(w, "f32"):reshape(rows, cols)
end

local function loss(p, x, y)
	local h = ms.zeros(B, H)
	local hs = {}
	for t = 1, T do
		h = (p.e[x[t]] + h:matmul(p.w) + p.b):tanh()
		hs[t] = h
	end
	return ms.cross_entropy(ms.cat(hs, 1):matmul(p.o) + p.c, y)
end

local gradient = ms.value_and_grad(loss)
local step = ms.stage(function(p, x, y, rate)
	local value, g = gradient(p, x, y)
	local new = {}
	for name, w in ms.pairs(p) do new[name] = w - rate * g[name]:clamp(-CLIP, CLIP) end
	return value, new
end)

local p = {
	e = weights(V, H, 0.1),
	w = weights(H, H, 0.1),
	b = ms.zeros(H),
	o = weights(H, V, 0.1),
	c = ms.zeros(V),
}
local at = 0
local function run(n)
	local l
	for _ = 1, n do
		at = at % BATCHES + 1
		l, p = step(p, xs[at], ys[at], RATE)
	end
	return l
end

if steps then
	print(("%.6f"):format(run(steps):item()))
	return
end
run(3)
local n, t = 1, 0
while true do
	t = os.clock()
	run(n)
	t = os.clock() - t
	if t >= seconds then break end
	n = t > 0 and math.floor(n * seconds / t * 1.2) + 1 or n * 10
end
print(("%.3f"):format(t / n * 1e6))
