-- Variables of which one may hold the tensor of another after a loop of the graph: what is returned and kept is the objects
-- that it is eagerly. What is printed after the values: for each of them the first that is the same object.
local ms = require "moonstage"

local function show(name, f)
	f = ms.stage(f)
	for _, n in ipairs { 0, 1, 2, 3, 4, 5 } do
		local self = { h = ms.ones(2), w = ms.ones(2) }
		local r = table.pack(pcall(f, self, ms.tensor(n)))
		local ids = {}
		for i = 2, 6 do
			for j = 2, i do
				if rawequal(r[i], r[j]) then
					ids[#ids + 1] = j
					break
				end
			end
		end
		print(name, n, r[2], r[3], r[4], r[5], r[6], table.concat(ids, " "), rawequal(r[2], self.h), rawequal(r[3], self.best))
	end
end
show("early stop", function(self, n)
	local w, best, low = self.w, nil, 1e9
	for i = 1, n do
		w = w * -1.5
		local loss = (w * w - 3):abs():sum():item()
		if loss < low then best, low = w, loss end
	end
	return w, best, low
end)
show("three", function(self, n)
	local a, b, c = self.w, self.w, self.h
	for i = 1, n do
		c = b
		b = a
		if i % 2 == 1 then a = a * 2 end
	end
	return a, b, c
end)
show("rotate", function(self, n)
	local a, b, c = self.w * 1, self.w * 2, self.w * 3
	for i = 1, n do
		a, b, c = b, c, a
		if i == 3 then a = a + 1 end
	end
	return a, b, c, self.w
end)
show("swap new", function(self, n)
	local a, b = self.w * 1, self.w * 2
	for i = 1, n do
		local t = a + b
		a = b
		b = t
	end
	return a, b
end)
show("in place best", function(self, n)
	local w, best = self.w * 1, self.w * 0
	for i = 1, n do
		if i % 2 == 0 then w = w + i end
		if i % 3 == 0 then best = w end
		w:add_(1)
	end
	self.best = best
	return w, best, best:sum()
end)
show("best in place after", function(self, n)
	local w, best = self.w * 1, self.w * 0
	for i = 1, n do
		w = w + i
		if i % 3 == 0 then best = w end
	end
	best:mul_(10)
	self.h = w
	return w, best
end)
show("nested", function(self, n)
	local w, best = self.w, nil
	for i = 1, n do
		for j = 1, i do
			w = w + j
			if j == 2 then best = w end
		end
		if i == 3 then w = w * 1 end
	end
	return w, best
end)
show("break", function(self, n)
	local w, best = self.w, nil
	for i = 1, n do
		w = w * 2
		best = w
		if i > 2 then break end
		w = w + 1
	end
	return w, best, rawequal(w, best)
end)
show("keys", function(self, n)
	local w, best = self.w, self.w
	for i = 1, n do
		w = w * 2
		if i < 3 then best = w end
	end
	return w, best, rawequal(w, best), rawequal(best, self.w)
end)
show("loop kept", function(self, n)
	local w, best = self.w, nil
	for i = 1, n do
		w = w * 2
		self.h = w
		if i % 2 == 1 then best = w end
	end
	self.best = best
	return w, best
end)
