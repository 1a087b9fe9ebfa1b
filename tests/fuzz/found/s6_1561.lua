-- O0 differs
-- call 1, result
-- eager:
-- true 0x1.c6bf52634p+49 0x1.2747baffda28ep-2
-- O0:
-- true 0x1.c6bf52634p+49 0x1.ca676620c2f76p-2
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local q, l = o.inner, { 1, 2, 3 }
local f = ms.stage(function(a, b, c)
	local k1_ = 0 while k1_ < a and k1_ < 5 and true do k1_ = k1_ + 1
		if #l < 6 then l[#l + 1] = math.random(-3, 3) end
	end
	do return a, math.random() end
end)
local call = caller(function(put)
end)
math.randomseed(11)
call(f, 1e15, 0, nil)
