-- Lists that library functions take whole: stacked, joined, taken apart; of other lengths from call to call.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local x = ms.tensor { 1.0, 2.0 }

local stacked = staged(function(n, x)
  local hs, h = {}, x
  for i = 1, n do
    h = h * 0.5 + i
    hs[#hs + 1] = h
  end
  local s = ms.stack(hs)
  return s, s:sum(1), ms.stack(hs, 2).shape[2], ms.cat(hs), #hs
end)
for _, n in ipairs { 3, 1, 2, 3, 2, 1 } do print(stacked(n, x)) end
print(pcall(stacked, 0, x))
print(stacked(3, x * 2))

-- what was done before is done once
local log, count = {}, 0
local before = staged(function(n, x)
  local hs = {}
  count = count + 1
  log[#log + 1] = n
  local noise = ms.randn(2)
  print("up to", n)
  for i = 1, n do hs[#hs + 1] = noise * i end
  print("stacked", (ms.stack(hs):sum() - noise:sum() * (n * (n + 1) // 2)):abs() < 0.001, #log)
  print(("text %d"):format(n))
  if n == 4 then error("four") end
  return ms.randn(1)
end)
ms.manual_seed(7)
for _, n in ipairs { 2, 1, 2, 4, 1 } do print(pcall(before, n, x)) end
print(count, table.concat(log, " "))

local apart = staged(function(n, x)
  local is, ts = { 7 }, {}
  for i = 1, n do
    is[#is + 1] = i * 10
    ts[#ts + 1] = "t" .. i
  end
  local a, b, c = table.unpack(is)
  print("all", table.unpack(ts))
  return math.max(table.unpack(is)), select("#", table.unpack(ts)), a, b, c, table.unpack(is, 2)
end)
for _, n in ipairs { 0, 3, 1, 0, 3 } do print(apart(n, x)) end

local function sum(...)
  local s = 0
  for _, v in ipairs { ... } do s = s + v end
  return s, select("#", ...)
end
local floats = staged(function(n)
  local fs = {}
  for i = 1, n do fs[i] = i / 4 end
  return sum(table.unpack(fs))
end)
print(floats(3)) print(floats(5)) print(floats(3))

-- two lists, of lengths that change by themselves; one function that takes both
local function joined(t) return ms.stack(t):sum(1) end
local two = ms.stage(function(n, m, x)
  local a, b = {}, {}
  for i = 1, n:item() do a[#a + 1] = x * i end
  for i = 1, m:item() do b[#b + 1] = x - i end
  return joined(a) - joined(b), ms.cat(a):sum() + ms.cat(b):sum()
end)
for _, p in ipairs { { 1, 2 }, { 2, 1 }, { 1, 1 }, { 2, 2 }, { 1, 2 } } do
  print(two(ms.tensor(p[1]), ms.tensor(p[2]), x))
end

-- on some paths only
local maybe = staged(function(n, x)
  local hs = {}
  for i = 1, n do hs[#hs + 1] = x * i end
  local s = x
  if n > 1 then s = ms.stack(hs):sum(1) end
  if n > 2 then return s, ms.cat(hs):sum() end
  return s
end)
for _, n in ipairs { 0, 1, 2, 3, 4, 2 } do print(maybe(n, x)) end

-- of one length in all trips of a loop
local trips = ms.stage(function(n, m, x)
  local all = ms.zeros(2)
  for k = 1, n:item() do
    local hs = {}
    for i = 1, m:item() do hs[#hs + 1] = x * (i + k) end
    all = all + ms.stack(hs):sum(1)
  end
  return all
end)
for _, p in ipairs { { 2, 3 }, { 3, 2 }, { 0, 2 }, { 1, 3 } } do print(trips(ms.tensor(p[1]), ms.tensor(p[2]), x)) end

-- numbers from outside that decide the trips; trips over plain values
local numbers = ms.stage(function(x, n)
  local hs = {}
  for i = 1, n do hs[#hs + 1] = x * i end
  return ms.stack(hs):sum(), #hs
end)
for n = 1, 20 do io.write(tostring(numbers(x, 1 + n % 5)), " ") end
print()
local rolled = ms.stage(function(x)
  local hs, h = {}, x
  for i = 1, 40 do
    h = h * 0.5 + i
    hs[#hs + 1] = h
  end
  return ms.stack(hs).shape[1], ms.cat(hs):sum()
end)
print(rolled(x))

-- of many lengths: one graph; with tensors of such lengths
local many = ms.stage(function(n, x)
  local hs, h = {}, x
  for i = 1, n:item() do
    h = h * 0.5 + i
    hs[#hs + 1] = h
  end
  local s, c = ms.stack(hs), ms.cat(hs)
  local m = s:matmul(s:transpose(1, 2))
  for i = 1, #s do m = m + s[i]:sum() end
  if #s > 20 then print "long" end
  return s:sum(1), #s, s.shape[2], c[-1], c[{ {2, -1} }]:sum(), m:sum(), s:softmax(1)[1]
end)
for n = 1, 40 do print(many(ms.tensor(n), x)) end
for _, n in ipairs { 3, 40, 0, 1, 7 } do print(pcall(many, ms.tensor(n), x)) end
local rows = ms.stage(function(xs, w)
  local hs, h = {}, ms.zeros(3)
  for i = 1, #xs do
    h = (h + xs[i]):tanh()
    hs[#hs + 1] = h
  end
  local s = ms.stack(hs)
  return ((s - xs) * w):sum(), #s, ms.cat(hs):sum()
end)
for n = 2, 40 do print(rows(ms.arange(3 * n):reshape(n, 3) / 7, ms.ones(n, 3))) end
print(pcall(rows, ms.ones(4, 3), ms.ones(5, 3)))
print(rows(ms.ones(4, 3), ms.ones(1, 3)))
-- two of many lengths each
local pair = ms.stage(function(n, m, x)
  local a, b = {}, {}
  for i = 1, n:item() do a[#a + 1] = x * i end
  for i = 1, m:item() do b[#b + 1] = x - i end
  local s, r = ms.stack(a), ms.stack(b)
  return s:sum() + r:sum(), #s, #r, #s == #r and (s - r):sum()
end)
for k = 1, 30 do print(pcall(pair, ms.tensor(2 + k % 5), ms.tensor(2 + k % 3), x)) end

-- errors of what takes it
local wrong = staged(function(n)
  local is = {}
  for i = 1, n do is[i] = i end
  return ms.stack(is)
end)
print(pcall(wrong, 2)) print(pcall(wrong, 0)) print(pcall(wrong, 1))
local outside = {}
local outer = staged(function(n, x)
  for i = 1, n do outside[#outside + 1] = x * i end
  return ms.stack(outside):sum(), #outside
end)
print(outer(2, x))
for i = 1, 2 do outside[i] = nil end
print(outer(1, x))

-- in a branch that another one leaves: what follows is done on both paths
local x3 = ms.tensor { 1.0, -2.0, 0.5 }
local leaves = ms.stage(function(a, y)
  if y:sum() > 0 then
    if a > 5 then return "left" end
  else
    local t, h = {}, y
    for i = 1, 10 do
      h = h * 0.5 + i
      t[#t + 1] = h[1]
    end
    for i, v in ipairs { table.unpack(t) } do print(i, v) end
  end
  return a, 1
end)
for i = 1, 3 do
  print(leaves(i, x3))
  print(leaves(i * 3, x3 + 1))
end
