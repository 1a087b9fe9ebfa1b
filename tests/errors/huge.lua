-- error: tests/errors/huge.lua:4:
-- error: not enough memory
local ms = require "moonstage"
print(ms.zeros(1000000, 1000000):sum())
