-- O0 differs
-- call 1, after
-- eager:
-- l	table1{1=1 2=2 3=3 4=1}
-- O0:
-- l	table1{1=1 2=2 3=3}
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local q, l = o.inner, { 1, 2, 3 }
local f = ms.stage(function(a, b, c, x)
	local k2_ = 0 repeat k2_ = k2_ + 1 do
		if #l < 6 then l[#l + 1] = 1 end
	end until k2_ >= 3 or (a <= 1)
end)
local call = caller(function(put)
	put("l", l)
end)
call(f, 0, 1e15, l, Y)
