-- What branches leave: fields and elements first made in one of them, names for one table, values that are nil for a
-- while, conditions with effects, changes before an error.
-- stock
local ms = require "moonstage"
local function each(f, ...)
  local staged = ms.stage(f)
  for _, n in ipairs { ... } do print(n, staged(n)) end
end

-- a field that only one branch makes, in tables from outside and from inside
local config = { depth = { level = 1 } }
each(function(n)
  if n > 2 then config.width = n else config.depth.level = config.depth.level + n end
  local made = {}
  if n > 1 then made.inner = { n } elseif n > 0 then made.other = n end
  return config.width, config.depth.level, made.inner and made.inner[1], made.other
end, 1, 3, 2, 0)

-- one table by two names, elements by plain and computed keys
local grid = { { 1, 2 }, { 3, 4 } }
each(function(n)
  local row, key = grid[1], "c" .. "d"
  if n > 1 then
    row[2] = n
    grid[2][1] = row[2] + grid[1][2]
    row[key] = n
  else
    grid[1], grid[2] = grid[2], grid[1]
  end
  return grid[1][1], grid[1][2], grid[2][1], grid[2][2], row == grid[1], row.cd
end, 2, 1, 3, 1)

-- nil for a while; ifs in a row that depend on each other
each(function(n)
  local result, reason
  if n > 2 then reason = "large" end
  if reason then result = #reason else result = nil end
  if result == nil then result = -1 end
  if n < 0 then result, reason = nil, "negative" end
  return result, reason
end, 1, 3, -1)

-- a condition is asked once, its effects stay, also where it is false
local asked = 0
each(function(n)
  local function above(limit) asked = asked + 1 return n > limit end
  local path
  if above(4) then path = "a" elseif above(3) and above(2) then path = "b" elseif above(1) or above(0) then path = "c" end
  return path, asked
end, 5, 4, 3, 1, 0)

-- nothing of a branch that is not run happens: no write, no error, no output
each(function(n)
  local t = {}
  if n > 1 then
    t.handler = true
    print("handled", n)
    if n > 2 then t.missing.field = n end
  end
  if t.handler then return "with handler" end
  return "without", next(t)
end, 1, 2)
print(pcall(ms.stage(function(n) if n > 1 then local t = {} return t.missing.field end return n end), 1))

-- what was changed before an error stays
local kept = { n = 0 }
local fails = ms.stage(function(n)
  kept.n = kept.n + 1
  if n > 1 then
    kept.last = n
    error("stopped", 0)
  end
  kept.done = n
end)
for n = 1, 3 do print(pcall(fails, n)) print(kept.n, kept.last, kept.done) end

-- globals, upvalues and parameters of one name
value = 1
local seen = {}
each(function(value)
  local function show() seen[#seen + 1] = value end
  if value > 1 then _ENV.value = _ENV.value + value show() else local value = value * 10 seen[#seen + 1] = value end
  return value, _G.value, #seen, seen[#seen]
end, 1, 2, 3)

-- operators in place of ifs, in chains
each(function(n)
  local sign = n > 0 and "positive" or n < 0 and "negative" or "zero"
  local a, b = n > 1 and n or -n, n ~= 2 and { n } or n
  return sign, a, type(b) == "table" and b[1] or b, 0 < n and n < 3, not (n == 1) and n
end, 1, 2, -1, 0)
