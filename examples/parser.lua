-- A calculator that reads a tensor of bytes: recursive descent over symbolic text.
--
-- expression = term { ("+" | "-") term }, term = factor { ("*" | "/") factor }, factor = "-" factor | "(" expression ")" |
-- number. One graph serves all texts of up to 64 bytes: positions and bytes are known only when it runs.
-- expect: 1 + 2 * 3	7.0
-- expect: (1 + 2) * 3	9.0
-- expect: 2 * (3 + 4) * -(5 - 1) / 8	-7.0
-- expect: ((((((7))))))	7.0
-- expect: 1 - 2 - 3	-4.0
-- expect: --4	4.0
-- expect: 2 * (3 + 	error: a number expected at byte 10
-- expect: 2 2	error: the end expected at byte 3
local ms = require "moonstage"

local at, text -- the place of the next byte, and the bytes, with a 0 behind the last

local function peek()
	local c = text[at]:item()
	while c == 32 do
		at = at + 1
		c = text[at]:item()
	end
	return c
end

local expression

local function number()
	local value, digits = 0, 0
	local c = peek()
	while c >= 48 and c <= 57 do
		value = value * 10 + (c - 48)
		digits = digits + 1
		at = at + 1
		c = text[at]:item()
	end
	if digits == 0 then error("a number expected at byte " .. at, 0) end
	return value * 1.0
end

local function factor()
	local c = peek()
	if c == 45 then
		at = at + 1
		return -factor()
	elseif c == 40 then
		at = at + 1
		local value = expression()
		if peek() ~= 41 then error("')' expected at byte " .. at, 0) end
		at = at + 1
		return value
	end
	return number()
end

local function term()
	local value = factor()
	local c = peek()
	while c == 42 or c == 47 do
		at = at + 1
		local right = factor()
		if c == 42 then value = value * right else value = value / right end
		c = peek()
	end
	return value
end

function expression()
	local value = term()
	local c = peek()
	while c == 43 or c == 45 do
		at = at + 1
		local right = term()
		if c == 43 then value = value + right else value = value - right end
		c = peek()
	end
	return value
end

local calculate = ms.stage(function(bytes)
	at, text = 1, bytes
	local value = expression()
	if peek() ~= 0 then error("the end expected at byte " .. at, 0) end
	return value
end)

local function run(source)
	local bytes = { source:byte(1, -1) }
	for i = #bytes + 1, 64 do bytes[i] = 0 end
	local ok, value = pcall(calculate, ms.tensor(bytes, "i64"))
	print(source, ok and value or "error: " .. value)
end

run "1 + 2 * 3"
run "(1 + 2) * 3"
run "2 * (3 + 4) * -(5 - 1) / 8"
run "((((((7))))))"
run "1 - 2 - 3"
run "--4"
run "2 * (3 + "
run "2 2"
