-- A key that is nil or NaN is an error only where no __newindex takes it.
local ms = require "moonstage"
local log = {}
local C = { __newindex = function(t, k, v) print("new", k, v) end }
local D = { __newindex = {} }
local R = { __newindex = setmetatable({}, C) }
local o = setmetatable({}, C)
local p = {}
local f = ms.stage(function(a)
  local made = setmetatable({}, C)
  o[nil] = a
  o[0/0] = a
  made[nil] = 1
  made[0/0] = a
  print(pcall(function() p[nil] = 1 end))
  print(pcall(function() p[0/0] = a end))
  print(pcall(function() local t = {} t[nil] = 1 end))
  print(pcall(function() local t = setmetatable({}, D) t[nil] = a end))
  print(pcall(function() local t = setmetatable({}, R) t[nil] = a t[0/0] = 2 end))
  local n if a > 1 then n = nil end
  print(pcall(function() p[n] = 1 end))
  print(p[nil], o[nil], p[0/0], rawget(p, nil))
  print(pcall(rawset, p, nil, 1))
  print(pcall(rawset, p, 0/0, 1))
  print(pcall(function() return { [nil] = 1 } end))
  print(pcall(function() return { [0/0] = 1 } end))
  local k = a / 0 - a / 0
  print(pcall(function() p[k] = 1 end))
  o[k] = 2
  local s = setmetatable({}, a > 1 and C or nil)
  print(pcall(function() s[nil] = 1 end))
  s = setmetatable({}, a > 1 and C or D)
  print(pcall(function() s[nil] = 1 end))
end)
f(1) f(2)
-- expect: new	nil	1
-- expect: new	-nan	1
-- expect: new	nil	1
-- expect: new	-nan	1
-- expect: false	tests/modes/no_keys.lua:15: table index is nil
-- expect: false	tests/modes/no_keys.lua:16: table index is NaN
-- expect: false	tests/modes/no_keys.lua:17: table index is nil
-- expect: false	tests/modes/no_keys.lua:18: table index is nil
-- expect: new	nil	1
-- expect: new	-nan	2
-- expect: true
-- expect: false	tests/modes/no_keys.lua:21: table index is nil
-- expect: nil	nil	nil	nil
-- expect: false	table index is nil
-- expect: false	table index is NaN
-- expect: false	tests/modes/no_keys.lua:25: table index is nil
-- expect: false	tests/modes/no_keys.lua:26: table index is NaN
-- expect: false	tests/modes/no_keys.lua:28: table index is NaN
-- expect: new	-nan	2
-- expect: false	tests/modes/no_keys.lua:31: table index is nil
-- expect: false	tests/modes/no_keys.lua:33: table index is nil
-- expect: new	nil	2
-- expect: new	-nan	2
-- expect: new	nil	1
-- expect: new	-nan	2
-- expect: false	tests/modes/no_keys.lua:15: table index is nil
-- expect: false	tests/modes/no_keys.lua:16: table index is NaN
-- expect: false	tests/modes/no_keys.lua:17: table index is nil
-- expect: false	tests/modes/no_keys.lua:18: table index is nil
-- expect: new	nil	2
-- expect: new	-nan	2
-- expect: true
-- expect: false	tests/modes/no_keys.lua:21: table index is nil
-- expect: nil	nil	nil	nil
-- expect: false	table index is nil
-- expect: false	table index is NaN
-- expect: false	tests/modes/no_keys.lua:25: table index is nil
-- expect: false	tests/modes/no_keys.lua:26: table index is NaN
-- expect: false	tests/modes/no_keys.lua:28: table index is NaN
-- expect: new	-nan	2
-- expect: new	nil	1
-- expect: true
-- expect: new	nil	1
-- expect: true
