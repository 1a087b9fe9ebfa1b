-- Lists in loops of the graph as fields, in tables that trips make, under several names, with metatables; caught errors.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local function show(f, ...) print(pcall(f, ...)) end
-- a record made in the loop that has a list
local f1 = staged(function(n)
  local best = { items = {}, score = 0 }
  for i = 1, n do
    local cand = { items = {}, score = i % 3 }
    for j = 1, i do cand.items[#cand.items + 1] = j * i end
    if cand.score >= best.score then best = cand end
  end
  return best.score, #best.items, best.items[1], best.items[#best.items]
end)
for n = 0, 6 do show(f1, n) end
-- a list rebuilt in each trip
local f2 = staged(function(n)
  local cur = { 1 }
  for i = 1, n do
    local nxt = {}
    for _, v in ipairs(cur) do
      nxt[#nxt + 1] = v * 2
      if v % 3 == 1 then nxt[#nxt + 1] = v + 1 end
    end
    cur = nxt
  end
  return #cur, table.concat(cur, " ")
end)
for n = 0, 6 do show(f2, n) end
-- aliases
local f3 = staged(function(n)
  local t = {}
  local u = t
  for i = 1, n do
    t[#t + 1] = i
    if i == 3 then u[1] = 100 end
  end
  u[#u + 1] = 7
  return t == u, #t, t[1], u[#t]
end)
for n = 0, 5 do show(f3, n) end
-- choice of tables
local f4 = staged(function(n)
  local a, b = {}, {}
  for i = 1, n do
    local t = i % 3 == 0 and a or b
    t[#t + 1] = i
  end
  local c = n > 2 and a or b
  c[#c + 1] = 50
  return table.concat(a, " "), table.concat(b, " "), #c
end)
for n = 0, 5 do show(f4, n) end
-- returned in a table with others; kept in an upvalue; metatables
local kept
local f5 = staged(function(n)
  local t = setmetatable({}, { __len = function() return 42 end, __index = { extra = 5 } })
  local plain = {}
  for i = 1, n do rawset(t, i, i) plain[i] = i end
  kept = plain
  return { t = t, plain = plain, len = #t, raw = rawlen(t), e = t.extra }
end)
for n = 0, 3 do
  local ok, r = pcall(f5, n)
  print(ok, ok and r.len, ok and r.raw, ok and r.e, ok and rawequal(r.plain, kept), ok and #r.plain, ok and rawlen(r.t), ok and #r.t)
end
-- goto continue, nested functions, varargs
local f6 = staged(function(n)
  local t = {}
  local function add(...) for i = 1, select("#", ...) do t[#t + 1] = (select(i, ...)) end end
  for i = 1, n do
    if i % 2 == 0 then goto continue end
    add(i, i * 2)
    ::continue::
  end
  return table.concat(t, ",")
end)
for n = 0, 5 do show(f6, n) end
-- a while with the list's state in the condition
local f7 = staged(function(n)
  local t = {}
  repeat
    t[#t + 1] = n
    n = n // 2
  until n == 0 or #t > 5
  while #t > 0 and t[#t] < 3 do t[#t] = nil end
  return #t, t[#t]
end)
for _, n in ipairs { 0, 1, 5, 100, 1000 } do show(f7, n) end
-- mid-loop errors seen by state
G = { log = {} }
local f8 = staged(function(n)
  for i = 1, n do
    G.log[#G.log + 1] = i
    if i == 4 then error("at " .. i) end
    G.log[#G.log] = i * 2
  end
end)
for n = 2, 5 do show(f8, n) print(table.concat(G.log, " ")) end
-- prints in between
local f9 = staged(function(n)
  local t = {}
  for i = 1, n do
    t[#t + 1] = i
    print(#t, t[i], t[i + 1])
  end
end)
show(f9, 3)
-- pcall with growth
local f10 = staged(function(n)
  local t = {}
  for i = 1, n do
    local ok, e = pcall(function()
      t[#t + 1] = i
      if i % 2 == 0 then error("even " .. i, 0) end
      t[#t + 1] = -i
    end)
    if not ok then t[#t + 1] = 1000 end
  end
  return table.concat(t, " ")
end)
for n = 0, 4 do show(f10, n) end
