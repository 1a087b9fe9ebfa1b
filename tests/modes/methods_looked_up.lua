-- A method is looked up before its arguments are evaluated, also of one of several objects.
local ms = require "moonstage"
local seen = 0
local A, B = {}, {}
A.__index = function(_, k) seen = seen + 1 return rawget(A, k) end
B.__index = B
function A.get(self, p) return self.v + (p or 0) end
function B.get(self, p) return self.v * (p or 1) end
local a, b = setmetatable({ v = 2 }, A), setmetatable({ v = 3 }, B)
local function fails() error("no argument", 0) end
local function changes() B.get = function(self, p) return -self.v - p end return 5 end

local f = ms.stage(function(n)
  local o = a
  if n > 1 then o = b end
  return o:get(seen), seen
end)
print(f(1)) print(f(2)) print(seen)
local g = ms.stage(function(n)
  local o = a
  if n > 1 then o = b end
  return o:get(fails())
end)
print(pcall(g, 1)) print(seen) print(pcall(g, 2)) print(seen)
local h = ms.stage(function(n)
  local o = a
  if n > 1 then o = b end
  return o:get(changes())
end)
print(h(1), seen) print(h(2)) print(h(2))
local k = ms.stage(function(n, x)
  local o = x
  if n > 1 then o = b elseif n > 0 then o = "text " .. n end
  if n > 0 and n <= 1 then return o:len(), o:upper() end
  return pcall(function() return o:sum(1), o:get(2) end)
end)
print(k(1, ms.ones(2))) print(k(2, ms.ones(2))) print(k(0, ms.ones(2)))
local m = ms.stage(function(n)
  local o = { get = function(_, p) return p .. n end }
  if n > 1 then o = { get = function(_, p) return p .. -n end, v = 1 } end
  if n > 2 then o = { v = 2 } end
  return o:get("made "), o.v
end)
print(m(1)) print(m(2)) print(pcall(m, 3))
