-- Variables made in loops, composite names as the state of loops, early returns, iterates.
-- expect: tensor([6.0, 8.0])
-- expect: tensor([6.0, 8.0])
-- expect: 4.0	3.0	2	2.0
-- expect: none
-- expect: 6.0
-- expect: 0
-- expect: true	3.0
-- expect: false	tests/modes/loop_created.lua:86: attempt to perform arithmetic on a nil value (local 'v')
-- expect: 3.0	3.0	3.0	set	2	4	true
-- expect: nil	nil	nil	nil	0	1	true
-- expect: 2.0	nil	1	2.0
-- expect: nil	neg	nil	nil
-- expect: 1	big
-- expect: 0
-- expect: 2	1	10
-- expect: 2	2	12
-- expect: 2	8.0	end
-- expect: a	last
-- expect: b	1
-- expect: nil
-- expect: 0	last
-- expect: c	last
-- expect: true	under	nil	under
-- expect: true	over	195.5	over
-- expect: true	over	200	over
-- expect: 3	11.0	12.0	13.0
-- expect: 2	33.0	36.0	nil
-- expect: 3	2	2.0
-- expect: 2
-- expect: true	all	3.0	3
-- expect: 3
-- expect: false	tests/modes/loop_created.lua:193: zero at 2	1.0	1
-- expect: 5
-- expect: false	1	nil	nil
-- expect: 6
-- expect: false	3	2.0	2
-- expect: 9
-- expect: 10	2	1	4	false
-- expect: 36	3	false	false	9
-- expect: 21	12	false
-- expect: 1	2	false
-- expect: 3.0	102.0
-- expect: 5.0	nil
-- expect: nil	nil
local ms = require "moonstage"

do
  -- a tensor made in the first trip, of a known shape
  local f = ms.stage(function(x)
    local h
    local i = 1
    while x[i]:sum():item() > 0 do
      h = x[i] * 2
      i = i + 1
    end
    return h == nil and "none" or h
  end)
  print(f(ms.tensor { { 1.0, 2 }, { 3, 4 }, { -1, 0 } })) print(f(ms.tensor { { -1.0, 2 }, { 3, 4 }, { -1, 0 } }))
  -- of a nested structure
  local g = ms.stage(function(x)
    local state
    for i = 1, #x do
      if x[i]:item() < 0 then break end
      state = { cell = { c = x[i] * 2, h = x[i] + 1 }, pair = { i, x[i]:item() } }
    end
    if not state then return "none" end
    return state.cell.c, state.cell.h, state.pair[1], state.pair[2]
  end)
  print(g(ms.tensor { 1.0, 2, -1 })) print(g(ms.tensor { -1.0, 2, -1 }))
  -- a plain initial value that becomes a tensor
  local k = ms.stage(function(x)
    local loss = 0
    for i = 1, #x do
      if x[i]:item() < 0 then break end
      loss = loss + x[i] * 2
    end
    return loss
  end)
  print(k(ms.tensor { 1.0, 2, -1 })) print(k(ms.tensor { -1.0, 2, -1 }))
  -- read after no trip: Lua's own error
  local z = ms.stage(function(x)
    local v
    local i = 1
    while x[i]:item() > 0 do v = x[i] * 2 i = i + 1 end
    return v + 1
  end)
  print(pcall(z, ms.tensor { 1.0, -1 })) print(pcall(z, ms.tensor { -1.0, -1 }))
end

do
  -- loops whose only state is composite names, created in the loop, aliased, deep
  local f = ms.stage(function(x)
    local a = { b = {}, l = { 0, { n = 1 } } }
    local alias = a.b
    local i = 1
    while x[i]:item() > 0 do
      a.b.c = (a.b.c or 0) + x[i]:item()
      a["d" .. 1] = a.b.c
      alias.e = "set"
      a.l[1] = a.l[1] + 1
      a.l[2].n = a.l[2].n * 2
      i = i + 1
    end
    return a.b.c, alias.c, a.d1, alias.e, a.l[1], a.l[2].n, a.b == alias
  end)
  print(f(ms.tensor { 1.0, 2, -1 })) print(f(ms.tensor { -1.0 }))
  -- imbalanced branches
  local g = ms.stage(function(x)
    local r = { x = {} }
    if x:item() > 0 then r.x.a = x * 2 r.y = 1 else r.x.b = "neg" end
    if r.y then r.z = r.x.a end
    return r.x.a, r.x.b, r.y, r.z
  end)
  print(g(ms.tensor(1.0))) print(g(ms.tensor(-1.0)))
end

do
  local f = ms.stage(function(x)
    if x:item() > 10 then return "big" end
    local y = x * 2
    if y:item() < 0 then return end
    for i = 1, 3 do
      if y:item() > 8 then return i, y end
      y = y * 2
    end
    do return y, "end" end
  end)
  for _, v in ipairs { 11.0, -1, 5, 3, 0.5 } do print(select("#", f(ms.tensor(v))), f(ms.tensor(v))) end
  local g = ms.stage(function(x)
    local r
    if x:item() > 0 then
      if x:item() > 1 then r = "a" else return "b", 1 end
    elseif x:item() < -1 then
      return nil
    else
      r = x:item() == 0 and 0 or "c"
    end
    return r, "last"
  end)
  for _, v in ipairs { 2.0, 0.5, -3, 0, -0.5 } do print(g(ms.tensor(v))) end
  local h = ms.stage(function(x)
    local function inner(v)
      while true do
        if v > 100 then return "over", v end
        if v < 0 then break end
        v = v * 2 - 3.5
      end
      return "under"
    end
    local ok, a, b = pcall(inner, x:item())
    return ok, a, b, (inner(x:item() + 1))
  end)
  for _, v in ipairs { 2.0, 5, 200 } do print(h(ms.tensor(v))) end
end

do
  -- the iterate after the loop, altered in the body, captured by functions
  local f = ms.stage(function(x)
    local last
    local fs = {}
    for i = 1, 3 do
      last = i
      fs[i] = function() return i * x:item() end
      i = i + 10
      if x:item() > 2 and last == 2 then break end
    end
    return last, fs[1](), fs[2](), fs[3] and fs[3]()
  end)
  print(f(ms.tensor(1.0))) print(f(ms.tensor(3.0)))
  local g = ms.stage(function(x)
    local seen, get = 0, nil
    for i = 1, #x do
      seen = i
      local v = x[i]:item()
      if v > 0 then get = function() return i, v end end
      if v < -5 then break end
    end
    if get then return seen, get() end
    return seen
  end)
  print(g(ms.tensor { 1.0, 2, -1 })) print(g(ms.tensor { -1.0, -7, -1 }))
end

do
  local state = { n = 0 }
  local f = ms.stage(function(x)
    local best
    local ok, e = pcall(function()
      for i = 1, #x do
        local v = x[i]:item()
        state.n = state.n + 1
        if v == 0 then error("zero at " .. i) end
        if v < 0 then error({ at = i }) end
        best = { v = v, i = i }
      end
      return "all"
    end)
    return ok, type(e) == "table" and e.at or e, best and best.v, best and best.i
  end)
  for _, t in ipairs { { 1.0, 2, 3 }, { 1.0, 0, 3 }, { -1.0, 2, 3 }, { 1.0, 2, -3 } } do print(f(ms.tensor(t))) print(state.n) end
end

do
  -- a cache keyed by small symbolic ints, with defaults
  local f = ms.stage(function(x)
    local cache = { false, false, false }
    local hits = 0
    local function square(i)
      if cache[i] then hits = hits + 1 return cache[i] end
      cache[i] = i * i
      return cache[i]
    end
    local s = 0
    for k = 1, #x do s = s + square(x[k]:item()) end
    return s, hits, cache[1], cache[2], cache[3]
  end)
  print(f(ms.tensor { 1, 2, 2, 1 })) print(f(ms.tensor { 3, 3, 3, 3 }))
end

do
  -- two records that swap, one mutated: exact or refused
  local f = ms.stage(function(x)
    local a, b = { v = 1 }, { v = 2 }
    local i = 1
    while x[i]:item() ~= 0 do
      if x[i]:item() > 0 then a, b = b, a else a.v = a.v + 10 end
      i = i + 1
    end
    return a.v, b.v, a == b
  end)
  print(f(ms.tensor { 1.0, -1, 1, -1, -1, 0 })) print(f(ms.tensor { 0.0 }))
  local g = ms.stage(function(x)
    local a, b
    local i = 1
    while x[i]:item() ~= 0 do
      a, b = { v = x[i]:item() }, a
      if b then b.v = b.v + 100 end
      i = i + 1
    end
    return a and a.v, b and b.v
  end)
  print(g(ms.tensor { 1.0, 2, 3, 0 })) print(g(ms.tensor { 5.0, 0 })) print(g(ms.tensor { 0.0 }))
end
