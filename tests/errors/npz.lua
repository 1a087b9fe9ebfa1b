-- error: tests/errors/npz.lua:10:
-- error: neither a .npz archive nor a .npy array
local ms = require "moonstage"
local name = os.tmpname()
local file <close> = assert(io.open(name, "wb"))
file:write("this is no archive")
file:flush()
local cleaner <close> = setmetatable({}, { __close = function() os.remove(name) end })
print("written")
ms.load(name)
