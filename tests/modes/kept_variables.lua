-- What the variables of kept functions hold: after loops, branches, errors, in calls that are staged again.
-- stock
local ms = require "moonstage"
-- list of closures over loop variables
local list = ms.stage(function(n)
  local fs, sum = {}, 0
  for i = 1, 4 do
    local v = i * n
    fs[i] = function(d) v = v + (d or i) sum = sum + v return v, sum end
  end
  fs[2](1)
  return fs, function() return sum end
end)
local fs, sum = list(2)
print(fs[1](1), fs[2](), fs[3](), fs[1](), sum())
local fs2 = list(3) print(fs2[1](1), fs[1](0), fs2[1] == fs[1])
-- the same with many trips
local many = ms.stage(function(n)
  local fs = {}
  for i = 1, 20 do fs[i] = function() return i * n end end
  return fs
end)
local l = many(3) print(#l, l[1](), l[20](), l[9]())
-- kept in a staged loop, made before
local reg, log = {}, {}
local inloop = ms.stage(function(n)
  local c = 0
  local f = function() c = c + 1 return c end
  local i = 0
  while i < n do
    reg.f = f
    c = c + 10
    i = i + 1
  end
  return c, f
end)
local n0, f0 = inloop(0) print(n0, reg.f, f0())
local n3, f3 = inloop(3) print(n3, reg.f == f3, reg.f(), f3())
-- variables change in a staged loop after they are kept
local later = ms.stage(function(n)
  local c, d = 0, 5
  reg.g = function() c = c + 1 return c, d end
  local i = 0
  while i < n do c = c + i d = d * 2 i = i + 1 end
  if c > 3 then d = -d end
  reg.g()
  return c
end)
print(later(0), reg.g()) print(later(4), reg.g())
-- errors keep what was written before
local err = ms.stage(function(n)
  local c = n
  reg.h = function() c = c + 1 return c end
  c = c * 2
  if n > 3 then error("too much: " .. n) end
  c = c * 2
  return c
end)
print(pcall(err, 1)) print(reg.h()) print((select(2, pcall(err, 5)):gsub("^.-:%d+: ", ""))) print(reg.h(), reg.h())
-- nested conditions
local nest = ms.stage(function(n)
  local s, t = n, 0
  local f
  if n > 0 then
    t = n * 2
    if n > 5 then f = function() s = s + t return s end reg.n = f
    else reg.n = function() t = t + 1 return t, s end end
    s = s + 1
  else reg.n = nil end
  s, t = s * 2, t + 1
  return f, s, t
end)
for _, n in ipairs { -1, 3, 9 } do
  local f, s, t = nest(n)
  print(type(f), s, t, f and f(), f and reg.n == f, reg.n and reg.n())
end
-- environments
local envs = ms.stage(function(k)
  local print = print
  local _ENV = { k = k, x = 0 }
  return function(d) x = x + d * k return x end, _ENV
end)
local ef, env = envs(3) print(ef(2), env.x, ef(1), env.x)
local glob = ms.stage(function(k) gk = k return function(d) gk = gk + d return gk end end)
local gf = glob(5) print(gf(1), gk) gk = 50 print(gf(1))
-- varargs
local va = ms.stage(function(...)
  local a, b = ...
  local p = table.pack(...)
  return function(...) return a, b, p.n, select("#", ...), ... end
end)
print(va(1, 2, 3)(nil, 5))
-- made by another function with variables of its own
local made = 0
local function maker(k)
  made = made + 1
  local id = made
  return function(x) made = made + 0 id = id + x return id * k, made end
end
local usesmaker = ms.stage(function(n) local f, g = maker(n), maker(2) f(1) return f, g end)
local m1, m2 = usesmaker(3) print(m1(0), m2(5), made)
-- as arguments of staged functions later
local apply = ms.stage(function(f, x) return f(x) + f(x) end)
print(apply(m1, 1), apply(m2, 1), apply(fs[1], 4))
print(apply(usesmaker(3), 1))
local shared = ms.stage(function(f, g, x) f(x) return f(1), g() end)
local function pair(n) local c = n return function(d) c = c + d return c end, function() return c end end
local spair = ms.stage(pair)
print((pcall(shared, spair(4))))
local a, b = spair(10) print(shared(a, b, 5)) print(a(0), b())
local c, d = pair(10) print(shared(c, d, 5)) print(shared(a, d, 1))
print(debug.upvalueid(a, 1) == debug.upvalueid(b, 1), debug.upvalueid(a, 1) == debug.upvalueid(c, 1))
-- written over and over
local over = ms.stage(function(n)
  for i = 1, 3 do
    local k = i * n
    reg.o = function() k = k + 1 return k end
    reg.o()
  end
  return reg.o()
end)
print(over(2), reg.o())
-- tables of functions with the function inside (a cycle)
local cyc = ms.stage(function(n)
  local self = { n = n }
  function self.up(d) self.n = self.n + d return self end
  self.self = self
  return self
end)
local s = cyc(4) print(s.up(2).up(3).n, s.self == s, s.up(0) == s)
-- goto continue
local cont = ms.stage(function(n)
  local out = {}
  for i = 1, 6 do
    if i % 2 == 0 then goto continue end
    out[#out + 1] = function() return i + n end
    ::continue::
  end
  return out
end)
local co = cont(10) print(#co, co[1](), co[2](), co[3]())
-- nil, booleans, strings, texts, choices in variables
local vals = ms.stage(function(n)
  local a, b, c, d, e = nil, n > 2, "s", "t" .. n, nil
  if n > 2 then e = "big" else e = 7 end
  return function() return a, b, c, d, e end, function(x) a, e = x, a end
end)
local vf, vs = vals(1) print(vf()) vs(5) print(vf())
vf, vs = vals(3) print(vf()) vs(5) print(vf())
-- expect: 3	7	9	4	28
-- expect: 4	4	false
-- expect: 20	3	60	27
-- expect: 0	nil	1
-- expect: 30	true	31	32
-- expect: 1	2	5
-- expect: 7	8	-80
-- expect: true	4
-- expect: 5
-- expect: too much: 5
-- expect: 11	12
-- expect: nil	-2	1	nil	nil	nil
-- expect: nil	8	7	nil	nil	8
-- expect: function	20	19	39	true	58
-- expect: 6	6	9	9
-- expect: 6	6
-- expect: 51
-- expect: 1	2	3	2	nil	5
-- expect: 6	14	2
-- expect: 21	34	20
-- expect: 33
-- expect: false
-- expect: 16	16
-- expect: 16	16
-- expect: 16	16
-- expect: 18	16
-- expect: true	false
-- expect: 8	9
-- expect: 9	true	true
-- expect: 3	11	13	15
-- expect: nil	false	s	t1	7
-- expect: 5	false	s	t1	nil
-- expect: nil	true	s	t3	big
-- expect: 5	true	s	t3	nil
