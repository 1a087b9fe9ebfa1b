-- Lists in lists under several names, of several lengths, in themselves, with errors half way.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local function dump(v, seen)
  if type(v) ~= "table" then return tostring(v) end
  if seen[v] then return "@" .. seen[v] end
  seen.n = (seen.n or 0) + 1
  seen[v] = seen.n
  local out = {}
  for k, x in ms.pairs(v) do out[#out + 1] = tostring(k) .. "=" .. dump(x, seen) end
  return "{" .. table.concat(out, " ") .. "}"
end
local function run(name, f, ns)
  f = staged(f)
  for _, n in ipairs(ns or { 0, 1, 2, 3, 4 }) do print(name, n, dump({ pcall(f, n) }, {})) end
end
run("walked into", function(n)
  local rows, p = {}, {}
  for i = 1, n do p[#p + 1] = i end
  for i, v in ipairs(p) do
    rows[#rows + 1] = p
    p[#p] = v * 10
  end
  return rows, p
end)
run("row into itself", function(n)
  local rows = {}
  for i = 1, n do rows[#rows + 1] = {} end
  for i, r in ipairs(rows) do r[1] = rows[n - i + 1] end
  return rows, rows[1] and rows[1][1] == rows[n]
end)
run("tensors", function(n)
  local rows = {}
  for i = 1, n do
    rows[i] = {}
    for j = 1, i do rows[i][j] = ms.ones(2) * (i * j) end
  end
  local s = ms.zeros(2)
  for _, r in ipairs(rows) do for _, x in ipairs(r) do s = s + x end end
  return tostring(s:sum():item()), #rows
end)
run("mixed rows", function(n)
  local rows = {}
  for i = 1, n do
    local r = {}
    if i % 2 == 0 then for j = 1, i do r[#r + 1] = j end end
    rows[#rows + 1] = r
    if i == 3 then rows[#rows + 1] = rows[1] end
  end
  if n > 1 then table.insert(rows[2], 5) rows[1][1] = 3 end
  return rows
end)
run("caught", function(n)
  local rows = {}
  for i = 1, n do rows[i] = {} end
  local ok, e = pcall(function()
    for i = 1, 3 do
      rows[i][1] = i
      if i == 2 then rows[i][2] = 7 end
    end
  end)
  return ok, e, rows
end)
run("holes", function(n)
  local rows = {}
  for i = 1, n do rows[i] = {} for j = 1, i do rows[i][j] = j end end
  for _, r in ipairs(rows) do r[#r] = nil end
  return rows
end)
run("best of rows", function(n)
  local rows, best = {}, nil
  for i = 1, n do
    local r = { sum = 0, items = {} }
    for j = 1, i do r.items[j] = (i * j) % 4; r.sum = r.sum + r.items[j] end
    rows[#rows + 1] = r
    if not best or r.sum >= best.sum then best = r end
  end
  if best then best.items[#best.items + 1] = -1 end
  return best, rows
end)
run("replaced", function(n)
  local h = { seq = {}, k = 0 }
  local t = { h }
  for i = 1, n do
    local seq = {}
    for j = 1, i do seq[#seq + 1] = j end
    t[#t + 1] = { seq = seq, k = i }
    t[1].seq = seq
    seq[1] = 100 + i
    h.k = h.k + #h.seq
  end
  return t, h
end)
run("points", function(n)
  local queue, sum = { { 0, 0 } }, 0
  while #queue > 0 do
    local p = table.remove(queue, 1)
    local x, y = p[1], p[2]
    local a, b = table.unpack(p)
    sum = sum + x * 3 + y + a - b
    if x < n then queue[#queue + 1] = { x + 1, y } end
    if y < n and x == n then queue[#queue + 1] = { x, y + 1 } end
  end
  return sum
end)
run("branches", function(n)
  local rows = {}
  for i = 1, n do
    if i % 2 == 0 then rows[#rows + 1] = { i } else rows[#rows + 1] = {} end
    local r = rows[#rows]
    if i > 1 then r[#r + 1] = i * 10 end
  end
  return rows
end)
run("moved between", function(n)
  local a, b = {}, {}
  for i = 1, n do a[#a + 1] = { v = i, tags = {} } end
  while #a > 0 do
    local r = table.remove(a)
    r.tags[#r.tags + 1] = "t" .. #b
    table.insert(b, 1, r)
  end
  return a, b
end)
run("older after others", function(n)
  local t, r, s = {}, { x = 1 }, { x = 2 }
  for i = 1, n do t[#t + 1] = { x = 10 * i } end
  local last = s
  for i = 1, n do
    t[#t + 1] = r
    r.x = r.x + 1
    if i > 1 then t[#t + 1] = last last.x = last.x * 2 end
    last = i > 2 and r or s
  end
  return t, r, s, last
end)
run("older rows after others", function(n)
  local t, r = {}, { 5 }
  for i = 1, n do t[#t + 1] = { i } end
  for i = 1, n do
    r[#r + 1] = -i
    if i == 2 then t[#t + 1] = r end
    for k = 1, i do if k == 3 then t[1] = r end end
  end
  return t, r
end)
run("raw", function(n)
  local t = {}
  for i = 1, n do t[#t + 1] = { i, 2, k = "k" } end
  local rows = {}
  for i = 1, n do rows[i] = {} for j = 1, i do rows[i][j] = j end end
  for _, r in ipairs(t) do rawset(r, 1, rawget(r, 1) + 1) rawset(r, "k", rawget(r, "k") .. rawlen(r)) end
  for _, r in ipairs(rows) do rawset(r, 1, rawlen(r) + 100) end
  return t, rows, t[1] and rawget(t[1], "none")
end)
run("wide rows", function(n)
  local rows = {}
  for i = 1, n do rows[i] = {} for j = 1, 40 do rows[i][j] = i * j end end
  for i = 2, n do for j = 1, #rows[i] do rows[i][j] = rows[i][j] + rows[i - 1][j] end end
  local s = {}
  for i, r in ipairs(rows) do s[i] = r[1] * 1000 + r[40] + #r end
  return table.concat(s, " ")
end)
run("popped empty", function(n)
  local rows = {}
  for i = 1, n do
    rows[i] = {}
    for j = 1, i % 3 do rows[i][j] = "w" .. j end
    local r = rows[i]
    r[#r] = nil
    r[#r] = nil
    local k = #r
    rows[i][k] = nil
    if i == 3 then r[#r + 1] = "again" end
  end
  return rows, rows[3] and #rows[3]
end)

-- expect: walked into	0	{1=true 2={} 3={}}
-- expect: walked into	1	{1=true 2={1={1=10}} 3=@3}
-- expect: walked into	2	{1=true 2={1={1=1 2=100} 2=@3} 3=@3}
-- expect: walked into	3	{1=true 2={1={1=1 2=2 3=200} 2=@3 3=@3} 3=@3}
-- expect: walked into	4	{1=true 2={1={1=1 2=2 3=3 4=300} 2=@3 3=@3 4=@3} 3=@3}
-- expect: row into itself	0	{1=true 2={}}
-- expect: row into itself	1	{1=true 2={1={1=@3}} 3=true}
-- expect: row into itself	2	{1=true 2={1={1={1=@3}} 2=@4} 3=true}
-- expect: row into itself	3	{1=true 2={1={1={1=@3}} 2={1=@5} 3=@4} 3=true}
-- expect: row into itself	4	{1=true 2={1={1={1=@3}} 2={1={1=@5}} 3=@6 4=@4} 3=true}
-- expect: tensors	0	{1=true 2=0.0 3=0}
-- expect: tensors	1	{1=true 2=2.0 3=1}
-- expect: tensors	2	{1=true 2=14.0 3=2}
-- expect: tensors	3	{1=true 2=50.0 3=3}
-- expect: tensors	4	{1=true 2=130.0 3=4}
-- expect: mixed rows	0	{1=true 2={}}
-- expect: mixed rows	1	{1=true 2={1={}}}
-- expect: mixed rows	2	{1=true 2={1={1=3} 2={1=1 2=2 3=5}}}
-- expect: mixed rows	3	{1=true 2={1={1=3} 2={1=1 2=2 3=5} 3={} 4=@3}}
-- expect: mixed rows	4	{1=true 2={1={1=3} 2={1=1 2=2 3=5} 3={} 4=@3 5={1=1 2=2 3=3 4=4}}}
-- expect: caught	0	{1=true 2=false 3=tests/modes/lists_of_rows.lua:61: attempt to index a nil value (field '?') 4={}}
-- expect: caught	1	{1=true 2=false 3=tests/modes/lists_of_rows.lua:61: attempt to index a nil value (field '?') 4={1={1=1}}}
-- expect: caught	2	{1=true 2=false 3=tests/modes/lists_of_rows.lua:61: attempt to index a nil value (field '?') 4={1={1=1} 2={1=2 2=7}}}
-- expect: caught	3	{1=true 2=true 4={1={1=1} 2={1=2 2=7} 3={1=3}}}
-- expect: caught	4	{1=true 2=true 4={1={1=1} 2={1=2 2=7} 3={1=3} 4={}}}
-- expect: holes	0	{1=true 2={}}
-- expect: holes	1	{1=true 2={1={}}}
-- expect: holes	2	{1=true 2={1={} 2={1=1}}}
-- expect: holes	3	{1=true 2={1={} 2={1=1} 3={1=1 2=2}}}
-- expect: holes	4	{1=true 2={1={} 2={1=1} 3={1=1 2=2} 4={1=1 2=2 3=3}}}
-- expect: best of rows	0	{1=true 3={}}
-- expect: best of rows	1	{1=true 2={items={1=1 2=-1} sum=1} 3={1=@2}}
-- expect: best of rows	2	{1=true 2={items={1=2 2=0 3=-1} sum=2} 3={1={items={1=1} sum=1} 2=@2}}
-- expect: best of rows	3	{1=true 2={items={1=3 2=2 3=1 4=-1} sum=6} 3={1={items={1=1} sum=1} 2={items={1=2 2=0} sum=2} 3=@2}}
-- expect: best of rows	4	{1=true 2={items={1=3 2=2 3=1 4=-1} sum=6} 3={1={items={1=1} sum=1} 2={items={1=2 2=0} sum=2} 3=@2 4={items={1=0 2=0 3=0 4=0} sum=0}}}
-- expect: replaced	0	{1=true 2={1={k=0 seq={}}} 3=@3}
-- expect: replaced	1	{1=true 2={1={k=1 seq={1=101}} 2={k=1 seq=@4}} 3=@3}
-- expect: replaced	2	{1=true 2={1={k=3 seq={1=102 2=2}} 2={k=1 seq={1=101}} 3={k=2 seq=@4}} 3=@3}
-- expect: replaced	3	{1=true 2={1={k=6 seq={1=103 2=2 3=3}} 2={k=1 seq={1=101}} 3={k=2 seq={1=102 2=2}} 4={k=3 seq=@4}} 3=@3}
-- expect: replaced	4	{1=true 2={1={k=10 seq={1=104 2=2 3=3 4=4}} 2={k=1 seq={1=101}} 3={k=2 seq={1=102 2=2}} 4={k=3 seq={1=103 2=2 3=3}} 5={k=4 seq=@4}} 3=@3}
-- expect: points	0	{1=true 2=0}
-- expect: points	1	{1=true 2=8}
-- expect: points	2	{1=true 2=28}
-- expect: points	3	{1=true 2=60}
-- expect: points	4	{1=true 2=104}
-- expect: branches	0	{1=true 2={}}
-- expect: branches	1	{1=true 2={1={}}}
-- expect: branches	2	{1=true 2={1={} 2={1=2 2=20}}}
-- expect: branches	3	{1=true 2={1={} 2={1=2 2=20} 3={1=30}}}
-- expect: branches	4	{1=true 2={1={} 2={1=2 2=20} 3={1=30} 4={1=4 2=40}}}
-- expect: moved between	0	{1=true 2={} 3={}}
-- expect: moved between	1	{1=true 2={} 3={1={tags={1=t0} v=1}}}
-- expect: moved between	2	{1=true 2={} 3={1={tags={1=t1} v=1} 2={tags={1=t0} v=2}}}
-- expect: moved between	3	{1=true 2={} 3={1={tags={1=t2} v=1} 2={tags={1=t1} v=2} 3={tags={1=t0} v=3}}}
-- expect: moved between	4	{1=true 2={} 3={1={tags={1=t3} v=1} 2={tags={1=t2} v=2} 3={tags={1=t1} v=3} 4={tags={1=t0} v=4}}}
-- expect: older after others	0	{1=true 2={} 3={x=1} 4={x=2} 5=@4}
-- expect: older after others	1	{1=true 2={1={x=10} 2={x=2}} 3=@4 4={x=2} 5=@5}
-- expect: older after others	2	{1=true 2={1={x=10} 2={x=20} 3={x=3} 4=@5 5={x=4}} 3=@5 4=@6 5=@6}
-- expect: older after others	3	{1=true 2={1={x=10} 2={x=20} 3={x=30} 4={x=4} 5=@6 6={x=8} 7=@6 8=@7} 3=@6 4=@7 5=@6}
-- expect: older after others	4	{1=true 2={1={x=10} 2={x=20} 3={x=30} 4={x=40} 5={x=10} 6=@7 7={x=8} 8=@7 9=@8 10=@7 11=@7} 3=@7 4=@8 5=@7}
-- expect: older rows after others	0	{1=true 2={} 3={1=5}}
-- expect: older rows after others	1	{1=true 2={1={1=1}} 3={1=5 2=-1}}
-- expect: older rows after others	2	{1=true 2={1={1=1} 2={1=2} 3={1=5 2=-1 3=-2}} 3=@5}
-- expect: older rows after others	3	{1=true 2={1={1=5 2=-1 3=-2 4=-3} 2={1=2} 3={1=3} 4=@3} 3=@3}
-- expect: older rows after others	4	{1=true 2={1={1=5 2=-1 3=-2 4=-3 5=-4} 2={1=2} 3={1=3} 4={1=4} 5=@3} 3=@3}
-- expect: raw	0	{1=true 2={} 3={}}
-- expect: raw	1	{1=true 2={1={1=2 2=2 k=k2}} 3={1={1=101}}}
-- expect: raw	2	{1=true 2={1={1=2 2=2 k=k2} 2={1=3 2=2 k=k2}} 3={1={1=101} 2={1=102 2=2}}}
-- expect: raw	3	{1=true 2={1={1=2 2=2 k=k2} 2={1=3 2=2 k=k2} 3={1=4 2=2 k=k2}} 3={1={1=101} 2={1=102 2=2} 3={1=103 2=2 3=3}}}
-- expect: raw	4	{1=true 2={1={1=2 2=2 k=k2} 2={1=3 2=2 k=k2} 3={1=4 2=2 k=k2} 4={1=5 2=2 k=k2}} 3={1={1=101} 2={1=102 2=2} 3={1=103 2=2 3=3} 4={1=104 2=2 3=3 4=4}}}
-- expect: wide rows	0	{1=true 2=}
-- expect: wide rows	1	{1=true 2=1080}
-- expect: wide rows	2	{1=true 2=1080 3160}
-- expect: wide rows	3	{1=true 2=1080 3160 6280}
-- expect: wide rows	4	{1=true 2=1080 3160 6280 10440}
-- expect: popped empty	0	{1=true 2={}}
-- expect: popped empty	1	{1=true 2={1={}}}
-- expect: popped empty	2	{1=true 2={1={} 2={}}}
-- expect: popped empty	3	{1=true 2={1={} 2={} 3={1=again}} 3=1}
-- expect: popped empty	4	{1=true 2={1={} 2={} 3={1=again} 4={}} 3=1}
