-- Errors of a loop's own values name the line where Lua looks at them, also when a loop stands inside of another one that
-- a return leaves, and when it goes over several lines.
-- stock
local ms = require "moonstage"

local function show(f, ...) print(pcall(ms.stage(f), ...)) end

show(function(n)
	while true do
		for i = 1, n do return i end
	end
end, "x")
show(function(n)
	while true do

		for i = 1,
			10,
			n
		do
			return i
		end
	end
end, false)
show(function(n)
	for i = 1,
		n do print(i) end
end)
show(function(n) for i = 1, {}, 0 do print(i) end end)
show(function(n) for i = 1.5, {}, 0 do print(i) end end)
show(function(n) for i = {}, {}, {} do print(i) end end)
show(function(n) for i = {}, 1, 0 do print(i) end end)
show(function(n) for i = {}, 1, {} do print(i) end end)
show(function(n)
	repeat
		for k, v in
			n
		do
			return k, v
		end
	until n
end, 7)
show(function(n)
	for _ = 1, 2 do

		for k, v in next, n do return k, v end
	end
end, 7)
show(function(n)
	for k in
		pairs(n) do
		print(k)
	end
end)
