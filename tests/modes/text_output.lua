-- print, io.write, string.format and .. of numbers known only at run time, in order across branches and loops.
-- stock
local ms = require "moonstage"
local out = ms.stage(function(n, x)
	print("n is " .. n .. " and x is " .. x, n, x, n > 2, nil, true)
	for i = 1, n do
		io.write("[", i, ":", x * i, "]")
		if i % 2 == 0 then print(" even") else io.write(" odd ") end
	end
	print()
	print(string.format("%5d|%-4d|%05.1f|%g|%s|%s|%%", n, n, x, x, n, n > 1))
	print(("%d items, %.3f each"):format(n, x))
	print(tostring(n), tostring(x), tostring(n == 1), #"abc" .. n)
	return n
end)
out(1, 2.5) out(4, -0.125) out(3, 7)
out(0, 1e15) out(0, 1 / 0) out(0, 1e100) out(0, -0.0) out(0, 123456789012)

local pieces = ms.stage(function(n)
	local s = "<"
	s = s .. n .. ";"
	s = s .. (n + 0.5)
	if n > 2 then s = s .. " big" else s = s .. " small" end
	print(s .. ">")
end)
pieces(1) pieces(5)

local joined = ms.stage(function(a, b)
	print(table.concat({ a, b, a + b }, ", "))
	print(table.concat({ "x", a, 1.5, b }))
end)
joined(1, 2) joined(0.5, -3)

-- what stands before a bad argument is written
print(pcall(ms.stage(function(x) io.write("a ", x, " ", x > 1 and {} or nil, "b\n") end), 1))
print(pcall(ms.stage(function(x) io.write("a ", x, " ", nil, "b\n") end), 1.5))
for _, x in ipairs { 2, 2.0, 2.5 } do print(pcall(ms.stage(function(v) return print(string.format("%d|%5i", v, v)) end), x)) end
