-- An error of the same words as one before is another one: the handler of its xpcall is called, too.
local ms = require "moonstage"

local function upto_closing(n)
	local i = 0
	return function()
		i = i + 1
		if i <= n then return i end
	end, nil, nil, setmetatable({}, { __close = function(_, e) print("close", e ~= nil) end })
end
local again = ms.stage(function(x)
	for _ in upto_closing(3) do
		if (x < 1):any() then
			local ok, e = xpcall(function() nothing.w = 1 end, function(e)
				print("handler", e)
				return e
			end)
			if not ok then
				print("after", e)
				error(e, 0)
			end
		else
			x:zero_()
		end
	end
end)
print(pcall(again, ms.ones(3)))
print(pcall(again, ms.zeros(3)))

-- what is closed for an error calls functions, too: those that fail keep their names
local named = ms.stage(function(x)
	local c <close> = setmetatable({}, { __close = function(_, e) print("close", e) end })
	return math.ult(x:item())
end)
print(pcall(named, ms.tensor(1.5)))
print(pcall(named, ms.tensor(2.0)))
print(pcall(ms.stage(function(x) return string.format("%5.1f", x) end), ms.ones(3)))
print(pcall(ms.stage(function(x) return string.format("%5.1f", x) end), ms.ones(1)))
