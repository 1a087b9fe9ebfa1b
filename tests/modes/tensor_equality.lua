-- == and ~= of tensors in functions that compare nothing else: masks, conditions, and with other values.
local ms = require "moonstage"
local X, Y = ms.tensor { 1.0, -2.0, 0.5 }, ms.tensor { 1.0, 2.0, 0.5 }
local one, two = ms.tensor(1.0), ms.tensor(2.0)

local same = ms.stage(function(x) local c = (X == x) return c end)
local other = ms.stage(function(x, y) return x ~= y end)
local test = ms.stage(function(x, y) if x == y then return "same" end return "other" end)
local outside = function(x, y) return x == y end
print(same(Y), same(X), same(nil), same("x"))
print(other(X, Y), other(one, two), other(one, 1))
print(test(one, one), test(one, two), test(one, "1"), pcall(test, X, Y))
print(outside(X, Y), outside(one, two))
