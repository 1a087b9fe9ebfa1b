-- Coroutines around and across staged functions: calls from several coroutines, their answers, host functions, texts,
-- random numbers, loaded chunks.
local ms = require "moonstage"
local function show(...) print(select("#", ...), ...) end
local function try(name, f, ...) local s = ms.stage(f) for i = 1, 2 do print(name, pcall(s, ...)) end end
local x = ms.tensor { 1.0, 2.0 }
-- eager coroutines around staged functions
local stepf = ms.stage(function(a, i) return a * i + i end)
local g = coroutine.wrap(function(a) for i = 1, 3 do a = stepf(a, i) coroutine.yield(a) end end)
print(g(x)) print(g()) print(g())
local all = {}
for k = 1, 3 do all[k] = coroutine.create(function() for i = 1, 2 do coroutine.yield(stepf(x, i * k)) end end) end
for i = 1, 3 do for k = 1, 3 do print(coroutine.resume(all[k])) end end
-- host function that uses coroutines
local h = ms.host(function(n) local s = 0 for i in coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) do s = s + i end return s end, "int")
try("host", function(n) return coroutine.wrap(function() return h(n) + 1 end)() end, 4)
-- a callee staged function inside coroutine
local inner = ms.stage(function(v) return v * 2 end)
try("inner", function(v) return coroutine.wrap(function() return inner(v) + 1 end)() end, x)
try("stage object as body", function(v) return pcall(coroutine.wrap, inner) end, x)
-- running in several eager coroutines
local r = ms.stage(function(v) local co, main = coroutine.running() return main, coroutine.isyieldable(), coroutine.status(coroutine.create(print)) end)
print(r(1))
coroutine.wrap(function() print(r(1)) end)()
coroutine.wrap(function() print(r(2)) end)()
print(select("#", r(1)))
local same = ms.stage(function(co) return (coroutine.running()) == co end)
coroutine.wrap(function() print(same((coroutine.running()))) print(same(coroutine.create(print))) end)()
local ret = ms.stage(function() return (coroutine.running()) end)
coroutine.wrap(function() print(ret() == coroutine.running()) end)()
coroutine.wrap(function() print(ret() == coroutine.running()) end)()
print(ret() == coroutine.running())
-- in table.sort comparators of eager code: not yieldable
coroutine.wrap(function() table.sort({ 1, 2 }, function(a, b) print(r(1)) return a < b end) end)()
print(pcall(ms.stage(function(n) coroutine.yield(n) end), 1))
coroutine.wrap(function() table.sort({ 1, 2 }, function(a, b) print(pcall(ms.stage(function(n) coroutine.yield(n) end), 1)) return a < b end) end)()
-- load in coroutines, varargs, method generators
try("load", function(n) return coroutine.wrap(load("local a = ... coroutine.yield(a + 1) return 2"))(n) end, 4)
try("select", function(...) return select("#", coroutine.resume(coroutine.create(function(...) return ... end), ...)) end, 1, nil, nil)
try("metamethod call", function(n)
  local obj = setmetatable({}, { __call = function(self, a) return coroutine.yield(a) end, __index = function(t, k) return coroutine.yield(k) end })
  local co = coroutine.create(function() local a = obj(n) local b = obj.key return a, b end)
  show(coroutine.resume(co)) show(coroutine.resume(co, 10)) show(coroutine.resume(co, n))
end, 3)
try("symbolic key", function(n, t)
  local s = 0
  for k in coroutine.wrap(function() for i = 1, 3 do coroutine.yield((n + i) % 3 + 1) end end) do s = s * 10 + t[k] end
  return s
end, 4, { 1, 2, 3 })
try("texts", function(n)
  local t = {}
  for s in coroutine.wrap(function() for i = 1, 3 do coroutine.yield("v" .. n * i) end end) do t[#t + 1] = s end
  return table.concat(t, ","), #t
end, 4)
try("random", function(n)
  math.randomseed(4)
  local s = 0
  for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(math.random(100)) end end) do s = s * 100 + v end
  return s
end, 4)
-- coroutines from outside are passed on
local kept, first, second = {}, coroutine.create(print), coroutine.create(print)
local pass = ms.stage(function(co, n)
  kept.co, kept[co] = co, n
  return co, { co }
end)
for _, co in ipairs { first, second, first } do
  local a, b = pass(co, 3)
  print(a == co, b[1] == co, kept.co == co, kept[co], coroutine.status(kept.co))
end
coroutine.wrap(function()
  local co = coroutine.running()
  print(same(co))
  coroutine.wrap(function() print(same(co)) end)()
end)()
