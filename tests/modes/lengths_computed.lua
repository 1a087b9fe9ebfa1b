-- Lengths computed from unknown ones: ranges and positions from the end, joined and flattened tensors, shapes made of
-- sums and products, and their gradients, at lengths where they are errors, too.
local ms = require "moonstage"
local function show(...)
	local out = table.pack(...)
	for i = 1, out.n do
		local v = out[i]
		if ms.is_tensor(v) then
			out[i] = v.dtype .. table.concat(v.shape, "x") .. "=" .. table.concat(v:double():flatten():tolist(), " ")
		else
			out[i] = tostring(v)
		end
	end
	print(table.concat(out, "\t"))
end
local LENGTHS = { 3, 5, 4, 7, 1, 2, 9, 0, 6, 5, 12, 3, 1, 8 }
local function each(name, f, most)
	local staged = ms.stage(f, { graphs = 20 })
	for _, n in ipairs(LENGTHS) do
		local x = (ms.arange(n * 3):float() * 7 % 11 - 4):reshape(n, 3)
		local y = ms.arange(n) % 3 + 1
		show(name, n, pcall(staged, x, y))
	end
	local made = tonumber(ms.explain(staged):match ": (%d+) graph")
	if made and made > (most or 7) then print(name, made .. " graphs") end
end
each("flatten", function(x, y)
	return x:flatten(), x:reshape(-1):sum(), x:t():sum(2), x:reshape(#x * 3), x:flatten():reshape(-1, 3)
end, 20)
each("ranges", function(x, y)
	return x[{ { 2, -1 } }] * 1, x[-1] * 1, x[-2] + 1, x[{{1, -2}}]:sum(1)
end)
each("ranges2", function(x, y)
	return x[{ {1, #x - 1} }] - x[{{2, #x}}], x[{ {}, {1, 2} }]:sum(2)
end)
each("ranges3", function(x, y)
	return x:narrow(1, 2, #x - 2) * 2, x:narrow(1, -2, 2) * 3, x:narrow(1, 1, 2):sum()
end)
each("fixed", function(x, y)
	return x[{ {1, 3} }] * 2, x:narrow(1, 2, 3):sum(1), x[{ {-3, -1} }]:sum()
end)
each("empty", function(x, y)
	return x[{ {2, 1} }] * 2, x[{ {#x, #x - 1} }] * 2, x:narrow(1, 1, 0) * 1
end)
each("steps", function(x, y)
	return x[{ {1, #x, 2} }] * 2, x[{ {1, -1, 3} }]:sum()
end, 20)
each("cat", function(x, y)
	return ms.cat { x, x * 2, ms.zeros(2, 3) }, ms.cat({ x, x }, 2):sum(1), ms.stack { y, y }, ms.cat { y, y[{ {2, -1} }] }
end)
each("numbers", function(x, y)
	return ms.zeros(#x - 1), ms.ones(#x * 2 + 1):sum(), ms.arange(#x + 3), ms.zeros(#x - #x + 2), ms.ones(3 * #x, #x):sum(), x:numel()
end)
each("grads", function(x, y)
	local w = ms.ones(3, 2)
	return (ms.grad(function(w)
		local h = x:matmul(w)
		local s = h[{ {1, -2} }] - h[{ {2, -1} }]
		local c = ms.cat { s, h }:tanh()
		return (c * c):mean() + h[-1]:sum() + c:flatten():sum() * 0.1 + h:reshape(-1):mean() + c[{ {1, 2} }]:sum()
	end)(w))
end)
each("rnn", function(x, y)
	local p = { w = ms.ones(3, 4) * 0.1, u = ms.ones(4, 4) * 0.2, b = ms.zeros(4) }
	local l, g = ms.value_and_grad(function(p)
		local h = ms.zeros(#x, 4)
		for t = 1, 3 do h = (x:matmul(p.w) + h:matmul(p.u) + p.b):tanh() end
		return (h * h):mean()
	end)(p)
	return l, g.w, g.u, g.b
end)
each("negative", function(x, y)
	return ms.zeros(#x - 4)
end)
each("order", function(x, y)
	return x:narrow(1, 1, 10 - #x) * 1
end, 20)
each("reshape", function(x, y)
	return x:reshape(#x, 1, 3):sum(1), x:reshape(3, #x):sum(2), x:reshape(3, -1):sum(2), x:t():reshape(-1):sum(), ms.arange(#x * 4):reshape(#x, -1):sum(1), ms.arange(#x*4):reshape(-1, #x):sum(2)
end, 20)
each("rows", function(x, y)
	local s = 0.0 for i = 2, #x - 1 do s = s + (x[i - 1] + x[i + 1]):sum():item() end return s
end)
each("expand", function(x, y)
	return y:unsqueeze(1):expand(2, #x):sum(1), ms.ones(1,3):expand(#x, 3):sum(), ms.ones(1, 3):expand(#x + 1, 3) + 0
end)
each("outer", function(x, y)
	return (y:unsqueeze(2) * y:unsqueeze(1)):sum(), ms.eye(3)[y]:reshape(-1):sum(), x:mean({1,2}), x:flatten():amax(), x:flatten():argmax()
end)

-- numbers that shapes are made of; where their value is needed they are known
local function sizes(name, f, most, values)
	local staged = ms.stage(f, { graphs = 20 })
	for _, n in ipairs(values or { 3, 4, 5, 6, 2, 1, 0, -1, 9, 5, 2.0, 3.5, 7, "8", 4 }) do show(name, n, pcall(staged, n)) end
	local made = tonumber(ms.explain(staged):match ": (%d+) graph")
	if made and made > most then print(name, made .. " graphs") end
end
sizes("a shape", function(n) return ms.ones(n, 2):sum(1), ms.zeros(n), ms.arange(n) end, 9)
sizes("a shape and a loop", function(n)
	local x, s = ms.arange(n):float(), 0
	for i = 1, n do s = s + i end
	return (x * s):sum(), n // 2, ("%d"):format(#x)
end, 9, { 3, 4, 5, 6, 2, 1, 0, 9, 5, 7 })
local names = { "a", "b", "c", "d", "e", "f", "g", "h", "i" }
sizes("a shape and a key", function(n) return ms.ones(n + 1):sum(), names[n] end, 20, { 3, 4, 5, 6, 2, 1, 9, 5, 7 })
sizes("a known dim", function(n) return ms.ones(2, 6):reshape(n, -1):sum(1) end, 20, { 2, 3, 4, 6, 1, 12, 5 })
local size = 2
local layer = ms.stage(function(x) return x:sum(1) + ms.ones(size) * 2, size end, { graphs = 20 })
for n = 2, 12 do
	size = n
	show("from outside", layer(ms.ones(3, n)))
	show("from outside", layer(ms.ones(n, n)))
end
print((tonumber(ms.explain(layer):match ": (%d+) graph") or 0) <= 12)

-- tensors that are kept and go on from call to call
local state, log = { h = ms.zeros(1, 4) }, {}
local keep = ms.stage(function(x, grow)
	local h = ms.cat { state.h, x:matmul(ms.ones(3, 4)) }
	state.h = h
	state.last, state.same = x * 2, state.h
	if grow then state.twice = h + h end
	return h:sum()
end, { graphs = 20 })
for i, n in ipairs { 1, 2, 3, 2, 4, 2, 3, 5, 2 } do
	show("kept", n, keep(ms.ones(n, 3), i % 2 == 0))
	show("kept", state.h, state.last, state.same == state.h, rawequal(state.same, state.h), state.twice)
	if i % 4 == 0 then state.h = ms.zeros(2, 4) end
	if i == 5 then state.h:add_(1) end
end
local rows = ms.stage(function(x)
	local best
	for i = 1, #x do
		local y = x * i
		if y:sum() > 20 then
			best = y
			break
		end
	end
	state.best = best
	return best and best:sum(1)
end, { graphs = 20 })
for _, n in ipairs { 2, 3, 4, 5, 6, 7, 8, 3 } do show("kept from a loop", n, pcall(rows, ms.ones(n, 2))) end
