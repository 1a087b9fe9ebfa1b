-- What runs do that meet something new in objects, after prints and calls of the host.
local ms = require "moonstage"
local f = ms.stage(function(n) while n do print(n.v, n.name) n = n.next end end)
f(ms.object { v = 1, name = "a", next = { v = 2, name = "b" } })
f(ms.object { v = 1, name = "a", next = { v = 2.5, name = "c", next = { v = "x" } } })
local host = ms.host(function(v) print("host", v) end)
local g = ms.stage(function(n) while n do print(n.v) host(n.v) n = n.next end error("end") end)
print(pcall(g, ms.object { v = 1, next = { v = 2 } }))
print(pcall(g, ms.object { v = 1, next = { v = 2 } }))
-- many prints
local h = ms.stage(function(n, m) for i = 1, m do if i < 4 or i > m - 2 then print(i, n.v) else print(("."):rep(70)) end end local o = n.next print(o.v) end)
h(ms.object { v = 1, next = { v = 2 } }, 3000)
-- an argument that a host call follows is no object unless asked
local k = ms.stage(function(n) local s = 0 while n do s = s + n.v n = n.next end host(s) return s end)
for i = 1, 6 do local l for j = 1, i do l = { v = j, next = l } end k(l) end
