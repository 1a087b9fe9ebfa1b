-- pcall catches what host calls and library functions fail with while the graph runs; what they did before stays.
local ms = require "moonstage"
local log, total = {}, 0
local account = ms.host(function(n)
  log[#log + 1] = n
  total = total + n
  if n > 3 then error("no more than 3") end
  return n * 2
end, "number")

local pay = ms.stage(function(n)
  print("before", n, total)
  local direct, a = pcall(account, n)
  local ok, e = pcall(function()
    local r = account(n)
    print("paid", r)
    return r
  end)
  return direct, a, ok, e, total
end)
for _, n in ipairs { 1, 5, 2 } do print(pay(n)) end
print(table.concat(log, " "))

local trips = ms.stage(function(n)
  local failed = 0
  for i = 1, n do
    if not pcall(account, i) then failed = failed + 1 end
  end
  return failed
end)
print(trips(6), total)

local library = ms.stage(function(n)
  local ok, e = pcall(function() return math.random(n) end)
  local ok2, e2 = pcall(math.random, 2, 1)
  local ok3, e3 = pcall(os.time, { year = n })
  local ok4, e4 = xpcall(io.read, function(m) return "handled: " .. m end, "x")
  return ok, not ok and e, ok2, e2, ok3, e3, ok4, e4
end)
print(library(3))
print(library(-3))
