-- error: tests/errors/npz.lua:10:
-- error: zip
local ms = require "moonstage"
local name = os.tmpname()
local file <close> = assert(io.open(name, "wb"))
file:write("this is no archive")
file:flush()
local cleaner <close> = setmetatable({}, { __close = function() os.remove(name) end })
print("written")
ms.load(name)
