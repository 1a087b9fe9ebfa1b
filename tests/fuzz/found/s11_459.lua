-- O0 differs
-- call 1, result
-- eager:
-- true
-- O0:
-- false "fuzz.lua:40: attempt to compare number with nil"
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local f = ms.stage(function(a, b, c)
	for i1, v2 in upto(a % 3) do
		if false then
		elseif (u2 > 1) then
		end
	 end
end)
local call = caller(function(put)
end)
call(f, 0, 7, 1)
