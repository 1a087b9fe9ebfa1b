-- string.byte gives nothing beyond the ends of a text, not nil.
local ms = require "moonstage"

local f = ms.stage(function(x, s)
  local n = x:item()
  local t = s .. tostring(n)
  print(t:byte(n))
  print((t:byte(n)))
  print(n, t:byte(n), n)
  print(select("#", t:byte(n)), select("#", s:byte(n)), select("#", t:byte(n), n))
  local b = t:byte(n)
  local sum = 0
  for i = 1, n do
    if t:byte(i) == 49 then sum = sum + 1 end
  end
  return b, sum, t:byte(n)
end)
for _, s in ipairs { "", "a1", "1" } do
  for n = -1, 4 do print(n, f(ms.tensor(n), s)) end
end
