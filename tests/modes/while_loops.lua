-- while: symbolic and plain tests, break at several places, zero trips, nested loops, changed conditions.
-- stock
local ms = require "moonstage"

local function both(f, ...)
	local s = ms.stage(f)
	for _, x in ipairs { ... } do print(x, s(x)) end
end

both(function(n)
	local s = 0
	while n > 0 do
		s = s + n
		n = n - 1
	end
	return s, n
end, 0, 1, 5, 10)

both(function(n)
	local i, odd, even = 0, 0, 0
	while true do
		i = i + 1
		if i > n then break end
		if i % 2 == 0 then
			even = even + i
		else
			odd = odd - i
			if odd < -20 then break end
		end
	end
	return i, odd, even
end, 0, 1, 7, 30)

both(function(n)
	local total = 0
	local i = 1
	while i <= n do
		local j = i
		while j > 0 and total < 50 do
			total = total + j % 3
			j = j // 2
		end
		i = i + 1
	end
	return total, i
end, 0, 3, 12, 60)

-- the test itself changes state
both(function(n)
	local calls = 0
	local function more()
		calls = calls + 1
		return calls * calls < n
	end
	while more() do end
	return calls
end, 0, 1, 2, 50)

-- plain tests that depend on nothing symbolic
both(function(n)
	local i = 0
	while i < 4 do
		i = i + 1
		if i == 3 then n = n * 10 end
	end
	return n + i
end, 1, 2)

-- break in both branches, break after effects
both(function(n)
	while n < 100 do
		io.write("<", n, ">")
		if n % 5 == 0 then io.write("five ") break else n = n + 1 end
		if n > 13 then io.write("over ") break end
	end
	return n
end, 4, 5, 12, 99, 100)
