-- run: --staged
-- The text of ms.explain.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"

local params, scale, seen = { w = ms.ones(2, 3), b = { ms.ones(3) } }, 2, 0
local function act(x) return x:tanh() end
local step = ms.stage(function(x, n)
  local y = act(x:matmul(params.w)) * scale
  for i = 1, 2 do y = y + i end
  if y:sum() > 3 then
    y = y * 2
  end
  local s = 0
  while s < n do
    s = s + 1
    y = y + params.b[1]
  end
  for k, v in ms.pairs(params.b) do seen = #params.b end
  params.last = s
  return y:sum() > 0 and "big" or nil
end)

local here = debug.getinfo(1, "S").short_src
local function lines(text) return (text:gsub("@", here)) end

t.is(step:explain(), "the staged function of " .. here .. ":8: 0 graphs of at most 16", "before the first call")
step(ms.ones(4, 2), 3)
t.is(step:explain(), lines [==[
the staged function of @:8: 1 graph of at most 16
graph 1: first call
  inputs    argument 1: a tensor f32[4x2]
            argument 2: an integer
            params.w: a tensor f32[2x3]  (@:9)
            params.b[1]: a tensor f32[3]  (@:17)
  made for  act is the function of @:7
            scale is 2
            seen is 0
            the keys of params.b, in their order  (@:19)
            the metatable of params.b is nil  (@:19)
            #params.b is 1  (@:19)
            params.last is nil  (@:20)
            the metatable of params is nil  (@:20)
  staged    @:10: 2 trips, unrolled
            @:11: a branch of the graph
            @:15: a loop of the graph, which carries s (int), y (f32[4x3])
            @:19: 1 trip, unrolled
            @:21: a branch of the graph
  writes    seen
            params.last]==], "the first graph")

step(ms.ones(4, 2), 3)
scale, seen = 2.5, 1
step(ms.ones(4, 2), 3)
step(ms.ones(5, 2), 3)
local function reasons() return (step:explain():gsub("\n  [^\n]*", "")) end
t.is(reasons(), lines [==[
the staged function of @:8: 4 graphs of at most 16
graph 1: first call
graph 2: seen was 0, is 1
graph 3: scale was 2, is 2.5
graph 4: argument 1 was a tensor f32[4x2], is a tensor f32[5x2]]==], "why each was made")
t.is(ms.explain(step), step:explain(), "as a function")
t.ok(ms.explain():find(step:explain(), 1, true), "of all")
t.throws("explain: staged function expected, got function", ms.explain, print)
-- lengths that change, and what makes them known
local total = ms.stage(function(x) return x:sum() end)
local flat = ms.stage(function(x) return x:flatten() end)
for n = 2, 5 do
  total(ms.ones(n, 2))
  flat(ms.ones(n, 2))
end
t.is(total:explain():match("graph 3.*"), "graph 3: argument 1 was a tensor f32[3x2], is a tensor f32[4x2]\n"
  .. "  inputs    argument 1: a tensor f32[?1x2]", "an unknown length")
t.is(flat:explain():match("graph 4.*"), "graph 4: argument 1 was a tensor f32[4x2], is a tensor f32[5x2]\n"
  .. "  inputs    argument 1: a tensor f32[5x2]\n  lengths   known, for the layout of a tensor", "why they are known")

t.done()
