-- What string.format says of an argument names its number among all arguments, as a function and as a method.
-- stock
local ms = require "moonstage"
local function show(f, ...) print(pcall(ms.stage(f), ...)) end
show(function(x) return ("%d"):format(x) end, {})
show(function(x) return string.format("%d%d", 1, x) end, {})
show(function(x) return ("%d %s %d"):format(1, 2, x) end, {})
show(function(x) return string.format("%d %d", 1, x + 0.5) end, 1)
show(function(x, y) return string.format("%d %d %s", x, 1.5, y) end, 1, "a")
show(function(x) return string.format("%s %c", x, "q") end, 1)
show(function(x) return string.format("%s %q", x, {}) end, 1)
show(function(x) return string.format("%s %5q", x, x) end, 1)
show(function(x) return string.format("%s %d", x, nil) end, 1)
show(function(x) return string.format("%s %p %p", x, 1, nil) end, 1)
show(function(x) return string.format("%s %x", x, -1.5) end, 1)
show(function(x) return ("%s %s"):format(x) end, 1)
show(function(x, y) return ("%s %d"):format(x, y) end, 1, "a")
show(function(x) return ("%s %d"):format(x, "1.5") end, 1)
show(function(x) return ("%s %i|"):format(x, "15") end, 1)
