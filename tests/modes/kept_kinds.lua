-- Kept functions of all kinds: loaded ones, choices, staged again, with errors, dumps and texts.
local ms = require "moonstage"
local reg = {}
local function words(ok, v) return ok, type(v) == "string" and v:gsub("^.-:(%d+): ", "%1 ") or v end
-- load
local ld = ms.stage(function(n)
  local env = { n = n }
  local f = load("n = n + 1 local k = ... return n, k, function() n = n * 2 return n end", "=chunk", "t", env)
  f()
  reg.f = f
  return f, env
end)
local f, env = ld(3)
print(env.n, (f(9))) print(select(3, f())(), env.n, reg.f == f) print(debug.getinfo(f, "S").what, debug.getinfo(f, "S").source)
-- pcall
local pc = ms.stage(function(n)
  local c = n
  local ok, e = pcall(function() reg.g = function() c = c + 1 return c end c = c * 10 error("no") end)
  c = c + 5
  return ok, reg.g()
end)
print(pc(2)) print(reg.g())
-- a choice of an outside function and one of the call
local function outside(x) return "outside", x end
local ch = ms.stage(function(n)
  local f
  if n > 2 then f = outside else f = function(x) n = n + x return n end end
  reg.h = f
  return f, n > 5 and f or nil
end)
for _, n in ipairs { 1, 4, 7 } do local f, g = ch(n) print(f == outside, f(3), g == f, reg.h == f, g and g(1)) end
-- messages
local msg = ms.stage(function(n)
  local w
  local t = { k = n }
  return function(x) return x + w end, function() return t.a.b end, function() error("at " .. n) end, function() error({ n }) end,
    function() local v = w v() end, function() return -t end
end)
for i, f in ipairs { msg(3) } do local ok, e = words(pcall(f, 1)) print(i, ok, type(e) == "table" and e[1] or e) end
-- dumps
local function plain(a, b)
  local x <const> = 5
  return function(p, ...)
    local q <close> = nil
    for i = 1, p do if i > a then b = b or x end end
    return b, ...
  end
end
local fd, fp = ms.stage(plain)(1, false), plain(1, false)
print(string.dump(fd) == string.dump(fp), string.dump(fd, true) == string.dump(fp, true), fd(3, "x"))
local lines = {} for l in pairs(debug.getinfo(fd, "L").activelines) do lines[#lines + 1] = l end print(#lines)
-- the previous one
local prev = ms.stage(function(n) local p = reg.p reg.p = function() return n, p end return p == reg.p, p and p() end)
print(prev(1)) print((prev(2))) print(select(2, prev(3)))
-- an error of the run holds functions
local er = ms.stage(function(n) local c = n if n > 3 then error({ f = function() c = c + 1 return c end }) end c = c + 1 return c end)
print(er(1)) local ok, e = pcall(er, 5) print(ok, e.f(), e.f())
-- recursion
local rec = ms.stage(function(k) local function fact(n) if n <= 1 then return k end return n * fact(n - 1) end return fact, fact(3) end)
local fact, six = rec(1) print(fact(5), six)
local staged_fact = ms.stage(fact) print(staged_fact(4))
-- kept functions staged
local acc = ms.stage(function(n) local s = n return function(x) s = s + x return s end end)
local a1, a2 = acc(1), acc(10)
local s1, s2 = ms.stage(a1), ms.stage(a2) print(s1(2), s2(2), a1(0), a2(0), s1(1))
-- variables of several kinds
local kinds = ms.stage(function(n)
  local v = n
  local function set(x) v = x end
  reg.get = function() return v end
  reg.set = set
  if n > 2 then v = "big" elseif n > 1 then v = nil else v = { n } end
  return set
end)
for i = 1, 3 do kinds(i) local v = reg.get() print(type(v), type(v) == "table" and v[1] or v) reg.set(i) print(reg.get()) end
-- a table of the call in a variable, on one path another
local tb = ms.stage(function(n)
  local t = { n }
  local u = t
  if n > 2 then u = { -n } end
  reg.t = function(x) t[1] = t[1] + x return t[1], u[1] end
  u[2] = n
  return t, u
end)
for i = 2, 3 do local t, u = tb(i) print(reg.t(5)) print(t[1], u[1], t == u, u[2], t[2]) end
-- text
local tx = ms.stage(function(n) local s = "n" .. n local f = function() s = s .. "!" return s end if n > 2 then s = s .. "+" end return f, s end)
print(tx(1)()) print(tx(3)()) print(select(2, tx(4)))
-- sort, gsub with closures that stay
local cb = ms.stage(function(n)
  local list, seen = { 3, 1, 2 }, {}
  table.sort(list, function(a, b) seen[#seen + 1] = function() return a, b, n end return a < b end)
  return seen[1], list
end)
local sf, list = cb(4) print(sf()) print(list[1], list[3])
-- setters of globals
local gl = ms.stage(function(n) function gset(x) gval = x * n end gset(n) return gval end)
print(gl(3), gval) gset(5) print(gval)
-- upvalues joined by the script
local x1, x2 = acc(1), acc(100)
debug.upvaluejoin(x1, 1, x2, 1) print(x1(1), x2(1), ms.stage(function(v) return x1(v) + x2(v) end)(1), x1(0))
-- expect: 4	5
-- expect: 12	12	true
-- expect: main	=chunk
-- expect: false	26
-- expect: 27
-- expect: false	4	false	true	nil
-- expect: true	outside	false	true	nil
-- expect: true	outside	true	true	outside
-- expect: 1	false	36 attempt to perform arithmetic on a nil value (upvalue 'w')
-- expect: 2	false	36 attempt to index a nil value (field 'a')
-- expect: 3	false	36 at 3
-- expect: 4	false	3
-- expect: 5	false	37 attempt to call a nil value (local 'v')
-- expect: 6	false	37 attempt to perform arithmetic on a table value (upvalue 't')
-- expect: true	true	5	x
-- expect: 4
-- expect: false	nil
-- expect: false
-- expect: 2
-- expect: 2
-- expect: false	6	7
-- expect: 120	6
-- expect: 24
-- expect: 3	12	3	12	4
-- expect: table	1
-- expect: 1
-- expect: nil	nil
-- expect: 2
-- expect: string	big
-- expect: 3
-- expect: 7	7
-- expect: 7	7	true	2	2
-- expect: 8	-3
-- expect: 8	-3	false	3	nil
-- expect: n1!
-- expect: n3+!
-- expect: n4+
-- expect: 2	3	4
-- expect: 1	3
-- expect: 9	9
-- expect: 15
-- expect: 101	102	207	104
