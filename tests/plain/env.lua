-- _ENV as a local, a parameter, an upvalue; environments of load; strict globals.
local print, setmetatable, getmetatable, rawget, rawset, load, pcall, tostring, type, error, select =
  print, setmetatable, getmetatable, rawget, rawset, load, pcall, tostring, type, error, select
local G = _ENV
do
  local _ENV = { print = print, x = 1 }
  if x == 1 then x = x + 1 end
  y = x ~= 2 and "no" or "yes"
  print(x, y, z, G == nil)
  local function inner() return x == 2 and y end
  print(inner())
end
print(x, y)
local function with(_ENV, n)
  while n < limit do n = n + step end
  result = n == limit
  return n, not missing
end
local e = { limit = 10, step = 3 }
print(with(e, 1), e.result)
print(with(setmetatable({}, { __index = { limit = 2, step = 1 } }), 0))
local strict = setmetatable({}, {
  __index = function(_, k) error("undeclared '" .. k .. "'", 2) end,
  __newindex = function(_, k) error("no new global '" .. k .. "'", 2) end,
})
print(pcall(load("return x == 1", "=strict", "t", strict)))
print(pcall(load("if not x then y = 1 end", "=strict", "t", strict)))
print(pcall(load("\n\ny = 1 < 2", "=strict", "t", strict)))
local log = {}
local spy = setmetatable({}, {
  __index = function(_, k) log[#log + 1] = "get " .. k return log[k] end,
  __newindex = function(_, k, v) log[#log + 1] = "set " .. k log[k] = v end,
})
load("a = 1 if a == b or a < 2 and not c then d = a end while a ~= 3 do a = a + 1 end return a and b", "=spy", "t", spy)()
print(G.table.concat(log, ", "))
print(pcall(load("local _ENV = nil return x == 1")))
print(pcall(load("local _ENV = 5 if x then end")))
print(pcall(load("local _ENV <const> = {} return x == nil, not y")))
print(load("return _ENV")() == G, load("return _ENV", "n", "t", e)() == e)
print(load("local a <const> = 1 return a == 1, _ENV == nil", "n", "bt", nil)())
print(pcall(load("return x", "n", "t", nil)))
local function maker()
  local _ENV = { count = 0 }
  return function() count = count + 1 return count == 2, count end
end
local c1, c2 = maker(), maker()
print(c1(), c1(), c2())
local function noenv(a, b) return a == b, a and b end
print(G.debug.getupvalue(noenv, 1), noenv(1, 1))
_ENV = { print = print, G = G, v = 3 }
if v == 3 and print then print("changed", v ~= 3, not w) end
v, w = w, v
print(v == nil and w == 3)
_ENV = G
print(_VERSION, _G == _ENV, _G._G == _G)
