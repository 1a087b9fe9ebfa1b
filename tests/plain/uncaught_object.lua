-- An error object with __tostring, after output that was not flushed.
io.write("no newline")
local function f(x) if x ~= nil then error(setmetatable({ code = x }, { __tostring = function(e) return "code " .. e.code end })) end end
f(5)
