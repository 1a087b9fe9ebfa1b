-- What a metamethod that compares gives becomes a boolean, as Lua makes it: of a tensor, whatever it holds, true.
local ms = require "moonstage"

local C = {}
C.__lt = function(p, r) return p.v < r.v end
C.__le = function(_, r) return r.w end
C.__eq = C.__lt

local function try(f) print(pcall(ms.stage(f), 2)) end

for _, w in ipairs { ms.tensor(true), ms.tensor(false), ms.tensor { false, true }, false, 0, "x", {} } do
	local a = setmetatable({ v = ms.ones(2), w = w }, C)
	local b = setmetatable({ v = ms.ones(2), w = w }, C)
	local function all() return a < b, a > b, a == b, a ~= b, a <= b, a >= b end
	try(all)
	try(function()
		if not (a == b) then return 1 end
		if a < b and a <= b then return 2 end
		return 3
	end)
	try(function(n)
		a.v, b.v = n, 3
		return all()
	end)
	try(function(n) -- a tensor on one path
		a.v = ms.ones(2)
		if n > 2 then a.v = n end
		return all()
	end)
end
