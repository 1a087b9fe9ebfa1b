-- The table library takes apart and changes tables from outside as Lua's own does: positions as floats and strings of
-- numbers, metamethods, what it says about bad arguments, and in which order it looks at them.
-- stock
local ms = require "moonstage"

local function show(t)
  local out = {}
  for i = -1, #t + 1 do out[#out + 1] = i .. "=" .. tostring(rawget(t, i)) end
  return table.concat(out, " ")
end

-- f(list, n) on a list that is made anew, staged
local function try(f)
  local list = { 10, 20, 30, 40 }
  print(pcall(ms.stage(function(n) return f(list, n) end), 3))
  print(show(list))
end

-- positions
try(function(l, n) table.insert(l, 2.0, n) table.insert(l, "1", n + 1) end)
try(function(l, n) return table.remove(l, 1.0), table.remove(l, "2") end)
try(function(l) return table.remove(l, 5), table.remove(l, 4), table.remove(l, nil) end)
try(function(l) return table.concat(l, 0, 1.0, "3"), table.concat(l, 1.5), table.concat(l, "", 3, 2) end)
try(function(l) return table.unpack(l, "2", 3.0) end)
try(function(l) return table.unpack(l, math.maxinteger, math.maxinteger) end)
try(function(l) return table.move(l, 1.0, "2", 4) == l end)
try(function() return table.remove({}, 0), table.remove({}, 1), table.unpack("abc", 1, 2) end)
try(function(l, n) l[n - 2] = n return select(2.0, table.unpack(l)) end)

-- metamethods
try(function(l, n)
  local log = setmetatable({}, { __index = function(_, i) return i * n end, __len = function() return 3 end,
    __newindex = function(_, i, v) table.insert(l, i * 100 + (v or 0)) end })
  table.insert(log, 7)
  table.insert(log, 2, 8)
  table.remove(log, 1)
  return table.concat(log, "-"), table.unpack(log)
end)

-- bad arguments
for _, f in ipairs {
  function(l, n) table.insert(l, 2.5, n) end,
  function(l, n) table.insert(l, "a", n) end,
  function(l, n) table.insert(l, {}, n) end,
  function(l, n) table.insert(l, nil, n) end,
  function(l, n) table.insert(l, 0, n) end,
  function(l, n) table.insert(l, 6, n) end,
  function(l, n) table.insert("list", n) end,
  function(l) table.remove(l, "a") end,
  function(l) table.remove(l, 1.5) end,
  function(l) table.remove(l, -1) end,
  function(l) return (table.concat(l, {})) end,
  function(l) return (table.concat(l, true)) end,
  function(l) return (table.concat(l, "", "a")) end,
  function(l) return (table.concat(l, "", 1.5)) end,
  function(l) return (table.concat(l, "", 3, 6)) end,
  function(l) return (table.unpack(l, "a")) end,
  function(l) return (table.unpack(l, 1, {})) end,
  function(l) return (table.unpack(l, math.mininteger, math.maxinteger)) end,
  function() return (table.unpack(nil, 1, 2)) end,
  function() return (table.unpack()) end,
  function(l) table.move(l, 1, "a", 3) end,
  function(l) table.move(l, 1, 2) end,
  function(l) table.move(l, 1, math.maxinteger, 2) end,
  function(l) table.move(l, 1, 2, 2, 5) end,
  function(l) table.sort(l, 5) end,
  function() table.sort({}, 5) return "not looked at" end,
  function() table.sort { {}, {} } end,
  function() table.sort { 1, "a" } end,
  function() return (select()) end,
  function(l) return (select(1.5, l)) end,
  function(l) rawset(l, 1) end,
  function(l) return (rawequal(l)) end,
  function() return (getmetatable()) end,
  function(l) return (next(l, 1.5)) end,
  function(l) return (next(l, 1.0)) end,
  function(_, n) return (tonumber(n, 10)) end,
} do
  try(f)
end

-- lengths that __len says, and that is no integer
for _, length in ipairs { 2, 2.0, "3", 2.5, "x", false } do
  for _, f in ipairs { table.unpack, table.concat, function(l, n) table.insert(l, n) return l[3] end, function(l) table.sort(l) return l[1] end,
    table.remove, function(l) return #l end } do
    local ok, v = pcall(ms.stage(function(n)
      local m = { __len = function() return length end }
      m.__index = function(t, k) return rawget(m, k) end -- another function of the library in between
      return f(setmetatable({ 5, 3, 4 }, m), n)
    end), 7)
    print(ok, type(v) == "string" and v:gsub("^.-:%d+: ", "") or v)
  end
end
