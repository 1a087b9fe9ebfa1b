-- O0 differs
-- call 1, after
-- eager:
-- u	1 nil nil nil nil
-- O0:
-- u	nan nil nil nil nil
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
do
end
local f = ms.stage(function(a, b, c)
	for i1 = a % 4, 5 do
		a = 1
	 end
	a, u1 = 1, a
end)
local call = caller(function(put)
	put("u", u1, u2, b1, n1, s1)
end)
call(f, 0/0, 0/0, 1)
