-- Arithmetic on strings: converted as Lua does, or refused with what its string library says.
-- stock
local ms = require "moonstage"
for _, f in ipairs {
  function(n) return "10" + n, n - "0x10", "1e1" * n, n / "4", "7" // n, -n % "3", n ^ "2", " 5 " + n end,
  function(n) return "abc" + n end,
  function(n) return n * "" end,
  function(n) return "s" // (n < 0) end,
  function(n) return (n < 0) + "10" end,
  function(n) return "10" % (n < 0) end,
  function(n) return "10" | n end,
  function(n) local flag = n < 0 return flag + 1 end,
  function(n) local flag = n < 0 return 1 // flag end,
  function(n) local flag = n < 0 return -flag end,
  function(n) local flag = n < 0 return ~flag end,
  function(n) local flag = n < 0 return n & flag end,
  function(n) return {} + (n < 0) end,
  function(n) return (n < 0) * nil end,
  function(n) local t = { flag = n < 0 } return t.flag ^ 2 end,
} do
  print(pcall(ms.stage(f), 3))
  print(pcall(ms.stage(f), 2.5))
end
