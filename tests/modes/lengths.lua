-- Tensors whose lengths change from call to call: one graph serves them all, and what it gives, prints, leaves behind and
-- raises is what the eager run does, whatever the length.
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
local function count(f) return tonumber(ms.explain(f):match ": (%d+) graph") end

local state = { calls = 0 }
local LENGTHS = { 3, 5, 4, 7, 1, 2, 9, 0, 6, 5, 12, 3, 1, 40 }

-- f(x, y) with x of n rows of 3, y of n integers; errors are results. `most` graphs are made.
local function each(name, most, f, lengths)
	local staged = ms.stage(f)
	for _, n in ipairs(lengths or LENGTHS) do
		local x = (ms.arange(n * 3):float() * 7 % 11 - 4):reshape(n, 3)
		local y = ms.arange(n) % 3 + 1
		show(name, n, pcall(staged, x, y))
	end
	local made = count(staged)
	if made and made > most then print(name, made .. " graphs, not " .. most .. " at most") end
	show(name, "state", state.calls, state.last)
end

-- element by element, broadcasting, reductions, products
local w, b, eye = (ms.arange(12):float() / 7 - 0.5):reshape(3, 4), ms.ones(4), ms.eye(3)
each("affine", 5, function(x) return (x:matmul(w) + b):relu() end)
each("mixed", 5, function(x, y) return x * 2 + y:float():unsqueeze(2), x:sum(2) - y, (x > 0):any(2), -y end)
each("reduced", 5, function(x) return x:sum(), x:mean(1), x:mean(), x:sum({ 1, 2 }, true), x:argmin(2) end)
each("extremes", 8, function(x) return x:amax(1), x:argmax(1), (x:max(2)) end)
each("gram", 5, function(x) return x:t():matmul(x), x:matmul(x:t()):sum(), x:sum(2):matmul(x) end)
each("losses", 6, function(x, y) return ms.cross_entropy(x, y), x:softmax(2):sum(1), x:log_softmax(1):sum() end)
each("rows", 5, function(x, y) return eye[y]:sum(1), ms.embedding(w, y):sum(1), x:index_select(1, y):sum() end)
each("shapes", 6, function(x)
	local n, m = x.shape[1], x.shape[2]
	return x:reshape(n, m, 1):sum(2), x:reshape(-1, 3):sum(1), x:unsqueeze(1):squeeze(1):sum(), x:reshape(n, -1):mean(),
		ms.zeros(n, 2), ms.ones(x.shape):sum(), ms.zeros_like(x), ms.arange(n), x:numel(), #x, x:size(1), x:dim()
end)
each("kept in order", 6, function(x, y)
	state.calls = state.calls + #x
	print("rows", #x, x:numel(), x:sum())
	state.last = y:sum()
	return ms.where(x > 0, x, x * 0):sum()
end)

-- numbers made of lengths; branches and loops on them
each("numbers", 5, function(x) return #x // 2, #x / 2, #x * 3 + 1, #x == x.shape[1], math.max(#x, 4), ("%d rows"):format(#x) end)
each("branches", 5, function(x)
	if #x > 4 then return "long", x:sum() elseif #x % 2 == 0 then return "even" end
	return x:mean(1), -#x
end)
each("a loop over rows", 5, function(x)
	local s = ms.zeros(3)
	for i = 1, #x do s = s * 0.5 + x[i] end
	return s
end)
each("ipairs", 5, function(x, y)
	local s, last = ms.zeros(3), 0
	for i, row in ipairs(x) do
		s = s + row * i
		if i == 6 then break end
		last = i
	end
	return s, last
end)
each("a loop that keeps the rows", 5, function(x)
	local h = x
	for i = 1, 3 do h = (h + x[1]):tanh() end
	local i = 0
	while i < #x do
		i = i + 1
		h = h + i
	end
	return h:sum(1), i
end)
each("returns from a loop", 5, function(x, y)
	for i = 1, #x do
		if y[i] == 3 then return i, x[i] * 1 end
	end
	return nil
end)

-- errors of some lengths only, in their places
each("an index beyond", 6, function(x)
	state.calls = state.calls + 1
	local third = x[3] * 2
	state.last = "after"
	return third
end)
each("several indices", 8, function(x)
	print(x[2]:sum())
	return x[4]:sum() + x[1] * 2
end)
each("a mismatch", 16, function(x, y)
	print("before")
	return x[y] + ms.ones(5, 1)
end, { 5, 3, 4, 1, 5, 2, 6 })
each("an error of the script", 5, function(x)
	if #x > 6 then error("too long: " .. #x) end
	assert(#x ~= 4, "not four")
	return #x
end)
each("caught inside", 16, function(x)
	local ok, e = pcall(function() return x[5] end)
	return ok, ok and e or e:gsub("^.-:%d+: ", "")
end, { 3, 4, 5, 6, 7, 4 })

-- what needs the lengths: a graph each, as ever
each("in place", 16, function(x)
	x:add_(1)
	x[1] = 0
	return x
end, { 2, 3, 4, 5, 6, 3 })
each("rows kept", 16, function(x)
	state.last = x * 2
	return x:sum()
end, { 2, 3, 4, 5, 6, 3 })
each("views given back", 16, function(x) return x:t(), x[2], x end, { 2, 3, 4, 5, 6, 3 })
each("ranges", 16, function(x) return x[{ { 2, -1 } }], x[-1], x:narrow(1, 1, 2):sum() end, { 2, 3, 4, 5, 6, 3 })
each("joined", 16, function(x, y) return ms.cat { x, x * 2 }:sum(), ms.stack({ x, x }):sum(1) end, { 2, 3, 4, 5, 6, 3 })
each("a product of lengths", 16, function(x) return x:flatten(), x:reshape(-1) end, { 2, 3, 4, 5, 6, 3 })
each("a number as a shape", 16, function(x) return ms.zeros(#x - 1), ms.ones(#x * 2):sum() end, { 2, 3, 4, 5, 6, 3 })
each("rounded to a table", 16, function(x)
	local t = {}
	for i = 1, #x do t[i] = i * 2 end
	return #t, t[#x], t[1]
end, { 2, 3, 4, 5, 6, 3 })

-- several lengths, equal or not
local pair = ms.stage(function(q, k)
	local scores = q:matmul(k:t())
	return scores:softmax(2):matmul(k):sum(1), #q + #k, #q == #k
end)
for _, s in ipairs { { 2, 3 }, { 3, 4 }, { 4, 6 }, { 5, 5 }, { 6, 6 }, { 7, 2 }, { 4, 9 }, { 8, 8 }, { 1, 4 }, { 6, 1 } } do
	show("pair", s[1], s[2], pair((ms.arange(s[1] * 2):float():sin()):reshape(s[1], 2), (ms.arange(s[2] * 2):float():cos()):reshape(s[2], 2)))
end
local sum = ms.stage(function(a, c) return a + c end)
for _, s in ipairs { { 2, 2 }, { 3, 3 }, { 4, 4 }, { 5, 5 }, { 5, 4 }, { 5, 1 }, { 1, 6 }, { 7, 7 }, { 3, 2 }, { 9, 9 } } do
	show("sum", s[1], s[2], pcall(sum, ms.arange(s[1]), ms.arange(s[2]) * 10))
end
-- layouts
local scaled = ms.stage(function(x) return x * 2, x:sum(1) end, { graphs = 30 })
for n = 2, 8 do
	local m = ms.arange(n * 4):reshape(4, n)
	show("layouts", n, scaled(m))
	show("layouts", n, scaled(m:t()))
	show("layouts", n, scaled(m[{ {}, { 1, n - 1 } }]))
end

-- training, with a batch that is smaller at the end
local data, labels = (ms.arange(66):float() * 5 % 13 / 13):reshape(22, 3), ms.arange(22) % 4 + 1
local p = { w1 = (ms.arange(15):float():sin() / 2):reshape(3, 5), b1 = ms.zeros(5), w2 = (ms.arange(20):float():cos() / 2):reshape(5, 4) }
local function loss_of(q, x, y)
	local h = (x:matmul(q.w1) + q.b1):tanh()
	local logits = h:matmul(q.w2)
	return ms.cross_entropy(logits, y) + (h * h):mean() + logits:mean(1):sum() * 0.1
end
local step = ms.stage(function(x, y)
	local loss, grads = ms.value_and_grad(loss_of)(p, x, y)
	for _, k in ipairs { "w1", "b1", "w2" } do p[k] = p[k] - grads[k] * 0.1 end
	return loss
end)
for _, batch in ipairs { 5, 8, 7, 6, 4, 9, 3 } do
	for at = 1, 22, batch do
		local to = math.min(at + batch - 1, 22)
		show("training", batch, to - at + 1, step(data[{ { at, to } }]:clone(), labels[{ { at, to } }]:clone()))
	end
end
show("trained", p.w1, p.b1, p.w2)
local made = count(step)
if made then print(made <= 6 and "few graphs" or made .. " graphs") else print "few graphs" end

-- gradients over many rows are made in another way
local slope = ms.stage(function(q, x) return (ms.grad(function(v) return ((x:matmul(v) + v[1]):tanh()):mean() end)(q)) end)
for _, n in ipairs { 2, 3, 4, 1023, 1024, 1025, 7, 1030, 2000, 2048, 11 } do
	show("slope", n, slope(w, (ms.arange(n * 3):float() / 50):sin():reshape(n, 3)))
end

-- 50 lengths
local mean = ms.stage(function(x)
	local s = 0.0
	for i = 1, #x do s = s + x[i]:item() * i end
	return s / #x, x:mean()
end)
for n = 50, 1, -1 do show("many", mean(ms.arange(n):float() + 0.5)) end
print(not count(mean) or count(mean) <= 4) -- three and one for the length 1

-- a length at which the call fails has a graph of its own, however the call of another length ended
local matrix
local part = ms.stage(function()
	local _ = matrix[{ {}, {2, 3} }]
	error("after", 0)
end)
for n = 6, 1, -1 do
	matrix = ms.ones(2, n)
	show("fails", pcall(part))
end
