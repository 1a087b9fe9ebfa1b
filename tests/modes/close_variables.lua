-- <close> variables are closed in Lua's order, on every way out of their block.
-- stock
local ms = require "moonstage"

local function closing(name, log)
	return setmetatable({}, { __close = function(_, e) print("close " .. name, e) if log then log[#log + 1] = name end end })
end

local function show(name, f, ...)
	print(name, pcall(ms.stage(f), ...))
end

show("the end of a block, last first", function(x)
	local a <close> = closing "a"
	do
		local b <close> = closing "b"
		local c <close> = closing "c"
		print("in", x)
	end
	local d <close> = closing "d"
	print("after")
end, 1)

show("return evaluates its values first", function(x)
	local t = { x }
	local a <close> = setmetatable({}, { __close = function() t[1] = t[1] + 10 print("closed", t[1]) end })
	return t[1], #t
end, 1)

show("values that need no closing", function(x)
	local a <close> = nil
	local b <const>, c <close>, d = 1, false, 2
	return b + d + x
end, 1)

show("two arguments", function(x)
	local a <close> = setmetatable({}, { __close = function(...) print(select("#", ...), type((...)), (select(2, ...))) end })
	return x
end, 1)

show("break and continue", function(n)
	for i = 1, n do
		local a <close> = closing("trip " .. i)
		if i == 2 then goto continue end
		if i == 4 then break end
		print("trip", i)
		::continue::
	end
	while true do
		local a <close> = closing "while"
		break
	end
	local k = 0
	repeat
		local a <close> = closing "repeat"
		k = k + 1
		local done = k == 2
	until done
	return n
end, 6)

for _, x in ipairs { 1, 5, 9 } do
	show("a way out that the run chooses", function(v)
		local a <close> = closing "outer"
		for i = 1, 3 do
			local b <close> = closing("inner " .. i)
			if v > 8 then return "early", v end
			if v > 4 then break end
			print("trip", i)
		end
		do
			local c <close> = closing "c"
			if v < 3 then print("small") end
		end
		return "late", v
	end, x)
	show("under a condition", function(v)
		local total = 0
		if v > 4 then
			local a <close> = setmetatable({}, { __close = function() total = total + 100 end })
			total = total + v
		end
		while v > 0 do
			local b <close> = setmetatable({}, { __close = function() total = total + 1 end })
			v = v - 2
			if v == 3 then goto continue end
			total = total + 10
			::continue::
		end
		return total
	end, x)
	show("nothing on one path", function(v)
		local a = v > 4 and closing "a" or nil
		local b <close> = a
		local c <close> = v > 8
		return v
	end, x)
end

show("no closable value", function()
	local y = 1
	local x <close> =
		y
end)
show("nor a text", function(s) local x <close> = s end, "s")

show("an error", function(x)
	local a <close> = closing "a"
	local b <close> = closing "b"
	error("oops " .. x)
end, 1)
show("an error that is a table", function(x)
	local ok, e = pcall(function()
		local b <close> = setmetatable({}, { __close = function(_, e) print(e.code) e.code = e.code + 1 end })
		error { code = x }
	end)
	return ok, e.code
end, 1)
for _, x in ipairs { 1, 5 } do
	local log = {}
	show("an error under a condition", function(v)
		local a <close> = closing("a", log)
		for i = 1, 2 do
			local b <close> = closing("b", log)
			if v > 4 then error("too much: " .. v) end
			assert(v < 4, "unreachable")
		end
		return v
	end, x)
	print(table.concat(log, " "))
end
show("an error of the closing itself", function(x)
	local a <close> = closing "a"
	local b <close> = setmetatable({}, { __close = function(_, e) error("in b: " .. tostring(e), 0) end })
	local c <close> = closing "c"
	if x > 0 then error("first", 0) end
end, 1)
show("caught", function(x)
	print(pcall(function()
		local a <close> = closing "a"
		local b <close> = setmetatable({}, { __close = function() error("again", 0) end })
		local t = nil
		return t.x
	end))
	print(xpcall(function()
		local a <close> = closing "a"
		error("message", 0)
	end, function(m) print("handler", m) return "<" .. m .. ">" end))
	return x
end, 1)

local function pairs_closed(list)
	local i = 0
	return function()
		i = i + 1
		return list[i]
	end, nil, nil, closing "the loop"
end
show("the fourth value of a for", function(v)
	for x in pairs_closed { 1, 2, 3 } do print(x) end
	for x in pairs_closed { 1, 2, 3 } do
		if x == 2 then break end
	end
	for x in pairs_closed { 1, 2, 3 } do
		if x == v then return "found", x end
	end
end, 2)
show("no closable fourth value", function(v)
	for x in print, nil, nil,
		v do print(x) end
end, 2)

local opened = 0
local function open()
	opened = opened + 1
	return setmetatable({}, { __close = function() opened = opened - 1 end })
end
show("in functions that are called", function(n)
	local function nested(d)
		local a <close> = open()
		if d == 0 then return opened end
		return nested(d - 1) + 0
	end
	return nested(4)
end, 2)
print(opened)

show("in coroutines", function(x)
	local a <close> = closing "a"
	local co = coroutine.wrap(function(n)
		local b <close> = closing "b"
		n = coroutine.yield(n + x)
		local c <close> = closing "c"
		print(pcall(function()
			local d <close> = closing "d"
			coroutine.yield(n + 2 * x)
			error("in a coroutine", 0)
		end))
		return "end"
	end)
	print(co(1))
	local e <close> = closing "e"
	print(co(2))
	do
		local f <close> = closing "f"
		print(co())
	end
	local failing = coroutine.create(function()
		local g <close> = closing "g"
		coroutine.yield()
		error("fails", 0)
	end)
	coroutine.resume(failing)
	print(pcall(error, "elsewhere", 0))
	print(coroutine.resume(failing))
	print(coroutine.close(failing))
	print(coroutine.close(failing))
	local left = coroutine.create(function()
		local g <close> = closing "g"
		local h <close> = setmetatable({}, { __close = function(_, e) error("h: " .. tostring(e), 0) end })
		coroutine.yield()
	end)
	coroutine.resume(left)
	print(coroutine.close(left))
	print(coroutine.close(left))
	print(xpcall(coroutine.wrap(function()
		local g <close> = closing "g"
		local h <close> = setmetatable({}, { __close = function(_, e) error(e .. ", then h", 0) end })
		error("wrapped", 0)
	end), function(m) return "<" .. m .. ">" end))
	return x
end, 10)
