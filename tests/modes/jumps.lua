-- goto: on to the end of a trip, out of several loops, over statements, and back.
-- stock
local ms = require "moonstage"

local function show(name, f, ...)
	print(name, pcall(ms.stage(f), ...))
end

for _, limit in ipairs { 0, 3, 100 } do
	show("out of two loops", function(n, most)
		for i = 1, n do
			for j = 1, n do
				if i * j > most then goto done end
				print(i, j)
			end
		end
		::done::
		print "done"
		return n
	end, 3, limit)
	show("the next trip of the outer loop", function(n, most)
		local count = 0
		for i = 1, n do
			local k = 0
			while true do
				k = k + 1
				if k > i then goto next end
				if k * i > most then goto out end
				count = count + 1
			end
			print "never"
			::next::
		end
		::out::
		return count
	end, 4, limit)
	show("continue in repeat", function(n, most)
		local kept = 0
		repeat
			local stop = n <= 1
			n = n - 1
			if n > most then goto continue end
			if n == 2 then goto continue end
			kept = kept + n
			::continue::
		until stop
		return kept, n
	end, 6, limit)
	show("any name, and empty statements behind it", function(n, most)
		local sum = 0
		for i = 1, n do
			if i > most then goto skip end
			do
				if i == 2 then goto skip end
			end
			local late = i
			sum = sum + late
			::skip:: ;
			::also:: ;
		end
		return sum
	end, 5, limit)
	show("over statements", function(x, most)
		local y = 0
		if x > most then goto skip end
		y = y + 1
		if x == 3 then return "three" end
		::skip::
		y = y + 10
		do
			if x > 1 then goto inner end
			y = y + 100
			::inner::
		end
		return y
	end, 3, limit)
	show("sections that overlap", function(x, most)
		if x > most then goto a end
		print "one"
		if x > 2 then goto b end
		print "two"
		::a::
		print "three"
		::b::
		print "four"
	end, 3, limit)
	show("a return and a break out of what is jumped over", function(n, most)
		for i = 1, n do
			if i > most then goto rest end
			if i == 2 then return "two" end
			if i == most then break end
			print("kept", i)
			::rest::
			print("rest", i)
		end
		return "end"
	end, 3, limit)
end

show("back", function(n)
	local i, text = 0, ""
	::again::
	i = i + 1
	if i == 2 then goto again end
	text = text .. i .. " "
	if i < n then goto again end
	return text
end, 5)
show("back inside of a loop", function()
	local tries = 0
	for i = 1, 3 do
		::retry::
		tries = tries + 1
		local seen = tries
		if seen % 2 == 1 then goto retry end
		if i == 3 then goto out end
		print(i, seen)
	end
	::out::
	return tries
end)
show("back over a closure's variable", function()
	local list = {}
	::again::
	local v = #list + 1
	list[v] = function() v = v + 10 return v end
	if v < 3 then goto again end
	return list[1](), list[1](), list[2](), list[3]()
end)
show("back and on", function()
	local i = 0
	::top::
	i = i + 1
	if i == 3 then goto finish end
	do
		if i == 1 then goto top end
		goto top
	end
	::finish::
	return i
end)
show("back out of a block with a variable to close", function()
	local i = 0
	::top::
	i = i + 1
	local a <close> = setmetatable({}, { __close = function() print("close", i) end })
	if i < 3 then goto top end
	return i
end)
show("on out of one", function(n, most)
	for i = 1, n do
		local a <close> = setmetatable({}, { __close = function() print("close", i) end })
		for j = 1, n do
			local b <close> = setmetatable({}, { __close = function() print("close", i, j) end })
			if i + j > most then goto done end
			if j > i then goto next end
		end
		::next::
	end
	::done::
	return n
end, 3, 3)
