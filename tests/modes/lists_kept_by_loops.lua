-- Lists that are made in a loop of the graph and kept outside by it.
local ms = require "moonstage"
local o = {}
local function upto(n, f)
  local t = {}
  for i = 1, n do t[#t + 1] = f(i) end
  return t
end
local function show(t)
  local words = {}
  for i, v in ipairs(t) do words[i] = type(v) == "userdata" and tostring(v:sum():item()) or tostring(v) end
  return #t .. ": " .. table.concat(words, " ")
end

local ints = ms.stage(function(n)
  for i = 1, n:item() do
    local t = {}
    for k = 1, i do t[#t + 1] = k * i end
    o.last = t
  end
  return #o.last, o.last[1]
end)
print(ints(ms.tensor(3))) print(show(o.last))
local before = o.last
print(ints(ms.tensor(5))) print(show(o.last), show(before), before == o.last)
print(pcall(ints, ms.tensor(0))) print(show(o.last))

-- kept first, then filled; changed after that
local filled = ms.stage(function(n)
  for i = 1, n:item() do
    local t = { i * 0.5 }
    o.row = t
    for k = 1, i do t[#t + 1] = k * 0.5 end
    t[1] = 0.25
    if i % 2 == 0 then table.remove(t) end
  end
end)
print(pcall(filled, ms.tensor(4))) print(show(o.row or {}))

-- every one of them is kept in a table of the caller's by a function of its own
local kept = ms.stage(function(n)
  local last
  for i = 1, n:item() do
    local t = {}
    for k = 1, i + 1 do t[#t + 1] = "s" .. k end
    t[#t] = nil
    o.words, last = t, t
  end
  return last
end)
local r = kept(ms.tensor(4))
print(show(r), r == o.words)
r[1] = "changed"
print(show(o.words))

local tensors = ms.stage(function(n, x)
  for i = 1, n:item() do
    local t = {}
    for k = 1, i do t[#t + 1] = x * k end
    if i % 2 == 1 then o.tensors = t end
  end
end)
print(pcall(tensors, ms.tensor(4), ms.ones(2))) print(show(o.tensors))

local some = ms.stage(function(n)
  local best, count
  for i = 1, n:item() do
    local t = {}
    for k = 1, 7 % (i + 1) do t[#t + 1] = k end
    if best == nil or #t > count then best, count = t, #t o.best = t end
    if #t == 1 then break end
  end
  return #best, count
end)
print(pcall(some, ms.tensor(6))) print(show(o.best))

-- changed by another name after it was kept, seen by the trace and by the caller
local both = ms.stage(function(n)
  local sum = 0
  for i = 1, n:item() do
    local t = {}
    for k = 1, i do t[#t + 1] = k end
    o.a = t
    o.a[1] = 7
    sum = sum + t[1]
    o.a[#o.a + 1] = 8
    sum = sum + #t
    o.b = o.a
  end
  return sum
end)
print(pcall(both, ms.tensor(3))) print(show(o.a), o.a == o.b)

local failed = ms.stage(function(n)
  for i = 1, n:item() do
    local t = {}
    for k = 1, i do t[#t + 1] = k end
    o.failed = t
    if i == 3 then error("stop " .. #o.failed) end
    t[1] = -1
  end
end)
print(pcall(failed, ms.tensor(4))) print(show(o.failed))

local fields = ms.stage(function(n)
  for i = 1, n:item() do
    local row = { name = "row " .. i, values = {} }
    for k = 1, i do row.values[#row.values + 1] = k / i end
    row.n = #row.values
    o.row = row
  end
  return o.row.n
end)
print(pcall(fields, ms.tensor(3))) print(o.row.name, o.row.n, show(o.row.values or {}))
