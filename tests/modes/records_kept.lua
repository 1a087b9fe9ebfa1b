-- Tables made in loops of the graph and kept outside of them: in fields of outside tables and in globals.
-- expect: 3	2	true
-- expect: 3	2	true
-- expect: true
-- expect: 1.0	4	step 4	1	true
-- expect: true
-- expect: 1.0	4	step 4	5	true
-- expect: true
-- expect: 0.0	2	step 2	1	true
-- expect: true
-- expect: nil	nil	1	true
-- expect: true
-- expect: 3.0	2	4	true
-- expect: true
-- expect: 8.0	3	5	true
-- expect: true
-- expect: true	nil	nil	nil	nil
-- expect: true	first	2	2	3.0
local ms = require "moonstage"

do
  local model = { best = nil, log = {} }
  local f = ms.stage(function(x)
    local i = 1
    while x[i]:item() > 0 do
      local v = x[i]:item()
      if not model.best or v > model.best.v then model.best = { v = v, i = i } end
      i = i + 1
    end
    return model.best
  end)
  print(pcall(function()
    local b = f(ms.tensor { 1, 3, 2, -1 })
    print(b.v, b.i, b == model.best)
    b = f(ms.tensor { 1, 2, -1 })
    print(b.v, b.i, b == model.best)
  end))
end

do
  local trainer = { best = { loss = 1e9, step = 0 }, history = {} }
  function trainer:fit(x)
    for i = 1, #x do
      local loss = x[i]:item()
      if loss < self.best.loss then
        self.best = { loss = loss, step = i, note = ("step %d"):format(i) }
      end
      self.best.seen = (self.best.seen or 0) + 1
      if loss == 0 then break end
    end
    return self.best
  end
  local fit = ms.stage(function(x) return trainer:fit(x) end)
  local function run(t)
    local b = fit(ms.tensor(t))
    print(b.loss, b.step, b.note, b.seen, b == trainer.best)
  end
  print(pcall(run, { 3.0, 2, 5, 1 })) print(pcall(run, { 3.0, 2, 5, 4 })) print(pcall(run, { 3.0, 0, 5, 4 }))
end

do
  best, last = nil, nil
  local f = ms.stage(function(x)
    local i = 1
    while x[i]:item() > 0 do
      local r = { v = x[i]:item(), i = i }
      if not best or r.v > best.v then best = r end
      i = i + 1
    end
    return best, i
  end)
  local function run(t) local b, i = f(ms.tensor(t)) print(b and b.v, b and b.i, i, b == best) end
  print(pcall(run, { -1.0 })) print(pcall(run, { 1.0, 3, 2, -1 })) print(pcall(run, { 2.0, 7, 8, 1, -1 }))
end

do
  local f = ms.stage(function(x)
    local i, first, rows = 1, nil, nil
    while x[i]:item() > 0 do
      if i == 1 then first = "first" end
      rows = (rows or 0) + 1
      last = { i = i, f = x[i]:item() }
      i = i + 1
    end
    local r = last
    last = nil
    return first, rows, r and r.i, r and r.f
  end)
  print(pcall(f, ms.tensor { -1.0 }))
  print(pcall(f, ms.tensor { 2.0, 3.0, -1.0 }))
end
