-- math.floor and math.ceil of floats that no integer can hold, before and after what can't be undone.
local ms = require "moonstage"
local asked = ms.host(function(p) print("asked", p) return p end, "number")
local function try(name, f, ...) print(name, pcall(ms.stage(f), ...)) end
local function first(x)
  print("first")
  return math.floor(x:item()), math.ceil(-x:item())
end
local f = ms.stage(first)
for _, v in ipairs { 2.5, 1e30, -3.5, 1e19, 4.0 } do print(f(ms.tensor(v))) end
try("after", function(x)
  asked(1)
  local s = 0
  for i = 1, 20 do s = s + math.floor(x[1]:item() * i) end
  return s, math.type(s)
end, ms.tensor { 1.0, 2.5 })
try("after, huge", function(x)
  asked(1)
  local s = 0
  for i = 1, 20 do s = s + math.floor(x[1]:item() * i) end
  return s, math.type(s)
end, ms.tensor { 1e25, 2.5 })
try("several", function(x)
  asked(1)
  local a, b, c = math.floor(x[1]:item()), math.floor(x[2]:item() * 2), math.ceil(x[1]:item() * 7)
  return a + b + c, math.max(a, b, c), a // 2, "text " .. b
end, ms.tensor { 1.0, 2.5 })
try("caught", function(x)
  return pcall(function() return math.floor(x:item()) & 7 end)
end, ms.tensor(1e30))
try("key", function(x)
  asked(1)
  local t = { 5, 6, 7 }
  return t[math.floor(x[2]:item())]
end, ms.tensor { 1.0, 2.5 })
-- floats as keys
local t = { 5, 6, 7, x = 1 }
try("floats", function(x)
  local made = { 1, [4] = 2 }
  local a, b, c = x[1]:item(), x[2]:item(), x[3]:item()
  return t[a], t[b], t[c], made[c], made[b * 2 - 1], t[a / 0], t[a * 0 / 0]
end, ms.tensor { 1.0, 2.5, 4.0 })
try("floats in a list", function(x)
  local list = {}
  for i = 1, (x[3]:item() // 1 | 0) do list[#list + 1] = i * 0.5 end
  return list[x[1]:item()], list[x[2]:item()], list[x[3]:item()], list[x[3]:item() + 1]
end, ms.tensor { 1.0, 2.5, 4.0 })
try("by an __index", function(x)
  local list = setmetatable({ 1, 2 }, { __index = function(_, k) return k * 2 end })
  return list[x[1]:item()], list[x[2]:item()]
end, ms.tensor { 1.0, 2.5, 4.0 })
