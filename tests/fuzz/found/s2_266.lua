-- O0 differs
-- call 2, result
-- eager:
-- false "fuzz.lua:35: attempt to perform arithmetic on a nil value (local 'p')"
-- O0:
-- false "fuzz.lua:36: attempt to perform arithmetic on a nil value (local 'p')"
local ms = require "moonstage"
local ids, known = {}, 0
local function text(v, seen)
	local t = math.type(v) or type(v)
	if t == "float" then return v ~= v and "nan" or ("%a"):format(v) end
	if t == "string" then return '"' .. v .. '"' end
	if t ~= "table" and t ~= "function" and t ~= "userdata" then return tostring(v) end
	if not ids[v] then
		known = known + 1
		ids[v] = known
	end
	local name = t .. ids[v]
	if seen[v] or t == "function" then return name end
	seen[v] = true
	local out = {}
	if t == "userdata" then
		local function walk(e)
			if type(e) == "table" then for _, x in ipairs(e) do walk(x) end else out[#out + 1] = text(e, seen) end
		end
		walk(v:tolist())
		return name .. ":" .. v.dtype .. "[" .. table.concat(v.shape, ",") .. "]{" .. table.concat(out, " ") .. "}"
	end
	for k in next, v do out[#out + 1] = k end
	local function rank(k) return type(k) == "number" and ("0%20.3f"):format(k) or type(k) .. (type(k) == "string" and k or text(k, seen)) end
	table.sort(out, function(a, b) return rank(a) < rank(b) end)
	for i, k in ipairs(out) do out[i] = text(k, seen) .. "=" .. text(rawget(v, k), seen) end
	local m = getmetatable(v)
	return name .. (m and "<" .. text(m, seen) .. ">" or "") .. "{" .. table.concat(out, " ") .. "}"
end
local o = { v = 1, w = 2.5, name = "n", inner = { v = 4, w = 0 }, list = { 5, 6 } }
local C = {}
C.__index = C
function C.new(v) return setmetatable({ v = v }, C) end
function C:get(p)
	if #o.list < 6 then table.insert(o.list, (p * 2)) end
	return self.v + p
end
local c1, c2 = C.new(2), C.new(5)
local f = ms.stage(function(a, b, c)
	if ((c1):get(1) >= (c2):get(a)) then
		table.remove(o.list)
	end
	do return a, (C.new(1)):get(u2) end
end)
local function show()
	local seen = {}
	local function put(name, ...)
		local t = table.pack(...)
		for i = 1, t.n do t[i] = text(t[i], seen) end
		print(name, table.concat(t, " "))
	end
end
local function call(f, ...)
	print "#before"
	show()
	print "#call"
	local r = table.pack(pcall(f, ...))
	print "#result"
	local seen = {}
	for i = 1, r.n do r[i] = text(r[i], seen) end
	print(table.concat(r, " "))
	print "#after"
	show()
	print "#end"
end
c1.v = 9
call(f, 10, 7, q)
call(f, 3, -1, h1)
