-- Line, count, call and return hooks: which lines and functions they see, what may happen in them.
local function lines_of(f, ...)
  local out = {}
  debug.sethook(function(event, line) out[#out + 1] = line end, "l")
  local r = table.pack(f(...))
  debug.sethook()
  local base = debug.getinfo(f, "S").linedefined
  for i, l in ipairs(out) do out[i] = l - base end
  print(table.concat(out, " "), r[1], r[2])
end

local function conditions(a, b, t)
  if a == b then
    return 1
  elseif a < b and
    t.x == nil
  then
    a = b
  end
  local c = a ~= b or
    t.y or
    not t
  while a <= b
  do
    a = a + 1
    if not c and a == 3 then
      goto done
    end
  end
  ::done::
  repeat
    b = b - 1
  until b == 0 or t.stop
  for i = a, a + 1 do
    c = i >= a and i or c
  end
  for k, v in pairs(t) do
    c = k == v
  end
  return c, a
end
lines_of(conditions, 1, 1, {})
lines_of(conditions, 1, 3, { 1 })
lines_of(conditions, 5, 2, { stop = true })
lines_of(function(x)
  local y = x == 1 and
    x or
    0
  return y
end, 1)
lines_of(function(x)

  if x then

    return x == nil
      , x ~= nil
  end
end, true)

-- the number of instructions grows as the text does; only that a count hook comes at all is the same
local count = 0
debug.sethook(function(event) count = count + 1 end, "", 100)
for i = 1, 10000 do local x = i == 5 end
debug.sethook()
print(count > 100, count < 10000)

local function calls_of(f, mask, ...)
  local out = {}
  debug.sethook(function(event)
    local i = debug.getinfo(2, "nS")
    if i.short_src:find("hooks.lua", 1, true) or i.what == "C" then
      out[#out + 1] = event .. ":" .. (i.name or "?") .. "/" .. i.what
    end
  end, mask)
  f(...)
  debug.sethook()
  print(table.concat(out, " "))
end
local function leaf(x) return x == 1 end
local function tail(x) if x then return leaf(x) end end
local function root()
  local t = { 3, 1, 2 }
  leaf(1)
  tail(1)
  local s = tostring(1) == "1" and ("x"):rep(2)
  table.sort(t, function(a, b) return a < b end)
  assert(t[1] == 1)
  pcall(leaf, 2)
  for k in ipairs(t) do leaf(k) end
  local m = setmetatable({}, { __eq = function() return true end, __lt = function() return true end })
  local n = setmetatable({}, getmetatable(m))
  if m == n and m < n then leaf() end
  return math.floor(1.5)
end
calls_of(root, "c")
calls_of(root, "r")
calls_of(root, "cr")

-- an error in a hook ends the line it interrupts
local ok, message = pcall(function()
  debug.sethook(function() debug.sethook() error("from the hook") end, "l")
  local x = 1
  if x == 1 then return "not reached" end
end)
print(ok, message)
print(debug.gethook())
local h = function() end
debug.sethook(h, "crl", 5)
local f, mask, n = debug.gethook()
print(f == h, mask, n)
debug.sethook()
print(debug.gethook())

-- each thread has its own
local co = coroutine.create(function(a)
  local b = a == 1
  coroutine.yield(b)
  if b then a = 2 end
  return a
end)
local seen = {}
debug.sethook(co, function(event, line) seen[#seen + 1] = line end, "l")
print(debug.gethook(co) ~= nil, (debug.gethook()))
print(coroutine.resume(co, 1))
print(coroutine.resume(co))
for i, l in ipairs(seen) do seen[i] = l - seen[1] end
print(#seen, seen[2], seen[3])

-- a hook that yields nothing, compares and loops itself
local inside = 0
debug.sethook(function(event, line)
  for i = 1, 2 do if i == 2 and line ~= nil then inside = inside + 1 end end
end, "l")
local a, b = {}, {}
local r1 = a == b
local r2 = a ~= b
debug.sethook()
print(inside, r1, r2)
