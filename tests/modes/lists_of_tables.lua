-- Tables made in loops of the graph that are elements of lists: read, written and compared through all their names,
-- sorted, taken out, given back.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local function show(f, ...) print(pcall(f, ...)) end
local function dump(v, seen)
  seen = seen or {}
  if type(v) ~= "table" then return tostring(v) end
  if seen[v] then return "@" .. seen[v] end
  seen.n = (seen.n or 0) + 1
  seen[v] = seen.n
  local out = {}
  for k, x in ms.pairs(v) do out[#out + 1] = tostring(k) .. "=" .. dump(x, seen) end
  return "#" .. seen[v] .. "{" .. table.concat(out, " ") .. "}"
end
-- a record older than the loop, appended many times
local f1 = staged(function(n)
  local r, t = { x = 1 }, {}
  for i = 1, n do
    t[#t + 1] = r
    r.x = r.x + i
  end
  return t, r, #t > 0 and t[1] == r, #t > 1 and rawequal(t[1], t[2])
end)
for n = 0, 3 do
  local t, r, a, b = f1(n)
  print(dump({ t, r }), a, b)
end
-- appended on some paths
local f2 = staged(function(n)
  local t, best = {}, nil
  for i = 1, n do
    local r = { v = i * 7 % 5, i = i }
    if i % 2 == 0 then t[#t + 1] = r end
    r.v = r.v * 10
    if not best or r.v > best.v then best = r end
  end
  if best then best.i = -best.i end
  return t, best
end)
for n = 0, 6 do print(dump { f2(n) }) end
-- read in a second loop, written through elements
local f3 = staged(function(n)
  local t = {}
  for i = 1, n do table.insert(t, { a = i, b = "x" .. i }) end
  for i, r in ipairs(t) do
    r.a = r.a + 1
    if i > 1 then r.b = t[i - 1].b .. r.b end
  end
  local s = 0
  for _, r in ipairs(t) do s = s + r.a end
  local last = table.remove(t)
  local first = table.remove(t, 1)
  return s, t, last, first
end)
for n = 0, 4 do print(dump { f3(n) }) end
-- tuples, stack
local f4 = staged(function(n)
  local stack, out = { { 1, "root" } }, 0
  while #stack > 0 do
    local top = stack[#stack]
    stack[#stack] = nil
    local depth, name = top[1], top[2]
    out = out + depth + #name
    if depth < n then
      stack[#stack + 1] = { depth + 1, name .. "l" }
      stack[#stack + 1] = { depth + 1, name .. "r" }
    end
  end
  return out
end)
for n = 0, 5 do print(f4(n)) end
-- beams
local f5 = staged(function(n, w)
  local beam = { { score = 0.0, text = "" } }
  for step = 1, n do
    local all = {}
    for _, h in ipairs(beam) do
      for k = 1, 3 do all[#all + 1] = { score = h.score + (k * step * 7 % 5) / 3, text = h.text .. k } end
    end
    table.sort(all, function(a, b) return a.score > b.score end)
    beam = {}
    for k = 1, math.min(#all, 4) do beam[k] = all[k] end
  end
  return beam
end)
for n = 0, 4 do print(dump(f5(n))) end
-- nested records
local f6 = staged(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { pos = { x = i, y = i / 2 }, vel = { x = 1, y = 0.5 }, id = i } end
  for _ = 1, 3 do
    for _, p in ipairs(t) do
      p.pos.x = p.pos.x + p.vel.x
      p.pos.y = p.pos.y + p.vel.y
      if p.pos.y > 2.5 then p.vel = { x = 0, y = -p.vel.y } end
    end
  end
  return t
end)
for n = 0, 4 do print(dump(f6(n))) end
-- tensors
local f7 = staged(function(n, x)
  local t = {}
  for i = 1, n do t[#t + 1] = { h = x * i, i = i } end
  local s = x * 0
  for _, r in ipairs(t) do s = s + r.h * r.i end
  return s, #t
end)
for n = 0, 4 do print(f7(n, ms.tensor { 1.0, 2.0 })) end
-- errors half way, pcall
local f8 = staged(function(n)
  local t = {}
  local ok, e = pcall(function()
    for i = 1, n do
      t[#t + 1] = { i = i }
      if i == 3 then error("three") end
    end
  end)
  return ok, e, t
end)
for n = 0, 5 do print(dump { pcall(f8, n) }) end
-- not there
local f9 = staged(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { i = i } end
  return t[2].i, t[1].nothing
end)
for n = 0, 3 do show(f9, n) end
local f10 = staged(function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { i = i } end
  local u = { other = 1 }
  return t[1] == t[2], t[1] == u, t[1] == nil, t[1] ~= t[2], type(t[1]), t[1] and t[1].nothing + 1
end)
for n = 0, 3 do show(f10, n) end

-- expect: #1{1=#2{} 2=#3{x=1}}	false	false
-- expect: #1{1=#2{1=#3{x=2}} 2=@3}	true	false
-- expect: #1{1=#2{1=#3{x=4} 2=@3} 2=@3}	true	true
-- expect: #1{1=#2{1=#3{x=7} 2=@3 3=@3} 2=@3}	true	true
-- expect: #1{1=#2{}}
-- expect: #1{1=#2{} 2=#3{i=-1 v=20}}
-- expect: #1{1=#2{1=#3{i=-2 v=40}} 2=@3}
-- expect: #1{1=#2{1=#3{i=-2 v=40}} 2=@3}
-- expect: #1{1=#2{1=#3{i=-2 v=40} 2=#4{i=4 v=30}} 2=@3}
-- expect: #1{1=#2{1=#3{i=-2 v=40} 2=#4{i=4 v=30}} 2=@3}
-- expect: #1{1=#2{1=#3{i=-2 v=40} 2=#4{i=4 v=30} 3=#5{i=6 v=20}} 2=@3}
-- expect: #1{1=0 2=#2{}}
-- expect: #1{1=2 2=#2{} 3=#3{a=2 b=x1}}
-- expect: #1{1=5 2=#2{} 3=#3{a=3 b=x1x2} 4=#4{a=2 b=x1}}
-- expect: #1{1=9 2=#2{1=#3{a=3 b=x1x2}} 3=#4{a=4 b=x1x2x3} 4=#5{a=2 b=x1}}
-- expect: #1{1=14 2=#2{1=#3{a=3 b=x1x2} 2=#4{a=4 b=x1x2x3}} 3=#5{a=5 b=x1x2x3x4} 4=#6{a=2 b=x1}}
-- expect: 5
-- expect: 5
-- expect: 19
-- expect: 55
-- expect: 143
-- expect: 351
-- expect: #1{1=#2{score=0.0 text=}}
-- expect: #1{1=#2{score=1.3333333333333 text=2} 2=#3{score=0.66666666666667 text=1} 3=#4{score=0.33333333333333 text=3}}
-- expect: #1{1=#2{score=2.6666666666667 text=21} 2=#3{score=2.3333333333333 text=22} 3=#4{score=2.0 text=11} 4=#5{score=2.0 text=23}}
-- expect: #1{1=#2{score=3.6666666666667 text=213} 2=#3{score=3.3333333333333 text=223} 3=#4{score=3.3333333333333 text=212} 4=#5{score=3.0 text=113}}
-- expect: #1{1=#2{score=5.0 text=2133} 2=#3{score=4.6666666666667 text=2123} 3=#4{score=4.6666666666667 text=2131} 4=#5{score=4.6666666666667 text=2233}}
-- expect: #1{}
-- expect: #1{1=#2{id=1 pos=#3{x=4 y=2.0} vel=#4{x=1 y=0.5}}}
-- expect: #1{1=#2{id=1 pos=#3{x=4 y=2.0} vel=#4{x=1 y=0.5}} 2=#5{id=2 pos=#6{x=5 y=2.5} vel=#7{x=1 y=0.5}}}
-- expect: #1{1=#2{id=1 pos=#3{x=4 y=2.0} vel=#4{x=1 y=0.5}} 2=#5{id=2 pos=#6{x=5 y=2.5} vel=#7{x=1 y=0.5}} 3=#8{id=3 pos=#9{x=6 y=3.0} vel=#10{x=0 y=-0.5}}}
-- expect: #1{1=#2{id=1 pos=#3{x=4 y=2.0} vel=#4{x=1 y=0.5}} 2=#5{id=2 pos=#6{x=5 y=2.5} vel=#7{x=1 y=0.5}} 3=#8{id=3 pos=#9{x=6 y=3.0} vel=#10{x=0 y=-0.5}} 4=#11{id=4 pos=#12{x=6 y=2.5} vel=#13{x=0 y=-0.5}}}
-- expect: tensor([0.0, 0.0])	0
-- expect: tensor([1.0, 2.0])	1
-- expect: tensor([ 5.0, 10.0])	2
-- expect: tensor([14.0, 28.0])	3
-- expect: tensor([30.0, 60.0])	4
-- expect: #1{1=true 2=true 4=#2{}}
-- expect: #1{1=true 2=true 4=#2{1=#3{i=1}}}
-- expect: #1{1=true 2=true 4=#2{1=#3{i=1} 2=#4{i=2}}}
-- expect: #1{1=true 2=false 3=tests/modes/lists_of_tables.lua:120: three 4=#2{1=#3{i=1} 2=#4{i=2} 3=#5{i=3}}}
-- expect: #1{1=true 2=false 3=tests/modes/lists_of_tables.lua:120: three 4=#2{1=#3{i=1} 2=#4{i=2} 3=#5{i=3}}}
-- expect: #1{1=true 2=false 3=tests/modes/lists_of_tables.lua:120: three 4=#2{1=#3{i=1} 2=#4{i=2} 3=#5{i=3}}}
-- expect: false	tests/modes/lists_of_tables.lua:130: attempt to index a nil value (field 'integer index')
-- expect: false	tests/modes/lists_of_tables.lua:130: attempt to index a nil value (field 'integer index')
-- expect: true	2	nil
-- expect: true	2	nil
-- expect: true	true	false	true	false	nil	nil
-- expect: false	tests/modes/lists_of_tables.lua:137: attempt to perform arithmetic on a nil value (field 'nothing')
-- expect: false	tests/modes/lists_of_tables.lua:137: attempt to perform arithmetic on a nil value (field 'nothing')
-- expect: false	tests/modes/lists_of_tables.lua:137: attempt to perform arithmetic on a nil value (field 'nothing')
