-- Lengths of tables whose last element is nil on some paths: of constructors, after an append, of variable arguments.
-- stock
local ms = require "moonstage"

local made = ms.stage(function(n)
  local v, w
  if n > 1 then v = n end
  if n > 2 then w = n * 2 end
  local t, u, x = { 1, v }, { v }, { w, 3 }
  return #t, #u, u[1], x[1], x[2], t[2]
end)
for n = 0, 3 do print(made(n)) end

local appended = ms.stage(function(n)
  local t = { 1 }
  local v, w
  if n > 1 then v = n end
  if n > 2 then w = "w" end
  t[#t + 1] = v
  t[#t + 1] = 5
  t[#t + 1] = w
  return #t, t[1], t[2], t[3], t[4]
end)
for n = 0, 3 do print(appended(n)) end

local inserted = ms.stage(function(n)
  local t = {}
  local v
  if n > 1 then v = n end
  t[1] = v
  table.insert(t, 7)
  local u = { v }
  for i, x in ipairs(u) do print(i, x) end
  return #t, t[1], t[2], table.concat(t, ","), table.concat(u, ","), select("#", table.unpack(u))
end)
for n = 0, 3 do print(inserted(n)) end

local counted = ms.stage(function(n)
  local v
  if n > 1 then v = n end
  local function count(...) return select("#", ...), #{ ... }, (select(1, ...)) end
  return count(v)
end)
for n = 0, 3 do print(counted(n)) end

local many = ms.stage(function(a, b, c)
  local x, y, z
  if a > 0 then x = a end
  if b > 0 then y = b end
  if c > 0 then z = c end
  return #{ x, y, 1 }, #{ x, 1, y, 2 }, #{ 1, x, y, z, 5 }, #{ x }, #{ 1, x }
end)
for i = 0, 7 do print(many(i & 1, i & 2, i & 4)) end
