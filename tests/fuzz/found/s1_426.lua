-- hang
-- hang in O2
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local f = ms.stage(function(a, b, c)
	for i1, v2 in upto(a % 3) do
	 end
end)
local call = caller(function(put)
end)
call(f, 10, 1, "s")
