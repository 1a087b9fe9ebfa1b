-- Comparisons and logic in every place, on every pair of plain values: results, laziness, order of evaluation.
local mt = {}
mt.__eq = function(a, b) return a.v == b.v end
mt.__lt = function(a, b) return (type(a) == "table" and a.v or a) < (type(b) == "table" and b.v or b) end
mt.__le = function(a, b) return (type(a) == "table" and a.v or a) <= (type(b) == "table" and b.v or b) and "yes" or nil end
local function obj(v) return setmetatable({ v = v }, mt) end
local t1, f1 = {}, function() end
local values = { nil, false, true, 0, 0.0, -0.0, 1, 1.0, 1.5, math.maxinteger, math.maxinteger + 0.0, 2 ^ 53, 2 ^ 53 + 1,
  math.mininteger, -2 ^ 63, 1 / 0, 0 / 0, "", "a", "b", "1", "a\0b", t1, {}, f1, print, obj(1), obj(1), obj(2) }
local n = 29
local function bits(...)
  local out = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    out[i] = v == true and "t" or v == false and "f" or v == nil and "n" or "?"
  end
  return table.concat(out)
end
local function order(a, b)
  local ok, l, le, g, ge = pcall(function() return a < b, a <= b, a > b, a >= b end)
  return ok and bits(l, le, g, ge) or "-"
end
for i = 1, n do
  local row = {}
  local a = values[i]
  for j = 1, n do
    local b = values[j]
    local cond = ""
    if a == b then cond = cond .. "1" else cond = cond .. "0" end
    if a ~= b then cond = cond .. "1" end
    if not (a == b) then cond = cond .. "2" end
    while a == b do cond = cond .. "w" break end
    row[j] = bits(a == b, a ~= b, values[i] == values[j], not (a ~= b), a and b and true, (a or b) and true, not a,
      a == values[j] or values[i] == b, (a and b) == b, (a == b and a ~= nil) or false) .. cond .. order(a, b)
  end
  print(i, table.concat(row, " "))
end

-- operands are evaluated once, from left to right, and no further than needed
local trace = {}
local function v(name, x) trace[#trace + 1] = name return x end
local r = {
  v("a", 1) == v("b", 2), v("c", 1) ~= v("d", 1), v("e", 1) < v("f", 2) and v("g", nil), v("h", false) or v("i", 3) == v("j", 3),
  not v("k", nil) and not v("l", 1), v("m", 1) and v("n", false) or v("o", "o"), v("p", nil) and v("never", 1),
  v("q", 1) or v("never", 1), (v("r", 2) > v("s", 1)) == v("t", true),
}
print(table.concat(trace), #trace, r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9])
trace = {}
local t = setmetatable({}, { __index = function(_, k) trace[#trace + 1] = k return k end })
local x = t.a == t.b or t.c and t.d ~= t.e
x = t.f and not t.g or t.h
if t.i == t.i and t.j < t.k and not (t.l > t.m) or t.n then x = t.o end
while t.p ~= t.p do end
repeat local z = t.q until t.r == z or t.s
for i = #t.u, #t.vw do x = i end
print(table.concat(trace), x)

-- side effects between the operands
local c = 1
local function bump() c = c + 1 return c end
print(c == bump(), bump() == c, c < bump(), bump() <= c, c ~= bump(), (c == bump()) == (bump() ~= c))
local u = { k = 1 }
local function change() u = { k = 2 } return 2 end
print(u.k == change(), u.k == 2, u.k < change())
local up = nil
local function set(q) up = q return q end
print(up == set(nil), up == set(1), up ~= set(1), up and set(false), up or set("x"), up)

-- counting metamethods: as often as stock calls them
local calls = 0
local count = { __eq = function() calls = calls + 1 return 1 end, __lt = function() calls = calls + 1 return nil end,
  __le = function() calls = calls + 1 return "true" end, __index = function() calls = calls + 1 return nil end }
local p, q = setmetatable({}, count), setmetatable({}, count)
print(p == q, p ~= q, p < q, p > q, p <= q, p >= q, p == p, p ~= p, not (p == q), calls)
if p == q then calls = calls + 100 end
if p.x == q.x and p ~= q or p < q then calls = calls + 1000 end
while p < q do end
repeat until p <= q
for i = p.x or 1, q.x or 2 do calls = calls + 1 end
local s = p == q and p.y or q.y == nil and "both"
print(calls, s, p == 1, p ~= nil, pcall(function() return p < 1, 1 <= p end))

-- nested in everything
local function many(a, b, c)
  return { [a == b] = b ~= c, x = a < b, (a or b) == c, not a == not b, f = function() return a == c and b end,
    ["k" .. tostring(a == b)] = (a and b or c) }, a == b and b == c or (function(...) return ... == c end)(a)
end
local m, last = many(1, 2, 2)
print(m[false], m.x, m[1], m[2], m.f(), m.kfalse, last)
m, last = many(3, 3, 3)
print(m[true], m.x, m[1], m[2], m.f(), m.ktrue, last)
print((("x"):rep(3) == "xxx") and #"abc" == 3, -1 == - 1, - - 1 == 1, not not nil == false, 1 .. 2 == "12",
  2 ^ 2 ^ 3 == 256, 1 < 2 == true, "a" < "b" == not nil, 7 // 2 == 3 and 7 % 3 == 1, 5 & 3 == 1, ~0 == -1)
print(1 == 1 --[[ comment ]] and 2 --[==[
two lines ]==] ~= 3, t1 --x
  == t1, f1
  ~=
  f1)
goto over
do local never = t1 == f1 end
::over::
for i = 3, 1, -1 do
  if i == 2 then goto continue end
  io.write(i, i ~= 1 and "," or "\n")
  ::continue::
end
local function va(...) return ... == nil, (...) ~= 1, select("#", ...) == 2 and select(2, ...) end
print(va(), va(1), va(1, 2))
local a <const>, b <const> = 5, "five"
print(a == 5, b == "five", a < 6 and b < "six", a ~= b, not a, a and b)
local _ENV = { print = print, g = 1 }
print(g == 1, h == nil, g and not h, g ~= h)
