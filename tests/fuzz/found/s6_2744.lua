-- O0 differs
-- call 1, call
-- eager:
-- w
-- O0:
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local C = {}
function C.new(v) return setmetatable({ v = v }, C) end
C.__newindex = function(t, k, v) print(k) rawset(t, k, v) end
local c1, c2 = C.new(2), C.new(5)
local f = ms.stage(function(a, b, c)
	local k5_ = 0 repeat k5_ = k5_ + 1 do
		c1.w = 1
		if (a > 1) then
			do return 1 end
		end
	end until k5_ >= 3 or true
end)
local call = caller(function(put)
end)
call(f, 10, 2, true)
