-- O0 differs
-- call 1, after
-- eager:
-- o	table1{"inner"=table2{"v"=4 "w"=0} "list"=table3{1=5 2=6} "name"="n" "v"=1 "w"=0x1.4p+1 "x"=userdata5:f32[3]{0x1p+1 -0x1p+0 0x1.8p+0}}
-- O0:
-- o	table1{"inner"=table2{"v"=4 "w"=0} "list"=table3{1=5 2=6} "name"="n" "v"=1 "w"=0x1.4p+1 "x"=userdata6:f32[3]{0x1p+1 -0x1p+0 0x1.8p+0}}
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local X, Y = ms.tensor { 1.0, -2.0, 0.5 }, ms.ones(3)
o.x = X
local f = ms.stage(function(a, b, c, x)
	o.x = (o.x + 1)
	do return a, 1, o.x end
end)
local call = caller(function(put)
	put("o", o)
end)
call(f, 1e15, 7, q, X)
