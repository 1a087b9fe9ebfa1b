-- O0 differs
-- call 1, after
-- eager:
-- l	table1{1=1 2=2 3=3 4=1 5=1}
-- O0:
-- l	table1{1=1 2=2 3=3}
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local q, l = o.inner, { 1, 2, 3 }
local f = ms.stage(function(a, b, c)
	for i2 = 1, (a > 2 and 2 or 4) do
		if #l < 6 then l[#l + 1] = 1 end
	 end
end)
local call = caller(function(put)
	put("l", l)
end)
call(f, 3, 1, o)
