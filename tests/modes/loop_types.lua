-- Loop variables that change type: nil and number, integer and float, texts, functions; and returns of either from inside.
-- stock
local ms = require "moonstage"
local function each(name, f, ...)
	local s = ms.stage(f)
	for _, x in ipairs { ... } do print(name, x, s(x)) end
end

each("best", function(n)
	local best, at
	for i = 1, n do
		local x = i * 7 % 11
		if best == nil or x > best then best, at = x, i end
	end
	return best, at
end, 0, 1, 5, 12)

each("sum", function(n)
	local s = 0
	for i = 1, n do s = s + i / 2 end
	return s, math.type(s)
end, 0, 1, 5)

each("last", function(n)
	local y
	for i = 1, n do y = i * 2 end
	return y, y == nil
end, 0, 3)

each("collatz", function(x)
	local steps = 0
	while x ~= 1 do
		if x % 2 == 0 then x = x / 2 else x = 3 * x + 1 end
		steps = steps + 1
	end
	return x, steps
end, 1, 6, 27, 8.0)

each("machine", function(n)
	local state, count = "even", 0
	for i = 1, n do
		if state == "even" then
			state = i % 3 == 0 and "odd" or "three"
		elseif state == "odd" then
			state, count = "even", count + 1
		else
			state = false
		end
		if not state then state = "odd" end
	end
	return state, count, state == "odd"
end, 0, 1, 2, 3, 4, 10)

each("functions", function(n)
	local f = math.floor
	for i = 1, n do
		if f == math.floor then f = math.ceil else f = math.floor end
	end
	return f(n + 0.5)
end, 0, 1, 2)

each("return", function(n)
	for i = 1, n do
		if i == 3 then return "three", i end
		if i * i > n then return nil, "square" end
	end
	return false, 0.5
end, 0, 1, 3, 9, 16)

each("while true", function(n)
	local last = nil
	while true do
		n = n - 2
		if n == 1 then return last, "odd" end
		if n <= 0 then break end
		last = n > 6 and n or last
	end
	return last, "even"
end, 3, 8, 13, 14)

each("choice of bounds", function(n)
	local s = 0
	for i = n > 2 and 1 or 0.5, n > 3 and 4 or 2.5 do s = s + i end
	return s
end, 2, 3, 4)
