-- Gradients and in-place ops: what is recorded may not be changed, constants may, and nothing flows through a write.
-- Updates after the gradient write the parameters themselves.
local ms = require "moonstage"
local x = ms.tensor{1.0,2,3}
local function case(name, f, ...)
	local r = table.pack(pcall(ms.stage(f), ...))
	for i = 1, r.n do r[i] = tostring(r[i]) end
	print(name, table.concat(r, " | "))
end
case("const", function(x) return ms.grad(function(p) local z = ms.zeros(3) z:add_(p) z[2] = 5 return (p * z):sum() end)(x) end, x)
case("tracked", function(x) return ms.grad(function(p) p:add_(1) return (p * p):sum() end)(x) end, x)
case("tracked2", function(x) return ms.grad(function(p) local q = p * 2; q[1]=3 return (p * q):sum() end)(x) end, x)
case("row", function(x) local y = x * 1; local r = y:narrow(1,1,1) return ms.grad(function(p) r:zero_() return (p * p):sum() end)(y) end, x)
case("before", function(x) x:add_(1) x[1] = 9 return ms.grad(function(p) return (p * p * x):sum() end)(x), x end, x)
print(x)
case("dup", function(x) local a, b = x * 2, x * 2 return ms.grad(function(p) return (p * b * a):sum() end)(a) end, x)
case("after", function(x) local y = x * 2 local g = ms.grad(function(p) return (p * p):sum() end)(y) y:sub_(g * 0.1) g:zero_() return y, g end, x)
case("sgd", function(w) local g = ms.grad(function(p) return (p * p):sum() end)(w) w:sub_(g * 0.5) end, x)
print(x)
local params = { w = ms.ones(2, 2), b = ms.zeros(2) }
local step = ms.stage(function(x, y)
  local loss, g = ms.value_and_grad(function(p) local e = x:matmul(p.w) + p.b - y return (e * e):mean() end)(params)
  for k, v in ms.pairs(params) do v:sub_(g[k] * 0.1) end
  return loss
end)
for i = 1, 4 do print(step(ms.tensor{{1.0, 2}, {3, 4}}, ms.tensor{{0.5, 1}, {1, 0}})) end
print(params.w, params.b)

-- a loss that is one of two tensors, which are told apart where tensors are written in place
local outside = ms.tensor { 1.0, -2.0, 0.5 }
local either = ms.stage(function(v, step)
	v:mul_(step)
	return ms.grad(function(w)
		local l = (w * w):sum()
		if step > 2 then l = l - outside:sum() end
		if step == 5 then l = w:sum() end
		return l
	end)(v)
end)
for _, step in ipairs { 1, 2, 3, 5, 4, 5, 2, 7 } do
	local g, l = either(ms.tensor { 0.5, 1.0, 2.0 }, step)
	print(step, g, l)
end
