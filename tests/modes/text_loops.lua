-- Texts that staged loops carry: strings built trip by trip, chosen, returned from inside, compared in the test.
-- stock
local ms = require "moonstage"
local build = ms.stage(function(n, x)
	local s, t = "", nil
	for i = 1, n do
		s = s .. i
		if i % 2 == 0 then s = s .. "," else s = s .. ";" end
		if s == "1;2,3;" then t = s .. "!" end
	end
	local u = "plain"
	while #s > 3 and x > 0 do
		u = s
		s = s:sub(3)
		x = x - 1
	end
	return s, t, u
end)
for n = 0, 5 do print(build(n, n - 1)) end

local find = ms.stage(function(n)
	local word = "x" .. n
	for i = 1, 20 do
		word = word .. i % 3
		if word:sub(-2) == "12" and i > n then return "found " .. word, i end
	end
	return word
end)
print(find(1)) print(find(5)) print(find(30))

local mixed = ms.stage(function(n)
	local v = nil
	local i = 0
	while i < n do
		i = i + 1
		if i == 2 then v = 1.5 elseif i == 3 then v = "n" .. i elseif i == 4 then v = "four" end
	end
	if v == nil then return "nothing" end
	return v, type(v)
end)
for n = 0, 4 do print(mixed(n)) end

local nested = ms.stage(function(n, m)
	local rows = ""
	for i = 1, n do
		local row = ""
		for j = 1, m do row = row .. i * j .. " " end
		rows = rows .. row .. "\n"
	end
	io.write(rows)
	return #rows
end)
print(nested(3, 4)) print(nested(0, 4)) print(nested(2, 0))
