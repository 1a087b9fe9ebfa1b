-- Messages name the field that fails, not what it is read from, where the run decides what both are: fields of objects,
-- of one of several tables. A method that is no function is named by its type.
-- stock
local ms = require "moonstage"

local function each(k, l)
  local s = 0
  while l do
    local n = l.next
    if k == 1 then s = s + l.v.w end
    if k == 2 then s = s + n.v end
    if k == 3 then s = s + l.v end
    if k == 4 then s = -l.v end
    if k == 5 then s = #l.v end
    if k == 6 then l.v.w = 1 end
    if k == 7 then s = l:m() end
    if k == 8 then s = s | l.v end
    l = n
  end
  return s
end
local lists = {
  { v = { w = 1 }, next = { v = { w = 5 } } }, { v = { w = 1 }, next = {} }, { v = 5 }, { v = {} },
  { v = "x", next = { v = 2 } }, { v = 2.5, next = { v = 2 } }, { next = { v = {} } },
}
local f = ms.stage(each)
for k = 1, 8 do
  for _, l in ipairs(lists) do print(k, pcall(f, k, ms.object(l))) end
end

local a, b, c = { v = { w = 1 }, n = 1 }, { v = 5 }, {}
local g = ms.stage(function(i, k)
  local t = i == 1 and a or i == 2 and b or i == 3 and c or nil
  local u = t and t.v
  if k == 1 then return t.v.w end
  if k == 2 then return 0 + t.v end
  if k == 3 then return 0 + u end
  if k == 4 then return u.w .. t.n end
  if k == 5 then return -t.v end
  if k == 6 then return #u end
  if k == 7 then return t.v() end
  return t:m()
end)
for k = 1, 8 do
  for i = 1, 4 do
    if i ~= 3 then print(k, pcall(g, i, k)) end
  end
end

local h = ms.stage(function(n)
  local t = { m = n }
  if n > 2 then t = { m = "text" } end
  if n > 5 then t = {} end
  return t:m()
end)
for n = 1, 7 do print(pcall(h, n)) end
