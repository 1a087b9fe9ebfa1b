-- setmetatable on tables from outside and from the call, also on some paths only: what every event does then, what is left.
-- stock
local ms = require "moonstage"
local A = { __index = function(t, k) return k .. "A" end, __add = function(a, b) return 11 end, __tostring = function() return "an A" end,
  __len = function() return 5 end, __call = function(self, k) return k * 2 end, __lt = function() return true end, __eq = function() return true end,
  __newindex = function(t, k, v) rawset(t, k, v + 100) end, __unm = function() return -1 end, __concat = function() return "cc" end }
local B = { __index = { z = 26 }, __add = function(a, b) return 22 end, __name = "Bee", __le = function() return false end }
local o, p = {}, { x = 1 }
local function try(f, ...) local ok, v = pcall(f, ...) return ok, type(v) == "string" and v:gsub("^.-:%d+: ", "") or v end
-- of an outside table
local set = ms.stage(function(n)
  setmetatable(o, A)
  print(o.foo, o + 1, #o)
  o.y = n
  setmetatable(p, B)
  return o.y, getmetatable(o) == A, p.z, p.x, getmetatable(p) == B
end)
print(set(3)) print(getmetatable(o) == A, rawget(o, "y"), getmetatable(p) == B)
setmetatable(o, nil) o.y = nil print(set(4)) print(o.q)
local unset = ms.stage(function(n) local m = getmetatable(o) setmetatable(o, nil) return o.foo, m == A, getmetatable(o) end)
print(unset(1)) print(getmetatable(o)) print(unset(1)) setmetatable(o, B) print(unset(2)) print(getmetatable(o))
-- a metatable made in the trace
local own = ms.stage(function(n)
  local m = {}
  setmetatable(o, m)
  m.__index = function(t, k) return k .. n end
  m.n = n
  return o.a, m
end)
local v, m = own(7) print(v, getmetatable(o) == m, o.b, m.n)
-- before an error
local errs = ms.stage(function(n)
  setmetatable(o, B)
  if n > 2 then error("stop") end
  setmetatable(o, A)
end)
setmetatable(o, nil) print(pcall(errs, 1)) print(getmetatable(o) == A) print(try(errs, 3)) print(getmetatable(o) == B)
-- under a condition
local cond = ms.stage(function(n)
  if n > 2 then setmetatable(o, A) elseif n > 1 then setmetatable(o, B) end
  return o.z, getmetatable(o) == A, getmetatable(o) == nil
end)
for i = 1, 3 do setmetatable(o, nil) print(cond(i)) print(getmetatable(o) == A, getmetatable(o) == B) end
local operations = { "t + 1", "1 + t", "-t", "t .. 'x'", "#t", "t(3)", "t < t", "t <= t", "t == u", "t.foo",
  "tostring(t) == 'an A'", "t & 1", "t.v", "rawget(t, 'z')", "t:m()" }
for _, op in ipairs(operations) do
  local f = load([[
    local ms, A, B = ...
    return ms.stage(function(n)
      local t, u = { v = n }, {}
      if n > 2 then setmetatable(t, A) elseif n > 1 then setmetatable(t, B) end
      return ]] .. op .. [[ end)]])(ms, A, B)
  for i = 1, 3 do print(op, i, try(f, i)) end
end
local write = ms.stage(function(n)
  local t = { v = n }
  if n > 2 then setmetatable(t, A) end
  t.w = n
  t.v = n * 2
  return t.w, t.v, t, getmetatable(t) == A
end)
for i = 1, 3, 2 do local w, v, t, is = write(i) print(w, v, t.w, t.v, is, getmetatable(t) == A, rawget(t, "w")) end
local swap = ms.stage(function(n)
  local t = setmetatable({}, n > 2 and A or B)
  local r = t + 1
  setmetatable(t, nil)
  return r, t.foo, t
end)
print((swap(1))) print(select("#", swap(3)), getmetatable(select(3, swap(3))))
local prot = ms.stage(function(n)
  local t = {}
  if n > 2 then setmetatable(t, { __metatable = "locked" }) else setmetatable(t, { __metatable = false, __index = function() return n end }) end
  return getmetatable(t), t.x, t
end)
local g, x, t = prot(1) print(g, x, getmetatable(t), t.y) g, x, t = prot(3) print(g, x, getmetatable(t))
print(try(ms.stage(function(n) local t = {} if n > 2 then setmetatable(t, { __metatable = 1 }) end return setmetatable(t, {}) and n end), 3))
print(try(ms.stage(function(n) local t = {} if n > 2 then setmetatable(t, { __metatable = 1 }) end return setmetatable(t, {}) and n end), 1))
local pr = setmetatable({}, { __metatable = "p" })
print(try(ms.stage(function(n) return getmetatable(pr), setmetatable(pr, nil) end), 3))
local loop = ms.stage(function(n)
  local t, i = {}, 0
  local s = 0
  while i < n do
    if i == 2 then setmetatable(t, A) end
    s = s + (t.v == nil and 1 or 10)
    i = i + 1
  end
  return s, t.foo
end)
print(loop(1)) print(loop(5))
-- an inherited class made and changed in the call
local cls = ms.stage(function(n)
  local Base = { get = function(self) return self.v end } Base.__index = Base
  local Sub = setmetatable({ twice = function(self) return self:get() * 2 end }, Base) Sub.__index = Sub
  local s = setmetatable({ v = n }, Sub)
  Sub.__add = function(a, b) return a.v + b.v end
  return s:twice(), s + s, s, Sub
end)
local a, b, s, Sub = cls(4) print(a, b, s:get(), s + s, getmetatable(s) == Sub)
-- expect: fooA	11	5
-- expect: 103	true	26	1	true
-- expect: true	103	true
-- expect: fooA	11	5
-- expect: 104	true	26	1	true
-- expect: qA
-- expect: nil	true	nil
-- expect: nil
-- expect: nil	false	nil
-- expect: nil	false	nil
-- expect: nil
-- expect: a7	true	b7	7
-- expect: true
-- expect: true
-- expect: false	stop
-- expect: true
-- expect: nil	false	true
-- expect: false	false
-- expect: 26	false	false
-- expect: false	true
-- expect: zA	true	false
-- expect: true	false
-- expect: t + 1	1	false	attempt to perform arithmetic on a table value (local 't')
-- expect: t + 1	2	true	22
-- expect: t + 1	3	true	11
-- expect: 1 + t	1	false	attempt to perform arithmetic on a table value (local 't')
-- expect: 1 + t	2	true	22
-- expect: 1 + t	3	true	11
-- expect: -t	1	false	attempt to perform arithmetic on a table value (local 't')
-- expect: -t	2	false	attempt to perform arithmetic on a Bee value (local 't')
-- expect: -t	3	true	-1
-- expect: t .. 'x'	1	false	attempt to concatenate a table value (local 't')
-- expect: t .. 'x'	2	false	attempt to concatenate a Bee value (local 't')
-- expect: t .. 'x'	3	true	cc
-- expect: #t	1	true	0
-- expect: #t	2	true	0
-- expect: #t	3	true	5
-- expect: t(3)	1	false	attempt to call a table value (local 't')
-- expect: t(3)	2	false	attempt to call a Bee value (local 't')
-- expect: t(3)	3	true	6
-- expect: t < t	1	false	attempt to compare two table values
-- expect: t < t	2	false	attempt to compare two Bee values
-- expect: t < t	3	true	true
-- expect: t <= t	1	false	attempt to compare two table values
-- expect: t <= t	2	true	false
-- expect: t <= t	3	true	false
-- expect: t == u	1	true	false
-- expect: t == u	2	true	false
-- expect: t == u	3	true	true
-- expect: t.foo	1	true	nil
-- expect: t.foo	2	true	nil
-- expect: t.foo	3	true	fooA
-- expect: tostring(t) == 'an A'	1	true	false
-- expect: tostring(t) == 'an A'	2	true	false
-- expect: tostring(t) == 'an A'	3	true	true
-- expect: t & 1	1	false	attempt to perform bitwise operation on a table value (local 't')
-- expect: t & 1	2	false	attempt to perform bitwise operation on a Bee value (local 't')
-- expect: t & 1	3	false	attempt to perform bitwise operation on a table value (local 't')
-- expect: t.v	1	true	1
-- expect: t.v	2	true	2
-- expect: t.v	3	true	3
-- expect: rawget(t, 'z')	1	true	nil
-- expect: rawget(t, 'z')	2	true	nil
-- expect: rawget(t, 'z')	3	true	nil
-- expect: t:m()	1	false	attempt to call a nil value (method 'm')
-- expect: t:m()	2	false	attempt to call a nil value (method 'm')
-- expect: t:m()	3	false	attempt to call a string value (method 'm')
-- expect: 1	2	1	2	false	false	1
-- expect: 103	6	103	6	true	true	103
-- expect: 22
-- expect: 3	nil
-- expect: false	1	false	1
-- expect: locked	nil	locked
-- expect: false	cannot change a protected metatable
-- expect: true	1
-- expect: false	cannot change a protected metatable
-- expect: 1	nil
-- expect: 32	fooA
-- expect: 8	8	4	8	true
