-- Which function a call reaches: library functions under other names, replaced, shadowed or chosen by a value; functions
-- made by functions, in fields, behind __call; staged functions that call staged ones.
-- stock
local ms = require "moonstage"
local function each(f, ...)
  local staged = ms.stage(f)
  for _, n in ipairs { ... } do print(n, staged(n)) end
end

local say, floor, lib, fmt = print, math.floor, { max = math.max, type = math.type }, ("").format
each(function(n)
  say("said", n)
  return floor(n / 2), lib.max(n, 2, floor(n)), lib.type(n), fmt("%5.1f|", n), tostring(tonumber(tostring(n)))
end, 1, 5, 2.5)

-- a name of the library for something else
each(function(n)
  local print, type = function(...) say("mine", ...) return ... end, "a string"
  local math = { floor = function(x) return x * 100 end }
  return print(math.floor(n)), type, select("#", print(n, nil))
end, 1, 2.5)
local old = math.abs
local absolute = ms.stage(function(n) return math.abs(n) end)
print(absolute(-2))
math.abs = function(n) return "replaced", n end
print(absolute(-2))
math.abs = old
print(absolute(-3))

-- chosen by a value, by a key, by a condition
local operations = { add = function(a, b) return a + b end, less = math.min, [1] = function(a) return -a end }
each(function(n)
  local f = n > 2 and operations.add or operations.less
  local g = operations[n > 1 and "add" or "less"]
  return f(n, 2), g(n, 10), operations[1](n), (n > 3 and math.max or math.min)(n, 3)
end, 1, 2, 4)

-- made by functions, handed on, called at once
local function adder(k) return function(n) return n + k, k end end
local function compose(f, g) return function(...) return f((g(...))) end end
local add5, both = adder(5), compose(adder(1), adder(10))
each(function(n)
  local own = adder(n)
  return add5(n), both(n), own(own(1)), (function(...) return select("#", ...), ... end)(n, nil, n), compose(own, floor)(n / 2)
end, 1, 4)

-- behind __call and in metatables
local Meter = setmetatable({}, { __call = function(class, n) return setmetatable({ n = n }, class) end })
Meter.__index = Meter
Meter.__call = function(self, k) self.n = self.n + k return self end
function Meter:read(...) return self.n, ... end
local shared = Meter(100)
each(function(n)
  local m = Meter(n)
  local read = m.read
  return m(1)(2):read(n), read(m), shared(n):read(), Meter.read { n = "plain" }
end, 1, 2)

-- staged functions in staged functions; many of one text
local square = ms.stage(function(n) return n * n end)
local cube = ms.stage(function(n) return square(n) * n, square end)
each(function(n)
  local c, f = cube(n)
  return c, f == square, f(n + 1)
end, 2, 3)
local by = {}
for k = 1, 40 do by[k] = ms.stage(function(n) return n * k end) end
print(by[1](7), by[20](7), by[40](7), by[40](1.5))

-- bound methods made anew for every call
local counter = { n = 0 }
function counter:add(k) self.n = self.n + k return self.n end
local apply = ms.stage(function(f, k) return f(k) end)
for k = 1, 40 do apply(function(d) return counter:add(d) end, k) end
print(counter.n, apply(function(d) return d end, 5))
