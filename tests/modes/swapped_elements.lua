-- Elements that are read and written at positions which only the run knows: a read may be nil by all that is known
-- while tracing, and what is written is none in the run.
local ms = require "moonstage"

-- insertion sort
local sort = ms.stage(function(x)
	local t, v = {}, x:sum():item()
	for i = 1, 6 do
		v = (v * 7 + 3) % 11
		t[#t + 1] = v
	end
	for i = 2, #t do
		local k, j = t[i], i - 1
		while j > 0 and t[j] > k do
			t[j + 1] = t[j]
			j = j - 1
		end
		t[j + 1] = k
	end
	return table.concat(t, " ")
end)
print(sort(ms.tensor { 1, 2 })) -- expect: 1 2 6 7 8 10
print(sort(ms.tensor { 4, 2 })) -- expect: 1 4 7 8 9 10

-- the way of an element up a heap
local heap = ms.stage(function(x)
	local list, v = {}, x:sum():item()
	for _ = 1, 7 do
		v = (v * 5 + 1) % 13
		list[#list + 1] = v
		local i = #list
		while i > 1 and list[i] < list[i // 2] do
			list[i], list[i // 2] = list[i // 2], list[i]
			i = i // 2
		end
	end
	return table.concat(list, " ")
end)
print(heap(ms.tensor { 2, 2 })) -- expect: 2 4 2 8 8 11 11
print(heap(ms.tensor { 1, 4 })) -- expect: 0 0 1 5 1 6 6
