-- pcall and xpcall inside a staged function: what fails while it is traced is caught with the eager values and positions;
-- levels of errors count library functions, and reach outside of the staged function.
-- stock
local ms = require "moonstage"
local function show(...) print(select("#", ...), ...) end
local object = setmetatable({ code = 7 }, { __tostring = function(o) return "object " .. o.code end })
local f = ms.stage(function(x)
	show(pcall(error, "a"))
	show(pcall(error, "b", 2))
	show(pcall(error, "c", 1))
	show(pcall(error))
	show(pcall(function() error("d") end))
	show(pcall(function() error("e", 2) end))
	show(pcall(function() error(object) end))
	show(pcall(function() return 1, nil, x, nil end))
	show(pcall(string.rep))
	show(pcall(string.rep, "x", 3))
	show(pcall(math.floor, "q"))
	show(pcall(nil))
	show(pcall(function() local t = nil; return t.x end))
	show(pcall(function() return x + nil end))
	show(pcall(function() return undefinedfn(x) end))
	show(pcall(pcall, error, "z"))
	show(xpcall(function() error("h") end, function(e) return e .. "!", 2 end))
	show(xpcall(function(...) return ... end, print, 1, x))
	show(xpcall(error, function(e) return e end, "q", 2))
	show(select(2, pcall(error, object)) == object)
	local log = {}
	local ok, e = pcall(function()
		log[#log + 1] = "before"
		log[#log + 1] = x
		for i = 1, 5 do
			if i == 3 then error({ at = i }) end
			log[#log + 1] = i
		end
		log[#log + 1] = "never"
	end)
	show(ok, e.at, #log, log[2], log[4])
	local ok, e = pcall(function() error("value is " .. x) end)
	print(ok, e)
	local function thrower(n) if n == 0 then error("deep", 2) end thrower(n - 1) end
	show(pcall(thrower, 0))
	show(pcall(function() thrower(0) end))
	local ok, msg = pcall(function()
		local ok, inner = pcall(error, "inner")
		error(inner .. " outer", 0)
	end)
	show(ok, msg)
	if x > 1 then
		local ok, e = pcall(error, "in branch")
		print("branch", ok, e)
	end
	for i = 1, x do
		local ok, e = pcall(function() if true then error("loop " .. i, 0) end end)
		print(ok, e)
	end
	return pcall(function() return x * 2 end)
end)
show(f(1))
show(f(3))
local varying = ms.stage(function(x)
	return pcall(function()
		if x > 1 then return 1, x, 3 end
		if x > 0 then return x end
	end)
end)
show(varying(2))
show(varying(1))
show(varying(0))
-- levels outside of the staged function
local lv = ms.stage(function(x, k) if x > 0 then error("bad x " .. x, k) end error("certain", k) end)
local function caller(x, k)
	local r = lv(x, k)
	return r
end
for k = 0, 4 do
	show(pcall(caller, 1.5, k))
	show(pcall(lv, 1, k))
	show(pcall(caller, -1, k))
end
print(pcall(ms.stage(function(s) error(("%5.2f|%d"):format(s, 3), 2) end), 2.5))

-- what is called is another function on each path
for a = 0, 2 do
	local each = ms.stage(function(a)
		local f = a > 1 and math.floor or a > 0 and 5 or nil
		local g = a > 1 and function(x) return x + a end or function(x) error("e" .. x) end
		return select("#", pcall(f, 2.5)), pcall(f, 2.5), pcall(g, a), pcall(f, {}), xpcall(f, function(m) return m .. "!" end, {})
	end)
	print(each(a))
end
