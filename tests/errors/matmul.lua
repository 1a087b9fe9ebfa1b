-- error: tests/errors/matmul.lua:5:
-- error: [2x3]
-- error: [2x4]
local ms = require "moonstage"
print(ms.zeros(2, 3):matmul(ms.zeros(2, 4)))
