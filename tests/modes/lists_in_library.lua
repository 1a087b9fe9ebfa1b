-- The table library, ipairs and pairs on lists that grew in loops of the graph; texts as elements.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local function upto(n)
  local t = {}
  for i = 1, n do t[#t + 1] = i end
  return t
end

local inserted = staged(function(n, at)
  local t = upto(n)
  table.insert(t, -1)
  table.insert(t, at, -2)
  table.insert(t, 1, -3)
  return table.concat(t, " "), #t
end)
local removed = staged(function(n, at)
  local t = upto(n)
  local last = table.remove(t)
  local v = table.remove(t, at)
  return last, v, #t, table.concat(t, " ")
end)
for n = 0, 3 do
  for at = -1, n + 2 do
    print(n, at, pcall(inserted, n, at))
    print(n, at, pcall(removed, n, at))
  end
end

local joined = staged(function(n, i, j)
  local t = upto(n)
  return table.concat(t), table.concat(t, ", "), pcall(table.concat, t, "-", i, j)
end)
print(joined(0, 1, 0)) print(joined(1, 1, 1)) print(joined(4, 2, 3)) print(joined(4, 3, 2))
print(select(3, joined(3, 1, 3)))

local stack = staged(function(n)
  local todo, order = { n }, {}
  while #todo > 0 do
    local v = table.remove(todo)
    order[#order + 1] = v
    if v > 1 then
      table.insert(todo, v // 2)
      if v % 2 == 0 then table.insert(todo, v // 3) end
    end
  end
  return table.concat(order, " ")
end)
for _, n in ipairs { 1, 7, 30 } do print(stack(n)) end

local walked = staged(function(n)
  local t, u, s = upto(n), {}, 0
  for i, v in ipairs(t) do
    if v == 7 then break end
    if v % 2 == 0 then goto continue end
    s = s + i * v
    ::continue::
  end
  for k, v in pairs(t) do
    u[#u + 1] = 10 * k + v
    t[k] = v + 1
  end
  for i, v in ipairs(t) do
    if i < 5 and #t < 9 then t[#t + 1] = v end -- seen by the walk
    s = s + v
  end
  local k, v = next(t)
  return s, table.concat(u, " "), table.concat(t, " "), k, v, pcall(next, t, #t), #t
end)
for _, n in ipairs { 0, 1, 3, 9 } do print(walked(n)) end

local texts = staged(function(n)
  local parts = {}
  for i = 1, n do
    parts[#parts + 1] = "x" .. i
    if i % 2 == 0 then parts[#parts] = parts[#parts] .. "!" end
  end
  local s = 0
  for _, v in ipairs(parts) do s = s + #v end
  return table.concat(parts, ","), s, parts, parts[2] == "x2!"
end)
for _, n in ipairs { 0, 1, 12 } do
  local all, s, parts, is = texts(n)
  print(all, s, #parts, parts[1], parts[#parts], is)
end
local plain = staged(function(n)
  local t = { "a", "b" }
  for i = 1, n do table.insert(t, i % 2 == 0 and "even" or "odd") end
  return table.concat(t, " "), rawlen(t), rawget(t, 3), select("#", t)
end)
for n = 0, 3 do print(plain(n)) end

local raw = staged(function(n)
  local t = upto(n)
  rawset(t, #t + 1, 50)
  rawset(t, 1, 60)
  return rawlen(t), rawget(t, 1), rawget(t, #t), rawequal(t, t), type(t), t[0], t[-1], t[n + 5], t.x
end)
for n = 0, 2 do print(raw(n)) end

-- a default for what is not there, and fields beside
local defaults = staged(function(n)
  local t = setmetatable({ name = "list" }, { __index = function(t, k) return k == "none" and "?" or -k end })
  for i = 1, n do rawset(t, #t + 1, i * i) end
  local s = 0
  for i = 1, n + 2 do s = s * 3 + t[i] end
  return s, t.name, t.none, #t
end)
for n = 0, 3 do print(defaults(n)) end

local declared = staged(function(n)
  local t, u = ms.list "float", ms.list("f32", { 2 })
  for i = 1, n do
    if i > 2 then t[#t + 1] = i / 2 end
    u[#u + 1] = ms.ones(2) * i
  end
  local s = ms.zeros(2)
  for i = 1, #u do s = s + u[i] end
  return table.concat(t, " "), #t, t[1], s
end)
for n = 0, 4, 2 do print(declared(n)) end
print(#ms.list(), pcall(ms.list, "short"))
