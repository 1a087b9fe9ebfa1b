-- x[key] and x[key] = value.
local ms = require "moonstage"
local t = dofile "tests/lib/tap.lua"
local is, T = t.is, ms.tensor
local function new() return ms.arange(12):reshape(3, 4) end
local m = new()

is(m[1], T{0, 1, 2, 3})
is(m[-1], T{8, 9, 10, 11})
is(m[2.0], T{4, 5, 6, 7})
is(m[2][3], T(6))
is(m[{2, 3}], T(6))
is(m[{}], m)
is(m[{2}], m[2])
is(m[{ {2, 3} }], T{{4, 5, 6, 7}, {8, 9, 10, 11}})
is(m[{ {}, {1, -1, 2} }], T{{0, 2}, {4, 6}, {8, 10}})
is(m[{ {}, 2 }], T{1, 5, 9})
is(m[{ {3, 2}, {} }].shape, {0, 4})
is(m[{ {-2, -1}, -1 }], T{7, 11})
is(m[T(2)], T{4, 5, 6, 7})
is(m[T{3, 1, -1}], T{{8, 9, 10, 11}, {0, 1, 2, 3}, {8, 9, 10, 11}})
is(m[{ {}, T{{1, 4}} }], T{{{0, 3}}, {{4, 7}}, {{8, 11}}})
is(m[{ 2, T{4, 1} }], T{7, 4})
is(m[{ T{2, 1}, {1, 2} }], T{{4, 5}, {0, 1}})
is(m[m:gt(8)], T{9, 10, 11})
is(m[T{true, false, true}], T{{0, 1, 2, 3}, {8, 9, 10, 11}})
is(m[{ {}, T{false, true, true, false} }], T{{1, 2}, {5, 6}, {9, 10}})
is(m[m:gt(100)].shape, {0})
is(m:t()[m:t():gt(8)], T{9, 10, 11})
is(#m, 3)

local function set(key, value)
  local x = new()
  x[key] = value
  return x
end
is(set(1, 0), T{{0, 0, 0, 0}, {4, 5, 6, 7}, {8, 9, 10, 11}})
is(set(-1, T{1, 2, 3, 4})[3], T{1, 2, 3, 4})
is(set({2, 2}, 100)[2], T{4, 100, 6, 7})
is(set({ {}, 1 }, T{7, 8, 9}), T{{7, 1, 2, 3}, {8, 5, 6, 7}, {9, 9, 10, 11}})
is(set({ {}, {1, 4, 3} }, T{{1}, {2}, {3}}), T{{1, 1, 2, 1}, {2, 5, 6, 2}, {3, 9, 10, 3}})
is(set({}, 5):sum(), T(60))
is(set(m:gt(8), -1)[3], T{8, -1, -1, -1})
is(set(m:gt(8), T{1, 2, 3})[3], T{8, 1, 2, 3})
is(set(T{3, 1}, 0), T{{0, 0, 0, 0}, {4, 5, 6, 7}, {0, 0, 0, 0}})
is(set(T{1, 1}, T{{1, 1, 1, 1}, {2, 2, 2, 2}})[1], T{2, 2, 2, 2}, "the last of equals stays")
is(set({ {}, T{4, 1} }, T{0, 1}), T{{1, 1, 2, 0}, {1, 5, 6, 0}, {1, 9, 10, 0}})
is(set({ {2, 3}, T{4, 1} }, T{{1, 2}, {3, 4}}), T{{0, 1, 2, 3}, {2, 5, 6, 1}, {4, 9, 10, 3}})
is(set({ {1, 2}, T{true, false, false, true} }, T{{1, 2}, {3, 4}}), T{{1, 1, 2, 2}, {3, 5, 6, 4}, {8, 9, 10, 11}})
is(set(1, 1.9)[1], T{1, 1, 1, 1}, "cast to the tensor's dtype")
is(set({1, 1}, true)[1], T{1, 1, 2, 3})
local x = new()
x[{ {}, {1, 3} }] = x[{ {}, {2, 4} }]
is(x, T{{1, 2, 3, 3}, {5, 6, 7, 7}, {9, 10, 11, 11}}, "overlapping bytes")
x = new()
x:t()[1] = T{5, 5, 5}
is(x[{ {}, 1 }], T{5, 5, 5}, "through a view")
x = new()
x[T{2, 3}] = x[{ {1, 2} }]
is(x, T{{0, 1, 2, 3}, {0, 1, 2, 3}, {4, 5, 6, 7}}, "rows from the tensor itself")
x = new()
x[x:gt(3)] = x:t():reshape(12)[{ {1, 8} }]
is(x[2], T{0, 4, 8, 1})

local b = ms.zeros(2000, 3)
b[T{1000}] = 1
b[{ {}, 2 }] = 2
is(b:sum(), T(4002.0), "large tensors")

local function get(key) return function() return m[key] end end
local function put(key, value) return function() new()[key] = value end end
t.throws("index 4 is out of range for dim 1 of length 3", get(4))
t.throws("index 0 is out of range for dim 1 of length 3", get(0))
t.throws("index -4 is out of range", get(-4))
t.throws("index 9 is out of range for dim 1 of length 3", get(T{1, 9}))
t.throws("index 9 is out of range for dim 1 of length 3", put(T{1, 9}, 0))
t.throws("index: more indices than dims", get({1, 1, 1}))
t.throws("index: more indices than dims", function() return T(1)[1] end)
t.throws("index: {1, 4} is out of range for dim 1 of length 3", get({ {1, 4} }))
t.throws("index: the step must be 1 or more, got 0", get({ {1, 3, 0} }))
t.throws("index: the step must be 1 or more, got -1", get({ {3, 1, -1} }))
t.throws("index: a range is {}, {first, last} or {first, last, step}, this has 1 numbers", get({ {1} }))
t.throws("a position must be an integer, got 1.5", get(1.5))
t.throws("a position must be an integer, got -nan", get(0 / 0))
t.throws("index: a bound must be an integer, got string", get({ {"1", 2} }))
t.throws("index: integer, list or index tensor expected, got boolean", get(true))
t.throws("index: integer, list or index tensor expected, got function", get(print))
t.throws("index: an index tensor must be i64 or bool, got f32", get(T{1.0}))
t.throws("index: more than one index tensor", get({ T{1}, T{1} }))
t.throws("index: a mask [2] does not match [3x4]", get(T{true, false}))
t.throws("index: [2] does not fit into [4]", put(1, T{1, 2}))
t.throws("index: tensor or number expected, got table", put(1, {1, 2, 3, 4}))
t.throws("index: tensor or number expected, got nil", put(1, nil))
t.throws("a tensor has no field 'foo' to be set", put("foo", 1))
t.throws("index: elements of an expanded tensor share their bytes", function() T{1}:expand(3)[1] = 2 end)
t.throws("attempt to get length of a tensor of rank 0", function() return #T(1) end)
t.throws("a tensor cannot be called", function() for _ in m do end end)
is(m.foo, nil)
t.throws("attempt to call a nil value (method 'foo')", function() m:foo() end)
t.done()
