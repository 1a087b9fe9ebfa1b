-- Arguments, keys and texts that are chosen by a condition that only the run knows.
-- expect: tensor([2.0, 4.0])	tensor([1.0, 2.0])	tensor([2, 2])
-- expect: 3.0
-- expect: tensor([1.0, 2.0])	tensor([2.7182817,  7.389056])
-- expect: 3.0	false	userdata
-- expect: tensor([2.0, 3.0])	tensor([2.0, 4.0])	0
-- expect: 3.0
-- expect: tensor([1.0, 2.0])	2
-- expect: tensor([-0.5, -1.0])	tensor([0.25, 0.25])	tensor([0.5, 0.5])
-- expect: -3.0
-- expect: tensor([-0.7615942, -0.9640276])	tensor([1.0, 2.0])
-- expect: nil	true	nil
-- expect: 4	6	0
-- expect: -1.5
-- expect: 3	0.5
-- expect: 17	0	160	-10	100x10	1	1024.0	16	10	7.25	7
-- expect: true	true	false	false	false	tests/modes/chosen_arguments.lua:101: attempt to compare string with number
-- expect: 7 7  7.00	1	integer	7
-- expect: abab	bc	120
-- expect: one	true	true
-- expect: 1 2 7;8;9;
-- expect: true	7	10	0x10
-- expect: 17	0	20	-10	102	1	1024.0	2	10	7.25	7
-- expect: true	true	false	false	false	tests/modes/chosen_arguments.lua:101: attempt to compare string with number
-- expect: 7 7  7.00	1	integer	7
-- expect: abab	bc	120
-- expect: one	true	true
-- expect: 1 2 7;8;9;
-- expect: true	7	10	2
-- expect: 10	2	6	-3	32	1	8.0	2	3	7.25	7
-- expect: true	true	true	true	true	true
-- expect: 7 7  7.00	1	integer	7
-- expect: abab	bc	120
-- expect: one	true	true
-- expect: 1 2 7;8;9;
-- expect: true	7	3	2
-- expect: 10.5	2.0	6	-3	32	1.5	8.0	2	3	7.5	7
-- expect: true	false	true	true	true	true
-- expect: 7.5 7  7.50	3	float	nil
-- expect: ababab	abc	120
-- expect: two	false	false
-- expect: 1 2 3 7.5;8;8.5;9;
-- expect: true	7.5	3	2
-- expect: level=warn n=3
-- expect: [warn ]   3.00|3|"warn"
-- expect: a-3-warn-3.0
-- expect: warn: 3.0	9	warn	3
-- expect: false	tests/modes/chosen_arguments.lua:125: warn
-- expect: true	3	warn	warn: 3.0
-- expect: level=info n=3
-- expect: [info ]   3.00|3|"info"
-- expect: a-3-info-0.5
-- expect: info: 0.5	9	info	3
-- expect: false	tests/modes/chosen_arguments.lua:125: info
-- expect: true	3	info	info: 0.5
-- expect: level=none n=2.5
-- expect: [-    ]   2.50|2.5|"x"
-- expect: a-2.5-0--1
-- expect: nil	nil	nil	2.5
-- expect: false	half 2.5
-- expect: true	2.5	nil	nil
-- expect: true	22	2	dyn	nil	true	nil	2	1	pos	nil	true
-- expect: true	22	2	dyn	nil	true	nil	3	nil	pos	nil	true
-- expect: true	1	24	nil	dyn	nil	true	1	2	nil	neg	true
-- expect: 12+34	true	46	sum
-- expect: 3*4	true	12	product
-- expect: 7	true	7
-- expect: x	true	nil	no number at 1
-- expect: 1-2	true	nil	bad operator 45
-- expect: 5+	true	nil	no number at 3
local ms = require "moonstage"

do
  local f = ms.stage(function(x)
    local s = x:sum():item()
    local k = s > 0 and 2 or 0.5
    local dim = s > 1 and 1 or nil
    local lo = s > 0 and -1 or 0.25
    print(x * k, x:clamp(lo, 5), ms.full({ 2 }, k))
    print(dim and x:sum(dim) or x:sum())
    local act = s > 0 and x.relu or x.tanh
    print(act(x), (s > 0 and ms.exp or ms.abs)(x))
    local y = s > 0 and x or nil
    print(y and y:sum(), y == nil, type(y))
    local z = s > 0 and x or 3
    print(z + 1, z * 2, ms.is_tensor and 0 or 1)
    local name = s > 0 and "sum" or "mean"
    print(x[name](x))
    return z, k
  end)
  print(f(ms.tensor { 1.0, 2 })) print(f(ms.tensor { -1.0, -2 }))
end

do
  local f = ms.stage(function(x)
    local v = x:item()
    local a = v > 0 and 7 or 7.5
    local b = v > 1 and "10" or 3
    local c = v > 2 and "0x10" or "2"
    print(a + b, a // b, b * c, -b, b .. c, a % 2, 2 ^ b, tonumber(c), tonumber(b), math.max(a, 7.25), math.floor(a))
    print(a < 8, a == 7, b == 3, b ~= "10", pcall(function() return b < 4 end))
    print(("%s %d %5.2f"):format(a, math.floor(a), a), #tostring(a), math.type(a), math.tointeger(a))
    print(string.rep("ab", v > 0 and 2 or 3), ("abc"):sub(v > 0 and 2 or 1), ("x"):byte(v > 5 and 9 or 1))
    print(select(v > 0 and 1 or 2, "one", "two"), (v > 0 and math.huge or -1) > 0, v > 0 and {} ~= nil)
    for i = 1, v > 0 and 2 or 3 do io.write(i, " ") end
    for i = a, 9, v > 0 and 1 or 0.5 do io.write(i, ";") end
    print()
    return a, b, c
  end)
  for _, v in ipairs { 3.0, 1.5, 0.5, -1 } do print(pcall(f, ms.tensor(v))) end
end

do
  local f = ms.stage(function(x)
    local v = x:item()
    local level = v > 1 and "warn" or v > 0 and "info" or nil
    local n = v > 0 and 3 or 2.5
    io.write("level=", level or "none", " n=", n, "\n")
    print(("[%-5s] %6.2f|%s|%q"):format(level or "-", n, n, level or "x"))
    print(table.concat({ "a", n, level or 0, v }, "-"))
    local msg = level and ("%s: %s"):format(level, v)
    print(msg, msg and #msg, tostring(level), tostring(n))
    assert(n, "never")
    local ok, e = pcall(function()
      assert(not level, level)
      if n == 2.5 then error("half " .. n, 0) end
    end)
    print(ok, e)
    local ok, e = pcall(error, { code = n, level = level })
    return e.code, e.level, msg
  end)
  for _, v in ipairs { 3.0, 0.5, -1 } do print(pcall(f, ms.tensor(v))) end
end

do
  local f = ms.stage(function(x)
    local v = x:item()
    local key = v > 0 and "pos" or "neg"
    local t = { pos = 1, neg = 2 }
    t[key] = t[key] + 10
    t[key .. "x"] = "dyn"
    t[v > 0 and 1 or "one"] = true
    local cnt = {}
    for _, k in ipairs { key, "pos", v > 1 and "neg" or key } do cnt[k] = (cnt[k] or 0) + 1 end
    local obj = v > 0 and t or cnt
    obj.extra = key
    rawset(t, key, rawget(t, key) * 2)
    return t.pos, t.neg, t.posx, t.negx, t[1], t.one, cnt.pos, cnt.neg, t.extra, cnt.extra, next({}) == nil
  end)
  for _, v in ipairs { 3.0, 0.5, -1 } do print(pcall(f, ms.tensor(v))) end
end

do
  -- nested functions that take and give optional records
  local function parse(b, i)
    local c = b[i]:item()
    if c < 48 or c > 57 then return nil, i end
    local n = 0
    while c >= 48 and c <= 57 do
      n = n * 10 + (c - 48)
      i = i + 1
      c = b[i]:item()
    end
    return { kind = "number", value = n }, i
  end
  local f = ms.stage(function(b)
    local left, i = parse(b, 1)
    if not left then return nil, "no number at 1" end
    local op = b[i]:item()
    if op == 0 then return left.value end
    local right, j = parse(b, i + 1)
    if not right then return nil, ("no number at %d"):format(j) end
    local r
    if op == 43 then r = { kind = "sum", value = left.value + right.value }
    elseif op == 42 then r = { kind = "product", value = left.value * right.value }
    else return nil, "bad operator " .. op end
    return r.value, r.kind
  end)
  local function run(s) print(s, pcall(f, ms.tensor { (s .. "\0\0\0\0\0\0"):sub(1, 6):byte(1, -1) })) end
  run "12+34" run "3*4" run "7" run "x" run "1-2" run "5+"
end
