-- Iterators of the library that keep a state go on once, in branches and in long loops.
local ms = require "moonstage"
local x = ms.tensor { 1.0 }
local function try(f, ...) for i = 1, 2 do print(pcall(ms.stage(f), ...)) end end
try(function(x)
	local it = ("abcdef"):gmatch(".")
	local y, s = x, ""
	for i = 1, 70 do
		y = y + 1
		if i <= 5 then s = s .. it() end
	end
	return y, s, it()
end, x)
try(function(x)
	local it = ("abcdef"):gmatch(".")
	it()
	local s
	if x:sum() > 0 then s = it() .. it() else s = "none" end
	return s
end, x)
try(function(x)
	local s = ""
	for w in ("ab cd ef"):gmatch("%w+") do
		s = s .. w
		if x:sum() > 0 and w == "cd" then break end
	end
	local n = 0
	for k, v in ms.pairs { c = 3, a = x, b = 2 } do
		n = n + v
		if n:sum() > 2 then break end
	end
	return s, n
end, x)
try(function(n)
	local s = ""
	for i = 1, n do
		local it, t = ms.pairs { q = i, p = 2 * i }
		local k, v = it(t)
		s = s .. k .. v .. it(t)
	end
	return s
end, 3)
