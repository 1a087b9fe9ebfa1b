-- Tables that grow as arrays in loops of the graph: numbers and booleans, in loops and branches within each other, in
-- objects, outside, after errors.
local ms = require "moonstage"
-- The number of trips is an element of a tensor, so that no trace knows it.
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local function show(...) print(pcall(...)) end
-- nested loops, branches
local f = staged(function(n)
  local t, u = {}, {}
  for i = 1, n do
    for j = 1, i do
      if (i + j) % 2 == 0 then t[#t + 1] = i * 10 + j else u[#u + 1] = i - j end
    end
    if #u > 3 then u[#u] = nil end
  end
  return table.concat(t, " "), table.concat(u, " "), #t + #u
end)
for n = 0, 6 do show(f, n) end
-- made inside an outer loop
local g = staged(function(n)
  local total, last = 0, 0
  for i = 1, n do
    local t = {}
    for j = 1, i do t[#t + 1] = j end
    for j = 1, #t do total = total + t[j] end
    last = #t
  end
  return total, last
end)
for n = 0, 5 do show(g, n) end
-- objects, methods, closures
local Stack = {}
Stack.__index = Stack
function Stack.new() return setmetatable({ items = {}, n = 0 }, Stack) end
function Stack:push(v) self.items[#self.items + 1] = v self.n = self.n + 1 end
function Stack:pop() local v = self.items[#self.items] self.items[#self.items] = nil self.n = self.n - 1 return v end
local h = staged(function(n)
  local s = Stack.new()
  local sum = 0
  for i = 1, n do s:push(i * i) if i % 3 == 0 then sum = sum + s:pop() + s:pop() end end
  return s, sum, s.n
end)
for n = 0, 7 do local ok, s, sum, k = pcall(h, n) print(ok, type(s) == "table" and table.concat(s.items, ","), sum, k, ok and getmetatable(s) == Stack) end
-- errors half way, outside tables
local out = { 1, 2 }
local function reset() for i = #out, 1, -1 do out[i] = nil end out[1] = 5 end
local k = staged(function(n, bad)
  for i = 1, n do
    out[#out + 1] = i
    if i == bad then error("bad " .. i) end
  end
  return #out
end)
for _, bad in ipairs { 0, 1, 3, 9 } do reset() show(k, 4, bad) print(#out, table.concat(out, " ")) end
local inside = staged(function(n, bad)
  local t = {}
  local ok, e = pcall(function()
    for i = 1, n do t[#t + 1] = i if i == bad then error("bad") end end
  end)
  return ok, e, #t, t[#t]
end)
for _, bad in ipairs { 0, 2, 9 } do show(inside, 4, bad) end
-- return and break from inside
local r = staged(function(n, stop)
  local t = {}
  for i = 1, n do
    if i == stop then return "stopped", t end
    if i > 2 * stop then break end
    t[#t + 1] = i
  end
  return "all", t
end)
for _, s in ipairs { 0, 1, 3, 9 } do local ok, w, t = pcall(r, 5, s) print(ok, w, ok and table.concat(t, " ")) end
-- swapped
local w = staged(function(n)
  local a, b = {}, {}
  for i = 1, n do
    a[#a + 1] = i
    a, b = b, a
  end
  return #a, #b, a[1], b[1]
end)
for n = 0, 4 do show(w, n) end
-- booleans
local b = staged(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = i % 3 == 0 end
  local c = 0
  for i, v in ipairs(t) do if v then c = c + i end end
  return c, t[3], t[4], next(t) == nil
end)
for n = 0, 4 do show(b, n) end
