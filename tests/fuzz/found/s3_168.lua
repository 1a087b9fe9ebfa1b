-- O0 differs
-- call 1, after
-- eager:
-- o	table1{"inner"=table2{"v"=4 "w"=0} "list"=table3{} "name"="n" "v"=1 "w"=0x1.4p+1}
-- O0:
-- o	table1{"inner"=table2{"v"=4 "w"=0} "list"=table3{1=5} "name"="n" "v"=1 "w"=0x1.4p+1}
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
do
end
local C = {}
C.__index = C
function C.new(v) return setmetatable({ v = v }, C) end
function C:get(p)
	local k1_ = 0 while k1_ < 4 and k1_ < 5 and (1 < p) do k1_ = k1_ + 1
		table.remove(o.list)
	end
end
local c1, c2 = C.new(2), C.new(5)
local f = ms.stage(function(a, b, c)
	u2 = (c2):get(a)
end)
local call = caller(function(put)
	put("o", o)
end)
call(f, 3, -1, q)
