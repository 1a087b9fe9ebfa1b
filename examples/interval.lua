-- A target of its own, in Lua alone: interval arithmetic through control flow. A value is an interval [lo, hi]; a
-- comparison that the intervals leave open runs both branches, each with its variables narrowed to where it is taken,
-- and joins what they leave by the smallest interval around both. A loop with an open condition is run until nothing
-- grows any more; what goes on growing is widened to infinity. The functions below are plain Lua, and the same
-- functions on numbers check the intervals.
-- expect: ramp	[-2, 3]	->	[0, 9]
-- expect: clamp	[-5, 0.5]	->	[0, 0.5]
-- expect: first_above	[1.5, 3.2]	->	[2, 4]
-- expect: first_above	[7, 8]	->	[6, 6]
-- expect: halve	[3, 20]	->	[0.5, 1]	[2, inf]
-- expect: thermostat	[15, 30]	->	[1.85303, 45.1533]	[0, 10]
-- expect: inside	[-1, 0.5]	->	[0, 1]
-- expect: every sample is inside of its interval
local ms = require "moonstage"
local inf = math.huge

-- Values ------------------------------------------------------------------------------------------------------------

local Interval, Maybe = { __name = "interval" }, { __name = "open condition" }

local function is(v, mt) return getmetatable(v) == mt end
local function interval(lo, hi) return ms.value(Interval, { lo = lo, hi = hi }) end

local function ends(v)
  if type(v) == "number" then return v, v end
  local i = ms.payload(v)
  return i.lo, i.hi
end

function Interval.__add(a, b)
  local al, ah = ends(a)
  local bl, bh = ends(b)
  return interval(al + bl, ah + bh)
end

function Interval.__unm(a)
  local lo, hi = ends(a)
  return interval(-hi, -lo)
end

function Interval.__sub(a, b)
  local bl, bh = ends(b)
  return a + interval(-bh, -bl)
end

function Interval.__mul(a, b)
  local al, ah = ends(a)
  local bl, bh = ends(b)
  local p, q, r, s = al * bl, al * bh, ah * bl, ah * bh
  return interval(math.min(p, q, r, s), math.max(p, q, r, s))
end

function Interval.__tostring(a) return ("[%g, %g]"):format(ends(a)) end

-- An open condition knows what holds where it is true and where it is false: a list of pairs {smaller, larger}.
local function maybe(if_true, if_false) return ms.value(Maybe, { [true] = if_true, [false] = if_false }) end

function Interval.__less(a, b)
  local al, ah = ends(a)
  local bl, bh = ends(b)
  if ah < bl then return true end
  if al >= bh then return false end
  return maybe({ { a, b } }, { { b, a } })
end

function Interval.__lesseq(a, b)
  local al, ah = ends(a)
  local bl, bh = ends(b)
  if ah <= bl then return true end
  if al > bh then return false end
  return maybe({ { a, b } }, { { b, a } })
end

function Interval.__equal(a, b)
  local al, ah = ends(a)
  local bl, bh = ends(b)
  if ah < bl or bh < al then return false end
  if al == ah and bl == bh then return true end
  return maybe({ { a, b }, { b, a } }, {})
end

function Maybe.__not(c)
  local p = ms.payload(c)
  return maybe(p[false], p[true])
end

-- With `and` both must hold, and where the whole is false nothing is known of either; `or` is the reverse.
local function logic(decided, name)
  return function(a, other)
    local b = other()
    if b == not decided then return a end
    if b == decided then return decided end
    if not is(b, Maybe) then error("an open condition '" .. name .. "' a value that is none", 2) end
    local both = table.move(ms.payload(a)[not decided], 1, #ms.payload(a)[not decided], 1, {})
    table.move(ms.payload(b)[not decided], 1, #ms.payload(b)[not decided], #both + 1, both)
    if decided then return maybe({}, both) end
    return maybe(both, {})
  end
end
Maybe.__and, Maybe.__or = logic(false, "and"), logic(true, "or")

-- Control flow --------------------------------------------------------------------------------------------------------

local function hull(a, b, name, where)
  if rawequal(a, b) then return a end
  local number_a, number_b = type(a) == "number" or is(a, Interval), type(b) == "number" or is(b, Interval)
  if not (number_a and number_b) then
    error(("%s%s is %s on one path and %s on the other"):format(where, name, tostring(a), tostring(b)), 0)
  end
  local al, ah = ends(a)
  local bl, bh = ends(b)
  return interval(math.min(al, bl), math.max(ah, bh))
end

-- Variables that hold an interval which was compared are narrowed to where the comparison holds.
local function narrow(state, c, truth)
  if not is(c, Maybe) then return end
  local values = table.pack(state.get())
  for _, pair in ipairs(ms.payload(c)[truth]) do
    local small, large = pair[1], pair[2]
    local small_lo, small_hi = ends(small)
    local large_lo, large_hi = ends(large)
    for i = 1, values.n do
      if rawequal(values[i], small) and is(small, Interval) then
        values[i] = interval(small_lo, math.min(small_hi, large_hi))
      end
      if rawequal(values[i], large) and is(large, Interval) then
        values[i] = interval(math.max(large_lo, small_lo), large_hi)
      end
    end
  end
  state.set(table.unpack(values, 1, values.n))
end

function Maybe.__if(c, yes, no, state)
  narrow(state, c, true)
  local a = table.pack(yes())
  local after_a = table.pack(state.get())
  state.set() -- all is again as it was at the condition
  narrow(state, c, false)
  local b = table.pack(no())
  state.join(after_a, table.pack(state.get()), function(x, y, name) return hull(x, y, name, state.where) end)
  for i = 1, math.max(a.n, b.n) do a[i] = hull(a[i], b[i], "result " .. i, state.where) end
  return table.unpack(a, 1, math.max(a.n, b.n))
end

local PATIENCE = 10 -- trips before what still grows is widened

function Maybe.__while(_, test, body, state)
  local trips = 0
  local grown
  local function grow(old, new, name)
    local joined = hull(old, new, name, state.where)
    local lo, hi = ends(joined)
    local old_lo, old_hi = ends(old)
    if lo == old_lo and hi == old_hi then return old end
    grown = true
    if trips <= PATIENCE then return joined end
    return interval(lo < old_lo and -inf or lo, hi > old_hi and inf or hi)
  end
  repeat
    trips, grown = trips + 1, false
    local before = table.pack(state.get())
    narrow(state, test(), true)
    body()
    state.join(before, table.pack(state.get()), grow)
  until not grown
  narrow(state, test(), false)
end

-- Functions that know nothing of all this -----------------------------------------------------------------------------

local f = {}

function f.ramp(x)
  if x < 0 then return -x end
  return x * x
end

function f.clamp(x)
  if x < 0 then
    x = 0
  elseif x > 1 then
    x = 1
  end
  return x
end

function f.first_above(x)
  for i = 1, 5 do
    if x < i then return i end
  end
  return 6
end

function f.halve(x)
  local n = 0
  while x > 1 do
    x = x * 0.5
    n = n + 1
  end
  return x, n
end

function f.thermostat(t)
  local heating, heated = 0, 0
  for _ = 1, 10 do
    if t < 18 then
      heating = 1
    elseif t > 22 then
      heating = 0
    end
    t = t + 0.05 * (10 - t) + 1.5 * heating
    heated = heated + heating
  end
  return t, heated
end

function f.inside(x)
  local count = 0
  if not (x < 0) and x <= 1 then count = count + 1 end
  return count
end

-- The interval of each function's results, and samples of them --------------------------------------------------------

local misses = 0
local function check(name, lo, hi)
  local x = interval(lo, hi)
  local results = table.pack(ms.overload(f[name])(x))
  for i = 1, results.n do
    if type(results[i]) == "number" then results[i] = interval(results[i], results[i]) end
  end
  local out = {}
  for i = 1, results.n do out[i] = tostring(results[i]) end
  print(name, x, "->", table.concat(out, "\t"))
  for k = 0, 100 do
    local exact = table.pack(f[name](lo + (hi - lo) * k / 100))
    for i = 1, exact.n do
      local from, to = ends(results[i])
      if exact[i] < from or exact[i] > to then misses = misses + 1 end
    end
  end
end

check("ramp", -2, 3)
check("clamp", -5, 0.5)
check("first_above", 1.5, 3.2)
check("first_above", 7, 8)
check("halve", 3, 20)
check("thermostat", 15, 30)
check("inside", -1, 0.5)
print(misses == 0 and "every sample is inside of its interval" or misses .. " samples are outside of their interval")
