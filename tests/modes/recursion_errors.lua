-- Errors in recursive functions, also such as a pcall around them catches.
-- stock
local ms = require "moonstage"

local log = 0
local function check(n, limit)
	log = log + 1
	if n < 0 then error("below " .. limit) end
	if n == limit then error { code = n } end
	if n == 7 then return "seven" end
	local v = check(n - 2, limit)
	log = log + 10
	return v
end
local checked = ms.stage(function(n, limit)
	local ok, v = pcall(check, n, limit)
	if not ok then log = log + 1000 end
	local what = type(v)
	if what == "table" then v = v.code end
	return ok, what, v
end)
print(checked(9, 3)) print(log)
print(checked(6, 100)) print(log)
print(checked(12, 4)) print(log)
print(checked(7, 1)) print(log)

-- what comes after the call, in and around the function
local function sum(n)
	if n > 50 then error("too much", 0) end
	if n <= 0 then return 0 end
	print("down", n)
	local rest = sum(n - 3)
	print("up", n, rest)
	if rest > 20 then error("at " .. n .. " with " .. rest, 0) end
	return rest + n
end
local summed = ms.stage(function(n)
	local good, total = pcall(function()
		local a = sum(n)
		print("first", a)
		return a + sum(n // 2)
	end)
	print(good, total)
	return good and total or -1
end)
print(summed(4)) print(summed(13)) print(summed(60)) print(summed(0))

-- errors of operations, and of xpcall's handler
local function divide(n, d) if n < 10 then return n // d end return divide(n - 10, d - 1) + 1 end
local divided = ms.stage(function(n, d)
	local ok, v = xpcall(divide, function(m) return "handled: " .. m end, n, d)
	return ok, v
end)
print(divided(25, 5)) print(divided(25, 2)) print(divided(5, 0))

-- one that always fails
local function never(n) if n <= 0 then error("never", 0) end return never(n - 1) end
local failed = ms.stage(function(n) return pcall(never, n) end)
print(failed(0)) print(failed(3))
print(pcall(ms.stage(function(n) return never(n) + 1 end), 2))

-- uncaught, after writes
local depth = 0
local function fall(n)
	depth = depth + 1
	if n == 0 then error("bottom", 1) end
	local v = fall(n - 1)
	depth = depth - 1
	return v
end
print(pcall(ms.stage(function(n) return fall(n) end), 4)) print(depth)
