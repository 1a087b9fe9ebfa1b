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

-- texts made of what only the run knows
local vector = setmetatable({}, { __add = function(a, b) return type(a) .. "+" .. type(b) end })
for _, f in ipairs {
  function(n) local s = "1" .. n return s + 1, s - n, "2" * s, s / s, s // 4, n % s, -s, s ^ 2 end,
  function(n) local s = "a" .. n return s + 1 end,
  function(n) local s = n > 2.7 and "4" or "four" return s * 2 end,
  function(n) local s = "1" .. n return s + {} end,
  function(n) local s = "1" .. n return {} + s end,
  function(n) local s = "1" .. n return nil - s end,
  function(n) local s = "1" .. n return s // (n > 1) end,
  function(n) local s = "1" .. n return "x" + s end,
  function(n) local s = "x" .. n return -s end,
  function(n) local s = "1" .. n return s & 1 end,
  function(n) local s = "1" .. n return 1 | s end,
  function(n) local s = "1" .. n return ~s end,
  function(n) local s = "1" .. n return vector + s, s + vector end,
  function(n) local s = "1" .. n return math.floor(s), math.max(n, 5), math.sqrt(s) end,
  function(n) local s = "x" .. n return math.sqrt(s) end,
  function(n) return (pcall(function() return ("x" .. n) + 1 end)) end,
} do
  print(pcall(ms.stage(f), 3))
  print(pcall(ms.stage(f), 2.5))
end
