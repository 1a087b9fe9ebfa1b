-- Texts divided by zero: Lua's string library raises that, without a position.
-- stock
local ms = require "moonstage"
local stage = ms.stage

print(pcall(stage(function(a, b) return a // b end), 3, 0))
print(pcall(stage(function(a, b) return a // b end), "3", 0))
print(pcall(stage(function(a, b) return a % b end), 3, 0))
print(pcall(stage(function(a, b) return a % b end), 3, "0"))
print(pcall(stage(function(a, b) local t = tostring(a) return t % b end), 3, 0))
print(pcall(stage(function(a, b) local t = tostring(a) return t % b end), 3, 0.0))
print(pcall(stage(function(a, b) local t = tostring(a) return pcall(function() return t % b end) end), 3, 0))
print(pcall(stage(function(a, b) return pcall(function() return "3" // b end) end), 3, 0))
print(pcall(stage(function(a, b) return pcall(function() return "3" // b end) end), 3, 2))
for _, b in ipairs { 0, 2, 0.0, "0", "2", "0.0", "x" } do
	print(pcall(stage(function(a, b) local t = tostring(a) return t % b, t // b end), 3, b))
	print(pcall(stage(function(a, b) local t = tostring(a) return t // b end), 3, b))
	print(pcall(stage(function(a, b) local t = tostring(b) return a // t end), 3, b))
	print(pcall(stage(function(a, b) local t = tostring(b) return a % t end), 3.5, b))
	print(pcall(stage(function(a, b) local t = tostring(b) return pcall(function() return a % t end) end), 3, b))
end
print(pcall(stage(function(a, b) if b > 2 then b = "7" end return a % b end), 3, 0))
print(pcall(stage(function(a, b) if b > 2 then b = "0" end return a % b end), 3, 3))
print(pcall(stage(function(a, b) coroutine.wrap(function() return a % b end)() end), "3", 0))
