-- Tensors from outside whose elements loops of the graph assign: what is there at the end, after errors, in host calls.
local ms = require "moonstage"
local function text(x) return tostring(x:sum():item()) .. ":" .. tostring((x * ms.arange(1, #x + 1)):sum():item()) end

local x = ms.zeros(200)
local fill = ms.stage(function(n, stop)
  n = n:item()
  for i = 1, n do
    x[i] = i
    if i % 3 == 0 then x[i - 1] = -i end
    if i == stop then error("stopped at " .. i) end
  end
  return x[n]
end)
for _, n in ipairs { 1, 5, 200 } do print(fill(ms.tensor(n), 0), text(x)) end
x:fill_(0)
print(pcall(fill, ms.tensor(9), 4)) print(text(x))
print(pcall(fill, ms.tensor(300), 0)) print(text(x))

-- nested loops, one of which may not run; a view; two tensors
local m, y = ms.zeros(12, 12), ms.zeros(144)
local grid = ms.stage(function(n)
  n = n:item()
  local row = m[2]
  for i = 1, n do
    for j = i, n - i do
      m[{ i, j }] = i * 10 + j
      y[i] = y[i] + j
    end
    if i % 2 == 0 then row[i] = -1 end
  end
  return m:sum()
end)
for n = 0, 12, 4 do print(grid(ms.tensor(n)), text(m:reshape(144)), text(y)) end

-- swapped, and written as a whole on the way
local a, b = ms.zeros(70), ms.ones(70)
local swap = ms.stage(function(n)
  n = n:item()
  local p, q = a, b
  for i = 1, n do
    p[i] = i
    if i == 5 then p:mul_(2) end
    if i == 7 then q:copy_(p) end
    p, q = q, p
  end
  return p:sum(), q:sum()
end)
for n = 0, 9, 3 do print(swap(ms.tensor(n)), text(a), text(b)) end

-- seen by a host call, which may change nothing
local seen = {}
local look = ms.host(function(i) seen[#seen + 1] = i .. "=" .. text(x) end)
local shown = ms.stage(function(n)
  n = n:item()
  for i = 1, n do
    x[i] = x[i] + i
    if i % 2 == 0 then look(i) end
    x[i + 1] = 0.5
  end
end)
shown(ms.tensor(6))
print(table.concat(seen, " "), text(x))

-- the value that was, and what follows it
local z = ms.zeros(100)
local old = ms.stage(function(n)
  n = n:item()
  local before = z
  for i = 1, n do
    local copy = z:clone()
    z[i] = copy:sum() + i
    before = copy
  end
  local w = z + 1
  w[1] = 100
  return before, w:sum(), z:sum()
end)
for n = 1, 3 do
  local before, w, s = old(ms.tensor(n))
  print(text(before), w, s, text(z))
end
