-- O0 differs
-- call 1, after
-- eager:
-- l	table1{}
-- O0:
-- l	table1{1=1 2=2}
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
local q, l = o.inner, { 1, 2, 3 }
local f = ms.stage(function(a, b, c)
	local k2_ = 0 repeat k2_ = k2_ + 1
		table.remove(l)
	local last = a until k2_ >= 4 or last == 1
end)
local function show()
	local seen = {}
	local function put(name, ...)
		local t = table.pack(...)
		for i = 1, t.n do t[i] = text(t[i], seen) end
		print(name, table.concat(t, " "))
	end
	put("l", l)
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
call(f, 2, 1, nil)
