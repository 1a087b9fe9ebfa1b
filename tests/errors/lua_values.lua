-- What Lua itself refuses: its own messages and lines, also for values that are known only when the graph runs.
local ms = require "moonstage"
local t = {}

--- arithmetic on nil
-- error: tests/errors/lua_values.lua:9: attempt to perform arithmetic on a nil value (local 'x')
ms.stage(function(n)
  local x
  return n + x
end)(1)

--- arithmetic on a field
-- error: tests/errors/lua_values.lua:15: attempt to perform arithmetic on a nil value (field 'size')
ms.stage(function(n)
  return n * t.size
end)(1)

--- arithmetic on a boolean
-- error: tests/errors/lua_values.lua:22: attempt to perform arithmetic on a boolean value (local 'big')
ms.stage(function(n)
  local big = n > 3
  return big + 1
end)(1)

--- bits of nil
-- error: tests/errors/lua_values.lua:28: attempt to perform bitwise operation on a nil value (field 'mask')
ms.stage(function(n)
  return n & t.mask
end)(1)

--- bits of a fraction
-- error: tests/errors/lua_values.lua:34: number (local 'n') has no integer representation
ms.stage(function(n)
  return n | 1
end)(1.5)

--- concatenation of nil
-- error: tests/errors/lua_values.lua:41: attempt to concatenate a nil value (local 's')
ms.stage(function(n)
  local s
  return n .. s
end)(1)

--- a call of nil
-- error: tests/errors/lua_values.lua:47: attempt to call a nil value (field 'f')
ms.stage(function(n)
  return t.f(n)
end)(1)

--- a method that is not there
-- error: tests/errors/lua_values.lua:53: attempt to call a nil value (method 'method')
ms.stage(function(n)
  return t:method(n)
end)(1)

--- an index of nil
-- error: tests/errors/lua_values.lua:59: attempt to index a nil value (field 'a')
ms.stage(function(n)
  return t.a.b + n
end)(1)

--- an index of a number
-- error: tests/errors/lua_values.lua:65: attempt to index a number value (local 'n')
ms.stage(function(n)
  return n.x
end)(1)

--- a write into nil
-- error: tests/errors/lua_values.lua:71: attempt to index a nil value (field 'a')
ms.stage(function(n)
  t.a.b = n
end)(1)

--- the length of a number
-- error: tests/errors/lua_values.lua:77: attempt to get length of a number value (local 'n')
ms.stage(function(n)
  return #n
end)(1)

--- order of a number and nil
-- error: tests/errors/lua_values.lua:83: attempt to compare number with nil
ms.stage(function(n)
  return n < nil
end)(1)

--- order of two tables
-- error: tests/errors/lua_values.lua:89: attempt to compare two table values
ms.stage(function(n)
  return {} <= {}, n
end)(1)

--- division of integers by zero
-- error: tests/errors/lua_values.lua:95: attempt to divide by zero
ms.stage(function(n)
  return math.abs(n) // 0
end)(1)

--- division by what turns out to be zero
-- error: tests/errors/lua_values.lua:102: attempt to divide by zero
ms.stage(function(n)
  local d = n - 1
  return math.abs(7) // d
end)(1)

--- remainder by zero
-- error: tests/errors/lua_values.lua:108: attempt to perform 'n%0'
ms.stage(function(n)
  return math.abs(n) % 0
end)(1)

--- a loop from a text
-- error: tests/errors/lua_values.lua:114: bad 'for' initial value (number expected, got string)
ms.stage(function(n)
  for i = "x", n do print(i) end
end)(1)

--- a loop to nil
-- error: tests/errors/lua_values.lua:120: bad 'for' limit (number expected, got nil)
ms.stage(function(n)
  for i = n, nil do print(i) end
end)(1)

--- a loop by a table
-- error: tests/errors/lua_values.lua:126: bad 'for' step (number expected, got table)
ms.stage(function(n)
  for i = 1, n, {} do print(i) end
end)(1)

--- a loop by zero
-- error: tests/errors/lua_values.lua:132: 'for' step is zero
ms.stage(function(n)
  for i = n, 10, 0 do print(i) end
end)(1)

--- a key that is nil
-- error: tests/errors/lua_values.lua:139: table index is nil
ms.stage(function(n)
  local list = {}
  list[nil] = n
end)(1)

--- a key that is no number
-- error: tests/errors/lua_values.lua:146: table index is NaN
ms.stage(function(n)
  local list = {}
  list[0 / 0] = n
end)(1)

--- a call of a number in a for
-- error: tests/errors/lua_values.lua:152: attempt to call a number value (for iterator 'for iterator')
ms.stage(function(n)
  for k in 5 do n = n + k end
end)(1)

--- a bad argument of math.floor
-- error: tests/errors/lua_values.lua:158: bad argument #1 to 'floor' (number expected, got table)
ms.stage(function(n)
  return math.floor({}) + n
end)(1)

--- a bad argument that is missing
-- error: tests/errors/lua_values.lua:164: bad argument #1 to 'max' (value expected)
ms.stage(function(n)
  return math.max() + n
end)(1)

--- a bad argument of a method
-- error: tests/errors/lua_values.lua:170: bad argument #1 to 'rep' (number expected, got no value)
ms.stage(function(n)
  return ("x"):rep() .. n
end)(1)

--- a bad argument of string.format
-- error: tests/errors/lua_values.lua:176: bad argument #2 to 'format' (number expected, got string)
ms.stage(function(n)
  print(string.format("%d", "x"), n)
end)(1)

--- a bad metatable
-- error: tests/errors/lua_values.lua:182: bad argument #2 to 'setmetatable' (nil or table expected, got number)
ms.stage(function(n)
  return setmetatable({ n }, 5)
end)(1)

--- a protected metatable
-- error: tests/errors/lua_values.lua:188: cannot change a protected metatable
ms.stage(function(n)
  return setmetatable(setmetatable({ n }, { __metatable = 1 }), {})
end)(1)

--- a bad position of table.insert
-- error: tests/errors/lua_values.lua:194: bad argument #2 to 'insert' (position out of bounds)
ms.stage(function(n)
  table.insert({ n }, 9, n)
end)(1)

--- a bad value of table.concat
-- error: tests/errors/lua_values.lua:200: invalid value (table) at index 2 in table for 'concat'
ms.stage(function(n)
  return table.concat({ n, {} })
end)(1)

--- a bad base of tonumber
-- error: tests/errors/lua_values.lua:206: bad argument #2 to 'tonumber' (base out of range)
ms.stage(function(n)
  return tonumber("1", 99) + n
end)(1)

--- a bad index of select
-- error: tests/errors/lua_values.lua:212: bad argument #1 to 'select' (index out of range)
ms.stage(function(n)
  return select(0, n)
end)(1)

--- fmod by zero
-- error: tests/errors/lua_values.lua:218: bad argument #2 to 'fmod' (zero)
ms.stage(function(n)
  return math.fmod(n, 0)
end)(1)

--- assert
-- error: tests/errors/lua_values.lua:224: assertion failed!
ms.stage(function(n)
  assert(n > 5)
end)(1)

--- assert with a message
-- error: tests/errors/lua_values.lua:230: too small: 1
ms.stage(function(n)
  assert(n > 5, "too small: " .. n)
end)(1)

--- error
-- error: tests/errors/lua_values.lua:236: the value is 1
ms.stage(function(n)
  error("the value is " .. n)
end)(1)

--- error without a position
-- error: plain 1
ms.stage(function(n)
  error("plain " .. n, 0)
end)(1)

--- error of the caller
-- error: tests/errors/lua_values.lua:251: checked
local function check(n)
  if n < 5 then error("checked", 2) end
end
ms.stage(function(n)
  check(n)
  return n
end)(1)

--- in a branch of a loop
-- error: tests/errors/lua_values.lua:260: after 32
ms.stage(function(n)
  while n < 100 do
    n = n * 2
    if n > 20 then error("after " .. n) end
  end
end)(1)

--- in a function called
-- error: tests/errors/lua_values.lua:267: attempt to perform arithmetic on a nil value (field 'two')
local function half(n)
  return n / t.two
end
ms.stage(function(n)
  return half(n)
end)(1)
