-- One of several tables, chosen by a condition that only the run knows, is written, appended to, walked and compared.
-- expect: 3126	2	true	1	1
-- expect: 28	3	true	nil
-- expect: a!	a!	b
-- expect: b!	a	b!
-- expect: x	x	b
-- expect: y	a	y
-- expect: 4	a!	6	7.0	1.0	first,1,4	true	nil	4	2	1	2	3	here	here	nil
-- expect: 3	b!	6	29.0	-1.0	first,10,3	false	true	3	3	1	2	3	here	nil	4
-- expect: 4	5.0	1	false
-- expect: 1	0	0	true
-- expect: 3	14.0	2	true
-- expect: true	tensor([3.0, 6.0])	2	true	2
-- expect: false	tensor([3.0, 6.0])	tensor([ 5.0, 10.0])
-- expect: 3	2.0	2	true	3.0 2.0 5.0
-- expect: true
-- expect: 5	-1.0	2	true	3.0 2.0 5.0 1.0 -1.0
-- expect: true
-- expect: 48.0	1002
-- expect: 99.0	102
-- expect: true	5.5	2 1 1	5.25	2 1 2
local ms = require "moonstage"

do
  local f = ms.stage(function(x)
    local t = x:item() > 0 and { a = 1, b = 2 } or { z = 3, 5, 6 }
    local s, n = 0, 0
    for k, v in pairs(t) do s = s + v n = n + 1 if x:item() > 5 and n == 1 then break end end
    local ok = next(t) ~= nil
    local u = x:item() > 0 and { 1, 2, 3 } or {}
    for i, v in pairs(u) do s = s * 10 + v end
    for k, v in ms.pairs(t) do s = s + v end
    return s, n, ok, next(u)
  end)
  for _, v in ipairs { 1.0, -1, 7 } do if v ~= 7 then print(f(ms.tensor(v))) end end
end

do
  local f = ms.stage(function(x)
    local v = x:item()
    local a = { tag = "a" }
    local b = { tag = "b" }
    local t = v > 0 and a or b
    t.tag = t.tag .. "!"
    return t.tag, a.tag, b.tag
  end)
  print(f(ms.tensor(1.0))) print(f(ms.tensor(-1.0)))
  local g = ms.stage(function(x)
    local v = x:item()
    local a = { tag = "a" }
    local b = { tag = "b" }
    local t = v > 0 and a or b
    t.tag = v > 0 and "x" or "y"
    return t.tag, a.tag, b.tag
  end)
  print(g(ms.tensor(1.0))) print(g(ms.tensor(-1.0)))
end

do
  local f = ms.stage(function(x)
    local v = x:item()
    local a = { 1, 2, 3, tag = "a" }
    local b = { 10, 20, tag = "b", extra = { deep = true } }
    local t = v > 0 and a or b
    t[#t + 1] = v
    t.tag = t.tag .. "!"
    table.insert(t, 1, "first")
    local n = 0
    for k, w in pairs(t) do n = n + 1 end
    local s = 0
    for i, w in ipairs(t) do if type(w) == "number" then s = s + w end end
    local last = table.remove(t)
    local joined = table.concat({ t[1], t[2], #t }, ",")
    t.yes, t.no, t.cond, t.name = 1, 2, 3, 4
    local u = t
    u.place = "here"
    return #t, t.tag, n, s, last, joined, t == a, t.extra and t.extra.deep, #a, #b, t.yes, t.no, t.cond, t.place, a.place, b.name
  end)
  print(f(ms.tensor(1.0))) print(f(ms.tensor(-1.0)))
end

do
  -- segments: the best so far is the current one, which is then made anew
  local f = ms.stage(function(x)
    local best, cur = nil, { from = 1, sum = 0, n = 0 }
    local i = 1
    while x[i]:item() ~= 0 do
      local v = x[i]:item()
      if v < 0 then
        if not best or cur.sum > best.sum then best = cur end
        cur = { from = i + 1, sum = 0, n = 0 }
      else
        cur.sum = cur.sum + v
        cur.n = cur.n + 1
      end
      i = i + 1
    end
    if not best or cur.sum > best.sum then best = cur end
    return best.from, best.sum, best.n, best == cur
  end)
  print(f(ms.tensor { 1.0, 2, -1, 5, -1, 3, 0 })) print(f(ms.tensor { 0.0 })) print(f(ms.tensor { 1.0, -1, 7, 7, 0 }))
end

do
  -- tables kept in a loop that hold an outer tensor, and tensors made in the trip
  local w = ms.tensor { 1.0, 2 }
  keep = {}
  local f = ms.stage(function(x)
    local i = 1
    while x[i]:item() > 0 do
      keep.best = { w = w, h = w * x[i], i = i, list = { w, i } }
      i = i + 1
    end
  end)
  f(ms.tensor { 1.0, 3, -1 })
  print(rawequal(keep.best.w, w), keep.best.h, keep.best.i, rawequal(keep.best.list[1], w), #keep.best.list)
  local first = keep.best
  f(ms.tensor { 5.0, -1 })
  print(first == keep.best, first.h, keep.best.h)
end

do
  local trainer = { history = {}, best = nil }
  local f = ms.stage(function(x)
    for i = 1, #x do
      local v = x[i]:item()
      trainer.history[#trainer.history + 1] = v
      if not trainer.best or v < trainer.best.loss then trainer.best = { loss = v, epoch = i } end
      if v < 0 then break end
    end
    return #trainer.history, trainer.best
  end)
  for _, t in ipairs { { 3.0, 2, 5 }, { 1.0, -1, 7 } } do
    print(pcall(function()
      local n, b = f(ms.tensor(t)) print(n, b.loss, b.epoch, b == trainer.best, table.concat(trainer.history, " "))
    end))
  end
end

do
  local function bump(r, v)
    if v > r.v then return { v = v, n = r.n + 1 } end
    r.n = r.n + 100
    return r
  end
  local f = ms.stage(function(x)
    local r = { v = 0, n = 0 }
    for i = 1, 12 do
      r = bump(r, x[i]:item())
      if x[i]:item() > 90 then break end
    end
    return r.v, r.n
  end)
  local t = {} for i = 1, 12 do t[i] = (i * 37) % 50 / 1 end
  print(f(ms.tensor(t))) t[3] = 99 print(f(ms.tensor(t)))
end

do
  local f = ms.stage(function(x)
    local beams = { { score = 0, toks = {} } }
    for t = 1, 3 do
      local nxt = {}
      for _, b in ipairs(beams) do
        for k = 1, 2 do
          local toks = {}
          for i, w in ipairs(b.toks) do toks[i] = w end
          toks[#toks + 1] = k
          nxt[#nxt + 1] = { score = b.score + x[t][k]:item(), toks = toks }
        end
      end
      table.sort(nxt, function(p, q) return p.score > q.score end)
      beams = { nxt[1], nxt[2] }
    end
    return beams[1].score, table.concat(beams[1].toks, " "), beams[2].score, table.concat(beams[2].toks, " ")
  end)
  print(pcall(f, ms.tensor { { 1.0, 2 }, { 3, 1 }, { 0.5, 0.25 } }))
end
