-- Lists of tensors that loops of the graph make: read, replaced, given back, kept; with plain bounds, rolled.
local ms = require "moonstage"
local function staged(f)
  local g = ms.stage(function(n, ...) return f(n:item(), ...) end)
  return function(n, ...) return g(ms.tensor(n), ...) end
end
local x = ms.tensor { 1.0, 2.0 }
local function text(t)
  local out = {}
  for i, v in ipairs(t) do out[i] = tostring(v) end
  return #t .. ": " .. table.concat(out, " | ")
end

local states = staged(function(n, x)
  local hs, h = {}, x
  for i = 1, n do
    h = h * 0.5 + i
    hs[#hs + 1] = h
  end
  local s = ms.zeros(2)
  for i = #hs, 1, -1 do s = s * 2 + hs[i] end
  for _, v in ipairs(hs) do s = s - v / 4 end
  return s, h, #hs
end)
for n = 0, 3 do print(states(n, x)) end

local given = staged(function(n, x)
  local out = {}
  for i = 1, n do
    out[#out + 1] = x * i
    if i == 3 then out[1] = x - i end
    if i == 4 then table.insert(out, 2, x + 100) end
    if i == 5 then table.remove(out, 3) end
  end
  return out
end)
for n = 0, 5 do
  local list = given(n, x)
  print(text(list))
  if n > 0 then
    list[1]:add_(1) -- tensors of their own
    print(text(list), x)
  end
end

local outside = {}
local keep = staged(function(n, x)
  for i = 1, n do
    outside[#outside + 1] = x * i
    if i > 3 then error("at " .. i) end
  end
  return #outside
end)
print(keep(2, x), text(outside))
for i = #outside, 1, -1 do outside[i] = nil end
print(pcall(keep, 5, x))
print(text(outside))

local changed = staged(function(n, x)
  local hs, h = {}, x * 1
  for i = 1, n do
    local y = h + 1
    y:mul_(2) -- a tensor of this trip, before it is kept
    hs[#hs + 1] = y
    h = y - 1
  end
  hs[#hs] = h * 3
  return hs[1]:clone(), hs[n], n
end)
for n = 1, 3 do print(changed(n, x)) end

local shapes = staged(function(n)
  local masks, ints, one = {}, {}, {}
  for i = 1, n do
    masks[i] = ms.tensor { 1, 2, 3 } > i
    ints[i] = ms.tensor { { i }, { -i } }
    one[i] = ms.tensor(i / 2)
  end
  return masks, ints, one, one[1] + one[#one]
end)
local masks, ints, one, sum = shapes(3)
print(text(masks), text(ints), text(one), sum)

local rolled = ms.stage(function(x)
  local hs, h = {}, x
  for i = 1, 100 do
    h = h * 0.9
    hs[i] = h
  end
  local s = h
  for i = 100, 1, -1 do s = s * 0.5 + hs[i] end
  return s, #hs
end)
print(rolled(x))
local stacked = ms.stage(function(x, n)
  local hs, h = {}, x
  for i = 1, n do
    h = h * 0.9 + i
    hs[#hs + 1] = h
  end
  return ms.stack(hs):sum(), ms.cat(hs).shape[1]
end)
print(stacked(x, 3)) print(stacked(x, 80))
