-- Identity of tensors: what a staged function keeps or returns is the object, or the view, that it is in the eager run;
-- tensors as table keys; rawequal.
local ms = require "moonstage"
X = nil
local l = { 1, 2 }
local f = ms.stage(function(x)
	X = x:sqrt()
	l[3] = x:reshape(4)
	l[4] = X
	return 1, X, x:narrow(1, 1, 1), x
end)
local x = ms.tensor{{1.0, 4}, {9, 16}}
local _, a, b, c = f(x)
print(rawequal(a, X), rawequal(l[4], X), rawequal(c, x), rawequal(b, x), a, b)
x:add_(1)
print(l[3], b, c, a)
l[3][1] = -1 print(x, b)
a:zero_() print(X)
-- results that share a storage
local g = ms.stage(function(n)
	local z = ms.zeros(2, 2)
	z[1] = n
	local r, t = z[1], z:t()
	return z, r, t, { z, r }
end)
local z, r, t, both = g(3)
z:add_(1) r:mul_(10) print(z, r, t, rawequal(both[1], z), rawequal(both[2], r))
local h = ms.stage(function(n)
	local z = ms.zeros(4)
	z[1] = n
	return z:narrow(1, 1, 2), z:narrow(1, 2, 2)
end)
local p, q = h(3)
p[2] = 7
print(p, q)
-- keys
local seen = {}
local k = ms.stage(function(x, y)
	local y2 = x * 2
	local t = { [x] = "x", [y] = "y", [y2] = "y2" }
	seen[x] = (seen[x] or 0) + 1
	seen[y2] = y2
	return t[x], t[y], t[y2], t[x * 2], rawequal(x, y), rawequal(y2, x * 2), y2
end)
local y = ms.ones(2)
local r = table.pack(k(x, y)) print(table.unpack(r)) print(seen[x], rawequal(seen[r[7]], r[7]))
local r = table.pack(k(x, x)) print(table.unpack(r)) print(seen[x], rawequal(seen[r[7]], r[7]))
-- identity under conditions
local w = ms.stage(function(a, b, n)
	local t = a
	if n > 0 then t = b end
	local names = { [a] = "a", [b] = "b" }
	return rawequal(t, a), rawequal(t, b), names[t], t
end)
local a, b = ms.ones(1), ms.zeros(1)
local r = table.pack(w(a, b, 1)) print(r[1], r[2], r[3], rawequal(r[4], b))
local r = table.pack(w(a, b, -1)) print(r[1], r[2], r[3], rawequal(r[4], a))
-- objects written under a condition and in place later
state = {}
local s = ms.stage(function(x, n)
	local h = x + n
	if n > 0 then state.h = h else state.v = h:narrow(1, 1, 1) end
	h:mul_(2)
	return h
end)
local h = s(y, 1) print(rawequal(h, state.h), h, state.h, state.v)
local h = s(y, -1) h[1] = 42 print(rawequal(h, state.h), h, state.h, state.v)
local lp = ms.stage(function(x, n)
	for i = 1, n do state.last = x * i end
end)
print(pcall(lp, y, 3)) print(state.last)
-- a failing run keeps objects
local e = ms.stage(function(x)
	local q = x * 3
	state.q, state.q2 = q, q:reshape(2, 1)
	q:add_(1)
	if x:sum() > 0 then error "e" end
	q:zero_()
end)
print(pcall(e, y)) state.q[1] = 100 print(state.q, state.q2)
-- rows at positions that only the run knows are views of the caller's tensor, also of views
local rows = ms.stage(function(a, i)
	return a[i], a[i]:narrow(1, 2, 2), a[{ {}, i }], a:t()[i][1]
end)
local m = ms.arange(1, 10):reshape(3, 3)
for _, i in ipairs { 2, -1 } do
	local row, part, column, one = rows(m, i)
	m:add_(10)
	print(row, part, column, one)
	part[1] = 0
	print(m)
end
print(rows(m:t(), 3))
-- results that depend on a condition
local pick = ms.stage(function(a, n)
	local h = a * 2
	local t = h
	if n > 0 then t = a end
	h:add_(1)
	return t, h
end)
for _, n in ipairs { 1, -1 } do
	local t, h = pick(y, n)
	print(rawequal(t, y), rawequal(t, h), t, h)
end
-- what a staged loop carries: swapped, rebound to views, kept
local swap = ms.stage(function(a, n)
	local p, q = a * 1, a * 2
	for _ = 1, n do p, q = q, p + q end
	p:add_(100)
	return p, q
end)
for _, n in ipairs { 0, 1, 4 } do
	local p, q = swap(y, n)
	q:zero_()
	print(p, q)
end
-- an object made under a condition is one object after it
kept = nil
local maybe = ms.stage(function(a, n)
	local h = a
	if n > 0 then
		h = a * 2
		kept = h
	end
	h:add_(1)
	return h, h:narrow(1, 1, 1)
end)
for _, n in ipairs { 1, -1 } do
	local h, first = maybe(y, n)
	first:zero_()
	print(h, kept, y, rawequal(h, kept), rawequal(h, y))
end
-- an outer tensor, or one made under a condition
local o = { x = ms.ones(3) }
X, Y = o.x, nil
local swapped = ms.stage(function(c)
	if (c - o.x)[1] > 0 then o.x = ms.ones(3) end
	Y = o.x
end)
swapped(1) print(rawequal(Y, X), rawequal(o.x, X))
swapped(2) print(rawequal(Y, X), rawequal(o.x, Y))
local of_two_dtypes = ms.stage(function(a, x)
	if a > 1 then x = x:lt(1) end
	x[3] = 1
	return x
end)
print(of_two_dtypes(0, ms.ones(3)), of_two_dtypes(2, ms.ones(3)))
-- a variable outside that a loop sets to one tensor or to a view of it, which is written in the loop
local view
local looped = ms.stage(function(x, n, m)
	view = x
	for _ = 1, m do
		if n > 1 then state.g = x else view = x:reshape(2) end
		if n > 2 then x[1] = 3 end
	end
	return 1
end)
for n = 0, 3 do
	local x = ms.zeros(2)
	looped(x, n, 2)
	x[2] = 5
	print(view, rawequal(view, x), rawequal(state.g, x))
end

-- a tensor that is one of two from outside on some path, kept: the object itself
local function kept_once_more(title, body)
	local first = ms.tensor { 1.0, -2.0, 0.5 }
	local s = { x = first, y = ms.ones(3), o = { x = first } }
	local staged = ms.stage(body)
	for a = 2, 0, -1 do
		staged(s, a)
		s.x[1] = s.x[1] + 1
		print(title, rawequal(s.x, first), rawequal(s.y, first), rawequal(s.o.x, first), s.x, s.y)
	end
end
kept_once_more("branch", function(s, a)
	if a > 1 then s.y = s.x end
	s.x = s.y
end)
kept_once_more("branch, twice", function(s, a)
	if a > 1 then s.y = s.x end
	s.x = s.y
	s.o.x = s.y
end)
kept_once_more("loop", function(s, a)
	for i = 1, a do s.y = s.o.x end
	s.x = s.y
end)
kept_once_more("loop that makes one", function(s, a)
	local y = s.x
	for i = 1, a do y = y * 2 end
	s.y = y
end)
-- what a loop keeps outside and what it leaves, of one tensor each
do
  local bag = {}
  local best_of = ms.stage(function(x, n)
    local m, best = x * 1, x * 2
    for i = 1, n do
      if i == 2 then best = m * 2 end
      bag.m = m
      m = m * 0.5
    end
    return best
  end)
  for n = 1, 3 do
    local best = best_of(ms.ones(2), n)
    print(best, bag.m, rawequal(best, bag.m))
  end
end
