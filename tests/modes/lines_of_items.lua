-- The line of a call that begins an item of a table with a name: that of the token after the name.
local ms = require "moonstage"
local x = { foo = function() error("m", 2) end, bar = function() return 1 end }
local function w(...) return ... end
-- comments and blank lines between are no tokens
local z = x.foo
local f = ms.stage(function(a)
  print(pcall(function() local v = {
 1, x
 .foo
 (
 1)} return v end))
  print(pcall(function() local v = {
 x
 .foo
 (
 1)} return v end))
  print(pcall(function() local v = {
 z -- why
 
 (
 1)} return v end))
  print(pcall(function() local v = {
 z (1)
 } return v end))
  print(pcall(function() local v = { w(1), w
 
 (z(1))} return v end))
  print(pcall(function() local v = { w
 
 (1), x:
 foo
 (1)} return v end))
  print(pcall(function() local v = { w
 
 (a), a
  .b.c} return v end))
  print(pcall(function() local v = { a
  + 1, a + 2, x

  + a} return v end))
  print(pcall(function() local v = { y = z
 (1) } return v end))
  print(pcall(function() local v = { [1] = z
 (1) } return v end))
  print(pcall(function() local v = { z; z
 (1) } return v end))
  print(pcall(function() local v = { x

 ["foo"]
 {} } return v end))
end)
f(1)
-- stock
-- expect: false	tests/modes/lines_of_items.lua:10: m
-- expect: false	tests/modes/lines_of_items.lua:15: m
-- expect: false	tests/modes/lines_of_items.lua:21: m
-- expect: false	tests/modes/lines_of_items.lua:24: m
-- expect: false	tests/modes/lines_of_items.lua:28: m
-- expect: false	tests/modes/lines_of_items.lua:31: m
-- expect: false	tests/modes/lines_of_items.lua:37: attempt to index a number value (upvalue 'a')
-- expect: false	tests/modes/lines_of_items.lua:41: attempt to perform arithmetic on a table value (upvalue 'x')
-- expect: false	tests/modes/lines_of_items.lua:42: m
-- expect: false	tests/modes/lines_of_items.lua:44: m
-- expect: false	tests/modes/lines_of_items.lua:47: m
-- expect: false	tests/modes/lines_of_items.lua:50: m
