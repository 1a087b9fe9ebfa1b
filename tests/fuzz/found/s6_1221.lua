-- O0 differs
-- call 1, call
-- eager:
-- extra
-- O0:
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
do
end
local C = {}
function C.new(v) return setmetatable({ v = v }, C) end
C.__newindex = function(t, k, v) print(k) rawset(t, k, v) end
local c1, c2 = C.new(2), C.new(5)
local f = ms.stage(function(a, b, c, x)
	for i4 = a % 4, 5 do
		c2.extra = 1
	 end
end)
local call = caller(function(put)
end)
call(f, 2.5, 0, q, ms.tensor { 0.5, 4.0, -1.0 })
