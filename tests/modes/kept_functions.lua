-- Functions made in a staged call and kept after it: returned, in tables, fields, globals and variables, as methods and
-- keys. They share their variables with each other, and with the outside where these are variables of the outside.
-- stock
local ms = require "moonstage"
-- a counter
local counter = ms.stage(function(start)
  local n = start
  return function() n = n + 1 return n end, function() return n end
end)
local inc, get = counter(3)
inc() inc()
local inc2, get2 = counter(10)
inc2()
print(get(), get2(), inc == inc2)
-- outside cell
local total = 0
local adder = ms.stage(function(k)
  total = total + 1
  return function(x) total = total + x * k return total end
end)
local a = adder(2)
print(a(5), total)
total = 100
print(a(1), total)
-- into tables
local reg = {}
local def = ms.stage(function(name, v)
  local t = { v = v }
  reg[name] = function(d) t.v = t.v + (d or 0) return t.v end
  reg.last = t
  return t
end)
local t = def("a", 5)
print(reg.a(1), t.v, reg.last == t)
-- methods
local class = ms.stage(function(x)
  local C = {}
  C.__index = C
  function C:get() return self.x end
  function C:add(d) self.x = self.x + d return self end
  C.__add = function(p, q) return p.x + q.x end
  C.__call = function(self, k) return self.x * k end
  return setmetatable({ x = x }, C), C
end)
local o, C = class(4)
print(o:get(), o:add(3):get(), o + o, o(2), getmetatable(o) == C, C.get == o.get)
-- mutual recursion
local mut = ms.stage(function(k)
  local even, odd
  function even(n) if n == 0 then return k end return odd(n - 1) end
  function odd(n) if n == 0 then return -k end return even(n - 1) end
  return { even = even, odd = odd }
end)
local m = mut(7)
print(m.even(10), m.odd(10), m.even(3))
-- called in the trace after being kept
local keep
local both = ms.stage(function(n)
  local c = 0
  keep = function(d) c = c + d return c end
  keep(n) keep(n)
  return keep, c
end)
local k, c = both(3)
print(k == keep, c, k(1), keep(1))
-- symbolic condition
local cond = ms.stage(function(n)
  local s = n * 2
  local f
  if n > 2 then f = function() s = s + 1 return s end end
  return f
end)
print(cond(1), cond(3)(), type(cond(5)))
local cond2 = ms.stage(function(n)
  local s = n * 2
  local f, g
  if n > 2 then f = function() s = s + 1 return s, "yes" end else f = function() s = s - 1 return s, "no" end end
  s = s + 100
  return f, s
end)
print(select(2, cond2(1))) print(select(2, cond2(3)))
local function callit(n) local f = cond2(n) return f() end
print(callit(1)) print(callit(3))
-- under a condition into a table
local out = {}
local cond3 = ms.stage(function(n)
  local s = n
  if n > 2 then out.f = function() s = s + 1 return s end end
  s = s * 10
  print(s)
  return s
end)
out.f = nil print(cond3(1), out.f) print(cond3(4), out.f()) print(out.f())
-- keys
local keyed = ms.stage(function(n)
  local f, g = function() return n end, function() return -n end
  local t = { [f] = 1, [g] = 2 }
  return f, g, t, f == g, f == f, t[f]
end)
local f, g, t, e1, e2, tf1 = keyed(3)
print(t[f], t[g], e1, e2, tf1, f(), g())
local outk = {}
local keyed2 = ms.stage(function(n) local f = function() return n end outk[f] = n return f end)
local kk = keyed2(4) print(outk[kk], kk())
-- debug info
local inf = ms.stage(function(a)
  local zz, yy = a, 2
  return function(p, q, ...) if p < zz then return yy end return print end
end)
local fi = inf(3)
local d = debug.getinfo(fi, "Su")
print(d.short_src:match("[^/]*$"), d.linedefined, d.lastlinedefined, d.what, d.nups, d.nparams, d.isvararg)
for i = 1, 4 do local n, v = debug.getupvalue(fi, i) print(n, type(v) == "table" and "table" or v) end
print(fi(1), fi(5) == print)
local load2 = load(string.dump(fi))
print(load2 ~= nil, #string.dump(fi, true) > 10)
print((pcall(fi, {})))
-- errors
local er = ms.stage(function(k) error({ f = function() return k end }) end)
local ok, e = pcall(er, 8) print(ok, e.f())
-- print
local pr = ms.stage(function(k) local f = function() end print((tostring(f):gsub("0x%x+", ""))) return tostring(f) == tostring(f) end)
print(pr(1))
-- expect: 5	11	false
-- expect: 11	11
-- expect: 102	102
-- expect: 6	6	true
-- expect: 4	7	14	14	true	true
-- expect: 7	-7	-7
-- expect: true	6	7	8
-- expect: nil	7	function
-- expect: 102
-- expect: 106
-- expect: 101	no
-- expect: 107	yes
-- expect: 10
-- expect: 10	nil
-- expect: 40
-- expect: 40	41
-- expect: 42
-- expect: 1	2	false	true	1	3	-3
-- expect: 4	4
-- expect: kept_functions.lua	108	108	Lua	3	2	true
-- expect: zz	3
-- expect: yy	2
-- expect: _ENV	table
-- expect: nil	nil
-- expect: 2	true
-- expect: true	true
-- expect: false
-- expect: false	8
-- expect: function: 
-- expect: true
