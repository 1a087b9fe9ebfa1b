-- Coroutines: across pcall, metamethods, iterators and comparisons; closing; what errors say.
local function show(...) local t = table.pack(...) for i = 1, t.n do t[i] = type(t[i]) == "table" and "table" or tostring(t[i]) end print(table.unpack(t, 1, t.n)) end
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local sum = 0
for i in gen(5) do if i ~= 3 then sum = sum + i end end
print(sum)
local mt = {}
for _, e in ipairs { "__add", "__eq", "__lt", "__le", "__index", "__concat", "__len", "__call", "__unm" } do
  mt[e] = function(a, b) return coroutine.yield(e) end
end
mt.__newindex = function() coroutine.yield("__newindex") end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
local co = coroutine.wrap(function()
  local r = { a + b, a == b, a ~= b, a < b, a <= b, a > b, a >= b, a.x, a .. b, #a, a(), -a }
  a.k = 1
  if a == b then r[#r + 1] = "eq" end
  if a < b and not (a > b) then r[#r + 1] = "lt" end
  while a <= b do r[#r + 1] = "loop" break end
  local v = a == b and "and" or "or"
  r[#r + 1] = v
  for i = 1, #r do r[i] = tostring(r[i]) end
  return table.concat(r, " ")
end)
local answers = { 1, true, true, nil, false, 1, nil, "x", "c", 7, "called", "minus", nil, true, 1, false, 3, true }
local i = 0
local v = co()
while #v < 15 do
  i = i + 1
  io.write(v, " ")
  v = co(answers[i])
end
print()
print(v)

local co2 = coroutine.create(function(...)
  local ok, m = pcall(function(...)
    local x = coroutine.yield(select("#", ...))
    if x == nil then error("was nil") end
    return x
  end, ...)
  coroutine.yield(ok, m)
  local t = setmetatable({}, { __close = function(_, e) coroutine.yield("closing", e) end })
  do local c <close> = t end
  local d <close> = t
  error({ code = 1 })
end)
print(coroutine.resume(co2, 1, nil, 3))
print(coroutine.resume(co2, nil))
show(coroutine.resume(co2))
show(coroutine.resume(co2))
local ok, e, err = coroutine.resume(co2)
print(ok, e, type(err) == "table" and err.code)
ok, e = coroutine.resume(co2)
print(ok, type(e) == "table" and e.code, coroutine.status(co2))
show(coroutine.resume(co2))
-- closing
local log = {}
local function closer(name) return setmetatable({}, { __close = function(_, m) log[#log + 1] = name .. ":" .. tostring(m) end }) end
local c = coroutine.create(function()
  local x <close> = closer "x"
  local y <close> = closer "y"
  coroutine.yield(x == y)
end)
print(coroutine.resume(c))
print(coroutine.close(c), coroutine.status(c), table.concat(log, " "))
c = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() error("in close", 0) end }) coroutine.yield() end)
coroutine.resume(c)
print(coroutine.close(c))
print(coroutine.close(c), coroutine.close(coroutine.create(print)))
print(pcall(coroutine.close, coroutine.running()))
print(pcall(coroutine.close, 1), pcall(coroutine.status), pcall(coroutine.create, 1))
local w = coroutine.wrap(function() return pcall(coroutine.close, (coroutine.running())) end)
print(w())

-- errors and positions
local function thrower(x) if x == 1 then error("one") elseif x < 3 then error("below", 2) end local y = x .. nil end
for k = 1, 3 do
  print(coroutine.resume(coroutine.create(thrower), k))
  print(pcall(coroutine.wrap(thrower), k))
  print(pcall(coroutine.wrap(function() thrower(k) end)))
end
local t = coroutine.create(function() local function deep(n) if n == 0 then coroutine.yield() end deep(n - 1) end deep(2) end)
coroutine.resume(t)
print(debug.traceback(t))
print(debug.traceback(t, "message"), debug.traceback(t, nil, 1), debug.traceback(t, { 1 }) ~= nil)
print(debug.getinfo(t, 1, "l").currentline, debug.getinfo(t, 9))
local failed = coroutine.create(function() local z = nil; local q = z.field end)
print(coroutine.resume(failed))
print(debug.traceback(failed))
print(coroutine.isyieldable(), select(2, coroutine.running()))
print(pcall(coroutine.yield, 1))
print(coroutine.resume(coroutine.create(function() return table.sort({ 3, 1, 2 }, function(x, y) return coroutine.yield(x < y) end) end)))
print(coroutine.resume(coroutine.create(function() return ("x"):gsub("x", function() coroutine.yield() end) end)))
local self
self = coroutine.wrap(function() return pcall(self) end)
print(self())
print(select("#", coroutine.resume(coroutine.create(function() return nil, nil, nil end))))
print(coroutine.resume(coroutine.create(function(...) return select("#", ...), ... end), nil, nil))
local many = {}
for k = 1, 200 do many[k] = k end
print(select("#", coroutine.resume(coroutine.create(function(...) return ... end), table.unpack(many))))
local producers = {}
for k = 1, 3 do producers[k] = coroutine.create(function() for m = 1, k do if m ~= k then coroutine.yield(k * m) end end return "end" .. k end) end
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
