-- Iterators written in Lua: what they keep changes in every trip, and only the run may know when they end.
local ms = require "moonstage"

local function steps(n, by)
  local i = 0
  return function()
    i = i + by
    if i <= n then return i, i * 2 end
  end
end

local digits = ms.stage(function(n)
  local s = 0
  for i in steps(n, 1) do s = s * 10 + i end
  return s
end)
for n = -1, 7, 2 do print(digits(n)) end
-- expect: 0
-- expect: 1
-- expect: 123
-- expect: 12345
-- expect: 1234567

-- the step is known by the run, too
local strides = ms.stage(function(n, by)
  local s = 0
  for i, twice in steps(n, by) do s = s + twice * i end
  return s
end)
print(strides(7, 1), strides(7, 2), strides(7, 10), strides(2.5, 0.5))
-- expect: 280	112	0	27.5

-- one in another, with a way out
local nested = ms.stage(function(n, most)
  local s, last = 0, nil
  for i in steps(n, 1) do
    for j, twice in steps(i % 3, 1) do s = s + twice end
    if s > most then
      last = i
      break
    end
  end
  return s, last
end)
for n = 0, 9, 3 do print(nested(n, 9)) end
-- expect: 0	nil
-- expect: 8	nil
-- expect: 10	4
-- expect: 10	4
