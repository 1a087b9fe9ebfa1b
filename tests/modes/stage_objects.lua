-- What ms.stage gives is a table without fields but those that a script puts there.
local ms = require "moonstage"
local outer = ms.stage(function(x) return x + 1 end)
outer(1)
local function fields(o)
  local n = 0
  for _ in pairs(o) do n = n + 1 end
  return n, rawlen(o), next(o), rawget(o, "f")
end
local f = ms.stage(function(a)
  local g = ms.stage(function(x) return x + a end)
  print(fields(g))
  print(fields(outer))
  g.note = "kept"
  print(g(a), outer(a), g.note, fields(g))
  return g
end)
print(fields(outer))
local g = f(1)
print(g(2), g.note, fields(g))
print(f(2)(3))
-- expect: 0	0	nil	nil
-- expect: 0	0	nil	nil
-- expect: 0	0	nil	nil
-- expect: 2	2	kept	1	0	note	nil
-- expect: 3	kept	1	0	note	nil
-- expect: 0	0	nil	nil
-- expect: 0	0	nil	nil
-- expect: 4	3	kept	1	0	note	nil
-- expect: 5
