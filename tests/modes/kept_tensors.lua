-- Kept functions with tensors in their variables, as metamethods, with host calls that call them, and staged themselves.
local ms = require "moonstage"
-- host calls that call what was kept
local reg = {}
local host = ms.host(function(k) return reg.f and reg.f(k) or -1 end, "int")
local h = ms.stage(function(n)
  local c = 0
  reg.f = function(d) c = c + d return c end
  local a = host(n)
  c = c + 100
  local b = host(n)
  return a, b, c, reg.f(1)
end)
print(h(5)) print(reg.f(0)) print(h(7)) print(reg.f(0))
local h2 = ms.stage(function(n)
  local c = 0
  if n > 3 then reg.f = function(d) c = c + d return c end end
  local a = host(n)
  c = c + 100
  local b = host(n)
  return a, b, c
end)
reg.f = nil
print(h2(2)) print(h2(5)) print(reg.f(0))
local hf = ms.host(function(f, n) return f(n) + f(n) end, "int")
local h3 = ms.stage(function(n) local c = n local r = hf(function(d) c = c + d return c end, 2) return r, c end)
print(h3(10)) print(h3(1))
-- tensors in variables
local t1 = ms.stage(function(x)
  local w, b = x * 2, 0.5
  local function fwd(y) return w * y + b end
  local function step(g) w:sub_(g) b = b + 1 end
  step(x)
  return { fwd = fwd, step = step, w = w }
end)
local m = t1(ms.tensor{1.0, 2.0})
print(m.fwd(1)) m.step(ms.tensor{0.5, 0.5}) print(m.fwd(1), m.w)
m.w:mul_(10) print(m.fwd(1))
local w0 = ms.tensor{1.0, 1.0}
local t2 = ms.stage(function(x) local v = w0 w0:add_(x) return function() v:add_(1) return v, w0 end end)
local f2 = t2(1) print(f2()) print(rawequal(f2(), w0))
local function mlp(n)
  local net = {}
  for i = 1, 3 do
    local W = ms.ones(n, n) * i
    net[i] = function(x) return (x:matmul(W)):relu() end
  end
  return function(x) for _, l in ipairs(net) do x = l(x) end return x end, net
end
local smlp = ms.stage(function(x) local f, net = mlp(2) return f, net, f(x) end)
local f, net, y = smlp(ms.ones(1, 2)) print(y, f(ms.ones(1, 2)), net[2](ms.ones(1, 2)))
local kept
local cond = ms.stage(function(x)
  local w = x * 2
  local v
  if x:sum() > 3 then v = function() return w end else v = x end
  kept = v
  w = w + 1
  return v
end)
print(cond(ms.tensor{1.0, 1.0})) print(cond(ms.tensor{5.0, 1.0})()) print(kept())
-- grad kept
local g = ms.stage(function(k)
  local calls = 0
  local gf = ms.grad(function(x) calls = calls + 1 return (x * x * k):sum() end)
  return gf, function() return calls end
end)
local gf, calls = g(3) print(gf(ms.tensor{1.0, 2.0}), calls())
-- metamethods
local cls = ms.stage(function(n)
  local log = {}
  local mt = {}
  mt.__index = function(t, k) log[#log + 1] = k return k .. n end
  mt.__newindex = function(t, k, v) rawset(t, k, v * 2) end
  mt.__eq = function() return true end
  mt.__len = function() return n end
  mt.__tostring = function(s) return "obj" .. n end
  mt.__lt = function(a, b) return n > 3 end
  mt.__concat = function(a, b) return "cat" end
  mt.__close = function() log[#log + 1] = "closed" end
  return setmetatable({}, mt), setmetatable({}, mt), log
end)
local a, b, log = cls(2)
print(a.x, a == b, #a, tostring(a), a < b, a .. b) a.y = 4 print(a.y)
do local c <close> = a end
print(#log, log[1], log[2])
print(cls(5) < b)
-- tensors
local tens = ms.stage(function(x)
  local w = x * 2
  return function(y) return w + y end, function(v) w = v end
end)
local tf, set = tens(ms.tensor{1.0, 2.0})
print(tf(1)) set(ms.tensor(5.0)) print(tf(1))
-- mutated later by calls
local tin = ms.stage(function(x)
  local w = x * 2
  return w, function() w:add_(1) return w end
end)
local w, fw = tin(ms.tensor{1.0, 2.0})
print(rawequal(fw(), w), w)
-- staged object
local mk = ms.stage(function(k) return ms.stage(function(x) return x * k end) end)
local st = mk(3)
print(type(st), st(4), st(5))
local mg = ms.stage(function(k)
  local s = ms.stage(function(x) return (x * x * k):sum() end, { graphs = 3 })
  print(type(s), s(ms.tensor(2.0)), s(ms.tensor(3.0)))
  return ms.grad(s), s, ms.grad(function(x) return (x * x * k):sum() end)
end)
local g1, s1, g2 = mg(3)
print(type(g1), type(s1), g1(ms.tensor{1.0,2.0}), s1(ms.tensor{1.0,2.0}), g2(ms.tensor{1.0, 2.0}))
-- expect: 5	110	110	111
-- expect: 111
-- expect: 7	114	114	115
-- expect: 115
-- expect: -1	-1	100
-- expect: 5	110	110
-- expect: 110
-- expect: 26	14
-- expect: 8	5
-- expect: tensor([2.5, 3.5])
-- expect: tensor([3.0, 4.0])	tensor([0.5, 1.5])
-- expect: tensor([ 7.5, 17.5])
-- expect: tensor([3.0, 3.0])	tensor([3.0, 3.0])
-- expect: true
-- expect: tensor([[48.0, 48.0]])	tensor([[48.0, 48.0]])	tensor([[4.0, 4.0]])
-- expect: tensor([1.0, 1.0])
-- expect: tensor([11.0,  3.0])
-- expect: tensor([11.0,  3.0])
-- expect: tensor([ 6.0, 12.0])	1
-- expect: x2	true	2	obj2	false	cat
-- expect: 8
-- expect: 2	x	closed
-- expect: true
-- expect: tensor([3.0, 5.0])
-- expect: 6.0
-- expect: true	tensor([3.0, 5.0])
-- expect: table	12	15
-- expect: table	12.0	27.0
-- expect: function	table	tensor([ 6.0, 12.0])	15.0	tensor([ 6.0, 12.0])	15.0
