-- error and assert: texts, tables, levels, positions; caught outside; what was printed before stays printed.
-- stock
local ms = require "moonstage"
local function try(f, ...) print(pcall(f, ...)) end

try(ms.stage(function(x) print "one"; if x > 1 then error("too big") end print "two" end), 1)
try(ms.stage(function(x) print "one"; if x > 1 then error("too big") end print "two" end), 2)

local levels = ms.stage(function(x, k)
	local function inner(level) error("at " .. level, level) end
	if x == 0 then inner(0) end
	if x == 1 then inner(1) end
	if x == 2 then
		inner(2)
	end
	return x
end)
for x = 0, 3 do try(levels, x) end

local object = { code = 7 }
local tables = ms.stage(function(x)
	if x > 2 then error(object) end
	if x > 1 then error({ code = 5, x = "made" }) end
	if x > 0 then error(nil) end
	error()
end)
for x = 0, 3 do
	local ok, e = pcall(tables, x)
	print(ok, type(e), type(e) == "table" and e.code, e == object)
end

local asserts = ms.stage(function(x)
	assert(x > 0)
	assert(x > 1, "x must be above 1")
	assert(x ~= 2, "not " .. x)
	local a, b = assert(x, "never")
	assert(true)
	return assert(x + 1, 5, "more")
end)
for x = 0, 4 do try(asserts, x) end

local in_loop = ms.stage(function(n)
	for i = 1, n do
		io.write(i, " ")
		if i == 4 then error("four is not allowed: " .. i) end
		assert(i * i ~= 9 or n < 6, "nine")
	end
	return "done"
end)
for _, n in ipairs { 2, 5, 7 } do try(in_loop, n) end

-- ordinary errors
try(ms.stage(function(x) if x > 0 then local t; return t.field end return 1 end), 1)
try(ms.stage(function(x) if x > 0 then return undefined_function(x) end return 1 end), 1)
try(ms.stage(function(x) if x > 0 then return ("x") + {} end return 1 end), 1)
try(ms.stage(function(x) if x > 0 then return x < "1" end return 1 end), 1)
try(ms.stage(function(x) if x > 0 then return {} < {} end return 1 end), 1)
try(ms.stage(function(x) if x > 0 then local t = {} t[nil] = 1 end return 1 end), 1)
try(ms.stage(function(x) if x > 0 then local s = "a" return s:nope() end return 1 end), 1)
try(ms.stage(function(x) local t = { v = 1 } if x > 0 then return t.v.w.z end return 1 end), 1)
try(ms.stage(function(x) return math.floor("a") + x end), 1)
try(ms.stage(function(x) return math.max() + x end), 1)
try(ms.stage(function(x) return x .. {} end), 1)
try(ms.stage(function(x) return #x end), 1)
try(ms.stage(function(x) return x.field end), 1)
try(ms.stage(function(x) return x() end), 1)
