-- Elements taken from lists that are empty already, on some paths and in loops; the lists grow again after it.
-- stock
local ms = require "moonstage"
local o = { list = { 5, 6 } }

local drain = ms.stage(function(n)
  local k = 0
  while k < n and k < 5 do
    k = k + 1
    table.remove(o.list)
  end
  if #o.list < 6 then table.insert(o.list, n) end
  if #o.list < 6 then table.insert(o.list, 1, -n) end
  return #o.list, o.list[0], o.list[1], o.list[2]
end)
print(drain(0 / 0)) print(drain(5)) print(drain(1)) print(drain(9))

local taken = ms.stage(function(n)
  local t = {}
  t[#t] = nil
  local none = table.remove(t)
  if n > 1 then t[#t] = nil else table.remove(t, #t) end
  t[#t + 1] = "x"
  if n > 2 then t[#t] = nil end
  return #t, t[0], t[1], none
end)
for n = 1, 3 do print(taken(n)) end

-- keys that are floats are those integers
local list = { 1 }
local floats = ms.stage(function(x)
  list[2.0] = x
  list[#list + 1.0] = x
  rawset(list, x % 3 + 3, "at " .. x)
  local made = {}
  made[1.0] = x
  if x > 2 then made[2.0] = x made[2.0] = made[2.0] else rawset(made, 2.0, nil) end
  return #list, #made, list[3], made[1.0], #{ [1.0] = x }
end)
print(floats(1e15)) print(floats(2.0)) print(#list, list[2], list[4], list[5])
