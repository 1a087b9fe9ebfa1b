-- The level of an error: positions inside of the staged function, in bodies of loops and branches, and none.
-- stock
local ms = require "moonstage"
local function g(level) error("m" .. level, level) end
local function h(level) g(level) return 1 end
local s = ms.stage(function(x, k)
	if x > 0 then
		for i = 1, x do
			h(k)
		end
	end
	return x
end)
local function caller(k)
	local r = s(1, k)
	return r
end
for k = 0, 3 do print(pcall(caller, k)) end
for k = 0, 3 do print(pcall(s, 1, k)) end
local v = ms.stage(function(x, k) local function b() h(k) end if x > 1 then b() end return x end)
for k = 0, 4 do print(pcall(function() local r = v(2, k) return r end)) end
