-- table.sort of numbers and tables whose order only the run knows.
-- expect: true	1.0 2.0 3.0 4.0 5.0	4	2
-- expect: true	4,2,3,1	4.0	1	4.0 3.0 2.0 1.0
-- expect: true	1,3,2,4	1.0	0	1.0 1.0 1.0 1.0
-- expect: true	4,2,1,3	9.0	1	9.0 4.0 4.0 1.0
-- expect: true	1,3,4,2	-nan	0	-nan 4.0 -nan 9.0
local ms = require "moonstage"

do
  local f = ms.stage(function(x)
    local t = {}
    for i = 1, 5 do t[i] = x[i]:item() end
    table.sort(t)
    local u = {}
    for i = 1, 5 do u[i] = { k = x[i]:item(), i = i } end
    table.sort(u, function(a, b) return a.k > b.k end)
    return table.concat(t, " "), u[1].i, u[5].i
  end)
  print(pcall(f, ms.tensor { 3.0, 1, 2, 5, 4 }))
end

do
  local f = ms.stage(function(x)
    local hyps = {}
    for i = 1, 4 do hyps[i] = { id = i, score = x[i]:item(), len = i % 2 } end
    table.sort(hyps, function(a, b) return a.score > b.score end)
    local names = {}
    for i, h in ipairs(hyps) do names[i] = h.id end
    local t = { x[1]:item(), x[2]:item(), x[3]:item(), x[4]:item() }
    table.sort(t)
    table.sort(t, function(a, b) return a > b end)
    return table.concat(names, ","), hyps[1].score, hyps[4].len, table.concat(t, " ")
  end)
  print(pcall(f, ms.tensor { 1.0, 3, 2, 4 })) print(pcall(f, ms.tensor { 1.0, 1, 1, 1 })) print(pcall(f, ms.tensor { 4.0, 4, 1, 9 }))
  print(pcall(f, ms.tensor { 0/0, 4, 0/0, 9 }))
end

-- what is written before the sort stays written
local done = {}
local after = ms.stage(function(x, list)
	done.n = (done.n or 0) + 1
	x[2] = done.n
	list[#list + 1] = x:sum():item()
	table.sort(list, function(p, r) return p > r end)
	return table.concat(list, " ")
end)
local x = ms.tensor { 1.0, 2.0 }
print(after(x, { 3, 1 }), x, done.n)
print(after(x, { 5, 0 }), x, done.n)

-- expect: 3 2.0 1	tensor([1.0, 1.0])	1
-- expect: 5 3.0 0	tensor([1.0, 2.0])	2
