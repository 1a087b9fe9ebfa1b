-- What loops carry and leave: variables made in them, shadowed and captured ones, bounds and conditions with effects, ways
-- out that depend on each other.
-- stock
local ms = require "moonstage"
local function each(f, ...)
  local staged = ms.stage(f)
  for _, n in ipairs { ... } do print(n, staged(n)) end
end

-- made in the first trip, or never
each(function(n)
  local first, last, count
  for i = 3, n do
    if not first then first = i * 10 end
    last, count = i, (count or 0) + 1
  end
  return first, last, count
end, 5, 3, 2)

-- the loop's variable is its own: changed in the body, captured, named like another
each(function(n)
  local i, sum, get = "outer", 0, nil
  for i = 1, n do
    sum = sum + i
    i = i * 100
    sum = sum + i
    if i == 200 then get = function() return i end end
  end
  return i, sum, get and get()
end, 0, 1, 4)
each(function(n)
  local getters = {}
  for i = 1, 3 do getters[i] = function() n = n + i return n end end
  return getters[1](), getters[3](), getters[2](), n
end, 1, 10)

-- calls in bounds and conditions are made as often as eagerly
local calls = 0
local function limit(n) calls = calls + 1 return n end
local list = { step = function(self, n) self.steps = (self.steps or 0) + 1 return n > self.steps end }
each(function(n)
  local sum = 0
  for i = limit(1), limit(n), limit(2) do sum = sum + i end
  while limit(sum) < 20 do sum = sum + n end
  repeat sum = sum - 3 until limit(sum) < 5
  list.steps = nil
  while list:step(n) do sum = sum + 100 end
  return sum, calls, list.steps
end, 5, 7)

-- several ways out, an effect before each; what comes after the loop
each(function(n)
  local seen, how = 0, "end"
  for i = 1, 10 do
    seen = seen + 1
    if i == n then how = "equal" break end
    seen = seen + 10
    if i * i > 30 then how = "square" break end
    if i % 2 == 0 then goto continue end
    seen = seen + 100
    if seen > 500 then how = "seen" break end
    ::continue::
  end
  if how == "equal" then seen = -seen end
  return seen, how
end, 1, 2, 4, 9)

-- an inner loop is left alone; a return from both
each(function(n)
  local trips, breaks = 0, 0
  for i = 1, n do
    for j = 1, n do
      trips = trips + 1
      if j > i then breaks = breaks + 1 break end
      if i * j == 12 then return i, j, trips, breaks end
    end
    while true do
      trips = trips + 1
      if trips % 3 == 0 then break end
    end
  end
  return trips, breaks
end, 2, 3, 4, 6)

-- a loop that is left in its first trip, and one without any
each(function(n)
  for i = n, n + 5 do return "first", i end
  return "none"
end, 1, 2)
each(function(n)
  local s = "start"
  for i = n, 1 do s = i end
  for i = 1, n, -1 do s = i end
  while n < 0 do s, n = "negative", n + 1 end
  return s, n
end, 2, 1, -1)

-- values that change their type on the way, and back
each(function(n)
  local v, kinds = n, {}
  for i = 1, 4 do
    if v == nil then v = "text" elseif type(v) == "string" then v = #v elseif v > 2 then v = nil else v = v + 0.5 end
    kinds[i] = type(v)
  end
  return v, table.concat(kinds, " ")
end, 1, 2, 3)

-- loops over what functions give
local function countdown(from)
  return function(step, now)
    now = now - step
    if now >= 0 then return now, from end
  end, 2, from
end
each(function(n)
  local out = ""
  for k, from in countdown(7) do out = out .. k * n .. "/" .. from .. " " end
  for word in ("one two three"):gmatch "%a+" do out = out .. #word * n .. " " end
  for k, v in next, { n } do out = out .. k .. v end
  return out
end, 1, 2)
