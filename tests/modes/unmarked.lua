-- What a script sees of functions that nobody marked is the same when they run as graphs.
local ms = require "moonstage"

local function show(...)
  local t = table.pack(...)
  for i = 1, t.n do
    t[i] = tostring(t[i]):gsub("0x%x+", "ADDRESS")
  end
  print(table.concat(t, " "))
end

-- hot, on tensors
local w, b = ms.tensor { { 1.0, 2.0 }, { 3.0, 4.0 } }, ms.tensor { 0.5, -0.5 }
local function layer(x)
  local y = x:matmul(w) + b
  return (y * y):tanh()
end
local x = ms.tensor { 0.1, 0.2 }
for _ = 1, 8 do x = layer(x) end
show(x)
w = w * 0
for _ = 1, 3 do x = layer(x) end
show(x)

-- errors: their levels, values and tracebacks
local function scaled(v, k)
  if k > 2 then error("too large", 2) end
  local r = (v * k):exp():sum()
  return r + #v
end
local function caller(k)
  local r = scaled(ms.ones(3), k)
  return r
end
for k = 1, 5 do show(pcall(caller, k)) end
for k = 2, 4 do show(xpcall(caller, debug.traceback, k)) end
local function shapes(p, q)
  local r = p:matmul(q)
  return r:exp() * 2 + 1
end
for i = 1, 6 do
  show(pcall(shapes, ms.ones(2, 3), ms.ones(i > 3 and 4 or 3, 2)))
end
local function raises(v)
  v = v * 2 + 1 - v
  error({ code = v:sum():item() })
end
for _ = 1, 5 do
  local ok, e = pcall(raises, ms.ones(2))
  show(ok, e.code)
end

-- numbers of results, varargs, tail calls
local function several(n, ...)
  local t = (...) * 2
  t = t:exp() - t
  if n == 0 then return end
  if n == 1 then return nil end
  return t:sum(), select("#", ...), ...
end
for _ = 1, 4 do
  show(select("#", several(0, x)), select("#", several(1, x)), select("#", several(2, x, nil, nil)))
end
local function down(n, v)
  if n == 0 then return v end
  return down(n - 1, v * 0.5 + v * 0.25 + 1)
end
show(down(5, x), down(4, x), down(200, x))

-- state: upvalues, fields, globals, in place, in order
local count, log = 0, {}
total = 0
local function step(p, dx)
  count = count + 1
  p.w = p.w - dx * 0.5 + dx * dx
  total = total + p.w:sum():item()
  p.w:mul_(2)
  log[#log + 1] = count
  return p
end
local p = { w = ms.ones(2) }
for i = 1, 6 do
  local same = step(p, ms.full({ 2 }, i)) == p
  show(same, count, total, #log, p.w)
end

-- closures, identity, weak tables
local function maker(v)
  local n = (v * v + v):sum():item()
  return function()
    n = n + 1
    return n, v
  end
end
local made = {}
for i = 1, 5 do made[i] = maker(ms.ones(i)) end
for i = 1, 5 do show(made[i] == made[1], (made[i]()), (made[i]())) end
local gone = setmetatable({}, { __mode = "k" })
do
  local function short(v) return (v * 3 + 1):exp() end
  gone[short] = true
  for _ = 1, 6 do short(x) end
  local t = { x = ms.ones(3) }
  gone[t], gone[t.x] = true, true
  local function field(u) return (u.x * 3 + 1):exp() end
  for _ = 1, 6 do field(t) end
end
collectgarbage()
collectgarbage()
show(next(gone))

-- coroutines, hooks
local co = coroutine.wrap(function(v)
  while true do
    v = layer(v)
    v = coroutine.yield(v)
  end
end)
for _ = 1, 4 do show(co(x)) end
local function yielding(v)
  v = v * 2 + 1 - v
  v = v + coroutine.yield(v)
  return v:sum()
end
for _ = 1, 5 do
  local c = coroutine.create(yielding)
  show(coroutine.resume(c, x))
  show(coroutine.resume(c, x))
  show(coroutine.status(c))
end
local lines = {}
debug.sethook(function(event, line) lines[#lines + 1] = event:sub(1, 1) .. (line or "") end, "crl")
layer(x)
debug.sethook()
show(#lines, lines[1], lines[2] ~= nil)
show(table.concat(lines, " "):gsub("%d+", function(n) return n - debug.getinfo(layer, "S").linedefined end))

-- what debug.* tells
local function told(f)
  local info = debug.getinfo(f, "SlnuL")
  local active = {}
  for line in pairs(info.activelines) do active[#active + 1] = line - info.linedefined end
  table.sort(active)
  local ups = {}
  for i = 1, 20 do
    local name = debug.getupvalue(f, i)
    if not name then break end
    ups[i] = name
  end
  show(info.what, info.nups, info.nparams, info.isvararg, table.concat(active, ","), table.concat(ups, ","))
end
told(layer)
told(scaled)
told(several)
told(step)
told(function(a)

  -- a statement of several lines

  local t = {
    a,
    2,
  }
  return t
end)
told(function(_, ...)
  return
    ...
end)
told(function(a) while a do a = nil end end)
told(function(a)
  -- nothing else
end)
show(#string.dump(layer) == #string.dump(layer), debug.getlocal(several, 1), debug.getlocal(several, 2))
local function inner_locals(a, k)
  local names = {}
  for i = 1, 9 do
    local name = debug.getlocal(1, i)
    names[#names + 1] = name
  end
  return table.concat(names, ",") .. debug.getinfo(1, "l").currentline - debug.getinfo(1, "S").linedefined
end
for _ = 1, 5 do show(inner_locals(x, 1)) end
local function where(v)
  local trace = debug.traceback("here", 1):gsub("unmarked.lua:%d+", "LINE"):gsub("[^\n]*/", "")
  return select(2, trace:gsub("\n", "\n")), (v * 2):sum()
end
for _ = 1, 5 do show(where(x)) end

-- prints and random draws
local function noisy(v)
  print("sum", (v * v):sum())
  local r = ms.rand(2) + v
  print("draw", r)
  if r:sum() > 1000 then error("never") end
  return r
end
for _ = 1, 5 do show(noisy(x)) end
local function unlucky(v, i)
  print("before", i)
  local r = ms.rand(2) * v + v
  if r:sum() < 1e9 then error("always " .. i) end
  return r
end
for i = 1, 5 do show(pcall(unlucky, x, i)) end
show(ms.rand(2))
