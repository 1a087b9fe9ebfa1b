-- Returns out of nested branches and of loops.
-- expect: 1	A	nil
-- expect: 2	B	nil
-- expect: 3	C	ok
-- expect: 
-- expect: 1	A	nil
-- expect: 2	retry
-- expect: failed at 1
-- expect: true	0
-- expect: true	0
-- expect: true	211
local ms = require "moonstage"

do
  local function grade(v)
    if v > 90 then return "A" end
    if v > 80 then return "B" end
    if v > 70 then return "C", "ok" end
    if v > 60 then return nil, "retry" end
    return false
  end
  local f = ms.stage(function(x)
    for i = 1, #x do
      local g, why = grade(x[i]:item())
      if g == nil then return i, why end
      if not g then return "failed at " .. i end
      print(i, g, why)
    end
  end)
  print(f(ms.tensor { 95.0, 85.0, 75.0 }))
  print(f(ms.tensor { 95.0, 65.0, 75.0 }))
  print(f(ms.tensor { 5.0, 65.0, 75.0 }))
end

do
  local function nest(k) return k == 0 and "s = s + 1" or ("if n > %d then %s else return s end s = s + %d"):format(k, nest(k - 1), k) end
  local f = ms.stage(load("return function(n) local s = 0 " .. nest(20) .. " return s end")())
  print(pcall(f, 3)) print(pcall(f, 19)) print(pcall(f, 30))
end
