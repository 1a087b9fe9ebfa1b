-- Integer division and modulo by zero raise on their path only, at the right moment. (Stock Lua
-- gives these errors the line of the instruction before, hence the long lines.)
-- stock
local ms = require "moonstage"

local f = ms.stage(function(d)
	print("before", d) local q = 100 // d
	print("after", q)
	return q
end)
print(pcall(f, 0))
print(pcall(f, 5))

local guarded = ms.stage(function(a, b)
	if b == 0 then return -1 end
	return a % b
end)
print(guarded(7, 0), guarded(7, 4))

local unused = ms.stage(function(a, b)
	local _ = a % b
	return a
end)
print((select(2, pcall(unused, 1, 0)):gsub("^.-:%d+: ", "")))
print(pcall(unused, 1, 2))
print(pcall(unused, 1.5, 0))

local in_loop = ms.stage(function(n)
	local s = 0
	for i = n, -2, -1 do
		io.write(i, " ") s = s + 12 // i
	end
	return s
end)
print(pcall(in_loop, 3))
print(pcall(in_loop, -1))

local state = { sum = 0 }
local writes = ms.stage(function(n)
	for i = n, 0, -1 do
		state.sum = state.sum + i state.last = 10 // i
	end
end)
print(pcall(writes, 3))
print(state.sum, state.last)
