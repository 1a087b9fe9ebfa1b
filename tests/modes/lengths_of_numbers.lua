-- Numbers from outside that shapes are made of, and that change from call to call, read first in a branch, in a loop, in
-- a recursive function or in a block that is run again.
local ms = require "moonstage"

local size, grown = 2, 0
local branch = ms.stage(function(b)
  local t
  if b > 0 then
    t = ms.zeros(size)
    size = size + 1
  else
    t = ms.ones(size + 1)
  end
  return t:sum():item(), #t, size
end)
for i = 1, 9 do
  print(branch(i % 3))
  size = size + i
end

size = 2
local loop = ms.stage(function(n)
  local s = 0
  for _ = 1, n do
    s = s + #ms.zeros(size)
    size = size + 1
  end
  return s, size
end)
for i = 1, 9 do print(loop(i)) end

local o = { k = 3 }
size = 2
local plain = ms.stage(function(x)
  local s = x
  for _ = 1, 12 do s = s + #ms.zeros(size) + o.k end
  if x > 3 then return #ms.ones(o.k), s end
  return s, size
end)
for i = 1, 9 do
  print(plain(i))
  size, o.k = size + 2, o.k + i
end

size = 2
local recursive = ms.stage(function(n)
  local function g(k)
    if k <= 0 then return #ms.zeros(size) end
    return g(k - 1) + size
  end
  return g(n)
end)
for i = 1, 9 do
  print(recursive(i))
  size = size + i
end

local stop = 1
local again = ms.stage(function(a, b)
  if b ~= 1 then
    o.k = 1
    grown = grown + 1
  else
    a = grown
    local j = 0
    ::again::
    j = j + 1
    if stop ~= 5 then return 1 end
    if j < a and j < 4 then goto again end
  end
end)
for i = 1, 9 do
  print(again(i, i % 3), grown, o.k)
  stop = stop + 1
end
