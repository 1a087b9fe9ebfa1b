-- Recursive functions that call one another, loops, host functions and random numbers, with all that they change.
local ms = require "moonstage"
local function try(name, f, ...) print(name, pcall(ms.stage(f), ...)) end
-- Hofstadter female and male: each calls itself through the other, nested
local F, M
function F(n) if n == 0 then return 1 end return n - M(F(n - 1)) end
function M(n) if n == 0 then return 0 end return n - F(M(n - 1)) end
for n = 0, 9 do try("FM", function(n) return F(n), M(n) end, n) end
-- each calls itself and the other
local count, total = 0, 0
local a, b
function a(n, k) count = count + 1 if n <= 0 then return k end if n % 3 == 0 then return a(n - 1, k + 1) + b(n - 2, k) end return a(n - 2, k) end
function b(n, k) total = total + n if n <= 0 then return k * 2 end if n % 2 == 0 then return b(n - 1, k) + a(n - 3, k) end return b(n - 2, k + a(n - 4, 1)) end
for n = 0, 14, 2 do try("ab", function(n) return a(n, 1), b(n, 2) end, n) end
print(count, total)
-- three
local x, y, z
function x(n) if n < 1 then return "x" end return y(n - 1) .. "x" end
function y(n) if n < 1 then return "y" end return z(n - 1) .. (n % 2 == 0 and x(n - 3) or "") end
function z(n) if n < 1 then return "z" end return x(n - 1) end
for n = 0, 8 do try("xyz", function(n) return x(n), y(n) end, n) end
-- in loops in functions in loops
local steps = 0
local function tower(n, m)
	local s = 0
	for i = 1, n do
		steps = steps + 1
		local k = i
		while k > 0 do
			if k % 2 == 0 then s = s + tower(k // 2 - 1, m + 1) end
			k = k - m
		end
	end
	return s + m
end
try("tower", function(n) local r = 0 for i = 0, n do r = r + tower(i, 1) end return r, steps end, 7) print(steps)
-- helper functions that are not recursive, called from recursive ones, with writes
local trail = { n = 0, last = false }
local function note(v) trail.n = trail.n + 1 trail.last = v return v end
local function zig(n) if note(n) <= 0 then return 0 end local r = zig(n - 1) note(-r) return r + n end
try("zig", function(n) return zig(n), trail.n, trail.last end, 5) print(trail.n, trail.last)
-- conditions from tensors and booleans
local function bits(t, i, flag) if i > 4 then return flag and 1 or 0 end if t[i] > 0 then return bits(t, i + 1, not flag) + 1 end return bits(t, i + 1, flag) end
try("bits", function(t) return bits(t, 1, false) end, ms.tensor { 1.0, -1.0, 2.0, 3.0 })
try("bits", function(t) return bits(t, 1, true) end, ms.tensor { -1.0, -1.0, 2.0, -3.0 })
-- newton with tensors until converged, value and steps
local function newton(v, guess, steps) local next_guess = (guess + v / guess) * 0.5 if (next_guess - guess):abs():max() < 1e-6 or steps > 50 then return next_guess, steps end return newton(v, next_guess, steps + 1) end
try("newton", function(v) local r, s = newton(v, ms.ones(3), 0) return r, s end, ms.tensor { 2.0, 9.0, 100.0 })
-- staged function called in a recursive one, and recursion through ms.stage objects
local inner = ms.stage(function(v) return v * 2 end)
local function via(n) if n <= 0 then return 1 end return inner(via(n - 1)) end
try("via", function(n) return via(n) end, 5)
local selfs selfs = ms.stage(function(n) if n <= 0 then return 0 end return selfs(n - 1) + n end)
print(selfs(5), selfs(0))
-- random numbers and host calls in frames
local seen = {}
local host = ms.host(function(i) seen[#seen + 1] = i return i * 2 end, "int")
local function hosted(n) if n <= 0 then return 0 end local v = host(n) local r = hosted(n - 1) return r + v + host(-n) end
try("hosted", function(n) return hosted(n) end, 3) print(table.concat(seen, " "))
math.randomseed(42)
local function rnd(n) if n <= 0 then return 0 end local v = math.random(100) return rnd(n - 1) * 2 + v end
try("rnd", function(n) return rnd(n) end, 6)
ms.manual_seed(1)
local function rt(x, n) if n <= 0 then return x end return rt(x + ms.rand(3), n - 1) * 0.5 end
try("rt", function(x, n) return rt(x, n) end, ms.zeros(3), 4)
-- different shapes
local function halves(x, n) if n <= 1 then return x:sum() end local h = n // 2 return halves(x[{ { 1, h } }], h) + halves(x[{ { h + 1, n } }], n - h) end
try("halves", function(x) return halves(x, 8) end, ms.arange(8))
