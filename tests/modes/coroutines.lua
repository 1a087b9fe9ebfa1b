-- Coroutines inside a staged function: what yields and resumes pass, in metamethods and iterators, errors with their
-- positions, what can't be yielded across, the calls of a staged function in a coroutine.
-- stock
local ms = require "moonstage"
local function show(...) local t = table.pack(...) for i = 1, t.n do t[i] = type(t[i]) == "table" and "table" or type(t[i]) == "function" and "function" or tostring(t[i]) end print(table.unpack(t, 1, t.n)) end
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local f = ms.stage(function(x)
local sum = 0
for i in gen(5) do if i ~= 3 then sum = sum + i * x end end
print(sum)
local mt = {}
for _, e in ipairs { "__add", "__eq", "__lt", "__le", "__index", "__concat", "__len", "__call", "__unm" } do
  if e ~= "__lt" and e ~= "__le" then mt[e] = function(a, b) return coroutine.yield(e) end end
end
mt.__newindex = function() coroutine.yield("__newindex") end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
local co = coroutine.wrap(function()
  local r = { a + b, a == b, a ~= b, a.x, a .. b, #a, a(), -a }
  a.k = 1
  if a == b then r[#r + 1] = "eq" end
  local v = a == b and "and" or "or"
  r[#r + 1] = v
  for i = 1, #r do r[i] = tostring(r[i]) end
  return table.concat(r, " ")
end)
local answers = { 1, true, true, nil, false, 1, nil, "x", "c", 7, "called", "minus", nil, true, 1, false, 3, true }
local i = 0
local v = co()
while type(v) == "string" and #v < 15 do
  i = i + 1
  io.write(v, " ")
  v = co(answers[i])
end
print()
print(v)
end)
f(2)
local g = ms.stage(function(x)
-- errors and positions
local function thrower(x) if x == 1 then error("one") elseif x < 3 then error("below", 2) end local y = x .. nil end
for k = 1, 3 do
  show(coroutine.resume(coroutine.create(thrower), k))
  show(pcall(coroutine.wrap(thrower), k))
  show(pcall(coroutine.wrap(function() thrower(k) end)))
  local w = coroutine.wrap(function() thrower(k) end)
  show(pcall(function() w() end))
  show(pcall(function() return w() end))
  local w2 = coroutine.wrap(function() thrower(k) end)
  show(pcall(function() for _ in w2 do end end))
  local w3 = coroutine.wrap(function() local w4 = coroutine.wrap(function() thrower(k) end) w4() end)
  show(pcall(function() w3() end))
end
local failed = coroutine.create(function() local z = nil; local q = z.field end)
show(coroutine.resume(failed))
show(coroutine.resume(failed))
show(coroutine.close(failed))
show(coroutine.close(failed))
print(coroutine.resume(coroutine.create(function() return table.sort({ 3, 1, 2 }, function(x, y) return coroutine.yield(x < y) end) end)))
print(coroutine.resume(coroutine.create(function() return ("x"):gsub("x", function() coroutine.yield() end) end)))
print(coroutine.resume(coroutine.create(function() return tostring(setmetatable({}, { __tostring = function() coroutine.yield(1) return "s" end })) end)))
print(coroutine.resume(coroutine.create(function() for i, v in ipairs(setmetatable({}, { __index = function() coroutine.yield(1) return nil end })) do end return "e" end)))
print(coroutine.resume(coroutine.create(function() for i, v in pairs(setmetatable({}, { __pairs = function() coroutine.yield(1) return next, {} end })) do end return "e" end)))
local self
self = coroutine.wrap(function() return pcall(self) end)
print(self())
print(select("#", coroutine.resume(coroutine.create(function() return nil, nil, nil end))))
print(coroutine.resume(coroutine.create(function(...) return select("#", ...), ... end), nil, nil))
local many = {}
for k = 1, 200 do many[k] = k end
print(select("#", coroutine.resume(coroutine.create(function(...) return ... end), table.unpack(many))))
local producers = {}
for k = 1, 3 do producers[k] = coroutine.create(function() for m = 1, k do if m ~= k then coroutine.yield(k * m * x) end end return "end" .. k end) end
local alive = 3
while alive > 0 do
  for k, p in ipairs(producers) do
    if coroutine.status(p) ~= "dead" then
      local _, value = coroutine.resume(p)
      io.write(tostring(value), " ")
      if coroutine.status(p) == "dead" then alive = alive - 1 end
    end
  end
end
print()
print(coroutine.wrap(function() return xpcall(function() local x = coroutine.yield("y") return x == 1 end, print) end)())
show(pcall(coroutine.close, 1)) show(pcall(coroutine.status)) show(pcall(coroutine.create, 1))
show(pcall(coroutine.resume, 1)) show(pcall(coroutine.wrap, {})) show(pcall(coroutine.wrap)) show(pcall(coroutine.resume))
show(pcall(coroutine.isyieldable, 1))
show(pcall(function() coroutine.status() end))
show(pcall(function() coroutine.resume(1) end))
show(pcall(function() coroutine.create(x) end))
local w = coroutine.wrap(function() return pcall(coroutine.close, (coroutine.running())) end)
show(w())
local co co = coroutine.create(function() show(coroutine.status(co)) coroutine.wrap(function() show(coroutine.status(co), pcall(coroutine.close, co)) end)() end)
show(coroutine.resume(co))
show(coroutine.wrap(print)(1, x))
show(pcall(coroutine.wrap(string.rep)))
show(coroutine.resume(coroutine.create(string.rep)))
show(coroutine.resume(coroutine.create(string.rep), "x", {}))
show(coroutine.resume(coroutine.create(coroutine.yield), x))
show(coroutine.resume(coroutine.create(error), "msg"))
show(coroutine.resume(coroutine.create(error), "msg", 2))
show(coroutine.resume(coroutine.create(pcall), error, "msg"))
show(coroutine.isyieldable(), select(2, coroutine.running()))
if select(2, coroutine.running()) then show(pcall(coroutine.yield, 1)) end
show(coroutine.close(coroutine.create(print)))
local c = coroutine.create(function() coroutine.yield() end)
coroutine.resume(c)
show(coroutine.close(c), coroutine.status(c), coroutine.isyieldable(c))
show(coroutine.resume(coroutine.create(function() assert(false, "no") end)))
show(coroutine.resume(coroutine.create(function() assert(nil) end)))
show(coroutine.resume(coroutine.create(function() error() end)))
show(pcall(coroutine.wrap(function() error() end)))
show(pcall(coroutine.wrap(function() error({}) end)))
show(pcall(coroutine.wrap(function() error("v" .. x) end)))
show(pcall(coroutine.wrap(function() error("v" .. x, 0) end)))
return 1
end)
g(3)
coroutine.wrap(function() g(3) end)()

