-- Walks over tables from outside that got new keys which are texts. (Their order is nobody's: sums only.)
-- stock
local ms = require "moonstage"
local o = { a = 1, b = 2 }
local e = {}
local l = { 1, 2 }
local f = ms.stage(function(n)
  o.c = n
  if n > 2 then e.x = n end
  e.y = 2 * n
  o.a = nil
  local s, keys = 0, 0
  for k, v in pairs(o) do s = s + v keys = keys + #k end
  for k, v in pairs(e) do s = s + v * 100 keys = keys + 1 end
  for k, v in pairs(o) do o[k] = v + 1 end
  local m = next(e) ~= nil
  l[3] = n
  for k, v in pairs(l) do s = s + k * v end
  for k in pairs(o) do o[k] = nil end
  return s, keys, m, next(o)
end)
print(f(1)) print(o.a, o.b, o.c, e.x, e.y, #l)
o.a = 5 o.b = 6
print(f(4)) print(o.a, o.b, o.c, e.x, e.y, #l)
e.x, e.y, l[3] = nil
o.b = 1
print(f(3)) print(o.a, o.b, o.c, e.x, e.y, #l)
print(f(7))
-- expect: 211	3	true	nil
-- expect: nil	nil	nil	nil	2	3
-- expect: 1227	4	true	nil
-- expect: nil	nil	nil	4	8	3
-- expect: 918	4	true	nil
-- expect: nil	nil	nil	3	6	3
-- expect: 2133	3	true	nil
