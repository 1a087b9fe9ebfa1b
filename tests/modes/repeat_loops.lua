-- repeat: until sees the body's locals, runs at least once, break and return inside, nested.
-- stock
local ms = require "moonstage"
local function both(f, ...)
	local s = ms.stage(f)
	for _, x in ipairs { ... } do print(x, s(x)) end
end

both(function(n)
	local count = 0
	repeat
		local rest = n % 10
		n = n // 10
		count = count + rest
	until rest == 0 or n == 0
	return count, n
end, 0, 7, 12345, 12045)

both(function(n)
	local i = 0
	repeat
		i = i + 1
		local done = i >= n
		if i == 6 then break end
	until done
	return i
end, -1, 1, 4, 20)

both(function(n)
	local steps = 0
	repeat
		local m = n
		repeat
			m = m - 3
			steps = steps + 1
			local neg = m < 0
		until neg
		n = n - 1
	until n < 0
	return steps
end, 0, 3, 8)

both(function(n)
	repeat
		local x = n
		do local x = 5; n = n + x end
	until x > 10
	return n
end, 1, 30)

both(function(n) repeat until true; repeat local t = n > 0 until t or not t; return n end, 3, -3)
