-- table.sort of lists that grew in loops of the graph: the order function is called for the pairs that eager calls are for.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local function random(n, m)
  local t, x = {}, 7
  for i = 1, n do
    x = (x * 75 + 74) % 65537
    t[#t + 1] = x % m
  end
  return t
end
local function halves(n, m)
  local t = {}
  for i, v in ipairs(random(n, m)) do t[i] = v / 2 end
  return t
end
local plain = staged(function(n, m)
  local t = random(n, m)
  table.sort(t)
  return table.concat(t, " ")
end)
for _, n in ipairs { 0, 1, 2, 3, 7, 40, 300 } do print(plain(n, 100)) end
local calls = staged(function(n)
  local t, count = random(n, 50), 0
  table.sort(t, function(a, b)
    count = count + 1
    if a % 10 ~= b % 10 then return a % 10 > b % 10 end
    return false
  end)
  return count, table.concat(t, " ")
end)
for _, n in ipairs { 0, 1, 2, 3, 9, 60 } do print(calls(n)) end
local down = staged(function(n)
  local t = halves(n, 1000)
  table.sort(t, function(a, b) return a > b end)
  return table.concat(t, " ")
end)
for _, n in ipairs { 0, 1, 5, 200 } do print(down(n)) end
local bad = staged(function(n)
  local t = halves(n, 1000)
  local ok, e = pcall(table.sort, t, function(a, b) return true end)
  return ok, e
end)
for n = 0, 12 do print(n, pcall(bad, n)) end
local bad2 = staged(function(n)
  local t = halves(n, 1000)
  table.sort(t, function(a, b) return a + b end)
end)
for n = 0, 12 do print(n, pcall(bad2, n)) end
local nan = staged(function(n)
  local t = halves(n, 1000)
  for i = 1, n, 3 do t[i] = 0/0 end
  table.sort(t)
  local c = 0
  for i, v in ipairs(t) do if v ~= v then c = c + i end end
  return c
end)
for n = 0, 12 do print(n, pcall(nan, n)) end
local words = staged(function(n)
  local t = {}
  for i = n, 1, -1 do t[#t + 1] = "w" .. i % 4 .. i end
  table.sort(t)
  return table.concat(t, " ")
end)
for n = 0, 6, 2 do print(n, pcall(words, n)) end
local bools = staged(function(n)
  local t = {}
  for i = n, 1, -1 do t[#t + 1] = i > 1 end
  table.sort(t)
end)
for n = 0, 3 do print(n, pcall(bools, n)) end
local errs = staged(function(n)
  local t, seen = halves(n, 10), {}
  table.sort(t, function(a, b) seen[#seen + 1] = a if #seen > 5 then error("enough") end return a < b end)
  return #seen
end)
for n = 0, 8, 2 do print(n, pcall(errs, n)) end
local unb = staged(function(n)
  local t = {}
  for i = 1, n do t[i] = i end
  for i = 1, n do t[i] = (i * 7919) % 17 end
  local c = 0
  table.sort(t, function(a, b) c = c + 1 return a < b end)
  return c, table.concat(t, " ")
end)
print(unb(1000))
