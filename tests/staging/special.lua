-- run: --staged
-- Graphs for numbers that are the same in call after call: when they are made, what they serve, that one which failed
-- is the last.
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
t.is(power:explain():match "dropped.*", "dropped: a graph made because argument 2 is 3 in call after call; it served 10 calls")
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

t.done()
