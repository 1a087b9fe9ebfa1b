-- The Mandelbrot set: floating arithmetic with an early way out.
local n = tonumber(arg and arg[1]) or 720
local inside, steps = 0, 0
for py = 0, n - 1 do
	local ci = 2 * py / n - 1
	for px = 0, n - 1 do
		local cr = 2 * px / n - 1.5
		local zr, zi, k = 0.0, 0.0, 0
		while k < 50 do
			local r2, i2 = zr * zr, zi * zi
			if r2 + i2 > 4.0 then break end
			zi = 2 * zr * zi + ci
			zr = r2 - i2 + cr
			k = k + 1
		end
		if k == 50 then inside = inside + 1 end
		steps = steps + k
	end
end
print(inside, steps)
