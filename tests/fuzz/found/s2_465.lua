-- O0 differs
-- call 1, call
-- eager:
-- s #result
-- false "fuzz.lua:32: bad argument #3 to 'write' (string expected, got nil)"
-- O0:
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local f = ms.stage(function(a, b, c)
	io.write("s", " ", o.w, "\n")
end)
local call = caller(function(put)
end)
o.w = nil
call(f, -1, -4, nil)
