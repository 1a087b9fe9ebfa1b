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
local f = ms.stage(function(a, b, c)
	local k10_ = 0 repeat k10_ = k10_ + 1
		c2.extra = 1
	local last = 1 until k10_ >= 4 or last == a
end)
local call = caller(function(put)
end)
call(f, -1, 5, l)
