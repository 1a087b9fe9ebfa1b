-- Local variables seen and set from outside: names, order, temporaries, varargs, coroutines.
local function dump(level)
  local out = {}
  for i = 1, 100 do
    local name, v = debug.getlocal(level + 1, i)
    if not name then break end
    if type(v) == "function" or type(v) == "table" or type(v) == "thread" then v = type(v) end
    out[#out + 1] = name .. "=" .. tostring(v)
  end
  print(table.concat(out, ", "))
end
local function named(level)
  local out = {}
  for i = 1, 100 do
    local name, v = debug.getlocal(level + 1, i)
    if not name then break end
    if name:sub(1, 1) ~= "(" then out[#out + 1] = name .. "=" .. tostring(v) end
  end
  print(table.concat(out, ", "))
end

local function f(a, b, ...)
  local c = a == b
  local d <const> = 5
  local e = a < b and a or b
  named(1)
  do
    local inner = not c
    if inner or e then
      local deep = d
      named(1)
    end
    named(1)
  end
  local g = a ~= b and c
  for i = 1, 2 do
    local k = i == 1
    named(1)
  end
  for k, v in pairs { x = 1 } do named(1) end
  while a == 1 do
    local w = a
    named(1)
    break
  end
  repeat
    local until_local = a == a
    named(1)
  until until_local
  print(debug.getlocal(1, -1))
  print(debug.getlocal(1, -2))
  print(debug.getlocal(1, -3))
  print(debug.setlocal(1, -1, "changed"), ...)
  print(debug.setlocal(1, 1, "new a"), a)
  print(debug.setlocal(1, 99, 0), debug.setlocal(1, -9, 0))
  named(1)
  return c, e, g
end
print(f(1, 2, "v1", "v2"))
print(pcall(f, 2, 2))

-- names of the parameters of a function that does not run
for i = 1, 4 do print(i, debug.getlocal(f, i)) end
print(debug.getlocal(print, 1))
print(pcall(debug.getlocal, 100, 1))
print(pcall(debug.setlocal, 100, 1, 1))

-- a condition's operands set from a function called in it
local function poke(name, value)
  for i = 1, 100 do
    local n = debug.getlocal(2, i)
    if not n then return end
    if n == name then debug.setlocal(2, i, value) end
  end
end
local function changed(x)
  local before = x == 1
  poke("x", 7)
  local after = x == 7
  if x == 7 and x > 6 and not (x < 7) then return before, after, x end
  return "never"
end
print(changed(1))

local co = coroutine.create(function(p, ...)
  local q = p == 1
  local r = coroutine.yield(q)
  return r, q
end)
print(coroutine.resume(co, 1, "extra"))
for i = 1, 3 do print(debug.getlocal(co, 1, i)) end
print(debug.getlocal(co, 1, -1))
print(debug.setlocal(co, 1, 2, "set from outside"))
print(coroutine.resume(co, "resumed"))
print(pcall(debug.getlocal, co, 1, 1))

-- functions inside take the values set
local counter
do
  local n = 0
  counter = function() n = n + 1 if n == 3 then n = 0 end return n end
end
print(counter(), counter(), counter(), counter())
local function shadow(x)
  local x = x == nil and "nil" or x
  local x = x ~= "nil" and x
  named(1)
  return x
end
print(shadow(), shadow(1), shadow(false))
