-- Functions made in loops of the graph, called in later trips, after the loop and after the staged call.
-- expect: true	50
-- expect: true	no
-- expect: 14.0	6.0
-- expect: 7	3
-- expect: 4
-- expect: 3
-- expect: none
local ms = require "moonstage"

do
  local f = ms.stage(function(x)
    local act
    local i = 1
    while x[i]:item() > 0 do
      local v = x[i]:item()
      if v > 2 then act = function(y) return y * v end end
      i = i + 1
    end
    if act then return act(10) end
    return "no"
  end)
  print(pcall(f, ms.tensor { 1, 3, 5, 2, -1 }))
  print(pcall(f, ms.tensor { 1, -1 }))
end

do
  local f = ms.stage(function(x)
    local compose = function(v) return v end
    for i = 1, #x do
      local k = x[i]:item()
      if k > 0 then
        compose = function(v) return v * k end
      elseif k < -5 then
        break
      end
    end
    return compose(7), compose
  end)
  local a, g = f(ms.tensor { 1.0, 2.0, -1.0 }) print(a, g(3))
  a, g = f(ms.tensor { -1.0, -7.0, 5.0 }) print(a, g(3))
  local c = ms.stage(function(x)
    local counter
    local i = 1
    while x[i]:item() > 0 do
      if not counter or x[i]:item() > 5 then
        local n = 0
        counter = function() n = n + 1 return n end
      end
      counter()
      i = i + 1
    end
    if counter then return counter() end
    return "none"
  end)
  print(c(ms.tensor { 1.0, 2.0, 3.0, -1 })) print(c(ms.tensor { 1.0, 2.0, 6.0, 3.0, -1 })) print(c(ms.tensor { -1.0 }))
end
