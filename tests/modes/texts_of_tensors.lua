-- Tensors in texts: those of one number only.
local ms = require "moonstage"
local joined = ms.stage(function(n, x)
  local s = "n" .. n
  print(s .. x:sum(), n .. x:sum(), x:sum() .. s)
  print(pcall(function() return s .. x end))
  print(pcall(function() return x .. n end))
  return n .. x
end)
print(pcall(joined, 1, ms.ones(2)))
