-- O0 differs
-- call 1, result
-- eager:
-- true 0x1.4p+1 1 userdata1:f32[2]{0x1p+0 0x1p+0}
-- O0:
-- false "fuzz.lua:53: div: tensor or number expected, got table"
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local f = ms.stage(function(a, b, c, x)
	if (a ~= 1) then
		x = 1
	end
	do return a, 1, (X / x) end
end)
local call = caller(function(put)
end)
X = ms.ones(2)
call(f, 2.5, 2, true, Y)
