-- Texts made of values that only the run knows: compared, measured, cut, converted, returned, kept, raised; in branches.
-- stock
local ms = require "moonstage"
local function show(...) print(select("#", ...), ...) end

local kept, fields = nil, {}
local texts = ms.stage(function(n, x)
	local s = "n=" .. n
	kept = s .. ";" .. x
	fields[1], fields.nested = s, { s, "plain" }
	Global = ("%5.1f|%5s|%-6s|%q|%x|%c"):format(n, x, s, x, x, x + 64)
	print(s:upper() .. #s .. s:sub(2, 3) .. s:rep(2, "-"), s:byte(1), s:byte(9), s:lower():reverse(), s:match("%d+"), s:gsub("n", x))
	print(s == "n=1", s ~= "n=1", s < "n=2", s <= "n=1", s > "n=1", s == n, ("x"):rep(#s), s.upper == string.upper, s.none)
	if s == "n=1" then print("equal") elseif s:len() > 4 then print("long") else print("short") end
	local number, none = tonumber(s:sub(3)), tonumber(s)
	print(number, none, math.type(number), none == nil, type(s), type(number))
	if x > 2 then error("text " .. s:upper() .. x) end
	local t = s
	if x > 1 then t = "other" end
	local u
	if x > 1 then u = ("%05.2f"):format(n * 1.5) else u = "low" .. s:upper() end
	print(s, t, u)
	for i = 1, x do io.write(s:rep(i), " ") end
	print()
	return s, { s, t }, number, x > 1 and s or "none", s .. u
end)
for _, a in ipairs { { 1, 1 }, { 2.5, 2 }, { 7, 3 } } do
	local ok, s, both, number, either, joined = pcall(texts, a[1], a[2])
	show(ok, s, type(both) == "table" and both[1], type(both) == "table" and both[2], number, either, joined)
	show(kept, fields[1], fields.nested[1], fields.nested[2], Global)
end
show(pcall(ms.stage(function(n) return ("n" .. n) < n end), 1))
show(pcall(ms.stage(function(n) return ("n" .. n) <= {} end), 1))
show(pcall(ms.stage(function(n) return ("n" .. n):rep("x") end), 1))
show(pcall(ms.stage(function(n) error("n" .. n:rep(2), 2) end), "1"))
show(pcall(ms.stage(function(n) error(("n" .. n):rep(2), 0) end), 1))

-- Texts of tables: __tostring, __name, addresses, which are those that the tables have afterwards.
local printed = setmetatable({ v = 3 }, { __tostring = function(t) return "v is " .. t.v end })
local named = setmetatable({}, { __name = "thing" })
local tables = ms.stage(function(n)
	local made, other = { n }, setmetatable({ n }, { __name = "made" })
	print(printed, tostring(printed) .. n, ("%s|%s|%10.3s|"):format(printed, n, printed), "x" .. tostring(made) == "x" .. tostring(made))
	printed.v = n
	io.write(tostring(printed), "\n")
	return made, tostring(made), other, tostring(other), tostring(named), ("%s"):format(named), tostring(made) == tostring(other)
end)
local made, a, other, b, c, d, same = tables(5)
show(tostring(made) == a, tostring(other) == b, b:match("^made: ") ~= nil, tostring(named) == c, c == d, same)
local function badly(v) return setmetatable({}, { __tostring = function() return v end }) end
local bad = badly {}
show(pcall(ms.stage(function(n) print(bad) return n end), 1))

-- Texts are strings to every function and operator.
show(pcall(ms.stage(function(n) local s = "a" .. n; return rawlen(s), rawequal(s, "a3"), rawequal(s, n), s.at, s.len == string.len end), 3))
show(pcall(ms.stage(function(n) local s = "a" .. n; return table.concat({ s, n, "b" }, "-" .. n), s and n, not s end), 3))
show(pcall(ms.stage(function(n) return ("%y"):format(n) end), 3))
show(pcall(ms.stage(function(n) return ("%d %d"):format(n) end), 3))
show(pcall(ms.stage(function(n) return ("a" .. n)() end), 3))
show(pcall(ms.stage(function(n) return ("a" .. n) .. nil end), 3))
show(pcall(ms.stage(function(n) assert(n > 5, "asserted " .. n) end), 3))
show(pcall(ms.stage(function(n) return select("a" .. n, 1) end), 3))
local chosen = ms.stage(function(n)
	local s = n > 5 and "big" .. n or "small" .. n
	local t = s == "big6" and 1 or s == "small1" and 2 or 3
	if s == "big7" then t = 7 elseif s:sub(1, 3) == "sma" then t = t + 10 end
	return t, s, not (s == "x"), s ~= nil, s and n
end)
for _, n in ipairs { 1, 2, 6, 7 } do show(chosen(n)) end
