-- Tables of which only some have elements, carried by a loop: their lengths.
-- expect: 0	nil	0
-- expect: 0	nil	1
-- expect: 1	5.0	0
-- expect: 0	nil	1
local ms = require "moonstage"
local f = ms.stage(function(x)
  local p, q = { a = 1 }, { a = 2 }
  local i = 1
  while x[i]:item() > 0 do
    local v = x[i]:item()
    if v > 4 then q = p p = { a = v, v } end
    if v < 3 then p, q = { a = v }, p end
    i = i + 1
  end
  return #p, p[1], #q
end)
print(f(ms.tensor { 1.0, -1 }))
print(f(ms.tensor { 5.0, 2, -1 }))
print(f(ms.tensor { 1.0, 2, 5, -1 }))
print(f(ms.tensor { 5.0, 1, -1 }))
