-- ms.grad and ms.value_and_grad: alone, inside staged functions, of staged functions, over nested tables.
local ms = require "moonstage"

local function show(v)
	if type(v) == "table" then
		local out = {}
		for k, x in ms.pairs(v) do out[#out + 1] = tostring(k) .. "=" .. show(x) end
		return "{" .. table.concat(out, ", ") .. "}"
	end
	return tostring(v)
end
local function each(f, ...)
	for _, args in ipairs { ... } do
		local r = table.pack(pcall(f, table.unpack(args)))
		for i = 1, r.n do r[i] = show(r[i]) end
		print(table.concat(r, "\t"))
	end
end

local x, w = ms.tensor { 1.0, -2.0, 3.0 }, ms.tensor { 0.5, 0.25, -1.0 }
local function cubes(v) return (v * v * v):sum() end

-- every way to combine the two
local g = ms.grad(cubes)
local staged = ms.stage(cubes)
each(g, { x })
each(ms.stage(g), { x }, { w }, { x })
each(ms.grad(staged), { x }, { w })
each(ms.stage(ms.grad(staged)), { x }, { w })
each(ms.stage(function(v) return ms.grad(cubes)(v) * 2 end), { x })
each(ms.stage(function(v) return g(v) + v, (ms.grad(staged)(v)) end), { x }, { w })
each(ms.stage(ms.value_and_grad(cubes)), { x })
each(ms.stage(function(v) local a, b = ms.value_and_grad(staged)(v) return b, a end), { x })

-- numbers, strings and tables beside what is differentiated; results after the first
local function model(p, v, rate, power, opts)
	local y = v
	for i, layer in ipairs(p.layers) do
		y = (y * layer.w + layer.b)
		if opts and opts.act == "tanh" then y = y:tanh() end
		if power == i then y = y ^ power end
	end
	for name, s in ms.pairs(p.scales or {}) do y = y * s end
	return (y * rate):sum(), y, #p.layers, "text", rate
end
local function layers(n, more)
	local p = { layers = {}, scales = more }
	for i = 1, n do p.layers[i] = { w = w * i, b = ms.tensor(0.1 * i) } end
	return p
end
for _, make in ipairs { ms.grad, ms.value_and_grad } do
	each(ms.stage(make(model)), { layers(1), x, 1.0, 0 }, { layers(1), x, 0.5, 0 }, { layers(2), x, 2, 2 },
		{ layers(2), x, 2, 1, { act = "tanh" } }, { layers(2), x, 2, 1, { act = "none" } },
		{ layers(1, { b = ms.tensor(2.0), a = ms.tensor(0.5) }), x, 1, 0 }, { layers(1), ms.tensor(3.0), 1, 0 })
end

-- a training step: parameters rebound by the step, by the caller, changed in place
local params = { w = ms.zeros(3), inner = { b = ms.tensor(0.0) } }
local seen, rate = 0, 0.1
local function loss(p, v, target) local d = ((p.w * v):sum() + p.inner.b - target) return d * d end
local step = ms.stage(function(v, target)
	seen = seen + 1
	local value, grads = ms.value_and_grad(loss)(params, v, target)
	params.w = params.w - rate * grads.w
	params.inner.b = params.inner.b - rate * grads.inner.b
	return value
end)
for i = 1, 8 do
	print(step(x, 0.5), params.w, params.inner.b, seen)
	if i == 3 then params = { w = w, inner = { b = ms.tensor(1.0) } } end
	if i == 5 then rate = 0.01 end
	if i == 6 then params.w = params.w * 0.5 end
end
-- rebuilt tables
local update = ms.stage(function(p, v, target)
	local value, grads = ms.value_and_grad(loss)(p, v, target)
	return value, { w = p.w - 0.1 * grads.w, inner = { b = p.inner.b - 0.1 * grads.inner.b } }
end)
local value
for _ = 1, 4 do
	value, params = update(params, x, 0.25)
	print(value, params.w, params.inner.b)
end
print(update:graph(params, x, 0.25) ~= nil)

-- conditions known while tracing, and those that are not around the gradient
each(ms.stage(function(v, kind)
	return ms.grad(function(u) if kind == 1 then return (u * u):sum() end return u:exp():sum() end)(v)
end), { x, 1 }, { x, 2 }, { x, 1 })
each(ms.stage(function(v, limit)
	local d = ms.grad(cubes)(v)
	if d:sum() > limit then d = d:clamp(-1, 1) end
	return d
end), { x, 1 }, { x, 100 })
each(ms.stage(function(v, n)
	for _ = 1, n do v = v - 0.01 * ms.grad(cubes)(v) end
	return v
end), { x, 0 }, { x, 1 }, { x, 3 })
each(ms.stage(function(v, limit)
	if v:sum() > limit then return ms.grad(cubes)(v) end
	return v
end), { x, 1 }, { x, 100 })

-- parameters that are one tensor, views, integers among constants, not used at all
each(ms.stage(ms.grad(function(p) return (p.a * p.b):sum() end)), { { a = x, b = w } }, { { a = x, b = x } })
each(ms.stage(ms.grad(function(p) return (p.a * 2):sum() end)), { { a = x, unused = w } })
each(ms.stage(ms.grad(function(p, i) return p[i]:sum() end)), { { x, w }, 1 }, { { x, w }, 2 })
each(ms.stage(ms.grad(function(p) return p[1] * p[3] end)), { x })
each(ms.stage(ms.grad(function(e, i) return e[i]:sum() end)), { ms.ones(3, 2), ms.tensor { 1, 3, 1 } }, { ms.ones(3, 2), ms.tensor { 2, 2, 2 } })
each(ms.stage(ms.grad(function(v) return v:max() + v:mean() end)), { x }, { w })

-- functions of outside variables, which change
local factor, act = 2, function(v) return v:tanh() end
local outer = ms.stage(ms.grad(function(v) return (act(v) * factor):sum() end))
each(outer, { x })
factor = 3
each(outer, { x })
factor = ms.tensor { 1.0, 0.0, 2.0 }
each(outer, { x })
act = function(v) return v * v end
each(outer, { x })

-- prints and writes inside
local log = {}
each(ms.stage(ms.grad(function(v)
	local l = cubes(v)
	print("loss", l)
	log[#log + 1] = l
	return l
end)), { x }, { w })
print(#log, log[1], log[2])

-- what both refuse
each(ms.stage(ms.grad(function(v) return v end)), { x })
each(ms.stage(ms.grad(function() return nil end)), { x })
each(ms.stage(ms.grad(function() return 3 end)), { x })
each(ms.stage(ms.grad(cubes)), { 3 }, { {} }, { "x" }, { { a = { b = print } } })
each(ms.grad(cubes), { 3 }, { {} }, { "x" }, { { a = { b = print } } })
each(ms.stage(ms.grad(function(v) return v:sum() end)), { ms.tensor { 1, 2 } })
each(ms.stage(ms.grad(function(v) error("inside " .. v.shape[1]) end)), { x })
