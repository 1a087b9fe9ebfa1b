-- os.exit(code) closes nothing.
setmetatable({}, { __gc = function() print("not run") end })
local a <close> = setmetatable({}, { __close = function() print("not closed") end })
io.write("text without a line end")
if 1 ~= 2 then os.exit(9) end
