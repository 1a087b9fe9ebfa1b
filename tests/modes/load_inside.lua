-- load inside a staged function: text and pieces, its own environment or the globals, messages of what does not compile.
-- stock
local ms = require "moonstage"

local compiled = ms.stage(function(x)
	local f = load("local a, b = ... if a > 2 then b = b * 2 end return a + b")
	return f(x, 10), f(x + 1, 10)
end)
print(compiled(1)) print(compiled(2)) print(compiled(2.5))

total = 1
local global = ms.stage(function(x)
	local add = assert(load("total = total + ... return total", "=add"))
	add(x)
	return add(x), total
end)
print(global(1)) print(global(2), total)

local environment = ms.stage(function(x)
	local env = { y = x, print = print }
	local f = load("y = y + 1 print('y', y) return y", "=text", "t", env)
	return f(), f(), env.y
end)
print(environment(1)) print(environment(2))

local pieces = ms.stage(function(x)
	local list, i = { "return ", "... ", "+ 1" }, 0
	local f = load(function()
		i = i + 1
		return list[i]
	end)
	return f(x), i
end)
print(pieces(1)) print(pieces(4))

local wrong = ms.stage(function(x)
	local f, message = load("x = = 1", "=wrong")
	return f, message, x
end)
print(wrong(1))

-- functions of a loaded text, and a text made of a number
local made = ms.stage(function(n)
	local t = load("local t = {} function t.twice(x) return 2 * x end return t")()
	return t.twice(n), load("return " .. n .. " + 1")()
end)
print(made(3)) print(made(4))
