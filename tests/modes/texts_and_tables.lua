-- Texts made of numbers that only the run knows: returned, kept, joined, asked about; and the table library on tables
-- of such numbers.
-- stock
local ms = require "moonstage"

local label = ms.stage(function(n, x)
	return "n=" .. n, n .. ":" .. x, ("%d|%5.2f"):format(n, x), { name = "item " .. n, x > 1 and "big" or "small" }
end)
local function show_label(n, x)
	local a, b, c, t = label(n, x)
	print(a, b, c, t.name, t[1])
end
show_label(3, 1.5) show_label(4, 2.0) show_label(-3, 1e100) show_label(3, 0 / 0 ~= 0 and 0.1 or 0)

local log, last = {}, nil
local note = ms.stage(function(n)
	log[#log + 1] = "v" .. n
	last = tostring(n > 2) .. "/" .. n
	if n > 3 then log.big = "big " .. n end
	return #log
end)
for i = 1, 5 do print(note(i), last) end
print(table.concat(log, " "), log.big)

local joined = ms.stage(function(n)
	local s = "a"
	if n > 3 then s = s .. n else s = s .. "-" end
	s = s .. "!"
	for i = 1, 3 do s = s .. i * n .. "," end
	return s
end)
print(joined(3), joined(4))

-- what needs the text itself makes its numbers plain
local asked = ms.stage(function(n)
	local s = "n" .. n
	return #s, s == "n3", s ~= "n4", s < "n5", s:upper(), s:rep(2, "-"), s:sub(-1), ({ n1 = 10, n2 = 20 })[s], tonumber("1" .. n)
end)
print(asked(1)) print(asked(3)) print(asked(400))
local grown = ms.stage(function(n)
	local s, t = "", {}
	for i = 1, n do
		s = s .. i .. ","
		t["k" .. i] = i
	end
	return s, t.k1, t.k3
end)
print(grown(3)) print(grown(0)) print(grown(12))
local formatted = ms.stage(function(n, s) return ("%q %10s|%-6s| %x"):format(n, s, s, n), string.format("%5s", n) end)
print(formatted(3, "x")) print(formatted(255, "yy"))

-- table.sort, table.move, table.concat
local sorted = ms.stage(function(a, b, c, d)
	local t = { a, b, c, d }
	table.sort(t)
	return t
end)
print(table.concat(sorted(3, 1, 2, 1), " "), table.concat(sorted(1, 2, 3, -4), " "), table.concat(sorted(2.5, 1, 0, 0.5), " "))
local calls = {}
local by_size = ms.stage(function(n)
	local t = { "ccc", "a", "bb", "dddd", "ee" }
	table.sort(t, function(x, y)
		calls[#calls + 1] = x .. y
		return #x < #y or #x == #y and x < y
	end)
	return table.concat(t, " "), n
end)
print(by_size(1)) print(table.concat(calls, " "))
local records = ms.stage(function(a, b, c)
	local t = { { k = a, n = "a" }, { k = b, n = "b" }, { k = c, n = "c" } }
	table.sort(t, function(x, y) return x.k > y.k end)
	return t[1].n .. t[2].n .. t[3].n
end)
print(records(3, 1, 2), records(1, 2, 3))
print(pcall(ms.stage(function(n)
	local t = {}
	for i = 1, 5 do t[i] = i end
	table.sort(t, function() return true end)
	return n
end), 1))
local moved = ms.stage(function(a)
	local t = table.move({ a, 2, 3 }, 1, 3, 2)
	local u = table.move({ 1, 2, 3 }, 2, 3, 1, { 9, 9, a })
	return table.concat(t, " "), table.concat(u, " "), #table.move({}, 1, 0, 5)
end)
print(moved(1)) print(moved(2))

-- string.gsub with a function or a table
local swapped = ms.stage(function(s, n)
	local count = 0
	local a = s:gsub("%w", function(c)
		count = count + 1
		if c ~= "b" then return c:upper() end
	end)
	return a, (s:gsub("%w", { a = "z", c = false })), count * n
end)
print(swapped("abc", 1)) print(swapped("bbca", 2))

-- limits that are floats, known when the graph runs or not; strings count as numbers
local upto = ms.stage(function(b)
	local s = 0
	for i = 1, b do s = s + i end
	for i = 3, b, -1 do
		s = s + i * 100
		if i < -10 then break end -- a limit that is no number stops no loop that counts down
	end
	return s
end)
print(upto(3.7), upto(3), upto(-0.5), upto(0 / 0), upto(1.0), upto("3"))
local halves = ms.stage(function(n)
	local s = 0
	for i = 1, n / 2 do s = s + i end
	return s
end)
print(halves(7), halves(8), halves(-3))
local steps = ms.stage(function(a, b, c)
	local s, k = 0, 0
	for i = a, b, c do
		s, k = s + i, k + 1
		if k > 6 then break end
	end
	return s, k
end)
print(steps(1, 10, 2)) print(steps(10, 1, -3)) print(steps(1, 0, 1)) print(pcall(steps, 1, 2, 0)) print(steps(1, 3, 0.5))
print(steps(math.maxinteger - 2, math.maxinteger, 1)) print(steps(math.mininteger + 1, math.mininteger, -1))
print(steps(1, math.huge, math.maxinteger))

-- metatables of plain values
local meta = ms.stage(function(n)
	return getmetatable(n), getmetatable(nil), getmetatable({}), getmetatable("x").__index == string
end)
print(meta(1))

-- elements that are of several types or texts by the path taken
local listed = ms.stage(function(n)
  local t = { "start", n > 1 and "more" or n, n > 2 and n / 2 or "less" }
  local ok, e = pcall(table.concat, { 1, n > 3 and {} or "x" }, "+")
  return table.concat(t, n > 1 and ", " or "; "), ok, e
end)
for n = 1, 4 do print(listed(n)) end

-- a text, or number, that meets a value with a rule of its own
local V = {}
V.__concat = function(a, b)
  local function part(v) return type(v) == "table" and v.s or v end
  return setmetatable({ s = part(a) .. "," .. part(b) }, V)
end
local chained = ms.stage(function(n)
  local v = setmetatable({ s = "v" }, V)
  return (v .. n .. "e" .. v).s, (n .. v).s, ("n" .. n .. v .. n).s, pcall(function() return {} .. n end)
end)
print(chained(1)) print(chained(2.5))
