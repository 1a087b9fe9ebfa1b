-- hang
-- hang in O2
local ms = require "moonstage"
local caller, sorted, upto, closing, two = dofile "tests/fuzz/library.lua"
local f = ms.stage(function(a, b, c)
	for i1, v2 in upto(a % 3) do
	 end
end)
local call = caller(function(put)
end)
call(f, 10, 1, "s")
