-- A tensor says what a text is to it, whether the text is plain or made of symbolic values; ~= is worded as ne.
local ms = require "moonstage"
local outer = ms.ones(3)
local f = ms.stage(function(x, a)
  local t = string.format("%5.1f|", x:max():item())
  print(pcall(function() return outer + t end))
  print(pcall(function() return t + outer end))
  print(pcall(function() return t // x end))
  print(pcall(function() return x & t end))
  print(pcall(function() return t & x end))
  print(pcall(function() return t < x end))
  print(t == x, x ~= t)
  print(pcall(function() return x ~= x:narrow(1, 1, 2) end))
  print(pcall(function() return x == x:narrow(1, 1, 2) end))
  local y = a > 1 and x or 3
  print(y ~= x, y ~= 3, y == 3)
  return x + t
end)
print(pcall(f, ms.tensor { 1, 2, 4 }, 2))
print(pcall(f, ms.tensor { 1, 2, 3 }, 0))
-- expect: false	tests/modes/texts_with_tensors.lua:6: add: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:7: add: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:8: floordiv: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:9: band: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:10: band: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:11: attempt to compare string with tensor
-- expect: false	true
-- expect: false	tests/modes/texts_with_tensors.lua:13: ne: shapes [3] and [2] do not broadcast
-- expect: false	tests/modes/texts_with_tensors.lua:14: eq: shapes [3] and [2] do not broadcast
-- expect: tensor([false, false, false])	tensor([true, true, true])	tensor([false, false, false])
-- expect: false	tests/modes/texts_with_tensors.lua:17: add: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:6: add: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:7: add: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:8: floordiv: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:9: band: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:10: band: tensor or number expected, got string
-- expect: false	tests/modes/texts_with_tensors.lua:11: attempt to compare string with tensor
-- expect: false	true
-- expect: false	tests/modes/texts_with_tensors.lua:13: ne: shapes [3] and [2] do not broadcast
-- expect: false	tests/modes/texts_with_tensors.lua:14: eq: shapes [3] and [2] do not broadcast
-- expect: tensor([ true,  true, false])	false	true
-- expect: false	tests/modes/texts_with_tensors.lua:17: add: tensor or number expected, got string
