-- Texts that only the run knows: built in loops, searched, taken apart.
-- expect: add;sub;mul;
-- expect: 0.0	add;sub;mul;
-- expect: 14.0	div;add;mul;
-- expect: nil	division by zero in div
-- expect: [small, 3.0]	12	[sm	[SMALL, 3.0]	[small, 3.0]|[small, 3.0]
-- expect: true	true	true
-- expect: true	[small, 3.0]	91	"[small, 3.0]"	[small, 3.0]        |   12|c
-- expect: [9.0]	5	[9.	[9.0]	[9.0]|[9.0]
-- expect: false	true	false
-- expect: true	[9.0]	91	"[9.0]"	[9.0]               |    5|5
-- expect: key1.5=3.0	7	7	nil	3	4	y	1
-- expect: key1.5	3.0	7	nil	1	nil
-- expect: 1	2	1
-- expect: three	key#.#=#.#	4
-- expect: key2.0=4.0	7	7	nil	3	4	y	2
-- expect: key2.0	4.0	7	nil	2	nil
-- expect: 1	2	1
-- expect: key2.0	4.0	3
-- expect: key-7.0=-14.0	8	8	nil	nil
-- expect: nil	nil	8	nil	nil	nil
-- expect: 1	2	1
-- expect: key-7.0	nil	nil
-- expect: 7	8	1	2	y	b
-- expect: 1	2	y	b
-- expect: 4	5
-- expect: 1	2	k	0
-- expect: 1	1	2	k	0
-- expect: 7	8	nil
-- expect: nil
-- expect: 1	2
-- expect: 1	2	k	2
-- expect: 1	1	2	k	2
-- expect: true	xa;
local ms = require "moonstage"

do
  local names = { "add", "sub", "mul", "div" }
  local f = ms.stage(function(code)
    local log = ""
    local i = 1
    while code[i]:item() > 0 do
      log = log .. names[code[i]:item()] .. ";"
      i = i + 1
    end
    return log
  end)
  print(f(ms.tensor { 1, 2, 3, 0 }))
end

do
  local ops = {
    function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end,
    function(a, b) if b == 0 then return nil, "division by zero" end return a / b end,
  }
  local names = { "add", "sub", "mul", "div" }
  local f = ms.stage(function(code, data)
    local acc = data[1]:item()
    local log = ""
    for i = 1, #code do
      local k = code[i]:item()
      local op, name = ops[k], names[k]
      local r, err = op(acc, data[i + 1]:item())
      if not r then return nil, err .. " in " .. name end
      acc = r
      log = log .. name .. ";"
    end
    return acc, log
  end)
  print(f(ms.tensor { 1, 2, 3 }, ms.tensor { 1.0, 2.0, 3.0, 4.0 }))
  print(f(ms.tensor { 4, 1, 3 }, ms.tensor { 1.0, 2.0, 3.0, 4.0 }))
  print(f(ms.tensor { 1, 4, 3 }, ms.tensor { 1.0, 2.0, 0.0, 4.0 }))
end

do
  local f = ms.stage(function(x)
    local s = "["
    for i = 1, #x do
      local v = x[i]:item()
      if i > 1 then s = s .. ", " end
      s = s .. (v > 2 and tostring(v) or "small")
      if v == 9 then break end
    end
    s = s .. "]"
    print(s, #s, s:sub(1, 3), s:upper(), s:rep(2, "|"))
    print(s == "[small, 3.0]", s < "z", s:find("small", 1, true) ~= nil)
    return s, s:byte(1), ("%q"):format(s), ("%-20s|%5d|%x"):format(s, #s, #s)
  end)
  print(pcall(f, ms.tensor { 1.0, 3.0 })) print(pcall(f, ms.tensor { 9.0, 3.0 }))
end

do
  local f = ms.stage(function(x)
    local s = "key" .. x:item() .. "=" .. x:item() * 2
    local a, b = s:find("=", 1, true)
    local k, v = s:match("^(%w+%.%d+)=([%d.]+)$")
    print(s, a, b, s:find "nothing", s:find("(y)(%d)"))
    print(k, v, s:match "()=()", s:match "[(](.)", s:match "[%]y](%d)", (s:find "zz"))
    print(select("#", s:find "zz"), select("#", s:find "="), select("#", s:match "(q)(r)"))
    if s:find "3" then return "three", s:gsub("%d", "#") end
    return a and s:sub(1, a - 1) or "none", tonumber(v), v and #v
  end)
  print(f(ms.tensor(1.5))) print(f(ms.tensor(2.0))) print(f(ms.tensor(-7.0)))
end

do
  local function g(x) if x > 1 then return nil end return 1, 2, "y", "b" end
  local f = ms.stage(function(x)
    print(7, 8, g(x:item()))
    print(g(x:item()))
    print(select("#", g(x:item())), select("#", 7, g(x:item())))
    local t = { s = "k" .. x:item() }
    print(t.s:find("(k)(%d)"))
    print(1, t.s:find("(k)(%d)"))
  end)
  f(ms.tensor(0.0)) f(ms.tensor(2.0))
end

do
  local f = ms.stage(function(x)
    local u = (x:item() > 1 and "a" or nil)
    local l = "x"
    return l .. u .. ";"
  end)
  print(pcall(f,ms.tensor(2)))
end
