-- O0 differs
-- call 1, after
-- eager:
-- tensors	userdata1:f32[3]{0x1.6a09e6p-1 0x1p+1 nan} nil nil nil
-- O0:
-- tensors	userdata2:f32[3]{0x1.6a09e6p-1 0x1p+1 nan} nil nil nil
local ms = require "moonstage"
local caller, sorted, upto, closing, two = require "tests.fuzz.reach" ()
local f = ms.stage(function(a, b, c, x)
	X = (x):sqrt()
	do return a, 1, X end
end)
local call = caller(function(put)
	put("tensors", X, Y, M, N)
end)
call(f, -1, 2, nil, ms.tensor { 0.5, 4.0, -1.0 })
