-- Recursive functions that call themselves inside of a pcall, and raise errors for it.
-- stock
local ms = require "moonstage"
local function show(v)
	if type(v) ~= "table" then return tostring(v) end
	local texts = {}
	for i, x in ipairs(v) do texts[i] = show(x) end
	return "{" .. table.concat(texts, " ") .. "}"
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
		for k = 1, r.n do r[k] = show(r[k]) end
		print(name, table.unpack(r, 1, r.n))
	end
end

try("value", function(n)
	local function go(k)
		if k == 3 then error("three", 0) end
		if k <= 0 then return 0 end
		local ok, v = pcall(go, k - 1)
		if ok then return v + 1 end
		return -100
	end
	return go(n)
end, 0, 2, 3, 4, 6)

try("count", function(n)
	local log, caught = {}, 0
	local function go(k)
		log[#log + 1] = k
		if k % 4 == 0 then error("at " .. k) end
		local ok, e = pcall(go, k - 1)
		if not ok then caught = caught + 1 log[#log + 1] = -k end
		if k % 5 == 2 then error(e, 0) end
		return k
	end
	local r = go(n)
	return r, caught, log
end, 0, 1, 3, 5, 7, 10)

try("function in a pcall", function(n)
	local sum = 0
	local function go(k)
		local ok, e = pcall(function()
			if k == 0 then error { code = sum } end
			sum = sum + k
			go(k - 1)
			if k == 2 then error "two" end
		end)
		if not ok and type(e) == "table" then return e.code end
		return ok
	end
	return go(n), sum
end, 0, 1, 2, 4)

try("uncaught", function(n)
	local function go(k)
		if k < 0 then error("below") end
		if k == 5 then return (pcall(go, k - 1)) end
		return go(k - 2)
	end
	return go(n)
end, 4, 5, 7, 9, 1)

try("raised again", function(n)
	local function go(k)
		if k == 0 then error { at = k } end
		local ok, e = pcall(go, k - 1)
		if not ok then e.at = e.at + k error(e) end
	end
	local ok, e = pcall(go, n)
	return ok, e.at
end, 0, 3)

try("mutual", function(n)
	local b
	local function a(k) if k == 0 then error("a0", 0) end local ok, e = pcall(b, k - 1) return ok and e or "a" .. k end
	function b(k) if k == 0 then error("b0", 0) end return a(k - 1) .. "b" end
	return a(n)
end, 1, 2, 3, 6)

try("in a loop", function(n)
	local function go(k)
		local s = 0
		for i = 1, k do
			local ok, v = pcall(go, k - i)
			if ok then s = s + v else s = s - 1 end
		end
		if s == 2 then error("two") end
		return s + 1
	end
	return go(n)
end, 0, 1, 2, 3, 4, 5)

try("condition", function(n)
	local function go(k)
		if k == 0 then error("x", 0) end
		local i = 0
		while not pcall(go, k - 1 - i) and i < k - 1 do i = i + 1 end
		return i
	end
	return pcall(go, n)
end, 0, 1, 2, 3)

local log = {}
try("outer state", function(n)
	local function go(k)
		log[#log + 1] = k
		if k % 3 == 0 then error "x" end
		pcall(go, k - 1)
		log[#log + 1] = -k
		if k > 1 then return go(k - 2) end
	end
	return go(n)
end, 4, 5, 6)
print(show(log))

try("division", function(n)
	local function go(k)
		if k < -1 then return 1 end
		local ok, v = pcall(function() return 12 // (k - 2) + go(k - 1) end)
		return ok and v or 7
	end
	return go(n)
end, -1, 0, 2, 3, 5)
try("kinds of errors", function(n)
	local function go(k)
		if k == 0 then error() elseif k == 1 then error(1.5)
		elseif k == 2 then error(true)
		elseif k == 3 then error("three", 0)
		end
		local ok, e = pcall(go, k - 4)
		if k > 7 then error(e, 0) end
		return type(e), e
	end
	return go(n)
end, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
try("with lists and tables", function(n)
	local out = {}
	local function go(k, s)
		out[#out + 1] = s.v
		if k <= 0 or s.v % 3 == 0 then error(s) end
		local ok, e = pcall(go, k - 1, { v = s.v + k })
		if not ok then out[#out + 1] = -e.v end
		if k % 2 == 0 then error(s) end
	end
	local ok, e = pcall(go, n, { v = 1 })
	return ok, e and e.v, out
end, 1, 2, 3, 4, 7)
try("never raises", function(n)
	local function go(k)
		if k <= 0 then return 0 end
		local ok, v = pcall(go, k - 1)
		return v + k
	end
	return go(n)
end, 0, 1, 50)
