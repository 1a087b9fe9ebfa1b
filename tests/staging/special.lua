-- run: --staged
-- Graphs for numbers and lengths that are the same in call after call: when they are made, what they serve, that what
-- failed is not assumed again.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"

local here = debug.getinfo(1, "S").short_src
local function lines(text) return (text:gsub("@", here)) end

local power = ms.stage(function(x, n, bias)
  local y = x + bias
  for i = 2, n do y = y * x end
  if n > 2 then y = -y end
  return y
end)
local x = ms.tensor { 2.0, 3.0 }
local function run(count, ...)
  for _ = 1, count do power(x, ...) end
end

run(256, 3, 0.5)
t.is(select(2, power:explain():gsub("\ngraph", "")), 1, "256 calls of one graph")
run(1, 3, 1.5)
t.is(power:explain():match "graph 2.*", lines [==[
graph 2: argument 2 is 3 in call after call
  inputs    argument 1: a tensor f32[2]
            argument 3: a float
  made for  argument 2 is 3
  staged    @:12: 2 trips, unrolled
  served    1 call]==], "one for the number that decides")
run(9, 3, 2.5)
t.is(power:explain():match "served.*", "served    10 calls")
t.is(power(x, 2, 0.0), ms.tensor { 4.0, 9.0 }, "another number")
t.is(power:explain():match "graph 2.*", nil, "it is gone")
t.is(power:explain():match "dropped.*", "dropped: a graph made because argument 2 is 3 in call after call; it served 10 calls, "
  .. "then its check of argument 2 failed, which is not assumed again")
run(600, 3, 0.5)
t.is(power:explain():match "graph 2.*", nil, "there is no other")

-- numbers that change, or decide nothing, have none
local changing = ms.stage(function(v, n) return n > 1 and v or -v end)
for i = 1, 600 do changing(x, i % 3) end
local nothing = ms.stage(function(v, n) return v * n end)
for _ = 1, 600 do nothing(x, 3) end
for _, f in ipairs { changing, nothing } do t.is(f:explain():match ": (%d) graph", "1") end

-- it makes room when another graph is needed
local narrow = ms.stage(function(v, n) return n > 1 and v or -v end, { graphs = 2 })
for _ = 1, 300 do narrow(x, 3) end
t.is(narrow:explain():match ": (%d) graph", "2")
narrow(ms.ones(1, 2), 3)
t.is(narrow:explain():match ": (%d) graph", "2")
t.throws("has 2 graphs, its limit", narrow, ms.ones(1, 1, 2), 3)

-- the graphs there are, and what became of special ones
local function graphs(f)
  local out = {}
  for why in f:explain():gmatch "\ngraph %d+: ([^\n]*)" do out[#out + 1] = why end
  for why in f:explain():gmatch "\ndropped: ([^\n]*)" do out[#out + 1] = why end
  return out
end
local function last(f)
  local list = graphs(f)
  return list[#list], #list
end

-- fields, globals and variables that changed once; several at a time, one of which changes later
local layer, depth = { n = 1, on = 1, w = ms.ones(2) }, 1
global = 5
local forward = ms.stage(function(v)
  for _ = 1, layer.n + depth do v = v * layer.w end
  if layer.on > 0 and global > 2 then v = -v end
  return v
end)
local function calls(count)
  for _ = 1, count do forward(x) end
end
calls(1)
layer.n = 2
calls(1)
layer.on = 2
calls(1)
depth = 2
calls(1)
global = 4
calls(257)
t.is((last(forward)), "depth is 2 and layer.n is 2 and layer.on is 2 and global is 4 in call after call")
t.is(forward:explain():match "graph 6.*", lines [==[
graph 6: depth is 2 and layer.n is 2 and layer.on is 2 and global is 4 in call after call
  inputs    argument 1: a tensor f32[2]
            layer.w: a tensor f32[2]  (@:71)
  made for  depth is 2
            layer.n is 2  (@:71)
            layer.on is 2  (@:72)
            global is 4  (@:72)
  staged    @:71: 4 trips, unrolled
  served    1 call]==])
layer.on = 0
t.is(forward(x), ms.tensor { 2.0, 3.0 })
t.is(forward:explain():match "dropped.*", "dropped: a graph made because depth is 2 and layer.n is 2 and layer.on is 2 and "
  .. "global is 4 in call after call; it served 1 call, then its check of layer.on failed, which is not assumed again")
calls(600)
t.ok(forward:explain():find("\ngraph 7: depth is 2 and layer.n is 2 and global is 4 in call after call", 1, true))
for _, change in ipairs { function() layer.n = 3 end, function() depth = 4 end, function() global = 1 end } do
  change()
  calls(600)
end
t.is(select(2, forward:explain():gsub("\ndropped", "")), 4, "four that failed")
t.is(forward:explain():match "in call after call\n", nil, "are the last")

-- more numbers than are settings
local many = {}
for i = 1, 20 do many[i] = i end
local counts = ms.stage(function(v)
  local n = 0
  for i = 1, #many do if many[i] > 3 then n = n + 1 end end
  return v * n
end)
for k = 1, 3 do
  for i = 1, 20 do many[i] = i + k end
  counts(x)
end
for _ = 1, 600 do counts(x) end
t.is(counts:explain():match "in call after call", nil)

-- lengths
local steps = ms.stage(function(v, w)
  local h = ms.zeros(2)
  for i = 1, #v do h = h + v[i] * w end
  return h
end)
local function step(n, m)
  local h = steps(ms.ones(n, 2), ms.full({ 2 }, m))
  if h:sum():item() ~= 2 * n * m then error("wrong") end
end
for n = 2, 5 do step(n, 1) end
for i = 1, 600 do step(6, i) end
t.is((last(steps)), "argument 1 is a tensor f32[6x2] in call after call")
t.ok(steps:explain():find("6 trips, unrolled", 1, true))
step(7, 3)
t.ok(last(steps):find(" calls, then its check of argument 1 failed, which is not assumed again", 1, true))
for i = 1, 600 do step(7, i) end
t.is(steps:explain():match "in call after call\n", nil)

-- loops of many trips are rolled, elements that change are no part of what is assumed
local items = {}
local total = ms.stage(function(list, n)
  local s = 0
  for i = 1, n do s = s + list[i] end
  return s
end)
for i = 1, 600 do
  for k = 1, 50 do items[k] = i + k end
  total(items, i < 20 and i or 50)
end
t.ok(total:explain():find("argument 2 is 50 in call after call", 1, true))
t.is(tonumber(total:explain():match "served    (%d+) call") > 10, true)

-- what does not fit for other reasons stays
local twice = ms.stage(function(v, n) return n > 1 and v or -v end)
for _ = 1, 260 do twice(x, 3) end
for _ = 1, 30 do twice(ms.ones(3), 3) end
for _ = 1, 30 do twice(x, 3) end
t.is(twice:explain():match "served    (%d+) calls", "34")

t.done()
