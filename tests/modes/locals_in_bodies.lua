-- What errors call variables: those of the function itself are local, also where another function has upvalues of these names.
local ms = require "moonstage"
local n1
local f = ms.stage(function(a, b, x)
  for i = 1, b do
    print(pcall(function() return 1 end))
    if b < 6 then print(n1, (a << 3)) end
  end
  return 1
end)
print(pcall(f, nil, 2))
local f = ms.stage(function(a, b, x, ...)
  for i = 1, b do
    x = select("#", ...) * b
    if b < 6 then print(n1, (a << 3)) end
  end
  return 1
end)
print(pcall(f, nil, 2))
local f = ms.stage(function(a, b, x, ...)
  for i = 1, b do
    if b < 6 then return (x - x) end
  end
  return 1
end)
print(pcall(f, nil, 2, true))
local f = ms.stage(function(a, b, x, ...)
  if b > 2 then
    local t7 = 1
  elseif a then
    print(1)
  end
  x = (a ~= b)
  do return a, b, type(v6), (x - x) end
end)
print(pcall(f, 1, 2, true))
local f = ms.stage(function(a, b, x, ...)
  x = (a ~= {})
  do return a, b, type(v6), (x - x) end
end)
print(pcall(f, 1, 2, true))
local f = ms.stage(function(a, b, x, ...)
  x = a ~= b
  return a, b, type(v6), (x - x)
end)
print(pcall(f, 1, 2, true))
do
  local a, x = 1, 2
  local function h() return a + x end
  local f = ms.stage(function(b)
    local a, x
    print(h())
    for i = 1, b do
      print(pcall(function() return a + 1 end))
      local ok, e = pcall(h)
      if b < 6 then return (x << 3) end
    end
  end)
  print(pcall(f, 2))
  local g = ms.stage(function(b)
    local v
    local function h(c)
      for i = 1, c do
        if c < 6 then return (v << 3) + x end
      end
    end
    for i = 1, b do
      print(pcall(h, b))
      if b < 6 then return (v << 3) end
    end
  end)
  print(pcall(g, 2))
end
-- expect: true	1
-- expect: false	tests/modes/locals_in_bodies.lua:7: attempt to perform bitwise operation on a nil value (local 'a')
-- expect: false	tests/modes/locals_in_bodies.lua:15: attempt to perform bitwise operation on a nil value (local 'a')
-- expect: false	tests/modes/locals_in_bodies.lua:22: attempt to perform arithmetic on a boolean value (local 'x')
-- expect: 1
-- expect: false	tests/modes/locals_in_bodies.lua:34: attempt to perform arithmetic on a boolean value (local 'x')
-- expect: false	tests/modes/locals_in_bodies.lua:39: attempt to perform arithmetic on a boolean value (local 'x')
-- expect: false	tests/modes/locals_in_bodies.lua:44: attempt to perform arithmetic on a boolean value (local 'x')
-- expect: 3
-- expect: false	tests/modes/locals_in_bodies.lua:54: attempt to perform arithmetic on a nil value (upvalue 'a')
-- expect: false	tests/modes/locals_in_bodies.lua:56: attempt to perform bitwise operation on a nil value (local 'x')
-- expect: false	tests/modes/locals_in_bodies.lua:64: attempt to perform bitwise operation on a nil value (upvalue 'v')
-- expect: false	tests/modes/locals_in_bodies.lua:69: attempt to perform bitwise operation on a nil value (local 'v')
