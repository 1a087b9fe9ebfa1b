-- Upvalues: names and order, reading, setting, identity, joining.
local a, b, c = 1, nil, "c"
local function f(x)
  if x == a then return b end
  if c and x ~= b then c = x end
  while x < 0 do x = x + a end
  local function g() return a == b, c end
  return g, x
end
local function list(fn)
  local out = {}
  for i = 1, 300 do
    local name, v = debug.getupvalue(fn, i)
    if not name then break end
    out[#out + 1] = name .. "=" .. (type(v) == "table" and "table" or type(v) == "function" and "function" or tostring(v))
  end
  print(#out, debug.getinfo(fn, "u").nups, table.concat(out, ", "))
end
list(f)
list(list)
list((f(100)))
list(function() end)
list(function() return print end)
list(function(v) return v == 1 end)
list(function(v) if v then return v < 1 end end)
list(load("return 1"))
list(load("local x = ... return x == y, x and y"))
list(load("return _ENV == nil"))
print(debug.getupvalue(f, 0), debug.getupvalue(f, 99), debug.getupvalue(f, -1))
print(debug.setupvalue(f, 1, 10), a)
print(debug.setupvalue(f, 2, 20), a, b)
print(debug.setupvalue(f, 99, 1), debug.setupvalue(f, 0, 1))
print(pcall(debug.upvalueid, f, 99))
local function counter()
  local n = 0
  return function() n = n + 1 return n == 2 and "two" or n end, function(v) n = v end
end
local get1, set1 = counter()
local get2, set2 = counter()
local function shares(x, y) return debug.upvalueid(x, 1) == debug.upvalueid(y, 1) end
print(shares(get1, set1), shares(get1, get2), shares(set2, get2))
print(get1(), get1(), get1(), get2())
debug.upvaluejoin(get2, 1, get1, 1)
print(get2(), get1(), shares(get1, get2), shares(set2, get2))
set1(100)
print(get2())
print(pcall(debug.upvaluejoin, get1, 1, get2, 5))
print(pcall(debug.upvaluejoin, get1, 5, get2, 1))
print(pcall(debug.upvaluejoin, print, 1, get2, 1))
print(debug.setupvalue(get1, 1, 1), get1())

-- a new variable for every round of a loop
local fs = {}
for i = 1, 3 do
  local j = i
  fs[i] = function(v) if v ~= nil then j = v end return i == j, i, j end
end
print(fs[1](), fs[2](9), fs[3]())
print(fs[1](), fs[2](), shares(fs[1], fs[2]))
local k = 1
while k <= 2 do
  local m = k
  fs[k] = function() m = m + 1 return m == 3 end
  k = k + 1
end
print(fs[1](), fs[1](), fs[2](), fs[2]())

-- _ENV is an upvalue like any other
local function globals() return tostring ~= nil and x_global == nil end
print((debug.getupvalue(globals, 1)), select(2, debug.getupvalue(globals, 1)) == _G)
list(load("x_global = x_global or 1"))
local sandbox = { y = 2 }
local chunk = load("if y == 2 then y = y + 1 end return y")
print(debug.setupvalue(chunk, 1, sandbox), chunk(), sandbox.y, chunk())
local nested = load("return function(v) if v == y then return y end return y < v end", "=n", "t", sandbox)()
list(nested)
print(nested(3), nested(4))
