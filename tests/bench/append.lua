-- Nanoseconds for one append to a list in a staged loop (with `sum`: and for a read and an assignment of each element, in
-- loops of their own). The same text runs under stock Lua with tests/stub.
local ms = require "moonstage"
local append = ms.stage(function(n)
	local t = {}
	for i = 1, n do t[#t + 1] = i end
	return #t
end)
local fill = ms.stage(function(n)
	local t = {}
	for i = 1, n do t[#t + 1] = i end
	local s = 0
	for i = 1, #t do s = s + t[i] end
	for i = 1, #t do t[i] = i + 1 end
	return s
end)
local f = arg and arg[1] == "sum" and fill or append
f(10)
f(11)
local n, rounds = 1000000, 5
local t = os.clock()
for _ = 1, rounds do f(n) end
t = os.clock() - t
print(("%.2f"):format(t / n / rounds * 1e9))
