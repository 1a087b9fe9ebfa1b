-- Lists in functions that call themselves: from outside, of a call's own, read only, of several types.
-- stock
-- expect: true	{1 2 5 1 10 1 3 1 20 1 3 1 6 1 2}	15
-- expect: true	{1}	1
-- expect: true	{1 2 4 1 8 1 2 16 1 2 5 1 32 1 2 5 1 10 1 3 1 64 1 2 5 1 10 1 3 1 21 1 3 1 7 1 2}	37
-- expect: true
-- expect: {3 2 1 0 -15 -2 -12 -17 10 -1 -13 -20 10 20 0 -15 -25 10 20 30}
-- expect: false	attempt to divide by zero
-- expect: {3 2 1 0 -15 -2 -12 -17 10 -1 -13 -20 10 20 0 -15 -25 10 20 30 2 1 0 -100 -2 -34}
-- expect: true	{}
-- expect: true	{5 5 15 20 33 36 42 48 49 56 59 67 75 76 77 79 81 84 86 88}
-- expect: true	{41}
-- expect: true	{3 6 9 22 25 28 41 44 47 50 63 66 69 82 85 88}
-- expect: true	{}	0
-- expect: true	{123 132 213 231 312 321}	0
-- expect: true	{2 3 5 7 11 13 17 19 23 29}
-- expect: true	{2}
-- expect: true	0	{}
-- expect: true	131	{7 3 10 6 2 9}
-- expect: true	1
-- expect: true	23416728348467685
-- expect: true	0
-- expect: true	212
-- expect: true	{}
-- expect: true	{1 2 3 4 1 2 3 1 2 1}
-- expect: true	{0}	{0}
-- expect: true	{3 1 0 -2}	{2 0 -1 -3}
-- expect: true	{5 4 2 0}	{3 1}	false
-- expect: true	15	{}	{}	{4 3 2 1}
-- expect: true	{5 3 1 -1 -3 -5}	{4 2 0}
-- expect: true	{0 0}	{}
-- expect: true	387	{-8 -7 -5 -4 -2 -1 0 1 2 3 4 5 6 7 8}	-8,-7,-5,-4,-2,-1,0,1,2,3,4,5,6,7,8
-- expect: true	1	1	nil	{0.5}
-- expect: true	5 .2 ..1 .-0 -3 -.1 --1	28	2	{2.5 0.5 1.5 0.5 0.5}
-- expect: true	true	nil	{4 2 0 0 -2 -4}
-- expect: true	false	three	{5 3}
-- expect: true	true	{4 3 2 1 0}
local ms = require "moonstage"
local function show(v)
	if type(v) ~= "table" then return tostring(v) end
	local texts = {}
	for i, x in ipairs(v) do texts[i] = show(x) end
	return "{" .. table.concat(texts, " ") .. "}"
end
local function try(f, ...)
	local r = table.pack(pcall(f, ...))
	for i = 1, r.n do r[i] = show(r[i]):gsub("^%S+:%d+: ", "") end
	print(table.concat(r, "\t", 1, r.n))
end

-- made before, appended to on the way down, between and on the way up
local visit = ms.stage(function(n)
	local out = {}
	local function walk(k)
		if k > 1 then walk(k // 2) end
		out[#out + 1] = k
		if k > 2 then walk(k // 3) end
	end
	walk(n)
	return out, #out
end)
try(visit, 20) try(visit, 1) try(visit, 64)

-- an outer table, also when the run ends with an error
local kept = {}
local outer = ms.stage(function(n, wrong)
	local function walk(k)
		local own = {}
		for i = 1, k do own[#own + 1] = i * 10 end
		kept[#kept + 1] = k
		if k > 0 then walk(k - 1) walk(k - 3) end
		kept[#kept + 1] = 100 // (k - wrong)
		for i = 1, #own do kept[#kept + 1] = own[i] end
	end
	walk(n)
end)
try(outer, 3, 7) print(show(kept))
try(outer, 2, 1) print(show(kept))

-- written at positions
local sort = ms.stage(function(n)
	local t, x = {}, 7
	for i = 1, n do
		x = (x * 1103515245 + 12345) % 1000003
		t[i] = x % 100
	end
	local function quick(lo, hi)
		if lo >= hi then return end
		local p, i = t[hi], lo
		for j = lo, hi - 1 do
			if t[j] < p then
				t[i], t[j] = t[j], t[i]
				i = i + 1
			end
		end
		t[i], t[hi] = t[hi], t[i]
		quick(lo, i - 1)
		quick(i + 1, hi)
	end
	quick(1, n)
	return t
end)
try(sort, 0) try(sort, 20)
local merge = ms.stage(function(n)
	local t = {}
	for i = 1, n do t[i] = i * 7919 % 101 end
	local function from(lo, hi)
		if hi <= lo then return end
		local m = (lo + hi) // 2
		from(lo, m)
		from(m + 1, hi)
		local o, i, j = {}, lo, m + 1
		while i <= m or j <= hi do
			if j > hi or i <= m and t[i] <= t[j] then
				o[#o + 1] = t[i]
				i = i + 1
			else
				o[#o + 1] = t[j]
				j = j + 1
			end
		end
		for k = 1, #o do t[lo + k - 1] = o[k] end
	end
	from(1, #t)
	return t
end)
try(merge, 1) try(merge, 16)

-- pushed and popped, with flags beside
local permutations = ms.stage(function(n)
	local path, used, all = {}, {}, {}
	for i = 1, n do used[i] = false end
	local function go(k)
		if k == 0 then
			all[#all + 1] = table.concat(path)
			return
		end
		for i = 1, n do
			if not used[i] then
				used[i] = true
				path[#path + 1] = i
				go(k - 1)
				path[#path] = nil
				used[i] = false
			end
		end
	end
	go(n)
	return all, #path
end)
try(permutations, 0) try(permutations, 3)
local sieve = ms.stage(function(n)
	local no, primes = {}, {}
	for i = 1, n do no[i] = false end
	local function strike(i, p)
		if i > n then return end
		no[i] = true
		strike(i + p, p)
	end
	local function from(p)
		if p > n then return end
		if not no[p] then
			primes[#primes + 1] = p
			strike(p * p, p)
		end
		from(p + 1)
	end
	from(2)
	return primes
end)
try(sieve, 30) try(sieve, 2)

-- read only, by calls from a loop; and as memory of what was computed
local reads = ms.stage(function(n)
	local t, s = {}, 0
	for i = 1, n do t[i] = (i * 7) % 11 end
	local function sum(i)
		if i > #t then return 0 end
		return t[i] + sum(i + 1)
	end
	for i = 1, n do s = s + sum(i) end
	return s, t
end)
try(reads, 0) try(reads, 6)
local fib = ms.stage(function(n)
	local known = {}
	for i = 1, n do known[i] = -1 end
	local function at(k)
		if k <= 2 then return 1 end
		if known[k] < 0 then known[k] = at(k - 1) + at(k - 2) end
		return known[k]
	end
	return at(n)
end)
try(fib, 1) try(fib, 80)

-- made by calls: of their own, needed after the calls in them; returned
local own = ms.stage(function(n)
	local function f(k)
		local t, s = {}, 0
		for i = 1, k do t[#t + 1] = i * k end
		if k > 0 then s = f(k - 1) end
		for i = 1, #t do s = s + t[i] end
		if k > 1 then t[#t + 1] = f(k - 2) end
		return s + #t + (t[#t] or 0)
	end
	return f(n)
end)
try(own, 0) try(own, 5)
local returned = ms.stage(function(n)
	local function upto(k)
		local t = {}
		for i = 1, k do t[i] = i end
		if k > 0 then
			local u = upto(k - 1)
			for i = 1, #u do t[#t + 1] = u[i] end
		end
		return t
	end
	return upto(n)
end)
try(returned, 0) try(returned, 4)

-- given on, two of them in turn; chosen by a variable
local given = ms.stage(function(n)
	local a, b = {}, {}
	local function go(k, t, u)
		t[#t + 1] = k
		if k > 0 then go(k - 1, u, t) end
		u[#u + 1] = -k
	end
	go(n, a, b)
	return a, b
end)
try(given, 0) try(given, 3)
local chosen = ms.stage(function(n)
	local a, b = {}, {}
	local at = a
	local function go(k)
		at[#at + 1] = k
		at = k % 2 == 0 and b or a
		if k > 0 then go(k - 1) end
	end
	go(n)
	return a, b, at == a
end)
try(chosen, 5)
local hanoi = ms.stage(function(n)
	local a, b, c, moves = {}, {}, {}, 0
	for i = n, 1, -1 do a[#a + 1] = i end
	local function move(k, x, y, z)
		if k == 0 then return end
		move(k - 1, x, z, y)
		y[#y + 1] = table.remove(x)
		moves = moves + 1
		move(k - 1, z, y, x)
	end
	move(n, a, c, b)
	return moves, a, b, c
end)
try(hanoi, 4)

-- functions that call one another, each with lists
local mutual = ms.stage(function(n)
	local evens, odds, odd = {}, {}
	local function even(k)
		evens[#evens + 1] = k
		if k > 0 then odd(k - 1) end
		evens[#evens + 1] = -k
	end
	function odd(k)
		odds[#odds + 1] = k
		if k > 0 then even(k - 1) end
	end
	even(n)
	return evens, odds
end)
try(mutual, 5) try(mutual, 0)

-- the library's functions
local library = ms.stage(function(n)
	local t = {}
	local function go(k)
		table.insert(t, k)
		if k > 0 then
			go(k - 1)
			table.insert(t, 1, -k)
		end
		if k % 3 == 0 then table.remove(t, 1) end
		if k % 4 == 2 then table.sort(t) end
		local s = 0
		for i, v in ipairs(t) do s = s + i * v end
		return s
	end
	return go(n), t, table.concat(t, ",")
end)
try(library, 9)

-- texts, floats, a field's list, growth on some paths
local texts = ms.stage(function(n)
	local state, halves = { out = {}, n = 0 }, {}
	local function go(k, before)
		state.out[#state.out + 1] = before .. k
		state.n = state.n + #state.out
		if k % 2 == 1 then halves[#halves + 1] = k / 2 else state.even = (state.even or 0) + 1 end
		if k > 1 then
			go(k // 2, before .. ".")
			go(k - 2, before .. "-")
		end
	end
	go(n, "")
	return table.concat(state.out, " "), state.n, state.even, halves
end)
try(texts, 1) try(texts, 5)

-- a pcall around, and an error below
local guarded = ms.stage(function(n)
	local log = {}
	local function go(k)
		log[#log + 1] = k
		if k == 3 then error("three", 0) end
		if k > 0 then go(k - 2) end
		log[#log + 1] = -k
	end
	local ok, e = pcall(go, n)
	return ok, e, log
end)
try(guarded, 4) try(guarded, 5)

-- lists that a call is not given, but that it and its callers have at the same time
local deep = ms.stage(function(n)
	local all = {}
	local function go(k)
		local before, here = {}, #all
		for i = 1, #all do before[i] = all[i] end
		all[#all + 1] = k
		if k > 0 then go(k - 1) end
		return #before == here and (#before == 0 or before[#before] == all[here])
	end
	return go(n), all
end)
try(deep, 4)
