-- Searches, windows, beams and automata whose state is a table made anew in every trip.
-- expect: true	nil	nil
-- expect: true	3	nil
-- expect: true	12	11
-- expect: 4.3333333333333	6	5	4	3
-- expect: 135.0	4	2	3	400
-- expect: -inf	nil	0	1	2
-- expect: -2.6000000014901	1	-3.3000000119209	3
-- expect: converged after 7 steps: best 0.0005 at step 7
-- expect: 0.00054931640625	2.9765625	7	converged	7
-- expect: patience after 3 steps: best 2.2500 at step 1
-- expect: 2.25	1.5	1	patience	3
-- expect: converged after 1 steps: best 0.0000 at step 1
-- expect: 0.0	3.0	1	converged	1
-- expect: ab(cd)e	true	start	0	3
-- expect: ((a)b	true	inside	1	0
-- expect: aaaaaaa	true	start	0	7
-- expect: 3	5.0	1.0	4.0	3	3	5.0	3
-- expect: 3	5.0	-4.0	nil	nil	3	5.0	nil
-- expect: 2	5.0	1.0	5.0	2	2	5.0	2
-- expect: 3	5.0	3
-- expect: 2	9.0	2
-- expect: 1	-inf	0
-- expect: true	4.0
-- expect: false	tests/modes/records_of_searches.lua:188: attempt to index a nil value (local 'r')
-- expect: true	false	7.0	2
-- expect: true	true	end	false
-- expect: none
-- expect: 1=10 2=20 3=2.0 name=n2 1:10 2:20 3:2.0	4	1	4	10/20/2.0/more
-- expect: 0	none	2	nil	0	none	2	2	nil
-- expect: 5.0	large	8	2	5.0	large	8	2	2
local ms = require "moonstage"

do
  local f = ms.stage(function(x)
    local head
    local i = 1
    while x[i]:item() > 0 do
      head = { v = x[i]:item(), next = head }
      i = i + 1
    end
    return head and head.v, head and head.next and head.next.v
  end)
  print(pcall(f, ms.tensor { -1 }))
  print(pcall(f, ms.tensor { 3, -1 }))
  print(pcall(f, ms.tensor { 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -1 }))
end

do
  local f = ms.stage(function(x)
    local w = { 0, 0, 0 }
    local best, at = -math.huge, nil
    for i = 1, #x do
      w = { w[2], w[3], x[i]:item() }
      local s = (w[1] + w[2] + w[3]) / 3
      if i >= 3 and s > best then best, at = s, i end
      if s > 50 then break end
    end
    return best, at, w[1], w[2], w[3]
  end)
  print(f(ms.tensor { 1, 2, 3, 4, 5, 4, 3 }))
  print(f(ms.tensor { 1, 2, 3, 400, 5, 4, 3 }))
  print(f(ms.tensor { 1, 2 }))
end

do
  local f = ms.stage(function(p)
    local hyps = { { score = 0.0, last = 1, len = 0 }, { score = -1.0, last = 2, len = 0 } }
    for t = 1, p.shape[1] do
      local a, b = hyps[1], hyps[2]
      local cand = {}
      for _, h in ipairs { a, b } do
        for k = 1, 2 do
          cand[#cand + 1] = { score = h.score + p[t][h.last][k]:item(), last = k, len = h.len + 1 }
        end
      end
      local n1, n2
      for _, c in ipairs(cand) do
        if not n1 or c.score > n1.score then n1, n2 = c, n1
        elseif not n2 or c.score > n2.score then n2 = c end
      end
      hyps = { n1, n2 }
      if n1.score < -5 then break end
    end
    return hyps[1].score, hyps[1].last, hyps[2].score, hyps[1].len
  end)
  local p = ms.tensor { { { -1.0, -2 }, { -3, -0.5 } }, { { -0.1, -2 }, { -0.3, -0.5 } }, { { -1.5, -2.2 }, { -3.1, -1.5 } } }
  print(f(p))
end

do
  -- an optimiser-like loop with early stopping and a record of the best, a list of plain records
  local f = ms.stage(function(xs, lr, patience)
    local w = 0.0
    local best = { loss = math.huge, w = w, step = 0 }
    local since, step, why = 0, 0, "exhausted"
    for s = 1, #xs do
      step = s
      local g = 2 * (w - xs[s]:item())
      w = w - lr * g
      local loss = (w - 3) ^ 2
      if loss < best.loss - 1e-6 then
        best = { loss = loss, w = w, step = s }
        since = 0
      else
        since = since + 1
        if since >= patience then why = "patience" break end
      end
      if loss < 1e-3 then why = "converged" break end
    end
    print(("%s after %d steps: best %.4f at step %d"):format(why, step, best.loss, best.step))
    return best, why, step
  end)
  local function run(t, ...) local b, why, s = f(ms.tensor(t), ...) print(b.loss, b.w, b.step, why, s) end
  run({ 3.0, 3, 3, 3, 3, 3, 3, 3 }, 0.25, 2)
  run({ 3.0, 9, -9, 9, -9, 3, 3, 3 }, 0.25, 2)
  run({ 6.0, 3, 3 }, 0.25, 2)
end

do
  -- tokenizer with a table of handlers by state
  local handlers = {}
  function handlers.start(s, c) if c == 40 then return { mode = "inside", depth = s.depth + 1, n = s.n } end
    return { mode = "start", depth = s.depth, n = s.n + 1 } end
  function handlers.inside(s, c)
    if c == 41 then return { mode = s.depth == 1 and "start" or "inside", depth = s.depth - 1, n = s.n } end
    if c == 40 then return { mode = "inside", depth = s.depth + 1, n = s.n } end
    return s
  end
  local f = ms.stage(function(b)
    local s = { mode = "start", depth = 0, n = 0 }
    for i = 1, #b do
      s = handlers[s.mode](s, b[i]:item())
      if s.depth < 0 then error("unbalanced at " .. i) end
    end
    return s.mode, s.depth, s.n
  end)
  local function run(s) print(s, pcall(f, ms.tensor { s:byte(1, -1) })) end
  run "ab(cd)e" run "((a)b" run "aaaaaaa"
end

do
  local f = ms.stage(function(x, n)
    local q = { head = nil, size = 0, stats = { max = -1 / 0, min = 1 / 0 } }
    local i = 0
    repeat
      i = i + 1
      local v = x[i]:item()
      q.stats = { max = math.max(q.stats.max, v), min = math.min(q.stats.min, v) }
      q.size = q.size + 1
      if v > 3 then q.head = { value = v, at = i } else q.head = nil end
    until v < 0 or i == n
    return q.size, q.stats.max, q.stats.min, q.head and q.head.value, q.head and q.head.at, q
  end)
  local function show(a, b, c, d, e, q) print(a, b, c, d, e, q.size, q.stats.max, q.head and q.head.at) end
  show(f(ms.tensor { 1.0, 5, 4, 2 }, 3)) show(f(ms.tensor { 1.0, 5, -4, 2 }, 3)) show(f(ms.tensor { 1.0, 5, -4, 2 }, 2))
end

do
  local f = ms.stage(function(x)
    local best
    for i = 1, x.shape[1] do
      local row = { i = i, max = -1 / 0, at = 0 }
      local j = 1
      while j <= x.shape[2] and x[i][j]:item() >= 0 do
        local v = x[i][j]:item()
        if v > row.max then row = { i = i, max = v, at = j } end
        j = j + 1
      end
      if not best or row.max > best.max then best = row end
      if best.max == 9 then break end
    end
    return best.i, best.max, best.at
  end)
  print(f(ms.tensor { { 1.0, 2, 3 }, { 4, -1, 8 }, { 2, 2, 5 } }))
  print(f(ms.tensor { { 1.0, 2, 3 }, { 4, 9, 8 }, { 2, 2, 5 } }))
  print(f(ms.tensor { { -1.0, 2, 3 }, { -4, 9, 8 }, { -2, 2, 5 } }))
end

do
  local f = ms.stage(function(x)
    local r
    for i = 1, 4 do
      local v = x[i]:item()
      if v > 2 then r = { v = v } end
      if v < -5 then break end
    end
    return r.v + 1
  end)
  print(pcall(f, ms.tensor { 1.0, 3, 1, 1 })) print(pcall(f, ms.tensor { 1.0, 1, 1, 1 }))
  local g = ms.stage(function(x)
    local ok, e = pcall(function()
      local i = 1
      while true do
        local v = x[i]:item()
        if v > 5 then error({ code = v, at = i }) end
        if v < 0 then return "end" end
        i = i + 1
      end
    end)
    return ok, type(e) == "table" and e.code or e, type(e) == "table" and e.at
  end)
  print(pcall(g, ms.tensor { 1.0, 7, 1, 1 })) print(pcall(g, ms.tensor { 1.0, 2, -1, 1 }))
end

do
  local f = ms.stage(function(x)
    local t
    local i = 1
    while x[i]:item() > 0 do
      t = { 10, 20, x[i]:item(), name = "n" .. i }
      i = i + 1
    end
    if not t then return "none" end
    local out = {}
    for k, v in pairs(t) do out[#out + 1] = tostring(k) .. "=" .. tostring(v) end
    for k, v in ipairs(t) do out[#out + 1] = k .. ":" .. v end
    t[#t + 1] = "more"
    local n = next(t)
    return table.concat(out, " "), #t, n, select("#", table.unpack(t)), table.concat(t, "/")
  end)
  print(f(ms.tensor { -1.0 })) print(f(ms.tensor { 1.0, 2, -1 }))
end

do
  -- composite names as loop state
  local f = ms.stage(function(x)
    local a = { b = { c = 0, d = "none" }, list = { 1, 2 } }
    local i = 1
    while x[i]:item() > 0 do
      a.b.c = a.b.c + x[i]:item()
      a.b.d = a.b.c > 3 and "large" or "small"
      a.list[2] = a.list[2] * 2
      a.extra = (a.extra or 0) + 1
      i = i + 1
    end
    return a.b.c, a.b.d, a.list[2], a.extra, a
  end)
  local function show(c, d, l, e, a) print(c, d, l, e, a.b.c, a.b.d, a.list[2], #a.list, a.extra) end
  show(f(ms.tensor { -1.0 }))
  show(f(ms.tensor { 2.0, 3.0, -1.0 }))
end
