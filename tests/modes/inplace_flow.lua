-- In-place ops under conditions and in loops that only the run knows.
local ms = require "moonstage"

local branch = ms.stage(function(x, y, n)
	local head = x:narrow(1, 1, 2)
	if n > 0 then
		x:add_(1)
	elseif n < -5 then
		y[1] = n
		error("stop")
	else
		head:mul_(2)
	end
	return x * 1, head
end)
local x, y = ms.tensor { 1, 2, 3 }, ms.zeros(3)
for _, n in ipairs { 1, -1, -9 } do print(pcall(branch, x, y, n)) print(x, y) end

-- which tensor is written depends on the run; the result is that very tensor
local select = ms.stage(function(a, b, n)
	local t = a
	if n > 0 then t = b end
	t:add_(1)
	t[2] = n
	return t, a * 1, b * 1
end)
for _, n in ipairs { 1, -1 } do
	local a, b = ms.zeros(2), ms.ones(2)
	local t = select(a, b, n)
	print(rawequal(t, a), rawequal(t, b), a, b)
end

-- made on each path, then written
local fresh = ms.stage(function(v, n)
	local h
	if n > 0 then h = v * 2 else h = v * 3 end
	h:add_(1)
	local first = h:narrow(1, 1, 1)
	first:zero_()
	return h, v
end)
print(fresh(x, 1)) print(fresh(x, -1))

-- while and for: an outer tensor, one made before the loop, one made in it
local grow = ms.stage(function(v, n)
	local i, sum = 0, ms.zeros(3)
	while i < n do
		local t = v * i
		t[1] = i
		v:add_(1)
		sum:add_(t)
		if i == 3 then sum:zero_() end
		i = i + 1
	end
	sum:narrow(1, 2, 2):mul_(10)
	return sum, i
end)
for _, n in ipairs { 0, 1, 5 } do print(grow(x, n)) print(x) end

-- a row whose number only the run knows is a view, too
local rows = ms.stage(function(a, n)
	for i = 1, n do
		local row = a[i]
		row:fill_(i)
		a[i][2] = -i
		a[{ {}, 3 }]:add_(1)
		if i == 2 then a[-i] = row + 0.5 end
	end
	return a:sum()
end)
local m = ms.zeros(4, 3)
for _, n in ipairs { 2, 0, 4 } do print(rows(m, n)) print(m) end
print(pcall(rows, m, 9)) print(m)

-- plain loops: unrolled, and rolled once they are long
local unrolled = ms.stage(function(a, n)
	for i = 1, #a do a[i] = i * n end
	for _ = 1, 200 do a:add_(1) end
	return a
end)
print(unrolled(ms.zeros(5), 2.5))

-- rebound in a loop, written after it
local rebound = ms.stage(function(v, n)
	local h = ms.zeros(3)
	while n > 0 do
		h = h * 2
		h:add_(v)
		n = n - 1
	end
	h[1] = 7
	return h
end)
print(rebound(x, 0), rebound(x, 2))

-- writes are real before a host call; what was read before stays as it was
math.randomseed(3)
local around = ms.stage(function(v, n)
	local before, h = "v is " .. tostring(v), v
	if n > 0 then h = v:reshape(3) end
	v:add_(1)
	local r = math.random(3)
	print(before, r > 0, h)
	v:mul_(2)
	return v + math.random(3) * 0
end)
for _, n in ipairs { 1, -1 } do print(around(y, n), y) end

-- what one path made does not hear of what the other writes
local apart = ms.stage(function(x, n, m)
	if n > 0 then
		local y = ms.zeros(3)
		local i = 0
		while i < m do
			y = x
			i = i + 1
		end
	else
		x:fill_(10)
	end
	return x
end)
for n = 0, 1 do print(apart(ms.tensor { 1, 2, 3 }, n, 2)) end
