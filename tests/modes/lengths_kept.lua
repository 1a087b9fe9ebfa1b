-- Tensors of lengths that change from call to call, made in a call and kept on paths or in rounds of loops.
local ms = require "moonstage"
local bag = {}
local looped = ms.stage(function(x, a)
  x = x + 1
  local k = 0
  while k < a do
    k = k + 1
    bag.x = x
  end
  return x
end)
local branched = ms.stage(function(x, a)
  local y = x * 2
  if a > 1 then
    bag.y = y
    y = y + 1
  end
  bag.z = y
  return y, x:sum()
end)
local in_place = ms.stage(function(x, a)
  local y, z = x * 1, x:reshape(-1) + 3
  for i = 1, a do
    y:add_(i)
    if i > 1 then bag.y, bag.z = y, z end
  end
  return y, z
end)
local matrix = ms.stage(function(x, w, a)
  local m = x:matmul(w)
  local best
  for i = 1, a do
    if best == nil or best:sum() < m:sum() then best = m end
    bag.m = m:clone()
    m = m * 0.5
  end
  return best, m
end)
for n = 6, 1, -1 do
  local x = ms.arange(n):float()
  local y = looped(x, n % 4)
  print(y, bag.x, rawequal(y, bag.x))
  y = branched(x, n % 3)
  print(y, bag.y, bag.z, rawequal(y, bag.z), rawequal(y, bag.y))
  local z
  y, z = in_place(x, n % 3 + 1)
  print(y, z, rawequal(y, bag.y), rawequal(z, bag.z))
  y, z = matrix(ms.ones(2, n), ms.ones(n, 3) / n, n % 3 + 1)
  print(y, z, bag.m)
end
-- expect: tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])	tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])	true
-- expect: tensor([ 0.0,  2.0,  4.0,  6.0,  8.0, 10.0])	nil	tensor([ 0.0,  2.0,  4.0,  6.0,  8.0, 10.0])	true	false
-- expect: tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])	tensor([3.0, 4.0, 5.0, 6.0, 7.0, 8.0])	false	false
-- expect: tensor([[1.0, 1.0, 1.0],
-- expect:         [1.0, 1.0, 1.0]])	tensor([[0.5, 0.5, 0.5],
-- expect:         [0.5, 0.5, 0.5]])	tensor([[1.0, 1.0, 1.0],
-- expect:         [1.0, 1.0, 1.0]])
-- expect: tensor([1.0, 2.0, 3.0, 4.0, 5.0])	tensor([1.0, 2.0, 3.0, 4.0, 5.0])	true
-- expect: tensor([1.0, 3.0, 5.0, 7.0, 9.0])	tensor([0.0, 2.0, 4.0, 6.0, 8.0])	tensor([1.0, 3.0, 5.0, 7.0, 9.0])	true	false
-- expect: tensor([ 6.0,  7.0,  8.0,  9.0, 10.0])	tensor([3.0, 4.0, 5.0, 6.0, 7.0])	true	true
-- expect: tensor([[1.0, 1.0, 1.0],
-- expect:         [1.0, 1.0, 1.0]])	tensor([[0.125, 0.125, 0.125],
-- expect:         [0.125, 0.125, 0.125]])	tensor([[0.25, 0.25, 0.25],
-- expect:         [0.25, 0.25, 0.25]])
-- expect: tensor([1.0, 2.0, 3.0, 4.0])	tensor([1.0, 2.0, 3.0, 4.0, 5.0])	false
-- expect: tensor([0.0, 2.0, 4.0, 6.0])	tensor([ 6.0,  7.0,  8.0,  9.0, 10.0])	tensor([0.0, 2.0, 4.0, 6.0])	true	false
-- expect: tensor([3.0, 4.0, 5.0, 6.0])	tensor([3.0, 4.0, 5.0, 6.0])	true	true
-- expect: tensor([[1.0, 1.0, 1.0],
-- expect:         [1.0, 1.0, 1.0]])	tensor([[0.25, 0.25, 0.25],
-- expect:         [0.25, 0.25, 0.25]])	tensor([[0.5, 0.5, 0.5],
-- expect:         [0.5, 0.5, 0.5]])
-- expect: tensor([1.0, 2.0, 3.0])	tensor([1.0, 2.0, 3.0])	true
-- expect: tensor([0.0, 2.0, 4.0])	tensor([3.0, 4.0, 5.0, 6.0])	tensor([0.0, 2.0, 4.0])	true	false
-- expect: tensor([1.0, 2.0, 3.0])	tensor([3.0, 4.0, 5.0])	false	false
-- expect: tensor([[1.0, 1.0, 1.0],
-- expect:         [1.0, 1.0, 1.0]])	tensor([[0.5, 0.5, 0.5],
-- expect:         [0.5, 0.5, 0.5]])	tensor([[1.0, 1.0, 1.0],
-- expect:         [1.0, 1.0, 1.0]])
-- expect: tensor([1.0, 2.0])	tensor([1.0, 2.0])	true
-- expect: tensor([1.0, 3.0])	tensor([0.0, 2.0])	tensor([1.0, 3.0])	true	false
-- expect: tensor([6.0, 7.0])	tensor([3.0, 4.0])	true	true
-- expect: tensor([[1.0, 1.0, 1.0],
-- expect:         [1.0, 1.0, 1.0]])	tensor([[0.125, 0.125, 0.125],
-- expect:         [0.125, 0.125, 0.125]])	tensor([[0.25, 0.25, 0.25],
-- expect:         [0.25, 0.25, 0.25]])
-- expect: tensor([1.0])	tensor([1.0])	true
-- expect: tensor([0.0])	tensor([6.0, 7.0])	tensor([0.0])	true	false
-- expect: tensor([3.0])	tensor([3.0])	true	true
-- expect: tensor([[1.0, 1.0, 1.0],
-- expect:         [1.0, 1.0, 1.0]])	tensor([[0.25, 0.25, 0.25],
-- expect:         [0.25, 0.25, 0.25]])	tensor([[0.5, 0.5, 0.5],
-- expect:         [0.5, 0.5, 0.5]])
