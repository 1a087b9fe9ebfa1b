-- Every shape of if / elseif / else on symbolic numbers and booleans: which branch runs, what it leaves.
-- stock
local ms = require "moonstage"

local function word(n)
	local s
	if n < 0 then s = "neg" elseif n == 0 then s = "zero" elseif n == 1 then s = "one" else s = "many" end
	return s
end
local staged = ms.stage(word)
print(staged(-3), staged(0), staged(1), staged(9))

local empty = ms.stage(function(n)
	if n > 2 then
	end
	if n > 3 then else n = n + 100 end
	if n > 4 then n = n * 2 elseif n > 3 then n = n * 3 elseif n > 2 then elseif n > 1 then n = -n end
	return n
end)
for n = 0, 6 do io.write(empty(n), " ") end
print()

local nested = ms.stage(function(a, b, c)
	local r = 0
	if a > b then
		if b > c then r = 1 elseif a > c then r = 2 else r = 3 end
		r = r + 10
	else
		if not (b <= c) then if a > c then r = 4 else r = 5 end else r = 6 end
	end
	return r, a > b, b > c
end)
for a = 1, 3 do for b = 1, 3 do for c = 1, 3 do print(nested(a, b, c)) end end end

local flag = ms.stage(function(on, n)
	local seen = n > 1
	if on and seen then return 1 elseif on then return 2 elseif seen then return 3 end
	return 4
end)
print(flag(true, 1), flag(true, 2), flag(false, 1), flag(false, 2))

-- shadowed names, branches that declare the same local
local shadow = ms.stage(function(x)
	local y = 1
	if x > 0 then local y = x * 2; x = y else local y = -x; x = y + 1 end
	return x, y
end)
print(shadow(3), shadow(-3))

-- a branch that changes types and one that does not
local types = ms.stage(function(x)
	local v = 1
	if x > 2 then v = 1.5 elseif x > 1 then v = false elseif x > 0 then v = nil elseif x > -1 then v = "text" end
	return v
end)
for x = -1, 3 do print(x, types(x), math.type(types(x))) end
