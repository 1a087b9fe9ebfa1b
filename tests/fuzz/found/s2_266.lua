-- O0 differs
-- call 2, result
-- eager:
-- false "fuzz.lua:35: attempt to perform arithmetic on a nil value (local 'p')"
-- O0:
-- false "fuzz.lua:36: attempt to perform arithmetic on a nil value (local 'p')"
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local C = {}
C.__index = C
function C.new(v) return setmetatable({ v = v }, C) end
function C:get(p)
	if #o.list < 6 then table.insert(o.list, (p * 2)) end
	return self.v + p
end
local c1, c2 = C.new(2), C.new(5)
local f = ms.stage(function(a, b, c)
	if ((c1):get(1) >= (c2):get(a)) then
		table.remove(o.list)
	end
	do return a, (C.new(1)):get(u2) end
end)
local call = caller(function(put)
end)
c1.v = 9
call(f, 10, 7, q)
call(f, 3, -1, h1)
