-- Tables that a call of a recursive function makes and hands on: as arguments, results, in variables and fields.
-- stock
local ms = require "moonstage"
local function show(v)
	if type(v) ~= "table" then return tostring(v) end
	local texts, named = {}, {}
	for i, x in ipairs(v) do texts[i] = show(x) end
	for k, x in pairs(v) do
		if type(k) == "string" then named[#named + 1] = k .. "=" .. show(x) end
	end
	table.sort(named)
	return "{" .. table.concat(texts, " ") .. (#named > 0 and "; " or "") .. table.concat(named, " ") .. "}"
end
local function try(name, f, ...)
	-- of a tensor the trace can't know the number
	local staged = ms.stage(function(n)
		if type(n) ~= "number" then n = n:item() end
		return f(n)
	end)
	for i = 1, select("#", ...) do
		local n = select(i, ...)
		local r = table.pack(pcall(staged, ms.tensor and ms.tensor(n) or n))
		for k = 2, r.n do r[k] = show(r[k]) end
		print(name, table.unpack(r, 2, r.n))
	end
end

try("accumulator", function(n)
	local function go(k, acc)
		if k == 0 then return acc.sum, acc.count end
		return go(k - 1, { sum = acc.sum + k, count = acc.count + 1 })
	end
	return go(n, { sum = 0, count = 0 })
end, 5, 3)

try("returned", function(n)
	local function go(k, acc)
		if k == 0 then return acc end
		return go(k - 1, { sum = acc.sum + k, count = acc.count + 1 })
	end
	local r = go(n, { sum = 0, count = 0 })
	return r.sum, r
end, 5, 3)

try("fork", function(n)
	local function go(k, at)
		if k <= 0 then return at.x + at.y end
		return go(k - 1, { x = at.x + k, y = at.y }) + go(k - 2, { x = at.x, y = at.y * 2 })
	end
	return go(n, { x = 1, y = 2 })
end, 6, 4)

try("read after", function(n)
	local function go(k, at)
		if k <= 0 then return at.x end
		local t = { x = at.x + k }
		local s = go(k - 1, t)
		return s + t.x + at.x
	end
	return go(n, { x = 1 })
end, 6, 4)

try("best", function(n)
	local best
	local function go(k, v)
		if not best or v > best.v then best = { v = v, k = k } end
		if k > 0 then go(k - 1, v * 3 % 17) go(k - 2, v * 5 % 19) end
	end
	go(n, 4)
	return best.v, best.k, best
end, 6, 4)

try("returned and left 2", function(n)
	local best
	local function go(k, v)
		local mine = { v = v }
		if not best or v > best.v then best = mine end
		if k > 0 then return go(k - 1, v * 3 % 17) end
		return mine
	end
	local r = go(n, 4)
	return best.v, r.v
end, 6, 4)

try("nested", function(n)
	local function go(k, s)
		if k == 0 then return s.at.x, s.at.y, s.name end
		return go(k - 1, { at = { x = s.at.x + k, y = s.at.x }, name = s.name .. k })
	end
	return go(n, { at = { x = 0, y = 0 }, name = "" })
end, 4, 2)
local P = {} P.__index = P
function P.new(x) return setmetatable({ x = x }, P) end
function P:plus(d) return P.new(self.x + d) end
P.__add = function(a, b) return P.new(a.x + b.x) end

try("objects", function(n)
	local function go(k, p)
		if k == 0 then return p.x end
		if k % 2 == 0 then return go(k - 1, p:plus(k)) end
		return go(k - 1, p + P.new(10))
	end
	return go(n, P.new(1))
end, 5, 3)

try("method", function(n)
	function P:down(k) if k == 0 then return self.x end return self:plus(k):down(k - 1) end
	return P.new(1):down(n)
end, 5, 3)

try("list argument", function(n)
	local function go(k, t)
		if k == 0 then return #t, t[1], t[#t] end
		local u = {}
		for i = 1, k do u[#u + 1] = i + #t end
		return go(k - 1, u)
	end
	return go(n, {})
end, 5, 3)

try("quick", function(n)
	local t = {}
	for i = 1, n do t[i] = i * 7919 % 101 end
	local out = {}
	local function sort(t)
		if #t == 0 then return end
		local p, lo, hi = t[1], {}, {}
		for i = 2, #t do if t[i] < p then lo[#lo + 1] = t[i] else hi[#hi + 1] = t[i] end end
		sort(lo)
		out[#out + 1] = p
		sort(hi)
	end
	sort(t)
	return out
end, 20, 18)

try("optional", function(n)
	local function go(k, s)
		if k == 0 then return s and s.v end
		return go(k - 1, k % 3 == 0 and { v = k } or nil)
	end
	return go(n, nil), go(n + 1, nil)
end, 4, 2)

try("loop", function(n)
	local function go(k, s)
		local sum = s.v
		local t = { v = k }
		for i = 1, k do
			t.v = t.v + i
			sum = sum + go(k - 2, { v = i + t.v })
		end
		return sum + t.v
	end
	return go(n, { v = 1 })
end, 5, 3)

try("carried by a loop", function(n)
	local function go(k, s)
		local t = s
		for i = 1, k do
			t = { v = t.v + i, w = go(k - 2, t) }
		end
		return t.v + (t.w or 0)
	end
	return go(n, { v = 1, w = 0 })
end, 5, 3)

try("variable", function(n)
	local last = { v = 0 }
	local function go(k)
		local here = { v = last.v + k }
		last = here
		if k > 0 then go(k - 1) go(k - 2) end
		return here.v + last.v
	end
	return go(n), last.v
end, 5, 3)

try("stack in a field", function(n)
	local st = { top = nil, n = 0 }
	local function push(v) st.top = { v = v } st.n = st.n + 1 end
	local function go(k)
		push(k)
		if k > 0 then go(k - 1) end
		return st.top.v
	end
	return go(n), st.top.v, st.n
end, 5, 3)

try("error value", function(n)
	local function go(k, s)
		if k == 0 then error({ code = s.v }) end
		return go(k - 1, { v = s.v + k })
	end
	local ok, e = pcall(go, n, { v = 0 })
	return ok, e.code
end, 4, 2)

try("given and raised", function(n)
	local function go(k, s)
		if k == 0 then error(s) end
		return go(k - 1, { v = s.v + k })
	end
	local ok, e = pcall(go, n, { v = 0 })
	return ok, e.v, e
end, 4, 2)

try("range", function(n)
	local t = {}
	for i = 1, n do t[i] = i * 3 % 7 end
	local function best(r)
		if r.hi - r.lo < 1 then return { at = r.lo, v = t[r.lo] } end
		local m = (r.lo + r.hi) // 2
		local a, b = best { lo = r.lo, hi = m }, best { lo = m + 1, hi = r.hi }
		if a.v >= b.v then return a end
		return b
	end
	local b = best { lo = 1, hi = n }
	return b.at, b.v
end, 9, 7)

try("memo", function(n)
	local memo = {}
	for i = 1, n do memo[i] = 0 end
	local function go(s)
		if s.n <= 2 then return { v = 1 } end
		if memo[s.n] > 0 then return { v = memo[s.n] } end
		local a, b = go { n = s.n - 1 }, go { n = s.n - 2 }
		memo[s.n] = a.v + b.v
		return { v = a.v + b.v }
	end
	return go({ n = n }).v
end, 20, 18)

try("vararg", function(n)
	local function go(k, ...)
		if k == 0 then return (...).v, select("#", ...) end
		return go(k - 1, { v = (...).v + k }, k)
	end
	return go(n, { v = 0 }, 1)
end, 4, 2)

try("mutual", function(n)
	local b
	local function a(s) if s.k <= 0 then return s.v end return b { k = s.k - 1, v = s.v + 1 } end
	function b(s) if s.k <= 0 then return -s.v end return a { k = s.k - 2, v = s.v * 2 } end
	return a { k = n, v = 1 }, b { k = n, v = 1 }
end, 7, 5)

try("metatable", function(n)
	local V = {}
	V.__index = V
	V.__eq = function(a, b) return a.x == b.x end
	V.__add = function(a, b) return setmetatable({ x = a.x + b.x }, V) end
	V.__tostring = function(a) return "V" .. a.x end
	local function go(k, v, w)
		if k == 0 then return v == w, tostring(v), v.x end
		local u = setmetatable({ x = k }, V)
		return go(k - 1, v + u, u)
	end
	return go(n, setmetatable({ x = 0 }, V), setmetatable({ x = 0 }, V))
end, 4, 2)

try("pairs", function(n)
	local function go(k, s)
		local sum = 0
		for _, v in ipairs(s) do sum = sum + v end
		if k == 0 then return sum, #s end
		return go(k - 1, { sum, k, 1 })
	end
	return go(n, { 1, 2 })
end, 4, 2)
