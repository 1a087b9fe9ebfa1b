-- run: --staged
-- Which plain loops are rolled: graphs that do not grow with the trips, what unrolls a loop again, what ms.explain says.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"

local function size(f, ...)
  local _, lines = ms.stage(f):graph(...):gsub("\n", "")
  return lines
end

-- The graphs of make(10) and make(10000) are of one size.
local function flat(title, make, ...)
  t.is(size(make(10000), ...), size(make(10), ...), title)
end

local x = ms.ones(3)
flat("a numeric for", function(n) return function(v) for i = 1, n do v = v * 0.5 + i end return v end end, x)
flat("a while", function(n)
  return function(v)
    local i = 0
    while i < n do
      i = i + 1
      v = v * 0.5 + i
    end
    return v, i
  end
end, x)
flat("a repeat", function(n)
  return function(v)
    local i = n
    repeat
      v = v * 0.5 + i
      i = i - 1
    until i == 0
    return v
  end
end, x)
local function upto(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then return i end
  end
end
flat("an iterator that is a closure", function(n)
  return function(v)
    for i in upto(n) do v = v * 0.5 + i end
    return v
  end
end, x)
flat("an iterator without state", function(n)
  local function step(s, i) if i < s then return i + 1, i * 0.5 end end
  return function(v)
    for _, h in step, n, 0 do v = v * 0.5 + h end
    return v
  end
end, x)
flat("loops in loops", function(n)
  return function(v)
    for _ = 1, n do
      for i = 1, n do v = v + i end
      local k = 0
      while k < n do
        k = k + 1
        v = v * 0.5
      end
    end
    return v
  end
end, x)
flat("a loop of a function that is called", function(n)
  local function step(v, i) return v * 0.5 + i end
  local function run(v)
    for i = 1, n do v = step(v, i) end
    return v
  end
  return function(v) return run(run(v)) end
end, x)
flat("a training loop", function(n)
  local net = { layers = { { w = ms.ones(3, 3), b = ms.zeros(3) }, { w = ms.ones(3, 1), b = ms.zeros(1) } } }
  local function forward(p, v)
    for _, layer in ipairs(p) do v = (v:matmul(layer.w) + layer.b):tanh() end
    return v
  end
  return function(v)
    local step = ms.value_and_grad(function(p) return (forward(p, v) - 1):square():mean() end)
    local rate, last, total = 0.1, nil, 0
    for i = 1, n do
      local loss, g = step(net.layers)
      for k, layer in ipairs(net.layers) do
        layer.w = layer.w - g[k].w * rate
        layer.b:sub_(g[k].b * rate)
      end
      rate = rate * 0.99
      last, total = loss, total + loss
      if i % 100 == 0 then print(i, loss) end
    end
    return last, total, rate
  end
end, ms.ones(4, 3))

flat("losses in a list", function(n)
  return function(v)
    local list = {}
    for i = 1, n do
      v = v * 0.5 + i
      list[#list + 1] = v:sum()
    end
    return v, list
  end
end, x)

-- what explain says of the loops of f, by line from the start of f
local function loops(f, ...)
  local staged = ms.stage(f)
  staged(...)
  local start, found = debug.getinfo(f, "S").linedefined, {}
  for line, text in staged:explain():match "\n.*":gmatch "staging/rolled%.lua:(%d+): ([^\n]*)" do
    found[#found + 1] = ("%d: %s"):format(line - start, text)
  end
  return table.concat(found, "\n")
end

t.is(loops(function(v)
  for i = 1, 7 do v = v + i end
  for i = 1, 8 do v = v + i end
  for i = 1, ms.loop(2) do v = v + i end
  for i = 1, ms.unroll(9) do v = v + i end
  local list = {}
  for i = 1, 9 do list[i] = v * i end
  local n = 0
  for _ = 1, 9 do
    n = n + 1
    v = v + n
  end
  v = v + ms.ones(n):sum() + list[1]
  local g = ms.grad(function(w)
    for i = 1, 9 do w = w * i end
    return w:sum()
  end)(v)
  local s = 0
  for i = 1, 100 do s = s + i end
  return v + g + s
end, x), [[
1: 7 trips, unrolled
2: rolled into a loop of the graph, which carries v (f32[3])
3: made a loop of the graph by ms.loop, which carries v (f32[3])
4: 9 trips, unrolled: by ms.unroll
6: rolled into a loop of the graph
8: 9 trips, unrolled: the length of dim 1 of ones must be known
12: a branch of the graph
14: 9 trips, unrolled: a gradient goes through it
18: 100 trips, unrolled]])

-- a loop that can't be rolled leaves the one around it rolled
local w = {}
for i = 1, 9 do w[i] = ms.full({ 3 }, i) end
t.is(loops(function(v)
  for _ = 1, 1000 do
    for i = 1, 9 do v = (v + w[i]) * 0.5 end
  end
  return v
end, x), [[
2: 9 trips, unrolled: it makes the key of a table
1: rolled into a loop of the graph, which carries v (f32[3])]])

-- a loop of which a run may find something wrong is unrolled, too, unless it is too long for that
local function ring(n)
  return function(v)
    local t = { 0, 0, 0 }
    for i = 1, n do
      v = v * 0.5
      t[i % 3 + 1] = i
    end
    return v, t[1]
  end
end
t.is(loops(ring(30), x), "2: 30 trips, unrolled: it makes the key of a table")
t.is(loops(ring(250000), x):match "rolled into a loop of the graph", "rolled into a loop of the graph")
t.is(select(2, ms.stage(ring(250000))(x)), 249999)

-- a loop that has to be unrolled, and is too long for that
t.throws("can't be rolled: the length of dim 1 of ones must be known", ms.stage(function(v)
  local n = 0
  for _ = 1, 300000 do
    n = n + 1
    v = v * n
  end
  return v, ms.ones(n)
end), x)

t.done()
