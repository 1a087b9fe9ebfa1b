-- What errors call operands that Lua's compiler takes out of `and` and `or`.
local ms = require "moonstage"
local o, u1 = {}, nil
local f = ms.stage(function(a, b)
  local p
  local b1 = false
  print(pcall(function() local p = o return a + (false or p) end))
  print(pcall(function() return (false or u1) / (b) end))
  print(pcall(function() local p = o return a + (nil or p) end))
  print(pcall(function() local p = o return a + (true and p) end))
  print(pcall(function() local p = o return a + (p or b) end))
  print(pcall(function() local p return a + (b and p) end))
  print(pcall(function() return a + (b and o.w) end))
  print(pcall(function() return a + (o.w or o.v) end))
  print(pcall(function() return a + (b1 or u1) end))
  print(pcall(function() return (b and o.w) + a end))
  print(pcall(function() return (b and o.w) .. a end))
  print(pcall(function() return (b and o.w).x end))
  print(pcall(function() return #(b and o.w) end))
  print(pcall(function() return a + ((nil and b) or u1) end))
  print(pcall(function() return a + ((b and nil) or u1) end))
  print(pcall(function() return a + ((b or 1) and u1) end))
end)
f(1, 2)
-- expect: false	tests/modes/names_folded.lua:7: attempt to perform arithmetic on a table value (local 'p')
-- expect: false	tests/modes/names_folded.lua:8: attempt to perform arithmetic on a nil value (upvalue 'u1')
-- expect: false	tests/modes/names_folded.lua:9: attempt to perform arithmetic on a table value (local 'p')
-- expect: false	tests/modes/names_folded.lua:10: attempt to perform arithmetic on a table value (local 'p')
-- expect: false	tests/modes/names_folded.lua:11: attempt to perform arithmetic on a table value
-- expect: false	tests/modes/names_folded.lua:12: attempt to perform arithmetic on a nil value
-- expect: false	tests/modes/names_folded.lua:13: attempt to perform arithmetic on a nil value
-- expect: false	tests/modes/names_folded.lua:14: attempt to perform arithmetic on a nil value
-- expect: false	tests/modes/names_folded.lua:15: attempt to perform arithmetic on a nil value
-- expect: false	tests/modes/names_folded.lua:16: attempt to perform arithmetic on a nil value
-- expect: false	tests/modes/names_folded.lua:17: attempt to concatenate a nil value
-- expect: false	tests/modes/names_folded.lua:18: attempt to index a nil value
-- expect: false	tests/modes/names_folded.lua:19: attempt to get length of a nil value
-- expect: false	tests/modes/names_folded.lua:20: attempt to perform arithmetic on a nil value
-- expect: false	tests/modes/names_folded.lua:21: attempt to perform arithmetic on a nil value (upvalue 'u1')
-- expect: false	tests/modes/names_folded.lua:22: attempt to perform arithmetic on a nil value (upvalue 'u1')
