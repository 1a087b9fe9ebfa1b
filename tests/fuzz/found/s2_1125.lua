-- O0 differs
-- call 1, after
-- eager:
-- u	1 nil true nil "s"
-- O0:
-- u	1 0x1.4p+1 true nil "s"
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local u1, u2, b1, n1, s1 = 1, 2.5, true, nil, "s"
local f = ms.stage(function(a, b, c)
	for i3 = a % 4, 5 do
		u2 = tonumber("s")
	 ::i3:: end
end)
local call = caller(function(put)
	put("u", u1, u2, b1, n1, s1)
end)
call(f, 7, 3, "s")
