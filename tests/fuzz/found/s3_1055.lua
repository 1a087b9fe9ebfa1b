-- O0 differs
-- call 1, result
-- eager:
-- true 0x1.c6bf52634p+49 2
-- O0:
-- true 0x1.c6bf52634p+49 3
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local f = ms.stage(function(a, b, c, x)
	if (x):any() then
	else
		if #o.list < 6 then o.list[#o.list + 1] = 1 end
	end
	do return a, #(o.list) end
end)
local call = caller(function(put)
end)
call(f, 1e15, 1, h1, ms.tensor { 0.5, 4.0, -1.0 })
