-- The spectral norm of an infinite matrix: arithmetic in nested loops over tables.
local function A(i, j)
	local ij = i + j - 1
	return 1.0 / (ij * (ij - 1) * 0.5 + i)
end
local function times(x, y, n, transposed)
	for i = 1, n do
		local sum = 0.0
		for j = 1, n do
			if transposed then sum = sum + x[j] * A(j, i) else sum = sum + x[j] * A(i, j) end
		end
		y[i] = sum
	end
end
local n = tonumber(arg and arg[1]) or 420
local u, v, t = {}, {}, {}
for i = 1, n do u[i] = 1 end
for _ = 1, 10 do
	times(u, t, n, false)
	times(t, v, n, true)
	times(v, t, n, false)
	times(t, u, n, true)
end
local vbv, vv = 0, 0
for i = 1, n do
	vbv = vbv + u[i] * v[i]
	vv = vv + v[i] * v[i]
end
print(("%0.9f"):format(math.sqrt(vbv / vv)))
