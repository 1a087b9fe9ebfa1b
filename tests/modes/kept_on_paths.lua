-- Functions kept on some paths and in loops of the graph, whose variables change before and after that.
local ms = require "moonstage"
local reg = {}
-- kept, changed and kept again in branches and loops in a row
local f = ms.stage(function(x)
  local n = x:item()
  local c, d = 0, 1
  local get = function() return c, d end
  local set = function(x) c, d = x, x + 1 end
  local i = 0
  while i < n do
    if i == 1 then reg.get = get end
    c = c + i
    i = i + 1
  end
  d = 2
  if n > 2 then reg.get = get c = c + 100 end
  d = 1
  i = 0
  while i < n do
    if i == 2 then reg.set = set end
    d = d + 1
    i = i + 1
  end
  print(c, d)
  return c
end)
for n = 0, 4 do
  reg.get, reg.set = nil, nil
  print(n, f(ms.tensor(n)))
  print(reg.get and reg.get())
  if reg.set then reg.set(7) print(reg.get()) end
end
local g = ms.stage(function(x)
  local n = x:item()
  local c = n
  local up = function(k) c = c + k return c end
  for i = 1, 3 do
    if n > i then reg.up = up else reg.other = up end
    c = c * 2
    if c > 20 then break end
  end
  if n == 2 then up(1000) end
  return c, reg.up == up
end)
for n = 0, 5 do
  reg.up, reg.other = nil, nil
  print(g(ms.tensor(n)))
  print(reg.up and reg.up(1), reg.other and reg.other(1))
end
-- tables, with host calls that look at them
local host = ms.host(function() return reg.b and reg.b.n or 0 end, "int")
local h = ms.stage(function(x)
  local n = x:item()
  local t = setmetatable({ n = n }, { __metatable = "x", __index = function() return n end })
  local c = n
  local get = function() return c end
  if n > 1 then reg.a, reg.get = t, get end
  local before = host()
  reg.b = t
  t.n, c = n + 10, c + 1
  local after = host()
  if n > 2 then reg.c = t end
  return before, after, t == reg.b, t
end)
for i = 1, 3 do
  reg.a, reg.b, reg.c, reg.get = nil, nil, nil, nil
  local before, after, same, t = h(ms.tensor(i))
  print(before, after, same, t == reg.b, reg.a == t, reg.c == t, t.n, t.m, getmetatable(t), reg.get and reg.get())
end
-- expect: 0	1
-- expect: 0	0
-- expect: nil
-- expect: 0	2
-- expect: 1	0
-- expect: nil
-- expect: 1	3
-- expect: 2	1
-- expect: 1
-- expect: 103	4
-- expect: 3	103
-- expect: 103
-- expect: 7	8
-- expect: 106	5
-- expect: 4	106
-- expect: 106
-- expect: 7	8
-- expect: 0	false
-- expect: nil	1
-- expect: 8	false
-- expect: nil	9
-- expect: 1016	true
-- expect: 1017	1018
-- expect: 24	true
-- expect: 25	26
-- expect: 32	true
-- expect: 33	nil
-- expect: 40	true
-- expect: 41	nil
-- expect: 0	11	true	true	false	false	11	1	x	nil
-- expect: 0	12	true	true	true	false	12	2	x	3
-- expect: 0	13	true	true	true	true	13	3	x	4
