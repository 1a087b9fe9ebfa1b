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
