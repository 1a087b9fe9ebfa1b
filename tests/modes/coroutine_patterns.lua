-- Patterns of coroutines: pcall and loops between yields, early exits under conditions that only the run knows, tasks,
-- filters, permutations.
local ms = require "moonstage"
local function show(...) print(select("#", ...), ...) end
local function try(name, f, ...) local s = ms.stage(f) for i = 1, 2 do print(name, pcall(s, ...)) end end
local x = ms.tensor { 1.0, 2.0 }
for _, sign in ipairs { 1, -1 } do
local c = ms.tensor(sign * 1.0)
try("pcall in branch", function(x, c)
  local out = {}
  if c:sum() > 0 then
    local co = coroutine.create(function(a)
      local ok, e = pcall(function() local b = coroutine.yield(a + 1) error("inner" .. b) end)
      out[#out + 1] = tostring(ok) .. e
      local r = coroutine.yield(a * 2)
      local t = nil
      return t.x
    end)
    out[#out + 1] = select("#", coroutine.resume(co, 5))
    out[#out + 1] = (select(2, coroutine.resume(co, 7)))
    local ok, e = coroutine.resume(co)
    out[#out + 1] = e
    out[#out + 1] = coroutine.status(co)
  end
  return out[1], out[2], out[3], out[4]
end, x, c)
try("condition between yields", function(x, c)
  local n = 0
  local g = coroutine.wrap(function(a)
    while true do
      local v
      if c:sum() > 0 then v = a + x n = n + 1 else v = a - x n = n + 0.5 end
      a = coroutine.yield(v)
      if not a then return v end
    end
  end)
  local p = g(1) + g(2)
  return p, g(nil), n
end, x, c)
try("loop between yields", function(x, c)
  local g = coroutine.wrap(function(a)
    for k = 1, 3 do
      local i = 0
      while (x * i):sum() < 20 do i = i + k end
      coroutine.yield(i, k)
    end
    return "e"
  end)
  return g(), g(), g(), g()
end, x, c)
try("abandoned in branch, outer kept", function(x, c)
  local t = { n = 0 }
  local function gen() return coroutine.wrap(function() while true do t.n = t.n + 1 coroutine.yield(t.n) end end) end
  local s = 0
  if c:sum() > 0 then
    for v in gen() do s = s + v if v > 4 then break end end
  else
    local g = gen() g() s = g() * x:sum():item()
  end
  return s, t.n
end, x, c)
try("raise in a branch after resume", function(x, c)
  local g = coroutine.wrap(function(a) while true do a = coroutine.yield(a * 2) end end)
  local v = g(1)
  if c:sum() > 0 then
    v = g(v)
    error("stop at " .. v)
  end
  return v
end, x, c)
try("resume then other branch dead", function(x, c)
  local g = coroutine.wrap(function(a) while true do a = coroutine.yield(a * 2) end end)
  local v = g(1)
  if c:sum() < 0 then error("neg") end
  v = g(v)
  return v
end, x, c)
try("early return", function(x, c)
  for v in coroutine.wrap(function() for i = 1, 4 do coroutine.yield(x * i) end end) do
    if (v * c):sum() > 5 then return v, "found" end
  end
  return "none"
end, x, c)
try("nested gens with break", function(x, c)
  local s = 0
  for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do
    for j in coroutine.wrap(function() for j = 1, 3 do coroutine.yield(i * j) end end) do
      s = s + j * x
      if (s * c):sum() > 40 then break end
    end
  end
  return s
end, x, c)
try("continue", function(x, c)
  local s = 0
  for v in coroutine.wrap(function() for i = 1, 5 do coroutine.yield(x * i) end end) do
    if (v * c):sum() > 8 then goto continue end
    s = s + v
    ::continue::
  end
  return s
end, x, c)
try("and or", function(x, c)
  local g = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(false) coroutine.yield(nil) return 4 end)
  local a = g() and g() or g()
  local b = a == nil and g()
  return a, b, c:sum() > 0 and "p" or "n"
end, x, c)
try("table passing", function(x, c)
  local shared = { v = 1 }
  local co = coroutine.create(function(t)
    t.v = t.v + 1
    local u = coroutine.yield(t)
    u[#u + 1] = t
    return u, u[1] == t
  end)
  local _, t = coroutine.resume(co, shared)
  local list = {}
  local ok, u, same = coroutine.resume(co, list)
  return t == shared, shared.v, #list, u == list, same, list[1] == shared
end, x, c)
try("xpcall yields", function(x, c)
  local co = coroutine.wrap(function()
    return xpcall(function(a) local b = coroutine.yield(a) error(b) end, function(e) return "handled " .. tostring(e) end, x)
  end)
  local v = co()
  return v, co("why")
end, x, c)
end
local Q = {}
Q.__index = Q
function Q.new() return setmetatable({ first = 1, last = 0 }, Q) end
function Q:push(v) self.last = self.last + 1 self[self.last] = v end
function Q:pop() local v = self[self.first] self[self.first] = nil self.first = self.first + 1 return v end
function Q:empty() return self.first > self.last end
try("scheduler with queue", function(n)
  local q, log = Q.new(), {}
  local function spawn(f, ...) local args = table.pack(...) q:push(coroutine.create(function() return f(table.unpack(args, 1, args.n)) end)) end
  local function worker(name, k, v)
    for i = 1, k do log[#log + 1] = name .. i .. "=" .. v * i coroutine.yield() end
    if k > 1 then spawn(worker, name .. "'", k - 1, v + 1) end
  end
  spawn(worker, "a", 2, n) spawn(worker, "b", 3, n * 2)
  while not q:empty() do
    local co = q:pop()
    assert(coroutine.resume(co))
    if coroutine.status(co) ~= "dead" then q:push(co) end
  end
  return table.concat(log, " ")
end, 3)
try("permgen", function(n)
  local out = 0
  local function perm(a, n) n = n or #a if n <= 1 then coroutine.yield(a) else for i = 1, n do a[n], a[i] = a[i], a[n] perm(a, n - 1) a[n], a[i] = a[i], a[n] end end end
  for p in coroutine.wrap(function() perm { n, n + 1, n + 2 } end) do out = out * 3 + p[1] - p[2] + p[3] end
  return out
end, 4)
try("producer consumer filter", function(n)
  local function producer() return coroutine.create(function() for i = 1, 4 do coroutine.yield(i * n) end end) end
  local function receive(p) local ok, v = coroutine.resume(p) return v end
  local function filter(p) return coroutine.create(function() local l = 1 while true do local v = receive(p) if v == nil then return nil end coroutine.yield(l .. ":" .. v) l = l + 1 end end) end
  local t, f = {}, filter(producer())
  while true do local v = receive(f) if not v then break end t[#t + 1] = v end
  return table.concat(t, ","), coroutine.status(f)
end, 2)
