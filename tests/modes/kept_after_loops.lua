-- Tensors that a loop of the graph leaves and that are kept, or returned, more than once: one object, that from before
-- the loop when it makes no trip. Each is called with 0, 1 and 3 trips.
local ms = require "moonstage"

local function each(name, f)
	local staged = ms.stage(f)
	for _, n in ipairs { 0, 1, 3 } do
		local self = { h = ms.ones(2), w = ms.ones(2) }
		local before = self.h
		local good, h, other = pcall(staged, self, ms.tensor(n))
		if good then
			print(name, n, h, rawequal(h, before), rawequal(h, self.h), rawequal(h, other), rawequal(self.last, self.h))
		else
			print(name, n, (h:gsub("^%S+ ", "")))
		end
		print("", "", before, self.h, self.last, other)
	end
end

each("after", function(self, n)
	local h = self.h
	while n > 0 do
		h = h * 2 + self.w
		n = n - 1
	end
	self.h = h
	return h
end)

each("within", function(self, n)
	local h = self.h
	for i = 1, n do
		h = h * 2 + self.w
		self.h = h
	end
	return h
end)

each("fields", function(self, n)
	for i = 1, n do self.h = self.h * 2 + self.w end
	return self.h
end)

-- a method, as classes of cells have it
local function step(self, x)
	self.h = self.h * x + self.w
	return self.h
end
each("method", function(self, n)
	local out
	while n > 0 do
		out = step(self, n)
		n = n - 1
	end
	return out, self.h
end)

-- the variables begin with different tensors
each("apart", function(self, n)
	local h = ms.zeros(2)
	while n > 0 do
		h = h + self.w
		self.h = h
		n = n - 1
	end
	return h, self.h
end)

-- one of several tensors from before the loop
each("either", function(self, n)
	local h = self.w * 5
	for i = 1, n do
		if i > 2 then h = self.w elseif i > 1 then h = self.w * i end
	end
	self.h = h
	return h, self.w
end)

each("left", function(self, n)
	for i = 1, n do
		local h = self.h * 2
		self.h = h
		if h:sum() > 5 then return h, i end
	end
	return self.h, 0
end)

each("sometimes", function(self, n)
	local h = self.h
	for i = 1, n do
		if i > 1 then
			h = h * 2
			self.h = h
		end
	end
	return h
end)

-- what the loop computes anew is a tensor of its own in every trip, though it was computed before
each("anew", function(self, n)
	local y, s = self.w * 2, self.w
	for i = 1, n do
		local h = self.w * 2
		h:add_(i)
		s = s + h
		self.h = h
	end
	return s, y
end)

each("failing", function(self, n)
	local h = self.h
	for i = 1, n do
		h = h * 2
		self.h = h
		if i > 2 then error("too many") end
	end
	return h
end)

-- changed in place, in the loop and after it
each("written", function(self, n)
	local h = self.h
	for i = 1, n do
		h = h + 1
		self.h = h
	end
	h:mul_(10)
	return h
end)
each("in place", function(self, n)
	for i = 1, n do
		self.h:mul_(2)
		self.last = self.h
	end
	return self.h
end)

-- kept by a loop in which a host call may look at it: each trip's own
local seen = {}
local look = ms.host(function(self) seen[#seen + 1] = self.h end)
each("seen", function(self, n)
	for i = 1, n do
		self.h = self.h * 2
		look(self)
	end
	return 0
end)
print(#seen, table.unpack(seen))

-- which one it is may be asked
each("asked", function(self, n)
	local h = self.h
	while n > 0 do
		h = h + 1
		n = n - 1
	end
	if rawequal(h, self.h) then print("no trip") end
	self.last = h
	return h
end)

-- kept before it is known that the tensor from before the loop is given back, too
each("given back", function(self, n)
	local x = self.w + 1
	local h = x
	for i = 1, n do h = h * 2 end
	self.last = h
	return x, h
end)
