-- Classes, proxies and metatables that staged functions make, set on tables from outside, and change.
-- stock
local ms = require "moonstage"
-- strict globals
local strict = ms.stage(function(n)
  local log = {}
  setmetatable(_G, { __index = function(t, k) log[#log + 1] = k return n end, __newindex = function(t, k, v) rawset(t, k, v * 2) end })
  local a = undefined_name
  newglobal = 5
  setmetatable(_G, nil)
  return a, newglobal, log[1], undefined_name
end)
print(strict(3)) print(getmetatable(_G), newglobal)
newglobal = nil print(strict(4))
-- a class library
local function class(parent)
  local c = {}
  c.__index = c
  c.new = function(...) local o = setmetatable({}, c) if c.init then c.init(o, ...) end return o end
  return setmetatable(c, { __index = parent, __call = function(_, ...) return c.new(...) end })
end
local build = ms.stage(function(n)
  local Shape = class()
  function Shape:init(w) self.w = w end
  function Shape:area() return self.w * n end
  local Square = class(Shape)
  function Square:area() return Shape.area(self) + self.w end
  Square.__eq = function(a, b) return a:area() == b:area() end
  Square.__tostring = function(s) return "square " .. s.w end
  local a, b = Square(2), Square.new(3)
  return a:area(), b:area(), a == b, Square, a
end)
local aa, ba, eq, Square, a = build(5)
print(aa, ba, eq, a:area(), a == Square(2), tostring(a), Square(7):area())
-- proxies of the script's own
local function readonly(t)
  return setmetatable({}, {
    __index = t, __newindex = function(_, k) error("read only: " .. k, 2) end,
    __pairs = function() return next, t, nil end, __len = function() return #t end,
  })
end
local ro = ms.stage(function(n) local r = readonly { n, n * 2, x = n } return r, r[1] + r.x, #r end)
local r, s, len = ro(4) print(r[2], s, len, #r) print((pcall(function() r.x = 1 end)))
local keys = 0
for k in pairs(r) do keys = keys + 1 end
print(keys)
-- memo with weak keys, defaults, counters
local memo = ms.stage(function(n)
  local calls = 0
  local cache = setmetatable({}, { __mode = "k", __index = function(t, k) calls = calls + 1 local v = k * n rawset(t, k, v) return v end })
  local x = cache[2] + cache[2] + cache[3]
  return cache, x, calls, function() return calls end
end)
local cache, x, calls, get = memo(10) print(x, calls, cache[2], cache[4], get())
-- outside objects change their class
local A, B = { name = "A" }, { name = "B" } A.__index, B.__index = A, B
local objs = {} for i = 1, 4 do objs[i] = setmetatable({ i = i }, A) end
local change = ms.stage(function(n)
  local names = ""
  for i, o in ipairs(objs) do
    if o.i > n then setmetatable(o, B) end
    names = names .. o.name
  end
  return names
end)
print(change(2)) for _, o in ipairs(objs) do io.write(o.name) end print() print(change(0))
-- in a loop of the graph
local toggle = ms.stage(function(n)
  local t = setmetatable({}, A)
  local s, i = 0, 0
  while i < n do
    if i % 2 == 0 then setmetatable(t, B) else setmetatable(t, A) end
    if t.name == "A" then s = s + 1 end
    i = i + 1
  end
  return s, t.name, t
end)
for i = 0, 3 do local s, n, t = toggle(i) print(s, n, getmetatable(t) == A) end
-- metatables shared by tables of the call
local sh = ms.stage(function(n)
  local m = { __add = function() return n end }
  local p, q = setmetatable({}, m), setmetatable({}, m)
  local r = p + q
  if n > 2 then m.__add = function() return -n end end
  if n > 1 then m.__concat = function() return "cat" end end
  return r, p + 1, 1 + q, n > 1 and p .. q, getmetatable(p) == getmetatable(q)
end)
for i = 1, 3 do print(pcall(sh, i)) end
local x = ms.stage(function(n)
  local m = { __add = function() return n end }
  local p, q = setmetatable({}, m), setmetatable({}, m)
  if n > 2 then m.__add = nil end
  return p + q
end)
print(pcall(x, 1)) print((pcall(x, 3)))
-- expect: 3	10	undefined_name	nil
-- expect: nil	10
-- expect: 4	10	undefined_name	nil
-- expect: 12	18	false	12	true	square 2	42
-- expect: 8	8	2	2
-- expect: false
-- expect: 3
-- expect: 70	2	20	40	3
-- expect: AABB
-- expect: AABB
-- expect: BBBB
-- expect: 0	A	true
-- expect: 0	B	false
-- expect: 1	A	true
-- expect: 1	B	false
-- expect: true	1	1	1	false	true
-- expect: true	2	2	2	cat	true
-- expect: true	3	-3	-3	cat	true
-- expect: true	1
-- expect: false
