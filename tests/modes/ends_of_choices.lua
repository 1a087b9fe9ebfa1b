-- A length of one of two tables is what it was when it was asked for, whatever was appended or assigned since.
-- stock
local ms = require "moonstage"

local loop = ms.stage(function(k, m)
  local a, b = { 1, 2 }, { 1, 2, 3 }
  local c = k > 1 and a or b
  local n = #c
  for i = 1, m do c[#c + 1] = i end
  c[n + 1] = 20
  return n, #a, #b, a[3], b[4], a[#a], b[#b]
end)
for k = 1, 2 do
  for m = 1, 3 do print(loop(k, m)) end
end

local written = ms.stage(function(k)
  local a, b = { 1, 2 }, { 1, 2, 3 }
  local c = k > 1 and a or b
  local n = #c
  a[3], b[4] = 5, 6
  c[n + 1] = 9
  c[#c + 1] = 10
  return n, #a, #b, a[3], a[4], b[4], b[5]
end)
for k = 1, 2 do print(written(k)) end

local popped = ms.stage(function(k)
  local a, b = { 1, 2 }, { 1, 2, 3 }
  local c = k > 1 and a or b
  c[#c] = nil
  c[#c] = 7
  return #a, #b, a[1], a[2], b[2], b[3]
end)
for k = 1, 2 do print(popped(k)) end
