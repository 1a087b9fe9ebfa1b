-- pcall and xpcall catch errors that come up under conditions only the run knows: in branches, callees, loops and
-- metamethods; what was done before the error stays, what comes after it is not done.
-- stock
local ms = require "moonstage"

local function try(f, ...)
  local staged = ms.stage(f)
  for _, n in ipairs { ... } do print(n, staged(n)) end
end

-- the statement after the check, the values of both outcomes
try(function(n)
  return pcall(function()
    print("before", n)
    if n > 3 then error("too big: " .. n) end
    print("after", n)
    return n, n * 2
  end)
end, 1, 5, 2.5)
try(function(n)
  local ok, e = pcall(function() assert(n < 3, "too big") return n * 2 end)
  return ok and e + 1 or "caught " .. e
end, 1, 5)

-- callees, several checks, state outside
local state = { count = 0 }
local function check(n)
  state.count = state.count + 1
  if n > 3 then error("above", 2) end
  state.last = n
  if n < 0 then error { below = n } end
  return n
end
local function work(n)
  local r = check(n)
  print("checked", r)
  return r + check(r + 1)
end
try(function(n)
  local ok, e = pcall(work, n)
  return ok, type(e) == "table" and e.below or e, state.count, state.last
end, 1, 5, 3, -2)

-- branches in branches; errors met while tracing
try(function(n)
  return pcall(function()
    if n > 0 then
      if n > 3 then error("far above", 0) end
      print "above"
    else
      print "below"
      if n < -3 then return nil .. "" end
    end
    return "near"
  end)
end, 1, 5, -1, -5)

-- loops
try(function(n)
  local sum = 0
  local ok, e = pcall(function()
    for i = 1, n do
      if i == 3 then goto continue end
      if i > 4 then error("trip " .. i, 0) end
      sum = sum + i
      ::continue::
    end
    return "all"
  end)
  return ok, e, sum
end, 0, 3, 4, 9)
try(function(n)
  local good, bad = 0, 0
  for i = 1, n do
    local ok, v = pcall(function()
      if i % 3 == 0 then error("third", 0) end
      return i
    end)
    if ok then good = good + v else bad = bad + #v end
  end
  return good, bad
end, 0, 2, 7)
try(function(n)
  return pcall(function()
    local left = n
    while true do
      if left < -2 then error(left) end
      if left == 0 then return "zero" end
      left = left - 2
    end
  end)
end, 4, 3)

-- handlers and pcalls in pcalls
try(function(n)
  return xpcall(function() if n > 3 then error("big", 0) end return n end, function(e)
    print("handler", e)
    return e .. "!"
  end)
end, 1, 5)
try(function(n)
  return pcall(function()
    local ok, e = pcall(function() if n > 3 then error("inner", 0) end return "fine" end)
    if not ok and n > 10 then error(e .. " again", 0) end
    return ok, e
  end)
end, 1, 5, 15)
try(function(n)
  local ok, e = pcall(function() if n > 3 then error("first", 0) end end)
  local again, e2 = pcall(function() if not ok then error(e .. " twice", 0) end return "not" end)
  return ok, again, e2
end, 1, 5)

-- error values
try(function(n)
  local ok, e = pcall(function()
    if n > 3 then error(n) elseif n > 2 then error("text") elseif n > 1 then error() end
    return true
  end)
  return ok, e
end, 1, 2, 3, 4)

-- metamethods, closures, divisions
local vector = {}
function vector.__add(a, b)
  if b > 3 then error("no such sum", 0) end
  return b + a.x
end
try(function(n)
  local v = setmetatable({ x = n }, vector)
  return pcall(function() return v + n end)
end, 1, 5)
try(function(n)
  local calls = 0
  local function call()
    calls = calls + 1
    if calls > n then error("call " .. calls, 0) end
  end
  local ok, e = pcall(function() call() call() call() end)
  return ok, e, calls
end, 0, 2, 3)
try(function(n)
  local ok, e = pcall(function()
    local q = 6 // n
    print(q)
    return q % (n - 2)
  end)
  return ok, not ok and e:gsub("^.-:%d+: ", "") or e
end, 3, 0, 2, 2.0)

-- <close> variables on the way
try(function(n)
  local log = {}
  local ok, e = pcall(function()
    local _ <close> = setmetatable({}, { __close = function(_, e) log[#log + 1] = "closed for " .. tostring(e) end })
    if n > 3 then error("big", 0) end
    log[#log + 1] = "body"
    return n
  end)
  return ok, e, table.concat(log, ", ")
end, 1, 5)
try(function(n)
  return pcall(function()
    local _ <close> = setmetatable({}, { __close = function() if n > 10 then error("closing", 0) end end })
    if n > 3 then error("big", 0) end
    return n
  end)
end, 1, 5, 11)

-- and an error that nobody catches, after one that is
local last = ms.stage(function(n)
  local ok = pcall(function() if n > 3 then error("a") end print "b" end)
  if n > 10 then error("uncaught", 0) end
  return ok
end)
for _, n in ipairs { 1, 5, 11 } do print(pcall(last, n)) end

-- results of a number that hangs on the path, printed
local printed = ms.stage(function(n)
  print(pcall(function() if n > 3 then error("e", 0) end end))
  print(n, pcall(function() if n > 3 then error("e", 0) elseif n > 2 then return 1, 2, 3 end return n end))
end)
for n = 1, 4 do printed(n) end

-- a handler that calls library functions itself
local formatted = ms.stage(function(n)
  return xpcall(function() return ("%d"):format(n) end, function(m) print("handler", m) return #m > 0 end)
end)
print(formatted(2)) print(formatted(2.0)) print(formatted(2.5))
