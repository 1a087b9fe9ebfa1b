-- O0 differs
-- call 1, call
-- eager:
-- s 1
-- s 1
-- s 1
-- O0:
-- s 1
-- s 1
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local f = ms.stage(function(a, b, c)
	if #o.list < 6 then o.list[#o.list + 1] = 1 end
	for i1, v2 in next, o.list do
		io.write("s", " ", 1, "\n")
	 end
end)
local call = caller(function(put)
end)
call(f, -1, 1, l)
