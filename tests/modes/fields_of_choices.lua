-- Fields, methods, keys and operators of tables, texts and numbers that are chosen by a condition only the run knows.
-- expect: A	nil	true	2	20	A	1	z=3	nil	isA
-- expect: B	only B	false	3.5	13.5	B	1	z=6.5	only B	isB
-- expect: A	nil	true	2	20	A	1	z=5	nil	isA
-- expect: 2	1	5	6.5
-- expect: small	1	0.3
-- expect: small	2	0.57
-- expect: small	3	0.81299996
-- expect: 0.81299996376038	small	true
-- expect: large	1	6.5
-- expect: large	2	9.75
-- expect: 9.75	large	true
-- expect: 3	integer	true	3	3	3|3
-- expect: 3	integer	1	1.5	1	false	-3	false
-- expect: 9.5	float	false	9.5	9.5	9.5|9.5
-- expect: 9.5	float	4.0	4.75	1.5	false	-9.5	true
-- expect: 8.0	float	false	8.0	8.0	8.0|8
-- expect: 8.0	float	4.0	4.0	0.0	false	-8.0	true
-- expect: 1	3	true	2	2	0	1	1.0	-1	true	true	1|	integer	1
-- expect: number	false	3	1	false	boolean	true
-- expect: 1
-- expect: 1	3	true	1	3	true
-- expect: true
-- expect: 1	3	nil	2	2	0	1	1.0	-1	true	true	1|	integer	1
-- expect: number	false	3	0	true	nil	nil
-- expect: 1
-- expect: 1	3	nil	1	3	nil
-- expect: true
-- expect: 1	3	nil	2	2	0	1	1.0	-1	true	true	1|	integer	1
-- expect: number	false	3	0	true	nil	nil
-- expect: 1
-- expect: 1	3	nil	1	3	nil
-- expect: true
-- expect: 2.5	3	neg	3.5	5.0	1.0	0.5	6.25	-2.5	false	false	2.5|	float	3
-- expect: number	false	3	1	false	string	neg
-- expect: false	tests/modes/fields_of_choices.lua:116: number (local 'n') has no integer representation
-- expect: 2.5	3	nil	3.5	5.0	1.0	0.5	6.25	-2.5	false	false	2.5|	float	3
-- expect: number	false	3	0	true	nil	nil
-- expect: false	tests/modes/fields_of_choices.lua:116: number (local 'n') has no integer representation
-- expect: dog	0.69999998807907	!
-- expect: cat	0.89999997615814	?
-- expect: fox	1.2000000476837	?
-- expect: 12 34 5	51	number	3
-- expect: 1 -2 3	2	number	3
-- expect: 1-2	nil	unexpected - at 2
-- expect: 9x 	nil	bad byte 120 in state number
-- expect: 7    	7	space	1
-- expect:        	nil	space	0
-- expect: epoch 1: loss 1.000 (good)
-- expect: epoch 2: loss 3.000 (good)
-- expect: epoch 3: loss 6.000 (bad)
-- expect: epoch 1: loss 1.000 (good)
-- expect: epoch 2: loss 3.000 (good)
-- expect: epoch 3: loss 6.000 (bad)
-- expect: a, 1.0, 3, 6.0	77
-- expect: epoch 1: loss 1.000 (good)/epoch 2: loss 3.000 (good)/epoch 3: loss 6.000 (bad)	6.0	t6.03
local ms = require "moonstage"

do
  local A = { name = "A", k = 2, run = function(self, v) return v * self.k end, sub = { z = 1 } }
  local B = { name = "B", k = 3.5, run = function(self, v) return v + self.k end, sub = { z = 2 }, extra = "only B" }
  local f = ms.stage(function(x)
    local t = x:item() > 0 and A or B
    t.count = (t.count or 0) + 1
    t.sub.z = t.sub.z + t:run(1)
    local r = {}
    for k, v in pairs(t.sub) do r[#r + 1] = k .. "=" .. v end
    return t.name, t.extra, t == A, t.k, t:run(10), t["na" .. "me"], #r, r[1], rawget(t, "extra"), t
  end)
  local function show(...) local t = table.pack(...) t[t.n] = t[t.n] == A and "isA" or "isB" print(table.unpack(t, 1, t.n)) end
  show(f(ms.tensor(1.0))) show(f(ms.tensor(-1.0))) show(f(ms.tensor(1.0)))
  print(A.count, B.count, A.sub.z, B.sub.z)
end

do
  local small = { lr = 0.1, steps = 3, act = function(v) return v end, name = "small" }
  local large = { lr = 0.5, steps = 2, act = function(v) return math.max(v, 0) end, name = "large" }
  local f = ms.stage(function(x, w)
    local cfg = x:sum():item() > 10 and large or small
    for s = 1, cfg.steps do
      w = w - cfg.lr * (w - x)
      print(cfg.name, s, w:sum())
    end
    return cfg.act(w:sum():item()), cfg.name, cfg
  end)
  local a, b, c = f(ms.tensor { 1.0, 2.0 }, ms.zeros(2))
  print(a, b, c == small)
  a, b, c = f(ms.tensor { 11.0, 2.0 }, ms.zeros(2))
  print(a, b, c == large)
end

do
  local f = ms.stage(function(x)
    local s = 0
    for i = 1, #x do
      local v = x[i]:item()
      if v > 5 then s = s + v elseif v > 0 then s = s + 1 else s = s // 1 end
      if v == 99 then break end
    end
    print(s, math.type(s), s == 3, tostring(s), s .. "", ("%s|%g"):format(s, s))
    return s, math.type(s), s // 2, s / 2, s % 2, s < 3, -s, s ~= 3
  end)
  print(f(ms.tensor { 1.0, 2.0, 3.0 }))
  print(f(ms.tensor { 1.0, 2.0, 7.5 }))
  print(f(ms.tensor { 1.0, 7.5, -1.0 }))
end

do
  local f = ms.stage(function(x)
    local v = x:item()
    local n = v > 0 and 1 or 2.5
    local m = v > 1 and nil or 3
    local b = v > 2 and true or v < -2 and "neg" or nil
    print(n, m, b, n + 1, n * 2, n // 2, n % 2, n ^ 2, -n, n == 1, n < 2, n .. "|", math.type(n), #tostring(n))
    print(type(m), m == nil, m or "none", b and 1 or 0, not b, type(b), tostring(b))
    print(n & 1)
    return n, m, b, { n = n, m = m, b = b }
  end)
  for _, v in ipairs { 3.0, 1.5, 0.5, -3.0, -1.0 } do print(pcall(function()
    local a, b, c, t = f(ms.tensor(v)) print(a, b, c, t.n, t.m, t.b) end)) end
end

do
  local function argmax(x)
    local bi, bv
    for i = 1, #x do
      local v = x[i]:item()
      if not bv or v > bv then bi, bv = i, v end
    end
    return bi, bv
  end
  local names = { "cat", "dog", "fox" }
  local f = ms.stage(function(x)
    local i, v = argmax(x)
    if not i then return "empty" end
    return names[i], v, i == 2 and "!" or "?"
  end)
  print(f(ms.tensor { 0.1, 0.7, 0.2 })) print(f(ms.tensor { 0.9, 0.7, 0.2 })) print(f(ms.tensor { 0.9, 0.7, 1.2 }))
end

do
  local f = ms.stage(function(bytes)
    local state, value, out = "start", 0, nil
    local tokens, sign = 0, 1
    for i = 1, #bytes do
      local c = bytes[i]:item()
      if c >= 48 and c <= 57 then
        if state ~= "number" then tokens = tokens + 1 value = 0 end
        state = "number"
        value = value * 10 + (c - 48)
      elseif c == 45 then
        if state == "number" then return nil, "unexpected - at " .. i end
        state, sign = "sign", -sign
      elseif c == 32 then
        if state == "number" then out = (out or 0) + sign * value sign = 1 end
        state = "space"
      else
        return nil, ("bad byte %d in state %s"):format(c, state)
      end
    end
    if state == "number" then out = (out or 0) + sign * value end
    return out, state, tokens
  end)
  local function run(s) print(s, f(ms.tensor { s:byte(1, -1) })) end
  run "12 34 5" run "1 -2 3" run "1-2" run "9x " run "7    "
  run "       "
end

do
  local f = ms.stage(function(x)
    local lines = {}
    local loss = 0
    for e = 1, 3 do
      loss = loss + x[e]:item()
      lines[e] = ("epoch %d: loss %.3f (%s)"):format(e, loss, loss > 3 and "bad" or "good")
      print(lines[e])
    end
    print(table.concat(lines, "\n"))
    local parts = { "a", x[1]:item(), 3, loss }
    print(table.concat(parts, ", "), #table.concat(lines))
    return table.concat(lines, "/"), tostring(loss), "t" .. loss .. 3
  end)
  print(f(ms.tensor { 1.0, 2.0, 3.0 }))
end
