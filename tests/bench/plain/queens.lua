-- All placements of queens: recursion, comparisons of variables and table elements.
local N = tonumber(arg and arg[1]) or 11
local solutions = 0

local function safe(a, row, col)
	for i = 1, row - 1 do
		if a[i] == col or a[i] - i == col - row or a[i] + i == col + row then return false end
	end
	return true
end

local function place(a, row)
	if row > N then
		solutions = solutions + 1
	else
		for col = 1, N do
			if safe(a, row, col) then
				a[row] = col
				place(a, row + 1)
			end
		end
	end
end

place({}, 1)
print(solutions)
