-- What errors call the operands whose kind hangs on the path, and the globals.
local ms = require "moonstage"
local f = ms.stage(function(a, t)
  local v = a > 1 and 0 or "x"
  local w = a > 1 and 2.5 or "x"
  local z = a > 1 and t or 2
  local k = 7
  print(pcall(function() return k % v end))
  print(pcall(function() return k // v end))
  print(pcall(function() return 1 % v end))
  print(pcall(function() return k & w end))
  print(pcall(function() return w | 1 end))
  print(pcall(function() return 1 << w end))
  print(pcall(function() return ~w end))
  print(pcall(function() return w .. z end))
  print(pcall(function() return w < z end))
  print(pcall(function() return #z end))
  print(pcall(function() return -z end))
  print(pcall(function() return z.x.y end))
  print(pcall(function() return z + w end))
  print(pcall(function() local v2 = v return 3 % v2 end))
  print(pcall(function() local w2 = w return w2 & 1 end))
  print(pcall(function() local w2 = w return 1.5 & w2 end))
end)
f(1, {}) f(2, {}) f(3, {})
local f = ms.stage(function(a, n)
  local w = a * 1.25
  local k = 7
  print(pcall(function() return k & w end))
  print(pcall(function() return w | 1 end))
  print(pcall(function() return 1.5 << w end))
  print(pcall(function() return ~w end))
  print(pcall(function() return k % n end))
  print(pcall(function() return k // n end))
  print(pcall(function() return nog.x end))
  print(pcall(function() return nog:x() end))
  print(pcall(function() nog.x = 1 end))
  print(pcall(function() return nog.x.y, w.y end))
  print(pcall(function() return _ENV.nog.x end))
  print(pcall(function() return nog() end))
  print(pcall(function() return nog + 1 end))
  if a > 2 then later = { v = 1 } end
  print(pcall(function() return later.v end))
  print(pcall(function() return later:get() end))
  print(pcall(function() later.v = 2 return 3 end))
  print(pcall(function() return later.v.y end))
  print(pcall(function() return #later end))
  print(pcall(function() return later() end))
  print(pcall(function() return later + 1 end))
end)
f(1, 0) later = nil f(2, 3) later = nil f(3, 1)
g1 = 2
local f = ms.stage(function(a)
  print(pcall(function() return nog:x(_ENV.g1) end))
  print(pcall(function() return nog:x(nog:x(_ENV.g1)) end))
  print(pcall(function() return nog:x(nog:x(g1)) end))
  print(pcall(function() local p = nog:x(nog:x(_ENV.g1)) end))
  print(pcall(function() local p = nog.x(_ENV.g1) end))
  print(pcall(function() local p = nog.x(_ENV.nog.y) end))
  print(pcall(function() local p = g1.x.y(_ENV.nog.y) end))
  print(pcall(function() local p p = nog:x(_ENV.g1) end))
  print(pcall(function() local p p = _ENV.nog:x(_ENV.g1) end))
  print(pcall(function() local p p = _ENV.g1.x:y(_ENV.g1) end))
  print(pcall(function() local p p = _ENV:x(_ENV.g1) end))
  print(pcall(function() local p p = _ENV.x(_ENV.g1) end))
  print(pcall(function() local p p = _ENV["no x"](_ENV.g1) end))
  print(pcall(function() local p p = _ENV["nox"].x(_ENV.g1) end))
  print(pcall(function() local p p = _ENV[a].x(_ENV.g1) end))
  print(pcall(function() _ENV.nog.x = 1 end))
  print(pcall(function() _ENV.nog = nog + 1 end))
  print(pcall(function() _ENV.nog = _ENV.nog + 1 end))
end)
f(1)
-- expect: false	tests/modes/names_on_paths.lua:8: attempt to mod a 'number' with a 'string'
-- expect: false	tests/modes/names_on_paths.lua:9: attempt to idiv a 'number' with a 'string'
-- expect: false	tests/modes/names_on_paths.lua:10: attempt to mod a 'number' with a 'string'
-- expect: false	tests/modes/names_on_paths.lua:11: attempt to perform bitwise operation on a string value (upvalue 'w')
-- expect: false	tests/modes/names_on_paths.lua:12: attempt to perform bitwise operation on a string value (upvalue 'w')
-- expect: false	tests/modes/names_on_paths.lua:13: attempt to perform bitwise operation on a string value (upvalue 'w')
-- expect: false	tests/modes/names_on_paths.lua:14: attempt to perform bitwise operation on a string value (upvalue 'w')
-- expect: true	x2
-- expect: false	tests/modes/names_on_paths.lua:16: attempt to compare string with number
-- expect: false	tests/modes/names_on_paths.lua:17: attempt to get length of a number value (upvalue 'z')
-- expect: true	-2
-- expect: false	tests/modes/names_on_paths.lua:19: attempt to index a number value (upvalue 'z')
-- expect: false	tests/modes/names_on_paths.lua:20: attempt to add a 'number' with a 'string'
-- expect: false	tests/modes/names_on_paths.lua:21: attempt to mod a 'number' with a 'string'
-- expect: false	tests/modes/names_on_paths.lua:22: attempt to perform bitwise operation on a string value (local 'w2')
-- expect: false	tests/modes/names_on_paths.lua:23: attempt to perform bitwise operation on a string value (local 'w2')
-- expect: false	tests/modes/names_on_paths.lua:8: attempt to perform 'n%0'
-- expect: false	tests/modes/names_on_paths.lua:9: attempt to divide by zero
-- expect: false	tests/modes/names_on_paths.lua:10: attempt to perform 'n%0'
-- expect: false	tests/modes/names_on_paths.lua:11: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:12: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:13: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:14: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:15: attempt to concatenate a table value (upvalue 'z')
-- expect: false	tests/modes/names_on_paths.lua:16: attempt to compare number with table
-- expect: true	0
-- expect: false	tests/modes/names_on_paths.lua:18: attempt to perform arithmetic on a table value (upvalue 'z')
-- expect: false	tests/modes/names_on_paths.lua:19: attempt to index a nil value (field 'x')
-- expect: false	tests/modes/names_on_paths.lua:20: attempt to perform arithmetic on a table value (upvalue 'z')
-- expect: false	tests/modes/names_on_paths.lua:21: attempt to perform 'n%0'
-- expect: false	tests/modes/names_on_paths.lua:22: number (local 'w2') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:23: number has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:8: attempt to perform 'n%0'
-- expect: false	tests/modes/names_on_paths.lua:9: attempt to divide by zero
-- expect: false	tests/modes/names_on_paths.lua:10: attempt to perform 'n%0'
-- expect: false	tests/modes/names_on_paths.lua:11: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:12: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:13: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:14: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:15: attempt to concatenate a table value (upvalue 'z')
-- expect: false	tests/modes/names_on_paths.lua:16: attempt to compare number with table
-- expect: true	0
-- expect: false	tests/modes/names_on_paths.lua:18: attempt to perform arithmetic on a table value (upvalue 'z')
-- expect: false	tests/modes/names_on_paths.lua:19: attempt to index a nil value (field 'x')
-- expect: false	tests/modes/names_on_paths.lua:20: attempt to perform arithmetic on a table value (upvalue 'z')
-- expect: false	tests/modes/names_on_paths.lua:21: attempt to perform 'n%0'
-- expect: false	tests/modes/names_on_paths.lua:22: number (local 'w2') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:23: number has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:29: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:30: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:31: number has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:32: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:33: attempt to perform 'n%0'
-- expect: false	tests/modes/names_on_paths.lua:34: attempt to divide by zero
-- expect: false	tests/modes/names_on_paths.lua:35: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:36: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:37: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:38: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:39: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:40: attempt to call a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:41: attempt to perform arithmetic on a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:43: attempt to index a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:44: attempt to index a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:45: attempt to index a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:46: attempt to index a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:47: attempt to get length of a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:48: attempt to call a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:49: attempt to perform arithmetic on a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:29: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:30: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:31: number has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:32: number (upvalue 'w') has no integer representation
-- expect: true	1
-- expect: true	2
-- expect: false	tests/modes/names_on_paths.lua:35: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:36: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:37: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:38: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:39: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:40: attempt to call a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:41: attempt to perform arithmetic on a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:43: attempt to index a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:44: attempt to index a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:45: attempt to index a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:46: attempt to index a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:47: attempt to get length of a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:48: attempt to call a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:49: attempt to perform arithmetic on a nil value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:29: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:30: number (upvalue 'w') has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:31: number has no integer representation
-- expect: false	tests/modes/names_on_paths.lua:32: number (upvalue 'w') has no integer representation
-- expect: true	0
-- expect: true	7
-- expect: false	tests/modes/names_on_paths.lua:35: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:36: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:37: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:38: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:39: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:40: attempt to call a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:41: attempt to perform arithmetic on a nil value (global 'nog')
-- expect: true	1
-- expect: false	tests/modes/names_on_paths.lua:44: attempt to call a nil value (method 'get')
-- expect: true	3
-- expect: false	tests/modes/names_on_paths.lua:46: attempt to index a number value (field 'v')
-- expect: true	0
-- expect: false	tests/modes/names_on_paths.lua:48: attempt to call a table value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:49: attempt to perform arithmetic on a table value (global 'later')
-- expect: false	tests/modes/names_on_paths.lua:54: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:55: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:56: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:57: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:58: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:59: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:60: attempt to index a number value (global 'g1')
-- expect: false	tests/modes/names_on_paths.lua:61: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:62: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:63: attempt to index a number value (global 'g1')
-- expect: false	tests/modes/names_on_paths.lua:64: attempt to call a nil value (method 'x')
-- expect: false	tests/modes/names_on_paths.lua:65: attempt to call a nil value (global 'x')
-- expect: false	tests/modes/names_on_paths.lua:66: attempt to call a nil value (global 'no x')
-- expect: false	tests/modes/names_on_paths.lua:67: attempt to index a nil value (global 'nox')
-- expect: false	tests/modes/names_on_paths.lua:68: attempt to index a nil value (global '?')
-- expect: false	tests/modes/names_on_paths.lua:69: attempt to index a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:70: attempt to perform arithmetic on a nil value (global 'nog')
-- expect: false	tests/modes/names_on_paths.lua:71: attempt to perform arithmetic on a nil value (global 'nog')
