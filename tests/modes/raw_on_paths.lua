-- The raw functions and the table library with a table that is another one on another path.
-- stock
local ms = require "moonstage"

local function try(f)
	local o = { inner = { v = 4, 10, 20 } }
	local g = ms.stage(function(a)
		local t = o.inner
		if a > 2 then t = { 1, v = 2, w = 2 } end
		return f(t, a, o)
	end)
	for a = 1, 4 do
		print(pcall(g, a))
		print(o.inner.new, #o.inner, o.inner[1], o.inner[3], o.inner[4])
	end
end

try(function(t) return rawset(t, "new", 5).new end)
try(function(t, a)
	rawset(t, a > 3 and "new" or "other", 5)
	return rawget(t, "new"), rawget(t, "other")
end)
try(function(t, a) table.insert(t, a) return #t, rawlen(t) end)
try(function(t, a) table.insert(t, 1, a) return t[1] end)
try(function(t) return rawlen(t), table.concat(t, ","), table.unpack(t) end)

-- what is no table on one path
try(function(_, a, o)
	local u = 5
	if a > 3 then u = o.inner end
	rawset(u, "new", 7)
end)
try(function(_, a, o)
	local u
	if a > 3 then u = o.inner end
	table.insert(u, 7)
end)
try(function(_, a, o)
	local u
	if a > 3 then u = o.inner end
	return getmetatable(setmetatable(u, { __name = "n" })).__name
end)

-- a function that is another one on another path
try(function(_, a, o)
	local f = rawget
	if a > 3 then f = rawset end
	return type(f(o.inner, "new", 7))
end)
