-- Lists in lists and in fields of their elements: made, filled, changed, sorted, given back.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local function show(f, ...) print(pcall(f, ...)) end
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
run("triangle", function(n)
  local rows = {}
  for i = 1, n do
    rows[i] = {}
    for j = 1, i do rows[i][#rows[i] + 1] = i * j end
  end
  return rows
end)
run("pascal", function(n)
  local rows = {}
  for i = 1, n do
    local row = {}
    for j = 1, i do
      if j == 1 or j == i then row[j] = 1 else row[j] = rows[i - 1][j - 1] + rows[i - 1][j] end
    end
    rows[#rows + 1] = row
  end
  return rows
end, { 0, 1, 2, 6 })
run("buckets", function(n)
  local b = {}
  for i = 1, 3 do b[i] = {} end
  for i = 1, n do
    local k = i * 7 % 3 + 1
    table.insert(b[k], i)
  end
  return b
end, { 0, 1, 5, 9 })
run("grid", function(n)
  local g = {}
  for y = 1, n do
    g[y] = {}
    for x = 1, n do g[y][x] = (x * y) % 3 end
  end
  local s = 0
  for y = 1, n do
    for x = 1, n do
      g[y][x] = g[y][x] + 1
      s = s + g[y][x] * x
    end
  end
  for y, row in ipairs(g) do
    for x, v in ipairs(row) do if v > 2 then g[y][x] = 0 end end
  end
  return s, g, #g, g[1] and #g[1]
end)
run("beam", function(n)
  local beam = { { score = 0.0, seq = {} } }
  for step = 1, n do
    local all = {}
    for _, h in ipairs(beam) do
      for k = 1, 3 do
        local seq = {}
        for i = 1, #h.seq do seq[i] = h.seq[i] end
        seq[#seq + 1] = k
        all[#all + 1] = { score = h.score + (k * step * 7 % 5) / 3, seq = seq }
      end
    end
    table.sort(all, function(a, b) return a.score > b.score end)
    beam = {}
    for k = 1, math.min(#all, 4) do beam[k] = all[k] end
  end
  return beam
end, { 0, 1, 2, 4 })
run("rows used", function(n)
  local rows = {}
  for i = 1, n do
    local r = {}
    for j = 1, i + 1 do r[#r + 1] = (i * 5 + j * 3) % 7 end
    rows[#rows + 1] = r
    r[1] = 100
    table.insert(r, 2, -i)
    table.insert(r, 9)
  end
  local out = {}
  for i, r in ipairs(rows) do
    table.sort(r)
    out[#out + 1] = table.concat(r, ",")
    print(table.remove(r, 1), table.remove(r), #r, r[#r], r[99], r == rows[i], next(r))
    for k, v in pairs(r) do print(k, v) end
  end
  rows[1] = rows[2] or rows[1]
  if rows[1] then rows[1][1] = -5 end
  return out, rows, #rows
end)
run("swap and alias", function(n)
  local rows, last = {}, {}
  for i = 1, n do
    last = { }
    rows[#rows + 1] = last
    for j = i, 2 * i do last[#last + 1] = j end
  end
  last[#last + 1] = 77
  if #rows > 2 then rows[1], rows[3] = rows[3], rows[1] rows[2] = rows[1] rows[2][1] = 0.5 // 1 | 0 end
  return rows, last, rows[#rows] == last
end)
run("errors", function(n)
  local rows = {}
  for i = 1, n do rows[i] = {} for j = 1, i do rows[i][j] = j end end
  return rows[2][1] + rows[3][4]
end, { 0, 2, 3, 4 })
run("empty", function(n)
  local rows = {}
  for i = 1, n do rows[#rows + 1] = {} end
  return rows, rows[1] and rows[1][1], rows[1] and #rows[1]
end)
run("texts", function(n)
  local rows = {}
  for i = 1, n do
    rows[i] = {}
    for j = 1, i do rows[i][j] = "w" .. i .. j end
  end
  local s = ""
  for _, r in ipairs(rows) do s = s .. table.concat(r, " ") .. ";" end
  return s, rows
end)
run("cube", function(n)
  local c = {}
  for i = 1, n do
    c[i] = {}
    for j = 1, n do
      c[i][j] = {}
      for k = 1, n do c[i][j][k] = i * 100 + j * 10 + k end
    end
  end
  return c
end, { 0, 1, 2 })
run("records with lists", function(n)
  local nodes = {}
  for i = 1, n do nodes[i] = { id = i, out = {} } end
  for i = 1, n do
    for j = 1, n do if i ~= j and (i + j) % 2 == 1 then table.insert(nodes[i].out, j) end end
  end
  local seen, queue, order = {}, { 1 }, {}
  for i = 1, n do seen[i] = false end
  if n > 0 then seen[1] = true end
  while #queue > 0 and n > 0 do
    local k = table.remove(queue, 1)
    order[#order + 1] = k
    for _, j in ipairs(nodes[k].out) do
      if not seen[j] then seen[j] = true queue[#queue + 1] = j end
    end
  end
  return nodes, table.concat(order, " ")
end)
run("matrix of constants", function(n)
  local m = {}
  for i = 1, n do m[i] = { i, i * 2, i * 3 } end
  for i = 1, n do for j = 1, 3 do m[i][j] = m[i][j] + j end end
  local j, s = n > 2 and 3 or 1, 0
  for i = 1, n do s = s + m[i][j] end
  for i = 1, n do m[i][#m[i] + 1] = 0 end
  return m, s
end)

-- expect: triangle	0	{1=true 2={}}
-- expect: triangle	1	{1=true 2={1={1=1}}}
-- expect: triangle	2	{1=true 2={1={1=1} 2={1=2 2=4}}}
-- expect: triangle	3	{1=true 2={1={1=1} 2={1=2 2=4} 3={1=3 2=6 3=9}}}
-- expect: triangle	4	{1=true 2={1={1=1} 2={1=2 2=4} 3={1=3 2=6 3=9} 4={1=4 2=8 3=12 4=16}}}
-- expect: pascal	0	{1=true 2={}}
-- expect: pascal	1	{1=true 2={1={1=1}}}
-- expect: pascal	2	{1=true 2={1={1=1} 2={1=1 2=1}}}
-- expect: pascal	6	{1=true 2={1={1=1} 2={1=1 2=1} 3={1=1 2=2 3=1} 4={1=1 2=3 3=3 4=1} 5={1=1 2=4 3=6 4=4 5=1} 6={1=1 2=5 3=10 4=10 5=5 6=1}}}
-- expect: buckets	0	{1=true 2={1={} 2={} 3={}}}
-- expect: buckets	1	{1=true 2={1={} 2={1=1} 3={}}}
-- expect: buckets	5	{1=true 2={1={1=3} 2={1=1 2=4} 3={1=2 2=5}}}
-- expect: buckets	9	{1=true 2={1={1=3 2=6 3=9} 2={1=1 2=4 3=7} 3={1=2 2=5 3=8}}}
-- expect: grid	0	{1=true 2=0 3={} 4=0}
-- expect: grid	1	{1=true 2=2 3={1={1=2}} 4=1 5=1}
-- expect: grid	2	{1=true 2=15 3={1={1=2 2=0} 2={1=0 2=2}} 4=2 5=2}
-- expect: grid	3	{1=true 2=27 3={1={1=2 2=0 3=1} 2={1=0 2=2 3=1} 3={1=1 2=1 3=1}} 4=3 5=3}
-- expect: grid	4	{1=true 2=70 3={1={1=2 2=0 3=1 4=2} 2={1=0 2=2 3=1 4=0} 3={1=1 2=1 3=1 4=1} 4={1=2 2=0 3=1 4=2}} 4=4 5=4}
-- expect: beam	0	{1=true 2={1={score=0.0 seq={}}}}
-- expect: beam	1	{1=true 2={1={score=1.3333333333333 seq={1=2}} 2={score=0.66666666666667 seq={1=1}} 3={score=0.33333333333333 seq={1=3}}}}
-- expect: beam	2	{1=true 2={1={score=2.6666666666667 seq={1=2 2=1}} 2={score=2.3333333333333 seq={1=2 2=2}} 3={score=2.0 seq={1=1 2=1}} 4={score=2.0 seq={1=2 2=3}}}}
-- expect: beam	4	{1=true 2={1={score=5.0 seq={1=2 2=1 3=3 4=3}} 2={score=4.6666666666667 seq={1=2 2=1 3=2 4=3}} 3={score=4.6666666666667 seq={1=2 2=1 3=3 4=1}} 4={score=4.6666666666667 seq={1=2 2=2 3=3 4=3}}}}
-- expect: rows used	0	{1=true 2={} 3={} 4=0}
-- expect: -1	100	2	9	nil	true	1	4
-- expect: 1	4
-- expect: 2	9
-- expect: rows used	1	{1=true 2={1=-1,4,9,100} 3={1={1=-5 2=9}} 4=1}
-- expect: -1	100	2	9	nil	true	1	4
-- expect: 1	4
-- expect: 2	9
-- expect: -2	100	3	9	nil	true	1	2
-- expect: 1	2
-- expect: 2	5
-- expect: 3	9
-- expect: rows used	2	{1=true 2={1=-1,4,9,100 2=-2,2,5,9,100} 3={1={1=-5 2=5 3=9} 2=@4} 4=2}
-- expect: -1	100	2	9	nil	true	1	4
-- expect: 1	4
-- expect: 2	9
-- expect: -2	100	3	9	nil	true	1	2
-- expect: 1	2
-- expect: 2	5
-- expect: 3	9
-- expect: -3	100	4	9	nil	true	1	0
-- expect: 1	0
-- expect: 2	3
-- expect: 3	6
-- expect: 4	9
-- expect: rows used	3	{1=true 2={1=-1,4,9,100 2=-2,2,5,9,100 3=-3,0,3,6,9,100} 3={1={1=-5 2=5 3=9} 2=@4 3={1=0 2=3 3=6 4=9}} 4=3}
-- expect: -1	100	2	9	nil	true	1	4
-- expect: 1	4
-- expect: 2	9
-- expect: -2	100	3	9	nil	true	1	2
-- expect: 1	2
-- expect: 2	5
-- expect: 3	9
-- expect: -3	100	4	9	nil	true	1	0
-- expect: 1	0
-- expect: 2	3
-- expect: 3	6
-- expect: 4	9
-- expect: -4	100	5	9	nil	true	1	0
-- expect: 1	0
-- expect: 2	1
-- expect: 3	4
-- expect: 4	5
-- expect: 5	9
-- expect: rows used	4	{1=true 2={1=-1,4,9,100 2=-2,2,5,9,100 3=-3,0,3,6,9,100 4=-4,0,1,4,5,9,100} 3={1={1=-5 2=5 3=9} 2=@4 3={1=0 2=3 3=6 4=9} 4={1=0 2=1 3=4 4=5 5=9}} 4=4}
-- expect: swap and alias	0	{1=true 2={} 3={1=77} 4=false}
-- expect: swap and alias	1	{1=true 2={1={1=1 2=2 3=77}} 3=@3 4=true}
-- expect: swap and alias	2	{1=true 2={1={1=1 2=2} 2={1=2 2=3 3=4 4=77}} 3=@4 4=true}
-- expect: swap and alias	3	{1=true 2={1={1=0 2=4 3=5 4=6 5=77} 2=@3 3={1=1 2=2}} 3=@3 4=false}
-- expect: swap and alias	4	{1=true 2={1={1=0 2=4 3=5 4=6} 2=@3 3={1=1 2=2} 4={1=4 2=5 3=6 4=7 5=8 6=77}} 3=@5 4=true}
-- expect: errors	0	{1=false 2=tests/modes/lists_in_lists.lua:120: attempt to index a nil value (field 'integer index')}
-- expect: errors	2	{1=false 2=tests/modes/lists_in_lists.lua:120: attempt to index a nil value (field 'integer index')}
-- expect: errors	3	{1=false 2=tests/modes/lists_in_lists.lua:120: attempt to perform arithmetic on a nil value (field 'integer index')}
-- expect: errors	4	{1=false 2=tests/modes/lists_in_lists.lua:120: attempt to perform arithmetic on a nil value (field 'integer index')}
-- expect: empty	0	{1=true 2={}}
-- expect: empty	1	{1=true 2={1={}} 4=0}
-- expect: empty	2	{1=true 2={1={} 2={}} 4=0}
-- expect: empty	3	{1=true 2={1={} 2={} 3={}} 4=0}
-- expect: empty	4	{1=true 2={1={} 2={} 3={} 4={}} 4=0}
-- expect: texts	0	{1=true 2= 3={}}
-- expect: texts	1	{1=true 2=w11; 3={1={1=w11}}}
-- expect: texts	2	{1=true 2=w11;w21 w22; 3={1={1=w11} 2={1=w21 2=w22}}}
-- expect: texts	3	{1=true 2=w11;w21 w22;w31 w32 w33; 3={1={1=w11} 2={1=w21 2=w22} 3={1=w31 2=w32 3=w33}}}
-- expect: texts	4	{1=true 2=w11;w21 w22;w31 w32 w33;w41 w42 w43 w44; 3={1={1=w11} 2={1=w21 2=w22} 3={1=w31 2=w32 3=w33} 4={1=w41 2=w42 3=w43 4=w44}}}
-- expect: cube	0	{1=true 2={}}
-- expect: cube	1	{1=true 2={1={1={1=111}}}}
-- expect: cube	2	{1=true 2={1={1={1=111 2=112} 2={1=121 2=122}} 2={1={1=211 2=212} 2={1=221 2=222}}}}
-- expect: records with lists	0	{1=true 2={} 3=}
-- expect: records with lists	1	{1=true 2={1={id=1 out={}}} 3=1}
-- expect: records with lists	2	{1=true 2={1={id=1 out={1=2}} 2={id=2 out={1=1}}} 3=1 2}
-- expect: records with lists	3	{1=true 2={1={id=1 out={1=2}} 2={id=2 out={1=1 2=3}} 3={id=3 out={1=2}}} 3=1 2 3}
-- expect: records with lists	4	{1=true 2={1={id=1 out={1=2 2=4}} 2={id=2 out={1=1 2=3}} 3={id=3 out={1=2 2=4}} 4={id=4 out={1=1 2=3}}} 3=1 2 4 3}
-- expect: matrix of constants	0	{1=true 2={} 3=0}
-- expect: matrix of constants	1	{1=true 2={1={1=2 2=4 3=6 4=0}} 3=2}
-- expect: matrix of constants	2	{1=true 2={1={1=2 2=4 3=6 4=0} 2={1=3 2=6 3=9 4=0}} 3=5}
-- expect: matrix of constants	3	{1=true 2={1={1=2 2=4 3=6 4=0} 2={1=3 2=6 3=9 4=0} 3={1=4 2=8 3=12 4=0}} 3=27}
-- expect: matrix of constants	4	{1=true 2={1={1=2 2=4 3=6 4=0} 2={1=3 2=6 3=9 4=0} 3={1=4 2=8 3=12 4=0} 4={1=5 2=10 3=15 4=0}} 3=42}
