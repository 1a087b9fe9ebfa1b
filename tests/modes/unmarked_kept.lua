-- Nothing is kept alive by the graphs of functions that nobody marked, or the attempts at them.
local ms = require "moonstage"
local weak = setmetatable({}, { __mode = "k" })
local x = ms.ones(2)

local function walk(list, v)
  local s = v * 0
  while list do
    s = s + list.f(v) * 2 + v * list.v + (v * v - s):tanh()
    list = list.next
  end
  return s
end
local function chain(n)
  local l
  for i = 1, n do
    local f = function(v) return v * i + v end
    l = { f = f, v = i, next = l }
    weak[l], weak[f] = true, true
  end
  return l
end
for k = 1, 12 do print(walk(chain(k % 5 + 1), x)) end

local function step(p, v, update)
  p.w = update(p.w, v) * 2 + v - (p.w * v):tanh() * p.b
  return p, (p.w * p.w + v):sum()
end
for k = 1, 8 do
  local update = function(w, v) return w - v * k end
  local p = { w = ms.ones(2), b = ms.ones(2) }
  weak[update], weak[p], weak[p.w], weak[p.b] = true, true, true, true
  for _ = 1, k do print(select(2, step(p, x, update))) end
  weak[p.w] = true
end

local function fails(t, v)
  t.n = ((v * 2 + 1):exp() - v):tanh() * v + 1
  if t.n:sum() > 0 then error(t) end
end
for _ = 1, 12 do
  local t = {}
  weak[t] = true
  print(pcall(fails, t, x) == false)
end
walk, chain, step, fails = walk, chain, step, fails

collectgarbage()
collectgarbage()
local left = 0
for _ in pairs(weak) do left = left + 1 end
print(left)
