-- Element-wise functions, reductions, products: values, dtypes, promotion, broadcasting, views, empty tensors.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"
local is, T = t.is, ms.tensor

-- operators and the functions and methods of the same op
local a, b = T{7, -7, 2}, T{2, 2, -3}
local binary = {
  add = {function(x, y) return x + y end, "i64[3]{9,-5,-1}"},
  sub = {function(x, y) return x - y end, "i64[3]{5,-9,5}"},
  mul = {function(x, y) return x * y end, "i64[3]{14,-14,-6}"},
  div = {function(x, y) return x / y end, "f32[3]{3.5,-3.5,-0.66666668653488}"},
  floordiv = {function(x, y) return x // y end, "i64[3]{3,-4,-1}"},
  mod = {function(x, y) return x % y end, "i64[3]{1,1,-1}"},
  bitwise_and = {function(x, y) return x & y end, "i64[3]{2,0,0}"},
  bitwise_or = {function(x, y) return x | y end, "i64[3]{7,-5,-1}"},
  bitwise_xor = {function(x, y) return x ~ y end, "i64[3]{5,-5,-1}"},
  maximum = {false, "i64[3]{7,2,2}"},
  minimum = {false, "i64[3]{2,-7,-3}"},
  lt = {false, "bool[3]{false,true,false}"},
  le = {false, "bool[3]{false,true,false}"},
  gt = {false, "bool[3]{true,false,true}"},
  ge = {false, "bool[3]{true,false,true}"},
  eq = {false, "bool[3]{false,false,false}"},
  ne = {false, "bool[3]{true,true,true}"},
  logical_and = {false, "bool[3]{true,true,true}"},
  logical_or = {false, "bool[3]{true,true,true}"},
  logical_xor = {false, "bool[3]{false,false,false}"},
}
for name, row in pairs(binary) do
  is(ms[name](a, b), row[2], "ms." .. name)
  is(a[name](a, b), row[2], "x:" .. name)
  if row[1] then is(row[1](a, b), row[2], "operator of " .. name) end
end
is(T{2, 3} ^ T{3, 2}, "i64[2]{8,9}")
is(T{2.0, 4.0} ^ 0.5, "f32[2]{1.4142135381699,2.0}")

local unary = {
  neg = {T{1, -2}, "i64[2]{-1,2}"},
  abs = {T{1, -2}, "i64[2]{1,2}"},
  sign = {T{-1.5, 0.0, 3.0}, "f32[3]{-1.0,0.0,1.0}"},
  exp = {T{0, 0}, "f32[2]{1.0,1.0}"},
  log = {T{1.0}, "f32[1]{0.0}"},
  sqrt = {T{4, 9}, "f32[2]{2.0,3.0}"},
  sin = {T{0.0}, "f32[1]{0.0}"},
  cos = {T{0.0}, "f32[1]{1.0}"},
  tanh = {T{0.0}, "f32[1]{0.0}"},
  sigmoid = {T{0.0}, "f32[1]{0.5}"},
  relu = {T{-1, 2}, "i64[2]{0,2}"},
  floor = {T{-1.5, 1.5}, "f32[2]{-2.0,1.0}"},
  ceil = {T{-1.5, 1.5}, "f32[2]{-1.0,2.0}"},
  bitwise_not = {T{0, 5}, "i64[2]{-1,-6}"},
  logical_not = {T{0, 5}, "bool[2]{true,false}"},
}
for name, row in pairs(unary) do
  is(ms[name](row[1]), row[2], "ms." .. name)
  is(row[1][name](row[1]), row[2], "x:" .. name)
end
is(-T{1, -2}, "i64[2]{-1,2}")
is(~T{true, false}, "bool[2]{false,true}")

-- promotion: dims over rank 0 over Lua numbers, within a category
is((T{1} + 1).dtype, "i64")
is((T{1} + 1.5).dtype, "f32")
is((T{1.0} + 1).dtype, "f32")
is((T({1}, "f64") + 1.5).dtype, "f64")
is((T{1.0} + T(1.0, "f64")).dtype, "f32", "a rank-0 f64 is weak")
is((T{1.0} + T({1}, "f64")).dtype, "f64")
is((T{1} + T(1.5)).dtype, "f32")
is((T{true} + T{1}).dtype, "i64")
is((T{true} * 2.5), "f32[1]{2.5}")
is(2 - T{1, 2}, "i64[2]{1,0}")
is(1.0 / T{2, 4}, "f32[2]{0.5,0.25}")
is(T{1.0} + 0.1, T{1.1}, "a Lua float is rounded to f32 before it is added")

-- broadcasting, views, empty tensors
local m = ms.arange(6):reshape(2, 3)
is(m + T{10, 20, 30}, "i64[2x3]{{10,21,32},{13,24,35}}")
is(m + T{{10}, {20}}, "i64[2x3]{{10,11,12},{23,24,25}}")
is(m:t() + m:t(), "i64[3x2]{{0,6},{2,8},{4,10}}")
is(m[{ {}, {1, 3, 2} }] * 2, "i64[2x2]{{0,4},{6,10}}")
is(T{} + T{}, "f32[0]{}")
is(T{} + 1, "f32[0]{}")
is(T{}:sum():item() == 0, true)
t.throws("[2x3]", function() return m + T{1, 2} end)

-- larger than what lies inline
local big = ms.ones(5000)
is((big + big):sum():item(), 10000.0)
is((big * 3 - big):mean():item(), 2.0)

-- where, clamp, masked_fill
is(ms.where(m:gt(2), m, 0), "i64[2x3]{{0,0,0},{3,4,5}}")
is(m:where(m:gt(2), -1), "i64[2x3]{{-1,-1,-1},{3,4,5}}")
is(ms.where(true, T{1}, T{2}), "i64[1]{1}")
is(m:clamp(1, 3), "i64[2x3]{{1,1,2},{3,3,3}}")
is(m:clamp(nil, 3), "i64[2x3]{{0,1,2},{3,3,3}}")
is(m:clamp{min = 4}, "i64[2x3]{{4,4,4},{4,4,5}}")
is(ms.clamp(m, T{1, 2, 3}, 3), "i64[2x3]{{1,2,3},{3,3,3}}")
is(m:masked_fill(m:lt(4), 9), "i64[2x3]{{9,9,9},{9,4,5}}")

-- reductions
is(m:sum(), T(15))
is(m:sum(1), T{3, 5, 7})
is(m:sum(-1, true), T{{3}, {12}})
is(m:sum{dim = 2, keepdim = true}, T{{3}, {12}})
is(m:sum({1, 2}), T(15))
is(m:sum(1, {dtype = "f64"}), "f64[3]{3.0,5.0,7.0}")
is(T{true, true}:sum(), T(2))
is(m:mean(2), T{1.0, 4.0})
is(ms.mean(m, {dtype = "f64"}).dtype, "f64")
is(m:amax(2), T{2, 5})
is(m:amin(1), T{0, 1, 2})
is(m:max(), T(5))
is({m:max(2)}, {T{2, 5}, T{3, 3}})
is({m:min(1, true)}, {T{{0, 1, 2}}, T{{1, 1, 1}}})
is(m:max(T{1, 1, 9}), "i64[2x3]{{1,1,9},{3,4,9}}")
is(m:argmax(), T(6))
is(m:argmin(2), T{1, 1})
is(ms.argmax(T{3, 9, 9}), T(2), "the first of equals")
is(m:gt(4):any(), T(true))
is(m:all(1), T{false, true, true})
is(m:any{dim = 2}, T{true, true})

-- products and losses
is(T{1.0, 2.0}:matmul(T{3.0, 4.0}), T(11.0))
is(ms.matmul(T{{1.0, 2.0}, {3.0, 4.0}}, T{{1.0}, {1.0}}), T{{3.0}, {7.0}})
is(ms.matmul(ms.ones(2, 2, 3), ms.ones(3, 1)).shape, {2, 2, 1})
is(T{0.0, 0.0}:softmax(), T{0.5, 0.5})
is(ms.softmax(ms.zeros(2, 4), 1)[1], T{0.5, 0.5, 0.5, 0.5})
is(ms.log_softmax(ms.zeros(1, 1)), T{{0.0}})
is(ms.cross_entropy(ms.zeros(3, 1), T{1, 1, 1}):item() == 0, true)

t.throws("exp: tensor expected, got table", ms.exp, {})
t.throws("exp: tensor expected, got no value", ms.exp)
t.throws("add: tensor or number expected, got nil", function() return T{1} + nil end)
t.throws("add: tensor or number expected, got string", function() return "1" + T{1} end)
t.throws("add: tensor expected, got number", ms.add, 1, 2)
t.throws("sum: dim 3 of a tensor of rank 2", m.sum, m, 3)
t.throws("sum: dim 0 of a tensor of rank 2", m.sum, m, 0)
t.throws("sum: dim -3 of a tensor of rank 2", m.sum, m, -3)
t.throws("sum: dim must be an integer, got 1.5", m.sum, m, 1.5)
t.throws("sum: dim must be an integer, got -nan", m.sum, m, 0 / 0)
t.throws("sum: dim must be an integer, got 1e+300", m.sum, m, 1e300)
t.throws("sum: a dim is named twice", m.sum, m, {1, -2})
t.throws("sum: unknown option 'dims' (there are dim, keepdim, dtype)", m.sum, m, {dims = 1})
t.throws("sum: dim given twice", m.sum, m, 1, {dim = 1})
t.throws("sum: keepdim must be true or false, got number", m.sum, m, 1, 1)
t.throws("sum: too many arguments", m.sum, m, 1, true, "f32", 5)
t.throws("sum: unknown dtype 'f16'", m.sum, m, {dtype = "f16"})
t.throws("where: the condition must be a bool tensor, got i64", ms.where, m, m, m)
t.throws("where: tensor expected, got boolean", ms.where, true, 1, 2)
t.throws("clamp: a min, a max or both are needed", m.clamp, m)
t.throws("cross_entropy: labels must be an i64 tensor, got f32", ms.cross_entropy, ms.zeros(1, 2), ms.zeros(1))
t.throws("softmax: a tensor of rank 1 or more expected", ms.softmax, T(1.0))
t.throws("zero", function() return T{1} // T{0} end)
t.done()
