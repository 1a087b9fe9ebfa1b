-- error: tests/errors/index.lua:3:
local ms = require "moonstage"
print(ms.zeros(3)[7])
