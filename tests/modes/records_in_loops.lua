-- Tables made in loops of the graph: the best so far, optional ones, pairs, nested ones, objects with methods.
-- expect: 5.0	2
-- expect: 9.0	4
-- expect: 5.0	2
-- expect: -inf	0
-- expect: 2.0	1
-- expect: best is big at 2: 5.00
-- expect: 2	big
-- expect: nothing
-- expect: best is small at 2: 2.00
-- expect: 2	small
-- expect: 1	1.0
-- expect: 3	3.0
-- expect: nil	nil
-- expect: 3	6.0	1.0	3.0
-- expect: 1	100.0	100.0	100.0
-- expect: 2	105.0	5.0	100.0
-- expect: nil	nil	0	1
-- expect: 0	1	1	1
-- expect: 5	8	8	13
-- expect: 0
-- expect: 1.0	1	1.0	1
-- expect: 4.0	2	1.0	6
-- expect: nil	nil
-- expect: 3	5.0
-- expect: 1	-4.0
-- expect: 4	2	6	1	0
-- expect: 0	0	0	1	0
-- expect: true	(0, 0)
-- expect: 0	0	0	(0, 0)	true
-- expect: false	(2, 6)
-- expect: 2	6	40	(2, 6)	true
-- expect: 0	1	2	2	0	1
-- expect: 8	13	2	34	8	13
-- expect: none
-- expect: mid	2	nil	true	mid2nil	2
-- expect: big	3	6	false	big36	3
-- expect: none
-- expect: 4	-4	nil	nil	nil
-- expect: nil	nil	true	3	nil
-- expect: nil	nil	nil	nil	true
-- expect: 4	-4	nil	nil	nil
-- expect: nil	nil	true	3	nil
local ms = require "moonstage"

do
  local f = ms.stage(function(x)
    local best = { score = -math.huge, i = 0 }
    for i = 1, x.shape[1] do
      local s = x[i]:item()
      if s > best.score then best = { score = s, i = i } end
    end
    return best.score, best.i
  end)
  print(f(ms.tensor { 1.0, 5.0, 3.0 }))
  print(f(ms.tensor { 1.0, 5.0, 3.0, 9.0, 2.0 }))
  local g = ms.stage(function(x)
    local best = { score = -math.huge, i = 0 }
    local i = 0
    while x[i + 1]:item() >= 0 do
      i = i + 1
      local s = x[i]:item()
      if s > best.score then best = { score = s, i = i } end
    end
    return best
  end)
  for _, t in ipairs { { 1.0, 5.0, 3.0, -1.0 }, { -1.0 }, { 2.0, -1.0 } } do
    local b = g(ms.tensor(t))
    print(b.score, b.i)
  end
end

do
  local f = ms.stage(function(x)
    local best
    local i = 1
    while x[i]:item() > 0 do
      local s = x[i]:item()
      if best == nil or s > best.score then best = { score = s, i = i, tag = s > 3 and "big" or "small" } end
      i = i + 1
    end
    if not best then return "nothing" end
    print(("best is %s at %d: %.2f"):format(best.tag, best.i, best.score))
    return best.i, best.tag
  end)
  print(f(ms.tensor { 1.0, 5.0, 3.0, -1 }))
  print(f(ms.tensor { -1.0, 5.0, 3.0, -1 }))
  print(f(ms.tensor { 1.0, 2.0, -1.0 }))
end

do
  local f = ms.stage(function(x, want)
    local found = nil
    local i = 1
    while true do
      local v = x[i]:item()
      if v < 0 then break end
      if v == want then found = { at = i, value = v } break end
      i = i + 1
    end
    return found
  end)
  for _, w in ipairs { 1, 3, 7 } do
    local r = f(ms.tensor { 1.0, 2.0, 3.0, -1.0 }, w)
    print(r and r.at, r and r.value)
  end
end

do
  local f = ms.stage(function(x)
    local stats = { n = 0, sum = 0, lo = nil, hi = nil }
    for i = 1, #x do
      local v = x[i]:item()
      stats = { n = stats.n + 1, sum = stats.sum + v, lo = (not stats.lo or v < stats.lo) and v or stats.lo,
        hi = (stats.hi == nil or v > stats.hi) and v or stats.hi }
      if v == 100 then break end
    end
    return stats
  end)
  for _, t in ipairs { { 3.0, 1.0, 2.0 }, { 100.0 }, { 5.0, 100.0, 7.0 } } do
    local s = f(ms.tensor(t))
    print(s.n, s.sum, s.lo, s.hi)
  end
end

do
  -- two records that move: previous and current
  local f = ms.stage(function(x)
    local prev, cur = nil, { a = 0, b = 1 }
    local i = 1
    while x[i]:item() > 0 do
      prev = cur
      cur = { a = cur.b, b = cur.a + cur.b }
      i = i + 1
    end
    return prev and prev.a, prev and prev.b, cur.a, cur.b
  end)
  print(f(ms.tensor { -1.0 }))
  print(f(ms.tensor { 1.0, -1.0 }))
  print(f(ms.tensor { 1, 1, 1, 1, 1, 1, -1.0 }))
end

do
  local f = ms.stage(function(x)
    local best, last
    local i = 1
    while x[i]:item() > 0 do
      local r = { v = x[i]:item(), i = i }
      last = r
      if not best or r.v > best.v then best = r end
      i = i + 1
    end
    if not best then return 0 end
    return best.v, best.i, last.v, last.i
  end)
  print(f(ms.tensor { -1.0 }))
  print(f(ms.tensor { 1.0, -1.0 }))
  print(f(ms.tensor { 1, 4, 2, 4, 1, 1, -1.0 }))
end

do
  local f = ms.stage(function(x)
    local acc
    local i = 1
    while x[i]:item() ~= 0 do
      local v = x[i]:item()
      if v < 0 then acc = { n = 0, sum = 0.0 } end
      if acc then
        acc.n = acc.n + 1
        acc.sum = acc.sum + v
      end
      i = i + 1
    end
    return acc and acc.n, acc and acc.sum
  end)
  print(f(ms.tensor { 1.0, 2.0, 0.0 }))
  print(f(ms.tensor { 1.0, -2.0, 3.0, 4.0, 0.0 }))
  print(f(ms.tensor { 1.0, -2.0, 3.0, -4.0, 0.0 }))
end

do
  local f = ms.stage(function(x)
    local state = { pos = { x = 0, y = 0 }, dir = { dx = 1, dy = 0 }, steps = 0 }
    local i = 1
    while x[i]:item() ~= 0 do
      local v = x[i]:item()
      local d = state.dir
      if v == 1 then d = { dx = -d.dy, dy = d.dx } elseif v == 2 then d = { dx = d.dy, dy = -d.dx } end
      state = { pos = { x = state.pos.x + d.dx, y = state.pos.y + d.dy }, dir = d, steps = state.steps + 1 }
      i = i + 1
    end
    return state.pos.x, state.pos.y, state.steps, state.dir.dx, state.dir.dy
  end)
  print(f(ms.tensor { 3, 3, 1, 3, 2, 3, 0 }))
  print(f(ms.tensor { 0 }))
end

do
  local V = {}
  V.__index = V
  V.__add = function(a, b) return V.new(a.x + b.x, a.y + b.y) end
  V.__eq = function(a, b) return a.x == b.x and a.y == b.y end
  V.__tostring = function(a) return ("(%g, %g)"):format(a.x, a.y) end
  function V.new(x, y) return setmetatable({ x = x, y = y }, V) end
  function V:len2() return self.x * self.x + self.y * self.y end
  local f = ms.stage(function(x)
    local p, d = V.new(0, 0), V.new(1, 2)
    local i = 1
    while x[i]:item() > 0 do
      p = p + d
      if p:len2() > 50 then d = V.new(-1, -1) end
      i = i + 1
    end
    print(p == V.new(0, 0), tostring(p))
    return p.x, p.y, p:len2(), p
  end)
  local function show(a, b, c, p) print(a, b, c, p, getmetatable(p) == V) end
  show(f(ms.tensor { -1 }))
  show(f(ms.tensor { 1, 1, 1, 1, 1, 1, -1 }))
end

do
  local f = ms.stage(function(x)
    local ab = { 0, 1 }
    local i = 1
    while x[i]:item() > 0 do
      ab = { ab[2], ab[1] + ab[2] }
      i = i + 1
    end
    local s = 0
    for k, v in ipairs(ab) do s = s + k * v end
    return ab[1], ab[2], #ab, s, table.unpack(ab)
  end)
  print(f(ms.tensor { -1 }))
  print(f(ms.tensor { 1, 1, 1, 1, 1, 1, -1 }))
end

do
  local f = ms.stage(function(x)
    local r
    local i = 1
    while x[i]:item() > 0 do
      local v = x[i]:item()
      if v > 2 then r = { kind = "big", v = v, extra = v * 2 }
      elseif v > 1 then r = { kind = "mid", v = v }
      else r = nil end
      i = i + 1
    end
    if r then return r.kind, r.v, r.extra, r.extra == nil, r end
    return "none"
  end)
  local function show(...)
    local t = table.pack(...)
    local r = t[t.n]
    if type(r) == "table" then
      t[t.n] = (r.kind or "") .. tostring(r.v) .. tostring(r.extra)
      local n = 0
      for k in pairs(r) do n = n + 1 end
      t.n = t.n + 1
      t[t.n] = n
    end
    print(table.unpack(t, 1, t.n))
  end
  show(f(ms.tensor { 1, -1 }))
  show(f(ms.tensor { 3, 2, -1 }))
  show(f(ms.tensor { 2, 3, -1 }))
  show(f(ms.tensor { 2, 3, 1, -1 }))
end

do
  local f = ms.stage(function(x)
    for i = 1, 10 do
      local v = x[i]:item()
      if v < 0 then return { stopped = i, v = v } end
      if v > 100 then return { overflow = true, i = i } end
    end
    return { done = true }
  end)
  local function show(r) print(r.stopped, r.v, r.overflow, r.i, r.done) end
  show(f(ms.tensor { 1, 2, 3, -4, 5, 6, 7, 8, 9, 10 }))
  show(f(ms.tensor { 1, 2, 300, -4, 5, 6, 7, 8, 9, 10 }))
  show(f(ms.tensor { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }))
  local g = ms.stage(function(x)
    local i = 1
    while true do
      local v = x[i]:item()
      if v < 0 then return { stopped = i, v = v } end
      if v > 100 then return { overflow = true, i = i } end
      i = i + 1
    end
  end)
  show(g(ms.tensor { 1, 2, 3, -4, 5, 6, 7, 8, 9, 10 }))
  show(g(ms.tensor { 1, 2, 300, -4, 5, 6, 7, 8, 9, 10 }))
end
