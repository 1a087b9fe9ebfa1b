-- Sorting: quicksort and insertion sort written out, and table.sort with and without an order function.
local seed = 42
local function random()
	seed = (seed * 1103515245 + 12345) % 2147483648
	return seed
end
local function quick(a, lo, hi)
	while lo < hi do
		if hi - lo < 12 then
			for i = lo + 1, hi do
				local v, j = a[i], i - 1
				while j >= lo and a[j] > v do
					a[j + 1] = a[j]
					j = j - 1
				end
				a[j + 1] = v
			end
			return
		end
		local p, i, j = a[(lo + hi) // 2], lo, hi
		while i <= j do
			while a[i] < p do i = i + 1 end
			while a[j] > p do j = j - 1 end
			if i <= j then
				a[i], a[j] = a[j], a[i]
				i, j = i + 1, j - 1
			end
		end
		if j - lo < hi - i then
			quick(a, lo, j)
			lo = i
		else
			quick(a, i, hi)
			hi = j
		end
	end
end
local n = tonumber(arg and arg[1]) or 120000
local a, b, c = {}, {}, {}
for i = 1, n do
	a[i] = random()
	b[i] = a[i]
	c[i] = { key = a[i] % 1000, place = i }
end
quick(a, 1, n)
table.sort(b)
table.sort(c, function(x, y)
	if x.key ~= y.key then return x.key < y.key end
	return x.place < y.place
end)
local same = true
for i = 1, n do
	if a[i] ~= b[i] or (i > 1 and c[i - 1].key > c[i].key) then same = false end
end
print(same, a[1], a[n], c[1].place)
