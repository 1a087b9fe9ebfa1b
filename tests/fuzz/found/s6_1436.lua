-- O0 differs
-- call 1, after
-- eager:
-- l	table1{1=1 2=1 3=1 4=2 5=3}
-- O0:
-- l	table1{1=1 2=2 3=3}
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local q, l = o.inner, { 1, 2, 3 }
do
end
local f = ms.stage(function(a, b, c)
	if false then
	elseif true then
		for i4 = 0.5, b % 4 do
			if #l < 6 then table.insert(l, 1, 1) end
		 end
	end
end)
local call = caller(function(put)
	put("l", l)
end)
call(f, 1e15, 10, q)
