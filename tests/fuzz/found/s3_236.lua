-- O0 differs
-- call 1, call
-- eager:
-- 5
-- O0:
-- 5	nil
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local f = ms.stage(function(a, b, c)
	if false then
	elseif true then
		if (b > 1) then
			table.remove(o.list)
		end
		print(table.unpack(o.list))
	end
end)
local call = caller(function(put)
end)
call(f, 0, 10, q)
