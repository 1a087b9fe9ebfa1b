-- Writes that leave holes in what a graph took for a list: the run starts again with a graph that keeps the fields apart.
local ms = require "moonstage"
local f = ms.stage(function(a, n)
  local t = {}
  for i = 1, (a > 1 and 3 or 1) do t[#t + 1] = i * 0.5 end
  t[n] = 7
  t[4] = 1
  return t[4], t[1], t[2]
end)
print(f(2, 1)) print(f(0, 2)) print(f(2, 2)) print(f(0, 3))

local odd = ms.stage(function(a)
  local t, c = {}, 0
  for i = 1, a do t[i * 2 - 1] = i end
  for i = 1, 2 * a do if t[i] then c = c + t[i] end end
  return c
end)
print(odd(0), odd(3), odd(5))

local removed = ms.stage(function(a)
  local t, r = {}, ms.rand(2):sum() -- drawn once
  for i = 1, a do t[#t + 1] = i end
  t[a // 2] = nil
  return r, t[1], t[2], t[3]
end)
for a = 2, 5 do print(removed(a)) end
