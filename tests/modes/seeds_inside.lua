-- Streams of random numbers that a staged function starts anew itself, under conditions and in loops, with prints between
-- the draws.
local ms = require "moonstage"

local draws = ms.stage(function(n)
  ms.manual_seed(7)
  local first = ms.rand(2)
  print(first)
  if n > 2 then
    ms.manual_seed(n)
    print(ms.randn(2))
  end
  for i = 1, n do
    if i == 2 then ms.manual_seed(7) end
    print(i, ms.rand(2), math.random(10))
  end
  return first, ms.rand(1)
end)
print(draws(1))
print(draws(3))
print(ms.rand(1))
print(draws(3))
print(pcall(ms.stage(function() ms.manual_seed("x") end)))

local again = ms.stage(function(n)
  math.randomseed(n)
  return math.random(1000), math.random(), math.random(5, 7)
end)
print(again(1))
print(again(2))
print(again(1))
