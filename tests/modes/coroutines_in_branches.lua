-- Coroutines between conditions and loops that only the run knows: resumed in one branch, made and finished in a branch
-- or a trip, left by a break; the variables they share; tensors, gradients, tasks in turn.
local ms = require "moonstage"
local function show(...) print(select("#", ...), ...) end
local function try(name, f, ...)
  local s = ms.stage(f)
  for i = 1, 2 do print(name, pcall(s, ...)) end
end
-- break under symbolic condition
local limit = ms.stage(function(x, lim)
  local s = ms.zeros(2)
  for v in coroutine.wrap(function() for i = 1, 5 do coroutine.yield(x * i) end end) do
    s = s + v
    if s:sum() > lim then break end
  end
  return s
end)
local x = ms.tensor { 1.0, 2.0 }
for i = 1, 12, 3 do print(limit(x, ms.tensor(i * 1.0))) end
-- in one branch only
try("one branch", function(x, c)
  local log = {}
  local g = coroutine.wrap(function(a) log[#log + 1] = 1 local b = coroutine.yield(a * 2) log[#log + 1] = b return b * 3 end)
  local r
  if c:sum() > 0 then r = g(x) + g(x) else r = x end
  return r, #log
end, x, x)
try("made in branch", function(x, c)
  local r
  if c:sum() > 0 then
    local s = 0
    for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(x * i) end end) do s = s + v end
    r = s
  else r = x end
  return r
end, x, x)
try("made in loop", function(x, n)
  local t = 0
  for i = 1, n do
    for v in coroutine.wrap(function() for k = 1, 3 do coroutine.yield(i * k) end end) do t = t + v end
  end
  return t
end, x, 5)
try("while sym", function(n)
  local t = 0
  while n > 0 do
    n = n - 1
    for v in coroutine.wrap(function() for k = 1, 3 do coroutine.yield(n * k) end end) do t = t + v end
  end
  return t
end, 5)
local total = 0
try("shared variables", function(x, c)
  local count = 0
  local own = coroutine.wrap(function()
    local mine = 0
    local function add(k) mine = mine + k total = total + k count = count + k end
    add(1)
    coroutine.yield(add)
    add(x) mine = mine + 1
    coroutine.yield(mine)
    add(2)
    return mine
  end)
  local add = own()
  if c > 0 then show(own()) add(10) end
  add(5)
  return count, total
end, 3, 1)
try("shared direct local", function(c)
  local get
  local own = coroutine.wrap(function()
    local mine = 0
    get = function() return mine end
    coroutine.yield()
    mine = mine + 1
    coroutine.yield()
  end)
  own()
  if c > 0 then own() end
  return get()
end, 1)
try("shared direct local", function(c)
  local get
  local own = coroutine.wrap(function()
    local mine = 0
    get = function() return mine end
    coroutine.yield()
    mine = mine + 1
    coroutine.yield()
  end)
  own()
  if c > 0 then own() end
  return get()
end, -1)
try("plain roll", function(x)
  local s = 0
  local g = coroutine.wrap(function() local i = 0 while true do i = i + 1 coroutine.yield(x * i) end end)
  for i = 1, 100 do s = s + g() end
  return s
end, x)
try("n trips", function(n)
  local s = 0
  for i in coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) do s = s + i end
  return s
end, 7)
try("scheduler", function(x)
  local tasks = {}
  local out = {}
  for k = 1, 3 do
    tasks[k] = coroutine.create(function(a) for i = 1, k do out[#out + 1] = a * i + k a = coroutine.yield() end end)
  end
  while #tasks > 0 do
    for i = #tasks, 1, -1 do
      coroutine.resume(tasks[i], x)
      if coroutine.status(tasks[i]) == "dead" then table.remove(tasks, i) end
    end
  end
  local s = 0
  for i, v in ipairs(out) do s = s + v * i end
  return s, #out
end, 2)
try("while gen", function(x, lim)
  local g = coroutine.wrap(function() local i = 0 while true do i = i + 1 coroutine.yield(i) end end)
  local s, n = 0, 0
  while true do
    s = s + g() * x
    n = n + 1
    if s > lim then break end
    if n > 20 then return s, "many" end
  end
  return s, n
end, 2, 30)
local Tree = {}
Tree.__index = Tree
function Tree:walk() return coroutine.wrap(function() self:visit() end) end
function Tree:visit() if self.l then self.l:visit() end coroutine.yield(self.v) if self.r then self.r:visit() end end
local function T(v, l, r) return setmetatable({ v = v, l = l, r = r }, Tree) end
local tree = T(4, T(2, T(1), T(3)), T(6))
try("tree", function(x)
  local s = 0
  for v in tree:walk() do s = s * 2 + v * x end
  return s
end, 3)
local kept
try("abandoned", function(x)
  local g = coroutine.wrap(function() while true do coroutine.yield(x) end end)
  return g() + g()
end, 3)
try("upvalue set", function(x)
  kept = 1
  local g = coroutine.create(function() kept = kept + x coroutine.yield() kept = kept + x end)
  coroutine.resume(g)
  local k = kept
  coroutine.resume(g)
  return k, kept
end, 3)
try("choice", function(x)
  local v
  if x > 1 then v = "s" else v = 4 end
  local g = coroutine.wrap(function(a) local b = coroutine.yield(a) return b end)
  local p = g(v)
  return p, g(v)
end, 3)
try("varargs", function(...)
  local g = coroutine.wrap(function(...) local t = { ... } for i = 1, #t do coroutine.yield(i, t[i]) end end)
  local s = 0
  for i, v in g, nil, (...) do s = s + i * (v or 0) end
  return s
end, 3, 4)
try("grad", ms.grad(function(x)
  local s = 0
  for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(x * i * x) end end) do s = s + v:sum() end
  return s
end), x)
try("inplace", function(x)
  local y = x:clone()
  local g = coroutine.wrap(function() for i = 1, 3 do y:add_(x) coroutine.yield(i) end end)
  for i in g do y:mul_(2) end
  return y
end, x)
try("error in branch", function(x)
  local co = coroutine.create(function() if x > 2 then error("big") end return x end)
  return coroutine.resume(co)
end, 1)
print(total, kept)
