-- Values that are there on some paths only, and what is chosen by a condition: numbers, strings, functions, tables.
-- expect: one	1	one	3	10
-- expect: ONE	1	oneone
-- expect: two	2	two	3	20
-- expect: TWO	2	twotwo
-- expect: nil	3	default	nil	30
-- expect: N5	3	
-- expect: nil	nil	default	nil	nil
-- expect: nil	no 7
-- expect: mean 2.333 of 3
-- expect: 2.3333333333333	3
-- expect: nil	nil
-- expect: mean 3.000 of 1
-- expect: 3.0	1
-- expect: low	2
-- expect: nil	0
-- expect: 1	2
-- expect: 3.0	relu	1.7320508075689	false	function	true	3.0
-- expect: 1	2
-- expect: 1.5	id	1.2247448713916	true	function	true	1.5
-- expect: 1	2
-- expect: 0.5	id	0.5	true	function	true	0.5
-- expect: 1	2	3
-- expect: 
-- expect: 0	step	0	false	function	true	0
-- expect: 4.0	rect 2.0	true	0	2.0
-- expect: true	false	tests/modes/optionals.lua:121: attempt to perform arithmetic on a table value (upvalue 's')
-- expect: true	true	cat
-- expect: rect 2.0
-- expect: 12.0	circle 2.0	false	0	2.0
-- expect: true	true	sum
-- expect: false	false	tests/modes/optionals.lua:122: attempt to concatenate a table value (upvalue 's')
-- expect: circle 2.0
-- expect: 3.0	4	2	push	1	2	1.0	push
-- expect: nil	nil	0	empty	1	0	nil	empty
-- expect: 2.0	4	2	pop	1	2	nil	pop
-- expect: 2	integer	0.66666666666667	1	1	2
-- expect: 2.5	float	0.83333333333333	1	1	2
-- expect: 0	integer	nil	0	4	0
-- expect: 120	integer	60.0	0	0	2
-- expect: sgd	0.1	0.9	false	false
-- expect: tensor([0.86, 1.77])	sgd
-- expect: careful	0.01	0	false	true
-- expect: tensor([0.985, 1.995])	careful
-- expect: 3	5.0	nil	1
-- expect: 2	99.0	true	0
-- expect: nil	nil	nil	4
-- expect: 5.000 true 0	true
-- expect: 1.414 false 14	false
local ms = require "moonstage"

do
  -- optional numbers and strings through functions, defaults, several results
  local function lookup(t, key) for i, row in ipairs(t) do if row.key == key then return row.value, i end end end
  local rows = { { key = 1, value = "one" }, { key = 2, value = "two" }, { key = 5, value = nil } }
  local f = ms.stage(function(x)
    local k = x:item()
    local v, i = lookup(rows, k)
    print(v, i, v or "default", v and #v, i and i * 10)
    local name = v or ("n" .. k)
    if not v and not i then return nil, "no " .. k end
    return name:upper(), i, (v or ""):rep(2)
  end)
  for _, k in ipairs { 1, 2, 5, 7 } do print(f(ms.tensor(k))) end
end

do
  local f = ms.stage(function(x)
    local mean, count
    for i = 1, #x do
      local v = x[i]:item()
      if v == -1 then break end
      if i == 1 then mean, count = v, 1
      else count = count + 1 mean = mean + (v - mean) / count end
    end
    if count then print(("mean %.3f of %d"):format(mean, count)) end
    return mean, count
  end)
  print(f(ms.tensor { 1.0, 2, 4 })) print(f(ms.tensor { -1.0, 2, 4 })) print(f(ms.tensor { 3.0, -1, 4 }))
  local g = ms.stage(function(x)
    local prev
    local changes = 0
    local i = 1
    while x[i]:item() >= 0 do
      local cur = x[i]:item() > 2 and "high" or "low"
      if prev and prev ~= cur then changes = changes + 1 end
      prev = cur
      i = i + 1
    end
    return prev, changes
  end)
  print(g(ms.tensor { 1.0, 3, 3, 1, -1 })) print(g(ms.tensor { -1.0, 3, 3, 1, -1 }))
end

do
  local acts = { relu = function(v) return v > 0 and v or 0 end, id = function(v) return v end,
    step = function(v) if v > 0 then return 1 end return 0 end }
  local f = ms.stage(function(x)
    local v = x:item()
    local name = v > 2 and "relu" or v > 0 and "id" or "step"
    local act = acts[name]
    local post = v > 1 and math.sqrt or tostring
    local g = v > 0 and function(a, ...) return a, select("#", ...) end or print
    print(g(1, 2, 3))
    local h = v > 2 and nil or act
    local ok, e = pcall(function() return h(v) end)
    return act(v), name, post(act(v)), act == acts.id, type(act), ok, e
  end)
  for _, v in ipairs { 3.0, 1.5, 0.5, -2.0 } do print(f(ms.tensor(v))) end
end

do
  local P = { __index = { area = function(s) return s.w * s.h end }, __tostring = function(s) return "rect " .. s.w end, __len = function(s) return 4 end,
    __call = function(s, k) return s.w * k end, __eq = function(a, b) return a.w == b.w end, __lt = function(a, b) return a.w < b.w end, __concat = function(a, b) return "cat" end }
  local Q = { __index = { area = function(s) return s.r * s.r * 3 end }, __tostring = function(s) return "circle " .. s.r end,
    __add = function(a, b) return "sum" end, __unm = function(a) return a.r end }
  local f = ms.stage(function(x)
    local v = x:item()
    local s = v > 0 and setmetatable({ w = v, h = 2 }, P) or setmetatable({ r = -v }, Q)
    print(s:area(), tostring(s), getmetatable(s) == P, rawlen(s), s.w or s.r)
    print(pcall(function() return #s end), pcall(function() return s + 1 end))
    print(pcall(function() return s(3) end), pcall(function() return s .. "x" end))
    return s
  end)
  print(tostring(f(ms.tensor(2.0)))) print(tostring(f(ms.tensor(-2.0))))
end

do
  -- a state machine with a stack of fixed depth, records in records, mutation inside
  local f = ms.stage(function(x)
    local s = { top = nil, depth = 0, trace = { last = "none", count = 0 } }
    for i = 1, #x do
      local v = x[i]:item()
      if v > 0 then
        s.top = { value = v, below = s.top and s.top.value, at = i }
        s.depth = s.depth + 1
        s.trace.last = "push"
      elseif s.top then
        s.top = s.top.below and { value = s.top.below, at = i } or nil
        s.depth = s.depth - 1
        s.trace = { last = "pop", count = s.trace.count + 1 }
      else
        s.trace.last = "empty"
        break
      end
    end
    return s.top and s.top.value, s.top and s.top.at, s.depth, s.trace.last, s.trace.count, s
  end)
  local function show(a, b, c, d, e, s) print(a, b, c, d, e, s.depth, s.top and s.top.below, s.trace.last) end
  show(f(ms.tensor { 1.0, 2, -1, 3 })) show(f(ms.tensor { 1.0, -2, -1, 3 })) show(f(ms.tensor { 1.0, 2, 3, -1 }))
end

do
  local f = ms.stage(function(x)
    local total, n = 0, 0
    local hist = { neg = 0, zero = 0, pos = 0 }
    for i = 1, #x do
      local v = x[i]:item()
      local bin = v < 0 and "neg" or v == 0 and "zero" or "pos"
      hist[bin] = hist[bin] + 1
      if bin ~= "zero" then total = total + (v % 1 == 0 and math.tointeger(v) or v) n = n + 1 end
      if total > 100 then break end
    end
    return total, math.type(total), n > 0 and total / n or nil, hist.neg, hist.zero, hist.pos
  end)
  print(f(ms.tensor { 1.0, -2, 0, 3 })) print(f(ms.tensor { 1.5, -2, 0, 3 })) print(f(ms.tensor { 0.0, 0, 0, 0 })) print(f(ms.tensor { 70.0, 50, 0.5, 0 }))
end

do
  local defaults = { lr = 0.1, momentum = 0, nesterov = false, name = "sgd" }
  local function make(opts)
    local o = setmetatable({}, { __index = defaults })
    for k, v in pairs(opts) do o[k] = v end
    return o
  end
  local f = ms.stage(function(w, g)
    local norm = (g * g):sum():item()
    local opt = norm > 1 and make { lr = 0.01, name = "careful" } or make { momentum = 0.9 }
    local buf = opt.momentum > 0 and w * opt.momentum or nil
    local step = buf and buf + g or g
    print(opt.name, opt.lr, opt.momentum, opt.nesterov, buf == nil)
    return w - opt.lr * step, opt.name
  end)
  print(f(ms.tensor { 1.0, 2 }, ms.tensor { 0.5, 0.5 })) print(f(ms.tensor { 1.0, 2 }, ms.tensor { 1.5, 0.5 }))
end

do
  local f = ms.stage(function(x)
    local best, skipped = nil, 0
    for i = 1, #x do
      local v = x[i]:item()
      if v ~= v then skipped = skipped + 1 goto continue end
      if v > 90 then return { at = i, v = v, early = true }, skipped end
      if best and v <= best.v then goto continue end
      best = { at = i, v = v }
      ::continue::
    end
    return best, skipped
  end)
  local function show(b, s) print(b and b.at, b and b.v, b and b.early, s) end
  show(f(ms.tensor { 0 / 0, 2, 5, 1 })) show(f(ms.tensor { 3.0, 99, 0 / 0, 1 })) show(f(ms.tensor { 0 / 0, 0 / 0, 0 / 0, 0 / 0 }))
end

do
  -- bisection keeping a bracket record
  local f = ms.stage(function(c)
    local target = c:item()
    local b = { lo = 0.0, hi = 10.0, evals = 0 }
    local root
    while b.hi - b.lo > 1e-3 and b.evals < 60 do
      local mid = (b.lo + b.hi) / 2
      local y = mid * mid - target
      if y == 0 then root = { x = mid, exact = true } break end
      b = y > 0 and { lo = b.lo, hi = mid, evals = b.evals + 1 } or { lo = mid, hi = b.hi, evals = b.evals + 1 }
    end
    root = root or { x = (b.lo + b.hi) / 2, exact = false }
    return ("%.3f %s %d"):format(root.x, root.exact, b.evals), root.exact
  end)
  print(f(ms.tensor(25.0))) print(f(ms.tensor(2.0)))
end
