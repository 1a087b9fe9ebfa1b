-- O0 differs
-- call 1, after
-- eager:
-- o	table1{"inner"=table2{"v"=4 "w"=0} "list"=table3{1=5 2=6 3=1} "name"="n" "v"=1 "w"=0x1.4p+1}
-- O0:
-- o	table1{"inner"=table2{"v"=4 "w"=0} "list"=table3{1=5 2=6} "name"="n" "v"=1 "w"=0x1.4p+1}
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local f = ms.stage(function(a, b, c)
	local k8_ = 0 repeat k8_ = k8_ + 1 do
		if #o.list < 6 then o.list[#o.list + 1] = 1 end
	end until k8_ >= 3 or (1 ~= a)
end)
local call = caller(function(put)
	put("o", o)
end)
call(f, 10, 0, 1)
