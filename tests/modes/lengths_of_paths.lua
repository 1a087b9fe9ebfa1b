-- Library functions on lists whose length hangs on the path.
-- expect: a,1.0,c,7	4	a	1.0	c	7
-- expect: first a 1.0 c 7	5
-- expect: a	7	3	first/1.0/c
-- expect: true	1.0 2 3	3
-- expect: a,1.0,c	3	a	1.0	c
-- expect: first a 1.0 c	4
-- expect: a	c	2	first/1.0
-- expect: true	1.0 3	2
-- expect: a,-1.0,7	3	a	-1.0	7
-- expect: first a -1.0 7	4
-- expect: a	7	2	first/-1.0
-- expect: true	-1.0 2 3	3
-- expect: a,-1.0	2	a	-1.0
-- expect: first a -1.0	3
-- expect: a	-1.0	1	first
-- expect: true	-1.0 3	2
-- expect: true	last=2.0 n=3 prev=5.0
-- expect: true	last=-5.0 n=2 prev=1.0
-- expect: true	flag=big last=5.0 n=3 prev=2.0
local ms = require "moonstage"

do
  local f = ms.stage(function(x)
    local t = { "a", x[1]:item() }
    if x[1]:item() > 0 then t[#t + 1] = "c" end
    if x[2]:item() > 0 then t[#t + 1] = 7 end
    local s = table.concat(t, ",")
    print(s, #t, table.unpack(t))
    table.insert(t, 1, "first")
    print(table.concat(t, " "), #t)
    local r = table.remove(t, 2)
    local l = table.remove(t)
    print(r, l, #t, table.concat(t, "/"))
    local nums = { 3, x[1]:item() }
    if x[2]:item() > 0 then nums[#nums + 1] = 2 end
    table.sort(nums)
    return table.concat(nums, " "), select("#", table.unpack(nums))
  end)
  for _, t in ipairs { { 1.0, 1 }, { 1.0, -1 }, { -1.0, 1 }, { -1.0, -1 } } do print(pcall(f, ms.tensor(t))) end
end

do
  local f = ms.stage(function(x)
    local out = {}
    local acc = { n = 0 }
    local i = 1
    repeat
      local v = x[i]:item()
      local acc2 = acc
      acc = { n = acc2.n + 1, last = v, prev = acc2.last }
      if v > 3 then acc.flag = "big" end
      local done = v < 0 or i == #x
      i = i + 1
    until done
    for k, v in ms.pairs(acc) do out[#out + 1] = k .. "=" .. tostring(v) end
    return table.concat(out, " ")
  end)
  print(pcall(f, ms.tensor { 1.0, 5, 2 })) print(pcall(f, ms.tensor { 1.0, -5, 2 })) print(pcall(f, ms.tensor { 1.0, 2, 5 }))
end
