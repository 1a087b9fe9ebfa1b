-- Lua's numbers staged: subtypes, wrap-around, division and modulo, shifts, comparisons of mixed and odd values.
-- stock
local ms = require "moonstage"
local function show(...)
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		if v ~= v then v = "nan" elseif math.type(v) then v = (math.type(v) == "float" and "f" or "i") .. tostring(v) end
		io.write(tostring(v), " ")
	end
	print()
end

local values = { 0, 1, -1, 2, -7, 13, math.maxinteger, math.mininteger, 0.0, -0.0, 0.5, -2.5, 1e300, 2^53, 2^63, -2^63,
	1 / 0, -1 / 0, 0 / 0 }
local arith = ms.stage(function(a, b) return a + b, a - b, a * b, a / b, a ^ 2, -a end)
local order = ms.stage(function(a, b) return a < b, a <= b, a > b, a >= b, a == b, a ~= b end)
for _, a in ipairs(values) do
	for _, b in ipairs(values) do
		show(arith(a, b))
		show(order(a, b))
	end
end

local divide = ms.stage(function(a, b) return a // b, a % b end)
local fmod = ms.stage(function(a, b) return math.fmod(a, b) end)
for _, a in ipairs(values) do
	for _, b in ipairs(values) do
		local ok, q, r = pcall(divide, a, b)
		if ok then show(q, r) else print((q:gsub("^.-:%d+: ", ""))) end
		local ok, r = pcall(fmod, a, b)
		if ok then show(r) else print((r:gsub("^.-:%d+: ", ""))) end
	end
end

local bits = ms.stage(function(a, b) return a & b, a | b, a ~ b, ~a, a << b, a >> b end)
for _, a in ipairs { 0, 1, -1, 255, math.mininteger, math.maxinteger, 3.0 } do
	for _, b in ipairs { 0, 1, 5, 63, 64, -3, -64, 2.0 } do show(bits(a, b)) end
end
print((select(2, pcall(bits, 1.5, 1)):gsub(" %(local '.'%)", "")))
print((select(2, pcall(bits, 2^70, 1)):gsub(" %(local '.'%)", "")))

local plain = ms.stage(function(a) return a + 1, a - 1.0, 2 * a, a / 2, a // 2, a % 3, 7 // a, 7 % a, 2 ^ a, -a, a < 2, 2.5 >= a, a == 1 end)
for _, a in ipairs { 1, -5, 2.0, -0.0, 0.25, math.maxinteger, math.mininteger } do show(plain(a)) end
